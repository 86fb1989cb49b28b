//! What was done.

use async_graphql::SimpleObject;
use profiles::audit;

use crate::graphql::scalars::{Count, DateTime};

/// Something that somebody did, or was let to try.
#[derive(Debug, SimpleObject)]
pub(crate) struct AuditEntry {
    /// 1, 2, 3, …
    number: Count,
    /// When.
    at: DateTime,
    /// Who: the name and id of an API key or a person, or `command line`.
    actor: String,
    /// What: the name of a mutation or command.
    action: String,
    /// The ids of the objects that it named, between spaces.
    subject: Option<String>,
    /// The purpose that the key is for; null for administration.
    purpose: Option<String>,
    /// From where: the network address of the client, or of the proxy before it. Of a person's own choices a keyed hash of it:
    /// nothing is ever taken out of this log.
    origin: Option<String>,
    /// The keyed hash over it and all before it, in hexadecimal digits.
    hash: String,
}

impl From<audit::Entry> for AuditEntry {
    fn from(entry: audit::Entry) -> Self {
        let audit::Deed { actor, action, subject, purpose, origin } = entry.deed;
        let (number, at) = (entry.number.into(), DateTime(entry.at));
        Self { number, at, actor, action, subject, purpose, origin, hash: entry.hash }
    }
}
