//! The stream of members: audience by audience, the live ones and then the archived ones.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{map, offsets::Offsets, stream::Mailchimp};
use crate::{
    connector::{Cursor, Next, Page},
    error::Error,
    http::Http,
    objects::map_rows,
};

/// The cursor.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    /// By audience: when the last run that read all of it began. A new audience is read from its beginning.
    since: BTreeMap<String, DateTime<Utc>>,
    /// Absent between two runs.
    run: Option<Run>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    started: DateTime<Utc>,
    /// The audiences that are left; the first is being read.
    lists: Vec<String>,
    /// Within its archived members.
    archived: bool,
    at: Offsets,
}

/// Reads one page.
pub(super) async fn read(
    mailchimp: &Mailchimp,
    http: &Http,
    cursor: Option<&Cursor>,
    now: DateTime<Utc>,
) -> Result<Page, Error> {
    let Position { mut since, run } = cursor.map(Cursor::decode).transpose()?.unwrap_or_default();
    let mut run = match run {
        Some(run) => run,
        None => begin(mailchimp, http, now).await?,
    };
    let Some(list) = run.lists.first().cloned() else {
        return Ok(Page {
            next: Next::Done(Cursor::encode(&Position { since, run: None })?),
            ..Page::default()
        });
    };
    let overlap = TimeDelta::minutes(mailchimp.config.overlap_minutes.into());
    let window = since.get(&list).map(|since| *since - overlap);
    let mut page = Page::default();
    let at = match mailchimp.api.members(http, &list, run.archived, window, &run.at).await {
        // The audience has been deleted meanwhile, and there is nothing left to read of it.
        Err(Error::Status { status: 404, .. }) => {
            run.archived = true;
            None
        }
        Err(error) => return Err(error),
        Ok(answer) => {
            // With one audience its total is the run's.
            let alone = mailchimp.config.list_ids.len() == 1 && !run.archived;
            page.total = alone.then_some(answer.body.total);
            let user_id = mailchimp.config.user_id_merge_field.as_deref();
            // Each pass keeps its own, so it does not matter whether the first one is told of archived members.
            let rows = answer.body.rows.iter().filter(|row| map::is_archived(row) == run.archived);
            map_rows(
                &mut page,
                rows,
                |id| map::person_id(&list, &id),
                |row| map::member(row, &list, user_id),
            );
            run.at.after(&answer)?
        }
    };
    match at {
        Some(at) => run.at = at,
        None if !run.archived => (run.archived, run.at) = (true, Offsets::default()),
        None => {
            since.insert(run.lists.remove(0), run.started);
            (run.archived, run.at) = (false, Offsets::default());
        }
    }
    page.next = if run.lists.is_empty() {
        Next::Done(Cursor::encode(&Position { since, run: None })?)
    } else {
        Next::More(Cursor::encode(&Position { since, run: Some(run) })?)
    };
    Ok(page)
}

/// Finds the audiences of a new run.
async fn begin(mailchimp: &Mailchimp, http: &Http, now: DateTime<Utc>) -> Result<Run, Error> {
    let (all, date) = mailchimp.api.lists(http).await?;
    let chosen = &mailchimp.config.list_ids;
    if let Some(unknown) = chosen.iter().find(|id| !all.contains(id)) {
        let message = format!("there is no audience {unknown}; there are {}", all.join(", "));
        return Err(Error::Configuration { path: "list_ids".to_owned(), message });
    }
    let lists = if chosen.is_empty() { all } else { chosen.clone() };
    Ok(Run { started: date.unwrap_or(now), lists, archived: false, at: Offsets::default() })
}
