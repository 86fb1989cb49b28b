//! Visitors of a customer's pages: whose profile a token is for, and tokens for visitors whom nobody knows yet.
//!
//! A token for an anonymous visitor is its own proof, as a preference link is: version, visitor and end under HMAC-SHA256
//! with a key of its own; nothing is stored. It is worth what the visitor's own source identity says, and nothing once
//! that is part of somebody: whoever says who they are without a signature must not read what is known of whom they name.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use connectors::canonical::visitor_id;
use entities::source_identity;
use identity::IdentifierKind;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use secrecy::SecretString;
use uuid::Uuid;

use super::{Caller, CallerKind, Role};
use crate::{
    Keys, Profiles,
    consent::Reader,
    error::{Error, Result},
    view::{
        document::ProfileIdentifier,
        read::{Profile, ProfileRef, json},
    },
};

/// What a token for an anonymous visitor begins with.
pub const ANONYMOUS: &str = "rv_";
/// How long such a token lasts.
const LIFE: TimeDelta = TimeDelta::hours(1);
/// For how long after its end a token still proves whose it was: as long as browsers keep what they are told to.
const RENEWED: TimeDelta = TimeDelta::days(400);
const VERSION: u8 = 1;
/// Version, visitor and end; then half of HMAC-SHA256.
const SAID: usize = 1 + 16 + 4;
const SEAL: usize = 16;

/// Whose profile a visitor may read of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visitor {
    /// The customer's own server signed who it is.
    Signed(ProfileRef),
    /// Nobody said who it is: the id that this server made up.
    Anonymous(String),
}

/// A token for an anonymous visitor.
#[derive(Debug, Clone)]
pub struct AnonymousToken {
    /// The visitor's id, under which the page tells what the visitor does.
    pub visitor: String,
    /// The token.
    pub token: SecretString,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Whom a visitor was found to be.
#[derive(Debug, Clone)]
pub enum Visited {
    /// Nobody is known of that name.
    Nobody,
    /// More is known than the visitor's token proves a right to.
    Joined,
    /// This person, as far as they allow it.
    Found(Box<Profile>),
}

impl Profiles {
    /// The caller that a visitor is. Reads as a customer's own server does, and only of one.
    pub fn visitor(&self, visitor: Visitor) -> Caller {
        let id = self.keys().visitor(&format!("{visitor:?}"));
        Caller {
            name: "visitor".to_owned(),
            role: Role::Frontend,
            purpose: None,
            kind: CallerKind::Visitor(visitor),
            id,
        }
    }

    /// Makes up a visitor, with a token for an hour.
    pub fn anonymous_visitor(&self) -> Result<AnonymousToken> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)
            .map_err(|error| Error::Key(format!("no randomness from the system: {error}")))?;
        self.anonymous_token(id)
    }

    /// Another token for the visitor of a token that was made here within the last 400 days.
    pub fn renewed_visitor(&self, token: &str) -> Option<Result<AnonymousToken>> {
        let (id, end) = unsealed(self.keys(), token)?;
        (self.now() < end + RENEWED).then(|| self.anonymous_token(id))
    }

    fn anonymous_token(&self, id: [u8; 16]) -> Result<AnonymousToken> {
        let end = u32::try_from((self.now() + LIFE).timestamp())
            .map_err(|_| Error::Key("no token can last beyond the year 2105".to_owned()))?;
        let mut bytes = vec![VERSION];
        bytes.extend(id);
        bytes.extend(end.to_be_bytes());
        bytes.extend(&self.keys().seal_visitor(&bytes)[..SEAL]);
        let token = format!("{ANONYMOUS}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
        Ok(AnonymousToken { visitor: named(id), token: token.into(), expires_at: instant(end) })
    }

    /// The visitor of a token that was made here, and when it ends; also of one that has ended.
    pub fn open_anonymous(&self, token: &str) -> Option<(Visitor, DateTime<Utc>)> {
        opened(self.keys(), token)
    }

    /// What a visitor may read of.
    pub async fn visited(&self, reader: &Reader, visitor: &Visitor) -> Result<Visited> {
        let (by, anonymous) = match visitor {
            Visitor::Signed(by) => (by.clone(), None),
            Visitor::Anonymous(id) => {
                (ProfileRef::Identifier(IdentifierKind::AnonymousId, id.clone()), Some(id))
            }
        };
        let Some(row) = self.profile_row(&by).await? else { return Ok(Visited::Nobody) };
        if let Some(id) = anonymous {
            let carried: Vec<ProfileIdentifier> = json("identifiers", &row.identifiers)?;
            let own = |one: &ProfileIdentifier| {
                one.kind == IdentifierKind::AnonymousId.as_str() && one.value == *id
            };
            let members = source_identity::Entity::find()
                .filter(source_identity::Column::ProfileId.eq(row.id))
                .limit(2)
                .all(self.db())
                .await?;
            let own_keys = [id.clone(), visitor_id(id)];
            let alone = matches!(members.as_slice(), [one] if own_keys.contains(&one.external_id));
            if !alone || !carried.iter().all(own) {
                return Ok(Visited::Joined);
            }
        }
        let gate = self.gate(reader).await?;
        Ok(Visited::Found(Box::new(Profile::read(row, &gate)?)))
    }
}

fn named(id: [u8; 16]) -> String {
    format!("rv-{}", Uuid::from_bytes(id).simple())
}

fn opened(keys: &Keys, token: &str) -> Option<(Visitor, DateTime<Utc>)> {
    unsealed(keys, token).map(|(id, end)| (Visitor::Anonymous(named(id)), end))
}

fn unsealed(keys: &Keys, token: &str) -> Option<([u8; 16], DateTime<Utc>)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.strip_prefix(ANONYMOUS)?).ok()?;
    let (said, seal) = bytes.split_first_chunk::<SAID>().filter(|(_, seal)| seal.len() == SEAL)?;
    // Before anything that it says is looked at.
    if !keys.is_sealed_visitor(said, seal) {
        return None;
    }
    let [VERSION, said @ ..] = said else { return None };
    let (id, end) = said.split_first_chunk::<16>()?;
    let end = u32::from_be_bytes(end.try_into().ok()?);
    Some((*id, instant(end)))
}

fn instant(seconds: u32) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KEY_LEN;

    #[test]
    fn a_token_that_was_changed_anywhere_or_made_elsewhere_is_none() {
        let keys = Keys::new(&[7; KEY_LEN]);
        let mut bytes = vec![VERSION];
        bytes.extend([9; 16]);
        bytes.extend(1_800_000_000_u32.to_be_bytes());
        bytes.extend(&keys.seal_visitor(&bytes)[..SEAL]);
        let token = |bytes: &[u8]| format!("{ANONYMOUS}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
        let (visitor, end) = opened(&keys, &token(&bytes)).unwrap();
        assert_eq!((visitor, end.timestamp()), (Visitor::Anonymous(named([9; 16])), 1_800_000_000));
        for place in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[place] ^= 1;
            assert_eq!(opened(&keys, &token(&forged)), None, "{place}");
        }
        assert_eq!(opened(&Keys::new(&[8; KEY_LEN]), &token(&bytes)), None);
        assert_eq!(opened(&keys, &token(&bytes[..SAID])), None);
        assert_eq!(opened(&keys, &token(&[bytes.as_slice(), &[0]].concat())), None);
        assert_eq!(opened(&keys, "rv_"), None);
    }
}
