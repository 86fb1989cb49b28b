//! What is to be done so that a destination knows what it should. Pure.

use chrono::{DateTime, Utc};
use entities::destination_member;
use uuid::Uuid;

/// What a destination is to know of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Should {
    /// Nothing.
    Out,
    /// Nothing, because another person has the same name there.
    Behind(Uuid),
    /// What comes to this hash, under this name.
    In {
        /// SHA-256 of what is sent.
        hash: Vec<u8>,
        /// Keyed hash of the name; none for the profile's id.
        handle_key: Option<Uuid>,
    },
}

impl Should {
    /// The name that it is about.
    pub(super) fn name(&self) -> Option<Uuid> {
        match self {
            Self::Out => None,
            Self::Behind(name) => Some(*name),
            Self::In { handle_key, .. } => *handle_key,
        }
    }
}

/// What a delivery does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Enter,
    Update,
    Remove,
}

impl Deed {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Enter => "enter",
            Self::Update => "update",
            Self::Remove => "remove",
        }
    }
}

/// What is to be done about one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// What waits to be put in is not sent any more.
    pub(super) supersede_in: bool,
    /// What waits to be taken out under the present name is not sent any more.
    pub(super) supersede_out: bool,
    /// What the destination has is taken out, under the name in the row.
    pub(super) remove: bool,
    /// What it should know is sent.
    pub(super) put: Option<Deed>,
    /// What is known afterwards.
    pub(super) row: Row,
}

/// What becomes of a person's row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Row {
    /// Stays as it is.
    #[default]
    Keep,
    /// The person is wanted, under the name in [`Should::In`]. Whether the destination may know them under it.
    In {
        /// See [`destination_member::Model::told`].
        told: bool,
    },
    /// The person is not wanted, and is being taken out.
    Going,
    /// The person is not wanted while another has their name.
    Behind(Uuid),
    /// Nothing is left to know.
    Gone,
}

/// The difference between what a destination was told of a person and what it should know.
pub(super) fn compare(member: Option<&destination_member::Model>, should: &Should) -> Plan {
    let Some(member) = member else {
        return match should {
            Should::Out => Plan::default(),
            Should::Behind(key) => Plan { row: Row::Behind(*key), ..Plan::default() },
            Should::In { .. } => {
                Plan { put: Some(Deed::Enter), row: Row::In { told: false }, ..Plan::default() }
            }
        };
    };
    let wanted = member.wanted.is_some();
    match should {
        Should::Out if wanted && member.told => {
            Plan { supersede_in: true, remove: true, row: Row::Going, ..Plan::default() }
        }
        Should::Out if wanted => Plan { supersede_in: true, row: Row::Gone, ..Plan::default() },
        Should::Out if !member.told => Plan { row: Row::Gone, ..Plan::default() },
        Should::Out => Plan::default(),
        Should::Behind(key) => {
            let elsewhere = member.told && wanted && member.handle_key != Some(*key);
            let row = if member.behind && !wanted && member.handle_key == Some(*key) {
                Row::Keep
            } else {
                Row::Behind(*key)
            };
            Plan { supersede_in: wanted, remove: elsewhere, row, ..Plan::default() }
        }
        Should::In { hash, handle_key } => {
            let same_name = member.handle_key == *handle_key;
            if same_name && member.wanted.as_ref() == Some(hash) {
                return Plan::default();
            }
            let told = same_name && member.told;
            let put = Some(if told && wanted { Deed::Update } else { Deed::Enter });
            let remove = !same_name && wanted && member.told;
            Plan {
                supersede_in: wanted,
                supersede_out: same_name && !wanted,
                remove,
                put,
                row: Row::In { told },
            }
        }
    }
}

/// The earlier of two instants of which each may be none.
pub(super) fn earlier(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    [one, other].into_iter().flatten().min()
}
