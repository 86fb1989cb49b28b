//! What a destination is to know of people: a function of what is stored, the destination and the instant.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use connectors::destination::Person;
use entities::{
    membership::{self, Column as M},
    profile,
};
use identity::{IdentifierKind, Normalised};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    compare::{Should, earlier},
    destination::Ready,
    mapping::{Beyond, Path, value},
    spelling::Spelling,
};
use crate::{
    Profiles,
    audiences::{self, Segments},
    behaviour::HALF_LIFE,
    consent::{ContactPoint, Decision, Purpose, RESTRICTION, Reader, Statement, decide},
    error::Result,
    journey::Stage,
    keys::sha256,
    store::{chunks, over},
    view::{
        catalogue::Group,
        read::{Profile, Reached, json},
    },
};

/// The kinds of identifiers that are sent.
const SENT: [IdentifierKind; 3] = [IdentifierKind::Email, IdentifierKind::Phone, IdentifierKind::UserId];
/// The kinds by which people are reached.
const CONTACTS: [IdentifierKind; 2] = [IdentifierKind::Email, IdentifierKind::Phone];
/// How many members of a segment are looked at for a preview.
const LOOKED_AT: u64 = 500;

/// What a destination is to know of one person.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    /// What is sent.
    pub(super) person: Person,
    /// The name under which the destination knows them.
    pub(super) handle: Option<String>,
    /// Keyed hash of it.
    pub(super) handle_key: Option<Uuid>,
    /// SHA-256 of all of it.
    pub(super) hash: Vec<u8>,
    /// When what the person allows changes by itself.
    pub(super) review_at: Option<DateTime<Utc>>,
}

impl Wanted {
    pub(super) fn should(&self) -> Should {
        Should::In { hash: self.hash.clone(), handle_key: self.handle_key }
    }
}

/// What a person would be sent as.
#[derive(Debug, Clone, PartialEq)]
pub struct Previewed {
    /// The profile.
    pub profile: Uuid,
    /// Identifiers by kind, as JSON.
    pub identifiers: Value,
    /// The tool's fields.
    pub fields: Map<String, Value>,
}

/// People whom a destination is to know. Who is not among them is to be out of it.
pub(super) type AllWanted = BTreeMap<Uuid, Wanted>;

impl Profiles {
    /// Who of these people a destination is to know, and what of them, for a reader of its purpose.
    pub(super) async fn wanted(&self, ready: &Ready, reader: &Reader, ids: &[Uuid]) -> Result<AllWanted> {
        let mut wanted = AllWanted::new();
        if ready.leaves {
            return Ok(wanted);
        }
        let purposes = self.purposes().await?;
        let Some(purpose) = purposes.get(&ready.purpose).map(|defined| &defined.purpose) else {
            return Ok(wanted);
        };
        let segments = audiences::current(self.db(), self).await?;
        let groups = segments.groups(&ready.segment);
        if segments.get(&ready.segment).is_none() || !groups.is_subset(&purpose.data_groups) {
            return Ok(wanted);
        }
        let stays = stays(self.db(), ids).await?;
        let inside: Vec<Uuid> = ids
            .iter()
            .copied()
            .filter(|id| stays.get(id).is_some_and(|keys| keys.contains(&ready.segment)))
            .collect();
        if inside.is_empty() {
            return Ok(wanted);
        }
        let mut beyond = self.beyond(ready, &inside).await?;
        let mut spelling = self.spelling(&inside).await?;
        let lifecycle = self.lifecycle().await?;
        let gate = self.gate(reader).await?;
        for chunk in chunks(self.db(), inside.iter().copied()) {
            let rows = profile::Entity::find().filter(chunk.of(profile::Column::Id)).all(self.db()).await?;
            for row in rows {
                let id = row.id;
                let said: Vec<Statement> = json("consents", &row.consents)?;
                let identifiers: Vec<_> = json("identifiers", &row.identifiers)?;
                let reached = Reached::of(&identifiers, &json::<Vec<_>>("traits", &row.traits)?);
                let points = self.points(purpose, &said, &reached);
                let admission = gate.admit_at(&said, points.allowed.first());
                if admission.refused().is_some() {
                    continue;
                }
                let review_at = review_at(purpose, &said, self.now());
                let mut profile = Profile::admit(row, &gate, said, admission)?;
                for found in &mut profile.traits {
                    self.drop_unused(&points, &mut found.value);
                }
                let mut beyond = beyond.remove(&id).unwrap_or_default();
                beyond.segments = visible(&segments, purpose, stays.get(&id));
                let inside =
                    |stage: &&Stage| stays.get(&id).is_some_and(|keys| keys.contains(&stage.segment));
                // Of a stage that it may not know of it is not told an earlier one.
                let stage = lifecycle.stages.iter().rev().find(inside);
                let stage = stage.filter(|stage| beyond.segments.contains(&stage.segment));
                beyond.stage = stage.map(|stage| stage.key.clone());
                if profile.admission.to(Group::Identity).is_ok() {
                    beyond.identifiers = self.identifiers(purpose, &profile, &points);
                }
                let spelling = spelling.remove(&id).unwrap_or_default();
                for address in
                    beyond.identifiers.get_mut(IdentifierKind::Email.as_str()).into_iter().flatten()
                {
                    spelt(&spelling, address);
                }
                for shown in
                    profile.traits.iter_mut().filter(|found| found.key == IdentifierKind::Email.as_str())
                {
                    if let Value::String(address) = &mut shown.value {
                        spelt(&spelling, address);
                    }
                }
                let one = self.compose(ready, &profile, &beyond, review_at);
                wanted.extend(one.map(|one| (id, one)));
            }
        }
        Ok(wanted)
    }

    fn compose(
        &self,
        ready: &Ready,
        profile: &Profile,
        beyond: &Beyond,
        review_at: Option<DateTime<Utc>>,
    ) -> Option<Wanted> {
        let fields = ready.mapping.fields.iter();
        let fields: Map<String, Value> =
            fields.map(|(name, path)| (name.clone(), value(path, profile, beyond))).collect();
        let person = Person { identifiers: beyond.identifiers.clone(), fields };
        // Whom the tool cannot know is not wanted there.
        let handle = ready.tool.handle(&person).ok()?;
        let place = [&ready.config, &ready.segment];
        let sent = json!([place, person.identifiers, person.fields, handle]).to_string();
        Some(Wanted {
            hash: sha256(&[sent.as_bytes()]),
            handle_key: handle.as_deref().map(|handle| self.keys().handle(ready.id, handle)),
            person,
            handle,
            review_at,
        })
    }

    /// How the person may be reached for a purpose. One with a channel has nothing to do with what leads to them by another.
    fn points(&self, purpose: &Purpose, said: &[Statement], reached: &Reached) -> Points {
        let Some(channel) = purpose.channel else { return Points::default() };
        let mut points = Points::default();
        let now = self.now();
        // The one that the profile shows first.
        for point in reached.shown.iter().chain(&reached.carried) {
            let known = self.normal(point.kind, &point.value);
            let known = known.map(|value| ContactPoint { kind: point.kind, value });
            let allowed = known.as_ref().is_some_and(|point| {
                point.kind == channel.contact_kind()
                    && matches!(decide(purpose, said, Some(point), now), Decision::Allowed { .. })
            });
            match known {
                Some(point) if allowed && points.allowed.contains(&point) => {}
                Some(point) if allowed => points.allowed.push(point),
                known => {
                    points.unused.insert(point.value.clone());
                    points.unused.extend(known.map(|point| point.value));
                }
            }
        }
        points
    }

    fn normal(&self, kind: IdentifierKind, text: &str) -> Option<String> {
        match self.ruleset().identity.normalise(kind, text, None) {
            Normalised::Value(value) => Some(value),
            _ => None,
        }
    }

    /// Takes addresses and numbers that are not to be used out of a value, however deep they stand and however they are written.
    fn drop_unused(&self, points: &Points, value: &mut Value) {
        if points.unused.is_empty() {
            return;
        }
        // Reading a number takes a while, and most texts are none.
        let may_be = |kind: IdentifierKind, text: &str| match kind {
            IdentifierKind::Email => text.contains('@'),
            _ => text.chars().filter(char::is_ascii_digit).count() > 4,
        };
        let is_unused = |text: &str| {
            let kinds = CONTACTS.into_iter().filter(|kind| may_be(*kind, text));
            let mut spelt = kinds.filter_map(|kind| self.normal(kind, text));
            points.unused.contains(text) || spelt.any(|normal| points.unused.contains(&normal))
        };
        match value {
            Value::String(text) if is_unused(text) => *value = Value::Null,
            Value::Array(items) => {
                items.retain(|item| item.as_str().is_none_or(|text| !is_unused(text)));
                for item in items {
                    self.drop_unused(points, item);
                }
            }
            Value::Object(parts) => parts.values_mut().for_each(|part| self.drop_unused(points, part)),
            _ => {}
        }
    }

    /// What a person is recognised by, as far as it may be sent. For a purpose that reaches people by an address or a number,
    /// of those the ones for which they said so.
    fn identifiers(
        &self,
        purpose: &Purpose,
        profile: &Profile,
        points: &Points,
    ) -> BTreeMap<String, Vec<String>> {
        let mut sent = BTreeMap::new();
        for kind in SENT {
            let reaches = matches!(kind, IdentifierKind::Email | IdentifierKind::Phone);
            let values: Vec<String> = match purpose.channel {
                Some(channel) if channel.contact_kind() == kind => {
                    points.allowed.iter().map(|point| point.value.clone()).collect()
                }
                Some(_) if reaches => Vec::new(),
                _ => {
                    let shown = profile.traits.iter().find(|found| found.key == kind.as_str());
                    let shown = shown.and_then(|found| found.value.as_str());
                    let shown = shown.and_then(|raw| self.normal(kind, raw));
                    let carried = profile.identifiers.iter().filter(|found| found.kind == kind.as_str());
                    let others: BTreeSet<String> = carried.map(|found| found.value.clone()).collect();
                    let first = shown.filter(|_| reaches);
                    let others = others.into_iter().filter(|value| first.as_ref() != Some(value));
                    first.iter().cloned().chain(others).collect()
                }
            };
            if !values.is_empty() {
                sent.insert(kind.as_str().to_owned(), values);
            }
        }
        sent
    }

    /// What a mapping asks for beyond profiles.
    async fn beyond(&self, ready: &Ready, ids: &[Uuid]) -> Result<HashMap<Uuid, Beyond>> {
        let mut found: HashMap<Uuid, Beyond> = HashMap::new();
        let asks = |what: fn(&Path) -> bool| ready.mapping.fields.iter().any(|(_, path)| what(path));
        if asks(Path::is_of_interests) {
            // As of when the day began: they fade all the time, and nobody is to be told of that every second.
            let morning = self.now().duration_trunc(TimeDelta::days(1)).unwrap_or_else(|_| self.now());
            for (id, interests) in self.interests_at(ids, morning, HALF_LIFE).await? {
                found.entry(id).or_default().interests = interests;
            }
        }
        if !asks(Path::counts) {
            return Ok(found);
        }
        let events = "SELECT s.profile_id, e.name, o.category, COUNT(*) AS count, MAX(e.occurred_at) AS last \
             FROM source_identity s JOIN event e ON e.source_identity_id = s.id JOIN source o ON o.id = e.source_id \
             WHERE s.profile_id = {} GROUP BY s.profile_id, e.name, o.category";
        for row in self.db().query_all_raw(over(self.db(), events, ids, [])).await? {
            let beyond = found.entry(row.try_get("", "profile_id")?).or_default();
            let (count, last): (i64, DateTime<Utc>) = (row.try_get("", "count")?, row.try_get("", "last")?);
            beyond.channels.insert(row.try_get("", "category")?);
            let all = beyond.events.entry(row.try_get("", "name")?).or_insert((0, last));
            *all = (all.0 + count, all.1.max(last));
        }
        let orders = "SELECT s.profile_id, c.category, COUNT(*) AS count \
             FROM source_identity s JOIN orders o ON o.source_identity_id = s.id JOIN source c ON c.id = o.source_id \
             WHERE s.profile_id = {} GROUP BY s.profile_id, c.category";
        for row in self.db().query_all_raw(over(self.db(), orders, ids, [])).await? {
            let beyond = found.entry(row.try_get("", "profile_id")?).or_default();
            beyond.orders += row.try_get::<i64>("", "count")?;
            beyond.channels.insert(row.try_get("", "category")?);
        }
        Ok(found)
    }

    /// What some of those would be sent as who are in the segment and may be sent.
    pub(super) async fn some_wanted(
        &self,
        ready: &Ready,
        reader: &Reader,
        first: usize,
    ) -> Result<Vec<Previewed>> {
        let inside: Vec<Uuid> = membership::Entity::find()
            .select_only()
            .column(M::ProfileId)
            .filter(M::Segment.eq(ready.segment.as_str()))
            .filter(M::LeftAt.is_null())
            .order_by_asc(M::ProfileId)
            .limit(LOOKED_AT)
            .into_tuple()
            .all(self.db())
            .await?;
        let mut some = Vec::new();
        for step in inside.chunks(first.max(1)) {
            for (profile, wanted) in self.wanted(ready, reader, step).await? {
                if some.len() < first {
                    let Person { identifiers, fields } = wanted.person;
                    some.push(Previewed { profile, identifiers: json!(identifiers), fields });
                }
            }
            if some.len() >= first {
                break;
            }
        }
        Ok(some)
    }
}

/// By which addresses and numbers a purpose with a channel may reach a person, and by which not.
#[derive(Debug, Default)]
struct Points {
    /// In their normal form.
    allowed: Vec<ContactPoint>,
    /// As they are written, and in their normal form.
    unused: BTreeSet<String>,
}

/// Puts an address as it was said in the place of the form in which it is compared.
fn spelt(spelling: &Spelling, address: &mut String) {
    if let Some(said) = spelling.get(address) {
        address.clone_from(said);
    }
}

/// The segments that each of these people is in.
async fn stays<C: ConnectionTrait>(db: &C, ids: &[Uuid]) -> Result<HashMap<Uuid, BTreeSet<String>>> {
    let mut stays: HashMap<Uuid, BTreeSet<String>> = HashMap::new();
    if ids.is_empty() {
        return Ok(stays);
    }
    let sql = "SELECT profile_id, segment FROM membership WHERE profile_id = {} AND left_at IS NULL";
    for step in ids.chunks(1024) {
        for row in db.query_all_raw(over(db, sql, step, [])).await? {
            stays.entry(row.try_get("", "profile_id")?).or_default().insert(row.try_get("", "segment")?);
        }
    }
    Ok(stays)
}

/// The segments of which the purpose may know that somebody is in them.
fn visible(segments: &Segments, purpose: &Purpose, keys: Option<&BTreeSet<String>>) -> BTreeSet<String> {
    let keys = keys.into_iter().flatten();
    keys.filter(|key| segments.groups(key).is_subset(&purpose.data_groups)).cloned().collect()
}

/// When what a person allows next changes by itself.
fn review_at(purpose: &Purpose, said: &[Statement], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let about = said.iter().filter(|said| said.purpose == purpose.key || said.purpose == RESTRICTION);
    about
        .filter_map(|said| said.expires_at)
        .filter(|at| *at > now)
        .fold(None, |first, at| earlier(first, Some(at)))
}
