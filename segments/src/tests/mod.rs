//! What holds of every rule and every person.
//!
//! `traits.rs` and `behaviour.rs` are tables, with boundaries at exact instants; `properties.rs` and `oracle.rs` ask random
//! rules of random people (`arbitrary.rs`); `edges.rs` sends what nobody should.

mod arbitrary;
mod behaviour;
mod edges;
mod oracle;
mod properties;
pub(crate) mod support;
mod traits;
