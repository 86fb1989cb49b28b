//! What a person can choose themselves, and what a yes or a no of theirs comes to.
//!
//! A choice is a purpose in which the person has a say, at one of their addresses or numbers where it has a channel.
//! This room must never judge whether data may be used: that is [`super::decide()`]'s.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Decision, DefinedPurpose, Ground, NewStatement, Refusal, Statement, Status, decide,
    statement::ContactPoint,
};
use crate::{Profiles, error::Result, view::read::Profile};

/// How these statements are collected; see [`super::is_written`].
pub(super) const METHOD: &str = "preference_centre";

/// Something that a person can say yes or no to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// A name for it that tells nobody the address or number, and is always the same.
    pub name: String,
    /// What for.
    pub purpose: DefinedPurpose,
    /// At which address or number; `None` where it is about the whole person.
    pub point: Option<ContactPoint>,
    /// Whether the data may be used now.
    pub decision: Decision,
}

impl Choice {
    /// What the person has said to it, as far as that holds: yes, no or nothing.
    pub fn said(&self) -> Option<bool> {
        answer(&self.decision)
    }

    /// Whether this answer changes anything.
    pub fn is_changed_by(&self, yes: bool) -> bool {
        self.said() != Some(yes)
    }

    /// Whether one of these source identities would, by itself, not be taken to have said no: whoever is parted from the
    /// others some day keeps only what was said for them.
    pub fn is_open_to_any(&self, members: &[Uuid], said: &[Statement], now: DateTime<Utc>) -> bool {
        members.iter().any(|member| {
            let own: Vec<Statement> = said.iter().filter(|word| word.identity == *member).cloned().collect();
            answer(&decide(&self.purpose.purpose, &own, self.point.as_ref(), now)) != Some(false)
        })
    }

    /// The statement that an answer is.
    pub fn statement(&self, yes: bool) -> NewStatement {
        NewStatement {
            purpose: self.purpose.purpose.key.clone(),
            point: self.point.as_ref().map(|point| (point.kind, point.value.clone())),
            status: if yes { Status::Granted } else { self.refusal() },
            stated_at: None,
            expires_at: None,
            method: Some(METHOD.to_owned()),
            notice: None,
            evidence: serde_json::Map::new(),
            key: None,
        }
    }

    /// A no after a yes takes it back, and one to an interest objects; otherwise it is a refusal.
    fn refusal(&self) -> Status {
        use Refusal::{Expired, NotWritten, Withdrawn};
        let agreed = matches!(
            self.decision,
            Decision::Allowed { .. } | Decision::Refused { reason: Withdrawn | Expired | NotWritten, .. }
        );
        if agreed || self.purpose.purpose.basis.allows_objection() {
            Status::Withdrawn
        } else {
            Status::Denied
        }
    }
}

fn answer(decision: &Decision) -> Option<bool> {
    match decision {
        Decision::Allowed { ground: Ground::Consented, .. } => Some(true),
        Decision::Refused { reason: Refusal::Denied | Refusal::Withdrawn | Refusal::Objected, .. } => {
            Some(false)
        }
        Decision::Allowed { ground: Ground::Basis(_), .. } | Decision::Refused { .. } => None,
    }
}

impl Profiles {
    /// Everything that a person can choose, by purpose and contact point.
    pub async fn choices(&self, profile: &Profile) -> Result<Vec<Choice>> {
        let now = self.now();
        let reached = profile.reached();
        let mut choices = Vec::new();
        for defined in self.purposes().await?.values() {
            let purpose = &defined.purpose;
            if !purpose.basis.leaves_a_choice() {
                continue;
            }
            let points = match purpose.channel {
                None => vec![None],
                Some(channel) => {
                    let kind = channel.contact_kind();
                    reached.carried.iter().filter(|point| point.kind == kind).cloned().map(Some).collect()
                }
            };
            for point in points {
                let decision = decide(purpose, &profile.said, point.as_ref(), now);
                let name = self.name(&purpose.key, point.as_ref());
                choices.push(Choice { name, purpose: defined.clone(), point, decision });
            }
        }
        Ok(choices)
    }

    /// What stands for a network address in evidence: the same for the same address, and nobody can tell which it is.
    pub fn address_hash(&self, address: std::net::IpAddr) -> String {
        self.keys().stand_in(&["address", &address.to_canonical().to_string()])
    }

    fn name(&self, purpose: &str, point: Option<&ContactPoint>) -> String {
        point.map_or_else(
            || purpose.to_owned(),
            |ContactPoint { kind, value }| {
                format!("{purpose}-{}", self.keys().stand_in(&["contact point", kind.as_str(), value]))
            },
        )
    }
}
