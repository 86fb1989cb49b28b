//! How people sign in: the identity provider and what its groups may do here.

use std::collections::BTreeMap;

use profiles::access::Role;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::settings::hidden;

/// Settings of the sign-in by OpenID Connect. Without an issuer nobody signs in, and API keys are the only way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// The identity provider, exactly as it names itself.
    pub issuer: Option<String>,
    /// What this server is called there.
    pub client_id: Option<String>,
    /// What this server proves itself with there: the secret, or where it stands.
    #[serde(serialize_with = "hidden")]
    pub client_secret: Option<SecretString>,
    /// What is asked for beyond `openid`.
    pub scopes: Vec<String>,
    /// The claim of the ID token that lists a person's groups.
    pub groups_claim: String,
    /// What the members of a group may do.
    pub roles: BTreeMap<String, PersonRole>,
}

/// What a person may do: every role but that of a customer's own server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonRole {
    /// Everything.
    Admin,
    /// Read everything, change nothing.
    Analyst,
    /// Read customers and record what they allow.
    Sales,
}

impl From<PersonRole> for Role {
    fn from(role: PersonRole) -> Self {
        match role {
            PersonRole::Admin => Self::Admin,
            PersonRole::Analyst => Self::Analyst,
            PersonRole::Sales => Self::Sales,
        }
    }
}

impl Default for OidcSettings {
    fn default() -> Self {
        Self {
            issuer: None,
            client_id: None,
            client_secret: None,
            scopes: vec!["profile".to_owned()],
            groups_claim: "groups".to_owned(),
            roles: BTreeMap::new(),
        }
    }
}

impl OidcSettings {
    /// The highest role that any of these groups has.
    pub fn role<'a>(&self, groups: impl IntoIterator<Item = &'a str>) -> Option<Role> {
        // Roles are ordered from the one that may do most.
        groups.into_iter().filter_map(|group| self.roles.get(group)).map(|role| Role::from(*role)).min()
    }

    /// The rules between these settings, as (setting, what is wrong).
    pub(super) fn check(&self, public_url: Option<&Url>) -> Result<(), (&'static str, String)> {
        let wrong = |name, reason: &str| Err((name, reason.to_owned()));
        let Some(issuer) = &self.issuer else {
            if self.client_id.is_some() || !self.roles.is_empty() {
                return wrong("oidc.issuer", "is missing, while other settings of `oidc` are there");
            }
            return Ok(());
        };
        if !Url::parse(issuer).is_ok_and(|url| connectors::http::is_safe_place(&url)) {
            return wrong("oidc.issuer", "must begin with `https://` (`http://` for this machine only)");
        }
        if self.client_id.as_ref().is_none_or(String::is_empty) {
            return wrong(
                "oidc.client_id",
                "is missing: what this server is called at the identity provider",
            );
        }
        if self.roles.is_empty() {
            return wrong(
                "oidc.roles",
                "is missing: without a group that has a role nobody gets in; for example \
                 `[oidc.roles]` and `\"cdp-admins\" = \"admin\"`",
            );
        }
        match public_url {
            None => wrong(
                "public_url",
                "is missing: the identity provider must know where to send people back to",
            ),
            Some(url) if !connectors::http::is_safe_place(url) => wrong(
                "public_url",
                "must begin with `https://` where people sign in (`http://` for this machine only)",
            ),
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_role_of_all_groups_counts() {
        let roles = [("a", PersonRole::Sales), ("b", PersonRole::Admin), ("c", PersonRole::Analyst)];
        let roles = roles.into_iter().map(|(group, role)| (group.to_owned(), role)).collect();
        let settings = OidcSettings { roles, ..OidcSettings::default() };
        assert_eq!(settings.role(["x", "a", "c"]), Some(Role::Analyst));
        assert_eq!(settings.role(["a", "b"]), Some(Role::Admin));
        assert_eq!(settings.role(["A", "a "]), None);
        assert_eq!(settings.role([]), None);
    }
}
