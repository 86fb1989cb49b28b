//! The figures of a back-test, what each is compared with, and which way is better.

use super::metrics::{BINS, auc, bias, brier, capture, ece, gini, log_loss, mae, number, pr_auc, rmse};

/// What was said of customers in one window, what simple rules say, and what came. All have the same length but those that
/// nobody knows, which are empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// The probabilities that they buy.
    pub(super) active: Vec<f64>,
    /// The score of a simple rule, greater for who is likelier to.
    pub(super) rule: Vec<f64>,
    pub(super) came: Vec<bool>,
    pub(super) purchases: Vec<f64>,
    /// As many as at their pace so far.
    pub(super) pace: Vec<f64>,
    pub(super) bought: Vec<f64>,
    pub(super) value: Vec<f64>,
    /// As much as in the year before.
    pub(super) last_year: Vec<f64>,
    pub(super) paid: Vec<f64>,
}

impl Said {
    /// Of some of the customers, by their places.
    pub(super) fn of(&self, places: &[usize]) -> Self {
        fn pick<T: Copy>(all: &[T], places: &[usize]) -> Vec<T> {
            places.iter().filter_map(|at| all.get(*at).copied()).collect()
        }
        Self {
            active: pick(&self.active, places),
            rule: pick(&self.rule, places),
            came: pick(&self.came, places),
            purchases: pick(&self.purchases, places),
            pace: pick(&self.pace, places),
            bought: pick(&self.bought, places),
            value: pick(&self.value, places),
            last_year: pick(&self.last_year, places),
            paid: pick(&self.paid, places),
        }
    }

    /// The best constant: the share of those who came, as if it had been known.
    fn share(&self) -> Vec<f64> {
        let came = self.came.iter().filter(|came| **came).count();
        vec![number(came) / number(self.came.len().max(1)); self.came.len()]
    }
}

/// Which way a figure is better.
#[derive(Debug, Clone, Copy)]
enum Better {
    Greater,
    Less,
    NearZero,
}

type Of = fn(&Said) -> Option<f64>;

/// A figure of a back-test.
pub(super) struct Figure {
    pub(super) name: &'static str,
    better: Better,
    pub(super) of: Of,
    /// The same of a simple rule.
    pub(super) baseline: Option<Of>,
}

impl Figure {
    /// By how much a model is better than a baseline.
    pub(super) fn gain(&self, value: f64, baseline: f64) -> f64 {
        match self.better {
            Better::Greater => value - baseline,
            Better::Less => baseline - value,
            Better::NearZero => baseline.abs() - value.abs(),
        }
    }
}

const fn figure(name: &'static str, better: Better, of: Of, baseline: Option<Of>) -> Figure {
    Figure { name, better, of, baseline }
}

/// All of them. The first decides on the verdict.
pub(super) static FIGURES: [Figure; 12] = [
    figure(
        "auc",
        Better::Greater,
        |said| auc(&said.active, &said.came),
        Some(|said| auc(&said.rule, &said.came)),
    ),
    figure(
        "pr_auc",
        Better::Greater,
        |said| pr_auc(&said.active, &said.came),
        Some(|said| pr_auc(&said.rule, &said.came)),
    ),
    figure(
        "brier",
        Better::Less,
        |said| brier(&said.active, &said.came),
        Some(|said| brier(&said.share(), &said.came)),
    ),
    figure(
        "log_loss",
        Better::Less,
        |said| log_loss(&said.active, &said.came),
        Some(|said| log_loss(&said.share(), &said.came)),
    ),
    figure("ece", Better::Less, |said| ece(&said.active, &said.came, BINS), None),
    figure(
        "purchases_bias",
        Better::NearZero,
        |said| bias(&said.purchases, &said.bought),
        Some(|said| bias(&said.pace, &said.bought)),
    ),
    figure(
        "purchases_mae",
        Better::Less,
        |said| mae(&said.purchases, &said.bought),
        Some(|said| mae(&said.pace, &said.bought)),
    ),
    figure(
        "purchases_rmse",
        Better::Less,
        |said| rmse(&said.purchases, &said.bought),
        Some(|said| rmse(&said.pace, &said.bought)),
    ),
    figure(
        "value_bias",
        Better::NearZero,
        |said| bias(&said.value, &said.paid),
        Some(|said| bias(&said.last_year, &said.paid)),
    ),
    figure(
        "value_mae",
        Better::Less,
        |said| mae(&said.value, &said.paid),
        Some(|said| mae(&said.last_year, &said.paid)),
    ),
    figure(
        "value_gini",
        Better::Greater,
        |said| gini(&said.value, &said.paid),
        Some(|said| gini(&said.last_year, &said.paid)),
    ),
    figure(
        "value_capture",
        Better::Greater,
        |said| capture(&said.value, &said.paid),
        Some(|said| capture(&said.last_year, &said.paid)),
    ),
];
