//! What can be done for customers, as administrators define it: one document, of which no version is ever rewritten.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use entities::{
    action_catalogue::{Column, Entity, Model},
    product,
};
use predictions::actions::{self as core, NOTHING, Prior};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryOrder};
use segments::{Duration, Rule};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Profiles, audiences,
    consent::{Channel, PROFILING, current_purposes},
    error::{Error, Result},
    insights,
    resolution::rebuild::keep_drains_out,
    sources::{check_name, check_short_name},
    store::{begin_write, end},
    view::{money::to_micros, read::json},
};

/// The most actions there may be: each is looked at whenever anybody asks.
const MOST: usize = 100;
/// The most that an action may cost or bring.
const DEAREST: i64 = 1_000_000_000;
/// The most contacts a week that may be allowed.
const MOST_WEEKLY: u32 = 100;
/// The currency of a catalogue that names none.
const CURRENCY: &str = "EUR";

/// Something that can be done for a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Short name of lower-case letters, digits, `-` and `_`, at most 64 characters; not `nothing`.
    pub key: String,
    /// What people call it, 1 to 100 characters.
    pub name: String,
    /// Through which channel the customer is contacted, if they are.
    pub channel: Option<Channel>,
    /// The key of the purpose that the customer must allow: of the action's channel, where it has one.
    pub purpose: Option<String>,
    /// What it costs, whether accepted or not: 0 to 1,000,000,000.
    pub cost: Decimal,
    /// What it brings when it is accepted, likewise.
    pub benefit: Decimal,
    /// For whom it is; none for everybody.
    pub eligibility: Option<Rule>,
    /// The product that it offers, if it is one: nobody who has bought it is offered it, and nobody while it is out of stock.
    pub product: Option<Uuid>,
    /// For how many seconds after a contact it is not done again.
    pub cool_down: u64,
    /// For how many seconds it is not done again after the customer accepted or refused it; `None` for never again.
    pub again_after: Option<u64>,
    /// Actions of one group exclude each other.
    pub group: Option<String>,
    /// Which share of customers is expected to accept it before there are outcomes: 0.0001 to 0.9999.
    pub expected_rate: f64,
    /// As how many outcomes that expectation counts: 0.1 to 1,000,000.
    pub certainty: f64,
}

/// What holds of all actions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The currency of all costs and benefits: ISO 4217.
    pub currency: String,
    /// How often a customer may be contacted through a channel within any 7 days, 0 to 100; as often as wanted through others.
    pub weekly: BTreeMap<Channel, u32>,
    /// Which share of the customers, in percent, gets one of the possible actions at random.
    pub control: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { currency: CURRENCY.to_owned(), weekly: BTreeMap::new(), control: 0 }
    }
}

/// What is stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    limits: Limits,
    actions: Vec<Action>,
}

/// The actions that hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// 1, 2, 3, …; 0 where none was ever defined.
    pub version: i32,
    /// What holds of all of them.
    pub limits: Limits,
    /// The actions, in the order in which they were first defined.
    pub actions: Vec<Action>,
    /// When it was defined, and by whom; `None` for version 0.
    pub defined: Option<(DateTime<Utc>, String)>,
}

/// What a channel is called where actions are chosen.
pub(super) const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Sms => "sms",
        Channel::Phone => "phone",
    }
}

/// The channel of that name.
pub(super) fn channel_of(name: &str) -> Option<Channel> {
    [Channel::Email, Channel::Sms, Channel::Phone].into_iter().find(|channel| channel_name(*channel) == name)
}

/// The number that an amount is worked with.
fn number(amount: Decimal) -> f64 {
    // Its shortest text is read to the nearest number, on every machine alike.
    amount.normalize().to_string().parse().unwrap_or_default()
}

impl Action {
    /// # Errors
    /// [`Error::Invalid`] with the field that cannot be, whatever else is stored.
    pub(super) fn check(&self) -> Result<()> {
        check_short_name(&self.key)?;
        if self.key == NOTHING {
            let why = "to leave the customer alone is always possible, and need not be defined";
            return Err(Error::invalid("key", why));
        }
        check_name(&self.name)?;
        for (field, amount) in [("cost", self.cost), ("benefit", self.benefit)] {
            let fits = (Decimal::ZERO..=Decimal::from(DEAREST)).contains(&amount) && amount.scale() <= 6;
            if !fits || to_micros(amount).is_none() {
                let why = "expected 0 to 1,000,000,000, with at most 6 decimal places";
                return Err(Error::invalid(field, why));
            }
        }
        let numbers = [
            ("expectedRate", self.expected_rate, 1e-4, 1.0 - 1e-4, "0.0001 to 0.9999"),
            ("certainty", self.certainty, 0.1, 1e6, "0.1 to 1,000,000"),
        ];
        for (field, number, low, high, expected) in numbers {
            if !(low..=high).contains(&number) {
                return Err(Error::invalid(field, format!("expected {expected}")));
            }
        }
        let longest = Duration::LONGEST.as_seconds().unsigned_abs();
        for (field, seconds) in [("coolDown", Some(self.cool_down)), ("againAfter", self.again_after)] {
            if seconds.is_some_and(|seconds| seconds > longest) {
                return Err(Error::invalid(field, "expected at most a hundred years"));
            }
        }
        if let Some(group) = &self.group {
            check_short_name(group).map_err(|_| {
                Error::invalid("group", "expected 1 to 64 lower-case letters, digits, - or _")
            })?;
        }
        if self.channel.is_some() && self.purpose.is_none() {
            return Err(Error::invalid("purpose", "who is contacted must allow it: expected a purpose"));
        }
        Ok(())
    }

    fn core(&self) -> core::Action {
        core::Action {
            id: self.key.clone(),
            channel: self.channel.map(|channel| channel_name(channel).to_owned()),
            cost: number(self.cost),
            benefit: number(self.benefit),
            prior: Prior { rate: self.expected_rate, strength: self.certainty },
            cool_down: self.cool_down,
            again_after: self.again_after,
            group: self.group.clone(),
        }
    }
}

impl Limits {
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub(super) fn check(&self) -> Result<()> {
        let is_code = self.currency.len() == 3 && self.currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_code {
            return Err(Error::invalid("currency", "expected a code of ISO 4217, such as EUR"));
        }
        if self.control > 100 {
            return Err(Error::invalid("control", "expected 0 to 100 percent"));
        }
        if self.weekly.values().any(|most| *most > MOST_WEEKLY) {
            return Err(Error::invalid("weekly", format!("expected 0 to {MOST_WEEKLY} contacts")));
        }
        Ok(())
    }
}

impl Catalogue {
    /// The action of a key.
    pub fn get(&self, key: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.key == key)
    }

    /// As the policy takes it. The seed is the installation's own, so that a customer stays in the control group or out of it.
    pub(super) fn core(&self, seed: u64) -> core::Catalogue {
        let weekly = self.limits.weekly.iter();
        core::Catalogue {
            actions: self.actions.iter().map(Action::core).collect(),
            weekly: weekly.map(|(channel, most)| (channel_name(*channel).to_owned(), *most)).collect(),
            control: f64::from(self.limits.control) / 100.0,
            seed,
        }
    }
}

fn catalogue(row: Model) -> Result<Catalogue> {
    let Definition { limits, actions } = json("action catalogue", &row.definition)?;
    Ok(Catalogue { version: row.version, limits, actions, defined: Some((row.defined_at, row.actor)) })
}

async fn newest<C: ConnectionTrait>(db: &C) -> Result<Catalogue> {
    let newest = Entity::find().order_by_desc(Column::Version).one(db).await?;
    newest.map_or_else(|| Ok(Catalogue::default()), catalogue)
}

/// A version of the catalogue.
pub(super) async fn of_version<C: ConnectionTrait>(db: &C, version: i32) -> Result<Catalogue> {
    let row = Entity::find_by_id(version).one(db).await?;
    catalogue(row.ok_or_else(|| Error::stored("action decision", format!("no catalogue {version}")))?)
}

/// The key of an action that is for members of a segment, if there is one.
pub(crate) async fn asks_for_segment<C: ConnectionTrait>(db: &C, segment: &str) -> Result<Option<String>> {
    asking(db, |rule| rule.depends().segments.contains(segment)).await
}

/// The key of an action that is for people on a list, if there is one.
pub(crate) async fn asks_for_list<C: ConnectionTrait>(db: &C, list: &str) -> Result<Option<String>> {
    asking(db, |rule| rule.depends().lists.contains(list)).await
}

async fn asking<C: ConnectionTrait>(db: &C, asks: impl Fn(&Rule) -> bool) -> Result<Option<String>> {
    let found = newest(db).await?.actions.into_iter();
    let mut found = found.filter(|action| action.eligibility.as_ref().is_some_and(&asks));
    Ok(found.next().map(|action| action.key))
}

impl Profiles {
    /// The actions that hold. What another process defined is known here within five seconds.
    pub async fn action_catalogue(&self) -> Result<Arc<Catalogue>> {
        if let Some(known) = self.action_cache().get() {
            return Ok(known);
        }
        let found = Arc::new(newest(self.db()).await?);
        self.action_cache().put(Arc::clone(&found));
        Ok(found)
    }

    /// Defines an action, or gives the one of that key another definition. The same definition again is no new version.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field that cannot be, and where there would be too many.
    pub async fn define_action(&self, action: Action, actor: &str) -> Result<Arc<Catalogue>> {
        let action = Action { name: action.name.trim().to_owned(), ..action };
        action.check()?;
        self.next_catalogue(actor, async |txn, mut definition| {
            self.check_action(txn, &action).await?;
            match definition.actions.iter().position(|known| known.key == action.key) {
                Some(place) => definition.actions[place] = action,
                None if definition.actions.len() >= MOST => {
                    let why = format!("there are {MOST} actions already, the most there may be");
                    return Err(Error::invalid("key", why));
                }
                None => definition.actions.push(action),
            }
            Ok(definition)
        })
        .await
    }

    /// Takes an action away: nobody is offered it any more.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none of that key.
    pub async fn remove_action(&self, key: &str, actor: &str) -> Result<Arc<Catalogue>> {
        self.next_catalogue(actor, async |_, mut definition| {
            let before = definition.actions.len();
            definition.actions.retain(|action| action.key != key);
            if definition.actions.len() == before {
                return Err(Error::NotFound { what: "action", id: key.to_owned() });
            }
            Ok(definition)
        })
        .await
    }

    /// Sets what holds of all actions.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub async fn set_action_limits(&self, limits: Limits, actor: &str) -> Result<Arc<Catalogue>> {
        limits.check()?;
        self.next_catalogue(actor, async |_, definition| Ok(Definition { limits, ..definition })).await
    }

    /// Writes the version that follows from the one that holds.
    async fn next_catalogue(
        &self,
        actor: &str,
        change: impl AsyncFnOnce(&DatabaseTransaction, Definition) -> Result<Definition>,
    ) -> Result<Arc<Catalogue>> {
        let txn = begin_write(self.db()).await?;
        let written = async {
            // Nobody else defines anything, or takes a segment away, meanwhile.
            keep_drains_out(&txn).await?;
            let before = newest(&txn).await?;
            let old = Definition { limits: before.limits.clone(), actions: before.actions.clone() };
            let new = change(&txn, old.clone()).await?;
            if new == old {
                return Ok(before);
            }
            let definition =
                serde_json::to_string(&new).map_err(|error| Error::stored("action catalogue", error))?;
            let row = Model {
                version: before.version + 1,
                definition,
                defined_at: self.now(),
                actor: actor.to_owned(),
            };
            Entity::insert(row.clone().into_active_model()).exec_without_returning(&txn).await?;
            catalogue(row)
        };
        let written = written.await;
        let catalogue = end(txn, written).await?;
        self.action_cache().clear();
        Ok(Arc::new(catalogue))
    }

    /// Whether an action fits what is stored.
    async fn check_action(&self, txn: &DatabaseTransaction, action: &Action) -> Result<()> {
        let purposes = current_purposes(txn, self).await?;
        if let Some(key) = &action.purpose {
            let wrong = |why: String| Error::invalid("purpose", why);
            let known = purposes.get(key).ok_or_else(|| wrong(format!("there is no purpose `{key}`")))?;
            if known.purpose.channel != action.channel {
                return Err(wrong(format!("`{key}` is of another channel than the action")));
            }
        }
        if let Some(rule) = &action.eligibility {
            let segments = audiences::current(txn, self).await?;
            let (asks, keys) = (rule.depends(), audiences::keys(txn, self).await?);
            audiences::refuse_missing(txn, &asks, &keys)
                .await
                .map_err(|error| Error::invalid("eligibility", in_words(error)))?;
            let usable = insights::profiling(&purposes).map(|purpose| &purpose.data_groups);
            let groups = segments.groups_of(&asks);
            if let Some(group) =
                groups.iter().find(|group| usable.is_none_or(|usable| !usable.contains(group)))
            {
                let group = format!("{group:?}").to_uppercase();
                let why = format!("the purpose `{PROFILING}` may not use data of the group {group}");
                return Err(Error::invalid("eligibility", why));
            }
        }
        if let Some(id) = action.product
            && product::Entity::find_by_id(id).one(txn).await?.is_none()
        {
            return Err(Error::invalid("product", "there is no such product"));
        }
        Ok(())
    }

    /// What chance in choosing follows from.
    pub(super) fn action_seed(&self) -> u64 {
        self.keys().action_seed()
    }
}

fn in_words(error: Error) -> String {
    match error {
        Error::Invalid { message, .. } => message,
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, number};

    #[test]
    fn an_amount_is_the_nearest_number() {
        for text in ["0", "12.50", "0.1", "999999999.999999"] {
            let amount: Decimal = text.parse().unwrap();
            let read: f64 = text.parse().unwrap();
            assert!((number(amount) - read).abs() < f64::EPSILON, "{text}");
        }
    }
}
