//! What is popular among the members of a segment.

use std::sync::Arc;

use predictions::recommend::Popularity;
use sea_orm::{ConnectionTrait, Statement as Sql, Value};
use uuid::Uuid;

use super::{
    super::{profiling, purchases::refuses},
    lines,
    read::Recommending,
};
use crate::{Profiles, error::Result};

/// So many members are looked at; those with the first ids, which are keyed hashes: evenly chosen.
const MOST: usize = 1_000;
/// So many of them must have bought something: nobody's basket shines through.
const FEWEST: usize = 50;

/// Among whom products are popular. Nothing where fewer than 50 members have bought anything: then all customers are asked.
pub type Among = Option<Arc<Popularity>>;

impl Profiles {
    /// What is popular among the members of a segment who have not said no to profiling: of more than 1,000 of them, as many are
    /// looked at.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) where there is no such segment.
    pub async fn popular_among(&self, by: &Recommending, segment: &str) -> Result<Among> {
        let Some(found) = self.segment(segment).await? else {
            return Err(crate::Error::NotFound { what: "segment", id: segment.to_owned() });
        };
        let (db, now) = (self.db(), self.now());
        let purposes = self.purposes().await?;
        let Some(purpose) = profiling(&purposes) else { return Ok(None) };
        let sql = format!(
            "SELECT p.id, p.consents FROM membership m JOIN profile p ON p.id = m.profile_id \
             WHERE m.segment = $1 AND m.left_at IS NULL ORDER BY m.profile_id LIMIT {MOST}"
        );
        let rows = Sql::from_sql_and_values(db.get_database_backend(), sql, [Value::from(segment)]);
        let mut members: Vec<Uuid> = Vec::new();
        for row in db.query_all_raw(rows).await? {
            if !refuses(purpose, &row.try_get::<String>("", "consents")?, now)? {
                members.push(row.try_get("", "id")?);
            }
        }
        let bought: Vec<Vec<Uuid>> = lines::of(db, &members, now)
            .await?
            .into_values()
            .map(|lines| lines.iter().map(|line| line.product).collect())
            .collect();
        if bought.len() < FEWEST {
            return Ok(None);
        }
        let among = format!("those in the segment {}", found.name);
        let recommender = &by.held.model.recommender;
        Ok(Some(Arc::new(recommender.popularity(among, bought.iter().map(Vec::as_slice)))))
    }
}
