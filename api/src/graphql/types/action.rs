//! What can be done for customers, as administrators define it.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use profiles::actions::{self, Limits, NewOutcome};
use profiles::{Error, consent};
use segments::{Duration, Problems};

use super::consent::Channel;
use super::product::Product;
use super::segment_rule::{SegmentDuration, SegmentRuleInput};
use crate::graphql::error::{UserError, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::{DateTime, Decimal};
use crate::graphql::types::rule_errors;

/// What a week's contacts, the currency and the control group are unless said otherwise.
const CERTAINTY: f64 = 10.0;

/// What can be done for customers.
#[derive(Debug)]
pub(crate) struct ActionCatalogue(pub(in crate::graphql) Arc<actions::Catalogue>);

/// What can be done for customers, and within which limits. Leaving a customer alone is always possible: it is called `nothing`, and
/// costs and brings nothing.
#[Object]
impl ActionCatalogue {
    /// How often it was changed: 1, 2, 3, …; 0 where no action was ever defined. A decision names the version that it chose from.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The actions, in the order in which they were first defined.
    async fn actions(&self) -> Vec<Action> {
        let all = 0..self.0.actions.len();
        all.map(|place| Action { catalogue: Arc::clone(&self.0), place }).collect()
    }

    /// The currency of all costs and benefits: ISO 4217.
    async fn currency(&self) -> &str {
        &self.0.limits.currency
    }

    /// How often a customer may be contacted within any 7 days, by channel; through a channel that is not here as often as wanted.
    async fn weekly(&self) -> Vec<WeeklyLimit> {
        let weekly = self.0.limits.weekly.iter();
        weekly
            .map(|(channel, most)| WeeklyLimit {
                channel: (*channel).into(),
                most: i32::try_from(*most).unwrap_or(i32::MAX),
            })
            .collect()
    }

    /// So many percent of the customers are the control group: they get one of the possible actions at random, `nothing` among
    /// them, so that the others can be compared with them. Who is in it stays in it.
    async fn control(&self) -> i32 {
        self.0.limits.control.into()
    }

    /// When it was changed; null for version 0.
    async fn defined_at(&self) -> Option<DateTime> {
        self.0.defined.as_ref().map(|(at, _)| DateTime(*at))
    }

    /// By whom; null for version 0.
    async fn defined_by(&self) -> Option<&str> {
        self.0.defined.as_ref().map(|(_, actor)| actor.as_str())
    }
}

/// A limit of how often a customer is contacted.
#[derive(Debug, SimpleObject)]
struct WeeklyLimit {
    /// Through which channel.
    channel: Channel,
    /// How often within any 7 days.
    most: i32,
}

/// Something that can be done for a customer.
#[derive(Debug)]
pub(crate) struct Action {
    pub(super) catalogue: Arc<actions::Catalogue>,
    pub(super) place: usize,
}

impl Action {
    fn stored(&self) -> &actions::Action {
        &self.catalogue.actions[self.place]
    }
}

/// Something that can be done for a customer.
#[Object]
impl Action {
    /// Its short name: lower-case letters, digits, `-` and `_`.
    async fn key(&self) -> &str {
        &self.stored().key
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.stored().name
    }

    /// Through which channel the customer is contacted; null for an action that contacts nobody, such as a banner.
    async fn channel(&self) -> Option<Channel> {
        self.stored().channel.map(Channel::from)
    }

    /// The key of the purpose that the customer must allow.
    async fn purpose(&self) -> Option<&str> {
        self.stored().purpose.as_deref()
    }

    /// What it costs, whether accepted or not, in the currency of the catalogue.
    async fn cost(&self) -> Decimal {
        Decimal(self.stored().cost)
    }

    /// What it brings when it is accepted, in the currency of the catalogue.
    async fn benefit(&self) -> Decimal {
        Decimal(self.stored().benefit)
    }

    /// For whom it is: a rule in words that can be given as a rule again; null for everybody.
    async fn eligibility(&self) -> Option<String> {
        self.stored().eligibility.as_ref().map(ToString::to_string)
    }

    /// The product that it offers: who has bought it is not offered it, and nobody is while it is out of stock. Null for none, and
    /// where the product is gone.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Arc<Product>>> {
        match self.stored().product {
            Some(id) => loaders(ctx).product(id).await.map_err(top),
            None => Ok(None),
        }
    }

    /// After a contact it is not done again within this time.
    async fn cool_down(&self) -> SegmentDuration {
        span(self.stored().cool_down)
    }

    /// After the customer accepted or refused it, it is not done again within this time; null for never again.
    async fn again_after(&self) -> Option<SegmentDuration> {
        self.stored().again_after.map(span)
    }

    /// Actions of one group exclude each other: while one is within its cool-down, or accepted and not yet to be done again, no other
    /// is done.
    async fn group(&self) -> Option<&str> {
        self.stored().group.as_deref()
    }

    /// Which share of customers is expected to accept it before there are outcomes, 0 to 1.
    async fn expected_rate(&self) -> f64 {
        self.stored().expected_rate
    }

    /// As how many outcomes that expectation counts.
    async fn certainty(&self) -> f64 {
        self.stored().certainty
    }
}

fn span(seconds: u64) -> SegmentDuration {
    Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)).into()
}

/// An action that is to be defined.
#[derive(InputObject)]
pub(in crate::graphql) struct DefineActionInput {
    /// Its short name: 1 to 64 lower-case letters, digits, `-` or `_`; not `nothing`, which is always possible.
    key: String,
    /// What people call it; 1 to 100 characters.
    name: String,
    /// Through which channel the customer is contacted; none unless given.
    channel: Option<Channel>,
    /// The key of the purpose that the customer must allow, of the same channel; needed where there is a channel.
    purpose: Option<String>,
    /// What it costs, whether accepted or not, in the currency of the catalogue: 0 to 1,000,000,000; 0 unless given.
    cost: Option<Decimal>,
    /// What it brings when it is accepted, likewise.
    benefit: Decimal,
    /// For whom it is: a rule as segments have them; everybody unless given. It may ask for nothing that the purpose `profiling` may
    /// not use.
    eligibility: Option<SegmentRuleInput>,
    /// The id of the product that it offers, if it is one.
    product: Option<ID>,
    /// After a contact it is not done again within this time, such as `P7D`; at once unless given.
    cool_down: Option<SegmentDuration>,
    /// After the customer accepted or refused it, it is not done again within this time; never again unless given.
    again_after: Option<SegmentDuration>,
    /// Actions of one group exclude each other: 1 to 64 lower-case letters, digits, `-` or `_`.
    group: Option<String>,
    /// Which share of customers is expected to accept it before there are outcomes: 0.0001 to 0.9999.
    expected_rate: f64,
    /// As how many outcomes that expectation counts: 0.1 to 1,000,000. The more, the slower it gives way to what comes.
    #[graphql(default_with = "CERTAINTY")]
    certainty: f64,
}

impl DefineActionInput {
    /// # Errors
    /// What cannot be told from the texts alone, with the field.
    pub(in crate::graphql) fn read(self) -> Result<actions::Action, Vec<UserError>> {
        let one = |error: Error| match UserError::of(&error, "input") {
            Ok(error) => vec![error],
            Err(_) => Vec::new(),
        };
        let seconds = |field: &str, span: Option<SegmentDuration>| {
            let read = |span: SegmentDuration| {
                let read = span.read().map_err(|wrong| one(Error::invalid(field, wrong)))?;
                Ok::<u64, Vec<UserError>>(read.as_seconds().unsigned_abs())
            };
            span.map(read).transpose()
        };
        let rule = self.eligibility.map(SegmentRuleInput::read).transpose();
        let product = self.product.map(|id| {
            let wrong = |error: async_graphql::Error| one(Error::invalid("product", error.message));
            ids::expect("product", &id, &[Kind::Product]).map_err(wrong)
        });
        Ok(actions::Action {
            eligibility: rule
                .map_err(|problems: Problems| rule_errors(problems, &["input", "eligibility"]))?,
            product: product.transpose()?,
            cool_down: seconds("coolDown", self.cool_down)?.unwrap_or_default(),
            again_after: seconds("againAfter", self.again_after)?,
            key: self.key,
            name: self.name,
            channel: self.channel.map(consent::Channel::from),
            purpose: self.purpose,
            cost: self.cost.map(|cost| cost.0).unwrap_or_default(),
            benefit: self.benefit.0,
            group: self.group,
            expected_rate: self.expected_rate,
            certainty: self.certainty,
        })
    }
}

/// What is to hold of all actions. What is not given is as it would be had nobody ever said anything.
#[derive(InputObject)]
pub(in crate::graphql) struct ActionLimitsInput {
    /// The currency of all costs and benefits: ISO 4217. They keep their numbers.
    #[graphql(default = "EUR")]
    currency: String,
    /// How often a customer may be contacted within any 7 days, by channel; as often as wanted through others.
    #[graphql(default)]
    weekly: Vec<WeeklyLimitInput>,
    /// So many percent of the customers, 0 to 100, get one of the possible actions at random.
    #[graphql(default)]
    control: i32,
}

/// A limit of how often a customer is contacted.
#[derive(InputObject)]
struct WeeklyLimitInput {
    /// Through which channel; each once.
    channel: Channel,
    /// How often within any 7 days: 0 to 100.
    most: i32,
}

impl ActionLimitsInput {
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub(in crate::graphql) fn read(self) -> Result<Limits, Error> {
        let count = self.weekly.len();
        let weekly = self.weekly.into_iter().map(|limit| {
            let most = u32::try_from(limit.most)
                .map_err(|_| Error::invalid("weekly", "expected 0 to 100 contacts"))?;
            Ok((consent::Channel::from(limit.channel), most))
        });
        let weekly: std::collections::BTreeMap<_, _> = weekly.collect::<Result<_, Error>>()?;
        if weekly.len() < count {
            return Err(Error::invalid("weekly", "a channel is named twice"));
        }
        let control =
            u8::try_from(self.control).map_err(|_| Error::invalid("control", "expected 0 to 100 percent"))?;
        Ok(Limits { currency: self.currency, weekly, control })
    }
}

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "actions::Outcome")]
pub(crate) enum ActionOutcome {
    /// Somebody has set about it: the customer is contacted. What comes of it is told later. Where `nothing` was chosen: it was left at
    /// that.
    Taken,
    /// The customer accepted.
    Accepted,
    /// Nothing came of it. It may be done again.
    Declined,
    /// The customer said no. It is not done again, or not within the time of the action.
    Refused,
}

/// What came of a decision, as it is reported.
pub(in crate::graphql) struct OutcomeInput {
    pub(in crate::graphql) decision: ID,
    pub(in crate::graphql) outcome: ActionOutcome,
    pub(in crate::graphql) value: Option<Decimal>,
    pub(in crate::graphql) action: Option<String>,
}

impl OutcomeInput {
    pub(in crate::graphql) fn read(self) -> Result<NewOutcome> {
        Ok(NewOutcome {
            decision: ids::expect("decisionId", &self.decision, &[Kind::ActionDecision])?,
            outcome: self.outcome.into(),
            value: self.value.map(|value| value.0),
            action: self.action,
        })
    }
}
