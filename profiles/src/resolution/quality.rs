//! How good recognition is, in numbers: against what people decided, against a truth from outside, and by the sizes of
//! profiles.

use std::collections::{BTreeMap, BTreeSet};

use entities::{profile, source_identity};
use identity::{Resolution, Verdict, linkage};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QuerySelect,
    Statement,
};
use uuid::Uuid;

use super::{component, regroup};
use crate::{
    Profiles, decisions,
    error::Result,
    matching::index::Comparison,
    store::{chunks, snapshot},
};

/// How good recognition is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IdentityQuality {
    /// Source identities.
    pub source_identities: u64,
    /// Profiles.
    pub profiles: u64,
    /// How many profiles there are of each number of source identities.
    pub sizes: BTreeMap<u64, u64>,
    /// Profiles of at least four fifths of the size limit.
    pub near_limit: u64,
    /// Profiles whose merge with another the size limit refused.
    pub limited: u64,
    /// What evidence alone makes of the pairs that people decided about.
    pub decided: DecidedPairs,
}

/// The pairs that people decided about, as evidence alone would have it: what the decisions themselves do is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DecidedPairs {
    /// Decided the same, and together.
    pub same_together: u64,
    /// Decided the same, and apart.
    pub same_apart: u64,
    /// Decided different, and together.
    pub different_together: u64,
    /// Decided different, and apart.
    pub different_apart: u64,
}

impl DecidedPairs {
    /// Of the pairs that evidence puts together, the share that people decided to be the same, 0..1; `None` where there
    /// is none.
    pub fn precision(&self) -> Option<f64> {
        share(self.same_together, self.different_together)
    }

    /// Of the pairs that people decided to be the same, the share that evidence puts together, 0..1; `None` where there
    /// is none.
    pub fn recall(&self) -> Option<f64> {
        share(self.same_together, self.same_apart)
    }

    /// The harmonic mean of both, 0..1; `None` where one of them is none, or both are 0.
    pub fn f1(&self) -> Option<f64> {
        let (precision, recall) = (self.precision()?, self.recall()?);
        (precision + recall > 0.).then(|| 2. * precision * recall / (precision + recall))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn share(part: u64, rest: u64) -> Option<f64> {
    (part + rest > 0).then(|| part as f64 / (part + rest) as f64)
}

/// One line of a truth from outside: which person a record is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrueRecord {
    /// The key of its source.
    pub source: String,
    /// Its id in that source.
    pub external_id: String,
    /// The person, by any name that is hers alone.
    pub person: String,
}

#[derive(FromQueryResult)]
struct Size {
    members: i64,
    profiles: i64,
}

impl Profiles {
    /// How good recognition is. Counts everybody, and resolves again whom decisions are about.
    pub async fn identity_quality(&self) -> Result<IdentityQuality> {
        let txn = snapshot(self.db()).await?;
        let ruleset = self.current_ruleset(&txn).await?;
        let rules = &ruleset.identity;
        let counted = Size::find_by_statement(Statement::from_string(
            txn.get_database_backend(),
            "SELECT members, COUNT(*) AS profiles FROM \
               (SELECT COUNT(*) AS members FROM source_identity GROUP BY profile_id) AS sizes \
             GROUP BY members",
        ));
        let sizes: BTreeMap<u64, u64> = counted
            .all(&txn)
            .await?
            .into_iter()
            .map(|size| (size.members.unsigned_abs(), size.profiles.unsigned_abs()))
            .collect();
        let limited = profile::Entity::find().filter(profile::Column::Limited.eq(true)).count(&txn).await?;

        let words = decisions::all(&txn).await?.standing(None);
        let concerned: BTreeSet<Uuid> = words.iter().flat_map(|word| [word.a, word.b]).collect();
        let model = self.model_of(&txn, rules).await?;
        let comparison =
            model.as_deref().map(|model| Comparison::new(model, BTreeMap::new(), BTreeMap::new()));
        let component =
            component::around(&txn, rules, comparison, component::Known::default(), concerned).await?;
        txn.rollback().await?;
        let people = component.nodes.values().map(|row| (row, &component.values[&row.id]));
        let (_, Resolution { groups, .. }) =
            regroup::group(rules, people, &component.carriers, &component.weights, &[]);
        let mut group_of: BTreeMap<Uuid, usize> = BTreeMap::new();
        for (place, group) in groups.iter().enumerate() {
            group_of.extend(group.members.iter().map(|member| (*member, place)));
        }
        let mut newest: BTreeMap<(Uuid, Uuid), _> = BTreeMap::new();
        for word in &words {
            let said = newest.entry((word.a.min(word.b), word.a.max(word.b))).or_insert(word);
            if (word.decided_at, word.id) > (said.decided_at, said.id) {
                *said = word;
            }
        }
        let mut decided = DecidedPairs::default();
        for ((a, b), word) in newest {
            let (Some(one), Some(other)) = (group_of.get(&a), group_of.get(&b)) else { continue };
            *match (word.verdict, one == other) {
                (Verdict::Same, true) => &mut decided.same_together,
                (Verdict::Same, false) => &mut decided.same_apart,
                (Verdict::Different, true) => &mut decided.different_together,
                (Verdict::Different, false) => &mut decided.different_apart,
            } += 1;
        }
        let near = rules.max_group as u64 - rules.max_group as u64 / 5;
        Ok(IdentityQuality {
            source_identities: sizes.iter().map(|(members, profiles)| members * profiles).sum(),
            profiles: sizes.values().sum(),
            near_limit: sizes.range(near..).map(|(_, profiles)| profiles).sum(),
            sizes,
            limited,
            decided,
        })
    }

    /// Compares the profiles with a truth from outside. Also gives how many of its records are not known here.
    pub async fn evaluate(&self, truth: &BTreeSet<TrueRecord>) -> Result<(linkage::Quality, u64)> {
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        let mut people: BTreeMap<Uuid, u32> = BTreeMap::new();
        for record in truth {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let person = *numbers.entry(&record.person).or_insert(next);
            let source = self.keys().source(&record.source);
            people.insert(self.keys().person(source, &record.external_id), person);
        }
        let mut profiles: BTreeMap<Uuid, u32> = BTreeMap::new();
        let mut judged = Vec::with_capacity(people.len());
        for ids in chunks(self.db(), people.keys().copied()) {
            let rows: Vec<(Uuid, Uuid)> = source_identity::Entity::find()
                .select_only()
                .columns([source_identity::Column::Id, source_identity::Column::ProfileId])
                .filter(ids.of(source_identity::Column::Id))
                .into_tuple()
                .all(self.db())
                .await?;
            for (id, profile) in rows {
                let next = u32::try_from(profiles.len()).unwrap_or(u32::MAX);
                judged.push((*profiles.entry(profile).or_insert(next), people[&id]));
            }
        }
        let unknown = (people.len() - judged.len()) as u64;
        Ok((linkage::Quality::of(judged), unknown))
    }
}
