//! Everybody, read from the facts: for questions about all people under rules that may not be in force.

use std::collections::{BTreeMap, BTreeSet};

use connectors::canonical::RecordKind;
use entities::source_identity;
use identity::{Rules, linkage::Details};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{
    person::{self, Value},
    versions,
};
use crate::{Keys, error::Result, matching::details::details, normaliser::Normaliser};

/// A source identity, with what it carries and says.
#[derive(Debug)]
pub(crate) struct Somebody {
    pub(crate) row: source_identity::Model,
    pub(crate) values: BTreeSet<Value>,
    pub(crate) details: Details,
}

/// How many people are read at a time.
const STEP: u64 = 2000;

/// Everybody, as they would be under these rules.
pub(crate) async fn everybody(
    txn: &DatabaseTransaction,
    keys: &Keys,
    rules: &Rules,
) -> Result<Vec<Somebody>> {
    let normaliser = Normaliser::new(rules);
    let mut people: Vec<Somebody> = Vec::new();
    loop {
        let mut next = source_identity::Entity::find().order_by_asc(source_identity::Column::Id).limit(STEP);
        if let Some(last) = people.last() {
            next = next.filter(source_identity::Column::Id.gt(last.row.id));
        }
        let rows = next.all(txn).await?;
        if rows.is_empty() {
            return Ok(people);
        }
        let mut by_source: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
        for row in &rows {
            by_source.entry(row.source_id).or_default().push(row.external_id.clone());
        }
        let mut said = BTreeMap::new();
        for (source, external_ids) in by_source {
            for (external_id, found) in versions::load(txn, source, RecordKind::Person, external_ids).await? {
                match versions::said(&found) {
                    Ok(found) => drop(said.insert((source, external_id), found)),
                    // What cannot be read is set aside by drains as well.
                    Err(error) if error.is_lasting() => {}
                    Err(error) => return Err(error),
                }
            }
        }
        for row in rows {
            let said = said.remove(&(row.source_id, row.external_id.clone())).unwrap_or_default();
            let told = person::told(&said);
            let key = (row.source_id, row.external_id.as_str());
            let mut values = person::identifiers(keys, &normaliser, key, told);
            let compared = told.map(|told| details(told, &values)).unwrap_or_default();
            values.extend(person::names(row.id));
            people.push(Somebody { row, values, details: compared });
        }
    }
}
