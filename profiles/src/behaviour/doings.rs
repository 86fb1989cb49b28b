//! Reading what people did, one person at a time: however many are asked about, the doings of one are in memory.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sea_orm::{ConnectionTrait, StreamTrait, Value};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::Touch;
use crate::{error::Result, store::over, view::read::json};

/// Of one person no more events are looked at: the newest ones.
pub(crate) const MOST: usize = 2_000;
/// People in one statement.
const STEP: usize = 1024;

/// Something that a person did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Doing {
    pub(crate) source: Uuid,
    pub(crate) name: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) properties: Map<String, Json>,
    pub(crate) context: Map<String, Json>,
    pub(crate) touch: Option<Touch>,
}

/// Whose doings are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose<'a> {
    /// Those of each of these profiles.
    Profiles(&'a [Uuid]),
    /// Those of these source identities, as if they were one person, under an id of theirs.
    Past(Uuid, &'a [Uuid]),
}

/// From when, including it, until when, not including it, and of which names; of any where none is given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Span {
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) to: Option<DateTime<Utc>>,
    pub(crate) names: Vec<String>,
}

/// Hands over what each of these people did, oldest first: the newest [`MOST`] events of a span. Who did nothing is not
/// among them.
pub(crate) async fn each<C: ConnectionTrait + StreamTrait>(
    db: &C,
    whose: Whose<'_>,
    span: Span,
    mut take: impl FnMut(Uuid, Vec<Doing>),
) -> Result<()> {
    let (column, ids, owner) = match whose {
        Whose::Profiles(ids) => ("profile_id", ids, "s.profile_id"),
        Whose::Past(_, ids) => ("id", ids, "NULL"),
    };
    let mut values: Vec<Value> = Vec::new();
    let mut limits: Vec<String> = Vec::new();
    for (is, instant) in [(">=", span.from), ("<", span.to)] {
        if let Some(instant) = instant {
            values.push(instant.into());
            limits.push(format!(" AND e.occurred_at {is} ${}", values.len()));
        }
    }
    if !span.names.is_empty() {
        let from = values.len() + 1;
        values.extend(span.names.iter().map(|name| name.as_str().into()));
        let places: Vec<String> = (from..=values.len()).map(|place| format!("${place}")).collect();
        limits.push(format!(" AND e.name IN ({})", places.join(", ")));
    }
    let limits = limits.concat();
    let partition = if column == "id" { String::new() } else { format!("PARTITION BY {owner} ") };
    // What is ranked and what is sorted out is narrow: an event's context is long, and is read of those alone that are handed over.
    let sql = format!(
        "SELECT ranked.owner, e.name, e.occurred_at, e.source_id, e.properties, e.context, e.touch FROM (\
           SELECT {owner} AS owner, e.id, ROW_NUMBER() OVER ({partition}\
             ORDER BY e.occurred_at DESC, e.message_id DESC, e.source_id DESC) AS place \
           FROM source_identity s JOIN event e ON e.source_identity_id = s.id \
           WHERE s.{column} = {{}}{limits}) ranked \
         JOIN event e ON e.id = ranked.id WHERE ranked.place <= {MOST} \
         ORDER BY ranked.owner, e.occurred_at, e.message_id, e.source_id"
    );
    let mut whole: Option<(Uuid, Vec<Doing>)> = None;
    for ids in ids.chunks(STEP) {
        let mut rows = std::pin::pin!(db.stream_raw(over(db, &sql, ids, values.clone())).await?);
        while let Some(row) = rows.try_next().await? {
            let owner = match whose {
                Whose::Profiles(_) => row.try_get("", "owner")?,
                Whose::Past(owner, _) => owner,
            };
            if let Some((before, doings)) = whole.take_if(|(before, _)| *before != owner) {
                take(before, doings);
            }
            let touch: Option<String> = row.try_get("", "touch")?;
            let doing = Doing {
                source: row.try_get("", "source_id")?,
                name: row.try_get("", "name")?,
                at: row.try_get("", "occurred_at")?,
                properties: json("event", &row.try_get::<String>("", "properties")?)?,
                context: json("event", &row.try_get::<String>("", "context")?)?,
                touch: touch.map(|touch| json("touch", &touch)).transpose()?,
            };
            whole.get_or_insert_with(|| (owner, Vec::new())).1.push(doing);
        }
    }
    if let Some((owner, doings)) = whole {
        take(owner, doings);
    }
    Ok(())
}
