//! How far people come, and what brought them.

use async_graphql::{InputObject, OneofObject, Result, SimpleObject};
use chrono::TimeDelta;
use connectors::event_names::canonical;
use profiles::journey::{self, CampaignKey};
use profiles::sources::Sources;
use profiles::view::money::from_micros;
use segments::{Condition, Events, Times};

use super::campaign::CampaignParameter;
use super::segment_rule::{SegmentDuration, SegmentRuleInput};
use super::source::Source;
use crate::graphql::error::bad_input;
use crate::graphql::scalars::{Count, DateTime, Decimal};

/// A step of a funnel.
#[derive(Debug, OneofObject)]
pub(crate) enum FunnelStepInput {
    /// The name of an event; in any spelling where it is one that is known by name.
    Event(String),
    /// A rule that is one condition on events, without how often and when: `did "Product Viewed" where price > 5`.
    Rule(SegmentRuleInput),
}

/// By what people are told apart.
#[derive(Debug, OneofObject)]
pub(crate) enum FunnelByInput {
    /// By a UTM parameter of the first touch.
    FirstTouch(CampaignParameter),
    /// By the value of a trait that does not tell who somebody is: its key.
    Trait(String),
}

/// What is asked of a funnel.
#[derive(Debug, InputObject)]
pub(crate) struct FunnelInput {
    /// The steps, 2 to 10, in their order. One event is one step.
    steps: Vec<FunnelStepInput>,
    /// How long after the first step the others count; at most 366 days.
    within: SegmentDuration,
    /// From when on the first step counts.
    from: DateTime,
    /// Until just before when.
    to: DateTime,
    /// By what people are told apart; they are not unless given.
    by: Option<FunnelByInput>,
}

impl FunnelInput {
    pub(in crate::graphql) fn read(self) -> Result<journey::FunnelQuery> {
        let steps = self.steps.into_iter().enumerate().map(|(place, step)| step.read(place));
        let within = self.within.read().map_err(|message| bad_input(format!("within: {message}")))?;
        Ok(journey::FunnelQuery {
            steps: steps.collect::<Result<_>>()?,
            within: TimeDelta::seconds(within.as_seconds()),
            from: self.from.0,
            to: self.to.0,
            by: self.by.map(|by| match by {
                FunnelByInput::FirstTouch(parameter) => {
                    let parameter: profiles::behaviour::Parameter = parameter.into();
                    format!("first_touch.{}", parameter.as_str())
                }
                FunnelByInput::Trait(key) => key,
            }),
        })
    }
}

impl FunnelStepInput {
    fn read(self, place: usize) -> Result<Events> {
        let wrong = |message: String| bad_input(format!("steps[{place}]: {message}"));
        match self {
            Self::Event(name) if name.trim().is_empty() || name.chars().any(char::is_control) => {
                Err(wrong("expected the name of an event, without control characters".to_owned()))
            }
            Self::Event(name) => Ok(known(Events { event: Some(name), conditions: Vec::new() })),
            Self::Rule(rule) => {
                let rule = rule.read().map_err(|problems| wrong(problems.to_string()))?;
                match rule.condition() {
                    Condition::Did(did) if did.window.is_none() && did.times == Times::AtLeast(1) => {
                        Ok(known(did.events.clone()))
                    }
                    _ => Err(wrong(
                        "expected one condition on events, such as did \"Product Viewed\"".to_owned(),
                    )),
                }
            }
        }
    }
}

/// Under the name that an event is stored by, where it is one that is known: `product_viewed` is *Product Viewed*.
fn known(events: Events) -> Events {
    let name = events.event.map(|name| canonical(&name).map_or(name, str::to_owned));
    Events { event: name, ..events }
}

/// How far people come through some steps, in order, and how long it takes them.
#[derive(Debug, SimpleObject)]
pub(crate) struct Funnel {
    /// Everybody.
    steps: Vec<FunnelStep>,
    /// By what they are told apart: the 50 values that most have.
    groups: Vec<FunnelGroup>,
    /// Those of all other values together; null where there are none.
    others: Option<Vec<FunnelStep>>,
}

/// Those of one value.
#[derive(Debug, SimpleObject)]
pub(crate) struct FunnelGroup {
    /// The value; null for those without one.
    value: Option<String>,
    /// How far they come.
    steps: Vec<FunnelStep>,
}

/// A step of a funnel.
#[derive(Debug, SimpleObject)]
pub(crate) struct FunnelStep {
    /// How many came so far. Null for who reads for a purpose where they are less than 10, or less than 10 could be counted
    /// from it.
    people: Option<Count>,
    /// Which part of those who did the first step, 0 to 1; null where that is not told, or nobody did.
    conversion: Option<f64>,
    /// In how many seconds since the step before a quarter of them did it, within 1 percent; null for the first step.
    lower_quartile_seconds: Option<f64>,
    /// As before, half of them.
    median_seconds: Option<f64>,
    /// As before, three quarters of them.
    upper_quartile_seconds: Option<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer people than 2^53, and less milliseconds")]
fn steps(found: Vec<journey::FunnelStep>) -> Vec<FunnelStep> {
    let first = found.first().and_then(|step| step.people).filter(|first| *first > 0);
    let steps = found.into_iter().map(|step| {
        let seconds = |place: usize| Some(step.quartiles?[place].num_milliseconds() as f64 / 1_000.0);
        FunnelStep {
            people: step.people.map(Count),
            conversion: first.and_then(|first| Some(step.people? as f64 / first as f64)),
            lower_quartile_seconds: seconds(0),
            median_seconds: seconds(1),
            upper_quartile_seconds: seconds(2),
        }
    });
    steps.collect()
}

impl From<journey::Funnel> for Funnel {
    fn from(found: journey::Funnel) -> Self {
        let groups =
            found.groups.into_iter().map(|(value, found)| FunnelGroup { value, steps: steps(found) });
        Self { steps: steps(found.all), groups: groups.collect(), others: found.others.map(steps) }
    }
}

/// What a campaign brought: as the UTM parameters of its links name it, or as an e-mail tool does. Other numbers than its
/// reach are null for who reads for a purpose where they are less than 10, and money where less than 10 orders brought it.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct CampaignPerformance {
    /// `utm_source`; null for e-mail.
    source: Option<String>,
    /// `utm_medium`; null for e-mail.
    medium: Option<String>,
    /// `utm_campaign`; for e-mail what the tool calls it, null where that is not known.
    name: Option<String>,
    /// For e-mail: the tool.
    email_source: Option<Source>,
    /// For e-mail: the id of the campaign there.
    email_campaign: Option<String>,
    /// How many people it reached: who came by a link of it, or got, opened or clicked a message.
    reach: Count,
    /// How often they came by it: sessions of which it is the first campaign, so that one that follows within the same session has
    /// a reach and no visit; of e-mail clicks, those within 30 minutes of one another once.
    visits: Option<Count>,
    /// Whether this is no campaign, but all those together that reached fewest people, where there are more than 5,000: the last of
    /// the list, beside `first`. Whom several of them reached counts for each.
    others: bool,
    /// The orders before which its link or click was the first of the window, by currency.
    by_first_touch: Vec<CampaignOrders>,
    /// The orders before which it was the last of the window, by currency.
    by_last_touch: Vec<CampaignOrders>,
}

/// Orders that a campaign brought, in one currency.
#[derive(Debug, SimpleObject)]
pub(crate) struct CampaignOrders {
    /// ISO 4217; null where the source gave none.
    currency: Option<String>,
    /// How many.
    orders: Option<Count>,
    /// What they came to, refunds taken off, and returns of goods before which it was such a touch; those are no orders.
    revenue: Option<Decimal>,
}

impl CampaignPerformance {
    pub(in crate::graphql) fn new(sources: &Sources, found: journey::Performance) -> profiles::Result<Self> {
        let orders = |orders: Vec<journey::Orders>| {
            let orders = orders.into_iter().map(|one| CampaignOrders {
                revenue: one.revenue_micros.map(|micros| Decimal(from_micros(micros))),
                orders: one.orders.map(Count),
                currency: Some(one.currency).filter(|currency| !currency.is_empty()),
            });
            orders.collect()
        };
        let mut shown = Self {
            source: None,
            medium: None,
            name: found.name,
            email_source: None,
            email_campaign: None,
            reach: Count(found.reach),
            visits: found.visits.map(Count),
            others: found.campaign.is_none(),
            by_first_touch: orders(found.by_first),
            by_last_touch: orders(found.by_last),
        };
        match found.campaign {
            None => {}
            Some(CampaignKey::Utm { source, medium, name }) => {
                (shown.source, shown.medium, shown.name) = (source, medium, name);
            }
            Some(CampaignKey::Email { source, id }) => {
                shown.email_source = Some(Source::of(sources, source)?);
                shown.email_campaign = Some(id);
            }
        }
        Ok(shown)
    }
}
