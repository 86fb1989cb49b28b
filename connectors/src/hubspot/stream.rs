//! The three streams and how they are walked.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde_json::{Value, value::RawValue};

use super::{
    api::{Api, Objects, Window},
    config::{Config, Credentials},
    map::{self, Associations, ContactOptions},
    position::{Position, Step},
};
use crate::{
    connector::{Check, Connector, Cursor, Next, Page, Stream},
    error::Error,
    http::{Answer, Http, paging::Guard},
    objects::{id, map_rows},
    secrets::Secrets,
    settings::{base_url, config, purpose, within},
};

/// The streams: companies first, because contacts and deals refer to them.
pub(super) fn all() -> Vec<Stream> {
    vec![
        Stream { name: "companies", description: "Companies.", incremental: true },
        Stream {
            name: "contacts",
            description: "Contacts, with their companies and their e-mail opt-outs.",
            incremental: true,
        },
        Stream {
            name: "deals",
            description: "Deals, with the contacts and companies they are made with.",
            incremental: true,
        },
    ]
}

/// Builds the connector.
pub(super) fn build(value: &Value, secrets: &Secrets) -> Result<Box<dyn Connector>, Error> {
    let config: Config = config(value)?;
    let Credentials { access_token } = secrets.parse()?;
    within("overlap_minutes", config.overlap_minutes, 1, 1440)?;
    let opt_outs = opt_outs(&config.subscriptions)?;
    let api = Api { base_url: base_url(&config.base_url)?, token: access_token };
    Ok(Box::new(Hubspot { api, config, opt_outs }))
}

/// The purposes of subscription types, by the properties that hold the opt-outs.
fn opt_outs(subscriptions: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Error> {
    let mut opt_outs = BTreeMap::new();
    for (id, of) in subscriptions {
        let path = || format!("subscriptions.{id}");
        if !(1..=20).contains(&id.len()) || !id.bytes().all(|digit| digit.is_ascii_digit()) {
            let message = "expected the id of a subscription type, which is a number".to_owned();
            return Err(Error::Configuration { path: path(), message });
        }
        purpose(path, of)?;
        opt_outs.insert(map::opted_out_of(id), of.clone());
    }
    Ok(opt_outs)
}

#[derive(Debug)]
struct Hubspot {
    api: Api,
    config: Config,
    /// The purposes of subscription types, by property.
    opt_outs: BTreeMap<String, String>,
}

/// The kinds of object, by the names that HubSpot gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Companies,
    Contacts,
    Deals,
}

impl Kind {
    fn parse(stream: &str) -> Result<Self, Error> {
        match stream {
            "companies" => Ok(Self::Companies),
            "contacts" => Ok(Self::Contacts),
            "deals" => Ok(Self::Deals),
            other => Err(Error::UnknownStream(other.to_owned())),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Companies => "companies",
            Self::Contacts => "contacts",
            Self::Deals => "deals",
        }
    }

    /// The property that holds the time of the last change.
    fn stamp(self) -> &'static str {
        match self {
            Self::Contacts => "lastmodifieddate",
            Self::Companies | Self::Deals => "hs_lastmodifieddate",
        }
    }
}

impl Connector for Hubspot {
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
            let kind = Kind::parse(stream)?;
            let step = match cursor.map(Cursor::decode).transpose()? {
                None => Step::list(),
                Some(Position::Rest { since }) => {
                    Step::search(since - TimeDelta::minutes(self.config.overlap_minutes.into()))
                }
                Some(Position::Run(step)) => step,
            };
            self.page(http, kind, step, now).await
        })
    }
}

impl Hubspot {
    async fn page(&self, http: &Http, kind: Kind, step: Step, now: DateTime<Utc>) -> Result<Page, Error> {
        let properties = self.properties(kind);
        match step {
            Step::List { started, after, mut guard } => {
                let answer = self.api.list(http, kind.name(), &properties, false, after.as_deref()).await?;
                let after = next_token(&answer, &mut guard)?;
                let started = started.or(answer.date()).unwrap_or(now);
                let next = match after {
                    Some(after) => Step::List { started: Some(started), after: Some(after), guard },
                    None => Step::archived(started),
                };
                let found = self.found(http, kind, &answer.body).await?;
                Ok(self.mapped(kind, &answer.body.results, &found, more(next)?))
            }
            Step::Search { since, started, last_id, read } => {
                let window = Window { stamp: kind.stamp(), since, until: started, above_id: last_id };
                let answer = self.api.search(http, kind.name(), &properties, &window).await?;
                let started = started.or(answer.date()).unwrap_or(now);
                let total = answer.body.total.map(|left| read + left);
                let read = read + answer.body.results.len() as u64;
                let next = match last_id_before_next(&answer, last_id)? {
                    Some(last_id) => Step::Search { since, started: Some(started), last_id, read },
                    None => Step::archived(started),
                };
                let found = self.found(http, kind, &answer.body).await?;
                Ok(Page { total, ..self.mapped(kind, &answer.body.results, &found, more(next)?) })
            }
            Step::Archived { started, after, mut guard } => {
                let answer = self.api.list(http, kind.name(), &properties, true, after.as_deref()).await?;
                let next = match next_token(&answer, &mut guard)? {
                    Some(after) => more(Step::Archived { started, after: Some(after), guard })?,
                    None => Next::Done(Cursor::encode(&Position::Rest { since: started })?),
                };
                // An archived object has lost its associations.
                Ok(self.mapped(kind, &answer.body.results, &Found::default(), next))
            }
        }
    }

    fn properties(&self, kind: Kind) -> Vec<&str> {
        match kind {
            Kind::Companies => map::COMPANY_PROPERTIES.to_vec(),
            Kind::Deals => map::DEAL_PROPERTIES.to_vec(),
            Kind::Contacts => {
                let more = self.config.contact_properties.iter().map(String::as_str);
                let opt_outs = self.opt_outs.keys().map(String::as_str);
                let mut all = map::CONTACT_PROPERTIES.to_vec();
                for property in more.chain(self.config.user_id_property.as_deref()).chain(opt_outs) {
                    if !all.contains(&property) {
                        all.push(property);
                    }
                }
                all
            }
        }
    }

    /// Reads what the objects of a page are associated with.
    async fn found(&self, http: &Http, kind: Kind, objects: &Objects) -> Result<Found, Error> {
        let ids: Vec<String> = objects.results.iter().filter_map(|row| id(row)).collect();
        let (contacts, companies) = match kind {
            Kind::Companies => Default::default(),
            Kind::Contacts => {
                (Associations::new(), self.api.associated(http, "contacts", "companies", &ids).await?)
            }
            Kind::Deals => (
                self.api.associated(http, "deals", "contacts", &ids).await?,
                self.api.associated(http, "deals", "companies", &ids).await?,
            ),
        };
        Ok(Found { contacts, companies })
    }

    fn mapped(&self, kind: Kind, rows: &[Box<RawValue>], found: &Found, next: Next) -> Page {
        let options = ContactOptions {
            more_properties: &self.config.contact_properties,
            user_id_property: self.config.user_id_property.as_deref(),
            opt_outs: &self.opt_outs,
        };
        let mut page = Page { next, ..Page::default() };
        map_rows(
            &mut page,
            rows,
            |id| id,
            |row| match kind {
                Kind::Companies => map::company(row),
                Kind::Contacts => map::contact(row, &found.companies, &options),
                Kind::Deals => map::deal(row, &found.contacts, &found.companies),
            },
        );
        page
    }
}

/// What the objects of a page are associated with.
#[derive(Default)]
struct Found {
    contacts: Associations,
    companies: Associations,
}

/// The token of the next page of a list, if these pages are not going round in a circle.
fn next_token(answer: &Answer<Objects>, guard: &mut Guard) -> Result<Option<String>, Error> {
    let Some(after) = answer.body.after() else { return Ok(None) };
    let ids: Vec<String> = answer.body.results.iter().filter_map(|row| id(row)).collect();
    let repeats = if ids.is_empty() { guard.repeats([after]) } else { guard.repeats(&ids) };
    if repeats {
        return Err(answer.malformed("the same page comes again and again"));
    }
    Ok(Some(after.to_owned()))
}

/// The greatest id on a page of a search, if there is a next page. Ids have to rise: that is what the
/// search was asked for, and what makes it end.
fn last_id_before_next(answer: &Answer<Objects>, above: u64) -> Result<Option<u64>, Error> {
    let mut ids = answer.body.results.iter().filter_map(|row| id(row)?.parse::<u64>().ok());
    let last = ids.try_fold(above, |last, id| (id > last).then_some(id));
    let last = last.ok_or_else(|| answer.malformed("the ids of a search do not rise"))?;
    if answer.body.after().is_none() {
        return Ok(None);
    }
    if last == above {
        return Err(answer.malformed("there is a next page and no id to go on from"));
    }
    Ok(Some(last))
}

fn more(step: Step) -> Result<Next, Error> {
    Cursor::encode(&Position::Run(step)).map(Next::More)
}
