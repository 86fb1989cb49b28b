//! Orders and the one timeline of profiles. Both hang on source identities; a merge moves none of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entities::order;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Profiles, consent::Admitted, error::Result, past::Past, store::over};

/// A stretch of orders or of a timeline, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stretch {
    /// At most so many.
    pub first: u64,
    /// Only what comes after this place.
    pub after: Option<Place>,
    /// Only what had happened by then.
    pub until: Option<DateTime<Utc>>,
}

/// A place in a stretch: what stands there is older than whatever comes before it. Undated things are the
/// oldest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// Breaks ties: the external id of an order, the message id of an event.
    pub key: String,
    /// Breaks the ties that are left.
    pub source: Uuid,
}

/// Something on a timeline.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Entry {
    /// Whose it is.
    pub source_identity_id: Uuid,
    /// The source.
    pub source_id: Uuid,
    /// When it happened.
    pub at: Option<DateTime<Utc>>,
    /// The event's message id or the order's external id.
    pub key: String,
    /// The event's name; absent for an order.
    pub name: Option<String>,
    /// The event's properties, JSON; absent for an order.
    pub properties: Option<String>,
    /// For an order.
    pub order_id: Option<Uuid>,
    /// `sale` or `return`.
    pub order_type: Option<String>,
    /// Where the order stands.
    pub status: Option<String>,
    /// The order's number.
    pub number: Option<String>,
    /// The order's currency.
    pub currency: Option<String>,
    /// The order's total.
    pub total_micros: Option<i64>,
}

/// The condition and its values (from `$2` on) that a stretch puts on rows with an instant, a key and a source.
fn within(stretch: &Stretch, at: &str, key: &str, source: &str) -> (String, Vec<Value>) {
    let mut conditions = vec![String::new()];
    let mut values = vec![Value::from(i64::try_from(stretch.first).unwrap_or(i64::MAX))];
    let mut bind = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    if let Some(until) = stretch.until {
        conditions.push(format!("({at} <= {} OR {at} IS NULL)", bind(until.into())));
    }
    if let Some(place) = &stretch.after {
        let (k, s) = (bind(place.key.clone().into()), bind(place.source.into()));
        let tie = format!("({key} > {k} OR ({key} = {k} AND {source} > {s}))");
        conditions.push(if let Some(instant) = place.at {
            let t = bind(instant.into());
            format!("({at} < {t} OR ({at} = {t} AND {tie}) OR {at} IS NULL)")
        } else {
            format!("{at} IS NULL AND {tie}")
        });
    }
    (conditions.join(" AND "), values)
}

/// An event and an order as entries of a timeline.
const EVENT: &str = "e.source_identity_id, e.source_id, e.occurred_at AS at, e.message_id AS key, e.name, \
    e.properties, NULL AS order_id, NULL AS order_type, NULL AS status, NULL AS number, NULL AS currency, \
    NULL AS total_micros";
const ORDER: &str = "o.source_identity_id, o.source_id, o.placed_at, o.external_id, NULL, NULL, o.id, \
    o.order_type, o.status, o.number, o.currency, o.total_micros";

impl Profiles {
    /// The orders of profiles, newest first.
    pub async fn orders(
        &self,
        profiles: &[Admitted],
        stretch: &Stretch,
    ) -> Result<HashMap<Admitted, Vec<order::Model>>> {
        let (condition, values) = within(stretch, "o.placed_at", "o.external_id", "o.source_id");
        let sql = format!(
            "SELECT * FROM (\
               SELECT s.profile_id, o.*, ROW_NUMBER() OVER (PARTITION BY s.profile_id \
                 ORDER BY o.placed_at DESC NULLS LAST, o.external_id, o.source_id) AS place \
               FROM source_identity s JOIN orders o ON o.source_identity_id = s.id \
               WHERE s.profile_id = {{}}{condition}) ranked \
             WHERE place <= $1 ORDER BY place"
        );
        self.stretch(&sql, &Admitted::ids(profiles), values).await
    }

    /// The events and orders of profiles in one timeline, newest first.
    pub async fn timeline(
        &self,
        profiles: &[Admitted],
        stretch: &Stretch,
    ) -> Result<HashMap<Admitted, Vec<Entry>>> {
        let (condition, values) = within(stretch, "at", "key", "source_id");
        let sql = format!(
            "SELECT * FROM (\
               SELECT entries.*, ROW_NUMBER() OVER (PARTITION BY profile_id \
                 ORDER BY at DESC NULLS LAST, key, source_id) AS place \
               FROM (\
                 SELECT s.profile_id, {EVENT} \
                 FROM source_identity s JOIN event e ON e.source_identity_id = s.id \
                 WHERE s.profile_id = {{}} \
                 UNION ALL \
                 SELECT s.profile_id, {ORDER} \
                 FROM source_identity s JOIN orders o ON o.source_identity_id = s.id \
                 WHERE s.profile_id = {{}}) entries \
               WHERE TRUE{condition}) ranked \
             WHERE place <= $1 ORDER BY place"
        );
        self.stretch(&sql, &Admitted::ids(profiles), values).await
    }

    /// The orders of source identities that are one person, newest first.
    pub async fn orders_of(&self, past: &Past, stretch: &Stretch) -> Result<Vec<order::Model>> {
        let (condition, values) = within(stretch, "o.placed_at", "o.external_id", "o.source_id");
        let sql = format!(
            "SELECT o.* FROM orders o WHERE o.source_identity_id = {{}}{condition} \
             ORDER BY o.placed_at DESC NULLS LAST, o.external_id, o.source_id LIMIT $1"
        );
        self.all_of(&sql, &past.ids(), values).await
    }

    /// The events and orders of source identities that are one person in one timeline, newest first.
    pub async fn timeline_of(&self, past: &Past, stretch: &Stretch) -> Result<Vec<Entry>> {
        let (condition, values) = within(stretch, "at", "key", "source_id");
        let sql = format!(
            "SELECT * FROM ({} UNION ALL {}) entries WHERE TRUE{condition} \
             ORDER BY at DESC NULLS LAST, key, source_id LIMIT $1",
            format_args!("SELECT {EVENT} FROM event e WHERE e.source_identity_id = {{}}"),
            format_args!("SELECT {ORDER} FROM orders o WHERE o.source_identity_id = {{}}"),
        );
        self.all_of(&sql, &past.ids(), values).await
    }

    async fn all_of<M: FromQueryResult>(
        &self,
        sql: &str,
        identities: &[Uuid],
        values: Vec<Value>,
    ) -> Result<Vec<M>> {
        let found = self.db().query_all_raw(over(self.db(), sql, identities, values)).await?;
        Ok(found.iter().map(|row| M::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }

    async fn stretch<M: FromQueryResult>(
        &self,
        sql: &str,
        profiles: &[Uuid],
        values: Vec<Value>,
    ) -> Result<HashMap<Admitted, Vec<M>>> {
        let statement = over(self.db(), sql, profiles, values);
        let mut found: HashMap<Admitted, Vec<M>> = HashMap::new();
        for result in self.db().query_all_raw(statement).await? {
            let profile = Admitted::again(result.try_get("", "profile_id")?);
            found.entry(profile).or_default().push(M::from_query_result(&result, "")?);
        }
        Ok(found)
    }
}
