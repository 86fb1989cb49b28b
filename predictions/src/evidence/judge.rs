//! What was said beside what came, and beside what simple rules say.

use super::bootstrap::{Bootstrap, Interval, Verdict};
use super::figures::{FIGURES, Figure, Said};
use super::metrics::{BINS, Bin, Decile, calibration, lift, number};
use super::{Origin, Point};

/// A figure, how far it can be relied on, and what a simple rule reaches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// What it is called; the functions of [`super::metrics`] say what it means.
    pub name: &'static str,
    /// The mean over all windows in which it is defined.
    pub value: f64,
    /// Its interval over customers. That of `ece` leans upwards, as drawn customers are less like their probabilities than
    /// all are.
    pub interval: Option<Interval>,
    /// What the simple rule reaches.
    pub baseline: Option<f64>,
    /// The interval of how much better the model is than the rule, both asked about the same drawn customers. For a bias it
    /// is how much nearer to 0.
    pub gain: Option<Interval>,
    /// Whether the model beats the rule, by that interval; nothing where there is no rule.
    pub verdict: Option<Verdict>,
}

/// The evidence for or against a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Backtest {
    /// Those that are defined. `auc` and `pr_auc` are compared with a rule that puts customers in order (recency: who
    /// bought last is likeliest to come), `brier` and `log_loss` with the best constant, which is the share of those who
    /// came, as if it had been known; `purchases_…` with as many as at a customer's pace so far (repeat purchases by age),
    /// `value_…` with what they paid in the year before, by the length of the window.
    pub metrics: Vec<Metric>,
    /// Probabilities beside what was observed, all windows together, in [`BINS`] bins.
    pub calibration: Vec<Bin>,
    /// The share of actual value in each tenth of customers by predicted value: the mean over windows. Without values, the
    /// share of those who came by probability.
    pub lift: Vec<Decile>,
    /// From when it was asked.
    pub origins: Vec<Origin>,
    /// The purchases of all customers since each origin, as predicted and as they came.
    pub tracking: Vec<Point>,
    /// Whether the model puts customers in a better order than the rule: the verdict of `auc`. What they are worth has
    /// verdicts of its own.
    pub verdict: Option<Verdict>,
}

impl Backtest {
    /// One of the metrics.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}

/// Judges probabilities that come from anywhere, cross-validation say, by what came true, and compares them with the scores
/// of a simple rule if there is one. Nothing if lengths differ or something is no probability, or no number.
pub fn judge(
    probabilities: &[f64],
    labels: &[bool],
    rule: Option<&[f64]>,
    bootstrap: &Bootstrap,
) -> Option<Backtest> {
    calibration(probabilities, labels, BINS)?;
    if rule.is_some_and(|rule| rule.len() != labels.len() || rule.iter().any(|score| !score.is_finite())) {
        return None;
    }
    let (active, came) = (probabilities.to_vec(), labels.to_vec());
    let rule = rule.unwrap_or_default().to_vec();
    let said = Window {
        said: Said { active, rule, came, ..Said::default() },
        customers: (0..labels.len()).collect(),
    };
    Some(weigh(&[said], bootstrap))
}

/// What was said of whom; customers ascend.
pub(super) struct Window {
    pub(super) said: Said,
    pub(super) customers: Vec<usize>,
}

/// All but what is only known of purchases. The samples are of customers, each with all windows they are in.
pub(super) fn weigh(windows: &[Window], bootstrap: &Bootstrap) -> Backtest {
    let mut everybody: Vec<usize> =
        windows.iter().flat_map(|window| window.customers.iter().copied()).collect();
    everybody.sort_unstable();
    everybody.dedup();
    // Where each of everybody stands in each window.
    let stands = |window: &Window| -> Vec<Option<usize>> {
        everybody.iter().map(|customer| window.customers.binary_search(customer).ok()).collect()
    };
    let places: Vec<Vec<Option<usize>>> = windows.iter().map(stands).collect();
    let drawn = |sample: &[usize]| -> Vec<Said> {
        let of = |(window, places): (&Window, &Vec<Option<usize>>)| {
            let places: Vec<usize> = sample.iter().filter_map(|customer| places[*customer]).collect();
            window.said.of(&places)
        };
        windows.iter().zip(&places).map(of).collect()
    };
    let intervals = bootstrap.intervals(everybody.len(), |sample| {
        let said = drawn(sample);
        let reached = FIGURES.iter().map(|figure| Reached::of(figure, &said));
        reached.flat_map(|Reached { value, gain, .. }| [value, gain]).collect()
    });
    let all: Vec<Said> = windows.iter().map(|window| window.said.clone()).collect();
    let metric = |(at, figure): (usize, &Figure)| {
        let Reached { value, baseline, .. } = Reached::of(figure, &all);
        let interval = |at: usize| intervals.get(at).copied().flatten();
        let (interval, gain) = (interval(2 * at), interval(2 * at + 1));
        let verdict = baseline.map(|_| Verdict::of(gain));
        Some(Metric { name: figure.name, value: value?, interval, baseline, gain, verdict })
    };
    let metrics: Vec<Metric> = FIGURES.iter().enumerate().filter_map(metric).collect();
    let verdict =
        metrics.iter().find(|metric| metric.name == FIGURES[0].name).and_then(|metric| metric.verdict);
    let (active, came): (Vec<f64>, Vec<bool>) =
        all.iter().flat_map(|said| said.active.iter().copied().zip(said.came.iter().copied())).unzip();
    let calibration = calibration(&active, &came, BINS).unwrap_or_default();
    Backtest { metrics, calibration, lift: mean_lift(&all), verdict, ..Backtest::default() }
}

/// What a model and a baseline reach, and what the model gains: means over the windows where they are defined.
struct Reached {
    value: Option<f64>,
    baseline: Option<f64>,
    gain: Option<f64>,
}

impl Reached {
    fn of(figure: &Figure, windows: &[Said]) -> Self {
        let both = |said: &Said| Some(((figure.of)(said)?, figure.baseline.and_then(|of| of(said))));
        let reached: Vec<(f64, Option<f64>)> = windows.iter().filter_map(both).collect();
        let mean = |of: &dyn Fn(f64, Option<f64>) -> Option<f64>| {
            let parts: Vec<f64> =
                reached.iter().filter_map(|(value, baseline)| of(*value, *baseline)).collect();
            (!parts.is_empty()).then(|| parts.iter().sum::<f64>() / number(parts.len()))
        };
        Self {
            value: mean(&|value, _| Some(value)),
            baseline: mean(&|_, baseline| baseline),
            gain: mean(&|value, baseline| Some(figure.gain(value, baseline?))),
        }
    }
}

fn mean_lift(windows: &[Said]) -> Vec<Decile> {
    let of = |said: &Said| {
        if said.value.is_empty() {
            let came: Vec<f64> = said.came.iter().map(|came| f64::from(u8::from(*came))).collect();
            lift(&said.active, &came)
        } else {
            lift(&said.value, &said.paid)
        }
    };
    let lifts: Vec<Vec<Decile>> = windows.iter().filter_map(of).collect();
    let Some(first) = lifts.first() else { return Vec::new() };
    let mean = |at: usize| lifts.iter().map(|lift| lift[at].value).sum::<f64>() / number(lifts.len());
    first.iter().enumerate().map(|(at, decile)| Decile { value: mean(at), ..*decile }).collect()
}
