//! Any order, any repetition, any crash: the pages that the real binary read while it was killed in mid-run, fed to
//! intake in random orders, give the digest that the binary's database has.

use std::sync::Arc;

use api::clock::SystemClock;
use chrono::{DateTime, Utc};
use connectors::{Http, Next, Page, Secrets};
use profiles::{
    Keys, Profiles,
    intake::Delivery,
    sources::{NewSource, default_trust},
    store::{ConnectOptions, connect},
};
use serde_json::{Value, json};
use simulators::{Fault, Faults, Rule, Stamp, hubspot::Kind};

use super::crash::{a_minute_later, in_mid_run};
use crate::support::{Installation, SECRET, Vendors, on_both};

const PEOPLE: usize = 40;
const ORDERS: usize = 20;

/// A page with its source and its stamp.
struct Delivered {
    kind: &'static str,
    stamp: DateTime<Utc>,
    page: Page,
}

/// Reads every stream of every vendor from its beginning.
async fn record(vendors: &Vendors, log: &mut Vec<Delivered>) {
    let fleet = &vendors.fleet;
    let (key, secret) =
        fleet.woocommerce.read(|shop| (shop.consumer_key.clone(), shop.consumer_secret.clone()));
    let sources: [(&str, String, Value); 3] = [
        (
            "hubspot",
            fleet.hubspot.base_url(),
            json!({"access_token": fleet.hubspot.read(|p| p.token.clone())}),
        ),
        (
            "woocommerce",
            fleet.woocommerce.base_url(),
            json!({"consumer_key": key, "consumer_secret": secret}),
        ),
        (
            "mailchimp",
            fleet.mailchimp.base_url(),
            json!({"api_key": fleet.mailchimp.read(|a| a.api_key.clone())}),
        ),
    ];
    for (kind, base_url, secrets) in sources {
        let config = json!({"base_url": base_url});
        let known = connectors::kind(kind).unwrap();
        let connector = (known.build)(&config, &Secrets::from_json(secrets).unwrap()).unwrap();
        let http = Http::new(known.http_options(&config, 1).unwrap()).unwrap();
        for stream in connector.streams() {
            let mut cursor = None;
            loop {
                let page =
                    connector.read(&http, stream.name, cursor.as_ref(), SystemClock.now()).await.unwrap();
                let next = page.next.clone();
                log.push(Delivered { kind, stamp: SystemClock.now(), page });
                match next {
                    Next::More(more) => cursor = Some(more),
                    Next::Done(_) => break,
                }
            }
        }
    }
}

/// Changes an object with a date, one without, and an order; `back` makes them what they were.
fn change(vendors: &Vendors, back: bool) {
    let fleet = &vendors.fleet;
    let contact =
        fleet.hubspot.read(|portal| *portal.all(Kind::Contact).keys().next().expect("there are contacts"));
    let title = if back { "Captain" } else { "Astronaut" };
    fleet.hubspot.upsert_contact(contact, &[("jobtitle", title)], Stamp::Now);
    let customer = fleet.woocommerce.read(|shop| *shop.customers.keys().next().expect("there are customers"));
    let changed = fleet.woocommerce.change_customer(customer, Stamp::Keep, |customer| {
        if back { "Ann" } else { "Another" }.clone_into(&mut customer.first_name);
    });
    assert!(changed);
}

async fn feed(url: &str, log: &[Delivered], order: &[usize]) -> String {
    let db = connect(&ConnectOptions { url: url.to_owned(), pool: 4 }).await.unwrap();
    let profiles =
        Profiles::open(db.clone(), Keys::from_hex(SECRET).unwrap(), Arc::new(SystemClock)).await.unwrap();
    for (place, index) in order.iter().enumerate() {
        let Delivered { kind, stamp, page } = &log[*index];
        let category = serde_json::to_value(connectors::kind(kind).unwrap().category).unwrap();
        let category = category.as_str().unwrap_or_default().to_owned();
        let new = NewSource {
            key: (*kind).to_owned(),
            name: (*kind).to_owned(),
            kind: (*kind).to_owned(),
            trust: default_trust(&category),
            category,
        };
        let source = profiles.ensure_source(new).await.unwrap().id;
        profiles.deliver(&Delivery { source, stream: "any", stamp: *stamp, page }).await.unwrap();
        if place % 7 == 0 {
            profiles.drain(SystemClock.now()).await.unwrap();
        }
    }
    profiles.drain(SystemClock.now()).await.unwrap();
    let hash = profiles.state_hash("2030-01-01T00:00:00Z".parse().unwrap()).await.unwrap();
    db.close().await.unwrap();
    hash
}

/// Every page once or twice, shuffled: the same for the same seed.
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut order: Vec<usize> = (0..count).collect();
    order.extend((0..count).filter(|_| next() % 2 == 0));
    for place in (1..order.len()).rev() {
        let other = usize::try_from(next() % (place as u64 + 1)).unwrap();
        order.swap(place, other);
    }
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_any_repetition_and_any_crash_give_one_digest() {
    on_both(async |installation: Installation| {
        let vendors = Vendors::start(PEOPLE, Faults::none()).await;
        vendors.configure(&installation).await;
        change(&vendors, true);
        let mut log = Vec::new();
        // A → B → A: once undisturbed, once killed in mid-run, once more.
        installation.ok(&["sync"]).await;
        record(&vendors, &mut log).await;

        change(&vendors, false);
        let slow = Faults::none().with(Rule::every(1, Fault::SlowBody(std::time::Duration::from_millis(5))));
        vendors.fleet.woocommerce.set_faults(slow);
        let mut running = installation.start(&["sync"]);
        in_mid_run(&vendors, &mut running, 2).await;
        running.kill();
        a_minute_later(&installation).await;
        vendors.fleet.woocommerce.set_faults(Faults::none());
        installation.ok(&["sync"]).await;
        record(&vendors, &mut log).await;

        change(&vendors, true);
        installation.ok(&["sync"]).await;
        record(&vendors, &mut log).await;
        let expected = installation.state_hash().await.trim().to_owned();

        for seed in 1..=ORDERS as u64 {
            let scratch = installation.another().await;
            scratch.ok(&["migrate"]).await;
            let order = shuffled(log.len(), seed);
            assert_eq!(feed(&scratch.database_url, &log, &order).await, expected, "order {seed}: {order:?}");
        }
    })
    .await;
}
