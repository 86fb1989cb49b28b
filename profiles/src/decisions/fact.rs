//! What a decision consists of, and the id that follows from it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entities::{decision, decision_pair};
use identity::Verdict;
use serde_json::json;
use uuid::Uuid;

use crate::{
    clock::micros,
    error::{Error, Result},
    keys::Keys,
};

/// The longest note, in characters.
const LONGEST_NOTE: usize = 2_000;

/// What sort of decision it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Several profiles are one person.
    Merge,
    /// One profile is several people.
    Split,
    /// A word on one pair of source identities.
    Verdict,
    /// Another decision shall not count.
    Undo,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Merge, Self::Split, Self::Verdict, Self::Undo];

    /// The name in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Split => "split",
            Self::Verdict => "verdict",
            Self::Undo => "undo",
        }
    }
}

/// What is decided of two source identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// The lesser source identity.
    pub a: Uuid,
    /// The greater one.
    pub b: Uuid,
    /// What they are.
    pub verdict: Verdict,
}

impl Pair {
    pub(super) fn new(one: Uuid, other: Uuid, verdict: Verdict) -> Self {
        Self { a: one.min(other), b: one.max(other), verdict }
    }

    pub(super) fn read(row: &decision_pair::Model) -> Result<Self> {
        let verdict = match row.verdict.as_str() {
            "same" => Verdict::Same,
            "different" => Verdict::Different,
            other => return Err(Error::stored("decision", format!("unknown verdict {other}"))),
        };
        Ok(Self { a: row.a, b: row.b, verdict })
    }
}

/// A person's word about who is who.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Keyed hash of its content.
    pub id: Uuid,
    /// What sort it is.
    pub kind: Kind,
    /// When it was made. Of two on a pair the newer holds.
    pub decided_at: DateTime<Utc>,
    /// Who made it: the name of the API key or the person.
    pub actor: String,
    /// Why.
    pub note: Option<String>,
    /// The decision that an undo takes back.
    pub undoes: Option<Uuid>,
}

impl Decision {
    pub(super) fn read(row: decision::Model) -> Result<Self> {
        let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
        Ok(Self {
            id: row.id,
            kind: kind.ok_or_else(|| Error::stored("decision", format!("unknown kind {}", row.kind)))?,
            decided_at: row.decided_at,
            actor: row.actor,
            note: row.note,
            undoes: row.undoes,
        })
    }
}

/// Who decides, when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The name of the API key.
    pub actor: String,
    /// The instant.
    pub at: DateTime<Utc>,
    /// The reason: at most 2,000 characters.
    pub note: Option<String>,
}

/// A decision with everything that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) decision: Decision,
    pub(crate) pairs: BTreeSet<Pair>,
}

impl Fact {
    pub(super) fn new(
        keys: &Keys,
        word: &Word,
        kind: Kind,
        undoes: Option<Uuid>,
        pairs: BTreeSet<Pair>,
    ) -> Result<Self> {
        let note = word.note.as_deref().map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned);
        if note.as_ref().is_some_and(|note| note.contains('\0') || note.chars().count() > LONGEST_NOTE) {
            return Err(Error::invalid("note", "expected at most 2,000 characters, and no U+0000"));
        }
        let decided_at = micros(word.at);
        let said: Vec<_> = pairs.iter().map(|pair| json!([pair.a, pair.b, pair.verdict])).collect();
        let content =
            json!([kind.as_str(), decided_at.timestamp_micros(), word.actor, note, undoes, said]).to_string();
        let id = keys.decision(content.as_bytes());
        let actor = word.actor.clone();
        Ok(Self { decision: Decision { id, kind, decided_at, actor, note, undoes }, pairs })
    }
}

/// The stored name of a verdict.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Different => "different",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(note: &str) -> Word {
        Word { actor: "till".to_owned(), at: DateTime::UNIX_EPOCH, note: Some(note.to_owned()) }
    }

    #[test]
    fn the_id_follows_from_the_content_and_from_nothing_else() {
        let keys = Keys::new(&[7; 32]);
        let [one, other] = [1, 2].map(Uuid::from_u128);
        let fact = |note: &str, verdict| {
            let pairs = [Pair::new(other, one, verdict)].into();
            Fact::new(&keys, &word(note), Kind::Verdict, None, pairs).unwrap().decision.id
        };
        assert_eq!(fact("a", Verdict::Same), fact(" a ", Verdict::Same));
        assert_ne!(fact("a", Verdict::Same), fact("b", Verdict::Same));
        assert_ne!(fact("a", Verdict::Same), fact("a", Verdict::Different));
    }

    #[test]
    fn a_note_that_no_database_takes_is_refused() {
        let keys = Keys::new(&[7; 32]);
        for note in ["\0".to_owned(), "x".repeat(2_001)] {
            let made = Fact::new(&keys, &word(&note), Kind::Undo, None, BTreeSet::new());
            assert!(matches!(made, Err(Error::Invalid { path, .. }) if path == "note"));
        }
    }
}
