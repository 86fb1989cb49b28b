//! Who asks, whichever way they came.

use std::sync::Arc;

use uuid::Uuid;

use super::{ApiKey, Role, Visitor};

/// An API key, a person or a visitor, with what they have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What the key is for, or what the person is called.
    pub name: String,
    /// What the caller may do.
    pub role: Role,
    /// For which purpose the caller reads people's data; `None` for the one of the role.
    pub purpose: Option<Arc<str>>,
    /// Which of them it is.
    pub kind: CallerKind,
    /// The id of the key, of the person or of the visitor.
    pub id: Uuid,
}

/// What a caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerKind {
    /// An API key.
    ApiKey,
    /// A person who signed in.
    Person,
    /// A visitor of a customer's page, who may read of this one alone.
    Visitor(Visitor),
}

impl Caller {
    /// The caller as the audit log names it: `web (ApiKey:…)`.
    pub fn actor(&self) -> String {
        let kind = match &self.kind {
            CallerKind::ApiKey => "ApiKey",
            CallerKind::Person => "Person",
            CallerKind::Visitor(_) => "Visitor",
        };
        format!("{} ({kind}:{})", self.name, self.id)
    }
}

impl From<ApiKey> for Caller {
    fn from(key: ApiKey) -> Self {
        Self { name: key.name, role: key.role, purpose: key.purpose, kind: CallerKind::ApiKey, id: key.id }
    }
}
