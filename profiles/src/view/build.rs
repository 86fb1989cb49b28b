//! Writing the read model of profiles whose members, or their facts, changed. Each of them gets a new revision, also
//! where only its orders, deals or events changed: whoever follows a profile keeps those too.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entities::profile::{self, Column};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Statement, Value,
    sea_query::OnConflict,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    compose::{self, Activity, Description, Happened},
    gather, household,
};
use crate::{
    Keys,
    behaviour::Meanings,
    consent,
    error::{Error, Result},
    normaliser::Normaliser,
    rules::Ruleset,
    store::{batches, chunks, insert_all},
};

/// Under which keys, rules and marks profiles are written.
pub(crate) struct Context<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) ruleset: &'a Ruleset,
    pub(crate) normaliser: &'a Normaliser<'a>,
    /// What campaigns tell.
    pub(crate) meanings: &'a Meanings,
    /// What changed profiles are marked with for subscribers.
    pub(crate) revision: i64,
    /// When that is.
    pub(crate) now: DateTime<Utc>,
    /// For profiles that were grouped just now: whether the size limit refused a merge.
    pub(crate) limited: &'a BTreeMap<Uuid, bool>,
    /// What is known of people who were derived or grouped just now.
    pub(crate) known: gather::Known<'a>,
}

/// How many profiles are composed at a time; bounds the memory of one step.
const STEP: usize = 1024;

/// Composes these profiles and writes them. A profile without members goes. Returns how many were written.
pub(crate) async fn write(
    txn: &DatabaseTransaction,
    context: &Context<'_>,
    profiles: BTreeSet<Uuid>,
) -> Result<u64> {
    let mut written = 0;
    let profiles: Vec<Uuid> = profiles.into_iter().collect();
    for step in profiles.chunks(STEP) {
        written += write_step(txn, context, step).await?;
    }
    Ok(written)
}

async fn write_step(txn: &DatabaseTransaction, context: &Context<'_>, profiles: &[Uuid]) -> Result<u64> {
    let members = gather::members(txn, &context.known, profiles).await?;
    let gone = profiles.iter().copied().filter(|id| !members.contains_key(id));
    let mut written = 0;
    for ids in chunks(txn, gone) {
        written += profile::Entity::delete_many().filter(ids.of(Column::Id)).exec(txn).await?.rows_affected;
    }
    let happened = gather::happened(txn, context.meanings, profiles).await?;
    let mut said = said(txn, context, &happened).await?;
    let unknown = profiles.iter().copied().filter(|id| !context.limited.contains_key(id));
    let before = limited(txn, unknown).await?;
    let mut rows = Vec::with_capacity(members.len());
    for (id, members) in members {
        let limited = context.limited.get(&id).or_else(|| before.get(&id)).copied().unwrap_or_default();
        let description = compose::describe(context.ruleset, context.normaliser, &members);
        let activity = happened.get(&id).map(|happened| compose::sum_up(happened, context.meanings));
        let activity = activity.unwrap_or_default();
        let said = said.remove(&id).unwrap_or_default();
        rows.push(row(context, id, limited, description, &activity, &said)?);
    }
    let changed = OnConflict::column(Column::Id)
        .update_columns([
            Column::DisplayName,
            Column::SearchName,
            Column::SearchFamily,
            Column::CreatedAt,
            Column::UpdatedAt,
            Column::FirstSeen,
            Column::LastSeen,
            Column::Active,
            Column::Limited,
            Column::HouseholdId,
            Column::OrderCount,
            Column::Revision,
            Column::Traits,
            Column::Inferred,
            Column::Identifiers,
            Column::Totals,
            Column::Consents,
        ])
        .to_owned();
    written += insert_all::<profile::Entity, _>(txn, rows, Some(&changed)).await?;
    Ok(written)
}

/// Sums up again what happened to people of whom nothing else changed. Returns how many profiles were written.
pub(crate) async fn sum_up(
    txn: &DatabaseTransaction,
    context: &Context<'_>,
    profiles: BTreeSet<Uuid>,
) -> Result<u64> {
    let profiles: Vec<Uuid> = profiles.into_iter().collect();
    let mut written = 0;
    for step in profiles.chunks(STEP) {
        let mut rows = Vec::with_capacity(step.len());
        let happened = gather::happened(txn, context.meanings, step).await?;
        let mut said = said(txn, context, &happened).await?;
        for (id, happened) in happened {
            let activity = compose::sum_up(&happened, context.meanings);
            let row: [Value; 7] = [
                id.into(),
                activity.first_seen.into(),
                activity.last_seen.into(),
                activity.order_count.into(),
                json(&activity.totals)?.into(),
                json(&said.remove(&id).unwrap_or_default())?.into(),
                json(&activity.inferred)?.into(),
            ];
            rows.push(row);
        }
        for rows in batches(rows) {
            let places: Vec<String> = (0..rows.len())
                .map(|row| 3 + row * 7)
                .map(|at| (at..at + 7).map(|place| format!("${place}")).collect::<Vec<_>>().join(", "))
                .map(|row| format!("({row})"))
                .collect();
            let sql = format!(
                "UPDATE profile SET revision = $1, updated_at = $2, first_seen = v.column2, \
                   last_seen = v.column3, order_count = v.column4, totals = v.column5, consents = v.column6, \
                   inferred = v.column7 \
                 FROM (VALUES {}) AS v WHERE profile.id = v.column1",
                places.join(", ")
            );
            let values = [Value::from(context.revision), context.now.into()];
            let values = values.into_iter().chain(rows.into_iter().flatten());
            let update = Statement::from_sql_and_values(txn.get_database_backend(), sql, values);
            written += txn.execute_raw(update).await?.rows_affected();
        }
    }
    Ok(written)
}

/// What counts of what was said about the use of the data of those of these people who said anything.
async fn said(
    txn: &DatabaseTransaction,
    context: &Context<'_>,
    happened: &BTreeMap<Uuid, Happened>,
) -> Result<BTreeMap<Uuid, Vec<consent::Statement>>> {
    let stated: Vec<Uuid> = happened.iter().filter(|(_, one)| one.stated).map(|(id, _)| *id).collect();
    let reading = consent::Reading { keys: context.keys, normaliser: context.normaliser };
    let said = reading.said(txn, "profile_id", &stated, None).await?;
    let telling = |said: Vec<consent::StatementDetails>| {
        consent::telling(said.into_iter().map(|details| details.statement))
    };
    Ok(said.into_iter().map(|(id, said)| (id, telling(said))).collect())
}

/// Whether the size limit refused a merge, as it stands in these profiles.
pub(crate) async fn limited(
    txn: &DatabaseTransaction,
    profiles: impl Iterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, bool>> {
    let mut before = BTreeMap::new();
    for ids in chunks(txn, profiles) {
        let rows: Vec<(Uuid, bool)> = profile::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Limited])
            .filter(ids.of(Column::Id))
            .into_tuple()
            .all(txn)
            .await?;
        before.extend(rows);
    }
    Ok(before)
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::stored("profile", error))
}

fn row(
    context: &Context<'_>,
    id: Uuid,
    limited: bool,
    description: Description,
    activity: &Activity,
    said: &[consent::Statement],
) -> Result<profile::Model> {
    let household = household::key(&description.traits).filter(|_| description.active);
    Ok(profile::Model {
        id,
        display_name: description.display_name.map(|name| name.replace('\0', "")),
        search_name: description.search_name.replace('\0', ""),
        search_family: description.search_family.replace('\0', ""),
        created_at: description.created_at,
        updated_at: context.now,
        first_seen: activity.first_seen,
        last_seen: activity.last_seen,
        active: description.active,
        limited,
        household_id: household.map(|key| context.keys.household(&key)),
        order_count: activity.order_count,
        revision: context.revision,
        traits: json(&description.traits)?,
        inferred: json(&activity.inferred)?,
        identifiers: json(&description.identifiers)?,
        totals: json(&activity.totals)?,
        consents: json(&said)?,
    })
}
