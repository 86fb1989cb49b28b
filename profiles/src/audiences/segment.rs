//! Segments as people define them. None is ever rewritten: a new definition is a new version.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entities::{
    segment::{self, Column, Entity},
    segment_progress,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};
use segments::{Dependencies, Rule, check_acyclic};

use super::lists;
use crate::{
    Profiles,
    actions::asks_for_segment,
    activation,
    consent::PROFILING,
    error::{Error, Result},
    insights::refuse_unknown,
    journey,
    likeness::persona_asking,
    personalisation::slot_asking,
    resolution::rebuild::keep_drains_out,
    sources::{check_name, check_short_name},
    store::{begin_write, end},
    view::catalogue::{Group, group},
};

/// The most segments there may be: each costs a little whenever anything happens.
const MOST: usize = 500;

/// A segment that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Short name of lower-case letters, digits, `-` and `_`, at most 64 characters.
    pub key: String,
    /// 1, 2, 3, …
    pub version: i32,
    /// What people see.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who is in it.
    pub rule: Rule,
    /// When it was defined.
    pub defined_at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
    /// What its rule asks for.
    pub asks: Dependencies,
}

/// What somebody says a segment shall be.
#[derive(Debug, Clone)]
pub struct NewSegment {
    /// See [`Segment`].
    pub key: String,
    /// What people see, 1 to 100 characters.
    pub name: String,
    /// What it is for, at most 1,000 characters.
    pub description: String,
    /// Who is in it.
    pub rule: Rule,
}

/// All segments that hold, in an order in which each comes after those that it asks for.
#[derive(Debug, Default)]
pub(crate) struct All {
    segments: BTreeMap<String, Arc<Segment>>,
    order: Vec<String>,
    /// The number of definitions that they were read of.
    definitions: i64,
}

/// See [`All`].
pub(crate) type Segments = Arc<All>;

impl All {
    fn of(rows: Vec<segment::Model>) -> Result<Self> {
        let definitions = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let mut newest: BTreeMap<String, segment::Model> = BTreeMap::new();
        for row in rows {
            let known = newest.entry(row.key.clone()).or_insert_with(|| row.clone());
            if known.version < row.version {
                *known = row;
            }
        }
        let mut segments = BTreeMap::new();
        for row in newest.into_values() {
            let Some(rule) = &row.rule else { continue };
            let rule = Rule::from_json(rule).map_err(|error| Error::stored("segment", error))?;
            let segment = Segment {
                key: row.key.clone(),
                version: row.version,
                name: row.name,
                description: row.description,
                asks: rule.depends(),
                rule,
                defined_at: row.defined_at,
                actor: row.actor,
            };
            segments.insert(row.key, Arc::new(segment));
        }
        let rules = segments.iter().map(|(key, segment)| (key.clone(), segment.rule.clone())).collect();
        let order = check_acyclic(&rules).map_err(|error| Error::stored("segments", error))?;
        Ok(Self { segments, order, definitions })
    }

    /// The segment of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Segment>> {
        self.segments.get(key)
    }

    /// All of them, each after those that it asks for.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Arc<Segment>> {
        self.order.iter().filter_map(|key| self.segments.get(key))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// What these ask for.
    pub(crate) fn dependencies<'a>(segments: impl IntoIterator<Item = &'a Arc<Segment>>) -> Dependencies {
        let mut all = Dependencies::default();
        for segment in segments {
            all.extend(&segment.asks);
        }
        all
    }

    /// The groups of data that it tells of somebody to say that they are in a segment.
    pub(crate) fn groups(&self, key: &str) -> BTreeSet<Group> {
        self.groups_of(&Dependencies { segments: [key.to_owned()].into(), ..Dependencies::default() })
    }

    /// The groups of data of which the answer to a rule tells that asks for this.
    pub(crate) fn groups_of(&self, asks: &Dependencies) -> BTreeSet<Group> {
        let asked = self.with_asked(asks.segments.clone());
        let mut needs = asks.clone();
        needs.extend(&Self::dependencies(asked.iter().filter_map(|key| self.segments.get(key))));
        let did = needs.any_event.is_some() || !needs.events.is_empty() || needs.orders.is_some();
        let counted = (did || !needs.predictions.is_empty()).then_some(Group::Quantitative);
        needs.traits.iter().map(|key| group(key)).chain(counted).collect()
    }

    /// These keys, and those of all segments that ask for one of them, however far.
    fn with_askers(&self, keys: BTreeSet<String>) -> BTreeSet<String> {
        let mut all = keys;
        for segment in self.in_order() {
            if segment.asks.segments.iter().any(|asked| all.contains(asked)) {
                all.insert(segment.key.clone());
            }
        }
        all
    }

    /// These keys, and those of all segments that they ask for, however far.
    pub(crate) fn with_asked(&self, keys: BTreeSet<String>) -> BTreeSet<String> {
        let mut all = keys;
        for key in self.order.iter().rev() {
            if let Some(segment) = self.segments.get(key).filter(|_| all.contains(key)) {
                all.extend(segment.asks.segments.iter().cloned());
            }
        }
        all
    }
}

/// The segments that hold now, read again where somebody has defined one since.
pub(crate) async fn current<C: ConnectionTrait>(db: &C, profiles: &Profiles) -> Result<Segments> {
    use sea_orm::PaginatorTrait;
    let definitions = i64::try_from(Entity::find().count(db).await?).unwrap_or(i64::MAX);
    if let Some(known) = profiles.segment_cache().get().filter(|known| known.definitions == definitions) {
        return Ok(known);
    }
    let segments = Arc::new(read(db).await?);
    profiles.segment_cache().put(Arc::clone(&segments));
    Ok(segments)
}

/// The keys of the segments that hold now.
pub(crate) async fn keys<C: ConnectionTrait>(db: &C, profiles: &Profiles) -> Result<BTreeSet<String>> {
    Ok(current(db, profiles).await?.segments.keys().cloned().collect())
}

/// The segments as who asks sees them: what another process defined is known here within five seconds, and what this one
/// did at once. Costs a statement no more often.
pub(crate) async fn known(profiles: &Profiles) -> Result<Segments> {
    match profiles.segment_cache().get() {
        Some(known) => Ok(known),
        None => current(profiles.db(), profiles).await,
    }
}

async fn read<C: ConnectionTrait>(db: &C) -> Result<All> {
    All::of(Entity::find().order_by_asc(Column::Key).order_by_asc(Column::Version).all(db).await?)
}

impl Profiles {
    /// All segments, by key.
    pub async fn segments(&self) -> Result<Vec<Arc<Segment>>> {
        Ok(known(self).await?.segments.values().cloned().collect())
    }

    /// The segment of a key.
    pub async fn segment(&self, key: &str) -> Result<Option<Arc<Segment>>> {
        Ok(known(self).await?.get(key).cloned())
    }

    /// Defines a segment, or gives the one of that key another definition. Who is in it is worked out in the background.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a key, name or description that cannot be, for a rule that asks for a segment that is not
    /// there or, in a circle, for itself, and where there would be too many.
    pub async fn define_segment(&self, new: NewSegment, actor: &str) -> Result<Arc<Segment>> {
        let name = new.name.trim().to_owned();
        check_name(&name)?;
        if new.description.chars().count() > 1_000 || new.description.contains('\0') {
            return Err(Error::invalid("description", "expected at most 1,000 characters, and no U+0000"));
        }
        check_short_name(&new.key)?;
        let txn = begin_write(self.db()).await?;
        let defined = self.define_segment_in(&txn, NewSegment { name, ..new }, actor).await;
        let segment = end(txn, defined).await?;
        self.segment_cache().clear();
        self.facts().notify_one();
        Ok(segment)
    }

    async fn define_segment_in(
        &self,
        txn: &DatabaseTransaction,
        new: NewSegment,
        actor: &str,
    ) -> Result<Arc<Segment>> {
        // Nobody else defines one meanwhile, and no drain goes by what held before.
        keep_drains_out(txn).await?;
        let before = current(txn, self).await?;
        if before.get(&new.key).is_none() && before.segments.len() >= MOST {
            return Err(Error::invalid(
                "key",
                format!("there are {MOST} segments already, the most there may be"),
            ));
        }
        let mut rules: BTreeMap<String, Rule> =
            before.segments.iter().map(|(key, segment)| (key.clone(), segment.rule.clone())).collect();
        rules.insert(new.key.clone(), new.rule.clone());
        refuse_missing(txn, &new.rule.depends(), &rules.keys().cloned().collect()).await?;
        check_acyclic(&rules).map_err(|cycle| Error::invalid("rule", cycle.to_string()))?;
        let row = segment::Model {
            version: next_version(txn, &new.key).await?,
            key: new.key.clone(),
            name: new.name,
            description: new.description.trim().to_owned(),
            rule: Some(new.rule.to_value().to_string()),
            defined_at: self.now(),
            actor: actor.to_owned(),
        };
        Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
        // What is not committed is kept nowhere.
        let now = read(txn).await?;
        begin_again(txn, &now, [new.key.clone()].into()).await?;
        now.get(&new.key).cloned().ok_or_else(|| Error::NotFound { what: "segment", id: new.key })
    }

    /// Takes a segment away. False where there is none of that key.
    ///
    /// # Errors
    /// [`Error::Conflict`] where another one, a persona, or a stage of the lifecycle, asks for it.
    pub async fn remove_segment(&self, key: &str, actor: &str) -> Result<bool> {
        let txn = begin_write(self.db()).await?;
        let removed = self.remove_segment_in(&txn, key, actor).await;
        let removed = end(txn, removed).await?;
        self.segment_cache().clear();
        Ok(removed)
    }

    async fn remove_segment_in(&self, txn: &DatabaseTransaction, key: &str, actor: &str) -> Result<bool> {
        keep_drains_out(txn).await?;
        let before = current(txn, self).await?;
        let Some(segment) = before.get(key) else { return Ok(false) };
        if let Some(asker) = before.in_order().find(|other| other.asks.segments.contains(key)) {
            return Err(Error::Conflict(format!("the segment `{}` asks for this one", asker.key)));
        }
        if let Some(persona) = persona_asking(txn, |asks| asks.segments.contains(key)).await? {
            return Err(Error::Conflict(format!("a mark of the persona `{persona}` asks for this one")));
        }
        if let Some(slot) = slot_asking(txn, key).await? {
            return Err(Error::Conflict(format!("the slot `{slot}` shows something to its members")));
        }
        if let Some(action) = asks_for_segment(txn, key).await? {
            return Err(Error::Conflict(format!("the action `{action}` is for its members")));
        }
        journey::refuse_segment_in_use(txn, key).await?;
        if let Some(destination) = activation::uses_segment(txn, key).await? {
            return Err(Error::Conflict(format!("the destination `{destination}` is told who is in it")));
        }
        let row = segment::Model {
            key: key.to_owned(),
            version: next_version(txn, key).await?,
            name: segment.name.clone(),
            description: segment.description.clone(),
            rule: None,
            defined_at: self.now(),
            actor: actor.to_owned(),
        };
        Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
        super::evaluate::forget(txn, key).await?;
        segment_progress::Entity::delete_by_id(key.to_owned()).exec(txn).await?;
        Ok(true)
    }
}

/// Refuses a rule that asks for what is not there: for a segment beside these, a list, or a prediction.
///
/// # Errors
/// [`Error::Invalid`] with the path `rule`.
pub(crate) async fn refuse_missing<C: ConnectionTrait>(
    db: &C,
    asks: &Dependencies,
    segments: &BTreeSet<String>,
) -> Result<()> {
    if let Some(missing) = asks.segments.difference(segments).next() {
        return Err(Error::invalid("rule", format!("there is no segment `{missing}` to ask for")));
    }
    lists::refuse_missing(db, &asks.lists).await?;
    refuse_unknown(&asks.predictions)
}

async fn next_version(txn: &DatabaseTransaction, key: &str) -> Result<i32> {
    let newest = Entity::find().filter(Column::Key.eq(key)).order_by_desc(Column::Version).one(txn).await?;
    Ok(newest.map_or(0, |row| row.version) + 1)
}

/// Has these segments, and those that ask for them, worked out for everybody.
async fn begin_again(txn: &DatabaseTransaction, segments: &All, keys: BTreeSet<String>) -> Result<()> {
    use segment_progress::Column as P;
    for key in segments.with_askers(keys) {
        let Some(segment) = segments.get(&key) else { continue };
        let row = segment_progress::Model {
            key,
            version: segment.version,
            after: None,
            asked: 0,
            finished_at: None,
        };
        let again = OnConflict::column(P::Key)
            .update_columns([P::Version, P::After, P::Asked, P::FinishedAt])
            .to_owned();
        segment_progress::Entity::insert(row.into_active_model())
            .on_conflict(again)
            .exec_without_returning(txn)
            .await?;
    }
    Ok(())
}

/// Whether any segment asks what products people bought.
pub(crate) async fn ask_for_products(txn: &DatabaseTransaction, profiles: &Profiles) -> Result<bool> {
    Ok(current(txn, profiles).await?.in_order().any(|segment| segment.asks.products))
}

/// Has the segments that ask for a purpose worked out anew: it means another thing now.
pub(crate) async fn purpose_changed(
    txn: &DatabaseTransaction,
    profiles: &Profiles,
    purpose: &str,
) -> Result<()> {
    keep_drains_out(txn).await?;
    let segments = current(txn, profiles).await?;
    let asks = |segment: &&Arc<Segment>| {
        let predicts = purpose == PROFILING && !segment.asks.predictions.is_empty();
        predicts || segment.asks.consents.contains(purpose)
    };
    let keys = segments.in_order().filter(asks).map(|segment| segment.key.clone()).collect();
    begin_again(txn, &segments, keys).await
}

/// Has the segments that ask for predictions worked out anew: another model makes them.
pub(crate) async fn predictions_changed(txn: &DatabaseTransaction, profiles: &Profiles) -> Result<()> {
    let segments = current(txn, profiles).await?;
    let asks = |segment: &&Arc<Segment>| !segment.asks.predictions.is_empty();
    let keys = segments.in_order().filter(asks).map(|segment| segment.key.clone()).collect();
    begin_again(txn, &segments, keys).await
}
