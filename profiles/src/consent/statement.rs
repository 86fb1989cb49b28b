//! What was said about the use of a person's data, as far as the gate needs it.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use chrono::{DateTime, Utc};
use identity::IdentifierKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What a statement declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Refused when asked.
    Denied,
    /// Allowed once, taken back.
    Withdrawn,
    /// Ended, as its source says.
    Expired,
    /// Asked, and not yet confirmed (double opt-in).
    Pending,
    /// Allowed.
    Granted,
    /// Nothing any more: the source takes back what it said before.
    Unstated,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Denied, Self::Withdrawn, Self::Expired, Self::Pending, Self::Granted, Self::Unstated];

    /// The name in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Pending => "pending",
            Self::Granted => "granted",
            Self::Unstated => "unstated",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// An e-mail address or a telephone number, in its normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ContactPoint {
    /// `email` or `phone`.
    pub kind: IdentifierKind,
    /// The address or number.
    pub value: String,
}

impl ContactPoint {
    /// The contact point that an identifier is, if it is one.
    pub(crate) fn of(kind: &str, value: &str) -> Option<Self> {
        let kind = IdentifierKind::parse(kind)?;
        let reaches = matches!(kind, IdentifierKind::Email | IdentifierKind::Phone);
        reaches.then(|| Self { kind, value: value.to_owned() })
    }
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Statement {
    /// Follows from its content.
    pub id: Uuid,
    /// The source identity of whom it is.
    pub identity: Uuid,
    /// Who reported it.
    pub source: Uuid,
    /// The key of the purpose.
    pub purpose: String,
    /// What was said.
    pub status: Status,
    /// When it was said; `None` where the source does not know.
    pub stated_at: Option<DateTime<Utc>>,
    /// When the source was last heard to say it.
    pub last_seen: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// The contact point that it names.
    pub point: Option<ContactPoint>,
    /// The contact points that its source identity carries: what a yes means that names none.
    pub carried: BTreeSet<ContactPoint>,
    /// Whether it stands as express written consent: see [`is_written`].
    pub written: bool,
}

/// The ways of collecting consent by which a person puts it in writing.
const WRITTEN: [&str; 8] =
    ["form", "web_form", "checkout", "double_opt_in", "keyword", "paper", "preference_centre", "signature"];

/// Whether what was collected in this way, and is proved by a notice or by anything (form, address hash, recording …), is
/// express written consent: for marketing by text message the law of the United States asks for no less (47 CFR
/// 64.1200(f)(9)).
pub fn is_written(method: Option<&str>, notice: Option<&str>, evidence: &Map<String, Value>) -> bool {
    let is_proved = notice.is_some_and(|notice| !notice.trim().is_empty()) || evidence.values().any(tells);
    is_proved && method.is_some_and(|method| WRITTEN.contains(&method))
}

/// Whether there is anything in it: a field that was left empty proves nothing.
fn tells(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => items.iter().any(tells),
        Value::Object(fields) => fields.values().any(tells),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

/// Those of these statements that may count at any time: of what one source said of one thing, the newest and, of what
/// it said undated, what it was last heard to say. In a fixed order.
pub fn telling(statements: impl IntoIterator<Item = Statement>) -> Vec<Statement> {
    let mut last: BTreeMap<_, Vec<Statement>> = BTreeMap::new();
    for statement in statements {
        // A yes without a contact point is not about the same as a no without one: see `is_about`.
        let thing = (statement.purpose.clone(), statement.point.clone(), statement.status == Status::Granted);
        // A refusal that ends takes nothing's place for ever.
        let ends = statement.expires_at.filter(|_| statement.is_refusal());
        let voice = (statement.identity, statement.source, statement.stated_at.is_some(), ends);
        let instant = |statement: &Statement| statement.stated_at.unwrap_or(statement.last_seen);
        let kept = last.entry((thing, voice)).or_default();
        match kept.first().map(|first| instant(&statement).cmp(&instant(first))) {
            Some(Ordering::Less) => {}
            Some(Ordering::Equal) => kept.push(statement),
            Some(Ordering::Greater) | None => *kept = vec![statement],
        }
    }
    let mut all: Vec<Statement> = last.into_values().flatten().collect();
    all.sort();
    all.dedup();
    all
}

impl Statement {
    fn is_refusal(&self) -> bool {
        matches!(self.status, Status::Denied | Status::Withdrawn)
    }

    /// Whether it was a refusal and was ended, as only a request that was lifted ends one: then it is as if it had not been
    /// said.
    pub(super) fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.is_refusal() && self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it is about this contact point. A refusal that names none is about all of them.
    pub(super) fn is_about(&self, point: &ContactPoint) -> bool {
        match &self.point {
            Some(named) => named == point,
            None => self.status != Status::Granted || self.carried.contains(point),
        }
    }
}
