//! Personas as administrators define them. None is ever rewritten: a new definition is a new version.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entities::persona::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use segments::{Dependencies, Rule};
use serde::{Deserialize, Serialize};

use super::profiling;
use crate::{
    Profiles, audiences,
    consent::{PROFILING, current_purposes},
    error::{Error, Result},
    resolution::rebuild::keep_drains_out,
    sources::{check_name, check_short_name},
    store::{begin_write, end},
    view::{catalogue::Group, read::json},
};

/// The most personas there may be: all of them are asked about whoever is asked about.
const MOST_PERSONAS: usize = 100;
/// The most marks of one.
const MOST_MARKS: usize = 20;
/// The greatest weight of a mark.
const HEAVIEST: f64 = 1_000.0;

/// A pattern of traits under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Persona {
    /// Short name of lower-case letters, digits, `-` and `_`, at most 64 characters.
    pub key: String,
    /// 1, 2, 3, …
    pub version: i32,
    /// What people call it.
    pub name: String,
    /// Whom it means.
    pub description: String,
    /// Nobody is held to be like it whose score is less; more than 0, at most 1.
    pub threshold: f64,
    /// What it is known by.
    pub marks: Vec<Mark>,
    /// When it was defined.
    pub defined_at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
}

/// Something that a persona is known by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// What holds of whoever has it.
    pub rule: Rule,
    /// How much it counts; more than 0, at most 1,000.
    pub weight: f64,
}

/// What somebody says a persona shall be. See [`Persona`].
#[derive(Debug, Clone)]
pub struct NewPersona {
    /// Its short name.
    pub key: String,
    /// What people call it, 1 to 100 characters.
    pub name: String,
    /// Whom it means, at most 1,000 characters.
    pub description: String,
    /// The least score.
    pub threshold: f64,
    /// 1 to 20.
    pub marks: Vec<Mark>,
}

/// What is stored of a persona, beside its key and name.
#[derive(Serialize, Deserialize)]
struct Definition {
    description: String,
    threshold: f64,
    marks: Vec<Mark>,
}

/// Personas by key.
pub(crate) type Personas = Arc<BTreeMap<String, Arc<Persona>>>;

impl NewPersona {
    /// # Errors
    /// [`Error::Invalid`] with the field.
    fn check(&self) -> Result<()> {
        check_short_name(&self.key)?;
        check_name(self.name.trim())?;
        if self.description.chars().count() > 1_000 || self.description.contains('\0') {
            return Err(Error::invalid("description", "expected at most 1,000 characters, and no U+0000"));
        }
        if !(self.threshold > 0.0 && self.threshold <= 1.0) {
            return Err(Error::invalid("threshold", "expected more than 0 and at most 1"));
        }
        if !(1..=MOST_MARKS).contains(&self.marks.len()) {
            return Err(Error::invalid("marks", format!("expected 1 to {MOST_MARKS} of them")));
        }
        for (place, mark) in self.marks.iter().enumerate() {
            if !(mark.weight > 0.0 && mark.weight <= HEAVIEST) {
                return Err(Error::invalid(
                    format!("marks.{place}.weight"),
                    "expected more than 0 and at most 1,000",
                ));
            }
        }
        Ok(())
    }
}

impl Profiles {
    /// All personas, by key. What another process defined is known here within five seconds.
    pub async fn personas(&self) -> Result<Arc<BTreeMap<String, Arc<Persona>>>> {
        if let Some(personas) = self.persona_cache().get() {
            return Ok(personas);
        }
        let personas = Arc::new(read(self.db()).await?);
        self.persona_cache().put(Arc::clone(&personas));
        Ok(personas)
    }

    /// Defines a persona, or gives the one of that key another definition.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field, also for a mark that asks for what is not there or is made of data that the
    /// purpose `profiling` may not use, and where there would be too many personas.
    pub async fn define_persona(&self, new: NewPersona, actor: &str) -> Result<Arc<Persona>> {
        new.check()?;
        let txn = begin_write(self.db()).await?;
        let defined = self.define_persona_in(&txn, new, actor).await;
        let row = end(txn, defined).await?;
        self.persona_cache().clear();
        persona(row)?.map(Arc::new).ok_or_else(|| Error::stored("persona", "no definition"))
    }

    async fn define_persona_in(
        &self,
        txn: &DatabaseTransaction,
        new: NewPersona,
        actor: &str,
    ) -> Result<Model> {
        // No segment and no list goes meanwhile.
        keep_drains_out(txn).await?;
        self.check_marks(txn, &new.marks).await?;
        let before = read(txn).await?;
        if !before.contains_key(&new.key) && before.len() >= MOST_PERSONAS {
            return Err(Error::invalid(
                "key",
                format!("there are {MOST_PERSONAS} personas already, the most there may be"),
            ));
        }
        let definition = Definition {
            description: new.description.trim().to_owned(),
            threshold: new.threshold,
            marks: new.marks,
        };
        let definition =
            serde_json::to_string(&definition).map_err(|error| Error::stored("persona", error))?;
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

    /// Refuses marks that ask for what is not there, or of which nothing may be made.
    async fn check_marks(&self, txn: &DatabaseTransaction, marks: &[Mark]) -> Result<()> {
        let segments = audiences::current(txn, self).await?;
        let keys = audiences::keys(txn, self).await?;
        let purposes = current_purposes(txn, self).await?;
        let usable = profiling(&purposes).map(|purpose| &purpose.data_groups);
        for (place, mark) in marks.iter().enumerate() {
            let path = format!("marks.{place}.rule");
            let asks = mark.rule.depends();
            audiences::refuse_missing(txn, &asks, &keys).await.map_err(|error| match error {
                Error::Invalid { message, .. } => Error::invalid(&path, message),
                error => error,
            })?;
            let may = |group: &Group| usable.is_some_and(|usable| usable.contains(group));
            if let Some(group) = segments.groups_of(&asks).into_iter().find(|group| !may(group)) {
                let group = format!("{group:?}").to_uppercase();
                let why = format!(
                    "made of data of the group {group}, which the purpose `{PROFILING}` may not use; leave it out, or define the purpose anew"
                );
                return Err(Error::invalid(path, why));
            }
        }
        Ok(())
    }

    /// Takes a persona away. False where there is none of that key.
    pub async fn remove_persona(&self, key: &str, actor: &str) -> Result<bool> {
        let txn = begin_write(self.db()).await?;
        let removed = self.remove_persona_in(&txn, key, actor).await;
        let removed = end(txn, removed).await?;
        self.persona_cache().clear();
        Ok(removed)
    }

    async fn remove_persona_in(&self, txn: &DatabaseTransaction, key: &str, actor: &str) -> Result<bool> {
        keep_drains_out(txn).await?;
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

    /// The groups of data of which each mark of a persona tells something, in the order of the marks.
    pub async fn mark_groups(&self, persona: &Persona) -> Result<Vec<BTreeSet<Group>>> {
        let segments = audiences::known(self).await?;
        Ok(persona.marks.iter().map(|mark| segments.groups_of(&mark.rule.depends())).collect())
    }
}

/// The key of a persona with a mark that asks for such a thing, if there is one.
pub(crate) async fn asking<C: ConnectionTrait>(
    db: &C,
    wanted: impl Fn(&Dependencies) -> bool,
) -> Result<Option<String>> {
    let asks = |persona: &Arc<Persona>| persona.marks.iter().any(|mark| wanted(&mark.rule.depends()));
    Ok(read(db).await?.into_values().find(asks).map(|persona| persona.key.clone()))
}

async fn next_version<C: ConnectionTrait>(db: &C, key: &str) -> Result<i32> {
    let newest = Entity::find().filter(Column::Key.eq(key)).order_by_desc(Column::Version).one(db).await?;
    Ok(newest.map_or(0, |row| row.version) + 1)
}

async fn read<C: ConnectionTrait>(db: &C) -> Result<BTreeMap<String, Arc<Persona>>> {
    let mut personas = BTreeMap::new();
    // Of each key the last one stays: the greatest version.
    for row in Entity::find().order_by_asc(Column::Version).all(db).await? {
        let key = row.key.clone();
        match persona(row)? {
            Some(persona) => personas.insert(key, Arc::new(persona)),
            None => personas.remove(&key),
        };
    }
    Ok(personas)
}

fn persona(row: Model) -> Result<Option<Persona>> {
    let Some(definition) = &row.definition else { return Ok(None) };
    let Definition { description, threshold, marks } = json("persona", definition)?;
    let Model { key, version, name, defined_at, actor, .. } = row;
    Ok(Some(Persona { key, version, name, description, threshold, marks, defined_at, actor }))
}
