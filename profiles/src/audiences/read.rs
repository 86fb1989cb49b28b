//! Counting and listing who is in segments.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entities::{
    membership::{self, Column as M},
    profile, segment_progress,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Value,
};
use segments::{Dependencies, Rule, Subject};
use uuid::Uuid;

use super::{
    evaluate, lists, person,
    segment::{self, All},
};
use crate::{
    Profiles,
    consent::{Admitted, Reader, Statement},
    error::{Error, Result},
    insights::refuse_unknown,
    store::over,
    view::{
        catalogue::Group,
        read::{Profile, json},
    },
};

/// The most people of whom a preview asks.
const PREVIEWED: u64 = 2_000;

/// How far a segment is worked out, and how many are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// How many are in it now.
    pub size: u64,
    /// Whether everybody has been asked.
    pub complete: bool,
    /// How many have been asked so far.
    pub asked: u64,
}

/// A stay in a segment.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Stay {
    /// The segment's key.
    pub segment: String,
    /// When it began; `None`: always.
    pub entered_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub left_at: Option<DateTime<Utc>>,
}

/// How much two segments have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// Only in the one.
    pub only_this: u64,
    /// Only in the other.
    pub only_other: u64,
    /// In both.
    pub both: u64,
}

/// What a rule would come to.
#[derive(Debug, Clone)]
pub struct Preview {
    /// How many it would hold of; where not everybody was asked, an estimate.
    pub size: u64,
    /// How many there are.
    pub of: u64,
    /// How many were asked.
    pub asked: u64,
    /// Some of those it holds of, by id.
    pub sample: Vec<Profile>,
    /// Of those who were asked and of whom it holds, how many allow each purpose that has a channel, scaled as `size`.
    pub reach: BTreeMap<String, u64>,
}

impl Profiles {
    /// How many are in each of these segments.
    pub async fn audiences(&self, keys: &[String]) -> Result<HashMap<String, Audience>> {
        let sql = "SELECT segment, COUNT(*) AS size FROM membership \
             WHERE segment = {} AND left_at IS NULL GROUP BY segment";
        let mut sizes: HashMap<String, i64> = HashMap::new();
        for row in self.db().query_all_raw(over(self.db(), sql, keys, [])).await? {
            sizes.insert(row.try_get("", "segment")?, row.try_get("", "size")?);
        }
        let mut audiences = HashMap::new();
        let progress = segment_progress::Entity::find().all(self.db()).await?;
        for key in keys {
            let row = progress.iter().find(|row| row.key == *key);
            let audience = Audience {
                size: sizes.get(key).map_or(0, |size| u64::try_from(*size).unwrap_or_default()),
                complete: row.is_none_or(|row| row.finished_at.is_some()),
                asked: row.map_or(0, |row| u64::try_from(row.asked).unwrap_or_default()),
            };
            audiences.insert(key.clone(), audience);
        }
        Ok(audiences)
    }

    /// How many were in a segment at each of these instants, one or more.
    pub async fn sizes(&self, key: &str, instants: &[DateTime<Utc>]) -> Result<Vec<u64>> {
        let then = |place: usize| {
            let at = format!("${}", place + 2);
            format!(
                "COALESCE(SUM(CASE WHEN (entered_at IS NULL OR entered_at <= {at}) \
                 AND (left_at IS NULL OR left_at > {at}) THEN 1 ELSE 0 END), 0) AS size{place}"
            )
        };
        let counted: Vec<String> = (0..instants.len()).map(then).collect();
        let sql = format!("SELECT {} FROM membership WHERE segment = $1", counted.join(", "));
        let values = std::iter::once(Value::from(key)).chain(instants.iter().map(|at| (*at).into()));
        let backend = self.db().get_database_backend();
        let statement = sea_orm::Statement::from_sql_and_values(backend, sql, values);
        let Some(row) = self.db().query_one_raw(statement).await? else { return Ok(Vec::new()) };
        let size = |place: usize| row.try_get::<i64>("", &format!("size{place}"));
        let sizes: std::result::Result<Vec<i64>, _> = (0..instants.len()).map(size).collect();
        let sizes = sizes?.into_iter().map(|size| u64::try_from(size).unwrap_or_default()).collect();
        Ok(sizes)
    }

    /// Who is in a segment, by id, after somebody; at most `first`. Whoever refuses the reader's purpose is not among
    /// them, and leaves no gap; nor is anybody where the purpose may not use what the segment is made of.
    pub async fn segment_members(
        &self,
        reader: &Reader,
        key: &str,
        first: u64,
        after: Option<Uuid>,
    ) -> Result<Vec<(Profile, Stay)>> {
        let gate = self.gate(reader).await?;
        let groups = segment::known(self).await?.groups(key);
        let mut members = Vec::new();
        let mut after = after;
        while (members.len() as u64) < first {
            let mut next = membership::Entity::find()
                .filter(M::Segment.eq(key))
                .filter(M::LeftAt.is_null())
                .order_by_asc(M::ProfileId)
                .limit(first);
            if let Some(after) = after {
                next = next.filter(M::ProfileId.gt(after));
            }
            let stays = next.all(self.db()).await?;
            let Some(last) = stays.last() else { break };
            after = Some(last.profile_id);
            let ids: Vec<Uuid> = stays.iter().map(|stay| stay.profile_id).collect();
            let mut rows: HashMap<Uuid, profile::Model> = HashMap::new();
            let sql = "SELECT * FROM profile WHERE id = {}";
            for row in self.db().query_all_raw(over(self.db(), sql, &ids, [])).await? {
                let row = profile::Model::from_query_result(&row, "")?;
                rows.insert(row.id, row);
            }
            let is_last = (stays.len() as u64) < first;
            for stay in stays {
                let Some(row) = rows.remove(&stay.profile_id) else { continue };
                let said: Vec<Statement> = json("consents", &row.consents)?;
                let admission = gate.admit(&said);
                let is_shown = groups.iter().all(|group| admission.to(*group).is_ok());
                if admission.refused().is_some() || !is_shown || members.len() as u64 >= first {
                    continue;
                }
                let profile = Profile::read(row, &gate)?;
                let stay = Stay { segment: stay.segment, entered_at: stay.entered_at, left_at: stay.left_at };
                members.push((profile, stay));
            }
            if is_last {
                break;
            }
        }
        Ok(members)
    }

    /// How much two segments have in common.
    pub async fn overlap(&self, this: &str, other: &str) -> Result<Overlap> {
        let sql = "SELECT COUNT(*) AS count FROM membership a JOIN membership b ON b.profile_id = a.profile_id \
             WHERE a.segment = $1 AND a.left_at IS NULL AND b.segment = $2 AND b.left_at IS NULL";
        let values: [Value; 2] = [this.into(), other.into()];
        let statement =
            sea_orm::Statement::from_sql_and_values(self.db().get_database_backend(), sql, values);
        let row = self.db().query_one_raw(statement).await?;
        let both = row.map(|row| row.try_get::<i64>("", "count")).transpose()?.unwrap_or_default();
        let both = u64::try_from(both).unwrap_or_default();
        let sizes = self.audiences(&[this.to_owned(), other.to_owned()]).await?;
        let only = |key: &str| sizes[key].size.saturating_sub(both);
        Ok(Overlap { only_this: only(this), only_other: only(other), both })
    }

    /// What it tells of somebody to say that they are in each of these segments.
    pub async fn segment_groups(&self, keys: &[String]) -> Result<HashMap<String, BTreeSet<Group>>> {
        let segments = segment::known(self).await?;
        Ok(keys.iter().map(|key| (key.clone(), segments.groups(key))).collect())
    }

    /// The segments that these people are in, and since when; with `ever` also those that they have left.
    pub async fn stays(&self, people: &[Admitted], ever: bool) -> Result<HashMap<Admitted, Vec<Stay>>> {
        let still = if ever { "" } else { " AND left_at IS NULL" };
        let sql = format!(
            "SELECT profile_id, segment, entered_at, left_at FROM membership \
             WHERE profile_id = {{}}{still} ORDER BY segment, stay"
        );
        let mut stays: HashMap<Admitted, Vec<Stay>> = HashMap::new();
        let statement = over(self.db(), &sql, &Admitted::ids(people), []);
        for row in self.db().query_all_raw(statement).await? {
            let owner = Admitted::again(row.try_get("", "profile_id")?);
            stays.entry(owner).or_default().push(Stay::from_query_result(&row, "")?);
        }
        Ok(stays)
    }

    /// What a rule would come to, asked of everybody, or of so many spread evenly over all.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a rule that asks for a segment or a list that is not there.
    pub async fn preview_segment(&self, reader: &Reader, rule: &Rule, sample: usize) -> Result<Preview> {
        let segments = segment::known(self).await?;
        let asks = rule.depends();
        if let Some(missing) = asks.segments.iter().find(|key| segments.get(key).is_none()) {
            return Err(Error::invalid("rule", format!("there is no segment `{missing}` to ask for")));
        }
        lists::refuse_missing(self.db(), &asks.lists).await?;
        refuse_unknown(&asks.predictions)?;
        let of = profile::Entity::find().count(self.db()).await?;
        let ids = self.spread(of).await?;
        let asked_first = segments.with_asked(asks.segments.clone());
        let first: Vec<_> = segments.in_order().filter(|one| asked_first.contains(&one.key)).collect();
        let mut needs = All::dependencies(first.iter().copied());
        needs.extend(&asks);
        let now = self.now();
        let mut found = Vec::new();
        for step in ids.chunks(500) {
            for (id, mut person) in person::load(self.db(), self, &needs, step, now).await? {
                evaluate::enter(&first, &mut person, now);
                if rule.answer(&Subject::new(&person), now).holds {
                    found.push(id);
                }
            }
        }
        let asked = ids.len() as u64;
        let scaled = |count: u64| (count * of + asked / 2).checked_div(asked).unwrap_or_default();
        let reach = self.reach(&found).await?.into_iter().map(|(purpose, count)| (purpose, scaled(count)));
        let gate = self.gate(reader).await?;
        let mut shown = Vec::new();
        for id in &found {
            if shown.len() >= sample {
                break;
            }
            let Some(row) = profile::Entity::find_by_id(*id).one(self.db()).await? else { continue };
            let said: Vec<Statement> = json("consents", &row.consents)?;
            if gate.admit(&said).refused().is_none() {
                shown.push(Profile::read(row, &gate)?);
            }
        }
        Ok(Preview { size: scaled(found.len() as u64), of, asked, sample: shown, reach: reach.collect() })
    }

    /// The ids of everybody where they are few, else of so many spread evenly: ids are keyed hashes.
    async fn spread(&self, of: u64) -> Result<Vec<Uuid>> {
        let mut all = profile::Entity::find().select_only().column(profile::Column::Id);
        if of > PREVIEWED {
            all = all.limit(PREVIEWED);
        }
        Ok(all.order_by_asc(profile::Column::Id).into_tuple().all(self.db()).await?)
    }

    /// How many of these people allow each purpose that has a channel.
    async fn reach(&self, ids: &[Uuid]) -> Result<BTreeMap<String, u64>> {
        let purposes = self.purposes().await?;
        let channels: BTreeSet<String> = purposes
            .iter()
            .filter(|(_, defined)| defined.purpose.channel.is_some())
            .map(|(key, _)| key.clone())
            .collect();
        let mut reach: BTreeMap<String, u64> = channels.iter().map(|key| (key.clone(), 0)).collect();
        let needs = Dependencies { consents: channels, ..Dependencies::default() };
        let now = self.now();
        for step in ids.chunks(500) {
            for person in person::load(self.db(), self, &needs, step, now).await?.into_values() {
                for (purpose, course) in &person.consents {
                    if course.at(now) == Some(&true) {
                        *reach.entry(purpose.clone()).or_default() += 1;
                    }
                }
            }
        }
        Ok(reach)
    }
}

/// Every stay of somebody in any segment.
pub(crate) async fn all_stays<C: ConnectionTrait>(db: &C, profile: Uuid) -> Result<Vec<membership::Model>> {
    use membership::Column as M;
    let stays = membership::Entity::find().filter(M::ProfileId.eq(profile));
    Ok(stays.order_by_asc(M::Segment).order_by_asc(M::Stay).all(db).await?)
}

/// Those of these segments that somebody is in, and since when.
pub(crate) async fn open_stays<C: ConnectionTrait>(
    db: &C,
    profile: Uuid,
    keys: &[String],
) -> Result<HashMap<String, Option<DateTime<Utc>>>> {
    use membership::Column as M;
    let stays = membership::Entity::find().filter(M::ProfileId.eq(profile)).filter(M::LeftAt.is_null());
    let stays = stays.all(db).await?.into_iter().filter(|stay| keys.contains(&stay.segment));
    Ok(stays.map(|stay| (stay.segment, stay.entered_at)).collect())
}
