//! Purposes and notices as administrators define them. Neither is ever rewritten: a new definition is a new version.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use entities::{notice, purpose};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};

use super::purpose::{Purpose, built_in};
use crate::{
    Profiles, audiences,
    error::{Error, Result},
    store::begin_write,
};

/// The longest text of a notice in bytes.
const LONGEST_NOTICE: usize = 64 << 10;

/// A purpose that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinedPurpose {
    /// The purpose.
    pub purpose: Purpose,
    /// 1, 2, 3, …; 0 for one that every installation begins with.
    pub version: i32,
    /// When it was defined, and by whom; `None` for version 0.
    pub defined: Option<(DateTime<Utc>, String)>,
}

/// Purposes by key.
pub(crate) type Purposes = Arc<BTreeMap<String, DefinedPurpose>>;

/// What people are told before they agree, in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The key of the purpose.
    pub purpose: String,
    /// The version, as its author names it; at most 64 characters.
    pub version: String,
    /// The language: a tag of BCP 47 (`nl`, `da-DK`).
    pub language: String,
    /// What people read; at most 64 KiB.
    pub body: String,
    /// SHA-256 of the text in UTF-8, in hexadecimal digits.
    pub hash: String,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
}

impl Profiles {
    /// All purposes, by key. What another process defined is known here within five seconds.
    pub async fn purposes(&self) -> Result<Arc<BTreeMap<String, DefinedPurpose>>> {
        if let Some((purposes, _)) = self.purpose_cache().get() {
            return Ok(purposes);
        }
        current(self.db(), self).await
    }

    /// The purpose of that key.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is none, with those that there are.
    pub async fn purpose(&self, key: &str) -> Result<DefinedPurpose> {
        let purposes = self.purposes().await?;
        purposes.get(key).cloned().ok_or_else(|| {
            let known: Vec<&str> = purposes.keys().map(String::as_str).collect();
            let message = format!("there is no purpose of that key; there are {}", known.join(", "));
            Error::invalid("purpose", message)
        })
    }

    /// The purpose of that key as it was defined at a past instant.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is none, or was none then.
    pub async fn purpose_as_of(&self, key: &str, instant: DateTime<Utc>) -> Result<DefinedPurpose> {
        let today = self.purpose(key).await?;
        if today.defined.as_ref().is_none_or(|(since, _)| *since <= instant) {
            return Ok(today);
        }
        use purpose::Column as C;
        let by_then = purpose::Entity::find().filter(C::Key.eq(key)).filter(C::DefinedAt.lte(instant));
        if let Some(row) = by_then.order_by_desc(C::Version).one(self.db()).await? {
            return defined(row);
        }
        let first = built_in().into_iter().find(|purpose| purpose.key == key);
        first
            .map(|purpose| DefinedPurpose { purpose, version: 0, defined: None })
            .ok_or_else(|| Error::invalid("purpose", "there was no purpose of that key yet"))
    }

    /// Defines a purpose, anew if there is one of that key. The same definition again is no new version.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub async fn define_purpose(&self, purpose: Purpose, actor: &str) -> Result<DefinedPurpose> {
        purpose.check()?;
        let txn = begin_write(self.db()).await?;
        let before = read(&txn).await?.remove(&purpose.key);
        if let Some(before) = before.as_ref().filter(|before| before.purpose == purpose) {
            txn.rollback().await?;
            return Ok(before.clone());
        }
        let version = before.map_or(0, |before| before.version) + 1;
        let row = purpose::Model {
            key: purpose.key.clone(),
            version,
            definition: serde_json::to_string(&purpose).map_err(|error| Error::stored("purpose", error))?,
            defined_at: self.now(),
            actor: actor.to_owned(),
        };
        purpose::Entity::insert(row.clone().into_active_model()).exec_without_returning(&txn).await?;
        audiences::purpose_changed(&txn, self, &row.key).await?;
        txn.commit().await?;
        self.purpose_cache().clear();
        Ok(DefinedPurpose { purpose, version, defined: Some((row.defined_at, row.actor)) })
    }

    /// Publishes a notice.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field; [`Error::Conflict`] where that version has another text in that language.
    pub async fn publish_notice(
        &self,
        purpose: &str,
        version: &str,
        language: &str,
        body: &str,
        actor: &str,
    ) -> Result<Notice> {
        if !self.purposes().await?.contains_key(purpose) {
            return Err(Error::NotFound { what: "purpose", id: purpose.to_owned() });
        }
        let plain = |text: &str| !text.is_empty() && text.len() <= 64 && !text.chars().any(char::is_control);
        if !plain(version) {
            return Err(Error::invalid("version", "expected 1 to 64 characters"));
        }
        let tag = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !plain(language)
            || !language.starts_with(|c: char| c.is_ascii_alphabetic())
            || !language.chars().all(tag)
        {
            return Err(Error::invalid("language", "expected a language tag such as en, nl or da-DK"));
        }
        if body.trim().is_empty() || body.len() > LONGEST_NOTICE || body.contains('\0') {
            return Err(Error::invalid("text", "expected 1 to 65,536 bytes, and no U+0000"));
        }
        let row = notice::Model {
            purpose: purpose.to_owned(),
            version: version.to_owned(),
            language: language.to_owned(),
            body: body.to_owned(),
            hash: hash(body),
            published_at: self.now(),
            actor: actor.to_owned(),
        };
        use notice::Column as C;
        let known = OnConflict::columns([C::Purpose, C::Version, C::Language]).do_nothing().to_owned();
        let key = (row.purpose.clone(), row.version.clone(), row.language.clone());
        let insert = notice::Entity::insert(row.clone().into_active_model()).on_conflict(known);
        insert.exec_without_returning(self.db()).await?;
        let stored = notice::Entity::find_by_id(key).one(self.db()).await?.unwrap_or(row);
        if stored.body != body {
            let message = format!(
                "version {version} was published with another text in {language}; name a new version"
            );
            return Err(Error::Conflict(message));
        }
        Ok(stored.into())
    }

    /// The notices of a purpose, newest first.
    pub async fn notices(&self, purpose: &str) -> Result<Vec<Notice>> {
        self.notices_of(&[purpose]).await
    }

    /// The notices of some purposes, newest first.
    pub async fn notices_of(&self, purposes: &[&str]) -> Result<Vec<Notice>> {
        use notice::Column as C;
        let found = notice::Entity::find().filter(C::Purpose.is_in(purposes.iter().copied()));
        let found = found.order_by_desc(C::PublishedAt).order_by_asc(C::Version).order_by_asc(C::Language);
        Ok(found.all(self.db()).await?.into_iter().map(Notice::from).collect())
    }
}

impl Profiles {
    /// Whether a notice of this version was ever published for a purpose, in whatever language.
    pub(super) async fn is_published(&self, purpose: &str, version: &str) -> Result<bool> {
        use notice::Column as C;
        let found = notice::Entity::find().filter(C::Purpose.eq(purpose)).filter(C::Version.eq(version));
        Ok(found.count(self.db()).await? > 0)
    }
}

impl From<notice::Model> for Notice {
    fn from(row: notice::Model) -> Self {
        let notice::Model { purpose, version, language, body, hash, published_at, actor } = row;
        let hash = hex::encode(hash);
        Self { purpose, version, language, body, hash, published_at, actor }
    }
}

/// SHA-256 of the text itself, so that anybody can compute it.
fn hash(body: &str) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    Sha256::digest(body.as_bytes()).to_vec()
}

/// The purposes that hold now, read again where somebody has defined one since.
pub(crate) async fn current<C: ConnectionTrait>(db: &C, profiles: &Profiles) -> Result<Purposes> {
    let definitions = purpose::Entity::find().count(db).await?;
    if let Some((purposes, _)) = profiles.purpose_cache().get().filter(|(_, known)| *known == definitions) {
        return Ok(purposes);
    }
    let purposes = Arc::new(read(db).await?);
    profiles.purpose_cache().put((Arc::clone(&purposes), definitions));
    Ok(purposes)
}

async fn read<C: ConnectionTrait>(db: &C) -> Result<BTreeMap<String, DefinedPurpose>> {
    let first = built_in().into_iter().map(|purpose| DefinedPurpose { purpose, version: 0, defined: None });
    let mut all: BTreeMap<String, DefinedPurpose> =
        first.map(|defined| (defined.purpose.key.clone(), defined)).collect();
    // Of each key the last one stays: the greatest version.
    for row in purpose::Entity::find().order_by_asc(purpose::Column::Version).all(db).await? {
        all.insert(row.key.clone(), defined(row)?);
    }
    Ok(all)
}

fn defined(row: purpose::Model) -> Result<DefinedPurpose> {
    let purpose = serde_json::from_str(&row.definition).map_err(|error| Error::stored("purpose", error))?;
    Ok(DefinedPurpose { purpose, version: row.version, defined: Some((row.defined_at, row.actor)) })
}
