//! Figures that say how good a model is, with their intervals, beside those of a simple rule.

use predictions::evidence::metrics::{Bin, Decile};
use predictions::evidence::{Interval, Metric, Verdict};
use serde::Serialize;

use crate::cli::out;

/// A figure of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interval: Option<Between>,
    /// What the simple rule reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) baseline: Option<f64>,
    /// How much better the model is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gain: Option<Between>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) beats_baseline: Option<Beats>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Between {
    low: f64,
    high: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Beats {
    Yes,
    No,
    Unclear,
}

impl Beats {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unclear => "unclear",
        }
    }
}

impl From<Verdict> for Beats {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Yes => Self::Yes,
            Verdict::No => Self::No,
            Verdict::Unclear => Self::Unclear,
        }
    }
}

impl From<Interval> for Between {
    fn from(Interval { low, high }: Interval) -> Self {
        Self { low, high }
    }
}

impl From<&Metric> for Figure {
    fn from(metric: &Metric) -> Self {
        Self {
            name: metric.name,
            value: metric.value,
            interval: metric.interval.map(Between::from),
            baseline: metric.baseline,
            gain: metric.gain.map(Between::from),
            beats_baseline: metric.verdict.map(Beats::from),
        }
    }
}

/// Writes figures in columns.
pub(super) fn print(figures: &[Figure]) -> anyhow::Result<()> {
    let mut rows =
        vec![["", "model", "95 % interval", "baseline", "gain, 95 % interval", "better?"].map(str::to_owned)];
    rows.extend(figures.iter().map(|figure| {
        [
            told(figure.name).to_owned(),
            number(figure.value),
            figure.interval.map_or_else(String::new, between),
            figure.baseline.map_or_else(String::new, number),
            figure.gain.map_or_else(String::new, between),
            figure.beats_baseline.map_or("", Beats::as_str).to_owned(),
        ]
    }));
    out::indented(&rows)?;
    Ok(out::line(
        "  Gain: by how much the model is better, both asked about the same drawn customers; of a bias, how much nearer to 0.",
    )?)
}

/// What a figure is called among people.
pub(super) fn told(name: &'static str) -> &'static str {
    match name {
        "auc" => "AUC",
        "pr_auc" => "PR-AUC",
        "brier" => "Brier score",
        "log_loss" => "log loss",
        "ece" => "calibration error (ECE)",
        "purchases_bias" => "purchases, bias of the sum",
        "purchases_mae" => "purchases, mean error",
        "purchases_rmse" => "purchases, RMSE",
        "value_bias" => "value, bias of the sum",
        "value_mae" => "value, mean error",
        "value_gini" => "value, Gini",
        "value_capture" => "value in the top tenth",
        other => other,
    }
}

pub(super) fn between(Between { low, high }: Between) -> String {
    format!("{} to {}", number(low), number(high))
}

/// Four digits behind the point, fewer behind those in front of it.
pub(super) fn number(value: f64) -> String {
    let digits = match value.abs() {
        large if large >= 1000.0 => 1,
        some if some >= 10.0 => 2,
        _ => 4,
    };
    format!("{value:.digits$}")
}

/// Customers with like probabilities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Alike {
    predicted: f64,
    observed: f64,
    count: usize,
}

impl From<&Bin> for Alike {
    fn from(bin: &Bin) -> Self {
        Self { predicted: bin.predicted, observed: bin.observed, count: bin.count }
    }
}

/// Writes what was predicted beside what was observed.
pub(super) fn print_calibration(bins: &[Alike]) -> anyhow::Result<()> {
    let mut rows = vec![["customers", "predicted", "observed"].map(str::to_owned)];
    rows.extend(bins.iter().map(|bin| {
        [out::thousands(bin.count as u64), format!("{:.3}", bin.predicted), format!("{:.3}", bin.observed)]
    }));
    Ok(out::indented(&rows)?)
}

/// The share of value in each tenth of customers.
pub(super) fn print_lift(lift: &[Tenth]) -> anyhow::Result<()> {
    let shares: Vec<String> = lift.iter().map(|tenth| format!("{:.1} %", 100.0 * tenth.share)).collect();
    Ok(out::line(format!("  {}", shares.join("  ")))?)
}

/// A tenth of the customers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Tenth {
    decile: u32,
    share: f64,
}

impl From<&Decile> for Tenth {
    fn from(decile: &Decile) -> Self {
        Self { decile: decile.decile, share: decile.value }
    }
}

/// So many of something: `1 customer`, `2,357 customers`.
pub(super) fn count(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {what}{ending}", out::thousands(number as u64))
}
