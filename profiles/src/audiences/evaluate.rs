//! Asking rules about people, and writing whatever became another.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entities::{
    membership::{self, Column as M},
    membership_change,
};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, Set,
    sea_query::OnConflict,
};
use segments::{Change, History, Person, Subject, Timeline};
use uuid::Uuid;

use super::{
    clock, person,
    segment::{self, All, Segment},
};
use crate::{
    Profiles,
    error::Result,
    insights::AHEAD,
    store::{chunks, insert_all},
};

/// How many people are asked about at a time: bounds the memory of one step.
const STEP: usize = 500;

/// Why people are asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// Something happened, and all segments are asked.
    Happened,
    /// Some segments are worked out for everybody. Nobody is told that everybody enters at once.
    WorkedOut,
}

/// Asks all segments about people whose facts have changed, or who are gone.
pub(crate) async fn reconsider(
    txn: &DatabaseTransaction,
    profiles: &Profiles,
    people: &BTreeSet<Uuid>,
    now: DateTime<Utc>,
) -> Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    let segments = segment::current(txn, profiles).await?;
    if segments.is_empty() {
        return clock::forget(txn, people).await;
    }
    let all: Vec<&Arc<Segment>> = segments.in_order().collect();
    let keys = all.iter().map(|segment| segment.key.as_str()).collect();
    ask(txn, profiles, &all, &keys, people, now, Occasion::Happened).await
}

/// Asks some segments, each after those that it asks for, about some people, and writes what comes of those with these
/// keys.
pub(super) async fn ask(
    txn: &DatabaseTransaction,
    profiles: &Profiles,
    segments: &[&Arc<Segment>],
    keys: &BTreeSet<&str>,
    people: &BTreeSet<Uuid>,
    now: DateTime<Utc>,
    occasion: Occasion,
) -> Result<()> {
    let needs = All::dependencies(segments.iter().copied());
    let (alone, asking): (Vec<_>, Vec<_>) =
        segments.iter().copied().partition(|segment| segment.asks.segments.is_empty());
    let people: Vec<Uuid> = people.iter().copied().collect();
    for step in people.chunks(STEP) {
        let found = person::load(txn, profiles, &needs, step, now).await?;
        let mut asked = Asked::default();
        for (id, person) in found {
            asked.person(&alone, &asking, id, person, now);
        }
        asked.stays.retain(|(_, segment, _), _| keys.contains(segment.as_str()));
        let before = stays(txn, step, keys).await?;
        let due = std::mem::take(&mut asked.due);
        write(txn, asked.stays, before, occasion, now).await?;
        clock::set(txn, step, due, occasion).await?;
    }
    Ok(())
}

/// Asks some segments, each after those that it asks for, so that others can ask whether the person is in them.
pub(crate) fn enter(segments: &[&Arc<Segment>], person: &mut Person, now: DateTime<Utc>) {
    for segment in segments {
        let history = segment.rule.history(&Subject::new(person), None, now);
        person.segments.insert(segment.key.clone(), course(&history));
    }
}

/// In and out, through time.
fn course(history: &History) -> Timeline<bool> {
    Timeline::new(history.changes.iter().map(|change| (change.at, Some(change.holds))).collect())
}

/// What came of asking.
#[derive(Debug, Default)]
struct Asked {
    stays: Stays,
    due: BTreeMap<Uuid, DateTime<Utc>>,
}

impl Asked {
    /// `alone` are the segments that ask for no other one, `asking` the others, each after those that it asks for.
    fn person(
        &mut self,
        alone: &[&Arc<Segment>],
        asking: &[&Arc<Segment>],
        id: Uuid,
        mut person: Person,
        now: DateTime<Utc>,
    ) {
        let is_said = |course: &Timeline<f64>| course.entries().iter().any(|(_, value)| value.is_some());
        if person.predictions.values().any(is_said) {
            // Nobody knows yet what will be predicted later.
            self.due(id, now + AHEAD);
        }
        // Put in order once for all that can be asked as the person is.
        let subject = Subject::new(&person);
        let mut courses = BTreeMap::new();
        for segment in alone {
            let history = segment.rule.history(&subject, None, now);
            if !asking.is_empty() {
                courses.insert(segment.key.clone(), course(&history));
            }
            self.add(id, &segment.key, &history);
        }
        drop(subject);
        person.segments.extend(courses);
        for segment in asking {
            let history = segment.rule.history(&Subject::new(&person), None, now);
            self.add(id, &segment.key, &history);
            person.segments.insert(segment.key.clone(), course(&history));
        }
    }

    fn due(&mut self, id: Uuid, next: DateTime<Utc>) {
        let due = self.due.entry(id).or_insert(next);
        *due = next.min(*due);
    }

    fn add(&mut self, id: Uuid, key: &str, history: &History) {
        if let Some(next) = history.next {
            self.due(id, next);
        }
        for stay in of_history(id, key, history) {
            self.stays.insert((id, stay.segment.clone(), stay.stay), stay);
        }
    }
}

/// The stays that a history comes to.
fn of_history(profile_id: Uuid, segment: &str, history: &History) -> Vec<membership::Model> {
    let mut stays: Vec<membership::Model> = Vec::new();
    for Change { at, holds } in &history.changes {
        if *holds {
            let stay = i32::try_from(stays.len()).unwrap_or(i32::MAX);
            let segment = segment.to_owned();
            stays.push(membership::Model { profile_id, segment, stay, entered_at: *at, left_at: None });
        } else if let Some(stay) = stays.last_mut() {
            stay.left_at = *at;
        }
    }
    stays
}

type Stays = BTreeMap<(Uuid, String, i32), membership::Model>;

/// The stays that are stored of these people in these segments.
async fn stays<C: ConnectionTrait>(db: &C, people: &[Uuid], keys: &BTreeSet<&str>) -> Result<Stays> {
    let mut stays = Stays::new();
    for ids in chunks(db, people.iter().copied()) {
        for row in membership::Entity::find().filter(ids.of(M::ProfileId)).all(db).await? {
            if keys.contains(row.segment.as_str()) {
                stays.insert((row.profile_id, row.segment.clone(), row.stay), row);
            }
        }
    }
    Ok(stays)
}

async fn write(
    txn: &DatabaseTransaction,
    stays: Stays,
    before: Stays,
    occasion: Occasion,
    now: DateTime<Utc>,
) -> Result<()> {
    if occasion == Occasion::Happened {
        tell(txn, &stays, &before, now).await?;
    }
    let mut gone: BTreeMap<(&str, i32), Vec<Uuid>> = BTreeMap::new();
    for (id, segment, stay) in before.keys().filter(|key| !stays.contains_key(*key)) {
        gone.entry((segment, *stay)).or_default().push(*id);
    }
    for ((segment, stay), people) in gone {
        for ids in chunks(txn, people) {
            let of_them = membership::Entity::delete_many().filter(ids.of(M::ProfileId));
            of_them.filter(M::Segment.eq(segment)).filter(M::Stay.eq(stay)).exec(txn).await?;
        }
    }
    let new = stays.into_iter().filter(|(key, row)| before.get(key) != Some(row));
    let replace = OnConflict::columns([M::ProfileId, M::Segment, M::Stay])
        .update_columns([M::EnteredAt, M::LeftAt])
        .to_owned();
    insert_all::<membership::Entity, _>(txn, new.map(|(_, row)| row).collect(), Some(&replace)).await?;
    Ok(())
}

/// Drops who is and was in a segment that is no more.
pub(super) async fn forget(txn: &DatabaseTransaction, key: &str) -> Result<()> {
    membership::Entity::delete_many().filter(M::Segment.eq(key)).exec(txn).await?;
    Ok(())
}

/// Writes down who entered and who left.
async fn tell(txn: &DatabaseTransaction, now_in: &Stays, was_in: &Stays, now: DateTime<Utc>) -> Result<()> {
    let open = |stays: &Stays| {
        let open = stays.values().filter(|stay| stay.left_at.is_none());
        open.map(|stay| ((stay.profile_id, stay.segment.clone()), stay.entered_at))
            .collect::<BTreeMap<_, _>>()
    };
    let (before, after) = (open(was_in), open(now_in));
    let entered = after.iter().filter(|(key, _)| !before.contains_key(key));
    let entered = entered.map(|(key, at)| (key, true, at.unwrap_or(now)));
    let left = before.keys().filter(|key| !after.contains_key(key)).map(|key| {
        let first = (key.0, key.1.clone(), 0);
        let stays = now_in.range(first..).map(|(_, stay)| stay);
        let last = stays.take_while(|stay| (stay.profile_id, &stay.segment) == (key.0, &key.1));
        (key, false, last.filter_map(|stay| stay.left_at).max().unwrap_or(now))
    });
    let mut changes: Vec<_> = entered.chain(left).collect();
    changes.sort_by(|a, b| (a.2, a.0).cmp(&(b.2, b.0)));
    let rows = changes.into_iter().map(|((profile, segment), entered, at)| membership_change::ActiveModel {
        id: NotSet,
        segment: Set(segment.clone()),
        profile_id: Set(*profile),
        entered: Set(entered),
        at: Set(at),
        noticed_at: Set(now),
    });
    insert_all::<membership_change::Entity, _>(txn, rows.collect(), None).await?;
    Ok(())
}
