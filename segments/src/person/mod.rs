//! Whom a rule is asked about: everything that counts, each thing with its own time.
//!
//! [`Person`] is what the caller loads, [`Timeline`] a value through time, [`Subject`] a person put in order once for many
//! rules. One person answers for any instant: what is dated later is not looked at before its time, and what is undated
//! has always been so. Nothing here knows a rule.

mod facts;
mod subject;
mod timeline;

pub use facts::{Event, Line, Order, Person};
pub use subject::Subject;
pub use timeline::Timeline;
