//! Which decisions count: those that no standing undo takes back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entities::{decision, decision_pair};
use sea_orm::{ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};
use uuid::Uuid;

use super::fact::{Decision, Pair};
use crate::{error::Result, store::chunks};

/// What was decided about some people, whether it still counts or not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    /// What each decision says.
    pub(crate) pairs: BTreeSet<(Uuid, Pair)>,
    /// Those decisions, their undoings, the undoings of these, and so on.
    pub(crate) decisions: BTreeMap<Uuid, Decision>,
}

/// Everything that was ever decided about these source identities.
pub(crate) async fn about<C: ConnectionTrait>(
    db: &C,
    identities: impl IntoIterator<Item = Uuid>,
) -> Result<Words> {
    let mut decided = Words::default();
    for chunk in chunks(db, identities) {
        let of_one = chunk.of(decision_pair::Column::A).or(chunk.of(decision_pair::Column::B));
        for row in decision_pair::Entity::find().filter(of_one).all(db).await? {
            decided.pairs.insert((row.decision_id, Pair::read(&row)?));
        }
    }
    let ids = decided.pairs.iter().map(|(id, _)| *id).collect();
    decided.decisions = with_undoings(db, ids).await?;
    Ok(decided)
}

/// Everything that was ever decided.
pub(crate) async fn all<C: ConnectionTrait>(db: &C) -> Result<Words> {
    let mut decided = Words::default();
    for row in decision_pair::Entity::find().all(db).await? {
        decided.pairs.insert((row.decision_id, Pair::read(&row)?));
    }
    for row in decision::Entity::find().all(db).await? {
        decided.decisions.insert(row.id, Decision::read(row)?);
    }
    Ok(decided)
}

/// These decisions with their undoings, the undoings of these, and so on.
pub(super) async fn with_undoings<C: ConnectionTrait>(
    db: &C,
    ids: BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, Decision>> {
    let mut all = BTreeMap::new();
    for chunk in chunks(db, ids) {
        for row in decision::Entity::find().filter(chunk.of(decision::Column::Id)).all(db).await? {
            all.insert(row.id, Decision::read(row)?);
        }
    }
    let mut newest: Vec<Uuid> = all.keys().copied().collect();
    while !newest.is_empty() {
        let mut undoings = Vec::new();
        for chunk in chunks(db, newest) {
            for row in decision::Entity::find().filter(chunk.of(decision::Column::Undoes)).all(db).await? {
                undoings.push(row.id);
                all.insert(row.id, Decision::read(row)?);
            }
        }
        newest = undoings;
    }
    Ok(all)
}

impl Words {
    /// The words that count at an instant, in the form in which resolution takes them.
    pub(crate) fn standing(&self, until: Option<DateTime<Utc>>) -> Vec<identity::Decision> {
        let made: Vec<&Decision> = self
            .decisions
            .values()
            .filter(|decision| until.is_none_or(|until| decision.decided_at <= until))
            .collect();
        let standing = standing(made.iter().copied());
        self.pairs
            .iter()
            .filter(|(id, _)| standing.contains(id))
            .map(|(id, pair)| identity::Decision {
                a: pair.a,
                b: pair.b,
                verdict: pair.verdict,
                decided_at: self.decisions[id].decided_at,
                id: *id,
            })
            .collect()
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.pairs.extend(other.pairs);
        self.decisions.extend(other.decisions);
    }
}

/// Those of these decisions that no other one of them, itself standing, takes back.
pub(super) fn standing<'a>(decisions: impl Iterator<Item = &'a Decision>) -> BTreeSet<Uuid> {
    let mut undoes: BTreeMap<Uuid, Option<Uuid>> = BTreeMap::new();
    // How many undoings of each are not judged yet.
    let mut open: BTreeMap<Uuid, usize> = BTreeMap::new();
    for decision in decisions {
        undoes.insert(decision.id, decision.undoes);
        if let Some(target) = decision.undoes {
            *open.entry(target).or_default() += 1;
        }
    }
    let mut ready: Vec<Uuid> = undoes.keys().copied().filter(|id| !open.contains_key(id)).collect();
    let mut taken_back = BTreeSet::new();
    let mut standing = BTreeSet::new();
    // An id is a hash over the id that it undoes, so there is no circle.
    while let Some(id) = ready.pop() {
        let stands = !taken_back.contains(&id);
        if stands {
            standing.insert(id);
        }
        let Some(Some(target)) = undoes.get(&id) else { continue };
        if stands {
            taken_back.insert(*target);
        }
        if let Some(left) = open.get_mut(target) {
            *left -= 1;
            if *left == 0 && undoes.contains_key(target) {
                ready.push(*target);
            }
        }
    }
    standing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decisions::Kind;

    fn decision(id: u128, undoes: Option<u128>) -> Decision {
        let kind = if undoes.is_some() { Kind::Undo } else { Kind::Merge };
        let (decided_at, actor) = (DateTime::UNIX_EPOCH, String::new());
        let undoes = undoes.map(Uuid::from_u128);
        Decision { id: Uuid::from_u128(id), kind, decided_at, actor, note: None, undoes }
    }

    fn standing_of(given: &[(u128, Option<u128>)]) -> Vec<u128> {
        let decisions: Vec<_> = given.iter().map(|(id, undoes)| decision(*id, *undoes)).collect();
        standing(decisions.iter()).iter().map(Uuid::as_u128).collect()
    }

    #[test]
    fn an_undone_decision_does_not_count_until_the_undoing_is_undone() {
        assert_eq!(standing_of(&[(1, None), (2, None)]), [1, 2]);
        assert_eq!(standing_of(&[(1, None), (2, Some(1))]), [2]);
        assert_eq!(standing_of(&[(1, None), (2, Some(1)), (3, Some(2))]), [1, 3]);
        assert_eq!(standing_of(&[(1, None), (2, Some(1)), (3, Some(2)), (4, Some(3))]), [2, 4]);
        assert_eq!(
            standing_of(&[(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))]),
            [3, 4],
            "undone anew"
        );
        assert_eq!(standing_of(&[(2, Some(1))]), [2], "of what is not there yet");
    }
}
