//! Which rules are in force, and since when.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entities::{ruleset, touched};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::Ruleset;
use crate::{
    Profiles,
    error::{Error, Result},
    resolution::rebuild,
    store::begin_write,
};

/// Who brought rules into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The configuration of a process.
    Configuration,
    /// A person, by the name of their key.
    Person(String),
}

/// One version of the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// 1, 2, 3, …; the greatest is in force.
    pub version: i32,
    /// The rules.
    pub ruleset: Ruleset,
    /// When they came into force.
    pub adopted_at: DateTime<Utc>,
    /// Who brought them into force.
    pub origin: Origin,
}

impl Version {
    fn read(row: ruleset::Model) -> Result<Self> {
        Ok(Self {
            version: row.version,
            ruleset: serde_json::from_str(&row.rules).map_err(|error| Error::stored("rules", error))?,
            adopted_at: row.adopted_at,
            origin: row.actor.map_or(Origin::Configuration, Origin::Person),
        })
    }
}

impl Profiles {
    /// Brings the configured rules into force where they differ from those that were configured last: rules that a
    /// person brought into force since then stay until the configuration itself changes. Every profile is then marked
    /// to be derived again, which [`Profiles::drain`] does; returns whether that is so.
    pub async fn adopt(&self, ruleset: Ruleset) -> Result<bool> {
        ruleset.check()?;
        self.model_of(self.db(), &ruleset.identity).await?;
        let txn = begin_write(self.db()).await?;
        let configured = newest(&txn, Some(Origin::Configuration)).await?;
        if configured.is_some_and(|version| version.ruleset == ruleset) {
            txn.rollback().await?;
            self.current_ruleset(self.db()).await?;
            return Ok(false);
        }
        self.bring_into_force(txn, ruleset, Origin::Configuration).await
    }

    /// Brings rules into force, in a person's name. Every profile is marked to be derived again; until that has
    /// happened, profiles are what they were. Returns whether anything changes; the rules in force are no new version.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the rules cannot be used.
    pub async fn apply_rules(&self, ruleset: Ruleset, actor: &str) -> Result<bool> {
        ruleset.check()?;
        self.model_of(self.db(), &ruleset.identity).await?;
        let txn = begin_write(self.db()).await?;
        self.bring_into_force(txn, ruleset, Origin::Person(actor.to_owned())).await
    }

    /// Brings these rules into force where a database has none yet.
    pub async fn adopt_first(&self, ruleset: Ruleset) -> Result<()> {
        if newest(self.db(), None).await?.is_none() {
            self.adopt(ruleset).await?;
        }
        Ok(())
    }

    /// The rules in force; `None` while a database has none yet.
    pub async fn rules_in_force(&self) -> Result<Option<Version>> {
        newest(self.db(), None).await
    }

    /// How many keys wait to be derived again.
    pub async fn waiting(&self) -> Result<u64> {
        Ok(touched::Entity::find().count(self.db()).await?)
    }

    async fn bring_into_force(
        &self,
        txn: DatabaseTransaction,
        ruleset: Ruleset,
        origin: Origin,
    ) -> Result<bool> {
        let before = newest(&txn, None).await?;
        let changes = before.as_ref().is_some_and(|before| before.ruleset != ruleset);
        if before.is_some() && !changes && matches!(origin, Origin::Person(_)) {
            txn.rollback().await?;
            return Ok(false);
        }
        let row = ruleset::Model {
            version: before.as_ref().map_or(0, |before| before.version) + 1,
            rules: serde_json::to_string(&ruleset).map_err(|error| Error::stored("rules", error))?,
            adopted_at: self.now(),
            actor: match origin {
                Origin::Configuration => None,
                Origin::Person(actor) => Some(actor),
            },
        };
        ruleset::Entity::insert(row.into_active_model()).exec_without_returning(&txn).await?;
        if changes {
            rebuild::touch_people(&txn).await?;
        }
        if before.is_some_and(|before| before.ruleset.identity.model != ruleset.identity.model) {
            // What another model made of people says nothing under this one; everybody is derived again.
            rebuild::forget_compared(&txn).await?;
        }
        txn.commit().await?;
        self.set_ruleset(ruleset);
        if changes {
            self.facts().notify_one();
        }
        Ok(changes)
    }

    /// The rules in force, which another process may have changed: what one transaction derives under.
    pub(crate) async fn current_ruleset<C: ConnectionTrait>(&self, db: &C) -> Result<Arc<Ruleset>> {
        if let Some(stored) = newest(db, None).await?
            && stored.ruleset != *self.ruleset()
        {
            self.set_ruleset(stored.ruleset);
        }
        Ok(self.ruleset())
    }
}

/// The newest version, of this origin if one is given (of persons, of any).
pub(crate) async fn newest<C: ConnectionTrait>(db: &C, origin: Option<Origin>) -> Result<Option<Version>> {
    let mut versions = ruleset::Entity::find().order_by_desc(ruleset::Column::Version).limit(1);
    versions = match origin {
        None => versions,
        Some(Origin::Configuration) => versions.filter(ruleset::Column::Actor.is_null()),
        Some(Origin::Person(_)) => versions.filter(ruleset::Column::Actor.is_not_null()),
    };
    versions.one(db).await?.map(Version::read).transpose()
}
