//! Segments: who is in which, since when, and why.
//!
//! 1. **Define.** A segment is a rule under a key (`segment.rs`), a fact with versions. Rules are of the pure crate
//!    `segments`.
//! 2. **Ask.** `person.rs` loads what rules ask for of some people, each thing with its own time; `evaluate.rs` asks the
//!    rules and writes whatever became another: stays (`membership`), and when time alone changes an answer.
//! 3. **When.** A drain asks about everybody whom it wrote, in its own transaction, and about those whose time has come
//!    (`clock.rs`). Whoever defines a segment has it worked out for everybody, a page at a time (`everybody.rs`).
//! 4. **Answer.** `read.rs` counts and lists, `explain.rs` says why, `eligible.rs` why somebody is not meant by a rule that is no segment, `changes.rs` tells who entered and left.
//!
//! A stay is derived: it follows from today's grouping and rules and from everything that was said and had happened, each
//! at its own time, so that any order of deliveries gives the same stays.

mod changes;
mod clock;
mod eligible;
mod evaluate;
mod everybody;
mod explain;
mod lists;
mod person;
mod read;
mod segment;

pub use changes::MembershipChange;
pub(crate) use changes::forget_people;
pub(crate) use clock::ask_due;
pub(crate) use eligible::ineligible;
pub(crate) use evaluate::{enter, reconsider};
pub use explain::Explained;
pub(crate) use explain::explained;
pub(crate) use lists::entries as list_entries;
pub use lists::{List, Listed};
pub(crate) use person::traits_through_time;
pub use read::{Audience, Overlap, Preview, Stay};
pub(crate) use read::{all_stays, open_stays};
pub(crate) use segment::{
    All, Segments, ask_for_products, current, keys, known, predictions_changed, purpose_changed,
    refuse_missing,
};
pub use segment::{NewSegment, Segment};
