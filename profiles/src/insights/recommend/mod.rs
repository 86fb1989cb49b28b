//! Recommendations: the products that somebody is most interested in, new and again, and why.
//!
//! `lines.rs` reads who bought what and kept it, `shelf.rs` what is there to be sold. `learn.rs` (pure) learns a recommender and what
//! is bought together, and judges it by its past; `model.rs` is what is kept of that. `say.rs` (pure) says what follows for one
//! person's purchases; `read.rs` asks it about profiles, past the gate, `among.rs` what is popular in a segment. `related.rs`
//! tells of products, which is of nobody: nothing that fewer than five people did is in it.
//!
//! What is said of a person is stored nowhere: an order counts at once.

mod among;
mod learn;
mod lines;
mod model;
mod read;
mod related;
mod say;
mod shelf;

pub use among::Among;
pub(super) use learn::learn;
pub use lines::Bought;
pub(super) use lines::all;
pub use read::Recommending;
pub use related::{Related, Relation};
pub use say::{Asked, Basis, Excluded, Reason as RecommendationReason, Recommendation, Recommended};
pub(crate) use shelf::Shelf;
