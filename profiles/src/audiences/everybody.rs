//! Working out for everybody who is in a segment that was defined, a page at a time. The database leaves out whom a rule
//! cannot hold of at any time, and may leave in too many: the rule decides.

use std::collections::BTreeSet;

use entities::segment_progress::{Column as P, Entity as Progress};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    Set, Statement, Value,
};
use segments::{Condition, Events, Test};
use uuid::Uuid;

use super::{
    evaluate::{Occasion, ask},
    segment,
};
use crate::{
    Profiles,
    error::{Error, Result},
    resolution::rebuild::keep_drains_out,
    store::begin_write,
};

/// How many people are asked about in one transaction; in tests few, so that it comes in many parts.
const PAGE: u64 = if cfg!(test) { 7 } else { 1_000 };

impl Profiles {
    /// Works out the next page of segments that are not worked out for everybody. False where nothing is left to do.
    pub async fn work_out_some(&self) -> Result<bool> {
        let waits = Progress::find().filter(P::FinishedAt.is_null()).one(self.db()).await?;
        if waits.is_none() {
            return Ok(false);
        }
        let txn = begin_write(self.db()).await?;
        keep_drains_out(&txn).await?;
        self.work_out_page(&txn).await?;
        txn.commit().await?;
        Ok(true)
    }

    async fn work_out_page(&self, txn: &DatabaseTransaction) -> Result<()> {
        let waiting = Progress::find().filter(P::FinishedAt.is_null()).order_by_asc(P::Key).all(txn).await?;
        // Those that are furthest behind first, until they are level with the others.
        let Some(after) = waiting.iter().map(|row| row.after).min() else { return Ok(()) };
        let (level, ahead): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|row| row.after == after);
        let until = ahead.iter().filter_map(|row| row.after).min();
        let segments = segment::current(txn, self).await?;
        let keys: BTreeSet<String> = level.iter().map(|row| row.key.clone()).collect();
        let wanted: Vec<_> = segments.in_order().filter(|segment| keys.contains(&segment.key)).collect();
        let asked = segments.with_asked(keys.clone());
        let asked: Vec<_> = segments.in_order().filter(|segment| asked.contains(&segment.key)).collect();

        let page =
            people(txn, wanted.iter().map(|segment| segment.rule.condition()), &keys, after, until).await?;
        let (now, all) = (self.now(), page.iter().copied().collect());
        // Those that are only asked on the way are left to those who follow what happens.
        let write: BTreeSet<&str> = keys.iter().map(String::as_str).collect();
        match ask(txn, self, &asked, &write, &all, now, Occasion::WorkedOut).await {
            Err(Error::Stored { .. }) => {
                // Somebody cannot be asked about, and holds up nobody.
                for id in &page {
                    match ask(txn, self, &asked, &write, &[*id].into(), now, Occasion::WorkedOut).await {
                        Err(error @ Error::Stored { .. }) => {
                            tracing::error!(profile = %id, %error, "segments cannot be asked about a profile; it is left as it is");
                        }
                        asked => asked?,
                    }
                }
            }
            asked => asked?,
        }
        let is_full = page.len() as u64 == PAGE;
        let reached = if is_full { page.last().copied() } else { until };
        for row in level {
            let asked = row.asked + i64::try_from(page.len()).unwrap_or_default();
            let mut row = row.into_active_model();
            row.asked = Set(asked);
            row.after = Set(reached);
            if reached.is_none() {
                row.finished_at = Set(Some(self.now()));
            }
            Progress::update(row).exec(txn).await?;
        }
        Ok(())
    }
}

/// The next people, by id, of whom one of these conditions may ever hold, or who are in one of these segments.
async fn people<'a>(
    txn: &DatabaseTransaction,
    conditions: impl Iterator<Item = &'a Condition>,
    keys: &BTreeSet<String>,
    after: Option<Uuid>,
    until: Option<Uuid>,
) -> Result<Vec<Uuid>> {
    let mut values: Vec<Value> = Vec::new();
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut limits = Vec::new();
    if let Some(after) = after {
        limits.push(format!("p.id > {}", bind(after.into())));
    }
    if let Some(until) = until {
        limits.push(format!("p.id <= {}", bind(until.into())));
    }
    let may: Option<Vec<Needed<'_>>> =
        conditions.map(needed).collect::<Option<Vec<_>>>().map(|all| all.concat());
    if let Some(may) = may {
        let mut may: BTreeSet<String> = may.into_iter().map(|needed| needed.sql(&mut bind)).collect();
        let keys: Vec<String> = keys.iter().map(|key| bind(key.as_str().into())).collect();
        may.insert(format!(
            "EXISTS (SELECT 1 FROM membership m WHERE m.profile_id = p.id AND m.segment IN ({}))",
            keys.join(", ")
        ));
        limits.push(format!("({})", may.into_iter().collect::<Vec<_>>().join(" OR ")));
    }
    let limits = if limits.is_empty() { "TRUE".to_owned() } else { limits.join(" AND ") };
    let sql = format!("SELECT p.id FROM profile p WHERE {limits} ORDER BY p.id LIMIT {PAGE}");
    let statement = Statement::from_sql_and_values(txn.get_database_backend(), sql, values);
    let rows = txn.query_all_raw(statement).await?;
    Ok(rows.iter().map(|row| row.try_get("", "id")).collect::<std::result::Result<_, _>>()?)
}

/// What must be there of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needed<'a> {
    Event(&'a str),
    Order,
}

impl Needed<'_> {
    fn sql(self, bind: &mut impl FnMut(Value) -> String) -> String {
        let (table, named) = match self {
            Self::Event(name) => ("event", format!(" AND t.name = {}", bind(name.into()))),
            Self::Order => ("orders", String::new()),
        };
        format!(
            "EXISTS (SELECT 1 FROM source_identity s JOIN {table} t ON t.source_identity_id = s.id \
             WHERE s.profile_id = p.id{named})"
        )
    }
}

/// What must be there of a person, at least one of these, for a condition ever to hold; `None` where it may hold of
/// anybody.
fn needed(condition: &Condition) -> Option<Vec<Needed<'_>>> {
    match condition {
        // Each of them is needed: the first that says something is enough.
        Condition::All(conditions) => conditions.iter().find_map(needed),
        Condition::Any(conditions) => {
            conditions.iter().map(needed).collect::<Option<Vec<_>>>().map(|needed| needed.concat())
        }
        Condition::Did(did) if !did.times.holds(0) => named(&did.events),
        Condition::Sequence(sequence) => named(&sequence.steps.first()?.events),
        Condition::First(occasion) | Condition::Last(occasion) if occasion.is != Test::Exists(false) => {
            named(&occasion.events)
        }
        Condition::Prediction(test) if test.is != Test::Exists(false) => Some(vec![Needed::Order]),
        Condition::Bought(bought) if !bought.times.holds(0) => Some(vec![Needed::Order]),
        Condition::FirstOrder(date) | Condition::LastOrder(date) if date.is != Test::Exists(false) => {
            Some(vec![Needed::Order])
        }
        _ => None,
    }
}

fn named(events: &Events) -> Option<Vec<Needed<'_>>> {
    Some(vec![Needed::Event(events.event.as_deref()?)])
}

#[cfg(test)]
mod tests {
    use segments::Rule;

    use super::*;

    #[test]
    fn the_database_leaves_out_only_whom_a_rule_cannot_hold_of() {
        let view = Needed::Event("V");
        for (rule, expected) in [
            (r#"did "V""#, Some(vec![view])),
            (r#"did "V" and country is "DE""#, Some(vec![view])),
            (r#"country is "DE" and did "V""#, Some(vec![view])),
            (r#"did "V" or last order more than 3 days ago"#, Some(vec![view, Needed::Order])),
            (r#"did "V" or country is "DE""#, None),
            (r#"not did "V""#, None),
            (r#"did "V" at most 3 times"#, None),
            (r#"did "V" exactly 0 times"#, None),
            ("did any event", None),
            (r#"did "V" then not "W" within 2 hours"#, Some(vec![view])),
            ("count of orders = 0", None),
            (r#"bought product "p""#, Some(vec![Needed::Order])),
            ("prediction churn_risk > 0.5", Some(vec![Needed::Order])),
            ("not prediction churn_risk exists", None),
        ] {
            let rule = Rule::parse(rule).unwrap();
            assert_eq!(needed(rule.condition()), expected, "{rule}");
        }
    }
}
