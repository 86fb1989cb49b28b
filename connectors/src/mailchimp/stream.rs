//! The three streams.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{
    activity,
    api::Api,
    campaigns,
    config::{Config, Credentials},
    members,
};
use crate::{
    connector::{Check, Connector, Cursor, Page, Stream},
    error::Error,
    http::Http,
    secrets::Secrets,
    settings::{config, within},
};

/// The streams: the people before what they did.
pub(super) fn all() -> Vec<Stream> {
    vec![
        Stream {
            name: "members",
            description: "Members of the audiences, with tags and consent to e-mail.",
            incremental: true,
        },
        Stream {
            name: "campaigns",
            description: "Campaigns; every run reads all of them.",
            incremental: false,
        },
        Stream {
            name: "activity",
            description: "Opens, clicks, bounces and unsubscriptions of campaigns sent lately.",
            incremental: true,
        },
    ]
}

/// Builds the connector.
pub(super) fn build(value: &Value, secrets: &Secrets) -> Result<Box<dyn Connector>, Error> {
    let config: Config = config(value)?;
    let Credentials { api_key } = secrets.parse()?;
    within("overlap_minutes", config.overlap_minutes, 1, 1440)?;
    within("activity_days", config.activity_days, 0, 3650)?;
    Ok(Box::new(Mailchimp { api: Api::new(config.base_url.as_ref(), api_key)?, config }))
}

#[derive(Debug)]
pub(super) struct Mailchimp {
    pub(super) api: Api,
    pub(super) config: Config,
}

impl Connector for Mailchimp {
    fn streams(&self) -> Vec<Stream> {
        all()
    }

    fn check<'a>(&'a self, http: &'a Http) -> BoxFuture<'a, Result<Check, Error>> {
        Box::pin(async { Ok(Check { account: self.api.account(http).await? }) })
    }

    fn read<'a>(
        &'a self,
        http: &'a Http,
        stream: &'a str,
        cursor: Option<&'a Cursor>,
        now: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<Page, Error>> {
        Box::pin(async move {
            match stream {
                "members" => members::read(self, http, cursor, now).await,
                "campaigns" => campaigns::read(self, http, cursor).await,
                "activity" => activity::read(self, http, cursor, now).await,
                other => Err(Error::UnknownStream(other.to_owned())),
            }
        })
    }
}
