//! Taking what came of an action. A report is never rewritten: of one action of a decision the last one counts.

use chrono::{DateTime, Utc};
use entities::{
    action_decision::{Entity as Decisions, Model as Decision},
    action_outcome::{ActiveModel, Column, Entity, Model},
};
use predictions::actions::NOTHING;
use rust_decimal::Decimal;
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Set,
};
use uuid::Uuid;

use super::catalogue::{channel_name, of_version};
use crate::{
    Profiles,
    error::{Error, Result},
    store::{begin_write, end},
    view::money::to_micros,
};

/// The most that an action can have brought.
const MOST: i64 = 1_000_000_000;
/// The most reports of one decision.
const MOST_REPORTS: usize = 20;

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody has set about it: the customer is contacted. What comes of it is not known yet.
    Taken,
    /// The customer accepted.
    Accepted,
    /// Nothing came of it; it may be done again.
    Declined,
    /// The customer said no, and is not to be asked again so soon, or ever.
    Refused,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Taken, Self::Accepted, Self::Declined, Self::Refused];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Refused => "refused",
        }
    }

    pub(super) fn read(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|outcome| outcome.as_str() == text);
        found.ok_or_else(|| Error::stored("action outcome", format!("unknown outcome {text}")))
    }
}

/// What somebody reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOutcome {
    /// The decision.
    pub decision: Uuid,
    /// What came of it.
    pub outcome: Outcome,
    /// What it brought, where it was accepted: 0 to 1,000,000,000 in the currency of the catalogue.
    pub value: Option<Decimal>,
    /// The action that was done, where it is not the chosen one.
    pub action: Option<String>,
}

/// A report that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The action that was done.
    pub action: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What it brought, in millionths of the currency.
    pub value_micros: Option<i64>,
    /// When it was reported.
    pub at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
}

impl Reported {
    pub(super) fn of(row: Model) -> Result<Self> {
        let Model { action, outcome, value_micros, at, actor, .. } = row;
        Ok(Self { action, outcome: Outcome::read(&outcome)?, value_micros, at, actor })
    }
}

impl Profiles {
    /// Keeps what came of a decision: it counts for the person at once, and for others when it is learned from. The same report
    /// twice is one; a later one of the same action replaces an earlier one.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such decision, or none any more; [`Error::Invalid`] with the field;
    /// [`Error::Conflict`] after too many reports.
    pub async fn record_action_outcome(&self, new: &NewOutcome, actor: &str) -> Result<Reported> {
        let txn = begin_write(self.db()).await?;
        let recorded = self.record_outcome_in(&txn, new, actor).await;
        end(txn, recorded).await
    }

    async fn record_outcome_in(
        &self,
        txn: &DatabaseTransaction,
        new: &NewOutcome,
        actor: &str,
    ) -> Result<Reported> {
        // One report at a time.
        let decision: Option<Decision> =
            Decisions::find_by_id(new.decision).lock_exclusive().one(txn).await?;
        let missing = || Error::NotFound { what: "action decision", id: new.decision.to_string() };
        let decision = decision.ok_or_else(missing)?;
        let key = new.action.as_ref().unwrap_or(&decision.action);
        let channel = if key == NOTHING {
            None
        } else {
            let catalogue = of_version(txn, decision.catalogue).await?;
            let action = catalogue.get(key).ok_or_else(|| {
                Error::invalid("action", format!("there was no action `{key}` when this was decided"))
            })?;
            action.channel.map(|channel| channel_name(channel).to_owned())
        };
        let value_micros = new.value.map(|value| check(value, new.outcome)).transpose()?;
        let before = Entity::find().filter(Column::DecisionId.eq(new.decision)).order_by_desc(Column::Id);
        let before = before.all(txn).await?;
        if let Some(same) = before.iter().find(|row| row.action == *key)
            && same.outcome == new.outcome.as_str()
            && same.value_micros == value_micros
        {
            return Reported::of(same.clone());
        }
        if before.len() >= MOST_REPORTS {
            let why =
                format!("{MOST_REPORTS} reports of this decision are kept already, the most there may be");
            return Err(Error::Conflict(why));
        }
        let (action, at) = (key.clone(), self.now());
        let row = ActiveModel {
            id: NotSet,
            decision_id: Set(new.decision),
            source_identity_id: Set(decision.source_identity_id),
            action: Set(action.clone()),
            channel: Set(channel),
            outcome: Set(new.outcome.as_str().to_owned()),
            value_micros: Set(value_micros),
            at: Set(at),
            actor: Set(actor.to_owned()),
        };
        Entity::insert(row).exec_without_returning(txn).await?;
        Ok(Reported { action, outcome: new.outcome, value_micros, at, actor: actor.to_owned() })
    }
}

fn check(value: Decimal, outcome: Outcome) -> Result<i64> {
    if outcome != Outcome::Accepted {
        return Err(Error::invalid("value", "nothing but what was accepted has brought anything"));
    }
    let fits = (Decimal::ZERO..=Decimal::from(MOST)).contains(&value) && value.scale() <= 6;
    let why = "expected 0 to 1,000,000,000, with at most 6 decimal places";
    to_micros(value).filter(|_| fits).ok_or_else(|| Error::invalid("value", why))
}
