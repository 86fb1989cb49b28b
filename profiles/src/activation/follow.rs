//! Up to where a destination has considered what happened, and who is to be considered next.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    destination,
    destination_member::{self, Column as M},
    membership::{self, Column as S},
    membership_change::{self, Column as P},
    segment_progress::{self, Column as G},
    touched,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{destination::Ready, mapping::Path};
use crate::{
    Profiles,
    error::{Error, Result},
    store::chunks,
    view::read::json,
};

/// How many people are considered at a time; in tests few, so that it comes in many parts.
const PAGE: u64 = if cfg!(test) { 5 } else { 500 };
/// How often everybody is considered, for what time alone changes and nothing tells: a restriction that ends, say.
const SWEEP: TimeDelta = TimeDelta::hours(24);
/// Passages are kept for a day: whoever was away for longer considers everybody.
const AWAY: TimeDelta = TimeDelta::hours(20);

/// Up to where a destination has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// The revision of profiles.
    revision: i64,
    /// The last profile within it; none where it is done.
    profile: Option<Uuid>,
    /// The last passage into or out of a segment.
    passage: i64,
    /// When it last looked.
    looked_at: DateTime<Utc>,
    /// What everybody was last considered under.
    under: String,
    /// While everybody is considered: after whom it goes on.
    sweep: Option<Sweep>,
    /// When everybody was last considered.
    swept_at: Option<DateTime<Utc>>,
}

/// How far considering everybody has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Sweep {
    Beginning,
    After(Uuid),
}

/// Some people to be considered, and where the destination stands afterwards.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) people: Vec<Uuid>,
    pub(super) position: Position,
}

impl Position {
    /// That of a destination which has considered nobody yet.
    pub(super) async fn beginning(profiles: &Profiles) -> Result<Self> {
        Ok(Self {
            revision: profiles.latest_revision().await?,
            profile: None,
            passage: profiles.latest_membership_change().await?,
            looked_at: profiles.now(),
            under: String::new(),
            sweep: None,
            swept_at: None,
        })
    }

    pub(super) fn stored(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::stored("position", error))
    }
}

impl Profiles {
    /// The next people to be considered for a destination; none where nobody is left. Whatever is returned leads further once
    /// its position is stored.
    pub(super) async fn next_page(&self, row: &destination::Model, ready: &Ready) -> Result<Option<Page>> {
        let now = self.now();
        let mut position: Position = json("position", &row.position)?;
        let people = self.to_review(row.id, PAGE).await?;
        if !people.is_empty() {
            return Ok(Some(Page { people, position }));
        }
        if now - position.looked_at > AWAY {
            position.under.clear();
        }
        let under = self.under(row, ready).await?;
        let is_old = position.swept_at.is_none_or(|at| now - at >= SWEEP);
        if let Some(under) =
            under.filter(|under| *under != position.under || is_old && position.sweep.is_none())
        {
            // What happens from now on is followed; whatever happened before is seen when everybody is.
            position.under = under;
            position.sweep = Some(Sweep::Beginning);
            return Ok(Some(Page { people: Vec::new(), position: Position { looked_at: now, ..position } }));
        }
        if let Some(page) = self.passages(&position, ready).await? {
            return Ok(Some(page));
        }
        if let Some(page) = self.changed(&position, row.id).await? {
            return Ok(Some(page));
        }
        if let Some(sweep) = position.sweep {
            return self.sweep(position, sweep, row.id, &ready.segment).await.map(Some);
        }
        // Written down now and then, so that a restart after an hour is not taken for one after a day.
        let is_stale = now - position.looked_at > TimeDelta::minutes(10);
        position.looked_at = now;
        Ok(is_stale.then_some(Page { people: Vec::new(), position }))
    }

    /// Those who are to be considered whatever happens, at most so many.
    pub(super) async fn to_review(&self, destination: Uuid, most: u64) -> Result<Vec<Uuid>> {
        let due = destination_member::Entity::find()
            .select_only()
            .column(M::ProfileId)
            .filter(M::DestinationId.eq(destination))
            .filter(M::ReviewAt.lte(self.now()))
            .order_by_asc(M::ReviewAt)
            .order_by_asc(M::ProfileId)
            .limit(most);
        Ok(due.into_tuple().all(self.db()).await?)
    }

    /// What decides about everybody at once. None while a segment that does is being worked out.
    async fn under(&self, row: &destination::Model, ready: &Ready) -> Result<Option<String>> {
        let mut progress = segment_progress::Entity::find();
        if let Some(followed) = self.followed(ready).await? {
            progress = progress.filter(G::Key.is_in(followed));
        }
        let mut segments = Vec::new();
        for one in progress.order_by_asc(G::Key).all(self.db()).await? {
            let Some(at) = one.finished_at else { return Ok(None) };
            segments.push((one.key, one.version, at.timestamp_micros()));
        }
        let purposes = self.purposes().await?;
        let purpose = purposes.get(&ready.purpose).map(|defined| defined.version);
        let tells_stages = ready.mapping.fields.iter().any(|(_, path)| *path == Path::Stage);
        let lifecycle = if tells_stages { Some(self.lifecycle().await?.version) } else { None };
        Ok(Some(format!("{} {segments:?} {purpose:?} {lifecycle:?} {}", row.version, row.state)))
    }

    /// The segments that decide about what somebody is told; none for all of them.
    async fn followed(&self, ready: &Ready) -> Result<Option<BTreeSet<String>>> {
        let reads = |read: &Path| ready.mapping.fields.iter().any(|(_, path)| path == read);
        if reads(&Path::Segments) {
            return Ok(None);
        }
        let mut followed = BTreeSet::from([ready.segment.clone()]);
        if reads(&Path::Stage) {
            followed.extend(self.lifecycle().await?.stages.iter().map(|stage| stage.segment.clone()));
        }
        Ok(Some(followed))
    }

    async fn passages(&self, position: &Position, ready: &Ready) -> Result<Option<Page>> {
        let mut next = membership_change::Entity::find().filter(P::Id.gt(position.passage));
        if let Some(followed) = self.followed(ready).await? {
            next = next.filter(P::Segment.is_in(followed));
        }
        let passages = next.order_by_asc(P::Id).limit(PAGE).all(self.db()).await?;
        let Some(last) = passages.last() else { return Ok(None) };
        let mut position = position.clone();
        position.passage = last.id;
        position.looked_at = self.now();
        let mut people: Vec<Uuid> = passages.iter().map(|passage| passage.profile_id).collect();
        people.sort_unstable();
        people.dedup();
        Ok(Some(Page { people, position }))
    }

    /// Those who changed, and those who have become part of them.
    async fn changed(&self, position: &Position, destination: Uuid) -> Result<Option<Page>> {
        let changes = self.changed_since(position.revision, position.profile, PAGE).await?;
        let Some(last) = changes.last() else { return Ok(None) };
        let mut position = position.clone();
        (position.revision, position.profile) = (last.revision, Some(last.profile));
        position.looked_at = self.now();
        let mut people: Vec<Uuid> = changes.iter().map(|change| change.profile).collect();
        let members = changes.iter().flat_map(|change| change.members.iter().copied());
        for ids in chunks(self.db(), members) {
            let known = destination_member::Entity::find()
                .select_only()
                .column(M::ProfileId)
                .filter(ids.of(M::ProfileId))
                .filter(M::DestinationId.eq(destination));
            people.extend(known.into_tuple::<Uuid>().all(self.db()).await?);
        }
        people.sort_unstable();
        people.dedup();
        Ok(Some(Page { people, position }))
    }

    /// The next of all who are in the segment, or of whom the destination knows.
    async fn sweep(
        &self,
        mut position: Position,
        sweep: Sweep,
        destination: Uuid,
        segment: &str,
    ) -> Result<Page> {
        let mut inside = membership::Entity::find()
            .select_only()
            .column(S::ProfileId)
            .filter(S::Segment.eq(segment))
            .filter(S::LeftAt.is_null())
            .order_by_asc(S::ProfileId)
            .limit(PAGE);
        let mut known = destination_member::Entity::find()
            .select_only()
            .column(M::ProfileId)
            .filter(M::DestinationId.eq(destination))
            .order_by_asc(M::ProfileId)
            .limit(PAGE);
        if let Sweep::After(after) = sweep {
            inside = inside.filter(S::ProfileId.gt(after));
            known = known.filter(M::ProfileId.gt(after));
        }
        let mut people: Vec<Uuid> = inside.into_tuple().all(self.db()).await?;
        people.extend(known.into_tuple::<Uuid>().all(self.db()).await?);
        people.sort_unstable();
        people.dedup();
        // Beyond the shorter of the two lists somebody may be missing.
        people.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        position.looked_at = self.now();
        match people.last() {
            Some(last) => position.sweep = Some(Sweep::After(*last)),
            None => {
                position.sweep = None;
                position.swept_at = Some(self.now());
            }
        }
        Ok(Page { people, position })
    }
}

/// Whether everybody is being derived anew, so that who is not there may only not be there yet.
pub(super) async fn is_held<C: ConnectionTrait>(db: &C, row: &destination::Model) -> Result<bool> {
    let Some(until) = row.held_until else { return Ok(false) };
    let waits = touched::Entity::find().filter(touched::Column::Id.lte(until)).one(db).await?;
    Ok(waits.is_some())
}
