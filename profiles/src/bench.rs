//! What a 360° page costs without GraphQL: one hand-written SQL statement of PostgreSQL that builds the same
//! JSON. For `rondom bench` alone; nothing of the product uses it.

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
