//! Whose tokens are taken from browsers.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::settings::hidden;

/// Settings of visitors' tokens. Without a secret or a public key none that is signed is taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitorSettings {
    /// What the customer's server signs with, shared with this one: the secret, or where it stands.
    #[serde(serialize_with = "hidden")]
    pub secret: Option<SecretString>,
    /// The public half of what the customer's server signs with: in PEM, or where it stands.
    pub public_key: Option<String>,
    /// Whom a token must be for.
    pub audience: String,
    /// Whether anybody may have a token for an anonymous visitor.
    pub anonymous: bool,
}

impl Default for VisitorSettings {
    fn default() -> Self {
        Self { secret: None, public_key: None, audience: "rondom".to_owned(), anonymous: false }
    }
}
