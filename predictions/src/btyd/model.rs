//! One face for the models of purchases.

use super::history::{BadData, Histories, History, LONGEST, Row};
use super::special::integrate;
use super::total::total;
use super::{geometric, opportunities, pareto};
use geometric::Leaving::{AfterAny, AfterRepeats};

/// Which story is told of how customers buy and leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// BG/NBD: customers leave after a repeat purchase, or never. Fast, and the usual first choice.
    BgNbd,
    /// MBG/NBD: as BG/NBD, but they may leave after the first purchase too.
    MbgNbd,
    /// Pareto/NBD: customers leave at any time.
    ParetoNbd,
    /// BG/BB: customers can buy and leave at certain opportunities only.
    BgBb,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::BgNbd, Self::MbgNbd, Self::ParetoNbd, Self::BgBb];

    /// What the model is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BgNbd => "BG/NBD",
            Self::MbgNbd => "MBG/NBD",
            Self::ParetoNbd => "Pareto/NBD",
            Self::BgBb => "BG/BB",
        }
    }

    /// What its parameters are called where it was published.
    pub const fn parameters(self) -> [&'static str; 4] {
        match self {
            Self::BgNbd | Self::MbgNbd => ["r", "alpha", "a", "b"],
            Self::ParetoNbd => ["r", "alpha", "s", "beta"],
            Self::BgBb => ["alpha", "beta", "gamma", "delta"],
        }
    }

    /// Which of the parameters are times, so that they change with the unit.
    pub(super) const fn times(self) -> [bool; 4] {
        match self {
            Self::BgNbd | Self::MbgNbd => [false, true, false, false],
            Self::ParetoNbd => [false, true, false, true],
            Self::BgBb => [false; 4],
        }
    }

    /// Nothing that the model does not speak of.
    pub(super) fn check(self, histories: &Histories) -> Result<(), BadData> {
        if self == Self::BgBb {
            histories.rows().iter().try_for_each(|row| row.history.check_whole())?;
        }
        Ok(())
    }
}

/// A model of purchases with its parameters. All its answers are numbers, whatever is asked: a window below 0 is one of 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    kind: Kind,
    parameters: [f64; 4],
}

/// What a model says of one customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The probability that the customer has not left: see [`Model::alive`] before you use it.
    pub alive: f64,
    /// The probability of at least one purchase in the window; the risk of churn is 1 − this.
    pub active: f64,
    /// The expected purchases in the window.
    pub expected: f64,
}

impl Model {
    /// A model with known parameters, in the order of [`Kind::parameters`].
    ///
    /// # Errors
    /// A parameter that is not above 0, or no number.
    pub fn new(kind: Kind, parameters: [f64; 4]) -> Result<Self, BadData> {
        for (name, value) in kind.parameters().into_iter().zip(parameters) {
            if !(1e-12..=1e12).contains(&value) {
                return Err(BadData::NoParameter { name, value });
            }
        }
        Ok(Self { kind, parameters })
    }

    /// Which model it is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its parameters, in the order of [`Kind::parameters`].
    pub const fn parameters(&self) -> [f64; 4] {
        self.parameters
    }

    /// The log-likelihood of what was observed, in the unit of time it was observed in.
    pub fn log_likelihood(&self, histories: &Histories) -> f64 {
        self.likelihood(histories, 1)[0]
    }

    /// The log-likelihood and its derivatives by the parameters.
    pub(super) fn likelihood(&self, histories: &Histories, threads: usize) -> [f64; 5] {
        let rows = histories.rows();
        total(histories.pieces(), threads, |piece| self.of_rows(&rows[piece]))
    }

    fn of_rows(&self, rows: &[Row]) -> [f64; 5] {
        match self.kind {
            Kind::BgNbd => geometric::likelihood(AfterRepeats, &self.parameters, rows),
            Kind::MbgNbd => geometric::likelihood(AfterAny, &self.parameters, rows),
            Kind::ParetoNbd => pareto::likelihood(&self.parameters, rows),
            Kind::BgBb => opportunities::likelihood(&self.parameters, rows),
        }
    }

    /// The probability that a customer has not left; for BG/BB, that they will be there at the next opportunity.
    ///
    /// **This is no churn score.** In BG/NBD nobody can leave before their first repeat purchase, so it is 1 for everyone
    /// who never came again, who are just those least likely to. As a score it ranks the customers of CDNOW worse than a
    /// coin would. And in every model a customer who is "alive" may buy once in ten years. Ask [`Model::active`].
    pub fn alive(&self, history: History) -> f64 {
        let there = self.there(history);
        if self.kind == Kind::BgBb { there * opportunities::stays(&self.parameters, history) } else { there }
    }

    /// The probability that a customer has not left so far: what all that is said of the future is multiplied by.
    fn there(&self, history: History) -> f64 {
        match self.kind {
            Kind::BgNbd => geometric::alive(AfterRepeats, &self.parameters, history),
            Kind::MbgNbd => geometric::alive(AfterAny, &self.parameters, history),
            Kind::ParetoNbd => pareto::alive(&self.parameters, history),
            Kind::BgBb => opportunities::there(&self.parameters, history),
        }
    }

    /// The expected purchases in the coming window.
    pub fn expected(&self, history: History, window: f64) -> f64 {
        self.there(history) * self.expected_if_there(history, window)
    }

    fn expected_if_there(&self, history: History, window: f64) -> f64 {
        let window = sane(window);
        match self.kind {
            Kind::BgNbd => geometric::expected(AfterRepeats, &self.parameters, history, window),
            Kind::MbgNbd => geometric::expected(AfterAny, &self.parameters, history, window),
            Kind::ParetoNbd => pareto::expected(&self.parameters, history, window),
            Kind::BgBb => opportunities::expected(&self.parameters, history, window, 1.0),
        }
    }

    /// The probability of at least so many purchases in the coming window.
    pub fn at_least(&self, history: History, purchases: u32, window: f64) -> f64 {
        if purchases == 0 {
            1.0
        } else {
            self.there(history) * self.at_least_if_there(history, purchases, window)
        }
    }

    fn at_least_if_there(&self, history: History, purchases: u32, window: f64) -> f64 {
        let window = sane(window);
        match self.kind {
            Kind::BgNbd => geometric::at_least(AfterRepeats, &self.parameters, history, purchases, window),
            Kind::MbgNbd => geometric::at_least(AfterAny, &self.parameters, history, purchases, window),
            Kind::ParetoNbd => pareto::at_least(&self.parameters, history, purchases, window),
            Kind::BgBb => opportunities::at_least(&self.parameters, history, purchases, window),
        }
    }

    /// The probability of a purchase in the coming window. The risk of churn within that window is 1 − this.
    ///
    /// To put customers in order, [`Model::expected`] does better: on CDNOW's hold-out, in the published sample and among
    /// the 21,213 others, for each of the three models in continuous time (Pareto/NBD 0.779 against 0.771 in the sample).
    pub fn active(&self, history: History, window: f64) -> f64 {
        self.at_least(history, 1, window)
    }

    /// All of it at once.
    pub fn score(&self, history: History, window: f64) -> Score {
        let there = self.there(history);
        let next =
            if self.kind == Kind::BgBb { opportunities::stays(&self.parameters, history) } else { 1.0 };
        Score {
            alive: there * next,
            active: there * self.at_least_if_there(history, 1, window),
            expected: there * self.expected_if_there(history, window),
        }
    }

    /// The scores of the distinct histories, in their order.
    pub fn scores(&self, histories: &Histories, window: f64, threads: usize) -> Vec<Score> {
        let rows = histories.rows();
        let of = |piece: std::ops::Range<usize>| -> Vec<Score> {
            rows[piece].iter().map(|row| self.score(row.history, window)).collect()
        };
        super::total::each(histories.pieces(), threads, of).into_iter().flatten().collect()
    }

    /// The expected purchases in the coming window, each discounted to the present at a continuous rate per unit of time:
    /// money in a year is worth e^−rate of money now. By parts, e^−ρt E(t) + ρ ∫ e^−ρu E(u) du, which needs no derivative.
    /// (Fader, Hardie & Lee, *RFM and CLV*, Journal of Marketing Research 42, 2005, for an endless window.)
    pub fn discounted(&self, history: History, window: f64, rate: f64) -> f64 {
        let rate = if rate > 0.0 { rate.min(1e6) } else { return self.expected(history, window) };
        if self.kind == Kind::BgBb {
            let discount = (-rate).exp();
            let expected = opportunities::expected(&self.parameters, history, sane(window), discount);
            return self.there(history) * expected;
        }
        // What lies further off is worth less than 1e-17 of what is near.
        let window = sane(window).min(40.0 / rate);
        let unit = history.age() + self.parameters[1];
        let sooner = integrate(0.0, (window / unit).ln_1p(), 1, |phi| {
            let time = unit * phi.exp_m1();
            unit * phi.exp() * (-rate * time).exp() * self.expected_if_there(history, time)
        });
        let later = (-rate * window).exp() * self.expected_if_there(history, window);
        self.there(history) * (later + rate * sooner)
    }

    /// The repeat purchases that are expected of a new customer up to a time after the first.
    pub fn mean(&self, time: f64) -> f64 {
        self.expected(History::fitting(0, 0.0, 0.0), time)
    }

    /// The repeat purchases that are expected of all these customers together up to each of some times, which count from
    /// the first purchase of the first of them: beside the actual ones, the plot that shows at a glance whether a model
    /// holds. Of the histories only the ages are looked at.
    pub fn tracking(&self, histories: &Histories, times: &[f64]) -> Vec<f64> {
        let mut ages: Vec<(f64, f64)> =
            histories.rows().iter().map(|row| (row.history.age(), row.weight)).collect();
        ages.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        ages.dedup_by(|next, kept| {
            let same = next.0.total_cmp(&kept.0).is_eq();
            if same {
                kept.1 += next.1;
            }
            same
        });
        let eldest = ages.last().map_or(0.0, |(age, _)| *age);
        let until =
            |time: f64| ages.iter().map(|(age, weight)| weight * self.mean(time - (eldest - age))).sum();
        times.iter().map(|time| until(*time)).collect()
    }
}

/// A length of time, whatever was asked.
fn sane(window: f64) -> f64 {
    if window > 0.0 { window.min(LONGEST) } else { 0.0 }
}
