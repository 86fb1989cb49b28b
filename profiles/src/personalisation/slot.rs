//! Slots as administrators define them. None is ever rewritten: a new definition is a new version.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entities::slot::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use segments::Duration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Profiles, audiences,
    error::{Error, Result},
    resolution::rebuild::keep_drains_out,
    sources::{check_name, check_short_name},
    store::{begin_write, end},
    view::read::json,
};

/// The most slots there may be, and the most variants of one.
const MOST_SLOTS: usize = 500;
const MOST_VARIANTS: usize = 50;
/// The longest content of a variant, in bytes of JSON.
const LONGEST: usize = 16 << 10;
/// The most views that a cap may allow.
const MOST_VIEWS: u32 = 1_000;

/// A place on a page with what may be shown in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// Short name of lower-case letters, digits, `-` and `_`, at most 64 characters.
    pub key: String,
    /// 1, 2, 3, …
    pub version: i32,
    /// What people call it.
    pub name: String,
    /// What may be shown, the most wanted first.
    pub variants: Vec<Variant>,
    /// What is shown to whom no variant fits, and to the control group.
    pub fallback: Value,
    /// So many percent of the people, 0 to 100, always see the fallback, so that the others can be compared with them.
    pub control: u8,
    /// When it was defined.
    pub defined_at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
}

/// Content for some people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Its short name, of its own among the variants of the slot.
    pub key: String,
    /// The segment whose members see it; `None` for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// What the page is given.
    pub content: Value,
    /// How often one person sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Cap>,
}

/// A limit of how often one person sees a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// So many times, 1 to 1,000.
    pub times: u32,
    /// Within so many seconds.
    pub within: i64,
}

/// What somebody says a slot shall be. See [`Slot`].
#[derive(Debug, Clone)]
pub struct NewSlot {
    /// Its short name.
    pub key: String,
    /// What people call it, 1 to 100 characters.
    pub name: String,
    /// At most 50.
    pub variants: Vec<Variant>,
    /// What is shown otherwise; at most 16 KiB, as the content of each variant.
    pub fallback: Value,
    /// 0 to 100 percent.
    pub control: u8,
}

/// What is stored of a slot, beside its key and name.
#[derive(Serialize, Deserialize)]
struct Definition {
    variants: Vec<Variant>,
    fallback: Value,
    control: u8,
}

/// Slots by key.
pub(crate) type Slots = Arc<BTreeMap<String, Arc<Slot>>>;

impl NewSlot {
    /// # Errors
    /// [`Error::Invalid`] with the field.
    fn check(&self) -> Result<()> {
        check_short_name(&self.key)?;
        check_name(self.name.trim())?;
        if self.control > 100 {
            return Err(Error::invalid("control", "expected 0 to 100 percent"));
        }
        if self.variants.len() > MOST_VARIANTS {
            return Err(Error::invalid("variants", format!("expected at most {MOST_VARIANTS}")));
        }
        check_content("fallback", &self.fallback)?;
        let mut keys = BTreeSet::new();
        for variant in &self.variants {
            let at = |message: String| Error::invalid("variants", format!("`{}`: {message}", variant.key));
            check_short_name(&variant.key).map_err(|error| at(error.to_string()))?;
            if !keys.insert(&variant.key) {
                return Err(at("there are two of this key".to_owned()));
            }
            check_content("content", &variant.content).map_err(|error| at(error.to_string()))?;
            let Some(Cap { times, within }) = variant.cap else { continue };
            if !(1..=MOST_VIEWS).contains(&times) {
                return Err(at(format!("cap: expected 1 to {MOST_VIEWS} times")));
            }
            if !(1..=Duration::LONGEST.as_seconds()).contains(&within) {
                return Err(at("cap: expected a time between a second and a hundred years".to_owned()));
            }
        }
        Ok(())
    }
}

fn check_content(field: &'static str, content: &Value) -> Result<()> {
    let length = content.to_string().len();
    if length > LONGEST {
        return Err(Error::invalid(field, format!("{length} bytes of JSON; at most {LONGEST} are taken")));
    }
    Ok(())
}

impl Profiles {
    /// All slots, by key. What another process defined is known here within five seconds.
    pub async fn slots(&self) -> Result<Arc<BTreeMap<String, Arc<Slot>>>> {
        if let Some(slots) = self.slot_cache().get() {
            return Ok(slots);
        }
        let slots = Arc::new(read(self.db()).await?);
        self.slot_cache().put(Arc::clone(&slots));
        Ok(slots)
    }

    /// Defines a slot, or gives the one of that key another definition.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field, also for a segment that is not there and where there would be too many slots.
    pub async fn define_slot(&self, new: NewSlot, actor: &str) -> Result<Arc<Slot>> {
        new.check()?;
        let txn = begin_write(self.db()).await?;
        let defined = self.define_slot_in(&txn, new, actor).await;
        let row = end(txn, defined).await?;
        self.slot_cache().clear();
        slot(row)?.map(Arc::new).ok_or_else(|| Error::stored("slot", "no definition"))
    }

    async fn define_slot_in(&self, txn: &DatabaseTransaction, new: NewSlot, actor: &str) -> Result<Model> {
        // No segment goes meanwhile.
        keep_drains_out(txn).await?;
        let segments = audiences::current(txn, self).await?;
        let missing = |key: &&String| segments.get(key).is_none();
        if let Some(key) = new.variants.iter().filter_map(|one| one.segment.as_ref()).find(missing) {
            return Err(Error::invalid("variants", format!("there is no segment `{key}`")));
        }
        let before = read(txn).await?;
        if !before.contains_key(&new.key) && before.len() >= MOST_SLOTS {
            return Err(Error::invalid(
                "key",
                format!("there are {MOST_SLOTS} slots already, the most there may be"),
            ));
        }
        let definition = Definition { variants: new.variants, fallback: new.fallback, control: new.control };
        let definition = serde_json::to_string(&definition).map_err(|error| Error::stored("slot", error))?;
        let row = Model {
            version: next_version(txn, &new.key).await?,
            key: new.key,
            name: new.name.trim().to_owned(),
            definition: Some(definition),
            defined_at: self.now(),
            actor: actor.to_owned(),
        };
        Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
        Ok(row)
    }

    /// Takes a slot away. False where there is none of that key.
    pub async fn remove_slot(&self, key: &str, actor: &str) -> Result<bool> {
        let txn = begin_write(self.db()).await?;
        let removed = self.remove_slot_in(&txn, key, actor).await;
        let removed = end(txn, removed).await?;
        self.slot_cache().clear();
        Ok(removed)
    }

    async fn remove_slot_in(&self, txn: &DatabaseTransaction, key: &str, actor: &str) -> Result<bool> {
        let Some(before) = read(txn).await?.remove(key) else { return Ok(false) };
        let row = Model {
            key: before.key.clone(),
            version: next_version(txn, key).await?,
            name: before.name.clone(),
            definition: None,
            defined_at: self.now(),
            actor: actor.to_owned(),
        };
        Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
        Ok(true)
    }
}

/// The key of a slot that shows something to the members of a segment, if there is one.
pub(crate) async fn asking<C: ConnectionTrait>(db: &C, segment: &str) -> Result<Option<String>> {
    let asks = |slot: &Arc<Slot>| slot.variants.iter().any(|one| one.segment.as_deref() == Some(segment));
    Ok(read(db).await?.into_values().find(asks).map(|slot| slot.key.clone()))
}

async fn next_version<C: ConnectionTrait>(db: &C, key: &str) -> Result<i32> {
    let newest = Entity::find().filter(Column::Key.eq(key)).order_by_desc(Column::Version).one(db).await?;
    Ok(newest.map_or(0, |row| row.version) + 1)
}

async fn read<C: ConnectionTrait>(db: &C) -> Result<BTreeMap<String, Arc<Slot>>> {
    let mut slots = BTreeMap::new();
    // Of each key the last one stays: the greatest version.
    for row in Entity::find().order_by_asc(Column::Version).all(db).await? {
        let key = row.key.clone();
        match slot(row)? {
            Some(slot) => slots.insert(key, Arc::new(slot)),
            None => slots.remove(&key),
        };
    }
    Ok(slots)
}

fn slot(row: Model) -> Result<Option<Slot>> {
    let Some(definition) = &row.definition else { return Ok(None) };
    let Definition { variants, fallback, control } = json("slot", definition)?;
    let Model { key, version, name, defined_at, actor, .. } = row;
    Ok(Some(Slot { key, version, name, variants, fallback, control, defined_at, actor }))
}
