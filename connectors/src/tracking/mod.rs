//! The Segment tracking protocol, for which every site and app has a client: what its messages say, in canonical form.
//!
//! [`read`] reads the body of a request; `mend` puts right what is no JSON, `message` is one message of it, `map` what the message tells, `traits` what it
//! says of a person. Pure: the caller knows the time. One message that cannot be understood is rejected alone, because
//! clients throw a whole batch away when they are told that something is wrong with it.
//!
//! *Who it is.* With a user id it is the user ([`canonical::user_id`](crate::canonical::user_id)); else the visitor
//! ([`canonical::visitor_id`](crate::canonical::visitor_id)). A message with both says that the visitor is that user.

mod body;
mod map;
mod mend;
mod message;
#[cfg(test)]
mod tests;
mod traits;

pub use body::{Endpoint, Fault, LARGEST_BATCH, LARGEST_MESSAGE, Received, read};
