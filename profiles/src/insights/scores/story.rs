//! What somebody did, with the time of each thing. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use segments::Timeline;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What happened longer ago than this, in days, is not looked at; orders are, however old.
pub(super) const YEAR: i64 = 365;
/// After so long without an event a visit has ended, as sessions do.
const PAUSE: TimeDelta = TimeDelta::minutes(30);
/// The longest name of a category in bytes.
const LONGEST: usize = 100;
/// The most products, and the most categories, that an event is of.
const MOST: usize = 20;

/// Something that can be bought.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// A product, by its id.
    Product(Uuid),
    /// Anything of a category, by its name in small letters.
    Category(String),
}

impl Thing {
    /// The category of that name, however it is spelled; nothing where that is no name.
    pub fn category(name: &str) -> Option<Self> {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        (!name.is_empty() && name.len() <= LONGEST).then_some(Self::Category(name))
    }

    pub(super) const fn is_product(&self) -> bool {
        matches!(self, Self::Product(_))
    }
}

/// What somebody did, and when.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Story {
    /// When sources made a record of the person, or first told of an order; in order.
    pub(super) known: Vec<(DateTime<Utc>, Uuid)>,
    /// In order of time.
    pub(super) bought: Vec<Bought>,
    /// In order of time.
    pub(super) did: Vec<Did>,
    /// What was said of the person, by the key of a trait.
    pub(super) traits: BTreeMap<String, Timeline<Value>>,
}

/// An order that counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bought {
    pub(super) at: DateTime<Utc>,
    /// Paid and not paid back, in millionths.
    pub(super) micros: i64,
    pub(super) currency: String,
    /// Whether some of it was paid back.
    pub(super) paid_back: bool,
    pub(super) things: BTreeSet<Thing>,
}

/// Something that a person did, or that was done for them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Did {
    pub(super) at: DateTime<Utc>,
    pub(super) source: Uuid,
    pub(super) what: What,
    /// What it was about.
    pub(super) things: BTreeSet<Thing>,
    /// Where a campaign brought the person: its source and medium.
    pub(super) campaign: Option<[Option<String>; 2]>,
    /// Which ticket.
    pub(super) ticket: String,
}

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Page,
    ProductViewed,
    Added,
    Removed,
    /// Anything else on a site or in an app.
    Browsed,
    Sent,
    Opened,
    Clicked,
    TicketOpened,
    TicketDone,
}

/// The names of events that count, and what they are.
pub(super) const NAMES: [(&str, What); 30] = [
    ("Page Viewed", What::Page),
    ("Screen Viewed", What::Page),
    ("Product Viewed", What::ProductViewed),
    ("Product Clicked", What::Browsed),
    ("Product List Viewed", What::Browsed),
    ("Products Searched", What::Browsed),
    ("Product Added", What::Added),
    ("Product Removed", What::Removed),
    ("Product Added to Wishlist", What::Browsed),
    ("Product Shared", What::Browsed),
    ("Product Reviewed", What::Browsed),
    ("Cart Viewed", What::Browsed),
    ("Checkout Started", What::Browsed),
    ("Checkout Step Viewed", What::Browsed),
    ("Checkout Step Completed", What::Browsed),
    ("Coupon Entered", What::Browsed),
    ("Signed Up", What::Browsed),
    ("Signed In", What::Browsed),
    ("Form Started", What::Browsed),
    ("Form Submitted", What::Browsed),
    ("Application Opened", What::Browsed),
    ("Video Playback Started", What::Browsed),
    ("Email Sent", What::Sent),
    ("Email Delivered", What::Sent),
    ("Email Opened", What::Opened),
    ("Email Link Clicked", What::Clicked),
    ("Ticket Opened", What::TicketOpened),
    ("Ticket Reopened", What::TicketOpened),
    ("Ticket Solved", What::TicketDone),
    ("Ticket Closed", What::TicketDone),
];

impl What {
    pub(super) fn of(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, what)| *what)
    }

    /// Whether it was on a site or in an app.
    pub(super) const fn is_visit(self) -> bool {
        matches!(self, Self::Page | Self::ProductViewed | Self::Added | Self::Removed | Self::Browsed)
    }

    /// Whether the person did it, and not somebody for them.
    pub(super) const fn is_own(self) -> bool {
        !matches!(self, Self::Sent | Self::TicketDone)
    }
}

/// What an event is about, as its properties say: the ids of products in some source, and categories.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct About {
    pub(super) products: BTreeSet<String>,
    pub(super) categories: BTreeSet<Thing>,
    pub(super) ticket: String,
}

impl About {
    pub(super) fn of(properties: &Map<String, Value>) -> Self {
        let listed = properties.get("products").and_then(Value::as_array).into_iter().flatten();
        let mut about =
            Self { ticket: text(properties.get("ticket_id")).unwrap_or_default(), ..Self::default() };
        for object in [properties].into_iter().chain(listed.filter_map(Value::as_object)) {
            if let Some(id) = text(object.get("product_id")).filter(|_| about.products.len() < MOST) {
                about.products.insert(id);
            }
            let named = [object.get("category"), object.get("categories")].into_iter().flatten();
            let names = named.flat_map(|value| match value {
                Value::Array(all) => all.iter().collect(),
                one => vec![one],
            });
            for thing in names.filter_map(Value::as_str).filter_map(Thing::category) {
                if about.categories.len() < MOST {
                    about.categories.insert(thing);
                }
            }
        }
        about
    }
}

/// A text, or a number as one.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() && text.len() <= LONGEST => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Story {
    /// What was bought by an instant.
    pub(super) fn bought_by(&self, at: DateTime<Utc>) -> &[Bought] {
        &self.bought[..self.bought.partition_point(|bought| bought.at <= at)]
    }

    /// What was done in the year before an instant.
    pub(super) fn did_by(&self, at: DateTime<Utc>) -> &[Did] {
        let (from, to) = (at - TimeDelta::days(YEAR), self.did.partition_point(|did| did.at <= at));
        let from = self.did.partition_point(|did| did.at <= from).min(to);
        &self.did[from..to]
    }

    /// Since when the person had been known at an instant: the first record that is dated, order, or event of the year before.
    pub(super) fn known_since(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let known = self.known.first().map(|(since, _)| *since).filter(|since| *since <= at);
        let bought = self.bought_by(at).first().map(|bought| bought.at);
        let did = self.did_by(at).first().map(|did| did.at);
        [known, bought, did].into_iter().flatten().min()
    }

    /// How many sources knew of the person at an instant.
    pub(super) fn sources(&self, at: DateTime<Utc>) -> usize {
        let known = self.known.iter().filter(|(since, _)| *since <= at).map(|(_, source)| *source);
        known.chain(self.did_by(at).iter().map(|did| did.source)).collect::<BTreeSet<Uuid>>().len()
    }

    /// Whether something is bought after an instant and by another one: anything, or a thing.
    pub(super) fn buys(&self, after: DateTime<Utc>, by: DateTime<Utc>, thing: Option<&Thing>) -> bool {
        let coming = &self.bought_by(by)[self.bought_by(after).len()..];
        coming.iter().any(|bought| thing.is_none_or(|thing| bought.things.contains(thing)))
    }
}

/// How many visits these come to, in order of time.
pub(super) fn visits<'a>(did: impl Iterator<Item = &'a Did>) -> usize {
    let mut last: Option<DateTime<Utc>> = None;
    let begins = |did: &&Did| last.replace(did.at).is_none_or(|before| did.at - before >= PAUSE);
    did.filter(|did| did.what.is_visit()).filter(begins).count()
}

#[cfg(test)]
mod tests {
    use connectors::event_names::canonical;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_name_is_the_one_that_events_are_stored_under() {
        for (name, what) in NAMES {
            assert_eq!(canonical(name), Some(name));
            assert_eq!(What::of(name), Some(what));
        }
        assert_eq!(What::of("Email Bounced"), None);
    }

    #[test]
    fn what_an_event_is_about_is_found_wherever_it_may_stand() {
        let properties = json!({"product_id": 7, "category": " Running  SHOES", "ticket_id": "t1",
            "products": [{"product_id": "8", "categories": ["Socks", 3]}, 9, {"product_id": ""}]});
        let about = About::of(properties.as_object().unwrap());
        assert_eq!(about.products, BTreeSet::from(["7".to_owned(), "8".to_owned()]));
        let categories: Vec<Thing> = about.categories.into_iter().collect();
        assert_eq!(categories, ["running shoes", "socks"].map(|name| Thing::Category(name.to_owned())));
        assert_eq!(about.ticket, "t1");
        assert_eq!(Thing::category(&"x".repeat(101)), None);
        assert_eq!(Thing::category("  "), None);
    }
}
