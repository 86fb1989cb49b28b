//! What people do, and what follows from it of who they are.
//!
//! 1. **Touches.** An event whose context names a campaign, or the id of a click on an advertisement, is a touch
//!    ([`Touch`], read at intake). Of each source identity the first and the last are found through an index
//!    (`touches.rs`), however many events there are; where campaigns tell something, those of every different touch as well.
//! 2. **Meanings.** An administrator says what a campaign tells of those whom it brings (`meaning.rs`), a fact with versions.
//! 3. **Traits.** `inferred.rs` makes traits of both: how somebody came first and last, and what the campaigns tell. Whatever
//!    anybody said outranks them.
//!
//! 4. **Sessions and interests** are derived when somebody asks for them (`read.rs`), from the newest events of a person
//!    (`doings.rs`), which are read one person at a time; `session.rs` and `interest.rs` are pure.
//!
//! Everything here is a pure function of facts. This room writes nothing but meanings.

mod device;
pub(crate) mod doings;
mod inferred;
mod interest;
mod meaning;
mod read;
mod referrer;
pub(crate) mod session;
mod touch;
pub(crate) mod touches;

pub use device::Device;
pub(crate) use inferred::{combined, inferred, is_of_touch, through_time};
pub(crate) use interest::HALF_LIFE;
pub use interest::Interest;
pub use meaning::{Meaning, NewMeaning, Parameter};
pub(crate) use meaning::{Meanings, current};
pub use referrer::{Kind as ReferrerKind, Referrer};
pub use session::Session;
pub use touch::Touch;
pub(crate) use touches::asked;
