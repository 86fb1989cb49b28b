//! Reading what counts of people when an action is chosen for them: of all who are asked about at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entities::profile;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::{catalogue::Catalogue, features::Known, outcomes::Outcome};
use crate::{
    Profiles, audiences,
    consent::{self, Admitted},
    error::Result,
    store::over,
    view::{
        document::{ProfileIdentifier, Totals},
        read::{self, Reached, json},
    },
};

/// How far back e-mails and pages count.
const LATELY: TimeDelta = TimeDelta::days(90);
/// Of one person no more reports are looked at: the newest ones.
const MOST_REPORTS: u32 = 1_000;

/// Everything that a choice for somebody follows from, but the catalogue and the day.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// What counts of what was said about the use of the person's data.
    pub(super) said: Vec<consent::Statement>,
    /// How the person is reached.
    pub(super) reached: Reached,
    pub(super) known: Known,
    /// What came of actions that were chosen before, the oldest report first.
    pub(super) reports: Vec<Report>,
    /// When products of the catalogue were bought.
    pub(super) bought: Vec<(Uuid, Option<DateTime<Utc>>)>,
    /// For each action with a rule why the person is not whom it is for, where that is so.
    pub(super) ineligible: BTreeMap<String, String>,
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) decision: Uuid,
    pub(super) action: String,
    pub(super) channel: Option<String>,
    pub(super) outcome: Outcome,
    pub(super) at: DateTime<Utc>,
}

/// What was said by each of these people who is there. They are asked before anything else is read of them.
pub(super) async fn people(profiles: &Profiles, people: &[Uuid]) -> Result<BTreeMap<Uuid, Facts>> {
    let mut found = BTreeMap::new();
    let db = profiles.db();
    for row in db.query_all_raw(over(db, "SELECT * FROM profile WHERE id = {}", people, [])).await? {
        let row = profile::Model::from_query_result(&row, "")?;
        let identifiers: Vec<ProfileIdentifier> = json("identifiers", &row.identifiers)?;
        let totals: Totals = json("totals", &row.totals)?;
        let first_order = totals.currencies.iter().filter_map(|total| total.first_order_at).min();
        let known = Known {
            since: [row.created_at, row.first_seen, first_order].into_iter().flatten().min(),
            ..Known::default()
        };
        let facts = Facts {
            said: json("consents", &row.consents)?,
            reached: Reached::of(&identifiers, &read::traits(&row)?),
            known,
            ..Facts::default()
        };
        found.insert(row.id, facts);
    }
    Ok(found)
}

/// Reads the rest of what counts of these people.
pub(super) async fn read_the_rest(
    profiles: &Profiles,
    catalogue: &Catalogue,
    people: &mut BTreeMap<Uuid, Facts>,
    now: DateTime<Utc>,
) -> Result<()> {
    let ids: Vec<Uuid> = people.keys().copied().collect();
    purchases(profiles, catalogue, people, &ids, now).await?;
    lately(profiles, people, &ids, now).await?;
    reports(profiles, people, &ids).await?;
    products(profiles, catalogue, people, &ids).await?;
    let rules: Vec<_> = catalogue
        .actions
        .iter()
        .filter_map(|action| Some((action.key.as_str(), action.eligibility.as_ref()?)))
        .collect();
    if !rules.is_empty() {
        for (id, why) in audiences::ineligible(profiles, &rules, &ids, now).await? {
            people.entry(id).or_default().ineligible = why;
        }
    }
    Ok(())
}

/// What they bought, and what is predicted of it.
async fn purchases(
    profiles: &Profiles,
    catalogue: &Catalogue,
    people: &mut BTreeMap<Uuid, Facts>,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<()> {
    let currency = &catalogue.limits.currency;
    let admitted: Vec<Admitted> = ids.iter().copied().map(Admitted::again).collect();
    for (who, bought) in profiles.purchases(&admitted).await? {
        let Some(facts) = people.get_mut(&who.profile()) else { continue };
        let churn = profiles.churn_risk(&bought, &facts.said, None).await?.said;
        let value = profiles.lifetime_value(&bought, &facts.said, None).await?.said;
        let micros = bought.iter().filter(|one| one.currency == *currency).map(|one| one.micros);
        let micros = micros.fold(0_i64, i64::saturating_add);
        let known = &mut facts.known;
        known.orders = u32::try_from(bought.len()).unwrap_or(u32::MAX);
        known.paid = units(micros);
        known.last_order = bought.last().map(|one| one.at.min(now));
        known.churn = churn.map(|churn| churn.probability);
        known.expected = value.filter(|value| value.currency == *currency).map(|value| value.expected);
    }
    Ok(())
}

/// An amount in units of its currency.
#[expect(clippy::cast_precision_loss, reason = "its logarithm is taken")]
fn units(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// How often they opened e-mails, clicked in them and saw pages.
async fn lately(
    profiles: &Profiles,
    people: &mut BTreeMap<Uuid, Facts>,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<()> {
    let sql = "SELECT s.profile_id, e.name, COUNT(*) AS count FROM source_identity s \
         JOIN event e ON e.source_identity_id = s.id \
         WHERE s.profile_id = {} AND e.occurred_at > $1 AND e.occurred_at <= $2 \
           AND e.name IN ('Email Opened', 'Email Link Clicked', 'Page Viewed', 'Screen Viewed') \
         GROUP BY s.profile_id, e.name";
    let db = profiles.db();
    let bounds: [Value; 2] = [(now - LATELY).into(), now.into()];
    for row in db.query_all_raw(over(db, sql, ids, bounds)).await? {
        let (id, name): (Uuid, String) = (row.try_get("", "profile_id")?, row.try_get("", "name")?);
        let Some(facts) = people.get_mut(&id) else { continue };
        let count = u32::try_from(row.try_get::<i64>("", "count")?).unwrap_or(u32::MAX);
        let known = &mut facts.known;
        let counted = match name.as_str() {
            "Email Opened" => &mut known.opened,
            "Email Link Clicked" => &mut known.clicked,
            _ => &mut known.seen,
        };
        *counted = counted.saturating_add(count);
    }
    Ok(())
}

async fn reports(profiles: &Profiles, people: &mut BTreeMap<Uuid, Facts>, ids: &[Uuid]) -> Result<()> {
    let sql = format!(
        "SELECT * FROM (SELECT s.profile_id, o.id, o.decision_id, o.action, o.channel, o.outcome, o.at, \
           ROW_NUMBER() OVER (PARTITION BY s.profile_id ORDER BY o.id DESC) AS place \
         FROM source_identity s JOIN action_outcome o ON o.source_identity_id = s.id \
         WHERE s.profile_id = {{}}) ranked WHERE place <= {MOST_REPORTS} ORDER BY id"
    );
    let db = profiles.db();
    for row in db.query_all_raw(over(db, &sql, ids, [])).await? {
        let Some(facts) = people.get_mut(&row.try_get::<Uuid>("", "profile_id")?) else { continue };
        facts.reports.push(Report {
            decision: row.try_get("", "decision_id")?,
            action: row.try_get("", "action")?,
            channel: row.try_get("", "channel")?,
            outcome: Outcome::read(&row.try_get::<String>("", "outcome")?)?,
            at: row.try_get("", "at")?,
        });
    }
    Ok(())
}

/// Which products of the catalogue they bought.
async fn products(
    profiles: &Profiles,
    catalogue: &Catalogue,
    people: &mut BTreeMap<Uuid, Facts>,
    ids: &[Uuid],
) -> Result<()> {
    let products = offered(catalogue);
    if products.is_empty() {
        return Ok(());
    }
    let places: Vec<String> = (1..=products.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT s.profile_id, b.product_id, o.placed_at FROM source_identity s \
         JOIN orders o ON o.source_identity_id = s.id JOIN order_product b ON b.order_id = o.id \
         WHERE s.profile_id = {{}} AND b.product_id IN ({}) AND o.order_type = 'sale' \
           AND o.status NOT IN ('pending', 'cancelled', 'failed', 'refunded')",
        places.join(", ")
    );
    let db = profiles.db();
    let values = products.into_iter().map(Value::from);
    for row in db.query_all_raw(over(db, &sql, ids, values)).await? {
        let Some(facts) = people.get_mut(&row.try_get::<Uuid>("", "profile_id")?) else { continue };
        facts.bought.push((row.try_get("", "product_id")?, row.try_get("", "placed_at")?));
    }
    Ok(())
}

/// The products that the actions offer.
fn offered(catalogue: &Catalogue) -> BTreeSet<Uuid> {
    catalogue.actions.iter().filter_map(|action| action.product).collect()
}

/// Those products of the catalogue that can be bought now, or may be.
pub(super) async fn in_stock(profiles: &Profiles, catalogue: &Catalogue) -> Result<HashMap<Uuid, bool>> {
    let products: Vec<Uuid> = offered(catalogue).into_iter().collect();
    let mut found = HashMap::new();
    if products.is_empty() {
        return Ok(found);
    }
    let db = profiles.db();
    let statement: Statement = over(db, "SELECT id, in_stock FROM product WHERE id = {}", &products, []);
    for row in db.query_all_raw(statement).await? {
        // What the source does not say is taken to be there.
        found.insert(row.try_get("", "id")?, row.try_get::<Option<bool>>("", "in_stock")?.unwrap_or(true));
    }
    Ok(found)
}
