//! A database of its own, three sources, and Anna, whom all three know.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_graphql::{Executor, Request};
use chrono::{DateTime, TimeDelta, Utc};
use connectors::Page;
use connectors::canonical::{
    Body, Company, Deal, Event, IdentifierKind, Order, OrderLine, OrderStatus, Person, Product, Record,
};
use futures_util::stream::{Stream, StreamExt};
use migration::MigratorTrait;
use profiles::access::{Caller, CallerKind, Role};
use profiles::intake::Delivery;
use profiles::sources::NewSource;
use profiles::store::{ConnectOptions, connect};
use profiles::{Clock, Keys, Profiles};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;

use crate::config::{GraphqlLimits, PrivacySettings};
use crate::graphql::schema::{prepare, with_look};
use crate::graphql::{Background, Schema};
use crate::preferences::Address;

/// A clock that goes on by a second whenever it is read.
struct Ticking(Mutex<DateTime<Utc>>);

impl Clock for Ticking {
    fn now(&self) -> DateTime<Utc> {
        let mut now = self.0.lock().unwrap();
        *now += TimeDelta::seconds(1);
        *now
    }
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) struct World {
    pub(super) profiles: Profiles,
    schema: Schema,
    statements: Arc<AtomicUsize>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) background: Background,
    pub(super) privacy: PrivacySettings,
    raw: DatabaseConnection,
    _directory: TempDir,
}

impl World {
    /// Does something to the database behind the application's back.
    pub(super) async fn execute_raw(&self, sql: &str) {
        self.raw.execute_unprepared(sql).await.unwrap();
    }

    /// Nothing but the tables.
    pub(super) async fn empty() -> Self {
        let directory = TempDir::new().unwrap();
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        let mut db = connect(&ConnectOptions { url, pool: 4 }).await.unwrap();
        migration::Migrator::up(&db, None).await.unwrap();
        let statements = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&statements);
        db.set_metric_callback(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let clock = Ticking(Mutex::new(at("2026-11-21T09:00:00Z")));
        let raw = db.clone();
        let profiles = Profiles::open(db, Keys::new(&[7; 32]), Arc::new(clock)).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let background = Background::new(stopped);
        let look = Duration::from_millis(2);
        let address = Address("https://shop.example/rondom/".parse().ok());
        let schema = with_look(&profiles, &GraphqlLimits::default(), background.clone(), address, look);
        let privacy = PrivacySettings::default();
        Self { profiles, schema, statements, stop, background, privacy, raw, _directory: directory }
    }

    /// Anna, known to a CRM, a shop and an e-mail tool.
    pub(super) async fn anna() -> Self {
        let world = Self::empty().await;
        let crm = world.source("crm", "hubspot", "crm").await;
        world.deliver(crm, crm_page()).await;
        let shop = world.source("shop", "woocommerce", "ecommerce").await;
        world.deliver(shop, shop_page()).await;
        let mail = world.source("mail", "mailchimp", "email").await;
        world.deliver(mail, mail_page()).await;
        world
    }

    /// A shop with so many customers, with two orders of two lines each.
    pub(super) async fn shop(customers: u32) -> Self {
        let world = Self::empty().await;
        let shop = world.source("shop", "woocommerce", "ecommerce").await;
        let mut records = vec![record("mug", "2024-01-01T00:00:00Z", Body::Product(product("Mug")))];
        for n in 0..customers {
            let person = person("Customer", &format!("N{n:04}"), &format!("n{n}@example.com"));
            records.push(record(&n.to_string(), "2024-01-01T00:00:00Z", Body::Person(person)));
            for (order, day) in [("a", 1), ("b", 2)] {
                let mut body = order_of(&n.to_string(), "10", OrderStatus::Completed);
                let placed = at(&format!("2024-02-0{day}T00:00:00Z")) + TimeDelta::minutes(i64::from(n));
                body.placed_at = Some(placed);
                records.push(record(&format!("{n}{order}"), "2024-02-03T00:00:00Z", Body::Order(body)));
            }
        }
        world.deliver(shop, Page { records, ..Page::default() }).await;
        world
    }

    pub(super) async fn source(&self, key: &str, kind: &str, category: &str) -> Uuid {
        let new = NewSource {
            key: key.to_owned(),
            name: key.to_uppercase(),
            kind: kind.to_owned(),
            category: category.to_owned(),
            trust: profiles::sources::default_trust(category),
        };
        self.profiles.ensure_source(new).await.unwrap().id
    }

    /// Stores a page and derives what it changes.
    pub(super) async fn deliver(&self, source: Uuid, page: Page) {
        let stamp = self.profiles.now();
        let delivery = Delivery { source, stream: "all", stamp, page: &page };
        self.profiles.deliver(&delivery).await.unwrap();
        self.profiles.drain(self.profiles.now()).await.unwrap();
    }

    fn request(&self, caller: Caller, query: &str) -> Request {
        let mut request = Request::new(query);
        prepare(&self.profiles, &self.privacy, &Arc::new(caller), &mut request.data);
        request
    }

    /// The whole answer to an API key.
    pub(super) async fn answer(&self, role: Role, query: &str) -> Value {
        self.answer_to(key(role), query).await
    }

    /// The whole answer.
    pub(super) async fn answer_to(&self, caller: Caller, query: &str) -> Value {
        let (schema, request) = (self.schema.clone(), self.request(caller, query));
        // In a task of its own, as a server does.
        let answer = tokio::spawn(async move { schema.execute(request).await }).await.unwrap();
        serde_json::to_value(answer).unwrap()
    }

    /// The data of an answer without errors, for an administrator.
    pub(super) async fn ask(&self, query: &str) -> Value {
        let mut answer = self.answer(Role::Admin, query).await;
        assert_eq!(answer["errors"], Value::Null, "{query}");
        answer["data"].take()
    }

    /// The code and the message of the first error.
    pub(super) async fn fail(&self, role: Role, query: &str) -> (String, String) {
        let answer = self.answer(role, query).await;
        let error = &answer["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        assert_ne!(*error, Value::Null, "no error: {answer}");
        (text(&error["extensions"]["code"]), text(&error["message"]))
    }

    /// How many statements a query costs.
    pub(super) async fn statements(&self, query: &str) -> usize {
        // What is kept in memory for seconds is no cost of a query: of three times at most one meets its end.
        let mut fewest = usize::MAX;
        for _ in 0..3 {
            let before = self.statements.load(Ordering::Relaxed);
            self.ask(query).await;
            fewest = fewest.min(self.statements.load(Ordering::Relaxed) - before);
        }
        fewest
    }

    pub(super) fn subscribe(&self, role: Role, query: &str) -> impl Stream<Item = Value> + Unpin + use<> {
        self.follow(key(role), query)
    }

    pub(super) fn follow(&self, caller: Caller, query: &str) -> impl Stream<Item = Value> + Unpin + use<> {
        let (schema, request) = (self.schema.clone(), self.request(caller, query));
        schema.execute_stream(request, None).map(|answer| serde_json::to_value(answer).unwrap()).boxed()
    }
}

pub(super) fn key(role: Role) -> Caller {
    Caller { name: "test".to_owned(), role, purpose: None, kind: CallerKind::ApiKey, id: Uuid::nil() }
}

pub(super) fn record(external_id: &str, updated_at: &str, body: Body) -> Record {
    Record {
        external_id: external_id.to_owned(),
        updated_at: Some(at(updated_at)),
        created_at: Some(at("2023-06-01T00:00:00Z")),
        deleted: false,
        body,
        payload: json!({ "id": external_id }).to_string().into_bytes(),
    }
}

pub(super) fn person(first: &str, last: &str, email: &str) -> Person {
    let mut person = Person::default();
    person.set("first_name", Some(first));
    person.set("last_name", Some(last));
    person.set("email", Some(email));
    person.identify(IdentifierKind::Email, Some(email));
    person
}

pub(super) fn product(name: &str) -> Product {
    Product {
        name: Some(name.to_owned()),
        sku: Some(name.to_uppercase()),
        price: "8.50".parse().ok(),
        currency: Some("EUR".to_owned()),
        categories: vec!["Kitchen".to_owned()],
        ..Product::default()
    }
}

/// An order of two mugs.
pub(super) fn order_of(person: &str, total: &str, status: OrderStatus) -> Order {
    let line = |id: &str| OrderLine {
        id: id.to_owned(),
        product: Some("mug".to_owned()),
        sku: Some("MUG".to_owned()),
        name: Some("Mug".to_owned()),
        quantity: 1.into(),
        unit_price: "8.50".parse().ok(),
        total: "8.50".parse().unwrap(),
    };
    Order {
        number: Some("N-1".to_owned()),
        status,
        person: Some(person.to_owned()),
        currency: Some("EUR".to_owned()),
        total: total.parse().unwrap(),
        tax: "3.00".parse().ok(),
        coupons: vec!["WELCOME".to_owned()],
        lines: vec![line("1"), line("2")],
        ..Order::default()
    }
}

fn crm_page() -> Page {
    let mut anna = person("Anna", "Visser", "anna@example.com");
    anna.set("phone", Some("+31 6 20417735"));
    anna.set("job_title", Some("Buyer"));
    anna.identify(IdentifierKind::Phone, Some("+31 6 20417735"));
    anna.companies.push("co1".to_owned());
    let company = Company { name: Some("Acme".to_owned()), employees: Some(12), ..Company::default() };
    let deal = Deal {
        name: Some("Mugs for all".to_owned()),
        amount: "1200.5".parse().ok(),
        currency: Some("EUR".to_owned()),
        won: Some(true),
        persons: vec!["c1".to_owned()],
        ..Deal::default()
    };
    let records = vec![
        record("co1", "2024-01-01T00:00:00Z", Body::Company(company)),
        record("c1", "2024-01-01T00:00:00Z", Body::Person(anna)),
        record("d1", "2024-01-02T00:00:00Z", Body::Deal(deal)),
    ];
    Page { records, ..Page::default() }
}

fn shop_page() -> Page {
    let mut anna = person("Ana", "Visser", "Anna@Example.com");
    anna.set("job_title", Some("Head of buying"));
    let mut first = order_of("7", "25.5", OrderStatus::Completed);
    first.placed_at = Some(at("2024-02-01T10:00:00Z"));
    let mut second = order_of("7", "99", OrderStatus::Cancelled);
    second.placed_at = Some(at("2024-03-01T10:00:00Z"));
    let records = vec![
        record("mug", "2024-01-01T00:00:00Z", Body::Product(product("Mug"))),
        record("7", "2024-02-01T00:00:00Z", Body::Person(anna)),
        record("o1", "2024-02-01T10:00:00Z", Body::Order(first)),
        record("o2", "2024-03-01T10:00:00Z", Body::Order(second)),
    ];
    Page { records, ..Page::default() }
}

fn mail_page() -> Page {
    let anna = person("Anna", "Visser", "anna@example.com");
    let opened = Event {
        message_id: "e1".to_owned(),
        person: "m1".to_owned(),
        name: "Email Opened".to_owned(),
        occurred_at: at("2024-02-15T08:00:00Z"),
        properties: [("subject".to_owned(), json!("Spring"))].into(),
        context: [].into(),
    };
    let records = vec![record("m1", "2024-01-05T00:00:00Z", Body::Person(anna))];
    Page { records, events: vec![opened], ..Page::default() }
}
