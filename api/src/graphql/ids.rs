//! Global ids: the name of a type, a colon, and the key within it. Clients take them as they are.

use std::fmt::Display;

use async_graphql::{ID, Result};
use uuid::Uuid;

use super::error::bad_input;

/// The types that have a global id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Profile,
    SourceIdentity,
    Order,
    Product,
    Company,
    Account,
    Household,
    Deal,
    Decision,
    ActionDecision,
    MatchCandidate,
    Source,
    Connector,
    SyncRun,
    RejectedRecord,
    ApiKey,
    SubjectRequest,
    Segment,
    WriteKey,
    Destination,
    Training,
}

impl Kind {
    pub(super) const ALL: [Self; 21] = [
        Self::Profile,
        Self::SourceIdentity,
        Self::Order,
        Self::Product,
        Self::Company,
        Self::Account,
        Self::Household,
        Self::Deal,
        Self::Decision,
        Self::ActionDecision,
        Self::MatchCandidate,
        Self::Source,
        Self::Connector,
        Self::SyncRun,
        Self::RejectedRecord,
        Self::ApiKey,
        Self::SubjectRequest,
        Self::Segment,
        Self::WriteKey,
        Self::Destination,
        Self::Training,
    ];

    /// The name of the type.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Profile => "Profile",
            Self::SourceIdentity => "SourceIdentity",
            Self::Order => "Order",
            Self::Product => "Product",
            Self::Company => "Company",
            Self::Account => "Account",
            Self::Household => "Household",
            Self::Deal => "Deal",
            Self::Decision => "Decision",
            Self::ActionDecision => "ActionDecision",
            Self::MatchCandidate => "MatchCandidate",
            Self::Source => "Source",
            Self::Connector => "Connector",
            Self::SyncRun => "SyncRun",
            Self::RejectedRecord => "RejectedRecord",
            Self::ApiKey => "ApiKey",
            Self::SubjectRequest => "SubjectRequest",
            Self::Segment => "Segment",
            Self::WriteKey => "WriteKey",
            Self::Destination => "Destination",
            Self::Training => "Training",
        }
    }
}

/// The key of an object within its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Uuid(Uuid),
    Number(i64),
    Name(String),
}

/// Writes a global id.
pub(super) fn id(kind: Kind, key: impl Display) -> ID {
    ID(format!("{}:{key}", kind.name()))
}

/// Reads the global id in an argument.
pub(super) fn read(argument: &str, id: &ID) -> Result<(Kind, Key)> {
    let parts = id.split_once(':').and_then(|(name, key)| {
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name)?;
        let key = match kind {
            Kind::SyncRun | Kind::RejectedRecord => Key::Number(key.parse().ok()?),
            Kind::Segment => Key::Name((!key.is_empty() && key.len() <= 64).then(|| key.to_owned())?),
            _ => Key::Uuid(key.parse().ok()?),
        };
        Some((kind, key))
    });
    parts.ok_or_else(|| bad_input(format!("{argument}: this is no id; pass one on as you received it")))
}

/// Reads the id of an object of one of these types, whose keys are UUIDs.
pub(super) fn expect(argument: &str, id: &ID, kinds: &[Kind]) -> Result<Uuid> {
    match read(argument, id)? {
        (kind, Key::Uuid(key)) if kinds.contains(&kind) => Ok(key),
        (kind, _) => {
            let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
            let (expected, found) = (names.join(" or "), kind.name());
            Err(bad_input(format!("{argument}: expected the id of a {expected}; this is one of a {found}")))
        }
    }
}

/// The key of a profile, or of a source identity, that a text names.
pub(crate) fn profile_id(text: &str) -> Option<Uuid> {
    expect("profile", &ID(text.to_owned()), &[Kind::Profile, Kind::SourceIdentity]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_it_went_out() {
        for kind in Kind::ALL {
            let (text, key) = match kind {
                Kind::SyncRun | Kind::RejectedRecord => (id(kind, 42), Key::Number(42)),
                Kind::Segment => (id(kind, "vip"), Key::Name("vip".to_owned())),
                _ => (id(kind, Uuid::from_u128(7)), Key::Uuid(Uuid::from_u128(7))),
            };
            assert_eq!(read("id", &text).unwrap(), (kind, key));
        }
    }

    #[test]
    fn what_is_no_id_is_told_so_and_nothing_of_it_repeated() {
        for text in [
            "",
            "Profile",
            "Profile:",
            "Profile:7",
            "profile:00000000-0000-0000-0000-000000000007",
            "SyncRun:x",
        ] {
            let error = read("id", &ID(text.to_owned())).unwrap_err();
            assert_eq!(error.message, "id: this is no id; pass one on as you received it");
        }
        let error = expect("by.id", &id(Kind::Order, Uuid::nil()), &[Kind::Profile]).unwrap_err();
        assert_eq!(error.message, "by.id: expected the id of a Profile; this is one of a Order");
    }
}
