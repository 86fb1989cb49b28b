//! The first pass: what is delivered at which row.
//!
//! * An order is delivered at its last row, wherever its other rows stand.
//! * A dated version of a person, company or product, which is an id with its content, is delivered once:
//!   at the row with the greatest update time, with the smallest creation time of them all. So a file that
//!   repeats a customer on every line yields as many versions as the customer had, not as there are lines.
//! * Of rows that do not date an object, the last one stands.
//! * A row that is not understood is visited, so that it is rejected there.
//!
//! The plan does not depend on where pages end, and needs some fifty bytes for each version and order.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use super::{
    error::FileError,
    fields::{Mapped, Mapper},
    records::{Entity, Part},
    rows::{Row, Rows},
};

/// One visit of the second pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Delivery {
    pub(super) row: u64,
    pub(super) part: Part,
    /// The earliest creation time that any row of this version states.
    pub(super) created_at: Option<DateTime<Utc>>,
}

/// What the second pass does.
#[derive(Debug)]
pub(super) struct Plan {
    /// How many rows the file has.
    pub(super) rows: u64,
    /// By row.
    pub(super) deliveries: Vec<Delivery>,
}

/// What a row describes as a whole; an order is gathered from several.
const WHOLE: [Part; 3] = [Part::Company, Part::Person, Part::Product];

/// 128 bits of a hash, so that two of some millions never meet.
type Key = [u8; 16];

struct Version {
    row: u64,
    updated_at: Option<DateTime<Utc>>,
    created_at: Option<DateTime<Utc>>,
}

#[derive(Default)]
struct Planner {
    /// In the order of [`WHOLE`].
    versions: [HashMap<Key, Version>; 3],
    last_rows: HashMap<Key, u64>,
    rejections: Vec<Delivery>,
}

impl Plan {
    /// Reads all rows.
    pub(super) fn make(rows: &mut Rows, mapper: &Mapper) -> Result<Self, FileError> {
        let mut planner = Planner::default();
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += 1;
            if let Ok(row) = row {
                for (index, part) in WHOLE.into_iter().enumerate() {
                    planner.note(index, &row, mapper.entity(part, &row));
                }
                if let Some(id) = mapper.id(Part::Order, &row) {
                    planner.last_rows.insert(key(&id, &[]), row.number);
                }
            }
        }
        Ok(Self { rows: count, deliveries: planner.finish() })
    }
}

impl Planner {
    fn note(&mut self, index: usize, row: &Row, mapped: Mapped<Entity>) {
        let row = row.number;
        match mapped {
            Ok(None) => {}
            Err(_) => self.rejections.push(Delivery { row, part: WHOLE[index], created_at: None }),
            Ok(Some(entity)) => {
                let version = Version { row, updated_at: entity.updated_at, created_at: entity.created_at };
                self.versions[index]
                    .entry(entity.version_key())
                    .and_modify(|it| it.merge(&version))
                    .or_insert(version);
            }
        }
    }

    fn finish(self) -> Vec<Delivery> {
        let mut deliveries = self.rejections;
        let orders = self.last_rows.into_values();
        deliveries.extend(orders.map(|row| Delivery { row, part: Part::Order, created_at: None }));
        for (part, versions) in WHOLE.into_iter().zip(self.versions) {
            let versions = versions.into_values();
            deliveries.extend(versions.map(|Version { row, created_at, .. }| Delivery {
                row,
                part,
                created_at,
            }));
        }
        deliveries.sort_unstable();
        deliveries
    }
}

impl Version {
    fn merge(&mut self, other: &Self) {
        let later = match (other.updated_at, self.updated_at) {
            (Some(other), Some(this)) => other > this,
            _ => true,
        };
        if later {
            (self.row, self.updated_at) = (other.row, other.updated_at);
        }
        self.created_at = match (self.created_at, other.created_at) {
            (Some(this), Some(other)) => Some(this.min(other)),
            (this, other) => this.or(other),
        };
    }
}

impl Entity {
    /// Equal for the rows of one kind of which only one is delivered.
    fn version_key(&self) -> Key {
        if self.updated_at.is_none() {
            return key(&self.id, &[]);
        }
        let mut content = serde_json::to_vec(&self.body).expect("a body written to memory cannot fail");
        content.push(u8::from(self.deleted));
        key(&self.id, &content)
    }
}

fn key(id: &str, content: &[u8]) -> Key {
    let mut hash = Sha256::new();
    hash.update((id.len() as u64).to_le_bytes());
    hash.update(id);
    hash.update(content);
    let mut key = Key::default();
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}
