//! Figures that say how good predictions are. Each is `None` where it is not defined: nothing to look at, slices of
//! different lengths, something that is no number, a probability outside 0 to 1, one class only, no value at all. None is
//! ever NaN or infinite, and none depends on the order of customers beyond the last bits of a sum: who is predicted the
//! same shares a rank.
//!
//! * Of a score or a probability and what came true: [`auc`], [`pr_auc`], [`brier`], [`log_loss`], [`calibration`], [`ece`].
//! * Of an amount and what it came to: [`mae`], [`rmse`], [`bias`], [`lift`], [`capture`], [`gini`].
//! * Of a list of items: [`recall_at_k`], [`ndcg_at_k`], [`coverage`].
//!
//! All cost a sort at most, and much less where what comes is sorted already.

mod amounts;
mod labels;
mod lists;
mod ranks;

pub use amounts::{Decile, bias, capture, gini, lift, mae, rmse};
pub use labels::{BINS, Bin, auc, brier, calibration, ece, log_loss, pr_auc};
pub use lists::{coverage, ndcg_at_k, recall_at_k};

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "nothing that is counted here comes near 2^53")]
pub(super) const fn number(count: usize) -> f64 {
    count as f64
}

/// A figure, if it is one.
fn figure(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// That two slices are about the same things, and there are any.
fn matched<A, B>(a: &[A], b: &[B]) -> bool {
    !a.is_empty() && a.len() == b.len()
}

#[cfg(test)]
mod tests;
