//! What people are likely to do, why, by which model, and how good that is.

use std::sync::Arc;

use async_graphql::{Context, Enum, Interface, Object, Result, SimpleObject};
use profiles::insights;
use profiles::view::read;
use segments::Duration;

use super::segment_rule::SegmentDuration;
use crate::graphql::error::{bad_input, top};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::{Count, DateTime};

const DAY: i64 = 86_400;

/// Whether there is a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum PredictionStatus {
    /// There is one.
    Ok,
    /// There is one, by a model that was learned more than 90 days ago; of recommendations, more than 7.
    Stale,
    /// There is none: no model has been learned, or (of churn and value) the person has bought nothing, or (of value) has paid in
    /// other currencies than the model's, or (of propensity) nobody knows the category.
    LowData,
    /// There is none, as it is not asked of this person: a lead score of who has bought something.
    NotApplicable,
    /// There is none: the person's data may not be used for the purpose `profiling`.
    NoConsent,
}

impl From<insights::Status> for PredictionStatus {
    fn from(status: insights::Status) -> Self {
        match status {
            insights::Status::Ok => Self::Ok,
            insights::Status::Stale => Self::Stale,
            insights::Status::LowData => Self::LowData,
            insights::Status::NotApplicable => Self::NotApplicable,
            insights::Status::NoConsent => Self::NoConsent,
        }
    }
}

/// A risk in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum RiskBand {
    /// Below 0.4.
    Low,
    /// From 0.4.
    Medium,
    /// From 0.7.
    High,
}

impl From<insights::Band> for RiskBand {
    fn from(band: insights::Band) -> Self {
        match band {
            insights::Band::Low => Self::Low,
            insights::Band::Medium => Self::Medium,
            insights::Band::High => Self::High,
        }
    }
}

/// One thing that makes a prediction what it is.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct PredictionReason {
    /// Of churn and value `recency`, `frequency`, `age` or `spend`. Of scores also `trend`, `refunds`, `visits`, `pages`, `products`, `cart`, `seen`,
    /// `emails`, `tickets`, `tenure`, `sources`, `campaign`, `language`, `country`; and of the product or category that was asked for
    /// `bought`, `viewed`, `in_cart`, `share`, `popularity`, `kind`.
    factor: &'static str,
    /// What it adds to the average customer's prediction, in the same unit. `base` and all contributions add up to the
    /// prediction; of scores, in log-odds, to `logOdds`.
    contribution: f64,
    /// What it is, in words.
    text: String,
}

impl From<&insights::Reason> for PredictionReason {
    fn from(reason: &insights::Reason) -> Self {
        Self { factor: reason.factor, contribution: reason.contribution, text: reason.text.clone() }
    }
}

/// What a person is likely to do, or why nothing is said of it.
#[derive(Debug, Interface)]
#[graphql(
    field(
        name = "status",
        ty = "&PredictionStatus",
        desc = "Whether there is a prediction, or why there is none."
    ),
    field(name = "computed_at", ty = "&DateTime", desc = "When it was worked out."),
    field(
        name = "model",
        ty = "&Option<ModelVersion>",
        desc = "The model that says it; null where none was asked."
    ),
    field(
        name = "reasons",
        ty = "&Vec<PredictionReason>",
        desc = "What makes it what it is, the strongest first."
    ),
    field(
        name = "percentile",
        ty = "&Option<f64>",
        desc = "The share of customers of whom less was predicted when the model was learned, 0 to 1; null for another \
                horizon than the usual one."
    )
)]
#[expect(clippy::enum_variant_names, reason = "the names of the types")]
pub(crate) enum Prediction {
    /// The risk of churn.
    ChurnPrediction(ChurnPrediction),
    /// The lifetime value.
    ValuePrediction(ValuePrediction),
    /// How likely somebody is to buy.
    ScorePrediction(ScorePrediction),
}

/// The risk that somebody buys nothing within a horizon: 1 less the probability of at least one purchase.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ChurnPrediction {
    /// Whether there is a prediction, or why there is none.
    status: PredictionStatus,
    /// When it was worked out.
    computed_at: DateTime,
    /// The model that says it; null where none was asked.
    model: Option<ModelVersion>,
    /// What makes it what it is, the strongest first.
    reasons: Vec<PredictionReason>,
    /// The share of customers with a smaller risk when the model was learned, 0 to 1; null for another horizon than the
    /// model's.
    percentile: Option<f64>,
    /// The probability, 0 to 1, that the person buys nothing within the horizon; null unless `status` is `OK` or `STALE`.
    probability: Option<f64>,
    /// The probability in a word.
    band: Option<RiskBand>,
    /// Within which time.
    horizon: Option<SegmentDuration>,
    /// The average customer's probability.
    base: Option<f64>,
}

impl ChurnPrediction {
    pub(super) async fn of(
        ctx: &Context<'_>,
        profile: &read::Profile,
        bought: &[insights::Purchase],
        horizon: Option<SegmentDuration>,
    ) -> Result<Self> {
        let days = days(horizon.as_ref())?;
        let answer = loaders(ctx).profiles.churn_risk(bought, &profile.said, days).await.map_err(top)?;
        let said = answer.said.as_ref();
        Ok(Self {
            status: answer.status.into(),
            computed_at: DateTime(answer.computed_at),
            reasons: said.map(|said| reasons(&said.reasons)).unwrap_or_default(),
            percentile: said.and_then(|said| said.percentile),
            probability: said.map(|said| said.probability),
            band: said.map(|said| said.band.into()),
            horizon: said.map(|said| in_days(said.horizon)),
            base: said.map(|said| said.base),
            model: answer.model.map(ModelVersion),
        })
    }
}

/// What somebody is expected to pay within a horizon, discounted by ten percent a year.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ValuePrediction {
    /// Whether there is a prediction, or why there is none.
    status: PredictionStatus,
    /// When it was worked out.
    computed_at: DateTime,
    /// The model that says it; null where none was asked.
    model: Option<ModelVersion>,
    /// What makes it what it is, the strongest first.
    reasons: Vec<PredictionReason>,
    /// The share of customers who are worth less, when the model was learned, 0 to 1; null for another horizon than a
    /// year.
    percentile: Option<f64>,
    /// What was paid so far, less what was paid back: the revenue in `totals`; null unless `status` is `OK` or `STALE`.
    historic: Option<f64>,
    /// What is expected to be paid within the horizon, discounted.
    expected: Option<f64>,
    /// Between what it lies with a probability of 80 percent.
    interval: Option<ValueInterval>,
    /// On how many days the person is expected to buy.
    purchases: Option<f64>,
    /// The currency of all amounts: ISO 4217.
    currency: Option<String>,
    /// Within which time.
    horizon: Option<SegmentDuration>,
    /// What is expected of the average customer.
    base: Option<f64>,
}

/// Between what an amount lies.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct ValueInterval {
    /// One in ten pays less, or as little.
    low: f64,
    /// One in ten pays more.
    high: f64,
}

impl ValuePrediction {
    pub(super) async fn of(
        ctx: &Context<'_>,
        profile: &read::Profile,
        bought: &[insights::Purchase],
        horizon: Option<SegmentDuration>,
    ) -> Result<Self> {
        let days = days(horizon.as_ref())?;
        let answer = loaders(ctx).profiles.lifetime_value(bought, &profile.said, days).await.map_err(top)?;
        let said = answer.said.as_ref();
        Ok(Self {
            status: answer.status.into(),
            computed_at: DateTime(answer.computed_at),
            reasons: said.map(|said| reasons(&said.reasons)).unwrap_or_default(),
            percentile: said.and_then(|said| said.percentile),
            historic: said.map(|said| revenue(profile, &said.currency)),
            expected: said.map(|said| said.expected),
            interval: said.map(|said| ValueInterval { low: said.interval.0, high: said.interval.1 }),
            purchases: said.map(|said| said.purchases),
            currency: said.map(|said| said.currency.clone()),
            horizon: said.map(|said| in_days(said.horizon)),
            base: said.map(|said| said.base),
            model: answer.model.map(ModelVersion),
        })
    }
}

/// How likely somebody is to buy within a horizon: of a lead anything at all, or a product, or something of a category.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ScorePrediction {
    /// Whether there is a prediction, or why there is none.
    status: PredictionStatus,
    /// When it was worked out.
    computed_at: DateTime,
    /// The model that says it; null where none was asked.
    model: Option<ModelVersion>,
    /// What makes it what it is, the strongest first, in log-odds.
    reasons: Vec<PredictionReason>,
    /// The share of those with a smaller probability when the model was learned, 0 to 1: of all leads, or of all pairs of a person and a
    /// product or category.
    percentile: Option<f64>,
    /// The probability, 0 to 1, that the person buys within the horizon; null unless `status` is `OK` or `STALE`.
    probability: Option<f64>,
    /// The score in log-odds: `base` and the contributions of all reasons. The probability rises with it; its level is put right by
    /// what came in a later window than the one that was learned from.
    log_odds: Option<f64>,
    /// The mean of all in log-odds.
    base: Option<f64>,
    /// Within which time: 30 days.
    horizon: Option<SegmentDuration>,
}

impl From<insights::Answer<insights::Score>> for ScorePrediction {
    fn from(answer: insights::Answer<insights::Score>) -> Self {
        let said = answer.said.as_ref();
        Self {
            status: answer.status.into(),
            computed_at: DateTime(answer.computed_at),
            reasons: said.map(|said| reasons(&said.reasons)).unwrap_or_default(),
            percentile: said.and_then(|said| said.percentile),
            probability: said.map(|said| said.probability),
            log_odds: said.map(|said| said.log_odds),
            base: said.map(|said| said.base),
            horizon: said.map(|said| in_days(said.horizon)),
            model: answer.model.map(ModelVersion),
        }
    }
}

/// What a person has paid in a currency, less what was paid back.
#[expect(clippy::cast_precision_loss, reason = "shown beside what is only expected")]
fn revenue(profile: &read::Profile, currency: &str) -> f64 {
    let totals = profile.totals.currencies.iter().filter(|total| total.currency == currency);
    totals.map(|total| total.revenue_micros as f64 / 1e6).sum()
}

fn reasons(reasons: &[insights::Reason]) -> Vec<PredictionReason> {
    reasons.iter().map(Into::into).collect()
}

/// A horizon in days.
pub(in crate::graphql) fn days(horizon: Option<&SegmentDuration>) -> Result<Option<u32>> {
    let Some(horizon) = horizon else { return Ok(None) };
    let seconds = horizon.read().map_err(|why| bad_input(format!("horizon: {why}")))?.as_seconds();
    let days = u32::try_from(seconds / DAY).ok().filter(|_| seconds % DAY == 0);
    days.map(Some).ok_or_else(|| bad_input("horizon: expected whole days, such as \"P90D\""))
}

pub(super) fn in_days(days: u32) -> SegmentDuration {
    Duration::days(days.into()).into()
}

/// What a model predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ModelKind {
    /// Who will buy how often, and for how much: the risk of churn and the lifetime value.
    Purchases,
    /// What the model of purchases says of everybody at once: see `insights`.
    Fleet,
    /// How likely leads are to buy for the first time.
    LeadScore,
    /// How likely people are to buy a product, or something of a category.
    Propensity,
    /// What somebody is most interested in, and which products go together.
    Recommendations,
}

impl From<insights::Kind> for ModelKind {
    fn from(kind: insights::Kind) -> Self {
        match kind {
            insights::Kind::Purchases => Self::Purchases,
            insights::Kind::Fleet => Self::Fleet,
            insights::Kind::LeadScore => Self::LeadScore,
            insights::Kind::Propensity => Self::Propensity,
            insights::Kind::Recommendations => Self::Recommendations,
        }
    }
}

impl From<ModelKind> for insights::Kind {
    fn from(kind: ModelKind) -> Self {
        match kind {
            ModelKind::Purchases => Self::Purchases,
            ModelKind::Fleet => Self::Fleet,
            ModelKind::LeadScore => Self::LeadScore,
            ModelKind::Propensity => Self::Propensity,
            ModelKind::Recommendations => Self::Recommendations,
        }
    }
}

/// A model of what customers will do, learned from everybody and never changed.
#[derive(Debug, Clone)]
pub(crate) struct ModelVersion(pub(in crate::graphql) Arc<insights::Version>);

/// A model of what customers will do, learned from everybody and never changed.
#[Object(crate = "crate::graphql::quick")]
impl ModelVersion {
    /// Its number: 1, 2, 3, … over all kinds.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// What it predicts.
    async fn kind(&self) -> ModelKind {
        self.0.kind.into()
    }

    /// How, as it was chosen by its past: of purchases `BG/NBD`, `MBG/NBD` or `Pareto/NBD`.
    async fn method(&self) -> &str {
        &self.0.about.method
    }

    /// Whether it predicts now.
    async fn in_force(&self) -> bool {
        self.0.in_force
    }

    /// When it was learned.
    async fn trained_at(&self) -> DateTime {
        DateTime(self.0.trained_at)
    }

    /// Who had it learned.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// The first day that it was learned from.
    async fn data_from(&self) -> String {
        self.0.about.data.from.to_string()
    }

    /// The last day that counted.
    async fn data_to(&self) -> String {
        self.0.about.data.to.to_string()
    }

    /// From how many people it was learned, without those who said no to profiling.
    async fn customers(&self) -> Count {
        Count(self.0.about.data.customers)
    }

    /// From how many observations of them: of purchases the days on which somebody bought, each person's counted; of
    /// recommendations the lines of orders.
    async fn observations(&self) -> Count {
        Count(self.0.about.data.observations)
    }

    /// SHA-256 of what it was learned from: the same observations give the same model.
    async fn data_hash(&self) -> &str {
        &self.0.about.data.hash
    }

    /// The currency in which money is predicted: the one of most purchases. Null where no source says any.
    async fn currency(&self) -> Option<&str> {
        self.0.about.currency.as_deref()
    }

    /// How far ahead is looked unless another time is asked for.
    async fn horizon(&self) -> Option<SegmentDuration> {
        self.0.about.horizon.map(in_days)
    }

    /// The figures that describe it. Of purchases, with time in days: the parameters of the model, p, q and gamma of the
    /// Gamma-Gamma model of what is spent, and `usual_interval`, the time that customers who come again leave between two
    /// purchases: half of them leave less on average. Of scores `rows` that were learned from, `positives` among them that came to a
    /// purchase, and how many `trees` there are.
    /// Of recommendations how much each signal counts for each purpose (`new_ease`, …), half-lives in days, and the ridge of EASE
    /// (Steck 2019).
    async fn parameters(&self) -> Vec<ModelParameter> {
        let named = self.0.about.parameters.iter();
        named.map(|(name, value)| ModelParameter { name: name.clone(), value: *value }).collect()
    }

    /// How it would have done, had it been asked before, beside simple rules; null where too short a time is known.
    async fn backtest(&self) -> Option<Backtest> {
        self.0.about.evidence.as_ref().map(Backtest::from)
    }
}

/// A parameter of a model.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ModelParameter {
    /// What it is called where the model was published.
    name: String,
    /// What it is.
    value: f64,
}

/// How a model would have done, had it been asked before: it was shown what had happened until a day, and what it said was
/// put beside what came.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Backtest {
    /// The days from whose mornings it was asked.
    origins: Vec<String>,
    /// How far ahead.
    horizon: SegmentDuration,
    /// Figures, means over the origins.
    metrics: Vec<ModelMetric>,
    /// Probabilities of a purchase beside what came, from the least probable tenth of customers to the most probable.
    calibration: Vec<CalibrationBin>,
    /// What the tenths of customers by predicted value paid of all that was paid; of scores, the share of those who came.
    lift: Vec<LiftDecile>,
    /// Whether it puts customers in a better order than the simple rule of `auc` does; of recommendations, whether they are better
    /// by NDCG than the better simple rule.
    verdict: Option<ModelVerdict>,
}

impl From<&insights::Evidence> for Backtest {
    fn from(evidence: &insights::Evidence) -> Self {
        Self {
            origins: evidence.origins.iter().map(ToString::to_string).collect(),
            horizon: in_days(evidence.horizon),
            metrics: evidence.figures.iter().map(Into::into).collect(),
            calibration: evidence.calibration.iter().map(Into::into).collect(),
            lift: evidence.lift.iter().map(Into::into).collect(),
            verdict: evidence.beats_baseline.map(Into::into),
        }
    }
}

/// Whether a model beats a simple rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ModelVerdict {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The data do not tell.
    Unclear,
}

impl From<insights::Verdict> for ModelVerdict {
    fn from(verdict: insights::Verdict) -> Self {
        match verdict {
            insights::Verdict::Yes => Self::Yes,
            insights::Verdict::No => Self::No,
            insights::Verdict::Unclear => Self::Unclear,
        }
    }
}

/// A figure that says how good a model is.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ModelMetric {
    /// `auc`, `pr_auc`, `brier`, `log_loss`, `ece` of who buys at all; `purchases_bias` and the like of how often, and
    /// `value_…` of how much. Of recommendations, of all that was bought (`…_all`) and of what was new to the customer (`…_new`):
    /// `ndcg_at_10` (Järvelin & Kekäläinen 2002) and `recall_at_10` of lists of ten, means over customers, and `coverage`, the share of
    /// products that stand in anybody's list; each 0 to 1.
    name: String,
    /// What it is.
    value: f64,
    /// The lower end of its interval at 95 percent, by bootstrap over customers.
    low: Option<f64>,
    /// The upper end.
    high: Option<f64>,
    /// What a simple rule reaches: the time since the last purchase for `auc` and `pr_auc`, the share of those who came for
    /// `brier` and `log_loss`, everybody's own pace so far for purchases, what they paid in the year before for values. Of scores,
    /// for `auc` and `pr_auc`: a lead's visits in 30 days, and how many orders of a person had the thing.
    /// Of recommendations the better one of what the customer bought most often and what most customers bought.
    baseline: Option<f64>,
    /// Whether the model beats the rule.
    verdict: Option<ModelVerdict>,
}

impl From<&insights::Figure> for ModelMetric {
    fn from(figure: &insights::Figure) -> Self {
        Self {
            name: figure.name.clone(),
            value: figure.value,
            low: figure.interval.map(|(low, _)| low),
            high: figure.interval.map(|(_, high)| high),
            baseline: figure.baseline,
            verdict: figure.beats_baseline.map(Into::into),
        }
    }
}

/// Some customers with about the same probability.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct CalibrationBin {
    /// The mean of their probabilities.
    predicted: f64,
    /// The share of them who came.
    observed: f64,
    /// How many.
    count: Count,
}

impl From<&insights::Bin> for CalibrationBin {
    fn from(bin: &insights::Bin) -> Self {
        Self { predicted: bin.predicted, observed: bin.observed, count: Count(bin.count) }
    }
}

/// A tenth of customers.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct LiftDecile {
    /// 1 is the tenth of whom most was expected.
    decile: u32,
    /// Its share of what all paid, or of those who came.
    value: f64,
}

impl From<&insights::Decile> for LiftDecile {
    fn from(decile: &insights::Decile) -> Self {
        Self { decile: decile.decile, value: decile.value }
    }
}
