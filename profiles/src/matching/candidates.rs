//! Match candidates: profiles that are apart and may be one person. Derived with the profiles; somebody's verdict on the
//! closest two of their source identities settles them.

use std::collections::{BTreeSet, HashMap};

use entities::{
    identifier,
    match_candidate::{self, Column as C},
};
use identity::{IdentifierKind, Near, Verdict, linkage::Step};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::index;
use crate::{
    Keys, Profiles,
    consent::Reader,
    decisions::{Decided, Word},
    error::{Error, Result},
    resolution::{
        component::{cap, counts},
        person::{Value, own},
    },
    store::{chunks, insert_all, snapshot},
    view::catalogue,
};

/// Two profiles that may be one person.
pub use entities::match_candidate::Model as MatchCandidate;

/// One step of the way to the weight of two source identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaterfallStep {
    /// What was compared: a field, or the kind of a shared identifier.
    pub comparison: String,
    /// What was found.
    pub found: String,
    /// How much it adds, in thousandths of a bit.
    pub weight: i64,
}

impl From<Step> for WaterfallStep {
    fn from(step: Step) -> Self {
        Self { comparison: step.comparison.to_owned(), found: step.found, weight: step.weight }
    }
}

/// Writes the candidates among profiles that were grouped just now, in place of those that named one of them.
pub(crate) async fn write(
    txn: &DatabaseTransaction,
    keys: &Keys,
    profiles: BTreeSet<Uuid>,
    near: Vec<Near>,
) -> Result<()> {
    let mut stale: BTreeSet<Uuid> = BTreeSet::new();
    for ids in chunks(txn, profiles) {
        let named = match_candidate::Entity::find().select_only().column(C::Id);
        let named = named.filter(Condition::any().add(ids.of(C::A)).add(ids.of(C::B)));
        stale.extend(named.into_tuple::<Uuid>().all(txn).await?);
    }
    for ids in chunks(txn, stale) {
        match_candidate::Entity::delete_many().filter(ids.of(C::Id)).exec(txn).await?;
    }
    let rows = near.into_iter().map(|near| {
        let (one, other) = near.closest;
        match_candidate::Model {
            id: keys.match_candidate(one, other),
            one,
            other,
            a: near.a,
            b: near.b,
            weight: near.weight,
            uncertainty: near.weight.saturating_abs(),
        }
    });
    insert_all::<match_candidate::Entity, _>(txn, rows.collect(), None).await?;
    Ok(())
}

/// A place in the list of candidates: how far the odds of the last one seen are from even, and its id.
pub type CandidatePlace = (i64, Uuid);

impl Profiles {
    /// Profiles that may be one person, the least certain first: those whose odds are nearest to even.
    pub async fn match_candidates(
        &self,
        after: Option<CandidatePlace>,
        first: u64,
    ) -> Result<Vec<MatchCandidate>> {
        let mut found = match_candidate::Entity::find();
        if let Some((uncertainty, id)) = after {
            let tied = Condition::all().add(C::Uncertainty.eq(uncertainty)).add(C::Id.gt(id));
            found = found.filter(Condition::any().add(C::Uncertainty.gt(uncertainty)).add(tied));
        }
        let found = found.order_by_asc(C::Uncertainty).order_by_asc(C::Id).limit(first);
        Ok(found.all(self.db()).await?)
    }

    /// How many pairs of profiles may be one person.
    pub async fn count_match_candidates(&self) -> Result<u64> {
        Ok(match_candidate::Entity::find().count(self.db()).await?)
    }

    /// The candidate of that id; nothing once it is settled.
    pub async fn match_candidate(&self, id: Uuid) -> Result<Option<MatchCandidate>> {
        Ok(match_candidate::Entity::find_by_id(id).one(self.db()).await?)
    }

    /// Decides whether two profiles that may be one person are. `Same` merges them, and holds them together as a merge
    /// does; `Different` parts the closest two of their source identities for good.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it is settled already, and as [`Profiles::merge`] and [`Profiles::decide_pair`].
    pub async fn resolve_match_candidate(&self, id: Uuid, verdict: Verdict, word: &Word) -> Result<Decided> {
        let found = self.match_candidate(id).await?;
        let found = found.ok_or_else(|| Error::NotFound { what: "match candidate", id: id.to_string() })?;
        match verdict {
            Verdict::Same => self.merge(&[found.a, found.b], word).await,
            Verdict::Different => self.decide_pair(found.one, found.other, verdict, word).await,
        }
    }

    /// Why pairs of source identities weigh what they weigh under the model in force: steps that sum up to it. Nothing
    /// where the rules name no model, and of people of whom the reader may not see who they are.
    pub async fn waterfalls(
        &self,
        reader: &Reader,
        pairs: &[(Uuid, Uuid)],
    ) -> Result<HashMap<(Uuid, Uuid), Vec<WaterfallStep>>> {
        let gate = self.gate(reader).await?;
        let both = pairs.iter().flat_map(|(one, other)| [*one, *other]);
        let admitted = gate.admitted(self.db(), catalogue::Group::Identity, both).await?;
        let seen = |(one, other): &&(Uuid, Uuid)| admitted.contains(one) && admitted.contains(other);
        let pairs: Vec<(Uuid, Uuid)> = pairs.iter().filter(seen).copied().collect();
        gate.note_all(self.db(), pairs.iter().flat_map(|(one, other)| [*one, *other])).await?;
        let txn = snapshot(self.db()).await?;
        let rules = &self.current_ruleset(&txn).await?.identity;
        let Some(model) = self.model_of(&txn, rules).await? else {
            txn.rollback().await?;
            return Ok(HashMap::new());
        };
        let ids: BTreeSet<Uuid> = pairs.iter().flat_map(|(one, other)| [*one, *other]).collect();
        let details = index::counting(&txn, ids.iter().copied()).await?;
        let carried = carried(&txn, &ids).await?;
        let shared = |(one, other): &(Uuid, Uuid)| -> BTreeSet<Value> {
            let shared = carried[one].intersection(&carried[other]);
            shared.filter(|value| rules.links_by(value.0)).cloned().collect()
        };
        let counts = counts(&txn, pairs.iter().flat_map(shared).collect()).await?;
        txn.rollback().await?;
        let mut waterfalls = HashMap::new();
        for pair in &pairs {
            let mut steps: Vec<WaterfallStep> = match (details.get(&pair.0), details.get(&pair.1)) {
                (Some(a), Some(b)) if !a.is_empty() && !b.is_empty() => {
                    model.explain(a, b).into_iter().map(WaterfallStep::from).collect()
                }
                // Who says nothing is weighed against nobody.
                _ => Vec::new(),
            };
            let linking = shared(pair).into_iter().filter(|value| counts[value] <= cap(rules, value.0));
            steps.extend(linking.map(|(kind, _)| WaterfallStep {
                comparison: kind.as_str().to_owned(),
                found: "the same".to_owned(),
                weight: rules.weight(kind),
            }));
            waterfalls.insert(*pair, steps);
        }
        Ok(waterfalls)
    }
}

/// The identifiers that these carry; each carries its own key as well.
async fn carried<C: ConnectionTrait>(db: &C, ids: &BTreeSet<Uuid>) -> Result<HashMap<Uuid, BTreeSet<Value>>> {
    let mut carried: HashMap<Uuid, BTreeSet<Value>> =
        ids.iter().map(|id| (*id, BTreeSet::from([own(*id)]))).collect();
    for chunk in chunks(db, ids.iter().copied()) {
        let rows = identifier::Entity::find().filter(chunk.of(identifier::Column::SourceIdentityId));
        for row in rows.all(db).await? {
            let value = IdentifierKind::parse(&row.kind).map(|kind| (kind, row.value));
            carried.entry(row.source_identity_id).or_default().extend(value);
        }
    }
    Ok(carried)
}
