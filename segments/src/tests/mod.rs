//! What holds of every rule and every person.

mod arbitrary;
mod behaviour;
mod edges;
mod oracle;
mod properties;
pub(crate) mod support;
