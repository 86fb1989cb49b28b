//! Reading what is compared of people: of data that may be used alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use connectors::canonical::traits as t;
use entities::{product, profile};
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::Value;
use uuid::Uuid;

use super::alike::{FACTORS, Factor, Portrait};
use crate::{
    error::Result,
    store::{chunks, over},
    view::{
        catalogue::Group,
        document::Totals,
        read::{json, traits},
    },
};

/// People in one statement.
const STEP: usize = 1024;
/// Who has more orders than these is compared without what they bought.
pub(super) const MOST_ORDERS: i64 = 1_000;
/// Of one person no more texts of a kind are compared.
const MOST_TEXTS: usize = 100;

/// What may be compared.
#[derive(Debug)]
pub(super) struct May<'a> {
    /// The groups of data that may be used.
    pub(super) groups: &'a BTreeSet<Group>,
    /// The segments that are made of such data alone.
    pub(super) segments: &'a BTreeSet<String>,
    /// Today.
    pub(super) now: DateTime<Utc>,
}

impl May<'_> {
    fn factor(&self, factor: Factor) -> bool {
        FACTORS.iter().any(|(known, _, _, group)| *known == factor && self.groups.contains(group))
    }
}

/// What the row of a profile tells: everything but segments and what was bought.
pub(super) fn of_row(row: &profile::Model, may: &May<'_>) -> Result<Portrait> {
    let mut portrait = Portrait::default();
    if may.factor(Factor::Orders) {
        let totals: Totals = json("totals", &row.totals)?;
        let mut last: Option<DateTime<Utc>> = None;
        let mut orders = 0;
        for total in totals.currencies.iter().filter(|total| total.orders > 0) {
            orders += total.orders;
            last = last.max(total.last_order_at);
            portrait.spent.insert(total.currency.clone(), units(total.revenue_micros));
        }
        portrait.amounts.insert(Factor::Orders, amount(orders));
        let days = |at: DateTime<Utc>| amount((may.now - at).num_days().max(0));
        let ago = [
            (Factor::LastOrder, last),
            (Factor::FirstSeen, row.first_seen),
            (Factor::LastSeen, row.last_seen),
        ];
        portrait.amounts.extend(ago.into_iter().filter_map(|(factor, at)| Some((factor, days(at?)))));
    }
    for found in traits(row)? {
        for (factor, part) in told_by(&found.key) {
            if may.factor(factor) {
                let value = part.map_or(Some(&found.value), |part| found.value.get(part));
                let texts = texts(value);
                if !texts.is_empty() {
                    portrait.said.insert(factor, texts);
                }
            }
        }
    }
    Ok(portrait)
}

/// The factors that a trait tells, each with the part of its value.
fn told_by(key: &str) -> Vec<(Factor, Option<&'static str>)> {
    match key {
        t::COMPANY_NAME => vec![(Factor::Company, None)],
        t::INDUSTRY => vec![(Factor::Industry, None)],
        t::JOB_TITLE => vec![(Factor::JobTitle, None)],
        t::LIFECYCLE_STAGE => vec![(Factor::LifecycleStage, None)],
        t::TAGS => vec![(Factor::Tags, None)],
        t::LANGUAGE => vec![(Factor::Language, None)],
        t::ADDRESS => vec![(Factor::City, Some("city")), (Factor::Country, Some("country"))],
        _ => Vec::new(),
    }
}

/// Texts as they are compared, without case and blanks around them, with how they are written.
fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let one = |value: &Value| {
        let written = value.as_str()?.trim();
        (!written.is_empty()).then(|| (written.to_lowercase(), written.to_owned()))
    };
    match value {
        Some(Value::Array(all)) => all.iter().take(MOST_TEXTS).filter_map(one).collect(),
        Some(value) => one(value).into_iter().collect(),
        None => BTreeMap::new(),
    }
}

/// The segments that people are in, of those that may be told.
pub(super) async fn segments<C: ConnectionTrait>(
    db: &C,
    people: &[Uuid],
    may: &May<'_>,
) -> Result<HashMap<Uuid, BTreeSet<String>>> {
    let mut found = HashMap::new();
    if !may.factor(Factor::Segments) || may.segments.is_empty() {
        return Ok(found);
    }
    // Keys of segments hold no blanks. One row a person: most people are in many.
    let sql = "SELECT profile_id, STRING_AGG(segment, ' ') AS segments FROM membership \
         WHERE profile_id = {} AND left_at IS NULL GROUP BY profile_id";
    for step in people.chunks(STEP) {
        for row in db.query_all_raw(over(db, sql, step, [])).await? {
            let segments: String = row.try_get("", "segments")?;
            let told = segments.split(' ').filter(|key| may.segments.contains(*key));
            found.insert(row.try_get("", "profile_id")?, told.map(str::to_owned).collect());
        }
    }
    Ok(found)
}

/// A product as it is compared and told.
#[derive(Debug, Clone)]
pub(super) struct Good {
    pub(super) name: Option<String>,
    /// Its categories as they are compared.
    categories: BTreeSet<String>,
}

/// What was bought in orders that came about.
#[derive(Debug, Default)]
pub(super) struct Bought {
    /// In how many orders of each person each product was.
    pub(super) products: HashMap<Uuid, BTreeMap<Uuid, f64>>,
    /// What is known of the products.
    pub(super) goods: HashMap<Uuid, Good>,
    /// Their categories as they are compared, with how they are written.
    pub(super) categories: BTreeMap<String, String>,
}

impl Bought {
    /// Adds what these people bought.
    pub(super) async fn read<C: ConnectionTrait>(&mut self, db: &C, people: &[Uuid]) -> Result<()> {
        let sql = "SELECT s.profile_id, b.product_id, COUNT(*) AS orders FROM source_identity s \
             JOIN orders o ON o.source_identity_id = s.id JOIN order_product b ON b.order_id = o.id \
             WHERE s.profile_id = {} AND o.order_type = 'sale' \
               AND o.status NOT IN ('pending', 'cancelled', 'failed', 'refunded') \
             GROUP BY s.profile_id, b.product_id";
        let mut unknown = BTreeSet::new();
        for step in people.chunks(STEP) {
            for row in db.query_all_raw(over(db, sql, step, [])).await? {
                let product: Uuid = row.try_get("", "product_id")?;
                let orders: i64 = row.try_get("", "orders")?;
                let owner: Uuid = row.try_get("", "profile_id")?;
                self.products.entry(owner).or_default().insert(product, amount(orders));
                if !self.goods.contains_key(&product) {
                    unknown.insert(product);
                }
            }
        }
        use product::Column as P;
        for ids in chunks(db, unknown) {
            let found = product::Entity::find().select_only().columns([P::Id, P::Name, P::Categories]);
            let found = found.filter(ids.of(P::Id)).into_tuple::<(Uuid, Option<String>, String)>();
            for (id, name, categories) in found.all(db).await? {
                let categories: Value = json("product", &categories)?;
                let written = texts(Some(&categories));
                self.goods.insert(id, Good { name, categories: written.keys().cloned().collect() });
                for (key, written) in written {
                    // Of several ways to write it the first by code point, whichever product is read first.
                    let known = self.categories.entry(key).or_insert_with(|| written.clone());
                    *known = written.min(std::mem::take(known));
                }
            }
        }
        Ok(())
    }

    /// Puts into a portrait what somebody bought.
    pub(super) fn complete(&self, id: Uuid, portrait: &mut Portrait) {
        let Some(products) = self.products.get(&id) else { return };
        for (product, orders) in products {
            let categories = self.goods.get(product).into_iter().flat_map(|good| &good.categories);
            for category in categories {
                *portrait.categories.entry(category.clone()).or_default() += orders;
            }
        }
        portrait.products.clone_from(products);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and days far below 2^52")]
fn amount(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "money that is compared, not added up")]
fn units(micros: i64) -> f64 {
    micros as f64 / 1e6
}
