//! Preference links: an address under which one person sees and changes what they allow, for a while.
//!
//! A link is its own proof. It says which profile and until when, sealed with HMAC-SHA256 under a key of its own, so
//! nothing is stored and nothing can be guessed. It names a profile by an id that tells nothing about anybody, and goes
//! on naming the person when profiles merge. Whoever holds it may choose for the person: it must never let them read
//! more than those choices, and cannot be called back before it ends.

use std::ops::RangeInclusive;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Reader;
use crate::{
    Keys, Profiles,
    error::{Error, Result},
    view::read::ProfileRef,
};

/// How a link is written: the version, 16 bytes of id, 4 of seconds since 1970 (good until 2106), and the seal.
const VERSION: u8 = 1;
const SAID: usize = 1 + 16 + 4;
/// Half of the hash: what RFC 2104 asks for at least.
const SEAL: usize = 16;
/// How long a link may be good for. Longer than a year, so that a yearly letter can carry one.
const LIVES: RangeInclusive<TimeDelta> = TimeDelta::minutes(1)..=TimeDelta::days(400);
/// How long a link is good for, unless somebody says otherwise.
pub const LINK_LIFE: TimeDelta = TimeDelta::days(30);

/// A link that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferenceLink {
    /// What stands in the address: letters, digits, `-` and `_`. Whoever has it may choose for the person.
    pub token: String,
    /// The profile.
    pub profile: Uuid,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// A link that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The profile, by an id that was its own when the link was made.
    pub profile: Uuid,
    /// When the link ends.
    pub expires_at: DateTime<Utc>,
}

/// Why a link does not open anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkRefusal {
    /// It was not made here, or it was changed.
    Forged,
    /// It was made here and has ended.
    Expired,
}

impl Profiles {
    /// Makes a link for a person.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such profile; [`Error::Invalid`] for a life shorter than a minute or longer
    /// than 400 days.
    pub async fn preference_link(
        &self,
        reader: &Reader,
        profile: Uuid,
        life: TimeDelta,
    ) -> Result<PreferenceLink> {
        if !LIVES.contains(&life) {
            return Err(Error::invalid("validForMinutes", "expected 1 to 576,000 minutes (400 days)"));
        }
        let Some(found) = self.profile(reader, &ProfileRef::Id(profile)).await? else {
            return Err(Error::NotFound { what: "profile", id: profile.to_string() });
        };
        written(self.keys(), found.id, self.now() + life)
    }

    /// What a link says, if it was made here and has not ended.
    pub fn open_link(&self, token: &str) -> std::result::Result<Opened, LinkRefusal> {
        read(self.keys(), token, self.now())
    }
}

fn written(keys: &Keys, profile: Uuid, end: DateTime<Utc>) -> Result<PreferenceLink> {
    let seconds = u32::try_from(end.timestamp())
        .map_err(|_| Error::invalid("validForMinutes", "no link can last beyond the year 2105"))?;
    let mut bytes = vec![VERSION];
    bytes.extend(profile.as_bytes());
    bytes.extend(seconds.to_be_bytes());
    bytes.extend(&keys.seal_link(&bytes)[..SEAL]);
    let expires_at = instant(seconds);
    Ok(PreferenceLink { token: BASE64_URL_SAFE_NO_PAD.encode(bytes), profile, expires_at })
}

fn read(keys: &Keys, token: &str, now: DateTime<Utc>) -> std::result::Result<Opened, LinkRefusal> {
    let forged = LinkRefusal::Forged;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| forged)?;
    let (said, seal) =
        bytes.split_first_chunk::<SAID>().filter(|(_, seal)| seal.len() == SEAL).ok_or(forged)?;
    // Before anything that it says is looked at.
    if !keys.is_sealed_link(said, seal) {
        return Err(forged);
    }
    let [VERSION, said @ ..] = said else { return Err(forged) };
    let (profile, seconds) = said.split_first_chunk::<16>().ok_or(forged)?;
    let seconds = u32::from_be_bytes(seconds.try_into().map_err(|_| forged)?);
    let expires_at = instant(seconds);
    if expires_at <= now {
        return Err(LinkRefusal::Expired);
    }
    Ok(Opened { profile: Uuid::from_bytes(*profile), expires_at })
}

fn instant(seconds: u32) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(0x0123_4567_89ab_8def_8123_4567_89ab_cdef);

    fn keys() -> Keys {
        Keys::new(&[7; 32])
    }

    fn end() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    fn token() -> String {
        written(&keys(), ID, end()).unwrap().token
    }

    #[test]
    fn a_link_says_whom_it_is_for_until_its_end() {
        let before = end() - TimeDelta::seconds(1);
        assert_eq!(read(&keys(), &token(), before), Ok(Opened { profile: ID, expires_at: end() }));
        assert_eq!(read(&keys(), &token(), end()), Err(LinkRefusal::Expired));
        assert_eq!(token().len(), 50, "it stays short");
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(token().chars().all(fits), "it needs no escapes");
    }

    #[test]
    fn a_byte_that_was_changed_anywhere_makes_a_forgery_before_and_after_the_end() {
        let good = token();
        for now in [end() - TimeDelta::days(1), end() + TimeDelta::days(1)] {
            for place in 0..good.len() {
                for other in ['A', 'b', '7', '_', '=', '%'] {
                    let mut changed: Vec<char> = good.chars().collect();
                    if changed[place] == other {
                        continue;
                    }
                    changed[place] = other;
                    let changed: String = changed.into_iter().collect();
                    assert_eq!(read(&keys(), &changed, now), Err(LinkRefusal::Forged), "{place} {other}");
                }
            }
        }
    }

    #[test]
    fn another_key_length_or_version_makes_a_forgery() {
        let (good, now) = (token(), end() - TimeDelta::days(1));
        assert_eq!(read(&Keys::new(&[8; 32]), &good, now), Err(LinkRefusal::Forged));
        for wrong in ["", "A", &good[..49], &format!("{good}A"), &format!("{good}AA"), &good.repeat(2), "é"]
        {
            assert_eq!(read(&keys(), wrong, now), Err(LinkRefusal::Forged), "{wrong}");
        }
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(&good).unwrap();
        bytes.truncate(SAID);
        bytes[0] = 2;
        let seal = keys().seal_link(&bytes);
        bytes.extend(&seal[..SEAL]);
        let next = BASE64_URL_SAFE_NO_PAD.encode(&bytes);
        assert_eq!(read(&keys(), &next, now), Err(LinkRefusal::Forged), "sealed, and of a version to come");
        bytes.truncate(SAID + SEAL - 1);
        let short = BASE64_URL_SAFE_NO_PAD.encode(&bytes);
        assert_eq!(read(&keys(), &short, now), Err(LinkRefusal::Forged), "a shorter seal is easier to guess");
    }
}
