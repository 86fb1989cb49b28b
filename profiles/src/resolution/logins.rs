//! Who used a browser or an app when.
//!
//! What a visitor does is the visitor's own, and the visitor is the one who logs in first: one link, and nothing is
//! rewritten. Once somebody else logs in, another epoch begins: what is done from then on, until the next login, is
//! theirs. Which epoch an event belongs to is derived from all logins, in whatever order they are heard of.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use connectors::canonical::Body;
use entities::event::{Column, Entity};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};
use uuid::Uuid;

use super::versions::Version;
use crate::{
    error::{Error, Result},
    keys::Keys,
    store::chunks,
};

/// The logins of a visitor at which another epoch begins, the first one first: since when, and the user's external id.
pub(super) type Epochs = Vec<(DateTime<Utc>, String)>;

/// The epochs that these versions of a visitor's record tell of.
pub(super) fn epochs(versions: &[Version]) -> Result<Epochs> {
    let mut logins = BTreeSet::new();
    for version in versions {
        if let (Body::Person(person), Some(at)) = (version.body()?, version.updated_at)
            && let Some(user) = person.login
        {
            logins.insert((at, user));
        }
    }
    let mut epochs: Epochs = logins.into_iter().collect();
    epochs.dedup_by(|later, earlier| later.1 == earlier.1);
    Ok(epochs)
}

/// The users of a visitor that is shared, as they are stored; `None` where there is but one.
pub(super) fn users(epochs: &Epochs) -> Result<Option<String>> {
    let users: BTreeSet<&str> = epochs.iter().map(|(_, user)| user.as_str()).collect();
    if users.len() < 2 {
        return Ok(None);
    }
    serde_json::to_string(&users).map(Some).map_err(|error| Error::stored("users of a visitor", error))
}

/// A visitor whose events may be somebody else's.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    pub(super) source: Uuid,
    pub(super) external_id: &'a str,
    pub(super) epochs: Epochs,
    /// Who its users were when it was derived before.
    pub(super) before: Option<&'a str>,
}

impl Shared<'_> {
    /// Gives every event of the visitor to whose epoch it is. Returns whom that changed.
    pub(super) async fn attribute(&self, txn: &DatabaseTransaction, keys: &Keys) -> Result<BTreeSet<Uuid>> {
        let person = |external_id: &str| keys.person(self.source, external_id);
        let itself = person(self.external_id);
        let before: Vec<String> = match self.before {
            Some(text) => {
                serde_json::from_str(text).map_err(|error| Error::stored("users of a visitor", error))?
            }
            None => Vec::new(),
        };
        let users = self.epochs.iter().map(|(_, user)| user).chain(&before);
        let places: BTreeSet<Uuid> = users.map(|user| person(user)).chain([itself]).collect();
        let mut moved: BTreeMap<Uuid, Vec<i64>> = BTreeMap::new();
        let mut changed = BTreeSet::new();
        for places in chunks(txn, places) {
            let rows: Vec<(i64, DateTime<Utc>, Uuid)> = Entity::find()
                .select_only()
                .columns([Column::Id, Column::OccurredAt, Column::SourceIdentityId])
                .filter(places.of(Column::SourceIdentityId))
                .filter(Column::SourceId.eq(self.source))
                .filter(Column::Person.eq(self.external_id))
                .into_tuple()
                .all(txn)
                .await?;
            for (id, at, place) in rows {
                let right = self.user_at(at).map_or(itself, person);
                if right != place {
                    moved.entry(right).or_default().push(id);
                    changed.extend([right, place]);
                }
            }
        }
        for (right, ids) in moved {
            for ids in chunks(txn, ids) {
                Entity::update_many()
                    .col_expr(Column::SourceIdentityId, Expr::value(right))
                    .filter(ids.of(Column::Id))
                    .exec(txn)
                    .await?;
            }
        }
        Ok(changed)
    }

    /// Whose an event of an instant is; `None` for the visitor's own, which are those of whoever was first.
    fn user_at(&self, at: DateTime<Utc>) -> Option<&str> {
        let (_, first) = self.epochs.first()?;
        let place = self.epochs.partition_point(|(since, _)| *since <= at).checked_sub(1)?;
        let user = &self.epochs[place].1;
        (user != first).then_some(user)
    }
}
