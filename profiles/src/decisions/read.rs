//! Asking what was decided.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entities::{decision, decision_pair};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Value};
use uuid::Uuid;

use super::{
    fact::{Decision, Pair},
    standing,
};
use crate::{
    Profiles,
    consent::Admitted,
    error::Result,
    past::Past,
    store::{chunks, over},
};

impl Profiles {
    /// Decisions by id.
    pub async fn decisions_by_id(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Decision>> {
        let mut found = HashMap::new();
        for chunk in chunks(self.db(), ids.iter().copied()) {
            for row in decision::Entity::find().filter(chunk.of(decision::Column::Id)).all(self.db()).await? {
                found.insert(row.id, Decision::read(row)?);
            }
        }
        Ok(found)
    }

    /// The decisions that name members of profiles, newest first, at most `first` a profile; those that an undoing
    /// took back included.
    pub async fn decisions(
        &self,
        profiles: &[Admitted],
        first: u64,
    ) -> Result<HashMap<Admitted, Vec<Decision>>> {
        let statement = over(
            self.db(),
            "SELECT * FROM (\
               SELECT n.profile_id, d.*, ROW_NUMBER() OVER (\
                 PARTITION BY n.profile_id ORDER BY d.decided_at DESC, d.id DESC) AS place \
               FROM (\
                 SELECT s.profile_id, p.decision_id FROM source_identity s JOIN decision_pair p ON p.a = s.id \
                 WHERE s.profile_id = {} \
                 UNION \
                 SELECT s.profile_id, p.decision_id FROM source_identity s JOIN decision_pair p ON p.b = s.id \
                 WHERE s.profile_id = {}) n \
               JOIN decision d ON d.id = n.decision_id) ranked \
             WHERE place <= $1 ORDER BY place",
            &Admitted::ids(profiles),
            [Value::from(i64::try_from(first).unwrap_or(i64::MAX))],
        );
        let mut found: HashMap<Admitted, Vec<Decision>> = HashMap::new();
        for result in self.db().query_all_raw(statement).await? {
            let profile = Admitted::again(result.try_get("", "profile_id")?);
            let row = decision::Model::from_query_result(&result, "")?;
            found.entry(profile).or_default().push(Decision::read(row)?);
        }
        Ok(found)
    }

    /// The decisions about these source identities that had been made at an instant, newest first, at most `first`.
    pub async fn decisions_about(
        &self,
        past: &Past,
        until: DateTime<Utc>,
        first: u64,
    ) -> Result<Vec<Decision>> {
        let words = standing::about(self.db(), past.ids()).await?;
        let named: BTreeSet<Uuid> = words.pairs.iter().map(|(id, _)| *id).collect();
        let mut made: Vec<Decision> = words
            .decisions
            .into_values()
            .filter(|decision| named.contains(&decision.id) && decision.decided_at <= until)
            .collect();
        made.sort_by_key(|decision| std::cmp::Reverse((decision.decided_at, decision.id)));
        made.truncate(usize::try_from(first).unwrap_or(usize::MAX));
        Ok(made)
    }

    /// By which decision each of these is taken back, for those that do not count any more.
    pub async fn undone_by(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Decision>> {
        let wanted: BTreeSet<Uuid> = ids.iter().copied().collect();
        let all = standing::with_undoings(self.db(), wanted.clone()).await?;
        let standing = standing::standing(all.values());
        let mut undone: HashMap<Uuid, Decision> = HashMap::new();
        for decision in all.into_values().filter(|decision| standing.contains(&decision.id)) {
            let Some(target) = decision.undoes.filter(|target| wanted.contains(target)) else { continue };
            let earlier =
                |other: &Decision| (other.decided_at, other.id) <= (decision.decided_at, decision.id);
            if !undone.get(&target).is_some_and(earlier) {
                undone.insert(target, decision);
            }
        }
        Ok(undone)
    }

    /// What decisions say of pairs, by ids, at most `first` a decision.
    pub async fn decided_pairs(&self, ids: &[Uuid], first: u64) -> Result<HashMap<Uuid, Vec<Pair>>> {
        let statement = over(
            self.db(),
            "SELECT * FROM (\
               SELECT p.*, ROW_NUMBER() OVER (PARTITION BY p.decision_id ORDER BY p.a, p.b) AS place \
               FROM decision_pair p WHERE p.decision_id = {}) ranked \
             WHERE place <= $1 ORDER BY place",
            ids,
            [Value::from(i64::try_from(first).unwrap_or(i64::MAX))],
        );
        let mut found: HashMap<Uuid, Vec<Pair>> = HashMap::new();
        for result in self.db().query_all_raw(statement).await? {
            let row = decision_pair::Model::from_query_result(&result, "")?;
            found.entry(row.decision_id).or_default().push(Pair::read(&row)?);
        }
        Ok(found)
    }
}
