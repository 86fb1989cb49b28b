//! Drawing the people with whom somebody is compared, by way of indexes, however many people there are.
//!
//! From each list that somebody is on (the buyers of a product, the members of a segment, the people of a company) as many
//! are drawn as stand nearest to the person's own place in it: lists stand in the order of ids, which are keyed hashes, so
//! that everybody draws others, and the same ones each time. Short lists are drawn whole.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Statement, Value};
use uuid::Uuid;

use crate::error::Result;

/// How many are drawn from the buyers of the person's products, from members of the person's segments, from the person's
/// companies, and from whoever was seen just before and after: 2,000 in all.
const BUYERS: usize = if cfg!(test) { 12 } else { 800 };
const MEMBERS: usize = if cfg!(test) { 12 } else { 800 };
const COLLEAGUES: usize = if cfg!(test) { 8 } else { 200 };
const SEEN: usize = if cfg!(test) { 8 } else { 200 };
/// The most products, the most segments and the most companies that are drawn from.
const MOST_LISTS: usize = 40;

/// By what people are drawn for somebody.
#[derive(Debug)]
pub(super) struct Drawn {
    /// Who is in the place.
    pub(super) id: Uuid,
    /// What was bought, the most wanted first.
    pub(super) products: Vec<Uuid>,
    /// The keys of the segments.
    pub(super) segments: Vec<String>,
    /// The companies.
    pub(super) companies: Vec<Uuid>,
    /// When the person was last seen.
    pub(super) last_seen: Option<DateTime<Utc>>,
    /// How many orders the person has.
    pub(super) orders: i64,
}

impl Drawn {
    /// Whoever is drawn, each with how many of the products they were found by.
    pub(super) async fn people<C: ConnectionTrait>(&self, db: &C) -> Result<BTreeMap<Uuid, usize>> {
        let mut found: BTreeMap<Uuid, usize> = BTreeMap::new();
        let own: Value = self.id.into();
        let products: Vec<Value> = listed(&self.products);
        let buyers = Lists {
            of: "SELECT order_id AS id, product_id AS list FROM order_product WHERE product_id = {list}",
            place: "order_id",
            drawn: "SELECT DISTINCT s.profile_id, d.list FROM ({drawn}) d JOIN orders o ON o.id = d.id \
                JOIN source_identity s ON s.id = o.source_identity_id",
        };
        for person in buyers.draw(db, &own, products, BUYERS).await? {
            *found.entry(person).or_default() += 1;
        }
        let members = Lists {
            of: "SELECT profile_id AS id FROM membership WHERE segment = {list} AND left_at IS NULL",
            place: "profile_id",
            drawn: "SELECT DISTINCT d.id AS profile_id FROM ({drawn}) d",
        };
        let colleagues = Lists {
            of: "SELECT source_identity_id AS id FROM company_person WHERE company_id = {list}",
            place: "source_identity_id",
            drawn: "SELECT DISTINCT s.profile_id FROM ({drawn}) d JOIN source_identity s ON s.id = d.id",
        };
        let mut others = members.draw(db, &own, listed(&self.segments), MEMBERS).await?;
        others.extend(colleagues.draw(db, &own, listed(&self.companies), COLLEAGUES).await?);
        if let Some(seen) = self.last_seen {
            others.extend(seen_about(db, seen).await?);
        }
        for person in others {
            found.entry(person).or_default();
        }
        found.remove(&self.id);
        Ok(found)
    }

    /// How many products are drawn from.
    pub(super) fn lists_of_buyers(&self) -> usize {
        self.products.len().min(MOST_LISTS)
    }
}

fn listed<T: Clone + Into<Value>>(lists: &[T]) -> Vec<Value> {
    lists.iter().take(MOST_LISTS).cloned().map(Into::into).collect()
}

/// Lists of one kind.
struct Lists {
    /// Whoever is on the list `{list}`, as `id`.
    of: &'static str,
    /// The column that they stand in the order of: the next one of the index that finds the list.
    place: &'static str,
    /// The people whom the rows of `{drawn}` mean.
    drawn: &'static str,
}

impl Lists {
    /// So many from all of these lists together, from each as many on both sides of a place.
    async fn draw<C: ConnectionTrait>(
        &self,
        db: &C,
        own: &Value,
        lists: Vec<Value>,
        share: usize,
    ) -> Result<Vec<Uuid>> {
        if lists.is_empty() {
            return Ok(Vec::new());
        }
        let side = (share / lists.len() / 2).max(1);
        let mut branches = Vec::with_capacity(2 * lists.len());
        for number in 0..lists.len() {
            let of = self.of.replace("{list}", &format!("${}", number + 2));
            let place = self.place;
            for (name, beyond) in
                [("a", format!(">= $1 ORDER BY {place}")), ("b", format!("< $1 ORDER BY {place} DESC"))]
            {
                branches
                    .push(format!("SELECT * FROM ({of} AND {place} {beyond} LIMIT {side}) {name}{number}"));
            }
        }
        let sql = self.drawn.replace("{drawn}", &branches.join(" UNION ALL "));
        let values = std::iter::once(own.clone()).chain(lists);
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let rows = db.query_all_raw(statement).await?;
        Ok(rows.iter().map(|row| row.try_get("", "profile_id")).collect::<Result<_, _>>()?)
    }
}

/// Those who were seen just before and just after.
async fn seen_about<C: ConnectionTrait>(db: &C, seen: DateTime<Utc>) -> Result<Vec<Uuid>> {
    let side = SEEN / 2;
    let sql = format!(
        "SELECT * FROM (SELECT id FROM profile WHERE last_seen >= $1 ORDER BY last_seen, id LIMIT {side}) a \
         UNION ALL SELECT * FROM (SELECT id FROM profile WHERE last_seen < $1 \
           ORDER BY last_seen DESC, id DESC LIMIT {side}) b"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [seen.into()]);
    let rows = db.query_all_raw(statement).await?;
    Ok(rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?)
}
