//! Which company objects of sources are one company: an account.
//!
//! Two company objects belong together when they have the same registrable domain or the same number in a register,
//! and so do all that a chain of them connects. A domain or number that more than [`CAP`] company objects have links
//! nobody; crossing the cap, either way, concerns all who have it. An account's id is the id of its eldest company
//! object, so it follows from the facts alone, and grows without changing its name.
//!
//! People are not asked and not changed: whoever belongs to one of the companies belongs to the account.

use std::collections::{BTreeMap, BTreeSet};

use entities::company::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{
    error::Result,
    store::{chunks, insert_all},
};

/// How many company objects may have one domain or number while it still links them.
const CAP: i64 = 50;

/// By what a company is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Domain,
    Register,
}

impl Key {
    fn column(self) -> Column {
        match self {
            Self::Domain => Column::DomainKey,
            Self::Register => Column::RegisterKey,
        }
    }
}

/// A value of a key.
type Value = (Key, String);

/// The values of a company object.
fn values(row: &Model) -> impl Iterator<Item = Value> {
    let values = [(Key::Domain, &row.domain_key), (Key::Register, &row.register_key)];
    values.into_iter().filter_map(|(key, value)| Some((key, value.clone()?)))
}

/// Company objects that came, changed or went.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Those that are there now.
    companies: BTreeSet<Uuid>,
    /// The values that they have or had, and how many more of them have each now.
    values: BTreeMap<Value, i64>,
}

impl Changes {
    /// A company object as it was.
    pub(super) fn before(&mut self, row: &Model) {
        for value in values(row) {
            *self.values.entry(value).or_default() -= 1;
        }
    }

    /// A company object as it is.
    pub(super) fn now(&mut self, row: &Model) {
        self.companies.insert(row.id);
        for value in values(row) {
            *self.values.entry(value).or_default() += 1;
        }
    }
}

/// Finds the accounts around what changed again, and writes those that are others now.
pub(super) async fn regroup(txn: &DatabaseTransaction, changes: Changes) -> Result<()> {
    let mut linked = BTreeSet::new();
    for (value, count) in counts(txn, changes.values.keys().cloned().collect()).await? {
        let before = count - changes.values[&value];
        if count <= CAP || before <= CAP {
            linked.insert(value);
        }
    }
    let mut frontier = carriers(txn, &linked).await?;
    for ids in chunks(txn, changes.companies) {
        frontier.extend(Entity::find().filter(ids.of(Column::Id)).all(txn).await?);
    }

    let mut companies: BTreeMap<Uuid, Model> = BTreeMap::new();
    let mut seen: BTreeSet<Value> = BTreeSet::new();
    let mut linking: BTreeSet<Value> = BTreeSet::new();
    while !frontier.is_empty() {
        let new: BTreeSet<Value> =
            frontier.iter().flat_map(values).filter(|value| !seen.contains(value)).collect();
        companies.extend(frontier.into_iter().map(|row| (row.id, row)));
        seen.extend(new.iter().cloned());
        let few = counts(txn, new).await?.into_iter().filter(|(_, count)| *count <= CAP);
        let few: BTreeSet<Value> = few.map(|(value, _)| value).collect();
        frontier = carriers(txn, &few).await?;
        frontier.retain(|row| !companies.contains_key(&row.id));
        linking.extend(few);
    }

    let accounts = group(&companies, &linking);
    let moved = companies.into_values().filter_map(|row| {
        let account_id = accounts[&row.id];
        (row.account_id != account_id).then_some(Model { account_id, ..row })
    });
    let join = OnConflict::column(Column::Id).update_column(Column::AccountId).to_owned();
    insert_all::<Entity, _>(txn, moved.collect(), Some(&join)).await?;
    Ok(())
}

/// The account of each of these company objects, which some of their values link. Pure.
fn group(companies: &BTreeMap<Uuid, Model>, linking: &BTreeSet<Value>) -> BTreeMap<Uuid, Uuid> {
    let mut carriers: BTreeMap<Value, Vec<Uuid>> = BTreeMap::new();
    for row in companies.values() {
        for value in values(row).filter(|value| linking.contains(value)) {
            carriers.entry(value).or_default().push(row.id);
        }
    }
    let mut eldest: Vec<&Model> = companies.values().collect();
    eldest.sort_by_key(|row| (row.created_at.is_none(), row.created_at, row.id));
    let mut accounts: BTreeMap<Uuid, Uuid> = BTreeMap::new();
    for row in eldest {
        let mut reached = vec![row.id];
        while let Some(id) = reached.pop() {
            if accounts.contains_key(&id) {
                continue;
            }
            accounts.insert(id, row.id);
            reached.extend(values(&companies[&id]).filter_map(|value| carriers.remove(&value)).flatten());
        }
    }
    accounts
}

fn by_key<'a>(values: impl IntoIterator<Item = &'a Value>) -> BTreeMap<Key, Vec<String>> {
    let mut keys: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    for (key, value) in values {
        keys.entry(*key).or_default().push(value.clone());
    }
    keys
}

/// How many company objects have each of these values.
async fn counts(txn: &DatabaseTransaction, values: BTreeSet<Value>) -> Result<BTreeMap<Value, i64>> {
    let mut counts: BTreeMap<Value, i64> = values.iter().map(|value| (value.clone(), 0)).collect();
    for (key, values) in by_key(&values) {
        for chunk in chunks(txn, values) {
            let rows: Vec<(String, i64)> = Entity::find()
                .select_only()
                .column(key.column())
                .column_as(Column::Id.count(), "count")
                .filter(chunk.of(key.column()))
                .group_by(key.column())
                .into_tuple()
                .all(txn)
                .await?;
            counts.extend(rows.into_iter().map(|(value, count)| ((key, value), count)));
        }
    }
    Ok(counts)
}

/// The company objects that have one of these values.
async fn carriers(txn: &DatabaseTransaction, values: &BTreeSet<Value>) -> Result<Vec<Model>> {
    let mut carriers = Vec::new();
    for (key, values) in by_key(values) {
        for chunk in chunks(txn, values) {
            carriers.extend(Entity::find().filter(chunk.of(key.column())).all(txn).await?);
        }
    }
    Ok(carriers)
}
