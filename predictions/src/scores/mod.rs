//! Scores that are learnt from what became of customers: who leaves a contract, which lead becomes a customer, who buys.
//!
//! 1. A [`Table`] holds what is known of customers, numbers and categories, with values missing; a label says of each whether
//!    the outcome came.
//! 2. [`Scorer::train`] learns a logistic regression, boosted trees, or both ([`Method`]); [`Options::monotone`] holds a score
//!    to what sense demands. Columns that speak of protected traits are left out unless a person allows them by name, and
//!    [`Scorer::left_out`] says which they were.
//! 3. [`Scorer::calibrated`] makes its probabilities hold in a later window.
//! 4. [`Scorer::scores`] answers for many customers, and [`Scorer::reasons`] says why of one: contributions in log-odds that
//!    add up to the score.
//! 5. [`Scorer::to_json`] keeps it.
//!
//! Train on earlier and test on later customers; for a base seen at one time there are [`stratified_folds`].
//! [`crate::evidence`] measures how good a score is.
//!
//! The same table, labels and options give the same score to the last bit. A fit of the trees costs rounds · rows · features ·
//! the logarithm of the leaves, of the logistic regression what its module says.

mod calibrate;
mod chance;
mod explain;
mod features;
mod folds;
mod keep;
mod logistic;
mod options;
mod scorer;
mod sensitive;
mod table;
mod trees;

pub use calibrate::Calibrator;
pub use explain::{Coefficient, Reason, Reasons};
pub use folds::stratified_folds;
pub use keep::BadModel;
pub use options::{Direction, Method, Options, TreeOptions};
pub use scorer::{LeftOut, Score, Scorer, Status, TrainError, Why};
pub use sensitive::protected_ground;
pub use table::{BadTable, Table, Value};

#[cfg(test)]
mod tests;
