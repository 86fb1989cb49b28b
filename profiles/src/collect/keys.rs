//! Write keys: with which sites and apps send, and of which source what they send is.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use entities::write_key::{self, Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    Profiles,
    error::{Error, Result},
    sources::{NewSource, check_name, default_trust},
};

/// The kind, and the category, of sources that are written to.
pub const SOURCE_KIND: &str = "web";
/// What every write key begins with.
const PREFIX: &str = "wk_";

/// The sources of the keys in force, by key.
pub(crate) type WriteKeys = Arc<HashMap<String, Uuid>>;

/// A write key. It is no secret: it stands in the source of the pages that use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteKey {
    /// Public id.
    pub id: Uuid,
    /// The source of what is sent with it.
    pub source: Uuid,
    /// What it is for.
    pub name: String,
    /// The key.
    pub key: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl From<write_key::Model> for WriteKey {
    fn from(row: write_key::Model) -> Self {
        Self {
            id: row.id,
            source: row.source_id,
            name: row.name,
            key: row.key,
            created_at: row.created_at,
            revoked_at: row.revoked_at,
        }
    }
}

impl Profiles {
    /// Makes a write key for a source, and the source where there is none of that key yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name of the wrong length, for a key that no source can have, and for a source of another
    /// kind.
    pub async fn create_write_key(&self, source: &str, name: &str) -> Result<WriteKey> {
        let name = name.trim();
        check_name(name)?;
        let source = NewSource {
            key: source.to_owned(),
            name: name.to_owned(),
            kind: SOURCE_KIND.to_owned(),
            category: SOURCE_KIND.to_owned(),
            trust: default_trust(SOURCE_KIND),
        };
        let source = self.ensure_source(source).await?;
        if source.kind != SOURCE_KIND {
            let message =
                format!("`{}` is a source of the kind {}: nothing writes to it", source.key, source.kind);
            return Err(Error::invalid("source", message));
        }
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|error| Error::Key(format!("no randomness from the system: {error}")))?;
        let key = format!("{PREFIX}{}", hex::encode(random));
        let mut id = [0; 16];
        id.copy_from_slice(&Sha256::digest(&key)[..16]);
        let row = write_key::Model {
            id: uuid::Builder::from_custom_bytes(id).into_uuid(),
            source_id: source.id,
            name: name.to_owned(),
            key,
            created_at: self.now(),
            revoked_at: None,
        };
        Entity::insert(row.clone().into_active_model()).exec_without_returning(self.db()).await?;
        self.write_key_cache().clear();
        Ok(row.into())
    }

    /// All write keys, newest first.
    pub async fn list_write_keys(&self) -> Result<Vec<WriteKey>> {
        let rows =
            Entity::find().order_by_desc(Column::CreatedAt).order_by_asc(Column::Id).all(self.db()).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// The write key of an id.
    pub async fn write_key(&self, id: Uuid) -> Result<Option<WriteKey>> {
        Ok(Entity::find_by_id(id).one(self.db()).await?.map(Into::into))
    }

    /// Takes a write key back: at once in this process, within five seconds in others. False where there is no such key
    /// in force.
    pub async fn revoke_write_key(&self, id: Uuid) -> Result<bool> {
        let revoked = Entity::update_many()
            .set(write_key::ActiveModel { revoked_at: Set(Some(self.now())), ..Default::default() })
            .filter(Column::Id.eq(id))
            .filter(Column::RevokedAt.is_null())
            .exec(self.db())
            .await?;
        self.write_key_cache().clear();
        Ok(revoked.rows_affected > 0)
    }

    /// The source of a write key in force. A wrong key costs no statement: all of them are in memory.
    pub async fn source_of_write_key(&self, key: &str) -> Result<Option<Uuid>> {
        let keys = match self.write_key_cache().get() {
            Some(keys) => keys,
            None => {
                let rows = Entity::find().filter(Column::RevokedAt.is_null()).all(self.db()).await?;
                let keys = Arc::new(rows.into_iter().map(|row| (row.key, row.source_id)).collect());
                self.write_key_cache().put(Arc::clone(&keys));
                keys
            }
        };
        Ok(keys.get(key).copied())
    }
}
