//! Parameters that make what was observed most likely.

use super::descend::{Descent, Limits, Matrix, Place, Vector, descend, dot, invert, times};
use super::history::{BadData, Histories, History};
use super::model::{Kind, Model};

/// How to fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Subtracts `ridge · Σ (ln parameter)²` from the log-likelihood, parameters that are times in units of the longest
    /// age. 0, so nothing, unless asked for: with it estimates are no longer the most likely ones, but exist for few data.
    pub ridge: f64,
    /// How many times at most the likelihood of all data is worked out.
    pub evaluations: u32,
    /// How many threads may work. What comes out does not depend on it.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { ridge: 0.0, evaluations: 500, threads: 2 }
    }
}

/// How far estimates can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The likelihood has its greatest value there.
    Converged,
    /// The data do not determine the parameters: the likelihood grows, or stays the same, as far as one goes. Predictions
    /// may still be good; the parameters mean nothing.
    Undetermined,
    /// The search was stopped before it was done.
    Stopped,
}

/// What came out of a fit of N parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimates<const N: usize> {
    /// The most likely parameters.
    pub parameters: [f64; N],
    /// Their standard errors, from the curvature of the log-likelihood over the logarithms of the parameters (the
    /// observed information) and the delta method; none where the data do not determine them.
    pub errors: Option<[f64; N]>,
    /// The covariance of the logarithms of the parameters.
    pub covariance: Option<[[f64; N]; N]>,
    /// The log-likelihood at its greatest, without the ridge.
    pub log_likelihood: f64,
    /// Whether it is that.
    pub status: Status,
    /// How many times the likelihood of all data was worked out.
    pub evaluations: u32,
    /// How many customers were looked at.
    pub customers: f64,
}

impl<const N: usize> Estimates<N> {
    /// A value that follows from the parameters, and its standard error as far as that comes from theirs: the delta
    /// method. It says how well the base is known, and not how much single customers differ.
    pub fn delta(&self, of: impl Fn(&[f64; N]) -> f64) -> (f64, Option<f64>) {
        const STEP: f64 = 1e-5;
        let value = of(&self.parameters);
        let slope: [f64; N] = std::array::from_fn(|i| {
            let moved = |by: f64| {
                let mut parameters = self.parameters;
                parameters[i] *= f64::exp(by);
                of(&parameters)
            };
            (moved(STEP) - moved(-STEP)) / (2.0 * STEP)
        });
        let error =
            self.covariance.map(|covariance| dot(&slope, &times(&covariance, &slope)).max(0.0).sqrt());
        (value, error.filter(|error| error.is_finite()))
    }
}

/// A fitted model of purchases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// With the most likely parameters.
    pub model: Model,
    /// How they came about.
    pub estimates: Estimates<4>,
}

/// Why there is no fit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// There is nobody.
    #[error("there are no customers to learn from")]
    Nobody,
    /// Nobody bought twice.
    #[error("no customer came again: nothing can be learnt about when they do")]
    NoRepeats,
    /// All purchases at one instant.
    #[error("no time has passed since the first purchases: wait, or set the end later")]
    NoTime,
    /// The data do not fit the model.
    #[error(transparent)]
    BadData(#[from] BadData),
}

/// Above this a sample is looked at first, for a better place to begin.
const MANY: usize = 10_000;
/// The size of the sample.
const SAMPLE: u32 = 4_000;
/// Parameters further from 1 than e to this, in their unit, say that the likelihood has no top.
const FAR: f64 = 9.0;

impl Model {
    /// The model of one kind that makes these histories most likely. The log-likelihood is climbed over the logarithms of
    /// the parameters, with times in units of the longest age, so that every direction is about as steep as the others.
    ///
    /// # Errors
    /// What cannot be learnt from.
    pub fn fit(kind: Kind, histories: &Histories, options: &Options) -> Result<Fit, FitError> {
        kind.check(histories)?;
        if histories.rows().is_empty() {
            return Err(FitError::Nobody);
        }
        let purchases = histories.total(|history| f64::from(history.frequency()));
        let time = histories.total(History::age);
        let longest = histories.rows().iter().map(|row| row.history.age()).fold(0.0, f64::max);
        if purchases <= 0.0 {
            return Err(FitError::NoRepeats);
        }
        if longest <= 0.0 {
            return Err(FitError::NoTime);
        }
        let units = kind.times().map(|is_time| if is_time { longest } else { 1.0 });
        // As if customers came as often as they do on average, and half of them left.
        let pace = (time / purchases / longest).clamp(1e-3, 1e3);
        let start = match kind {
            Kind::BgNbd | Kind::MbgNbd => [0.5, 0.5 * pace, 1.0, 2.0],
            Kind::ParetoNbd => [0.5, 0.5 * pace, 0.5, 0.5],
            Kind::BgBb => [1.0, 1.0, 0.5, 2.0],
        };
        let likelihood = |histories: &Histories, parameters: &[f64; 4]| {
            Self::new(kind, *parameters)
                .map_or([f64::NAN; 5], |model| model.likelihood(histories, options.threads))
        };
        let sample = (histories.rows().len() > MANY).then(|| histories.thinned(SAMPLE));
        let task = Task { units, start, customers: histories.customers(), options: *options };
        let sampled =
            sample.as_ref().map(|sample| |parameters: &[f64; 4]| split(likelihood(sample, parameters)));
        let estimates = task.solve(sampled, |parameters| split(likelihood(histories, parameters)));
        let model = Self::new(kind, estimates.parameters)?;
        Ok(Fit { model, estimates })
    }
}

fn split([value, a, b, c, d]: [f64; 5]) -> (f64, [f64; 4]) {
    (value, [a, b, c, d])
}

/// What is to be maximised, and from where.
pub(super) struct Task<const N: usize> {
    /// What each parameter is measured in.
    pub(super) units: Vector<N>,
    /// Where to begin, in those units.
    pub(super) start: Vector<N>,
    pub(super) customers: f64,
    pub(super) options: Options,
}

impl<const N: usize> Task<N> {
    /// Maximises a log-likelihood that comes with its derivatives by the parameters; that of a sample first, if there is
    /// one.
    pub(super) fn solve(
        &self,
        sample: Option<impl Fn(&Vector<N>) -> (f64, Vector<N>)>,
        all: impl Fn(&Vector<N>) -> (f64, Vector<N>),
    ) -> Estimates<N> {
        // A part in ten thousand of a unit of log-likelihood is what is asked for, with a million customers too.
        let limits = Limits { slope: 1e-7, evaluations: self.options.evaluations.max(1), bound: FAR + 3.0 };
        let mut start = Place { at: self.start.map(f64::ln), inverse: None };
        if let Some(sample) = sample {
            let rough = Limits { slope: 1e-4, ..limits };
            let found = descend(start, rough, |at| self.cost(at, &sample));
            // All data bend about as the sample does; what a sample does not determine, all data may.
            if found.place.at.iter().all(|at| at.abs() < FAR) {
                let inverse = invert(&self.curvature(&found, &sample)).or(found.place.inverse);
                start = Place { inverse, ..found.place };
            }
        }
        let found = descend(start, limits, |at| self.cost(at, &all));

        let at = found.place.at;
        let parameters = self.parameters(&at);
        let covariance = invert(&self.curvature(&found, &all));
        let status = if at.iter().any(|at| at.abs() > FAR) || (found.converged && covariance.is_none()) {
            Status::Undetermined
        } else if found.converged {
            Status::Converged
        } else {
            Status::Stopped
        };
        let covariance = covariance.filter(|_| status == Status::Converged);
        let covariance = covariance.map(|matrix| matrix.map(|row| row.map(|value| value / self.customers)));
        let errors =
            covariance.map(|matrix| std::array::from_fn(|i| parameters[i] * matrix[i][i].max(0.0).sqrt()));
        let log_likelihood = self.ridge() * dot(&at, &at) - found.value * self.customers;
        let (evaluations, customers) = (found.evaluations, self.customers);
        Estimates { parameters, errors, covariance, log_likelihood, status, evaluations, customers }
    }

    fn ridge(&self) -> f64 {
        self.options.ridge.max(0.0)
    }

    fn parameters(&self, at: &Vector<N>) -> Vector<N> {
        std::array::from_fn(|i| self.units[i] * at[i].exp())
    }

    /// Minus the log-likelihood of an average customer with its slopes over the logarithms, and with the ridge.
    fn cost(&self, at: &Vector<N>, likelihood: impl Fn(&Vector<N>) -> (f64, Vector<N>)) -> (f64, Vector<N>) {
        let parameters = self.parameters(at);
        let (value, slope) = likelihood(&parameters);
        let ridge = self.ridge();
        let cost = ridge * dot(at, at) - value;
        let slope: Vector<N> = std::array::from_fn(|i| 2.0 * ridge * at[i] - slope[i] * parameters[i]);
        (cost / self.customers, slope.map(|component| component / self.customers))
    }

    /// The second derivatives of the cost over the logarithms: differences of the analytic first ones.
    fn curvature(
        &self,
        found: &Descent<N>,
        likelihood: &impl Fn(&Vector<N>) -> (f64, Vector<N>),
    ) -> Matrix<N> {
        const STEP: f64 = 1e-5;
        let rows: Matrix<N> = std::array::from_fn(|i| {
            let mut at = found.place.at;
            at[i] += STEP;
            let (_, slope) = self.cost(&at, likelihood);
            std::array::from_fn(|j| (slope[j] - found.slope[j]) / STEP)
        });
        std::array::from_fn(|i| std::array::from_fn(|j| 0.5 * (rows[i][j] + rows[j][i])))
    }
}
