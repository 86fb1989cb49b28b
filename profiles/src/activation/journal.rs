//! The journal of deliveries: showing it, bringing dead letters back, and not keeping it for ever.

use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    delivery::{self, Column as D, Entity},
    destination_member::{self, Column as M},
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Set};
use uuid::Uuid;

use super::destination::locked;
use crate::{
    Profiles,
    error::{Error, Result},
    store::begin_write,
};

pub(super) const PENDING: &str = "pending";
pub(super) const RETRYING: &str = "retrying";
pub(super) const DELIVERED: &str = "delivered";
pub(super) const DEAD: &str = "dead";
pub(super) const SUPERSEDED: &str = "superseded";
/// The states of what is still to be sent.
pub(super) const OPEN: [&str; 2] = [PENDING, RETRYING];

/// How long it is kept what was delivered or superseded.
const KEPT: TimeDelta = TimeDelta::days(7);
/// How long dead letters are kept.
const DEAD_KEPT: TimeDelta = TimeDelta::days(90);
/// The most that are brought back at once.
const AT_ONCE: u64 = 1_000;

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It was not sent yet.
    Pending,
    /// It was sent and will be again.
    Retrying,
    /// The tool has it.
    Delivered,
    /// It was given up: a dead letter. Whoever is to be out is never given up.
    Dead,
    /// What is to be told has become another before it was taken.
    Superseded,
}

impl DeliveryState {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Pending, PENDING),
        (Self::Retrying, RETRYING),
        (Self::Delivered, DELIVERED),
        (Self::Dead, DEAD),
        (Self::Superseded, SUPERSEDED),
    ];

    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or(PENDING, |(_, name)| name)
    }

    fn parse(name: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == name).map(|(state, _)| *state);
        found.ok_or_else(|| Error::stored("delivery", format!("unknown state {name}")))
    }
}

/// One change of one person at a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The idempotency key.
    pub id: Uuid,
    /// 1, 2, 3, … for each destination.
    pub sequence: i64,
    /// The profile, which may be none any more.
    pub profile: Uuid,
    /// `enter`, `update` or `remove`.
    pub deed: String,
    /// How far it has come.
    pub state: DeliveryState,
    /// How often it was sent.
    pub attempts: i32,
    /// When it is sent, or sent again; none where nothing is left to do.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Why it was not taken. No personal data.
    pub last_error: Option<String>,
    /// When it came to be so.
    pub created_at: DateTime<Utc>,
    /// When nothing was left to do about it.
    pub done_at: Option<DateTime<Utc>>,
}

/// What came of bringing dead letters back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replay {
    /// How many are sent again, under the same ids.
    pub replayed: u64,
    /// How many are not, because something newer is known of the person.
    pub superseded: u64,
}

impl Profiles {
    /// The deliveries of a destination, newest first, before a place; at most `first`.
    pub async fn deliveries(
        &self,
        destination: Uuid,
        state: Option<DeliveryState>,
        first: u64,
        before: Option<i64>,
    ) -> Result<Vec<Delivery>> {
        let mut all = Entity::find().filter(D::DestinationId.eq(destination));
        if let Some(state) = state {
            all = all.filter(D::State.eq(state.as_str()));
        }
        if let Some(before) = before {
            all = all.filter(D::Sequence.lt(before));
        }
        let rows = all.order_by_desc(D::Sequence).limit(first).all(self.db()).await?;
        rows.into_iter().map(shown).collect()
    }

    /// Brings dead letters of a destination back, those of these ids or, without, the eldest; at most a thousand at once.
    pub async fn replay_deliveries(&self, destination: Uuid, ids: Option<&[Uuid]>) -> Result<Replay> {
        let now = self.now();
        let txn = begin_write(self.db()).await?;
        locked(&txn, destination).await?;
        let mut dead = Entity::find().filter(D::DestinationId.eq(destination)).filter(D::State.eq(DEAD));
        if let Some(ids) = ids {
            dead = dead.filter(D::Id.is_in(ids.iter().copied().take(1_000)));
        }
        let mut replay = Replay::default();
        for row in dead.order_by_asc(D::Sequence).limit(AT_ONCE).all(&txn).await? {
            let member =
                destination_member::Entity::find_by_id((destination, row.profile_id)).one(&txn).await?;
            // Of whom there is something newer, that is sent by itself.
            let stands = member.is_some_and(|member| {
                member.wanted.is_some()
                    && member.wanted == row.payload_hash
                    && member.sequence == row.sequence
            });
            let mut change = delivery::ActiveModel::from(row);
            if stands {
                replay.replayed += 1;
                change.state = Set(PENDING.to_owned());
                change.attempts = Set(0);
                change.next_attempt_at = Set(now);
                change.done_at = Set(None);
            } else {
                replay.superseded += 1;
                change.state = Set(SUPERSEDED.to_owned());
                change.done_at = Set(Some(now));
            }
            Entity::update(change).exec(&txn).await?;
        }
        let resume = entities::destination::ActiveModel {
            failures: Set(0),
            resume_at: Set(None),
            ..Default::default()
        };
        let of_it = entities::destination::Column::Id.eq(destination);
        entities::destination::Entity::update_many().set(resume).filter(of_it).exec(&txn).await?;
        txn.commit().await?;
        Ok(replay)
    }

    /// Drops what was delivered long ago.
    pub(crate) async fn forget_deliveries(&self) -> Result<u64> {
        let now = self.now();
        let old = Condition::any()
            .add(D::State.ne(DEAD).and(D::DoneAt.lt(now - KEPT)))
            .add(D::DoneAt.lt(now - DEAD_KEPT));
        let gone = Entity::delete_many().filter(old).exec(self.db()).await?;
        // Of whom nothing was taken and nothing is wanted any more.
        let nobody = M::Wanted.is_null().and(M::Told.eq(false)).and(M::Behind.eq(false));
        destination_member::Entity::delete_many().filter(nobody).exec(self.db()).await?;
        Ok(gone.rows_affected)
    }
}

fn shown(row: delivery::Model) -> Result<Delivery> {
    Ok(Delivery {
        id: row.id,
        sequence: row.sequence,
        profile: row.profile_id,
        state: DeliveryState::parse(&row.state)?,
        attempts: row.attempts,
        next_attempt_at: row.done_at.is_none().then_some(row.next_attempt_at),
        last_error: row.last_error,
        created_at: row.created_at,
        done_at: row.done_at,
        deed: row.deed,
    })
}
