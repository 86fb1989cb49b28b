//! What the three servers have in common: ports, log, faults, limits, and the way of a request through them.
//! Nothing here knows a vendor's data; a vendor implements [`Vendor`].

mod asked;
mod attend;
mod damage;
mod faults;
mod fleet;
mod limit;
mod log;
mod running;
mod vendor;

pub(crate) use asked::Asked;
pub use faults::{Fault, Faults, RetryAfter, Rule, WrongType};
pub use fleet::Fleet;
pub use log::Request;
pub(crate) use running::Shared;
pub use running::{Server, Stamp};
pub use vendor::Vendor;
pub(crate) use vendor::{Allowance, Refusal, json, number, typed};
