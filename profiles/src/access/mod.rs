//! Who may ask: keys of the API, people who signed in ([`sessions`]), and visitors of a customer's pages ([`visitor`]).
//!
//! A key is 32 random bytes in text form, shown once. Only its SHA-256 is stored: with so much entropy there is
//! nothing to guess, so a slow hash would only slow down every request.

mod cache;
mod caller;
mod sessions;
mod visitor;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entities::api_key::{self, Column};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, Set};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub(crate) use cache::KeyCache;
pub use caller::{Caller, CallerKind};
pub(crate) use sessions::Session;
pub use visitor::{ANONYMOUS, AnonymousToken, Visited, Visitor};

use crate::{
    Profiles,
    error::{Error, Result},
    sources::check_name,
};

/// What every key begins with, so that a leaked one is recognised.
const PREFIX: &str = "rk_";

/// What a key, or a person, may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, connectors and keys included.
    Admin,
    /// Read everything about customers, change nothing.
    Analyst,
    /// Read customers in order to sell to and serve them, and record what they say about the use of their data.
    Sales,
    /// A customer's own server: read single profiles in order to adapt what that person sees.
    Frontend,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Analyst, Self::Sales, Self::Frontend];

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Analyst => "analyst",
            Self::Sales => "sales",
            Self::Frontend => "frontend",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// A key as it can be listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// Public id.
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// For which purpose it reads people's data; absent for the one of its role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Arc<str>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl TryFrom<api_key::Model> for ApiKey {
    type Error = Error;

    fn try_from(row: api_key::Model) -> Result<Self> {
        let role = Role::parse(&row.role)
            .ok_or_else(|| Error::stored("API key", format!("unknown role {}", row.role)))?;
        Ok(Self {
            id: row.id,
            name: row.name,
            role,
            purpose: row.purpose.map(Into::into),
            created_at: row.created_at,
            revoked_at: row.revoked_at,
        })
    }
}

fn digest(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

impl Profiles {
    /// Makes a key, which reads people's data for a purpose; without one, for that of its role. The returned text is the
    /// only copy.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that is too short or too long, and for a purpose that no reader can have.
    pub async fn create_key(
        &self,
        name: &str,
        role: Role,
        purpose: Option<&str>,
    ) -> Result<(ApiKey, String)> {
        if let Some(key) = purpose {
            let wrong = |message: &str| Err(Error::invalid("purpose", message));
            if role == Role::Admin {
                return wrong("who administers the house reads for no purpose");
            }
            match self.purposes().await?.get(key) {
                None => return wrong("there is no such purpose"),
                Some(defined) if defined.purpose.channel.is_some() => {
                    return wrong("this one is decided for each address: ask for `consent` there");
                }
                Some(_) => {}
            }
        }
        let name = name.trim();
        check_name(name)?;
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|error| Error::Key(format!("no randomness from the system: {error}")))?;
        let key = format!("{PREFIX}{}", hex::encode(secret));
        let hash = digest(&key);
        let mut id = [0; 16];
        id.copy_from_slice(&digest(&hex::encode(&hash))[..16]);
        let row = api_key::Model {
            id: uuid::Builder::from_custom_bytes(id).into_uuid(),
            name: name.to_owned(),
            role: role.as_str().to_owned(),
            purpose: purpose.map(str::to_owned),
            hash,
            created_at: self.now(),
            revoked_at: None,
        };
        api_key::Entity::insert(row.clone().into_active_model()).exec_without_returning(self.db()).await?;
        Ok((row.try_into()?, key))
    }

    /// The key that was given, if it is one and was not taken back. A revocation holds at once in this process
    /// and within five seconds in others.
    pub async fn find_key(&self, key: &str) -> Result<Option<ApiKey>> {
        let digest = digest(key);
        let since = match self.key_cache().get(&digest) {
            Ok(key) => return Ok(Some(key)),
            Err(since) => since,
        };
        let row = api_key::Entity::find()
            .filter(Column::Hash.eq(digest.clone()))
            .filter(Column::RevokedAt.is_null())
            .one(self.db())
            .await?;
        let Some(row) = row else {
            self.key_cache().forget(&digest);
            return Ok(None);
        };
        let key: ApiKey = row.try_into()?;
        self.key_cache().put(since, digest, key.clone());
        Ok(Some(key))
    }

    /// Whether a key was in force when this process last looked for it.
    pub fn knows_key(&self, key: &str) -> bool {
        self.key_cache().knows(&digest(key))
    }

    /// All keys, newest first.
    pub async fn list_keys(&self) -> Result<Vec<ApiKey>> {
        let rows = api_key::Entity::find()
            .order_by_desc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .all(self.db())
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Whether any key works.
    pub async fn has_keys(&self) -> Result<bool> {
        Ok(api_key::Entity::find().filter(Column::RevokedAt.is_null()).count(self.db()).await? > 0)
    }

    /// Takes a key back. Returns false where there is no such key in force.
    pub async fn revoke_key(&self, id: Uuid) -> Result<bool> {
        let revoked = api_key::Entity::update_many()
            .set(api_key::ActiveModel { revoked_at: Set(Some(self.now())), ..Default::default() })
            .filter(Column::Id.eq(id))
            .filter(Column::RevokedAt.is_null())
            .exec(self.db())
            .await?;
        self.key_cache().doubt();
        Ok(revoked.rows_affected > 0)
    }
}
