//! The stream of campaigns: all of them in every run.

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
    /// Absent between two runs.
    run: Option<Offsets>,
}

/// Reads one page.
pub(super) async fn read(mailchimp: &Mailchimp, http: &Http, cursor: Option<&Cursor>) -> Result<Page, Error> {
    let position: Position = cursor.map(Cursor::decode).transpose()?.unwrap_or_default();
    let at = position.run.unwrap_or_default();
    let answer = mailchimp.api.campaigns(http, &at).await?;
    let mut page = Page { total: Some(answer.body.total), ..Page::default() };
    map_rows(&mut page, &answer.body.rows, |id| id, map::campaign);
    page.next = match at.after(&answer)? {
        Some(at) => Next::More(Cursor::encode(&Position { run: Some(at) })?),
        None => Next::Done(Cursor::encode(&Position::default())?),
    };
    Ok(page)
}
