//! What people may ask for as the subjects of their data, and what becomes of it.
//!
//! A [`SubjectRequest`] is received, then done or refused. The hardest is erasure. Who is erased leaves keyed
//! hashes of the values by which they would be recognised ([`blocks`]), and one rule: **the store holds what the
//! [`screen`] lets through**. Facts pass it when they arrive; an [`erasure`](erase) removes at once what is the
//! person's own and then [sweeps](sweep) everything that is stored through the same screen. So it makes no difference
//! whether a fact came before or after, and a process that dies goes on where it was. At the end the database's free
//! space is [scrubbed](scrub) and a [`receipt`] is signed. Who asks for access is answered with an [`archive`],
//! and what is put right is [written down as a fact](rectify); these and the like are [done](obeying) in one transaction.
//!
//! This room must never store a value of an erased person, and never judges who is whom: a request is about the source
//! identities that are one profile when it is done.

mod archive;
pub(crate) mod blocks;
mod erase;
mod notes;
mod obeying;
pub mod receipt;
mod recognised;
pub(crate) mod rectify;
mod requests;
pub(crate) mod screen;
mod scrub;
mod sums;
mod sweep;
mod text;
pub(crate) mod tokens;

pub use archive::Archive;
pub use rectify::Corrected;
pub use requests::{NewRequest, RequestKind, RequestState, SubjectRequest};
pub use sums::ErasedOrders;
