//! The block list: keyed hashes of the values by which erased people would be recognised.
//!
//! The list stays in memory; a number that every change of the list raises tells, inside the transaction that needs to
//! know, whether it is still the stored one.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use entities::{block_state, blocked_key};
use identity::{COARSE_VERSION, IdentifierKind, coarse_email, coarse_phone};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{Keys, Profiles, error::Result, store::insert_all};

/// What sort of value a blocked key was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum BlockKind {
    /// The key of a source identity.
    Identity,
    /// An e-mail address.
    Email,
    /// A telephone number with its country.
    Phone,
    /// A telephone number as it is dialled at home.
    National,
    /// A login or account number.
    UserId,
    /// A device.
    Device,
    /// An anonymous visitor.
    AnonymousId,
}

impl BlockKind {
    /// The stored name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::National => "national",
            Self::UserId => "user_id",
            Self::Device => "device",
            Self::AnonymousId => "anonymous_id",
        }
    }
}

/// A value in the form in which it is blocked.
pub(super) type Blockable = (BlockKind, Vec<u8>);

/// The key of a source identity.
pub(super) fn identity(id: Uuid) -> Blockable {
    (BlockKind::Identity, id.as_bytes().to_vec())
}

/// What an identifier is to the block list. One that names the record of another source is that source identity, and a
/// number whose country is not known could be many people's: neither is listed here.
pub(super) fn blockable(kind: IdentifierKind, raw: &str, region: Option<&str>) -> Vec<Blockable> {
    let plain = |kind| vec![(kind, raw.trim().as_bytes().to_vec())];
    match kind {
        IdentifierKind::Email => {
            coarse_email(raw).map(|value| (BlockKind::Email, value.into_bytes())).into_iter().collect()
        }
        IdentifierKind::Phone => match coarse_phone(raw, region) {
            Some(phone) => phone.international.map_or_else(Vec::new, |number| {
                vec![
                    (BlockKind::Phone, number.into_bytes()),
                    (BlockKind::National, phone.national.into_bytes()),
                ]
            }),
            None => Vec::new(),
        },
        IdentifierKind::UserId => plain(BlockKind::UserId),
        IdentifierKind::Device => plain(BlockKind::Device),
        IdentifierKind::AnonymousId => plain(BlockKind::AnonymousId),
        IdentifierKind::CrossSource | IdentifierKind::Login => Vec::new(),
    }
}

/// The block list as it was at some moment.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    version: i64,
    hashes: HashSet<Uuid>,
}

impl Blocks {
    /// A list of these values alone, which nobody stores.
    pub(super) fn of<'a>(keys: &Keys, values: impl IntoIterator<Item = &'a Blockable>) -> Self {
        let hash = |(kind, value): &Blockable| keys.block(COARSE_VERSION, kind.as_str(), value);
        Self { version: 0, hashes: values.into_iter().map(hash).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Whether this is the id of an erased source identity.
    pub(crate) fn has_identity(&self, keys: &Keys, id: Uuid) -> bool {
        self.has(keys, BlockKind::Identity, id.as_bytes())
    }

    pub(super) fn has(&self, keys: &Keys, kind: BlockKind, value: &[u8]) -> bool {
        self.hashes.contains(&keys.block(COARSE_VERSION, kind.as_str(), value))
    }
}

impl Profiles {
    /// The block list as this transaction sees it.
    pub(crate) async fn blocks<C: ConnectionTrait>(&self, db: &C) -> Result<Arc<Blocks>> {
        let state = block_state::Entity::find_by_id(1).one(db).await?;
        let version = state.map_or(0, |state| state.version);
        let known = self.known_blocks();
        if known.version == version {
            return Ok(known);
        }
        let blocks = Arc::new(Blocks { version, ..read(db).await? });
        self.set_known_blocks(Arc::clone(&blocks));
        Ok(blocks)
    }

    /// Whether this is the id of a source identity, and so of a profile, that was erased.
    pub async fn is_erased(&self, id: Uuid) -> Result<bool> {
        Ok(self.blocks(self.db()).await?.has_identity(self.keys(), id))
    }
}

/// The stored block list, for whoever has just changed it: what may yet be rolled back does not stay in memory.
pub(super) async fn read<C: ConnectionTrait>(db: &C) -> Result<Blocks> {
    let hashes = blocked_key::Entity::find().select_only().column(blocked_key::Column::Hash);
    let hashes = hashes.into_tuple::<Uuid>().all(db).await?.into_iter().collect();
    Ok(Blocks { version: 0, hashes })
}

/// Adds values to the block list.
pub(super) async fn block(
    txn: &DatabaseTransaction,
    keys: &Keys,
    request: Uuid,
    now: DateTime<Utc>,
    values: impl IntoIterator<Item = Blockable>,
) -> Result<()> {
    let rows = values.into_iter().map(|(kind, value)| blocked_key::Model {
        hash: keys.block(COARSE_VERSION, kind.as_str(), &value),
        kind: kind.as_str().to_owned(),
        request_id: request,
        blocked_at: now,
    });
    use blocked_key::Column as C;
    let known = OnConflict::columns([C::Hash, C::RequestId]).do_nothing().to_owned();
    insert_all::<blocked_key::Entity, _>(txn, rows.collect(), Some(&known)).await?;
    changed(txn).await
}

/// Takes off the list what a request put on it. Returns how many.
pub(super) async fn lift(txn: &DatabaseTransaction, request: Uuid) -> Result<u64> {
    let of_it = blocked_key::Column::RequestId.eq(request);
    let lifted = blocked_key::Entity::delete_many().filter(of_it).exec(txn).await?;
    changed(txn).await?;
    Ok(lifted.rows_affected)
}

async fn changed(txn: &DatabaseTransaction) -> Result<()> {
    let sql = "INSERT INTO block_state (id, version) VALUES (1, 1) \
               ON CONFLICT (id) DO UPDATE SET version = block_state.version + 1";
    txn.execute_unprepared(sql).await?;
    Ok(())
}
