//! The next best action of a customer: what was chosen, what else could have been, what not, and why.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use profiles::actions::{self, Basis, Chosen, ChosenBy, NOTHING, NextBest, Replayed, Reported, Rule, Scored};
use profiles::view::money::from_micros;

use super::Profile;
use super::action::{Action, ActionOutcome};
use super::consent::Channel;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::{Count, DateTime, Decimal, Json, copy};

/// Whether an action was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "actions::Status")]
pub(crate) enum NextBestStatus {
    /// It was.
    Ok,
    /// None was, and nothing is kept: the person's data may not be used for the purpose `profiling`.
    NoConsent,
    /// None was, and nothing is kept: no actions are defined. `defineAction` does.
    NoActions,
}

/// What stands against an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Rule")]
pub(crate) enum ActionRule {
    /// The catalogue has no such action.
    Unknown,
    /// It is of another channel than the one that was asked for.
    Unchecked,
    /// The customer does not allow its purpose, or is not reached by its channel.
    Consent,
    /// The customer is not whom it is for.
    Eligibility,
    /// The customer has accepted it already, or has bought what it offers.
    Accepted,
    /// The customer has refused it already.
    Refused,
    /// It was done too lately.
    CoolDown,
    /// Another of its group stands against it.
    Group,
    /// The customer was contacted often enough through its channel.
    ChannelCap,
    /// The product that it offers is out of stock, or gone.
    Stock,
}

/// Who chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "ChosenBy")]
pub(crate) enum ActionChooser {
    /// The policy: the action that drew the greatest score. Each score is drawn from what is thought of the action, so that what is
    /// little known is tried now and then (Thompson sampling).
    Draw,
    /// Chance alone: the customer is in the control group.
    Control,
}

/// What a probability of acceptance is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Basis")]
pub(crate) enum ActionBasis {
    /// How often anybody accepts the action, with what was expected of it: there are too few outcomes for more.
    Rate,
    /// What is known of this customer: 50 customers accepted it, and 50 did not.
    Customer,
}

/// What to do for somebody now.
#[derive(Debug)]
pub(crate) struct NextBestActions {
    pub(super) asked: Arc<NextBest>,
    /// How many alternatives are told.
    pub(super) first: usize,
}

/// What to do for somebody now, what else could be done, and what not. The question is a decision: it is kept with all that it
/// followed from, and `recordActionOutcome` tells what came of it.
#[Object]
impl NextBestActions {
    /// Whether an action was chosen.
    async fn status(&self) -> NextBestStatus {
        self.asked.status.into()
    }

    /// When it was asked.
    async fn decided_at(&self) -> DateTime {
        DateTime(self.asked.at)
    }

    /// The id of the decision, for `recordActionOutcome` and `actionDecision`; null where nothing was chosen.
    async fn decision_id(&self) -> Option<ID> {
        self.asked.chosen.as_ref().map(|chosen| ids::id(Kind::ActionDecision, chosen.id))
    }

    /// What to do; null where nothing was chosen.
    async fn chosen(&self) -> Option<ScoredAction> {
        self.asked.chosen.as_ref().map(|chosen| ScoredAction::new(chosen, &chosen.answer.chosen))
    }

    /// What chose.
    async fn chosen_by(&self) -> Option<ActionChooser> {
        self.asked.chosen.as_ref().map(|chosen| chosen.answer.by.into())
    }

    /// How probable it was that this action be chosen, before it was known whether the customer is in the control group: above 0, at
    /// most 1. It is what policies are evaluated by.
    async fn propensity(&self) -> Option<f64> {
        self.asked.chosen.as_ref().map(|chosen| chosen.answer.overall.value)
    }

    /// What else is possible, the greatest score first; at most `first`.
    async fn alternatives(&self) -> Vec<ScoredAction> {
        self.asked.chosen.as_ref().map(|chosen| alternatives(chosen, self.first)).unwrap_or_default()
    }

    /// What is not possible, and why: of actions that were asked for.
    async fn excluded(&self) -> Vec<ExcludedAction> {
        self.asked.chosen.as_ref().map(excluded).unwrap_or_default()
    }

    /// The version of the catalogue that was chosen from; null where nothing was chosen.
    async fn catalogue_version(&self) -> Option<i32> {
        self.asked.chosen.as_ref().map(|chosen| chosen.catalogue.version)
    }

    /// The version of what was learned from outcomes; null where nothing was chosen, and before there were any.
    async fn model_version(&self) -> Option<i32> {
        self.asked.chosen.as_ref().and_then(|chosen| chosen.model)
    }
}

fn alternatives(chosen: &Chosen, first: usize) -> Vec<ScoredAction> {
    let all = chosen.answer.alternatives.iter().take(first);
    all.map(|scored| ScoredAction::new(chosen, scored)).collect()
}

fn excluded(chosen: &Chosen) -> Vec<ExcludedAction> {
    let asked = chosen.answer.excluded.iter();
    let asked = asked.filter(|excluded| chosen.channel.is_none() || excluded.rule != Rule::Unchecked);
    asked
        .map(|excluded| ExcludedAction {
            action: excluded.action.clone(),
            rule: excluded.rule.into(),
            reason: excluded.reason.clone(),
        })
        .collect()
}

/// A possible action with what its score is made of.
#[derive(Debug)]
pub(crate) struct ScoredAction {
    catalogue: Arc<actions::Catalogue>,
    scored: Scored,
}

impl ScoredAction {
    fn new(chosen: &Chosen, scored: &Scored) -> Self {
        Self { catalogue: Arc::clone(&chosen.catalogue), scored: scored.clone() }
    }

    fn place(&self) -> Option<usize> {
        self.catalogue.actions.iter().position(|action| action.key == self.scored.action)
    }
}

/// A possible action with what its score is made of. All amounts are in the currency of the catalogue.
#[Object]
impl ScoredAction {
    /// Its key; `nothing` for leaving the customer alone.
    async fn action(&self) -> &str {
        &self.scored.action
    }

    /// What people call it.
    async fn name(&self) -> Cow<'_, str> {
        match self.place() {
            Some(place) => Cow::Borrowed(&self.catalogue.actions[place].name),
            None => Cow::Borrowed("Nothing"),
        }
    }

    /// Through which channel; null for none.
    async fn channel(&self) -> Option<Channel> {
        self.catalogue.actions[self.place()?].channel.map(Channel::from)
    }

    /// How it was defined when it was chosen; null for `nothing`.
    async fn definition(&self) -> Option<Action> {
        let place = self.place().filter(|_| self.scored.action != NOTHING)?;
        Some(Action { catalogue: Arc::clone(&self.catalogue), place })
    }

    /// What it is expected to bring: `probability` · `value` − `cost`.
    async fn score(&self) -> f64 {
        self.scored.score
    }

    /// The probability that this customer accepts, 0 to 1.
    async fn probability(&self) -> f64 {
        self.scored.accept.mean
    }

    /// Between what that probability lies, with a probability of 95 percent.
    async fn interval(&self) -> ProbabilityInterval {
        ProbabilityInterval { low: self.scored.accept.low, high: self.scored.accept.high }
    }

    /// What it brings when it is accepted.
    async fn value(&self) -> f64 {
        self.scored.value
    }

    /// What it costs, whether accepted or not.
    async fn cost(&self) -> f64 {
        self.scored.cost
    }

    /// What the probability is known from.
    async fn basis(&self) -> ActionBasis {
        self.scored.basis.into()
    }

    /// How often it was accepted, by anybody, when that was last learned.
    async fn accepted(&self) -> Count {
        Count(self.scored.accepted.into())
    }

    /// How often it was not.
    async fn declined(&self) -> Count {
        Count(self.scored.declined.into())
    }

    /// The score that it drew, as `score`, with a probability drawn from what is thought of it.
    async fn drawn(&self) -> f64 {
        self.scored.drawn
    }
}

/// Between what a probability lies.
#[derive(Debug, SimpleObject)]
struct ProbabilityInterval {
    /// The lower end, 0 to 1.
    low: f64,
    /// The upper end, 0 to 1.
    high: f64,
}

/// An action that is not possible.
#[derive(Debug, SimpleObject)]
pub(crate) struct ExcludedAction {
    /// Its key.
    action: String,
    /// What stands against it: the first rule that does.
    rule: ActionRule,
    /// That in words and numbers.
    reason: String,
}

/// A choice of an action that was made.
#[derive(Debug)]
pub(crate) struct ActionDecision(pub(in crate::graphql) Arc<Replayed>);

/// A choice of what to do for somebody, as it was made, and repeated. It is kept for 90 days, and for two years where it is known
/// what came of it. (What people decided about who is who is a `Decision`; what a page shows, a `SlotDecision`.)
#[Object]
impl ActionDecision {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::ActionDecision, self.0.chosen.id)
    }

    /// For whom, as they are today.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Profile> {
        Profile::new(&loaders(ctx).profiles, self.0.profile.clone()).await.map_err(top)
    }

    /// When it was made.
    async fn decided_at(&self) -> DateTime {
        DateTime(self.0.chosen.decided_at)
    }

    /// Who asked: the name of an API key or a person.
    async fn decided_by(&self) -> &str {
        &self.0.actor
    }

    /// The channel that was asked for; null for all of them.
    async fn channel(&self) -> Option<Channel> {
        self.0.chosen.channel.map(Channel::from)
    }

    /// Whether the same policy, asked about the same situation again, gives the same bytes.
    async fn same(&self) -> bool {
        self.0.same
    }

    /// What was chosen.
    async fn chosen(&self) -> ScoredAction {
        ScoredAction::new(&self.0.chosen, &self.0.chosen.answer.chosen)
    }

    /// What chose.
    async fn chosen_by(&self) -> ActionChooser {
        self.0.chosen.answer.by.into()
    }

    /// How probable it was that this action be chosen; see `NextBestActions`.
    async fn propensity(&self) -> f64 {
        self.0.chosen.answer.overall.value
    }

    /// What else was possible, the greatest score first.
    async fn alternatives(&self) -> Vec<ScoredAction> {
        alternatives(&self.0.chosen, usize::MAX)
    }

    /// What was not possible, and why.
    async fn excluded(&self) -> Vec<ExcludedAction> {
        excluded(&self.0.chosen)
    }

    /// All that it followed from beside the catalogue and what was learned: numbers of the customer in the order of `features`,
    /// contacts and responses by the second, and what was found of each action.
    async fn situation(&self) -> Json {
        Json(copy(&self.0.situation))
    }

    /// What each of the numbers of the situation is.
    async fn features(&self) -> Vec<&'static str> {
        actions::FEATURES.to_vec()
    }

    /// The version of the catalogue that was chosen from.
    async fn catalogue_version(&self) -> i32 {
        self.0.chosen.catalogue.version
    }

    /// The version of what was learned from outcomes; null before there were any.
    async fn model_version(&self) -> Option<i32> {
        self.0.chosen.model
    }

    /// What was reported to have come of it, the oldest first.
    async fn outcomes(&self) -> Vec<ReportedOutcome> {
        self.0.outcomes.iter().cloned().map(ReportedOutcome::from).collect()
    }
}

/// What came of an action, as it was reported.
#[derive(Debug, SimpleObject)]
pub(crate) struct ReportedOutcome {
    /// The key of the action that was done.
    action: String,
    /// What came of it.
    outcome: ActionOutcome,
    /// What it brought, in the currency of the catalogue; null where nobody said.
    value: Option<Decimal>,
    /// When it was reported.
    at: DateTime,
    /// By whom.
    actor: String,
}

impl From<Reported> for ReportedOutcome {
    fn from(reported: Reported) -> Self {
        let Reported { action, outcome, value_micros, at, actor } = reported;
        let value = value_micros.map(|micros| Decimal(from_micros(micros)));
        Self { action, outcome: outcome.into(), value, at: DateTime(at), actor }
    }
}
