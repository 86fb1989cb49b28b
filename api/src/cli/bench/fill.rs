//! Invented facts, the same for the same numbers, stored and derived as any source's are.
//!
//! Everybody is known to a CRM and a shop by one e-mail address. A fifth of the people have all orders and
//! events, so that whoever of them is asked for fills a page of both.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use connectors::{
    Page,
    canonical::{
        Body, ConsentStatement, ConsentStatus, Event, Identifier, IdentifierKind, Order, OrderLine, Person,
        Product, Record, address, traits,
    },
};
use profiles::{
    Profiles,
    intake::Delivery,
    sources::{NewSource, Source, default_trust},
};
use serde_json::json;

use super::Fill;
use crate::cli::{open, out};

/// One in so many people is active.
pub(super) const ACTIVE: u64 = 5;
/// Objects on a page.
const PAGE: usize = 1000;
const PRODUCTS: u64 = 500;
/// What everybody has said yes to.
const SAID: [&str; 4] = ["email_marketing", "personalisation", "profiling", "analytics"];

pub(super) async fn run(args: Fill) -> anyhow::Result<()> {
    let profiles = open::ready(&open::settings(args.store)?).await?;
    let status = profiles.status().await?;
    anyhow::ensure!(status.records == 0, "the database is not empty; the benchmark fills one of its own");
    let began = Instant::now();
    let crm = source(&profiles, "crm").await?;
    let shop = source(&profiles, "ecommerce").await?;
    let email = source(&profiles, "email").await?;

    feed(&profiles, &shop, (0..PRODUCTS).map(product), |page, record| page.records.push(record)).await?;
    feed(&profiles, &crm, (0..args.profiles).map(contact), |page, record| page.records.push(record)).await?;
    feed(&profiles, &shop, (0..args.profiles).map(customer), |page, record| page.records.push(record))
        .await?;
    let active = args.profiles.div_ceil(ACTIVE).max(1);
    let buyer = move |n: u64| (n % active) * ACTIVE;
    feed(&profiles, &shop, (0..args.orders).map(|n| order(n, buyer(n))), |page, record| {
        page.records.push(record);
    })
    .await?;
    feed(&profiles, &email, (0..args.profiles).map(member), |page, record| page.records.push(record)).await?;
    feed(&profiles, &email, (0..args.events).map(|n| event(n, buyer(n))), |page, event| {
        page.events.push(event);
    })
    .await?;
    feed(&profiles, &email, (0..args.profiles).flat_map(said), |page, said| page.consents.push(said)).await?;
    let seconds = began.elapsed().as_secs_f64();
    let facts = args.profiles * (3 + SAID.len() as u64) + args.orders + args.events + PRODUCTS;
    out::line(format!(
        "{facts} facts stored and derived in {seconds:.1} s, {:.0} a second",
        facts as f64 / seconds
    ))?;
    Ok(())
}

async fn source(profiles: &Profiles, category: &str) -> anyhow::Result<Source> {
    let new = NewSource {
        key: format!("bench-{category}"),
        name: category.to_owned(),
        kind: "bench".to_owned(),
        category: category.to_owned(),
        trust: default_trust(category),
    };
    Ok(profiles.ensure_source(new).await?)
}

async fn feed<T>(
    profiles: &Profiles,
    source: &Source,
    items: impl Iterator<Item = T>,
    put: impl Fn(&mut Page, T),
) -> anyhow::Result<()> {
    let mut items = items.peekable();
    while items.peek().is_some() {
        let mut page = Page::default();
        for item in items.by_ref().take(PAGE) {
            put(&mut page, item);
        }
        let delivery = Delivery { source: source.id, stream: "bench", stamp: profiles.now(), page: &page };
        // As in a sync: a page is stored while those before it are derived.
        let (stored, drained) = tokio::join!(profiles.deliver(&delivery), profiles.drain(profiles.now()));
        stored?;
        drained?;
    }
    profiles.drain(profiles.now()).await?;
    Ok(())
}

fn day(days: u64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(18_000 + i64::try_from(days % 2000).unwrap_or_default())
}

fn address_of(n: u64) -> String {
    format!("person{n}@customers.example")
}

fn someone(n: u64, first: &str) -> Person {
    let mut person = Person::default();
    person.set(traits::FIRST_NAME, Some(first));
    person.set(traits::LAST_NAME, Some(&format!("Family{}", n % 5000)));
    person.set(traits::EMAIL, Some(&address_of(n)));
    person.identify(IdentifierKind::Email, Some(&address_of(n)));
    person
}

fn record(id: String, body: Body, date: DateTime<Utc>) -> Record {
    let payload = json!({"id": id, "body": body}).to_string().into_bytes();
    Record { external_id: id, updated_at: Some(date), created_at: Some(date), deleted: false, body, payload }
}

fn contact(n: u64) -> Record {
    let mut person = someone(n, "Robin");
    let phone = format!("+3161{:07}", n % 10_000_000);
    person.set(traits::PHONE, Some(&phone));
    person.identify(IdentifierKind::Phone, Some(&phone));
    person.set(traits::JOB_TITLE, Some("Buyer"));
    person.set(traits::COMPANY_NAME, Some("Example"));
    person.set(traits::LIFECYCLE_STAGE, Some("customer"));
    record(format!("c{n}"), Body::Person(person), day(n))
}

fn customer(n: u64) -> Record {
    let mut person = someone(n, "Robyn");
    let parts =
        [("street", "Main Street 1"), ("city", "Utrecht"), ("postal_code", "3500 AA"), ("country", "NL")];
    let parts = parts.map(|(key, value)| (key, Some(value)));
    person.set_value(traits::ADDRESS, address(parts));
    person.set(traits::USERNAME, Some(&format!("robyn{n}")));
    record(n.to_string(), Body::Person(person), day(n + 1))
}

fn member(n: u64) -> Record {
    let mut person = someone(n, "Robin");
    person.set(traits::LANGUAGE, Some("en"));
    person.set_value(traits::TAGS, Some(json!(["news", "offers"])));
    person.set_value(traits::EMAIL_OPEN_RATE, Some(json!(0.25)));
    person.set_value(traits::EMAIL_RATING, Some(json!(4)));
    record(format!("m{n}"), Body::Person(person), day(n + 2))
}

fn said(n: u64) -> impl Iterator<Item = ConsentStatement> {
    SAID.into_iter().map(move |purpose| ConsentStatement {
        person: format!("m{n}"),
        purpose: purpose.to_owned(),
        contact_point: (purpose == "email_marketing")
            .then(|| Identifier::new(IdentifierKind::Email, address_of(n))),
        status: ConsentStatus::Granted,
        stated_at: Some(day(n + 3)),
        expires_at: None,
        method: Some("form".to_owned()),
        notice: None,
        evidence: std::collections::BTreeMap::new(),
    })
}

fn product(n: u64) -> Record {
    let product = Product {
        name: Some(format!("Product {n}")),
        sku: Some(format!("SKU-{n}")),
        price: Some((n + 1).into()),
        currency: Some("EUR".to_owned()),
        categories: vec!["Home".to_owned()],
        in_stock: Some(true),
        ..Product::default()
    };
    record(format!("p{n}"), Body::Product(product), day(n))
}

fn order(n: u64, buyer: u64) -> Record {
    let lines: Vec<OrderLine> = (0..3)
        .map(|line| {
            let product = (n * 7 + line * 13) % PRODUCTS;
            OrderLine {
                id: line.to_string(),
                product: Some(format!("p{product}")),
                sku: Some(format!("SKU-{product}")),
                name: Some(format!("Product {product}")),
                quantity: 1.into(),
                unit_price: Some((product + 1).into()),
                total: (product + 1).into(),
            }
        })
        .collect();
    let placed = day(n / 50) + TimeDelta::seconds(i64::try_from(n % 86_400).unwrap_or_default());
    let order = Order {
        number: Some(n.to_string()),
        person: Some(buyer.to_string()),
        currency: Some("EUR".to_owned()),
        placed_at: Some(placed),
        total: lines.iter().map(|line| line.total).sum(),
        lines,
        ..Order::default()
    };
    record(format!("o{n}"), Body::Order(order), placed)
}

fn event(n: u64, person: u64) -> Event {
    Event {
        message_id: format!("e{n}"),
        person: format!("m{person}"),
        name: if n.is_multiple_of(3) { "Email Link Clicked" } else { "Email Opened" }.to_owned(),
        occurred_at: day(n / 70) + TimeDelta::seconds(i64::try_from(n % 86_000).unwrap_or_default()),
        properties: [("campaign".to_owned(), json!(format!("campaign-{}", n % 40)))].into(),
        context: std::collections::BTreeMap::new(),
    }
}
