use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of values by which a source identity can be recognised.
///
/// The order is the order of declaration and is part of the canonical form of links: add new kinds at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// An e-mail address.
    Email,
    /// A phone number in E.164 form.
    Phone,
    /// The id under which a person logs in somewhere.
    UserId,
    /// A device or installation.
    Device,
    /// A visitor who did not say who they are.
    AnonymousId,
    /// The key that another source gave to the person, such as a shop's customer number kept in a CRM.
    CrossSource,
    /// The source identity as which a visitor logged in. Said in so many words, it is no matter of weights.
    Login,
}

impl IdentifierKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 7] = [
        Self::Email,
        Self::Phone,
        Self::UserId,
        Self::Device,
        Self::AnonymousId,
        Self::CrossSource,
        Self::Login,
    ];

    /// The name in configuration, storage and on the wire: `email`, `user_id` and so on.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::UserId => "user_id",
            Self::Device => "device",
            Self::AnonymousId => "anonymous_id",
            Self::CrossSource => "cross_source",
            Self::Login => "login",
        }
    }

    /// Whether its values are ids of source identities, each of which carries its own.
    pub const fn names(self) -> bool {
        matches!(self, Self::CrossSource | Self::Login)
    }

    /// The kind of that name, exactly as [`as_str`](Self::as_str) writes it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::IdentifierKind;

    #[test]
    fn names_are_the_same_in_code_and_in_configuration() {
        for kind in IdentifierKind::ALL {
            assert_eq!(IdentifierKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!(IdentifierKind::parse("Email"), None);
    }
}
