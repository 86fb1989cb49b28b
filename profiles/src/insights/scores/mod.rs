//! Scores: how likely a lead is to become a customer, and somebody to buy a product or something of a category.
//!
//! 1. **What is known.** `load.rs` reads of some people at once what they did, a `Story` (`story.rs`): everything with its own time, so that it can
//!    be told as it was at any instant, and nothing of what came later.
//! 2. **Features.** `features.rs` (pure) is the documented table of what of it counts; `pairs.rs` what is known of a person and a thing;
//!    `words.rs` says the same in sentences.
//! 3. **Learn.** `gather.rs` goes through everybody, a page at a time, and asks what was known at three instants of the past; `fit.rs`
//!    (pure) learns from the first, puts the level right by the next, and is tested as it would have been used. `lead.rs` and `propensity.rs` are
//!    the two scores; `demand.rs` is how often everything was bought lately.
//! 4. **Say.** `read.rs` answers for one person, past the gate.
//!
//! As with all predictions, nothing that is said of a person is stored.

mod demand;
mod features;
mod fit;
mod gather;
mod lead;
mod load;
mod pairs;
mod propensity;
mod read;
mod story;
mod words;

pub use features::markdown_table;
pub use fit::Score;
pub(super) use lead::leads;
pub(super) use propensity::pairs;
pub use story::{Story, Thing};

#[cfg(test)]
mod tests;
