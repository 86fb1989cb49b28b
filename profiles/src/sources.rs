//! Sources: the origins of facts.

use std::{collections::HashMap, sync::Arc};

use entities::source;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryOrder, sea_query::OnConflict};
use uuid::Uuid;

use crate::{
    Profiles,
    error::{Error, Result},
};

/// One origin of facts.
pub type Source = source::Model;

/// Sources by id.
pub type Sources = Arc<HashMap<Uuid, Arc<Source>>>;

/// What a new source is called and how far it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    /// Short unique name of lower-case letters, digits, `-` and `_`, at most 64 characters.
    pub key: String,
    /// What people see.
    pub name: String,
    /// Connector kind, or `file`.
    pub kind: String,
    /// `crm`, `ecommerce`, `email`, `file`.
    pub category: String,
    /// The higher, the more believed.
    pub trust: i32,
}

/// How far a category of source is believed unless the administrator says otherwise, 0..100.
pub fn default_trust(category: &str) -> i32 {
    match category {
        "crm" => 60,
        "ecommerce" => 50,
        "email" => 40,
        _ => 30,
    }
}

impl Profiles {
    /// All sources by id.
    pub async fn sources(&self) -> Result<Sources> {
        if let Some(map) = self.source_cache().get() {
            return Ok(map);
        }
        let rows = source::Entity::find().order_by_asc(source::Column::Key).all(self.db()).await?;
        let map: Sources = Arc::new(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect());
        self.source_cache().put(map.clone());
        Ok(map)
    }

    /// All sources by id, these among them: read again where one is missing from memory.
    pub async fn sources_with(&self, ids: &[Uuid]) -> Result<Sources> {
        let known = self.sources().await?;
        if ids.iter().all(|id| known.contains_key(id)) {
            return Ok(known);
        }
        self.source_cache().clear();
        self.sources().await
    }

    /// The source of that id.
    pub async fn source(&self, id: Uuid) -> Result<Option<Source>> {
        Ok(self.sources_with(&[id]).await?.get(&id).map(|source| Source::clone(source)))
    }

    /// Makes sure that this source exists. An existing one keeps its name and trust.
    pub async fn ensure_source(&self, new: NewSource) -> Result<Source> {
        let id = insert(self.db(), self, new).await?;
        self.source_cache().clear();
        self.source(id).await?.ok_or_else(|| Error::NotFound { what: "source", id: id.to_string() })
    }
}

/// The key of the source that stands for Rondom itself.
const OURSELVES: &str = "rondom";

/// The source of what is said here.
pub(crate) async fn ourselves<C: ConnectionTrait>(db: &C, profiles: &Profiles) -> Result<Uuid> {
    let source = NewSource {
        key: OURSELVES.to_owned(),
        name: "Rondom".to_owned(),
        kind: OURSELVES.to_owned(),
        category: OURSELVES.to_owned(),
        trust: default_trust(OURSELVES),
    };
    write(db, profiles, source).await
}

pub(crate) async fn insert<C: ConnectionTrait>(db: &C, profiles: &Profiles, new: NewSource) -> Result<Uuid> {
    check_key(&new.key)?;
    write(db, profiles, new).await
}

async fn write<C: ConnectionTrait>(db: &C, profiles: &Profiles, new: NewSource) -> Result<Uuid> {
    let id = profiles.keys().source(&new.key);
    let row = source::Model {
        id,
        key: new.key,
        name: new.name,
        kind: new.kind,
        category: new.category,
        party: "first".to_owned(),
        trust: new.trust,
        created_at: profiles.now(),
    };
    source::Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::column(source::Column::Id).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(id)
}

fn check_key(key: &str) -> Result<()> {
    if key == OURSELVES {
        return Err(Error::invalid("key", "this one stands for what is said in Rondom itself"));
    }
    check_short_name(key)
}

/// What people call something: 1 to 100 characters that can be seen and stored, without blanks around them.
///
/// # Errors
/// [`Error::Invalid`] with the field `name`.
pub(crate) fn check_name(name: &str) -> Result<()> {
    if (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(Error::invalid("name", "expected 1 to 100 characters, and no control characters"))
    }
}

/// Refuses what is no short name such as people give to sources and segments.
pub(crate) fn check_short_name(key: &str) -> Result<()> {
    let fits = (1..=64).contains(&key.len())
        && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    if fits {
        Ok(())
    } else {
        Err(Error::invalid("key", "expected 1 to 64 lower-case letters, digits, - or _"))
    }
}
