//! The handle through which everything outside uses this crate.

use std::path::{Path, PathBuf};
use std::sync::{
    Arc, OnceLock, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};
use entities::{block_state, installation, resolution_state};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, EntityTrait, IntoActiveModel, Statement, sea_query::OnConflict,
};
use tokio::sync::{Mutex, Notify};

use crate::{
    Clock, Keys,
    access::{ApiKey, KeyCache, Session},
    actions::{Catalogue, Deciding},
    audiences::Segments,
    behaviour::Meanings,
    collect::WriteKeys,
    consent::Purposes,
    error::{Error, Result},
    insights::{InForce, Shelf, Versions},
    journey::Lifecycles,
    kept::Kept,
    likeness::Personas,
    matching::ModelCache,
    personalisation::Slots,
    privacy::blocks::Blocks,
    rules::{Ruleset, versions},
    sources::Sources,
};

/// A profile store: a migrated database, the installation's keys, a clock and the rules in force. Cheap to
/// clone.
#[derive(Clone)]
pub struct Profiles {
    inner: Arc<Inner>,
}

/// What is to be done after so many keys were derived.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tidying {
    /// Make the statistics anew: there are four times as many as before.
    pub(crate) statistics: bool,
    /// Sweep out the dead rows of the queue.
    pub(crate) sweep: bool,
}

/// After how many derived keys their dead rows are swept out.
const SWEEP: u64 = 5_000;

struct Inner {
    db: DatabaseConnection,
    keys: Keys,
    clock: Arc<dyn Clock>,
    ruleset: RwLock<Arc<Ruleset>>,
    sources: Kept<Sources>,
    purposes: Kept<(Purposes, u64)>,
    write_keys: Kept<WriteKeys>,
    blocks: RwLock<Arc<Blocks>>,
    segments: Kept<Segments>,
    slots: Kept<Slots>,
    personas: Kept<Personas>,
    meanings: Kept<Meanings>,
    lifecycles: Kept<Lifecycles>,
    predictions: Kept<Versions>,
    actions: Kept<Arc<Catalogue>>,
    deciding: Kept<Arc<Deciding>>,
    in_force: InForce,
    shelf: Kept<(i32, Arc<Shelf>)>,
    keys_in_use: KeyCache<ApiKey>,
    sessions_in_use: KeyCache<Session>,
    /// How many keys were derived: those of other processes by the facts that there were.
    drained: AtomicU64,
    /// Rung when facts were stored, so that a waiting drain need not poll.
    facts: Notify,
    models: ModelCache,
    /// Held while a change of the rules is previewed or a model is learned.
    previewing: Arc<Mutex<()>>,
    /// The folder below which destinations may write files.
    export_folder: OnceLock<Arc<Path>>,
}

impl Profiles {
    /// Opens a migrated database. Refuses a secret key other than the one that the database was made with.
    pub async fn open(db: DatabaseConnection, keys: Keys, clock: Arc<dyn Clock>) -> Result<Self> {
        let first = installation::Model { id: 1, key_check: keys.check() }.into_active_model();
        installation::Entity::insert(first)
            .on_conflict(OnConflict::column(installation::Column::Id).do_nothing().to_owned())
            .exec_without_returning(&db)
            .await?;
        let state = resolution_state::Model { id: 1, revision: 0 }.into_active_model();
        resolution_state::Entity::insert(state)
            .on_conflict(OnConflict::column(resolution_state::Column::Id).do_nothing().to_owned())
            .exec_without_returning(&db)
            .await?;
        let blocks = block_state::Model { id: 1, version: 0 }.into_active_model();
        block_state::Entity::insert(blocks)
            .on_conflict(OnConflict::column(block_state::Column::Id).do_nothing().to_owned())
            .exec_without_returning(&db)
            .await?;
        let made_with = installation::Entity::find_by_id(1).one(&db).await?;
        if made_with.is_none_or(|row| row.key_check != keys.check()) {
            return Err(Error::Key(
                "this database was made with another secret key; give the one it was made with \
                 (RONDOM_SECRET_KEY or the key file)"
                    .to_owned(),
            ));
        }
        let facts = facts(&db).await?;
        let in_force = versions::newest(&db, None).await?;
        let ruleset = in_force.map(|version| version.ruleset).unwrap_or_default();
        Ok(Self {
            inner: Arc::new(Inner {
                db,
                keys,
                clock,
                ruleset: RwLock::new(Arc::new(ruleset)),
                sources: Kept::default(),
                purposes: Kept::default(),
                write_keys: Kept::default(),
                blocks: RwLock::default(),
                segments: Kept::default(),
                slots: Kept::default(),
                personas: Kept::default(),
                meanings: Kept::default(),
                lifecycles: Kept::default(),
                predictions: Kept::default(),
                actions: Kept::default(),
                deciding: Kept::default(),
                in_force: InForce::default(),
                shelf: Kept::default(),
                keys_in_use: KeyCache::default(),
                sessions_in_use: KeyCache::default(),
                drained: AtomicU64::new(facts),
                facts: Notify::new(),
                models: ModelCache::default(),
                previewing: Arc::default(),
                export_folder: OnceLock::new(),
            }),
        })
    }

    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    /// The rules in force.
    pub fn ruleset(&self) -> Arc<Ruleset> {
        self.inner.ruleset.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_ruleset(&self, ruleset: Ruleset) {
        *self.inner.ruleset.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ruleset);
    }

    /// Asks the database whether it is there.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.db().ping().await?)
    }

    pub(crate) fn db(&self) -> &DatabaseConnection {
        &self.inner.db
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    pub(crate) fn source_cache(&self) -> &Kept<Sources> {
        &self.inner.sources
    }

    pub(crate) fn slot_cache(&self) -> &Kept<Slots> {
        &self.inner.slots
    }

    pub(crate) fn persona_cache(&self) -> &Kept<Personas> {
        &self.inner.personas
    }

    pub(crate) fn purpose_cache(&self) -> &Kept<(Purposes, u64)> {
        &self.inner.purposes
    }

    pub(crate) fn write_key_cache(&self) -> &Kept<WriteKeys> {
        &self.inner.write_keys
    }

    /// The block list as it was last read; see [`Profiles::blocks`].
    pub(crate) fn known_blocks(&self) -> Arc<Blocks> {
        self.inner.blocks.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_known_blocks(&self, blocks: Arc<Blocks>) {
        *self.inner.blocks.write().unwrap_or_else(PoisonError::into_inner) = blocks;
    }

    pub(crate) fn segment_cache(&self) -> &Kept<Segments> {
        &self.inner.segments
    }

    pub(crate) fn meaning_cache(&self) -> &Kept<Meanings> {
        &self.inner.meanings
    }

    pub(crate) fn lifecycle_cache(&self) -> &Kept<Lifecycles> {
        &self.inner.lifecycles
    }

    pub(crate) fn prediction_cache(&self) -> &Kept<Versions> {
        &self.inner.predictions
    }

    pub(crate) fn action_cache(&self) -> &Kept<Arc<Catalogue>> {
        &self.inner.actions
    }

    pub(crate) fn deciding_cache(&self) -> &Kept<Arc<Deciding>> {
        &self.inner.deciding
    }

    pub(crate) fn models_in_force(&self) -> &InForce {
        &self.inner.in_force
    }

    /// What the recommender of a version may recommend.
    pub(crate) fn shelf_cache(&self) -> &Kept<(i32, Arc<Shelf>)> {
        &self.inner.shelf
    }

    pub(crate) fn export_folder(&self) -> Option<Arc<Path>> {
        self.inner.export_folder.get().cloned()
    }

    pub(crate) fn set_export_folder(&self, folder: Option<PathBuf>) {
        if let Some(folder) = folder {
            // The first stays.
            let _ = self.inner.export_folder.set(folder.into());
        }
    }

    pub(crate) fn key_cache(&self) -> &KeyCache<ApiKey> {
        &self.inner.keys_in_use
    }

    pub(crate) fn session_cache(&self) -> &KeyCache<Session> {
        &self.inner.sessions_in_use
    }

    /// Counts derived keys. A database that was empty a moment ago plans by what it knew then until its statistics are
    /// made anew, and reads whole tables meanwhile.
    pub(crate) fn has_drained(&self, keys: u64) -> Tidying {
        let size = |count: u64| (count / 500).checked_ilog(4);
        let before = self.inner.drained.fetch_add(keys, Ordering::Relaxed);
        let after = before + keys;
        Tidying { statistics: size(after) > size(before), sweep: after / SWEEP > before / SWEEP }
    }

    pub(crate) fn previewing(&self) -> &Arc<Mutex<()>> {
        &self.inner.previewing
    }

    pub(crate) fn model_cache(&self) -> &ModelCache {
        &self.inner.models
    }

    pub(crate) fn facts(&self) -> &Notify {
        &self.inner.facts
    }
}

/// About how many facts there are: a look at the end of two indexes.
async fn facts(db: &DatabaseConnection) -> Result<u64> {
    let sql = "SELECT COALESCE((SELECT MAX(id) FROM event), 0) + COALESCE((SELECT MAX(id) FROM record_version), 0) AS facts";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let facts = row.map(|row| row.try_get::<i64>("", "facts")).transpose()?.unwrap_or_default();
    Ok(u64::try_from(facts).unwrap_or_default())
}
