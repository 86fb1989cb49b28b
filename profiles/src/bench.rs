//! What is done here, done by hand-written SQL of PostgreSQL: a 360° page without GraphQL, and counting who is in a segment.
//! For `rondom bench` alone; nothing of the product uses it.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use uuid::Uuid;

use crate::{
    error::Result,
    store::{ConnectOptions, connect},
};

/// The statement; `$1` is the id of a member of the profile.
const PAGE: &str = r#"
SELECT json_build_object(
  'id', 'Profile:' || p.id,
  'displayName', p.display_name,
  'traits', (
    SELECT json_agg(json_build_object(
      'key', t->'key', 'value', t->'value', 'rule', upper(t->>'rule'),
      'winner', json_build_object(
        'source', json_build_object('id', 'Source:' || w.id, 'name', w.name), 'recordedAt', t->'winner'->'at'),
      'losers', coalesce((
        SELECT json_agg(json_build_object(
          'value', l->'value', 'source', json_build_object('name', s.name), 'recordedAt', l->'at') ORDER BY n)
        FROM json_array_elements(t->'losers') WITH ORDINALITY AS e(l, n)
        JOIN source s ON s.id = (l->>'source')::uuid), '[]')) ORDER BY place)
    FROM json_array_elements(p.traits::json) WITH ORDINALITY AS a(t, place)
    JOIN source w ON w.id = (t->'winner'->>'source')::uuid),
  'identifiers', (
    SELECT json_agg(json_build_object(
      'kind', upper(i->>'kind'), 'value', i->'value',
      'sources', (
        SELECT json_agg(json_build_object('name', s.name) ORDER BY n)
        FROM json_array_elements_text(i->'sources') WITH ORDINALITY AS e(id, n)
        JOIN source s ON s.id = e.id::uuid)) ORDER BY place)
    FROM json_array_elements(p.identifiers::json) WITH ORDINALITY AS a(i, place)),
  'orders', json_build_object('nodes', (
    SELECT json_agg(json_build_object(
      'id', 'Order:' || o.id, 'number', o.number, 'status', upper(o.status),
      'placedAt', to_char(o.placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'total', json_build_object(
        'amount', trim_scale(o.total_micros / 1000000.0)::text, 'currency', o.currency),
      'lines', (
        SELECT json_agg(json_build_object(
          'name', l->'name', 'sku', l->'sku', 'quantity', l->'quantity',
          'unitPrice', json_build_object('amount', l->'unit_price'),
          'total', json_build_object('amount', l->'total')))
        FROM json_array_elements(o.details::json->'lines') AS l)))
    FROM (
      SELECT o.* FROM source_identity m JOIN orders o ON o.source_identity_id = m.id
      WHERE m.profile_id = p.id
      ORDER BY o.placed_at DESC NULLS LAST, o.external_id, o.source_id LIMIT 20) o)),
  'timeline', json_build_object('nodes', (
    SELECT json_agg(json_build_object(
      'kind', t.kind, 'name', t.name, 'source', json_build_object('name', s.name),
      'occurredAt', to_char(t.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'properties', coalesce(t.properties::json, json_build_object(
        'number', t.number, 'status', t.status, 'currency', t.currency,
        'total', trim_scale(t.total_micros / 1000000.0)::text)))
      ORDER BY t.at DESC NULLS LAST, t.key, t.source_id)
    FROM (
      SELECT * FROM (
        SELECT 'EVENT' AS kind, e.name, e.occurred_at AS at, e.message_id AS key, e.source_id, e.properties,
          NULL AS number, NULL AS status, NULL AS currency, NULL::bigint AS total_micros
        FROM source_identity m JOIN event e ON e.source_identity_id = m.id WHERE m.profile_id = p.id
        UNION ALL
        SELECT 'ORDER', 'Order ' || initcap(o.status), o.placed_at, o.external_id, o.source_id, NULL,
          o.number, o.status, o.currency, o.total_micros
        FROM source_identity m JOIN orders o ON o.source_identity_id = m.id WHERE m.profile_id = p.id) entries
      ORDER BY at DESC NULLS LAST, key, source_id LIMIT 50) t
    JOIN source s ON s.id = t.source_id))
)::text AS page
FROM source_identity member JOIN profile p ON p.id = member.profile_id
WHERE member.id = $1"#;

/// One connection that asks.
#[derive(Debug, Clone)]
pub struct Asker(DatabaseConnection);

impl Asker {
    /// Opens a connection of its own, as the product opens its own.
    pub async fn connect(url: &str) -> Result<Self> {
        Ok(Self(connect(&ConnectOptions { url: url.to_owned(), pool: 1 }).await?))
    }

    /// The JSON of the profile of this source identity.
    pub async fn page(&self, id: Uuid) -> Result<Option<String>> {
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, PAGE, [id.into()]);
        match self.0.query_one_raw(statement).await? {
            Some(row) => Ok(Some(row.try_get("", "page")?)),
            None => Ok(None),
        }
    }
}

impl Asker {
    /// Keeps in a table of the session whom a statement selects, as whoever works out a segment must, and counts them.
    pub async fn keep(&self, sql: &str) -> Result<u64> {
        self.0.execute_unprepared("DROP TABLE IF EXISTS pg_temp.members").await?;
        self.0.execute_unprepared(&format!("CREATE TEMP TABLE members AS {sql}")).await?;
        let count = Statement::from_string(DbBackend::Postgres, "SELECT COUNT(*) AS count FROM members");
        let row = self.0.query_one_raw(count).await?;
        let count = row.map(|row| row.try_get::<i64>("", "count")).transpose()?.unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }
}

/// Rules over what `rondom bench fill` invents, each with the statement by which somebody who knows the tables would select
/// the ids of the same people.
pub const SEGMENTS: [(&str, &str); 5] = [
    (
        "total of orders in EUR >= 10000",
        "SELECT s.profile_id FROM orders o JOIN source_identity s ON s.id = o.source_identity_id \
         WHERE o.currency = 'EUR' AND o.status NOT IN ('cancelled', 'failed') \
           AND (o.order_type = 'return' OR o.status <> 'pending') GROUP BY s.profile_id \
         HAVING SUM(o.total_micros - CASE o.order_type WHEN 'return' THEN 0 ELSE o.refunded_micros END) >= 10000000000",
    ),
    (
        "last order before 2024-06-01",
        "SELECT s.profile_id FROM orders o JOIN source_identity s ON s.id = o.source_identity_id \
         WHERE o.order_type = 'sale' AND o.status NOT IN ('cancelled', 'failed', 'pending') \
         GROUP BY s.profile_id HAVING MAX(o.placed_at) < '2024-06-01T00:00:00Z'",
    ),
    (
        r#"did "Email Link Clicked" at least 12 times where campaign is one of ("campaign-5", "campaign-10", "campaign-15")"#,
        "SELECT s.profile_id FROM event e JOIN source_identity s ON s.id = e.source_identity_id \
         WHERE e.name = 'Email Link Clicked' \
           AND e.properties::json->>'campaign' IN ('campaign-5', 'campaign-10', 'campaign-15') \
         GROUP BY s.profile_id HAVING COUNT(*) >= 12",
    ),
    (
        r#"did "Email Opened" then not "Email Link Clicked" within 30 days"#,
        "SELECT DISTINCT s.profile_id FROM event e JOIN source_identity s ON s.id = e.source_identity_id \
         WHERE e.name = 'Email Opened' AND e.occurred_at + INTERVAL '30 days' <= now() AND NOT EXISTS ( \
           SELECT 1 FROM source_identity other JOIN event click ON click.source_identity_id = other.id \
           WHERE other.profile_id = s.profile_id AND click.name = 'Email Link Clicked' \
             AND click.occurred_at > e.occurred_at AND click.occurred_at < e.occurred_at + INTERVAL '30 days')",
    ),
    (
        r#"last_name is one of ("Family7", "Family8") and address.city is "Utrecht""#,
        "SELECT p.id FROM profile p WHERE EXISTS (SELECT 1 FROM json_array_elements(p.traits::json) t \
           WHERE t->>'key' = 'last_name' AND t->>'value' IN ('Family7', 'Family8')) \
         AND EXISTS (SELECT 1 FROM json_array_elements(p.traits::json) t \
           WHERE t->>'key' = 'address' AND t->'value'->>'city' = 'Utrecht')",
    ),
];
