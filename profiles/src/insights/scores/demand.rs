//! How often everything was bought lately, as it was at some instants.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Statement as Sql, Value};
use uuid::Uuid;

use super::{
    super::purchases::COUNTS,
    features::count,
    load::categories,
    story::{Thing, YEAR},
};
use crate::error::Result;

/// Orders in one statement.
const PAGE: u64 = if cfg!(test) { 7 } else { 10_000 };
/// Of how many days the share of orders is taken.
const LATELY: i64 = 90;
/// The most things that are known by name: the most frequent.
const MOST: usize = 10_000;

/// What was bought in the year before an instant.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Demand {
    /// In how many of 1,000 orders of the last 90 days.
    shares: BTreeMap<Thing, f64>,
    /// The same things, products and categories apart, the most frequent first.
    drawn: [Vec<Thing>; 2],
}

#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    year: u32,
    lately: u32,
}

impl Demand {
    fn new(counted: BTreeMap<Thing, Counted>, orders: u32) -> Self {
        let mut all: Vec<(Thing, Counted)> = counted.into_iter().collect();
        all.sort_by(|a, b| b.1.year.cmp(&a.1.year).then_with(|| a.0.cmp(&b.0)));
        all.truncate(MOST);
        let share = |counted: Counted| 1_000.0 * f64::from(counted.lately) / f64::from(orders.max(1));
        Self::of(all.into_iter().map(|(thing, counted)| (thing, share(counted))))
    }

    pub(super) fn of(shares: impl IntoIterator<Item = (Thing, f64)>) -> Self {
        let shares: BTreeMap<Thing, f64> = shares.into_iter().collect();
        let of = |product: bool| {
            let mut these: Vec<(&Thing, f64)> = shares
                .iter()
                .filter(|(thing, _)| thing.is_product() == product)
                .map(|(t, s)| (t, *s))
                .collect();
            these.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
            these.into_iter().map(|(thing, _)| thing.clone()).collect()
        };
        let drawn = [of(true), of(false)];
        Self { shares, drawn }
    }

    /// In how many of 1,000 orders of the last 90 days it was.
    pub(super) fn share(&self, thing: &Thing) -> f64 {
        self.shares.get(thing).copied().unwrap_or_default()
    }

    /// All of them, in order.
    pub(super) fn shares(self) -> impl Iterator<Item = (Thing, f64)> {
        self.shares.into_iter()
    }

    /// Products and categories, each the most frequent first.
    pub(super) const fn things(&self) -> &[Vec<Thing>; 2] {
        &self.drawn
    }
}

/// When an order was placed, whose it is, and what it is of.
type Order = (DateTime<Utc>, Option<Uuid>, BTreeSet<Uuid>);

/// The demand at each of these instants, by those who do not refuse.
pub(super) async fn at<C: ConnectionTrait, const N: usize>(
    db: &C,
    instants: [DateTime<Utc>; N],
    refusing: &HashSet<Uuid>,
) -> Result<[Demand; N]> {
    let mut counted: [BTreeMap<Thing, Counted>; N] = std::array::from_fn(|_| BTreeMap::new());
    let mut orders = [0_u32; N];
    let until = instants.iter().max().copied().unwrap_or_default();
    let from = instants.iter().min().copied().unwrap_or_default() - TimeDelta::days(YEAR);
    let mut known: HashMap<Uuid, BTreeSet<Thing>> = HashMap::new();
    let sql = format!(
        "SELECT page.id, page.placed_at, s.profile_id, p.product_id FROM (\
           SELECT o.id, o.placed_at, o.source_identity_id FROM orders o WHERE {COUNTS} AND o.placed_at > $2 AND o.id > $3 \
           ORDER BY o.id LIMIT {PAGE}) page \
         LEFT JOIN source_identity s ON s.id = page.source_identity_id \
         LEFT JOIN order_product p ON p.order_id = page.id ORDER BY page.id"
    );
    let mut after = Uuid::nil();
    loop {
        let values = [Value::from(until), from.into(), after.into()];
        let rows =
            db.query_all_raw(Sql::from_sql_and_values(db.get_database_backend(), &sql, values)).await?;
        let mut page: BTreeMap<Uuid, Order> = BTreeMap::new();
        for row in &rows {
            let (id, at): (Uuid, DateTime<Utc>) = (row.try_get("", "id")?, row.try_get("", "placed_at")?);
            let order = page.entry(id).or_insert((at, row.try_get("", "profile_id")?, BTreeSet::new()));
            order.2.extend(row.try_get::<Option<Uuid>>("", "product_id")?);
        }
        let new: BTreeSet<Uuid> =
            page.values().flat_map(|order| &order.2).filter(|id| !known.contains_key(id)).copied().collect();
        let found = categories(db, &new).await?;
        known.extend(new.into_iter().map(|id| (id, found.get(&id).cloned().unwrap_or_default())));
        for (at, _, products) in
            page.values().filter(|order| order.1.is_some_and(|id| !refusing.contains(&id)))
        {
            let of = products.iter().flat_map(|id| known.get(id).into_iter().flatten().cloned());
            let things: BTreeSet<Thing> = of.chain(products.iter().map(|id| Thing::Product(*id))).collect();
            for (slot, instant) in instants.iter().enumerate() {
                if *at > *instant || *at <= *instant - TimeDelta::days(YEAR) {
                    continue;
                }
                let lately = u32::from(*at > *instant - TimeDelta::days(LATELY));
                orders[slot] += lately;
                for thing in &things {
                    let counted = counted[slot].entry(thing.clone()).or_default();
                    counted.year += 1;
                    counted.lately += lately;
                }
            }
        }
        let Some(last) = page.keys().last().filter(|_| page.len() as u64 == PAGE) else { break };
        after = *last;
    }
    let mut orders = orders.into_iter();
    Ok(counted.map(|counted| Demand::new(counted, orders.next().unwrap_or_default())))
}

/// What is drawn of these by a number from 0 to 1: each alike, or more often from the front.
pub(super) fn drawn(things: &[Thing], chance: f64, front: bool) -> Option<&Thing> {
    let share = if front { chance * chance * chance } else { chance };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
    let place = (share * count(things.len())) as usize;
    things.get(place.min(things.len().checked_sub(1)?))
}
