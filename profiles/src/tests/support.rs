//! Scratch databases, a clock that stands still, and people to deliver.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use connectors::{
    Page,
    canonical::{Body, Event, IdentifierKind, Order, OrderLine, Person, Record, traits},
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Clock, Keys, Profiles,
    consent::{Admitted, Reader},
    intake::Delivery,
    sources::{NewSource, Source},
    store::{ConnectOptions, connect},
    view::read::{Profile, ProfileRef},
};

/// A clock that shows what it is told.
pub(super) struct Fixed(pub(super) DateTime<Utc>);

impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

/// A scratch database that is gone when this is dropped (a file) or when [`Scratch::close`] is called.
pub(super) struct Scratch {
    pub(super) profiles: Profiles,
    postgres: Option<(String, String)>,
    dir: tempfile::TempDir,
}

impl Scratch {
    pub(super) async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("test.db").display());
        Self { profiles: open(&url).await, postgres: None, dir }
    }

    /// Where the files of the embedded database are.
    pub(super) fn directory(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// `None`, with a word, where no server answers.
    pub(super) async fn postgres() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("RONDOM_TEST_POSTGRES")
            .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".to_owned());
        let server = server.trim_end_matches('/').to_owned();
        let admin = match Database::connect(format!("{server}/postgres")).await {
            Ok(admin) => admin,
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "no PostgreSQL at {server}: {error}");
                eprintln!("SKIPPED on PostgreSQL: no server at {server}; set RONDOM_TEST_POSTGRES");
                return None;
            }
        };
        let name =
            format!("rondom_profiles_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name}")).await.unwrap();
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        let profiles = open(&format!("{server}/{name}")).await;
        Some(Self { profiles, postgres: Some((server, name)), dir: tempfile::tempdir().unwrap() })
    }

    pub(super) async fn close(self) {
        if let Some((server, name)) = &self.postgres {
            self.profiles.db().clone().close().await.unwrap();
            let admin = Database::connect(format!("{server}/postgres")).await.unwrap();
            admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        }
    }
}

async fn open(url: &str) -> Profiles {
    let db = connect(&ConnectOptions { url: url.to_owned(), pool: 4 }).await.unwrap();
    Migrator::up(&db, None).await.unwrap();
    Profiles::open(db, Keys::new(&[7; 32]), Arc::new(Fixed(at(1_000_000)))).await.unwrap()
}

/// Runs a test on SQLite and, where a server answers, on PostgreSQL.
pub(super) async fn on_both(test: impl AsyncFn(&Profiles)) {
    let scratch = Scratch::sqlite().await;
    test(&scratch.profiles).await;
    if let Some(scratch) = Scratch::postgres().await {
        test(&scratch.profiles).await;
        scratch.close().await;
    }
}

pub(super) fn reader() -> Reader {
    Reader::operator("test")
}

/// Leave to read what hangs on a profile, as the system itself has it.
pub(super) fn admitted(profile: Uuid) -> Admitted {
    reader().operates(profile).unwrap()
}

pub(super) async fn by_email(profiles: &Profiles, email: &str) -> Option<Profile> {
    let by = ProfileRef::Identifier(identity::IdentifierKind::Email, email.to_owned());
    profiles.profile(&reader(), &by).await.unwrap()
}

pub(super) async fn source(profiles: &Profiles, key: &str, category: &str) -> Source {
    let trust = crate::sources::default_trust(category);
    let (kind, category) = ("test".to_owned(), category.to_owned());
    let new = NewSource { key: key.to_owned(), name: key.to_uppercase(), kind, category, trust };
    profiles.ensure_source(new).await.unwrap()
}

pub(super) async fn deliver(profiles: &Profiles, source: &Source, stamp: i64, page: &Page) {
    let delivery = Delivery { source: source.id, stream: "test", stamp: at(stamp), page };
    profiles.deliver(&delivery).await.unwrap();
}

pub(super) fn person(id: &str, name: &str, email: Option<&str>, updated: Option<i64>) -> Record {
    let mut person = Person::default();
    person.set(traits::FIRST_NAME, Some(name));
    person.set(traits::EMAIL, email);
    person.identify(IdentifierKind::Email, email);
    let payload = json!({"id": id, "name": name, "email": email, "updated": updated});
    Record {
        external_id: id.to_owned(),
        updated_at: updated.map(at),
        created_at: Some(at(-id.len().try_into().unwrap_or(0))),
        deleted: false,
        body: Body::Person(person),
        payload: payload.to_string().into_bytes(),
    }
}

pub(super) fn order(id: &str, person: Option<&str>, total: i64, placed: i64) -> Record {
    let line = OrderLine {
        id: "1".to_owned(),
        product: Some("p".to_owned()),
        quantity: 1.into(),
        total: total.into(),
        ..OrderLine::default()
    };
    let order = Order {
        number: Some(id.to_owned()),
        person: person.map(str::to_owned),
        currency: Some("EUR".to_owned()),
        total: total.into(),
        placed_at: Some(at(placed)),
        lines: vec![line],
        ..Order::default()
    };
    Record {
        external_id: id.to_owned(),
        updated_at: Some(at(placed)),
        created_at: Some(at(placed)),
        deleted: false,
        payload: json!({"id": id, "total": total}).to_string().into_bytes(),
        body: Body::Order(order),
    }
}

pub(super) fn event(id: &str, person: &str, when: i64) -> Event {
    Event {
        message_id: id.to_owned(),
        person: person.to_owned(),
        name: "Email Opened".to_owned(),
        occurred_at: at(when),
        properties: [("campaign".to_owned(), json!("spring"))].into(),
        context: std::collections::BTreeMap::new(),
    }
}

pub(super) fn page(records: Vec<Record>, events: Vec<Event>) -> Page {
    Page { records, events, ..Page::default() }
}
