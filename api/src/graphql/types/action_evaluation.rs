//! What other actions would have brought, before they go live.

use async_graphql::{InputObject, Object, SimpleObject};
use profiles::Error;
use profiles::actions::{Change, Draft, Estimate, Evaluated, Evaluation};

use super::action::ActionLimitsInput;
use super::prediction::ModelVerdict;
use crate::graphql::scalars::{Count, Decimal};

/// Other actions or limits that are to be tried.
#[derive(InputObject)]
pub(in crate::graphql) struct ActionDraftInput {
    /// Actions that would be others; the rest stay as they are.
    #[graphql(default)]
    actions: Vec<ActionChangeInput>,
    /// Other limits, whole; as now unless given.
    limits: Option<ActionLimitsInput>,
}

/// What an action would be.
#[derive(InputObject)]
struct ActionChangeInput {
    /// The key of the action.
    key: String,
    /// What it would cost; as now unless given.
    cost: Option<Decimal>,
    /// What it would bring when accepted; as now unless given.
    benefit: Option<Decimal>,
    /// Whether it would not be there.
    #[graphql(default)]
    removed: bool,
}

impl ActionDraftInput {
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub(in crate::graphql) fn read(self) -> Result<Draft, Error> {
        let changes = self.actions.into_iter().map(|change| Change {
            key: change.key,
            cost: change.cost.map(|cost| cost.0),
            benefit: change.benefit.map(|benefit| benefit.0),
            removed: change.removed,
        });
        Ok(Draft {
            actions: changes.collect(),
            limits: self.limits.map(ActionLimitsInput::read).transpose()?,
        })
    }
}

/// What a policy would have brought.
pub(crate) struct ActionEvaluation(pub(in crate::graphql) Evaluated);

/// What the catalogue, or a draft of another one, would have brought in the situations of the last choices (at most 10,000) of which it
/// is known what came of them: per choice, in the currency of the catalogue, and with all costs. It is right as far as outcomes are
/// told of all choices alike, also of those where `nothing` was chosen. Customers are divided in five parts, and each is judged by
/// what the others teach. Dudík, Langford & Li, *Doubly Robust Policy Evaluation and Learning*, 2011.
#[Object]
impl ActionEvaluation {
    /// Of how many choices it is known what came of them.
    async fn choices(&self) -> Count {
        Count(self.0.choices as u64)
    }

    /// The currency of all values.
    async fn currency(&self) -> &str {
        &self.0.catalogue.limits.currency
    }

    /// What the policy would have brought; null where outcomes are known of fewer than two customers.
    async fn policy(&self) -> Option<PolicyValue> {
        self.0.found.as_ref().map(|found| PolicyValue::new(None, &found.policy))
    }

    /// What always doing the same would have brought, and `nothing` where that was not possible.
    async fn fixed(&self) -> Vec<PolicyValue> {
        let fixed = self.0.found.iter().flat_map(|found| &found.fixed);
        fixed.map(|(action, value)| PolicyValue::new(Some(action), value)).collect()
    }

    /// The key of the best of those, by its doubly robust value.
    async fn best_fixed(&self) -> Option<&str> {
        self.0.found.as_ref().map(|found| found.best.as_str())
    }

    /// How much more the policy would have brought than that, doubly robust.
    async fn difference(&self) -> Option<PolicyEstimate> {
        self.0.found.as_ref().map(|found| found.difference.into())
    }

    /// Whether the policy beats the best of those.
    async fn verdict(&self) -> Option<ModelVerdict> {
        self.0.found.as_ref().map(|found| found.verdict.into())
    }

    /// All that in words, with what it cannot be relied on for.
    async fn summary(&self) -> String {
        let Some(found) = &self.0.found else {
            return "Outcomes are known of fewer than two customers: nothing can be said yet.".to_owned();
        };
        let thin = found.policy.thin.iter().map(|thin| format!(" Not to be relied on: {thin}."));
        std::iter::once(found.sentence.clone()).chain(thin).collect()
    }
}

/// What a policy would have brought for each choice.
#[derive(SimpleObject)]
struct PolicyValue {
    /// The key of the action that is always done; null for the policy of the catalogue.
    action: Option<String>,
    /// Inverse propensity scores: right on average, and often far off.
    inverse_propensity: PolicyEstimate,
    /// The same divided by the mean of the weights, which varies less; null where the policy would have done nothing of what was done.
    self_normalised: Option<PolicyEstimate>,
    /// Doubly robust: the one to use.
    doubly_robust: PolicyEstimate,
    /// As how many choices of the policy's own all of them count.
    effective: f64,
    /// Why this cannot be relied on; empty where it can.
    thin: Vec<String>,
}

impl PolicyValue {
    fn new(action: Option<&String>, found: &Evaluation) -> Self {
        Self {
            action: action.cloned(),
            inverse_propensity: found.inverse_propensity.into(),
            self_normalised: found.self_normalised.map(PolicyEstimate::from),
            doubly_robust: found.doubly_robust.into(),
            effective: found.effective,
            thin: found.thin.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A value with its interval at 95 percent.
#[derive(SimpleObject)]
struct PolicyEstimate {
    /// The value for each choice.
    value: f64,
    /// The lower end of the interval.
    low: f64,
    /// Its upper end.
    high: f64,
}

impl From<Estimate> for PolicyEstimate {
    fn from(estimate: Estimate) -> Self {
        let Estimate { value, interval } = estimate;
        Self { value, low: interval.low, high: interval.high }
    }
}
