//! What a page shows to whom: slots of a page, each with variants of content for segments, and the decision between them.
//!
//! [`slot`] keeps what administrators define, [`decide`] chooses. A decision reads and writes nothing: how often somebody
//! has seen a variant is told by the events that the page sends. This room must never tell a page more of its visitor
//! than which content to show.

mod decide;
mod slot;

pub use decide::{Decisions, Excluded, Reason, SlotDecision};
pub(crate) use slot::Slots;
pub(crate) use slot::asking as slot_asking;
pub use slot::{Cap, NewSlot, Slot, Variant};
