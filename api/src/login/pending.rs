//! A sign-in that is under way: what the browser keeps while its person is at the identity provider.
//!
//! It is sealed with the installation's secret, so that nobody can read or make one, and it is what binds the answer of
//! the provider to the browser that asked.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use profiles::Profiles;
use serde::{Deserialize, Serialize};
use url::Url;

/// How long a person may take to sign in.
pub(super) const LIMIT: TimeDelta = TimeDelta::minutes(10);

/// What was agreed when the sign-in began.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    /// What the answer must repeat.
    pub(super) state: String,
    /// What the ID token must repeat.
    pub(super) nonce: String,
    /// What proves, when the code is exchanged, that this server asked for it (PKCE).
    pub(super) verifier: String,
    /// Where the person is sent in the end.
    pub(super) return_to: Url,
    /// When it began.
    pub(super) began: DateTime<Utc>,
}

impl Pending {
    /// As a cookie's value.
    pub(super) fn seal(&self, profiles: &Profiles) -> anyhow::Result<String> {
        let sealed = profiles.seal_sign_in(&serde_json::to_vec(self)?)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// From a cookie's value; `None` if it is none of ours, or too old.
    pub(super) fn open(profiles: &Profiles, cookie: &str) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let pending: Self = serde_json::from_slice(&profiles.open_sign_in(&sealed).ok()?).ok()?;
        (profiles.now() < pending.began + LIMIT).then_some(pending)
    }
}
