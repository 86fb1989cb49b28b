//! The three streams and how they are walked.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{
    api::{Api, List, PER_PAGE, Rows, is_last, total},
    config::{Config, Credentials},
    consent, map,
    position::{Position, Scan},
};
use crate::{
    connector::{Check, Connector, Cursor, Next, Page, Stream},
    error::Error,
    http::{
        Answer, Http,
        paging::{Guard, slipped},
    },
    objects::{id, map_rows},
    secrets::Secrets,
    settings::{base_url, config, within},
};

/// The streams: what orders refer to comes first.
pub(super) fn all() -> Vec<Stream> {
    vec![
        Stream { name: "products", description: "Products.", incremental: true },
        Stream {
            name: "customers",
            description: "Customers with an account; every run reads all of them.",
            incremental: false,
        },
        Stream {
            name: "orders",
            description: "Orders with lines and refunds, and the guests among the buyers.",
            incremental: true,
        },
    ]
}

/// Builds the connector.
pub(super) fn build(value: &Value, secrets: &Secrets) -> Result<Box<dyn Connector>, Error> {
    let config: Config = config(value)?;
    let Credentials { consumer_key, consumer_secret } = secrets.parse()?;
    within("overlap_minutes", config.overlap_minutes, 1, 1440)?;
    if let Some(currency) = &config.currency
        && !(currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase()))
    {
        let message = "expected a code of ISO 4217 in capitals, such as EUR".to_owned();
        return Err(Error::Configuration { path: "currency".to_owned(), message });
    }
    consent::check(&config.consent_meta)?;
    let base_url = base_url(&config.base_url)?;
    let api = Api { base_url, sent: config.authentication, key: consumer_key, secret: consumer_secret };
    Ok(Box::new(WooCommerce { api, config }))
}

#[derive(Debug)]
struct WooCommerce {
    api: Api,
    config: Config,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Products,
    Customers,
    Orders,
}

impl Kind {
    fn parse(stream: &str) -> Result<Self, Error> {
        match stream {
            "products" => Ok(Self::Products),
            "customers" => Ok(Self::Customers),
            "orders" => Ok(Self::Orders),
            other => Err(Error::UnknownStream(other.to_owned())),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Customers => "customers",
            Self::Orders => "orders",
        }
    }
}

impl Connector for WooCommerce {
    fn streams(&self) -> Vec<Stream> {
        all()
    }

    fn check<'a>(&'a self, http: &'a Http) -> BoxFuture<'a, Result<Check, Error>> {
        Box::pin(async { Ok(Check { account: self.api.shop(http).await? }) })
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
            let scan = match cursor.map(Cursor::decode).transpose()? {
                None => Scan::new(None),
                Some(Position::Rest { .. }) if kind == Kind::Customers => Scan::new(None),
                Some(Position::Rest { since }) => {
                    Scan::new(Some(since - TimeDelta::minutes(self.config.overlap_minutes.into())))
                }
                Some(Position::Run(scan)) => scan,
            };
            self.page(http, kind, scan, now).await
        })
    }
}

impl WooCommerce {
    async fn page(&self, http: &Http, kind: Kind, scan: Scan, now: DateTime<Utc>) -> Result<Page, Error> {
        let filters = match kind {
            Kind::Customers => [("role", self.config.customer_role.as_str())],
            _ if scan.trash => [("status", "trash")],
            _ => [("status", "any")],
        };
        let list = List { name: kind.name(), page: scan.page, since: scan.since, filters: &filters };
        let answer = match self.api.list(http, &list).await {
            // An older WooCommerce cannot list trashed products, so it has none for us.
            Err(Error::Status { status: 400, .. }) if kind == Kind::Products && scan.trash => {
                return Ok(Page { next: Next::Done(rest(&scan, now)?), ..Page::default() });
            }
            answer => answer?,
        };
        let scan = Scan { started: scan.started.or(answer.date()).or(Some(now)), ..scan };
        let mut page = Page { total: total(&answer).filter(|_| !scan.trash), ..Page::default() };
        // Each pass keeps its own, whatever else the shop puts on its pages.
        let rows = answer.body.iter().filter(|row| map::is_trashed(row) == scan.trash);
        map_rows(
            &mut page,
            rows,
            |id| id,
            |row| match kind {
                Kind::Products => map::product(row, self.config.currency.as_deref()),
                Kind::Customers => map::customer(row, &self.config.consent_meta),
                Kind::Orders => map::order(row, &self.config.consent_meta),
            },
        );
        page.next = match (after(&answer, scan)?, kind) {
            (Step::Page(scan), _) => more(scan)?,
            (Step::End(scan), Kind::Products | Kind::Orders) if !scan.trash => more(scan.into_trash())?,
            (Step::End(scan), _) => Next::Done(rest(&scan, now)?),
        };
        Ok(page)
    }
}

/// How a list goes on.
enum Step {
    Page(Scan),
    End(Scan),
}

/// What follows a page: the next one, an earlier one if rows have vanished, or the end.
fn after(answer: &Answer<Rows>, mut scan: Scan) -> Result<Step, Error> {
    let total = total(answer);
    let before = std::mem::replace(&mut scan.total, total);
    let offset = (scan.page - 1) * PER_PAGE;
    if let Some(offset) = total.and_then(|total| slipped(offset, before, total)) {
        scan.page = offset / PER_PAGE + 1;
        scan.guard = Guard::default();
        return Ok(Step::Page(scan));
    }
    if is_last(answer, scan.page) {
        return Ok(Step::End(scan));
    }
    if scan.guard.repeats(answer.body.iter().filter_map(|row| id(row))) {
        return Err(answer.malformed("the same page comes again and again"));
    }
    scan.page += 1;
    Ok(Step::Page(scan))
}

fn more(scan: Scan) -> Result<Next, Error> {
    Cursor::encode(&Position::Run(scan)).map(Next::More)
}

fn rest(scan: &Scan, now: DateTime<Utc>) -> Result<Cursor, Error> {
    Cursor::encode(&Position::Rest { since: scan.started.unwrap_or(now) })
}
