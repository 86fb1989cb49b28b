//! What was published, what holds of any customer, and what comes back from simulated ones.
//!
//! `published.rs` holds values of papers; `gradients.rs` compares slopes with differences; `recovery.rs` fits simulated
//! customers; `properties.rs` asks of many rows what must hold of all; `edges.rs` sends what nobody should.

mod edges;
mod gradients;
mod properties;
mod published;
mod recovery;
pub(crate) mod simulate;
