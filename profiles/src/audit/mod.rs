//! Who did what: a journal to which entries are only added.
//!
//! Every entry carries a keyed hash, HMAC-SHA256 under the installation's secret, over itself and the hash of the entry
//! before it. Whoever changes, removes or adds one without the secret breaks the chain, and [`Profiles::verify_audit`]
//! finds where. The head stands apart, so that entries missing at the end are found too; against somebody who puts
//! an old copy of the whole database in place, only a head that was noted elsewhere helps.
//!
//! An entry names objects by their ids and never repeats what they hold; what is a person's it names at random, so that
//! erasing the person takes nothing out of the chain.

use chrono::{DateTime, Utc};
use entities::{audit_entry, audit_head, block_state};
use sea_orm::{
    ActiveValue::Unchanged, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Set, sea_query::OnConflict,
};
use serde_json::json;

use crate::{
    Keys, Profiles,
    clock::micros,
    error::{Error, Result},
    privacy::tokens,
    store::{begin_write, snapshot},
};

/// The longest text of an entry in characters; longer ones are cut.
const LONGEST: usize = 2_000;
/// Entries that are verified at a time.
const STEP: u64 = 1_000;

/// Something that somebody is about to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deed {
    /// Who: the name of an API key or a person with its id, or `command line`.
    pub actor: String,
    /// What: the name of a mutation or command.
    pub action: String,
    /// The ids of the objects that it is about, between spaces: `TYPE:KEY`.
    pub subject: Option<String>,
    /// The purpose for which it is done.
    pub purpose: Option<String>,
    /// From where: a network address, or the keyed hash of one that is a person's own.
    pub origin: Option<String>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 1, 2, 3, …
    pub number: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What was done.
    pub deed: Deed,
    /// The keyed hash over it and all before it, in hexadecimal digits.
    pub hash: String,
}

/// How the journal was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// Nothing was changed, and nothing is missing.
    Intact {
        /// How many entries there are.
        entries: i64,
        /// The hash of the last one, in hexadecimal digits; empty without one.
        head: String,
    },
    /// The first place that is not as it was written.
    Broken {
        /// The number of the entry.
        number: i64,
        /// What is wrong there.
        fault: Fault,
    },
}

/// What is wrong at a place of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no such entry.
    Missing,
    /// It does not say what it said, or what stood before it did not.
    Changed,
    /// It was never announced at the head.
    Added,
}

impl Profiles {
    /// Writes down what somebody is about to do.
    pub async fn audit(&self, deed: Deed) -> Result<Entry> {
        let txn = begin_write(self.db()).await?;
        let first = audit_head::Model { id: 1, number: 0, hash: Vec::new() }.into_active_model();
        let there = OnConflict::column(audit_head::Column::Id).do_nothing().to_owned();
        audit_head::Entity::insert(first).on_conflict(there).exec_without_returning(&txn).await?;
        let head = audit_head::Entity::find_by_id(1).lock_exclusive().one(&txn).await?;
        let head = head.ok_or_else(|| Error::stored("audit log", "its head is missing"))?;
        let last = audit_entry::Entity::find_by_id(head.number).one(&txn).await?;
        let before = last.map(|last| last.hash).unwrap_or_default();
        let subject = match deed.subject.as_deref().map(cut) {
            Some(subject) => {
                // An erasure ends before, or waits: what it forgets is not named again.
                block_state::Entity::find_by_id(1).lock_shared().one(&txn).await?;
                let blocks = self.blocks(&txn).await?;
                Some(tokens::veil(&txn, self.keys(), &blocks, &subject).await?)
            }
            None => None,
        };
        let mut row = audit_entry::Model {
            number: head.number + 1,
            at: micros(self.now()),
            actor: cut(&deed.actor),
            action: cut(&deed.action),
            subject,
            purpose: deed.purpose.as_deref().map(cut),
            origin: deed.origin.as_deref().map(cut),
            hash: Vec::new(),
        };
        row.hash = chained(self.keys(), &before, &row);
        let head = audit_head::ActiveModel {
            id: Unchanged(1),
            number: Set(row.number),
            hash: Set(announced(self.keys(), row.number, &row.hash)),
        };
        audit_head::Entity::update(head).exec(&txn).await?;
        audit_entry::Entity::insert(row.clone().into_active_model()).exec_without_returning(&txn).await?;
        txn.commit().await?;
        Ok(row.into())
    }

    /// The newest entries, newest first; those before a number, where one is given.
    pub async fn audit_entries(&self, before: Option<i64>, first: u64) -> Result<Vec<Entry>> {
        let mut found = audit_entry::Entity::find().order_by_desc(audit_entry::Column::Number).limit(first);
        if let Some(number) = before {
            found = found.filter(audit_entry::Column::Number.lt(number));
        }
        let mut entries: Vec<Entry> = found.all(self.db()).await?.into_iter().map(Entry::from).collect();
        let subjects = entries.iter_mut().filter_map(|entry| entry.deed.subject.as_mut());
        tokens::unveil(self.db(), self.keys(), subjects).await?;
        Ok(entries)
    }

    /// Looks at every entry, oldest first. `noted` is an entry's number and hash as they were noted elsewhere.
    pub async fn verify_audit(&self, noted: Option<(i64, &str)>) -> Result<Verified> {
        let txn = snapshot(self.db()).await?;
        let head = audit_head::Entity::find_by_id(1).one(&txn).await?;
        let head = head.unwrap_or(audit_head::Model { id: 1, number: 0, hash: Vec::new() });
        let (mut number, mut before) = (0, Vec::new());
        loop {
            let rows = audit_entry::Entity::find()
                .filter(audit_entry::Column::Number.gt(number))
                .order_by_asc(audit_entry::Column::Number)
                .limit(STEP)
                .all(&txn)
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                number += 1;
                let broken = |fault| Ok(Verified::Broken { number, fault });
                if row.number != number {
                    return broken(Fault::Missing);
                }
                if number > head.number {
                    return broken(Fault::Added);
                }
                let hash = chained(self.keys(), &before, &row);
                let noted = noted.filter(|(noted, _)| *noted == number).map(|(_, hash)| hash);
                if row.hash != hash
                    || noted.is_some_and(|noted| !noted.eq_ignore_ascii_case(&hex::encode(&hash)))
                {
                    return broken(Fault::Changed);
                }
                before = hash;
            }
        }
        let missing = head.number.max(noted.map_or(0, |(number, _)| number)) > number;
        if missing {
            return Ok(Verified::Broken { number: number + 1, fault: Fault::Missing });
        }
        if number > 0 && head.hash != announced(self.keys(), number, &before) {
            return Ok(Verified::Broken { number, fault: Fault::Changed });
        }
        Ok(Verified::Intact { entries: number, head: hex::encode(before) })
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|char| *char != '\0').take(LONGEST).collect()
}

/// What the head says of the last entry: a keyed hash of its own, which nobody can make who cuts off the end.
fn announced(keys: &Keys, number: i64, hash: &[u8]) -> Vec<u8> {
    keys.audit(b"head", &[&number.to_be_bytes(), hash].concat())
}

/// The keyed hash of an entry that follows a hash.
fn chained(keys: &Keys, before: &[u8], row: &audit_entry::Model) -> Vec<u8> {
    let said = json!([
        row.number,
        row.at.timestamp_micros(),
        row.actor,
        row.action,
        row.subject,
        row.purpose,
        row.origin
    ]);
    keys.audit(before, said.to_string().as_bytes())
}

impl From<audit_entry::Model> for Entry {
    fn from(row: audit_entry::Model) -> Self {
        let deed = Deed {
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            purpose: row.purpose,
            origin: row.origin,
        };
        Self { number: row.number, at: row.at, deed, hash: hex::encode(row.hash) }
    }
}
