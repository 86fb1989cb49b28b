//! Why a rule holds of somebody, or what is missing.
//!
//! [`Explanation`] is the tree of answers, made in `tree.rs`; what each condition met is told in words by `met.rs`, and
//! where the whole answer is no, `missing.rs` finds the fewest conditions that would have to turn. Words here show what a
//! person's data hold: whoever may not read the data may not read the explanation.

mod figures;
mod met;
mod missing;
mod tree;

pub use missing::Missing;
pub use tree::{Explanation, Node};

#[cfg(test)]
mod tests;
