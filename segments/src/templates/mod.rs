//! Segments to begin with: what marketers ask for everywhere, as rules that are meant to be changed.
//!
//! The figures in them fit a shop where people buy a few times a year. Events are called as in the Segment specifications.

mod catalogue;
mod lifecycle;

pub use catalogue::{Template, templates};
pub use lifecycle::{StageTemplate, lifecycle_template};

#[cfg(test)]
mod tests;
