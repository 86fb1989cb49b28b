//! Sessions of people who signed in at an identity provider.
//!
//! A session is 32 random bytes, kept by the browser; only its SHA-256 is stored. It stands in a table, and not in the
//! cookie alone, so that signing out ends it for whoever holds a copy. Of the person there is a name, a role and a keyed
//! hash; nothing that the provider said beyond that is kept.

use chrono::{DateTime, TimeDelta, Utc};
use entities::session::{self, Column};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, Set};
use secrecy::SecretString;

use super::{Caller, CallerKind, Role, digest};
use crate::{
    Profiles,
    error::{Error, Result},
};

/// How long a session lasts at most.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// How long a session lasts without being used.
const IDLE: TimeDelta = TimeDelta::hours(8);
/// How exactly it is known when a session was last used. A statement is spared for every request in between.
const GRAIN: TimeDelta = TimeDelta::minutes(5);
/// What the keeping of an unfinished sign-in is sealed for.
const SIGN_IN: &[u8] = b"sign-in";

/// A session in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    caller: Caller,
    expires_at: DateTime<Utc>,
    last_seen: DateTime<Utc>,
}

impl Session {
    fn holds(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at && now < self.last_seen + IDLE
    }
}

impl TryFrom<session::Model> for Session {
    type Error = Error;

    fn try_from(row: session::Model) -> Result<Self> {
        let role = Role::parse(&row.role)
            .ok_or_else(|| Error::stored("session", format!("unknown role {}", row.role)))?;
        let caller = Caller { name: row.name, role, purpose: None, kind: CallerKind::Person, id: row.person };
        Ok(Self { caller, expires_at: row.expires_at, last_seen: row.last_seen })
    }
}

impl Profiles {
    /// The person of that name at that identity provider. The id is the same at every sign-in, and without the
    /// installation's secret it cannot be told whose it is.
    pub fn person(&self, issuer: &str, subject: &str, name: &str, role: Role) -> Caller {
        let id = self.keys().signed_in(issuer, subject);
        Caller { name: name.to_owned(), role, purpose: None, kind: CallerKind::Person, id }
    }

    /// Lets a person in. The returned text is the only copy of the session's secret.
    pub async fn open_session(&self, person: &Caller) -> Result<SecretString> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|error| Error::Key(format!("no randomness from the system: {error}")))?;
        let secret = hex::encode(secret);
        let now = self.now();
        let over = Condition::any().add(Column::ExpiresAt.lte(now)).add(Column::LastSeen.lte(now - IDLE));
        session::Entity::delete_many().filter(over).exec(self.db()).await?;
        let row = session::Model {
            hash: digest(&secret),
            person: person.id,
            name: person.name.clone(),
            role: person.role.as_str().to_owned(),
            created_at: now,
            expires_at: now + LONGEST,
            last_seen: now,
            revoked_at: None,
        };
        session::Entity::insert(row.into_active_model()).exec_without_returning(self.db()).await?;
        Ok(secret.into())
    }

    /// Whose session that is, if it is one and holds. It ends 24 hours after the sign-in, after 8 hours without use, and
    /// at the sign-out: at once in this process, within five seconds in others.
    pub async fn find_session(&self, secret: &str) -> Result<Option<Caller>> {
        let (now, digest) = (self.now(), digest(secret));
        let since = match self.session_cache().get(&digest) {
            // Otherwise it has ended, or its use is to be written down.
            Ok(session) if session.holds(now) && now < session.last_seen + GRAIN => {
                return Ok(Some(session.caller));
            }
            Ok(_) => self.session_cache().since(),
            Err(since) => since,
        };
        let row = session::Entity::find()
            .filter(Column::Hash.eq(digest.clone()))
            .filter(Column::RevokedAt.is_null())
            .one(self.db())
            .await?;
        let session = row.map(Session::try_from).transpose()?.filter(|session| session.holds(now));
        let Some(mut session) = session else {
            self.session_cache().forget(&digest);
            return Ok(None);
        };
        if session.last_seen + GRAIN <= now {
            session.last_seen = now;
            session::Entity::update_many()
                .set(session::ActiveModel { last_seen: Set(now), ..Default::default() })
                .filter(Column::Hash.eq(digest.clone()))
                .exec(self.db())
                .await?;
        }
        self.session_cache().put(since, digest, session.clone());
        Ok(Some(session.caller))
    }

    /// Whether a session held when this process last looked for it.
    pub fn knows_session(&self, secret: &str) -> bool {
        self.session_cache().knows(&digest(secret))
    }

    /// Ends a session. Returns false where there is none that holds.
    pub async fn end_session(&self, secret: &str) -> Result<bool> {
        let ended = session::Entity::update_many()
            .set(session::ActiveModel { revoked_at: Set(Some(self.now())), ..Default::default() })
            .filter(Column::Hash.eq(digest(secret)))
            .filter(Column::RevokedAt.is_null())
            .exec(self.db())
            .await?;
        self.session_cache().doubt();
        Ok(ended.rows_affected > 0)
    }

    /// Encrypts what a browser keeps while its person is at the identity provider.
    pub fn seal_sign_in(&self, sign_in: &[u8]) -> Result<Vec<u8>> {
        self.keys().seal(SIGN_IN, sign_in)
    }

    /// Decrypts what [`Profiles::seal_sign_in`] made.
    pub fn open_sign_in(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        self.keys().open(SIGN_IN, sealed)
    }
}
