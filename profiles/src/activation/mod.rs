//! Destinations: tools that are told who is in a segment and allows it.
//!
//! 1. **What should be** (`wanted.rs`) is a function of the state of things: who is in the segment now and passes the gate for the
//!    destination's purpose is wanted there, with what the mapping (`mapping.rs`) makes of the profile.
//! 2. **What is to be done** (`compare.rs`, pure) is the difference between that and whom the destination has been told of
//!    (`destination_member`); it is written as deliveries (`consider.rs`).
//! 3. **Who is considered** (`follow.rs`): whoever changed, came or went since the position in the destination's row, those whose
//!    consent ends by itself at an instant, and now and then everybody. The position moves in the transaction that writes
//!    the deliveries, so that nothing is missed, and considering somebody twice changes nothing.
//! 4. **Sending** (`send.rs`): what is due is looked at once more, marked as tried, committed and sent; what came of it is written
//!    down. After a crash the same delivery is sent again under the same id. `work.rs` does all this, one process at a time for
//!    each destination.
//!
//! What is sent stands nowhere: it is composed when it goes out, and must then come to the hash that the delivery was made for.
//! So a journal of deliveries tells nothing of anybody, and nobody is sent who has meanwhile said no. This room must never
//! send anything that did not pass the gate, nor write down what was sent.

mod compare;
mod consider;
mod destination;
mod follow;
mod forget;
mod journal;
mod mapping;
mod send;
mod spelling;
mod state;
mod wanted;
mod work;

pub(crate) use destination::uses_segment;
pub use destination::{DestinationChange, NewDestination};
pub(crate) use forget::{forget_people, hold};
pub use journal::{Delivery, DeliveryState, Replay};
pub use mapping::{Field, PATHS};
pub use state::{DestinationInfo, DestinationState};
pub use wanted::Previewed;
