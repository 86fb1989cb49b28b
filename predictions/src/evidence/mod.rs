//! Is a model any good?
//!
//! [`metrics`] are the figures that say so.

pub mod metrics;
