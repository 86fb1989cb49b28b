//! From evidence and decisions to groups of source identities.
//!
//! [`resolve()`] says what is decided; the work is divided so: `facts.rs` is what goes in, `contract.rs` joins what
//! people and sources said in so many words, `linkage.rs` merges by the weight of evidence, `partition.rs` keeps the
//! groups and knows what must stay apart, `group.rs` puts it together.
//!
//! What never happens here: floating point, chance, a clock, a dependence on the order of the input, or a look at
//! what a source identity contains.

mod contract;
mod facts;
mod group;
mod linkage;
mod partition;

pub use facts::{Decision, Evidence, Identify, Node, Verdict};
pub use group::{Group, Near, Resolution, eldest, resolve};
pub(crate) use linkage::Linkage;
pub(crate) use partition::Partition;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
