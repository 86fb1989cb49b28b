//! The stream of activity: for each campaign sent lately, what people did with it and who unsubscribed.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    api::{Report, Sent},
    map,
    offsets::Offsets,
    stream::Mailchimp,
};
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
    /// When the run before began.
    since: Option<DateTime<Utc>>,
    /// Absent between two runs.
    run: Option<Run>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    started: DateTime<Utc>,
    /// The campaigns that are left; the first is being read.
    campaigns: Vec<String>,
    /// Within its second report.
    unsubscribed: bool,
    at: Offsets,
}

/// Reads one page.
pub(super) async fn read(
    mailchimp: &Mailchimp,
    http: &Http,
    cursor: Option<&Cursor>,
    now: DateTime<Utc>,
) -> Result<Page, Error> {
    let Position { since, run } = cursor.map(Cursor::decode).transpose()?.unwrap_or_default();
    let mut run = match run {
        Some(run) => run,
        None => begin(mailchimp, http, now).await?,
    };
    let mut page = Page::default();
    if let Some(campaign) = run.campaigns.first() {
        let window = since.map(|since| since - TimeDelta::minutes(mailchimp.config.overlap_minutes.into()));
        let report = if run.unsubscribed { Report::Unsubscribed } else { Report::Activity };
        let at = match mailchimp.api.report(http, campaign, report, window, &run.at).await {
            // The campaign has been deleted meanwhile, and its reports with it.
            Err(Error::Status { status: 404, .. }) => None,
            Err(error) => return Err(error),
            Ok(answer) => {
                map_rows(
                    &mut page,
                    &answer.body.rows,
                    |id| id,
                    |row| match report {
                        Report::Activity => map::activity(row),
                        Report::Unsubscribed => map::unsubscription(row),
                    },
                );
                run.at.after(&answer)?
            }
        };
        match at {
            Some(at) => run.at = at,
            None if !run.unsubscribed => (run.unsubscribed, run.at) = (true, Offsets::default()),
            None => {
                run.campaigns.remove(0);
                (run.unsubscribed, run.at) = (false, Offsets::default());
            }
        }
    }
    page.next = if run.campaigns.is_empty() {
        Next::Done(Cursor::encode(&Position { since: Some(run.started), run: None })?)
    } else {
        Next::More(Cursor::encode(&Position { since, run: Some(run) })?)
    };
    Ok(page)
}

/// Finds the campaigns of a new run: those that have begun to go out, to the audiences that we read.
async fn begin(mailchimp: &Mailchimp, http: &Http, now: DateTime<Utc>) -> Result<Run, Error> {
    let earliest = now - TimeDelta::days(mailchimp.config.activity_days.into());
    let (sent, date) = mailchimp.api.sent_since(http, earliest).await?;
    let lists = &mailchimp.config.list_ids;
    let wanted = |campaign: &Sent| {
        let list = campaign.recipients.as_ref().and_then(|recipients| recipients.list_id.get());
        matches!(campaign.status.get(), Some("sent" | "sending"))
            && campaign.send_time.0.is_some_and(|sent| sent >= earliest)
            && (lists.is_empty() || list.is_some_and(|list| lists.iter().any(|id| id == list)))
    };
    let campaigns = sent.into_iter().filter(wanted).map(|campaign| campaign.id.0).collect();
    Ok(Run { started: date.unwrap_or(now), campaigns, unsubscribed: false, at: Offsets::default() })
}
