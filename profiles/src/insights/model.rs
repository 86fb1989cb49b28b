//! What is kept of what was learned: enough to judge it by and to learn the same again, and of purchases the model itself.

use chrono::NaiveDate;
use predictions::{
    btyd::{Average, GammaGamma, Kind, Model},
    evidence::{self, Contender, Reading},
};
use serde::{Deserialize, Serialize};

use super::kind;
use crate::error::{Error, Result};

/// What is told of a model of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// How it predicts: `BG/NBD`, …
    pub method: String,
    /// The figures that describe it, by name.
    pub parameters: Vec<(String, f64)>,
    /// How far ahead is looked unless another time is asked for, in days.
    pub horizon: Option<u32>,
    /// The currency of what it says of money.
    pub currency: Option<String>,
    /// What it was learned from.
    pub data: Data,
    /// How good it is; none where too short a time is known.
    pub evidence: Option<Evidence>,
}

/// What was learned from everybody's purchases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Learned {
    /// `BG/NBD`, `MBG/NBD` or `Pareto/NBD`.
    model: String,
    /// How the probability of a purchase is read off it.
    reading: String,
    /// Its parameters, with time in days.
    parameters: [f64; 4],
    /// Those of the Gamma-Gamma model of what is spent in a purchase; none where nobody who came again paid anything.
    spend: Option<[f64; 3]>,
    /// The currency of what is spent: the one of most purchases. Who pays in others counts by when they come.
    pub(super) currency: String,
    /// How far ahead is looked unless another time is asked for, in days.
    pub(super) horizon: u32,
    /// The average customer: frequency, silence, age, and what is spent in a purchase.
    average: ([f64; 3], Option<f64>),
    /// The risks of churn of everybody within the horizon, from the smallest to the greatest, at each hundredth but the ends: those
    /// would be one person's.
    pub(super) risks: Vec<f64>,
    /// The values of everybody within a year, likewise.
    pub(super) values: Vec<f64>,
}

/// What a model was learned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// The first day.
    pub from: NaiveDate,
    /// The last day that counted.
    pub to: NaiveDate,
    /// From how many people.
    pub customers: u64,
    /// From how many observations of them: of purchases the days on which somebody bought.
    pub observations: u64,
    /// SHA-256 of all of it, in hexadecimal: the same observations give the same model.
    pub hash: String,
}

/// How a model would have done, had it been asked before, beside simple rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// From which days it was asked.
    pub origins: Vec<NaiveDate>,
    /// How many days ahead.
    pub horizon: u32,
    /// The figures.
    pub figures: Vec<Figure>,
    /// Probabilities of a purchase beside what came.
    pub calibration: Vec<Bin>,
    /// The share of what was spent in each tenth of customers by predicted value.
    pub lift: Vec<Decile>,
    /// Whether it puts customers in a better order than the time since their last purchase.
    pub beats_baseline: Option<Verdict>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is called: `auc`, `brier`, …
    pub name: String,
    /// What it is.
    pub value: f64,
    /// Its interval at 95 percent, by bootstrap over customers.
    pub interval: Option<(f64, f64)>,
    /// What a simple rule reaches.
    pub baseline: Option<f64>,
    /// Whether the model beats the rule.
    pub beats_baseline: Option<Verdict>,
}

/// Some customers with about the same probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// The mean of their probabilities.
    pub predicted: f64,
    /// The share of them who came.
    pub observed: f64,
    /// How many.
    pub count: u64,
}

/// A tenth of customers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Decile {
    /// 1 is the tenth of the greatest predicted value.
    pub decile: u32,
    /// Their share of what was spent.
    pub value: f64,
}

/// Whether a model beats a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The data do not tell.
    Unclear,
}

impl From<evidence::Verdict> for Verdict {
    fn from(verdict: evidence::Verdict) -> Self {
        match verdict {
            evidence::Verdict::Yes => Self::Yes,
            evidence::Verdict::No => Self::No,
            evidence::Verdict::Unclear => Self::Unclear,
        }
    }
}

/// What stands beside the parameters of a model.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) currency: String,
    pub(super) horizon: u32,
    pub(super) average: Average,
    pub(super) risks: Vec<f64>,
    pub(super) values: Vec<f64>,
}

impl Learned {
    pub(super) fn new(learned: &evidence::Learned, beside: Beside) -> Self {
        let Beside { currency, horizon, average, risks, values } = beside;
        Self {
            model: learned.model.kind().name().to_owned(),
            reading: name(learned.reading).to_owned(),
            parameters: learned.model.parameters(),
            spend: learned.spends.map(|spends| spends.parameters()),
            currency,
            horizon,
            average: ([average.frequency, average.silence, average.age], average.spend),
            risks,
            values,
        }
    }

    /// Which model it is.
    pub(super) fn method(&self) -> String {
        self.model.clone()
    }

    /// The parameters by their names.
    pub(super) fn parameters(&self) -> Vec<(&'static str, f64)> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == self.model);
        let named = kind.into_iter().flat_map(Kind::parameters).zip(self.parameters);
        let spends = ["p", "q", "gamma"].into_iter().zip(self.spend.into_iter().flatten());
        named.chain(spends).collect()
    }

    /// What predicts.
    pub(super) fn predicting(&self) -> Result<evidence::Learned> {
        let bad = |why: String| Error::stored("prediction model", why);
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == self.model);
        let kind = kind.ok_or_else(|| bad(format!("unknown model {}", self.model)))?;
        let reading = Reading::ALL.into_iter().find(|reading| name(*reading) == self.reading);
        let reading = reading.ok_or_else(|| bad(format!("unknown reading {}", self.reading)))?;
        let model = Model::new(kind, self.parameters).map_err(|error| bad(error.to_string()))?;
        let spends = self.spend.map(GammaGamma::new).transpose().map_err(|error| bad(error.to_string()))?;
        Ok(evidence::Learned { reading, model, spends })
    }

    /// The average customer.
    pub(super) const fn average(&self) -> Average {
        let ([frequency, silence, age], spend) = self.average;
        Average { frequency, silence, age, spend }
    }
}

impl kind::Model for Learned {
    const KIND: kind::Kind = kind::Kind::Purchases;

    fn check(&self) -> Result<()> {
        self.predicting().map(drop)
    }
}

/// The share of those below this value, 0 to 1, by hundredths; nothing if there was nobody.
#[expect(clippy::cast_precision_loss, reason = "99 of them")]
pub(super) fn percentile(hundredths: &[f64], value: f64) -> Option<f64> {
    let below = hundredths.partition_point(|one| *one < value);
    (!hundredths.is_empty()).then(|| below as f64 / (hundredths.len() + 1) as f64)
}

fn name(reading: Reading) -> &'static str {
    match reading {
        Reading::Active => "active",
        Reading::Expected => "expected",
        Reading::Between => "between",
    }
}

/// What may be learned, in the order in which equals are preferred: all of it of small bases, and of large ones what is learned fast.
pub(super) fn contenders(customers: usize) -> Vec<Contender> {
    /// Pareto/NBD takes seconds from here on.
    const LARGE: usize = 20_000;
    let mut all = Contender::all();
    all.retain(|contender| customers < LARGE || contender.kind != Kind::ParetoNbd);
    all
}
