//! Who bought what: the lines of orders that count, less what came back.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sea_orm::{ConnectionTrait, QueryResult, Statement as Sql, Value};
use serde::Deserialize;
use uuid::Uuid;

use super::super::purchases::{COUNTS, learned_for, refuses};
use crate::{Profiles, consent::current_purposes, error::Result, store::over, view::read::json};

/// People in one statement.
const STEP: usize = if cfg!(test) { 7 } else { 1024 };
/// Of so many customers is learned at most, and of so many lines. Whoever is in is chosen by the id, which is a keyed hash: evenly,
/// and the same ones by the same facts.
const CUSTOMERS: usize = 100_000;
const LINES: usize = 2_000_000;

/// That somebody bought a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bought {
    /// The product.
    pub product: Uuid,
    /// What it was called then.
    pub name: Option<String>,
    /// When the order was placed.
    pub at: DateTime<Utc>,
    /// The order.
    pub(super) order: Uuid,
}

/// A line of an order, as far as it matters.
#[derive(Deserialize)]
struct Line {
    product: Option<Uuid>,
    sku: Option<String>,
    name: Option<String>,
    quantity: Decimal,
}

/// What is read of the details of an order.
#[derive(Deserialize)]
struct Details {
    #[serde(default)]
    lines: Vec<Line>,
}

/// A line with what its order says.
struct Moved {
    bought: Bought,
    /// How many pieces; below 0 where they came back.
    pieces: Decimal,
}

impl Moved {
    fn read(row: &QueryResult) -> Result<Vec<Self>> {
        let (at, order) = (row.try_get("", "placed_at")?, row.try_get("", "id")?);
        let is_return = row.try_get::<String>("", "order_type")? == "return";
        let details: Details = json("order", &row.try_get::<String>("", "details")?)?;
        let moved = |line: Line| {
            let pieces = if is_return { -line.quantity.abs() } else { line.quantity };
            let bought = Bought { product: line.product?, name: line.name.or(line.sku), at, order };
            Some(Self { bought, pieces })
        };
        Ok(details.lines.into_iter().filter_map(moved).collect())
    }
}

/// What somebody kept, in order: what came back takes away what was bought last before it.
fn kept(mut moved: Vec<Moved>) -> Vec<Bought> {
    // What came back at the instant of a purchase came back from it.
    moved.sort_by_key(|line| {
        (line.bought.at, line.pieces < Decimal::ZERO, line.bought.order, line.bought.product)
    });
    let mut had: HashMap<Uuid, Vec<usize>> = HashMap::new();
    for at in 0..moved.len() {
        let product = moved[at].bought.product;
        if moved[at].pieces > Decimal::ZERO {
            had.entry(product).or_default().push(at);
            continue;
        }
        let mut back = -moved[at].pieces;
        let had = had.entry(product).or_default();
        while back > Decimal::ZERO
            && let Some(last) = had.pop()
        {
            let pieces = moved[last].pieces;
            moved[last].pieces -= back.min(pieces);
            if moved[last].pieces > Decimal::ZERO {
                had.push(last);
            }
            back -= back.min(pieces);
        }
    }
    moved.into_iter().filter(|line| line.pieces > Decimal::ZERO).map(|line| line.bought).collect()
}

/// What these people had bought by an instant and kept, in order.
pub(super) async fn of<C: ConnectionTrait>(
    db: &C,
    people: &[Uuid],
    until: DateTime<Utc>,
) -> Result<BTreeMap<Uuid, Vec<Bought>>> {
    let sql = format!(
        "SELECT s.profile_id, o.id, o.order_type, o.placed_at, o.details FROM source_identity s \
         JOIN orders o ON o.source_identity_id = s.id WHERE s.profile_id = {{}} AND (({COUNTS}) OR \
         (o.order_type = 'return' AND o.status NOT IN ('pending', 'cancelled', 'failed') AND o.placed_at <= $1))"
    );
    let mut found: BTreeMap<Uuid, Vec<Moved>> = BTreeMap::new();
    for step in people.chunks(STEP) {
        for row in db.query_all_raw(over(db, &sql, step, [until.into()])).await? {
            found.entry(row.try_get("", "profile_id")?).or_default().extend(Moved::read(&row)?);
        }
    }
    let kept = found.into_iter().map(|(id, moved)| (id, kept(moved)));
    Ok(kept.filter(|(_, bought)| !bought.is_empty()).collect())
}

/// What everybody had bought by an instant and kept, each person's in order, without those who by now have said that nobody may
/// predict what they will do. Of more than 100,000 customers, or of more than 2,000,000 lines, those with the first ids.
pub(in crate::insights) async fn all<C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Vec<Bought>>> {
    let purposes = current_purposes(db, profiles).await?;
    let purpose = learned_for(&purposes)?;
    let (mut all, mut lines) = (Vec::new(), 0);
    let mut after = Uuid::nil();
    while all.len() < CUSTOMERS && lines < LINES {
        let sql = format!("SELECT id, consents FROM profile WHERE id > $1 ORDER BY id LIMIT {STEP}");
        let page = Sql::from_sql_and_values(db.get_database_backend(), sql, [Value::from(after)]);
        let rows = db.query_all_raw(page).await?;
        let mut people: Vec<Uuid> = Vec::with_capacity(rows.len());
        for row in &rows {
            after = row.try_get("", "id")?;
            if !refuses(purpose, &row.try_get::<String>("", "consents")?, now)? {
                people.push(after);
            }
        }
        for mut bought in of(db, &people, until).await?.into_values() {
            // Of everybody together no name is needed.
            for line in &mut bought {
                line.name = None;
            }
            lines += bought.len();
            all.push(bought);
        }
        if rows.len() < STEP {
            break;
        }
    }
    all.truncate(CUSTOMERS);
    Ok(all)
}
