//! What marks the customers of greatest value: what is found among them more often, or less, than among others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entities::product;
use predictions::scores::protected_ground;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Profiles, audiences,
    consent::current_purposes,
    error::Result,
    insights::{profiling, purchases::COUNTS},
    store::{chunks, over},
    view::{
        catalogue::{Group, group},
        read::json,
    },
};

/// So many customers are looked at: their ids are hashes, so that the first ones are as any others.
pub(super) const LOOKED_AT: usize = 100_000;
/// Customers in one statement.
const STEP: usize = 1_024;
/// What fewer of the best, or fewer others, have is not told of.
const FEWEST: u64 = 10;
/// So many marks are told.
const MOST: usize = 50;
/// The longest value that can mark anybody, in characters.
const LONGEST: usize = 64;
/// A claim that is wrong by chance this often, over all that are looked at.
const WRONG: f64 = 0.05;

/// What marks somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A trait has a value.
    Trait,
    /// They are in a segment.
    Segment,
    /// They have bought something of a category.
    Category,
}

/// Something that is known of a customer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    kind: MarkKind,
    key: String,
    value: String,
}

/// Something that is found among the best more often, or less, than among others, and hardly by chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// What it is.
    pub kind: MarkKind,
    /// The key of the trait or segment, or the category.
    pub key: String,
    /// The value of the trait; empty otherwise.
    pub value: String,
    /// Which share of the best has it, 0 to 1.
    pub share: f64,
    /// Which share of the others.
    pub others: f64,
    /// How many times as often it is found among the best.
    pub lift: f64,
    /// The interval of the lift at 95 percent, of all marks at once.
    pub interval: (f64, f64),
}

/// What is known of these customers, and may be used for profiling.
pub(super) async fn read<C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    customers: &[Uuid],
    until: DateTime<Utc>,
) -> Result<BTreeMap<Uuid, Vec<Known>>> {
    let purposes = current_purposes(db, profiles).await?;
    let usable: BTreeSet<Group> =
        profiling(&purposes).into_iter().flat_map(|one| one.data_groups.clone()).collect();
    let segments = audiences::current(db, profiles).await?;
    let usable_segments: BTreeSet<&str> = segments
        .in_order()
        // Who is of great value by a prediction is no news.
        .filter(|segment| {
            segment.asks.predictions.is_empty() && segments.groups(&segment.key).is_subset(&usable)
        })
        .map(|segment| segment.key.as_str())
        .collect();
    let mut found: BTreeMap<Uuid, Vec<Known>> = customers.iter().map(|id| (*id, Vec::new())).collect();
    let mut bought: Vec<(Uuid, Uuid)> = Vec::new();
    for step in customers.chunks(STEP) {
        let sql = "SELECT id, traits, inferred FROM profile WHERE id = {}";
        for row in db.query_all_raw(over(db, sql, step, [])).await? {
            let Some(known) = found.get_mut(&row.try_get("", "id")?) else { continue };
            for column in ["traits", "inferred"] {
                let traits: Vec<Trait> = json(column, &row.try_get::<String>("", column)?)?;
                known.extend(traits.into_iter().filter_map(|one| one.known(&usable)));
            }
        }
        let sql = "SELECT profile_id, segment FROM membership WHERE profile_id = {} AND left_at IS NULL";
        for row in db.query_all_raw(over(db, sql, step, [])).await? {
            let key: String = row.try_get("", "segment")?;
            let known = found.get_mut(&row.try_get("", "profile_id")?);
            if let Some(known) = known.filter(|_| usable_segments.contains(key.as_str())) {
                known.push(Known { kind: MarkKind::Segment, key, value: String::new() });
            }
        }
        let sql = format!(
            "SELECT DISTINCT s.profile_id, p.product_id FROM source_identity s \
             JOIN orders o ON o.source_identity_id = s.id JOIN order_product p ON p.order_id = o.id \
             WHERE s.profile_id = {{}} AND {COUNTS}"
        );
        for row in db.query_all_raw(over(db, &sql, step, [until.into()])).await? {
            bought.push((row.try_get("", "profile_id")?, row.try_get("", "product_id")?));
        }
    }
    let categories = categories(db, bought.iter().map(|(_, product)| *product).collect()).await?;
    for (id, product) in bought {
        let Some(known) = found.get_mut(&id) else { continue };
        for category in categories.get(&product).into_iter().flatten() {
            known.push(Known { kind: MarkKind::Category, key: category.clone(), value: String::new() });
        }
    }
    for known in found.values_mut() {
        known.sort_unstable();
        known.dedup();
    }
    Ok(found)
}

async fn categories<C: ConnectionTrait>(
    db: &C,
    products: BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, Vec<String>>> {
    let mut found = HashMap::new();
    for ids in chunks(db, products) {
        for row in product::Entity::find().filter(ids.of(product::Column::Id)).all(db).await? {
            found.insert(row.id, json("product", &row.categories)?);
        }
    }
    Ok(found)
}

/// What is looked at of a trait.
#[derive(Deserialize)]
struct Trait {
    key: String,
    value: Value,
}

impl Trait {
    /// What may mark somebody: a short text or a yes or no, of a group that may be used, and of no protected trait. Who somebody is
    /// marks nobody else.
    fn known(self, usable: &BTreeSet<Group>) -> Option<Known> {
        let group = group(&self.key);
        if group == Group::Identity || !usable.contains(&group) || protected_ground(&self.key).is_some() {
            return None;
        }
        let value = match self.value {
            Value::String(text) => text,
            Value::Bool(yes) => yes.to_string(),
            _ => return None,
        };
        let is_short = !value.is_empty() && value.chars().count() <= LONGEST;
        is_short.then_some(Known { kind: MarkKind::Trait, key: self.key, value })
    }
}

/// What sets the best apart from the others, by how much, the strongest first.
///
/// The interval of the lift is that of a ratio of two shares on the logarithmic scale (Katz, Baptista, Azen & Pike,
/// Biometrics 34, 1978), so wide that over all that is looked at hardly one in twenty times anything is told by chance: its half
/// width is √(2 ln(1/(2α))) standard errors with α = 0.025 / the number of comparisons, by the bound P(Z > z) ≤ exp(−z²/2) / 2.
#[expect(clippy::cast_precision_loss, reason = "people are fewer than 2^52")]
pub(super) fn of(found: &BTreeMap<Uuid, Vec<Known>>, best: &BTreeSet<Uuid>) -> Vec<Mark> {
    let mut counts: BTreeMap<&Known, (u64, u64)> = BTreeMap::new();
    let mut sizes = (0_u64, 0_u64);
    for (id, known) in found {
        let is_best = best.contains(id);
        if is_best {
            sizes.0 += 1;
        } else {
            sizes.1 += 1;
        }
        for known in known {
            let (among_best, others) = counts.entry(known).or_default();
            *if is_best { among_best } else { others } += 1;
        }
    }
    // What nearly everybody has, or nearly nobody, sets nobody apart, and would be of few people.
    let tells = |(among_best, others): &(u64, u64)| *among_best >= FEWEST && *others >= FEWEST;
    counts.retain(|_, counts| tells(counts));
    let alpha = WRONG / 2.0 / counts.len().max(1) as f64;
    let width = (-2.0 * (2.0 * alpha).ln()).sqrt();
    let mark = |(known, (among_best, others)): (&Known, (u64, u64))| {
        let (a, b) = (among_best as f64, others as f64);
        let (share, other_share) = (a / sizes.0 as f64, b / sizes.1 as f64);
        let lift = share / other_share;
        let error = ((1.0 - share) / a + (1.0 - other_share) / b).sqrt();
        let interval = ((lift.ln() - width * error).exp(), (lift.ln() + width * error).exp());
        Mark {
            kind: known.kind,
            key: known.key.clone(),
            value: known.value.clone(),
            share,
            others: other_share,
            lift,
            interval,
        }
    };
    let mut marks: Vec<Mark> = counts.into_iter().map(mark).collect();
    marks.retain(|mark| mark.interval.0 > 1.0 || mark.interval.1 < 1.0);
    let surely = |mark: &Mark| mark.interval.0.ln().max(-mark.interval.1.ln());
    marks.sort_by(|a, b| surely(b).total_cmp(&surely(a)));
    marks.truncate(MOST);
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(key: &str, value: &str) -> Known {
        Known { kind: MarkKind::Trait, key: key.to_owned(), value: value.to_owned() }
    }

    /// Of 1,000 people the first 100 are the best; 60 of these are from Utrecht and 100 of the others, and every other one of
    /// all likes tea.
    fn people() -> (BTreeMap<Uuid, Vec<Known>>, BTreeSet<Uuid>) {
        let mut found = BTreeMap::new();
        let mut best = BTreeSet::new();
        for number in 0..1000_u32 {
            let id = Uuid::from_u128(number.into());
            let mut all = Vec::new();
            if number < 60 || (100..200).contains(&number) {
                all.push(known("city", "Utrecht"));
            }
            if number % 2 == 0 {
                all.push(known("drink", "tea"));
            }
            if !(9..=600).contains(&number) {
                all.push(known("rare", "yes"));
            }
            if number < 100 {
                best.insert(id);
            }
            found.insert(id, all);
        }
        (found, best)
    }

    #[test]
    fn what_sets_the_best_apart_is_told_and_nothing_else() {
        let (found, best) = people();
        let marks = of(&found, &best);
        assert_eq!(marks.len(), 1, "{marks:?}");
        let city = &marks[0];
        assert_eq!((city.key.as_str(), city.value.as_str()), ("city", "Utrecht"));
        assert!((city.share - 0.6).abs() < 1e-12 && (city.others - 100.0 / 900.0).abs() < 1e-12);
        assert!((city.lift - 5.4).abs() < 1e-9, "{city:?}");
        assert!(city.interval.0 > 3.0 && city.interval.1 < 9.0, "{city:?}");
    }

    #[test]
    fn nobody_is_marked_by_who_they_are_or_by_what_is_protected() {
        let all: BTreeSet<Group> = Group::ALL.into();
        let text = |key: &str| Trait { key: key.to_owned(), value: Value::String("x".to_owned()) };
        for key in ["email", "last_name", "gender", "religion", "marital_status"] {
            assert_eq!(text(key).known(&all), None, "{key}");
        }
        assert_eq!(text("city").known(&all), Some(known("city", "x")));
        assert_eq!(text("city").known(&[Group::Quantitative].into()), None, "may not be used");
        let long = Trait { key: "note".to_owned(), value: Value::String("x".repeat(65)) };
        assert_eq!(long.known(&all), None);
    }
}
