//! Models of purchases as contenders for a back-test.

use std::collections::HashMap;

use super::transactions::{Case, Forecast, Past};
use crate::btyd::{FitError, GammaGamma, Histories, History, Kind, Model, Options, Score, Spends};

/// How the probability of a purchase is read off a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reading {
    /// As the model says it: [`Model::active`].
    Active,
    /// 1 − e^−E, with E the expected purchases: the probability if everybody bought at a steady, known pace. It puts customers
    /// in the order of E, which on CDNOW is the better one, and is never below what the model says.
    Expected,
    /// The mean of both.
    Between,
}

impl Reading {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Expected, Self::Between];

    fn of(self, score: &Score) -> f64 {
        let expected = -(-score.expected).exp_m1();
        match self {
            Self::Active => score.active,
            Self::Expected => expected,
            Self::Between => 0.5 * (score.active + expected),
        }
    }
}

/// A model of purchases, and how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Contender {
    /// Which model.
    pub kind: Kind,
    /// How it is read.
    pub reading: Reading,
}

/// What a contender learnt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Learned {
    /// How it is read.
    pub reading: Reading,
    /// When customers come.
    pub model: Model,
    /// What they spend; nothing where nobody who came again paid anything.
    pub spends: Option<GammaGamma>,
}

impl Contender {
    /// All models in continuous time in all readings. BG/BB wants its opportunities named, and is no contender by itself.
    pub fn all() -> Vec<Self> {
        let kinds = [Kind::BgNbd, Kind::MbgNbd, Kind::ParetoNbd];
        kinds.into_iter().flat_map(|kind| Reading::ALL.map(|reading| Self { kind, reading })).collect()
    }

    /// Learns from the past.
    ///
    /// # Errors
    /// What cannot be learnt from.
    pub fn learn(self, past: &Past, options: &Options) -> Result<Learned, FitError> {
        let cases = past.cases();
        let histories = Histories::of(cases.iter().map(|case| case.history));
        let spends = Spends::of(cases.iter().filter_map(|case| case.spend));
        Ok(Learned {
            reading: self.reading,
            model: Model::fit(self.kind, &histories, options)?.model,
            spends: GammaGamma::fit(&spends, options).ok().map(|fit| fit.model),
        })
    }
}

impl Learned {
    /// The probability of a purchase in a window of so many days.
    pub fn active(&self, history: History, window: f64) -> f64 {
        self.reading.of(&self.model.score(history, window))
    }

    /// What is to come in a window of so many days, for each case. Costs a score for each distinct history.
    pub fn forecast(&self, cases: &[Case], window: f64) -> Vec<Forecast> {
        let mut scores: HashMap<(u32, u64, u64), Score> = HashMap::new();
        let key =
            |history: History| (history.frequency(), history.recency().to_bits(), history.age().to_bits());
        let mut of = |case: &Case| {
            let score =
                *scores.entry(key(case.history)).or_insert_with(|| self.model.score(case.history, window));
            let each = self.spends.and_then(|spends| spends.expected(case.spend));
            Forecast {
                active: self.reading.of(&score),
                purchases: score.expected,
                value: each.map(|each| each * score.expected),
            }
        };
        cases.iter().map(&mut of).collect()
    }
}
