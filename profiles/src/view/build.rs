//! Writing the read model of profiles whose members, or their facts, changed. Each of them gets a new revision, also
//! where only its orders, deals or events changed: whoever follows a profile keeps those too.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entities::profile::{self, Column};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    compose::{self, Composed},
    gather,
};
use crate::{
    error::{Error, Result},
    normaliser::Normaliser,
    rules::Ruleset,
    store::{chunks, insert_all},
};

/// Under which rules and marks profiles are written.
pub(crate) struct Context<'a> {
    pub(crate) ruleset: &'a Ruleset,
    pub(crate) normaliser: &'a Normaliser<'a>,
    /// What changed profiles are marked with for subscribers.
    pub(crate) revision: i64,
    /// When that is.
    pub(crate) now: DateTime<Utc>,
    /// For profiles that were grouped just now: whether the size limit refused a merge.
    pub(crate) limited: &'a BTreeMap<Uuid, bool>,
}

/// How many profiles are composed at a time; bounds the memory of one step.
const STEP: usize = 512;

/// Composes these profiles and writes them. A profile without members goes. Returns how many were written.
pub(crate) async fn write(
    txn: &DatabaseTransaction,
    context: &Context<'_>,
    profiles: BTreeSet<Uuid>,
) -> Result<u64> {
    let mut written = 0;
    let profiles: Vec<Uuid> = profiles.into_iter().collect();
    for step in profiles.chunks(STEP) {
        written += write_step(txn, context, step.iter().copied().collect()).await?;
    }
    Ok(written)
}

async fn write_step(
    txn: &DatabaseTransaction,
    context: &Context<'_>,
    profiles: BTreeSet<Uuid>,
) -> Result<u64> {
    let members = gather::members(txn, &profiles, None).await?;
    let gone = profiles.iter().copied().filter(|id| !members.contains_key(id));
    let mut written = 0;
    for ids in chunks(gone) {
        written +=
            profile::Entity::delete_many().filter(Column::Id.is_in(ids)).exec(txn).await?.rows_affected;
    }
    let before = limited(txn, context, &profiles).await?;
    let mut rows = Vec::with_capacity(members.len());
    for (id, members) in members {
        let limited = context.limited.get(&id).or_else(|| before.get(&id)).copied().unwrap_or_default();
        rows.push(row(
            context,
            id,
            limited,
            compose::compose(context.ruleset, context.normaliser, &members),
        )?);
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
            Column::OrderCount,
            Column::Revision,
            Column::Traits,
            Column::Identifiers,
            Column::Totals,
        ])
        .to_owned();
    written += insert_all::<profile::Entity, _>(txn, rows, Some(&changed)).await?;
    Ok(written)
}

/// Whether the size limit refused a merge, for profiles that were not grouped just now.
async fn limited(
    txn: &DatabaseTransaction,
    context: &Context<'_>,
    profiles: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, bool>> {
    let mut before = BTreeMap::new();
    for ids in chunks(profiles.iter().copied().filter(|id| !context.limited.contains_key(id))) {
        let rows: Vec<(Uuid, bool)> = profile::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Limited])
            .filter(Column::Id.is_in(ids))
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

fn row(context: &Context<'_>, id: Uuid, limited: bool, composed: Composed) -> Result<profile::Model> {
    Ok(profile::Model {
        id,
        display_name: composed.display_name.map(|name| name.replace('\0', "")),
        search_name: composed.search_name.replace('\0', ""),
        search_family: composed.search_family.replace('\0', ""),
        created_at: composed.created_at,
        updated_at: context.now,
        first_seen: composed.first_seen,
        last_seen: composed.last_seen,
        active: composed.active,
        limited,
        order_count: composed.order_count,
        revision: context.revision,
        traits: json(&composed.traits)?,
        identifiers: json(&composed.identifiers)?,
        totals: json(&composed.totals)?,
    })
}
