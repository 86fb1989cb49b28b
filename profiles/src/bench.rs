//! What a 360° page costs without GraphQL: one hand-written SQL statement of PostgreSQL that builds the same
//! JSON. For `rondom bench` alone; nothing of the product uses it.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use uuid::Uuid;

use crate::error::Result;

/// The statement; `$1` is the id of a member of the profile.
const PAGE: &str = r"
SELECT json_build_object(
  'id', p.id, 'displayName', p.display_name,
  'traits', p.traits::json, 'identifiers', p.identifiers::json,
  'orders', (
    SELECT json_agg(json_build_object(
      'id', o.id, 'number', o.number, 'status', o.status, 'placedAt', o.placed_at,
      'total', o.total_micros, 'currency', o.currency, 'details', o.details::json))
    FROM (
      SELECT o.* FROM source_identity m JOIN orders o ON o.source_identity_id = m.id
      WHERE m.profile_id = p.id ORDER BY o.placed_at DESC NULLS LAST LIMIT 20) o),
  'timeline', (
    SELECT json_agg(row_to_json(t)) FROM (
      SELECT * FROM (
        SELECT e.source_id, e.name, e.occurred_at AS at, e.properties
        FROM source_identity m JOIN event e ON e.source_identity_id = m.id WHERE m.profile_id = p.id
        UNION ALL
        SELECT o.source_id, o.status, o.placed_at, o.number
        FROM source_identity m JOIN orders o ON o.source_identity_id = m.id WHERE m.profile_id = p.id) entries
      ORDER BY at DESC NULLS LAST LIMIT 50) t)
)::text AS page
FROM source_identity s JOIN profile p ON p.id = s.profile_id
WHERE s.id = $1";

/// One connection that asks.
#[derive(Debug, Clone)]
pub struct Asker(DatabaseConnection);

impl Asker {
    /// Opens a connection of its own.
    pub async fn connect(url: &str) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).min_connections(1).sqlx_logging(false).test_before_acquire(false);
        Ok(Self(Database::connect(options).await?))
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
