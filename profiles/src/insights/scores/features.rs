//! What counts of somebody at an instant: the documented set of features. Pure.
//!
//! What is not known is missing and never 0: of who was never seen on a site in the last year it is not known how often they visited.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use chrono::{DateTime, TimeDelta, Utc};
use connectors::canonical::traits;
use predictions::scores::{Direction, Value};

use super::{
    super::{learn::units, purchases::day},
    pairs,
    story::{Did, Story, What, visits},
};
use crate::view::catalogue::{Group, group};

/// The windows in which things are counted, in days.
const WINDOWS: [i64; 3] = [7, 30, 90];
/// The part of an address that counts.
const COUNTRY: &str = "country";

/// One of the things that count.
pub(super) struct Feature {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) meaning: &'static str,
    /// Under which reason it is told.
    pub(super) factor: &'static str,
    /// Held to by the score, all else equal.
    pub(super) direction: Option<Direction>,
    /// The group of data that it is of.
    pub(super) group: Group,
    /// Whether it counts for who buys a certain thing, too.
    pub(super) of_pairs: bool,
    pub(super) of: fn(&Facts) -> Value,
}

/// What is known of somebody at an instant.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) orders: usize,
    pub(super) first_order: Option<i64>,
    pub(super) last_order: Option<i64>,
    /// What was paid, in units of the currency; none where some of it was paid in another one.
    pub(super) spent: Option<f64>,
    pub(super) currency: String,
    pub(super) interval: Option<f64>,
    pub(super) last_90: usize,
    pub(super) before_90: usize,
    pub(super) paid_back: usize,
    pub(super) visits: Option<[usize; 3]>,
    pub(super) pages: Option<[usize; 3]>,
    pub(super) products: Option<[usize; 3]>,
    pub(super) added: Option<[usize; 3]>,
    pub(super) seen: Option<i64>,
    /// In 30 and 90 days.
    pub(super) sent: Option<[usize; 3]>,
    pub(super) opened: Option<[usize; 3]>,
    pub(super) clicked: Option<[usize; 3]>,
    pub(super) tickets: Option<usize>,
    pub(super) open_tickets: Option<usize>,
    pub(super) tenure: Option<i64>,
    pub(super) sources: usize,
    pub(super) campaign_source: Option<String>,
    pub(super) campaign_medium: Option<String>,
    pub(super) language: Option<String>,
    pub(super) country: Option<String>,
}

/// The traits of which features are made, as far as these groups of data may be used.
pub(super) fn asked(groups: &BTreeSet<Group>) -> BTreeSet<String> {
    let keys = [traits::LANGUAGE, traits::ADDRESS].into_iter();
    keys.filter(|key| groups.contains(&group(key))).map(str::to_owned).collect()
}

impl Facts {
    /// Of a story, as it was known at an instant. Amounts are of this currency.
    pub(super) fn at(story: &Story, at: DateTime<Utc>, currency: &str) -> Self {
        let (bought, did) = (story.bought_by(at), story.did_by(at));
        let ago = |then: DateTime<Utc>| (day(at) - day(then)).max(0);
        let within = |then: DateTime<Utc>, from: i64, to: i64| {
            then > at - TimeDelta::days(to) && then <= at - TimeDelta::days(from)
        };
        let adds_up = !bought.is_empty() && bought.iter().all(|bought| bought.currency == currency);
        let (first_order, last_order) =
            (bought.first().map(|one| ago(one.at)), bought.last().map(|one| ago(one.at)));
        let days: BTreeSet<i64> = bought.iter().map(|one| day(one.at)).collect();
        let span = first_order.zip(last_order).map(|(first, last)| number(first - last));
        let interval = span.filter(|_| days.len() > 1).map(|span| span / count(days.len() - 1));
        let seen = did.iter().rev().find(|did| did.what.is_own()).map(|did| ago(did.at));
        let counted = |of: &dyn Fn(What) -> bool, known: &dyn Fn(What) -> bool| {
            did.iter().any(|did| known(did.what)).then(|| {
                WINDOWS.map(|days| did.iter().filter(|did| of(did.what) && within(did.at, 0, days)).count())
            })
        };
        let on_site = |what: What| what.is_visit();
        let mailed = |what: What| matches!(what, What::Sent | What::Opened | What::Clicked);
        let sent = |what: What| what == What::Sent;
        let campaign = did.iter().find_map(|did| did.campaign.as_ref());
        let part = |at: usize| campaign.and_then(|campaign| campaign[at].clone());
        let said = |key: &str| story.traits.get(key).and_then(|course| course.at(at));
        let text = |value: Option<&serde_json::Value>| Some(value?.as_str()?.to_lowercase());
        let (tickets, open_tickets) = tickets(did, at).unzip();
        Self {
            orders: bought.len(),
            first_order,
            last_order,
            spent: adds_up.then(|| bought.iter().map(|one| units(one.micros)).sum()),
            currency: currency.to_owned(),
            interval,
            last_90: bought.iter().filter(|one| within(one.at, 0, 90)).count(),
            before_90: bought.iter().filter(|one| within(one.at, 90, 180)).count(),
            paid_back: bought.iter().filter(|one| one.paid_back).count(),
            visits: did
                .iter()
                .any(|did| did.what.is_visit())
                .then(|| WINDOWS.map(|days| visits(did.iter().filter(|did| within(did.at, 0, days))))),
            pages: counted(&|what| what == What::Page, &on_site),
            products: counted(&|what| what == What::ProductViewed, &on_site),
            added: counted(&|what| what == What::Added, &on_site),
            seen: [seen, last_order].into_iter().flatten().min(),
            sent: counted(&sent, &sent),
            opened: counted(&|what| what == What::Opened, &mailed),
            clicked: counted(&|what| what == What::Clicked, &mailed),
            tickets,
            open_tickets,
            tenure: story.known_since(at).map(ago),
            sources: story.sources(at),
            campaign_source: part(0),
            campaign_medium: part(1),
            language: text(said(traits::LANGUAGE)),
            country: text(said(traits::ADDRESS).and_then(|address| address.get(COUNTRY))),
        }
    }

    /// As they may be used where only these groups of data may.
    pub(super) fn row(&self, groups: &BTreeSet<Group>, features: &[&Feature]) -> Vec<Value> {
        let may = |feature: &Feature| groups.contains(&feature.group);
        features.iter().map(|one| if may(one) { (one.of)(self) } else { Value::Missing }).collect()
    }

    /// The share of e-mails of the last 90 days that were opened, at most 1.
    fn open_rate(&self) -> Option<f64> {
        let (sent, opened) = (self.sent?[2], self.opened?[2]);
        (sent > 0).then(|| (count(opened) / count(sent)).min(1.0))
    }
}

/// How many tickets were opened in 90 days, and how many are open.
fn tickets(did: &[Did], at: DateTime<Utc>) -> Option<(usize, usize)> {
    let mut open: BTreeMap<&str, bool> = BTreeMap::new();
    let mut opened = 0;
    for did in did {
        match did.what {
            What::TicketOpened => {
                opened += usize::from(did.at > at - TimeDelta::days(90));
                open.insert(&did.ticket, true);
            }
            What::TicketDone => {
                open.insert(&did.ticket, false);
            }
            _ => {}
        }
    }
    (!open.is_empty()).then(|| (opened, open.values().filter(|open| **open).count()))
}

#[expect(clippy::cast_precision_loss, reason = "days and counts are far below 2^52")]
const fn number(days: i64) -> f64 {
    days as f64
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) const fn count(of: usize) -> f64 {
    of as f64
}

fn counted(of: Option<[usize; 3]>, window: usize) -> Value {
    of.map_or(Value::Missing, |counts| Value::Number(count(counts[window])))
}

pub(super) fn of_days(days: Option<i64>) -> Value {
    days.map_or(Value::Missing, |days| Value::Number(number(days)))
}

pub(super) fn of_number(known: Option<f64>) -> Value {
    known.filter(|known| known.is_finite()).map_or(Value::Missing, Value::Number)
}

fn of_text(known: Option<&String>) -> Value {
    known.map_or(Value::Missing, |text| Value::Level(text.clone()))
}

const fn feature(
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
    factor: &'static str,
    of: fn(&Facts) -> Value,
) -> Feature {
    Feature { name, unit, meaning, factor, direction: None, group: Group::Quantitative, of_pairs: false, of }
}

impl Feature {
    const fn rising(self) -> Self {
        Self { direction: Some(Direction::Up), ..self }
    }

    const fn falling(self) -> Self {
        Self { direction: Some(Direction::Down), ..self }
    }

    const fn of_group(self, group: Group) -> Self {
        Self { group, ..self }
    }

    const fn of_pairs(self) -> Self {
        Self { of_pairs: true, ..self }
    }
}

/// All of them.
pub(super) static FEATURES: [Feature; 37] = [
    feature("orders", "count", "orders that came about", "frequency", |facts| {
        Value::Number(count(facts.orders))
    })
    .of_pairs(),
    feature("usual_interval", "days", "mean time between two days with an order", "frequency", |facts| {
        of_number(facts.interval)
    })
    .of_pairs(),
    feature("days_since_first_order", "days", "since the first order", "recency", |facts| {
        of_days(facts.first_order)
    })
    .of_pairs(),
    feature("days_since_last_order", "days", "since the last order", "recency", |facts| {
        of_days(facts.last_order)
    })
    .of_pairs(),
    feature(
        "spent",
        "ln(1 + amount)",
        "what was paid in all, in the currency of most orders",
        "spend",
        |facts| of_number(facts.spent.map(f64::ln_1p)),
    )
    .of_pairs(),
    feature("basket", "ln(1 + amount)", "what was paid in an order on average", "spend", |facts| {
        of_number(facts.spent.map(|spent| (spent / count(facts.orders.max(1))).ln_1p()))
    }),
    feature("orders_90", "count", "orders in 90 days", "trend", |facts| Value::Number(count(facts.last_90)))
        .of_pairs(),
    feature(
        "trend",
        "ln ratio",
        "ln((1 + orders in 90 days) / (1 + orders in the 90 before)); missing without orders",
        "trend",
        |facts| {
            let ratio = (1.0 + count(facts.last_90)) / (1.0 + count(facts.before_90));
            of_number((facts.orders > 0).then(|| ratio.ln()))
        },
    ),
    feature("paid_back", "count", "orders of which some was paid back", "refunds", |facts| {
        of_number((facts.orders > 0).then(|| count(facts.paid_back)))
    }),
    feature("visits_7", "count", "visits in 7 days", "visits", |facts| counted(facts.visits, 0)).rising(),
    feature("visits_30", "count", "visits in 30 days", "visits", |facts| counted(facts.visits, 1))
        .rising()
        .of_pairs(),
    feature("visits_90", "count", "visits in 90 days", "visits", |facts| counted(facts.visits, 2)).rising(),
    feature("page_views_7", "count", "pages seen in 7 days", "pages", |facts| counted(facts.pages, 0)),
    feature("page_views_30", "count", "pages seen in 30 days", "pages", |facts| counted(facts.pages, 1)),
    feature("page_views_90", "count", "pages seen in 90 days", "pages", |facts| counted(facts.pages, 2)),
    feature("product_views_7", "count", "products looked at in 7 days", "products", |facts| {
        counted(facts.products, 0)
    })
    .rising(),
    feature("product_views_30", "count", "products looked at in 30 days", "products", |facts| {
        counted(facts.products, 1)
    })
    .rising()
    .of_pairs(),
    feature("product_views_90", "count", "products looked at in 90 days", "products", |facts| {
        counted(facts.products, 2)
    })
    .rising(),
    feature("cart_adds_7", "count", "times something was put in the cart in 7 days", "cart", |facts| {
        counted(facts.added, 0)
    })
    .rising(),
    feature("cart_adds_30", "count", "times something was put in the cart in 30 days", "cart", |facts| {
        counted(facts.added, 1)
    })
    .rising()
    .of_pairs(),
    feature("cart_adds_90", "count", "times something was put in the cart in 90 days", "cart", |facts| {
        counted(facts.added, 2)
    })
    .rising(),
    feature(
        "days_since_seen",
        "days",
        "since the person did anything: visit, click, order, …",
        "seen",
        |facts| of_days(facts.seen),
    )
    .falling()
    .of_pairs(),
    feature("emails_30", "count", "e-mails sent or delivered in 30 days", "emails", |facts| {
        counted(facts.sent, 1)
    }),
    feature("emails_90", "count", "e-mails sent or delivered in 90 days", "emails", |facts| {
        counted(facts.sent, 2)
    }),
    feature("opens_30", "count", "e-mails opened in 30 days", "emails", |facts| counted(facts.opened, 1))
        .of_pairs(),
    feature("opens_90", "count", "e-mails opened in 90 days", "emails", |facts| counted(facts.opened, 2)),
    feature("clicks_30", "count", "links in e-mails clicked in 30 days", "emails", |facts| {
        counted(facts.clicked, 1)
    })
    .rising()
    .of_pairs(),
    feature("clicks_90", "count", "links in e-mails clicked in 90 days", "emails", |facts| {
        counted(facts.clicked, 2)
    })
    .rising(),
    feature("open_rate", "share", "of the e-mails of 90 days that were opened", "emails", |facts| {
        of_number(facts.open_rate())
    }),
    feature("tickets_90", "count", "tickets opened in 90 days", "tickets", |facts| {
        of_number(facts.tickets.map(count))
    }),
    feature("tickets_open", "count", "tickets that are open", "tickets", |facts| {
        of_number(facts.open_tickets.map(count))
    }),
    feature("tenure", "days", "since anything is known of the person", "tenure", |facts| {
        of_days(facts.tenure)
    })
    .of_pairs(),
    feature("sources", "count", "sources that know of the person", "sources", |facts| {
        Value::Number(count(facts.sources))
    }),
    feature(
        "campaign_source",
        "name",
        "utm_source of the first campaign that brought the person",
        "campaign",
        |facts| of_text(facts.campaign_source.as_ref()),
    ),
    feature("campaign_medium", "name", "utm_medium of the same", "campaign", |facts| {
        of_text(facts.campaign_medium.as_ref())
    }),
    feature("language", "name", "the trait `language`", "language", |facts| of_text(facts.language.as_ref()))
        .of_group(Group::Social),
    feature("country", "name", "the country of the trait `address`", "country", |facts| {
        of_text(facts.country.as_ref())
    })
    .of_group(Group::Identity),
];

/// The features of a person, those that count for a certain thing alone or all.
pub(super) fn features(of_pairs: bool) -> Vec<&'static Feature> {
    FEATURES.iter().filter(|feature| feature.of_pairs || !of_pairs).collect()
}

/// The features of scores, as a table in Markdown.
pub fn markdown_table() -> String {
    let mut table =
        "| feature | unit | what it is | all else equal, more of it |\n|---|---|---|---|\n".to_owned();
    let way = |direction: Option<Direction>| match direction {
        Some(Direction::Up) => "never lowers a score",
        Some(Direction::Down) => "never raises a score",
        None => "",
    };
    for one in &FEATURES {
        let pairs = if one.of_pairs { " ¹" } else { "" };
        let _ = writeln!(
            table,
            "| `{}`{pairs} | {} | {} | {} |",
            one.name,
            one.unit,
            one.meaning,
            way(one.direction)
        );
    }
    for one in &pairs::FEATURES {
        let _ =
            writeln!(table, "| `{}` ² | {} | {} | {} |", one.name, one.unit, one.meaning, way(one.direction));
    }
    table
}
