//! Reading what was said.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use entities::consent_statement;
use identity::{IdentifierKind, Normalised};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use super::statement::{ContactPoint, Statement, Status, is_written};
use crate::{
    Keys, Profiles,
    error::{Error, Result},
    normaliser::Normaliser,
    store::over,
    view::{
        gather,
        read::{Profile, json},
    },
};

/// People in one statement.
const STEP: usize = 1024;

/// A statement with everything that is known of it: a consent record in the sense of ISO/IEC TS 27560.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementDetails {
    /// What counts of it.
    pub statement: Statement,
    /// How it was collected.
    pub method: Option<String>,
    /// What proves it.
    pub evidence: serde_json::Map<String, serde_json::Value>,
    /// The version of the notice that was shown.
    pub notice: Option<String>,
    /// Who recorded it here.
    pub actor: Option<String>,
}

impl StatementDetails {
    /// Whether this is the same word as another, kept for another source identity of the person who said it.
    pub fn repeats(&self, other: &Self) -> bool {
        let of_other = Statement {
            id: other.statement.id,
            identity: other.statement.identity,
            carried: other.statement.carried.clone(),
            ..self.statement.clone()
        };
        of_other == other.statement
            && (&self.method, &self.evidence, &self.notice, &self.actor)
                == (&other.method, &other.evidence, &other.notice, &other.actor)
    }
}

/// What is read in whose name.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) normaliser: &'a Normaliser<'a>,
}

impl Reading<'_> {
    /// The contact point that a statement names. A no about a number that is not plainly one of some country is about
    /// all of them: which one was meant depends on where the person was thought to live.
    fn point(self, kind: &str, value: &str, status: Status) -> Result<Option<ContactPoint>> {
        let kind = IdentifierKind::parse(kind).ok_or_else(|| {
            Error::stored("consent statement", format!("unknown kind of contact point {kind}"))
        })?;
        let raw = value.trim();
        let is_plain = kind != IdentifierKind::Phone || raw.starts_with('+') || raw.starts_with("00");
        let value = match self.normaliser.normalise(kind, raw, None) {
            Normalised::Value(value) if is_plain || status == Status::Granted => value,
            // A yes to what reaches nobody is a yes to nothing.
            _ if status == Status::Granted => raw.to_owned(),
            _ => return Ok(None),
        };
        Ok(Some(ContactPoint { kind, value }))
    }

    fn details(self, row: consent_statement::Model) -> Result<StatementDetails> {
        let evidence: serde_json::Map<String, serde_json::Value> = json("consent evidence", &row.evidence)?;
        let status = Status::parse(&row.status)
            .ok_or_else(|| Error::stored("consent statement", format!("unknown status {}", row.status)))?;
        let point = match (&row.contact_kind, &row.contact_value) {
            (Some(kind), Some(value)) => self.point(kind, value, status)?,
            _ => None,
        };
        let written = is_written(row.method.as_deref(), row.notice.as_deref(), &evidence);
        let statement = Statement {
            id: self.keys.statement(row.source_id, &row.content_hash),
            identity: row.source_identity_id,
            source: row.source_id,
            purpose: row.purpose,
            status,
            stated_at: row.stated_at,
            last_seen: row.last_seen,
            expires_at: row.expires_at,
            point,
            carried: BTreeSet::new(),
            written,
        };
        Ok(StatementDetails { statement, method: row.method, evidence, notice: row.notice, actor: row.actor })
    }

    /// What the source identities that have one of these values in a column said, by that value; of an instant, what
    /// had been said by then. What is undated had.
    pub(crate) async fn said<C: ConnectionTrait>(
        self,
        db: &C,
        column: &str,
        among: &[Uuid],
        until: Option<DateTime<Utc>>,
    ) -> Result<BTreeMap<Uuid, Vec<StatementDetails>>> {
        let by_then = until.map(|_| " AND (c.stated_at <= $1 OR c.stated_at IS NULL)").unwrap_or_default();
        let sql = format!(
            "SELECT s.{column} AS owner, c.* FROM source_identity s \
             JOIN consent_statement c ON c.source_identity_id = s.id WHERE s.{column} = {{}}{by_then}"
        );
        let mut all: BTreeMap<Uuid, Vec<StatementDetails>> = BTreeMap::new();
        let mut pointless: BTreeSet<Uuid> = BTreeSet::new();
        for among in among.chunks(STEP) {
            for row in db.query_all_raw(over(db, &sql, among, until.map(Value::from))).await? {
                let details = self.details(consent_statement::Model::from_query_result(&row, "")?)?;
                if details.statement.point.is_none() {
                    pointless.insert(details.statement.identity);
                }
                all.entry(row.try_get("", "owner")?).or_default().push(details);
            }
        }
        let carried = carried(db, &pointless).await?;
        for details in all.values_mut().flatten().filter(|details| details.statement.point.is_none()) {
            let points = carried.get(&details.statement.identity);
            details.statement.carried = points.cloned().unwrap_or_default();
        }
        Ok(all)
    }
}

/// The contact points that these source identities carry.
async fn carried<C: ConnectionTrait>(
    db: &C,
    identities: &BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, BTreeSet<ContactPoint>>> {
    let ids: Vec<Uuid> = identities.iter().copied().collect();
    let found = gather::identifiers(db, &ids).await?;
    let points = found.into_iter().map(|(id, values)| {
        (id, values.iter().filter_map(|(kind, value)| ContactPoint::of(kind, value)).collect())
    });
    Ok(points.collect())
}

impl Profiles {
    /// A contact point in its normal form.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is none.
    pub fn contact_point(&self, kind: IdentifierKind, raw: &str) -> Result<ContactPoint> {
        match self.ruleset().identity.normalise(kind, raw, None) {
            Normalised::Value(value) => Ok(ContactPoint { kind, value }),
            Normalised::Placeholder => {
                Err(Error::invalid("contactPoint", "this is a placeholder and reaches nobody"))
            }
            Normalised::Invalid(reason) => Err(Error::invalid("contactPoint", reason)),
        }
    }

    /// Everything that was ever said about the use of a person's data, newest first, undated last; of a past instant, what
    /// had been said by then. Whoever may see the profile may see it: it tells what else they may.
    pub async fn consent_history(
        &self,
        profile: &Profile,
        until: Option<DateTime<Utc>>,
    ) -> Result<Vec<StatementDetails>> {
        let ruleset = self.ruleset();
        let normaliser = Normaliser::new(&ruleset.identity);
        let reading = Reading { keys: self.keys(), normaliser: &normaliser };
        let said = match &profile.past {
            Some(past) => reading.said(self.db(), "id", &past.ids(), until).await?,
            None => reading.said(self.db(), "profile_id", &[profile.id], until).await?,
        };
        let mut all: Vec<StatementDetails> = said.into_values().flatten().collect();
        all.sort_by_cached_key(|details| {
            let Statement { purpose, point, source, status, stated_at, id, .. } = &details.statement;
            (std::cmp::Reverse(*stated_at), purpose.clone(), point.clone(), *source, *status, *id)
        });
        Ok(all)
    }
}
