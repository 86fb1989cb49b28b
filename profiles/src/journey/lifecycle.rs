//! The stages of people's lives as customers, as administrators define them. No definition is ever rewritten: a new one
//! is a new version.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use entities::lifecycle::{Column, Entity, Model};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryOrder, Statement, Value,
};
use serde::{Deserialize, Serialize};

use crate::{
    Profiles, audiences,
    error::{Error, Result},
    resolution::rebuild::keep_drains_out,
    sources::check_short_name,
    store::{begin_write, end},
    view::read::json,
};

/// The most stages there may be.
const MOST: usize = 50;

/// A stage of the lifecycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Short name of lower-case letters, digits, `-` and `_`, at most 64 characters.
    pub key: String,
    /// What people see, 1 to 100 characters.
    pub name: String,
    /// The key of the segment of those who have come so far.
    pub segment: String,
}

/// The stages that hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// 1, 2, 3, …; 0 where none was ever defined.
    pub version: i32,
    /// The first one first; none where there is no lifecycle.
    pub stages: Vec<Stage>,
    /// When it was defined, and by whom; `None` for version 0.
    pub defined: Option<(DateTime<Utc>, String)>,
}

/// See [`Lifecycle`].
pub(crate) type Lifecycles = Arc<Lifecycle>;

async fn read<C: ConnectionTrait>(db: &C) -> Result<Lifecycle> {
    let newest = Entity::find().order_by_desc(Column::Version).one(db).await?;
    let Some(row) = newest else { return Ok(Lifecycle::default()) };
    let stages = json("lifecycle", &row.stages)?;
    Ok(Lifecycle { version: row.version, stages, defined: Some((row.defined_at, row.actor)) })
}

/// Refuses to go on where a stage asks for a segment.
///
/// # Errors
/// [`Error::Conflict`] with the stage.
pub(crate) async fn refuse_segment_in_use<C: ConnectionTrait>(db: &C, segment: &str) -> Result<()> {
    let found = read(db).await?.stages.into_iter().find(|stage| stage.segment == segment);
    found.map_or(Ok(()), |stage| {
        let message =
            format!("the stage `{}` of the lifecycle asks for this segment; define it without", stage.key);
        Err(Error::Conflict(message))
    })
}

impl Profiles {
    /// The stages that hold. What another process defined is known here within five seconds.
    pub async fn lifecycle(&self) -> Result<Arc<Lifecycle>> {
        if let Some(known) = self.lifecycle_cache().get() {
            return Ok(known);
        }
        let found = Arc::new(read(self.db()).await?);
        self.lifecycle_cache().put(Arc::clone(&found));
        Ok(found)
    }

    /// Defines the stages, the first one first; none for no lifecycle. The same definition again is no new version.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the stage that cannot be.
    pub async fn define_lifecycle(&self, stages: Vec<Stage>, actor: &str) -> Result<Arc<Lifecycle>> {
        let stages: Vec<Stage> =
            stages.into_iter().map(|stage| Stage { name: stage.name.trim().to_owned(), ..stage }).collect();
        if stages.len() > MOST {
            return Err(Error::invalid("stages", format!("expected at most {MOST} of them")));
        }
        let txn = begin_write(self.db()).await?;
        let defined = self.define_lifecycle_in(&txn, stages, actor).await;
        let lifecycle = end(txn, defined).await?;
        self.lifecycle_cache().clear();
        Ok(Arc::new(lifecycle))
    }

    async fn define_lifecycle_in(
        &self,
        txn: &DatabaseTransaction,
        stages: Vec<Stage>,
        actor: &str,
    ) -> Result<Lifecycle> {
        // Nobody else defines one, or takes a segment away, meanwhile.
        keep_drains_out(txn).await?;
        let known = audiences::keys(txn, self).await?;
        let (mut keys, mut segments) = (BTreeSet::new(), BTreeSet::new());
        for (place, stage) in stages.iter().enumerate() {
            let wrong =
                |field: &str, message: String| Error::invalid(format!("stages.{place}.{field}"), message);
            if check_short_name(&stage.key).is_err() {
                return Err(wrong("key", "expected 1 to 64 lower-case letters, digits, - or _".to_owned()));
            }
            if !(1..=100).contains(&stage.name.chars().count()) || stage.name.chars().any(char::is_control) {
                return Err(wrong("name", "expected 1 to 100 characters".to_owned()));
            }
            if !known.contains(&stage.segment) {
                return Err(wrong("segment", format!("there is no segment `{}`", stage.segment)));
            }
            if !keys.insert(&stage.key) {
                return Err(wrong("key", format!("`{}` is given twice", stage.key)));
            }
            if !segments.insert(&stage.segment) {
                return Err(wrong("segment", format!("`{}` is another stage's already", stage.segment)));
            }
        }
        let before = read(txn).await?;
        if before.stages == stages {
            return Ok(before);
        }
        let row = Model {
            version: before.version + 1,
            stages: serde_json::to_string(&stages).map_err(|error| Error::stored("lifecycle", error))?,
            defined_at: self.now(),
            actor: actor.to_owned(),
        };
        Entity::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
        Ok(Lifecycle { version: row.version, stages, defined: Some((row.defined_at, row.actor)) })
    }

    /// How many are in each of these stages now, in their order.
    pub async fn stage_sizes(&self, stages: &[Stage]) -> Result<Vec<u64>> {
        let mut sizes = vec![0; stages.len()];
        if stages.is_empty() {
            return Ok(sizes);
        }
        let places: Vec<String> = (0..stages.len()).map(|place| format!("${}", place + 1)).collect();
        let ranks = places.iter().enumerate().map(|(rank, place)| format!("WHEN {place} THEN {rank}"));
        // Placeholders are used twice: the numbers stand for the same keys.
        let sql = format!(
            "SELECT place, COUNT(*) AS size FROM (\
               SELECT profile_id, MAX(CASE segment {} END) AS place FROM membership \
               WHERE segment IN ({}) AND left_at IS NULL GROUP BY profile_id) placed GROUP BY place",
            ranks.collect::<Vec<_>>().join(" "),
            places.join(", ")
        );
        let values: Vec<Value> = stages.iter().map(|stage| stage.segment.as_str().into()).collect();
        let statement = Statement::from_sql_and_values(self.db().get_database_backend(), sql, values);
        for row in self.db().query_all_raw(statement).await? {
            let (place, size): (i32, i64) = (row.try_get("", "place")?, row.try_get("", "size")?);
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            if let Some(found) = sizes.get_mut(place) {
                *found = u64::try_from(size).unwrap_or_default();
            }
        }
        Ok(sizes)
    }
}
