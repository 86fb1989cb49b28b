//! The fitted models of purchases and spend, with time in weeks, in which they are published.

use predictions::btyd::{
    Estimates, FitError, GammaGamma, Histories, History, Kind, Model, Options, Spends, Status,
};
use predictions::evidence::Past;
use serde::{Serialize, Serializer};

/// Days in a week.
const WEEK: f64 = 7.0;

/// What was learned of when customers come and of what they spend.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fits {
    pub(super) purchases: Fit,
    /// Nothing where nobody who came again paid anything.
    pub(super) spend: Option<Fit>,
    /// The correlation of how often customers buy and how much they spend, which Gamma-Gamma takes for 0.
    pub(super) correlation: Option<f64>,
    /// How many came again.
    pub(super) came_again: usize,
    /// After how many days half of those who came again had done so, on average.
    pub(super) usual_interval_days: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fit {
    pub(super) model: &'static str,
    #[serde(serialize_with = "as_name")]
    pub(super) status: Status,
    pub(super) parameters: Vec<Parameter>,
    pub(super) log_likelihood: f64,
    pub(super) customers: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) value: f64,
    /// None where the data do not determine the parameters.
    pub(super) standard_error: Option<f64>,
}

impl Fits {
    pub(super) fn of(kind: Kind, past: &Past, options: &Options) -> Result<Self, FitError> {
        let cases = past.cases();
        let days = Histories::of(cases.iter().map(|case| case.history));
        let in_weeks = |history: History| {
            History::new(history.frequency(), history.recency() / WEEK, history.age() / WEEK)
        };
        let weeks = cases.iter().map(|case| in_weeks(case.history)).collect::<Result<Vec<_>, _>>()?;
        let spends = Spends::of(cases.iter().filter_map(|case| case.spend));
        let purchases = Model::fit(kind, &Histories::of(weeks), options)?;
        let spend = GammaGamma::fit(&spends, options).ok();
        Ok(Self {
            purchases: Fit::new(kind.name(), kind.parameters(), &purchases.estimates),
            spend: spend.map(|fit| Fit::new("Gamma-Gamma", GammaGamma::PARAMETERS, &fit.estimates)),
            correlation: spends.correlation(),
            came_again: cases.iter().filter(|case| case.history.frequency() > 0).count(),
            usual_interval_days: days.usual_interval(),
        })
    }
}

impl Fit {
    fn new<const N: usize>(model: &'static str, names: [&'static str; N], estimates: &Estimates<N>) -> Self {
        let parameter = |at: usize| Parameter {
            name: names[at],
            value: estimates.parameters[at],
            standard_error: estimates.errors.map(|errors| errors[at]),
        };
        Self {
            model,
            status: estimates.status,
            parameters: (0..N).map(parameter).collect(),
            log_likelihood: estimates.log_likelihood,
            customers: estimates.customers,
        }
    }

    /// What the status means, for those who have to rely on it.
    pub(super) fn warning(&self) -> Option<&'static str> {
        match self.status {
            Status::Converged => None,
            Status::Undetermined => Some(
                "the data do not determine the parameters: predictions may be good, the parameters mean nothing",
            ),
            Status::Stopped => Some("the search for the parameters was stopped before it was done"),
        }
    }
}

/// What a status is called.
pub(super) const fn name(status: Status) -> &'static str {
    match status {
        Status::Converged => "converged",
        Status::Undetermined => "undetermined",
        Status::Stopped => "stopped",
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn as_name<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name(*status))
}
