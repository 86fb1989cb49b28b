//! Erasure: nothing of the person is left, nothing comes back, and everybody else is as before.

use std::{collections::BTreeMap, fmt::Write};

use connectors::{
    Page, Rejected,
    canonical::{
        Body, ConsentStatement, ConsentStatus, Deal, Identifier, IdentifierKind, Person, Record, traits,
    },
};
use ed25519_dalek::{Signer, SigningKey};
use entities::{blocked_key, failed_key, sync_run};
use identity::Verdict;
use proptest::{prelude::*, test_runner::TestRunner};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, Statement,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    support::{Scratch, admitted, at, by_email, deliver, event, on_both, order, reader, source},
    worlds,
};
use crate::{
    Profiles,
    audit::Deed,
    consent::{self, Decision, Refusal},
    decisions::Word,
    error::Error,
    privacy::{NewRequest, RequestKind, RequestState, SubjectRequest, receipt},
    sources::Source,
    view::{read::ProfileRef, timeline::Stretch},
};

/// How Anna's values are written, anywhere.
const NEEDLES: [&str; 12] = [
    "anna@example.org",
    "anna+shop@example.org",
    "Anna@Example.ORG",
    "644719382",
    "6 4471 9382",
    "c-4711",
    "cust-0815",
    "cookie-9z9z",
    "user-anna",
    "guest:anna",
    "Vandenberg",
    "anna%40example.org",
];

pub(super) struct Sources {
    pub(super) crm: Source,
    pub(super) shop: Source,
    mail: Source,
    web: Source,
}

pub(super) fn record(id: &str, payload: &serde_json::Value, body: Body) -> Record {
    Record {
        external_id: id.to_owned(),
        updated_at: Some(at(10)),
        created_at: Some(at(1)),
        deleted: false,
        body,
        payload: payload.to_string().into_bytes(),
    }
}

pub(super) fn known(name: &str, identifiers: &[(IdentifierKind, &str)]) -> Body {
    let mut person = Person::default();
    person.set(traits::LAST_NAME, Some(name));
    for (kind, value) in identifiers {
        person.identify(*kind, Some(value));
    }
    Body::Person(person)
}

fn deal(id: &str, persons: &[&str], companies: &[&str]) -> Record {
    let strings = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
    let body = Deal {
        name: Some("Machine".to_owned()),
        persons: strings(persons),
        companies: strings(companies),
        ..Deal::default()
    };
    let payload = json!({"id": id, "associations": {"contacts": {"results": persons.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()}}});
    record(id, &payload, Body::Deal(body))
}

fn said(person: &str, point: &str) -> ConsentStatement {
    ConsentStatement {
        person: person.to_owned(),
        purpose: "email_marketing".to_owned(),
        contact_point: Some(Identifier::new(IdentifierKind::Email, point)),
        status: ConsentStatus::Granted,
        stated_at: Some(at(5)),
        expires_at: None,
        method: Some("form".to_owned()),
        notice: None,
        evidence: BTreeMap::new(),
    }
}

/// What the four sources deliver: Anna Vandenberg everywhere, her husband Ben with whom she shares an address, Cleo with
/// whom she shares a deal, and Dirk, who mentions her.
fn deliveries(sources: &Sources) -> Vec<(&Source, Page)> {
    use IdentifierKind::{AnonymousId, Email, Phone, UserId};
    let home = "family@example.org";
    let anna = record(
        "c-4711",
        &json!({"id": "c-4711", "email": "Anna@Example.ORG", "mobile": "+31 6 4471 9382", "last": "Vandenberg"}),
        known("Vandenberg", &[(Email, "Anna@Example.ORG"), (Phone, "+31 6 4471 9382"), (Email, home)]),
    );
    let ben = record(
        "c-2",
        &json!({"id": "c-2", "email": "ben@example.org", "home": home}),
        known("Peeters", &[(Email, "ben@example.org"), (Email, home)]),
    );
    let cleo = record("c-3", &json!({"id": "c-3"}), known("Cleo", &[(Email, "cleo@example.org")]));
    let dirk = record(
        "c-4",
        &json!({"id": "c-4", "note": "referred by anna@example.org, tel. 06-44719382"}),
        known("Dirk", &[(Email, "dirk@example.org")]),
    );
    let crm = Page {
        records: vec![
            anna,
            ben,
            cleo,
            dirk,
            deal("d1", &["c-4711", "c-3"], &[]),
            deal("d2", &["c-4711"], &[]),
        ],
        rejected: vec![Rejected {
            external_id: None,
            reason: "no date".to_owned(),
            payload: br#"{"phone": "0031644719382"}"#.to_vec(),
        }],
        ..Page::default()
    };
    let customer = record(
        "cust-0815",
        &json!({"id": "cust-0815", "email": "anna+shop@example.org"}),
        known("Vandenberg", &[(Email, "anna@example.org"), (UserId, "user-anna")]),
    );
    let mut bought = order("o1", Some("cust-0815"), 40, 20);
    bought.payload = json!({"id": "o1", "billing": {"email": "anna@example.org"}}).to_string().into_bytes();
    let before = order("o2", Some("dirk-0"), 7, 21);
    let mut after = order("o2", Some("cust-0815"), 7, 22);
    after.payload = json!({"id": "o2", "now": true}).to_string().into_bytes();
    let others = order("o3", Some("dirk-0"), 5, 23);
    let shop = Page { records: vec![customer, bought, before, after, others], ..Page::default() };
    let member = record(
        "guest:anna@example.org",
        &json!({"email_address": "anna@example.org"}),
        known("Vandenberg", &[(Email, "anna@example.org")]),
    );
    let mail = Page {
        records: vec![member],
        consents: vec![said("guest:anna@example.org", "anna@example.org")],
        events: vec![event("m1", "guest:anna@example.org", 30)],
        ..Page::default()
    };
    let visitor = record(
        "cookie-9z9z",
        &json!({"anonymousId": "cookie-9z9z"}),
        known("", &[(AnonymousId, "cookie-9z9z"), (UserId, "user-anna")]),
    );
    let mut visit = event("w1", "cookie-9z9z", 40);
    visit.properties.insert("url".to_owned(), json!("https://shop.example/?e=anna%40example.org"));
    let web =
        Page { records: vec![visitor], events: vec![visit, event("w2", "someone", 41)], ..Page::default() };
    vec![(&sources.crm, crm), (&sources.shop, shop), (&sources.mail, mail), (&sources.web, web)]
}

async fn sources(profiles: &Profiles) -> Sources {
    Sources {
        crm: source(profiles, "crm", "crm").await,
        shop: source(profiles, "shop", "ecommerce").await,
        mail: source(profiles, "mail", "email").await,
        web: source(profiles, "web", "file").await,
    }
}

fn word() -> Word {
    Word { at: at(50), actor: "till".to_owned(), note: Some("Anna Vandenberg is not Ben".to_owned()) }
}

pub(super) async fn world(profiles: &Profiles) -> Sources {
    let sources = sources(profiles).await;
    for (source, page) in deliveries(&sources) {
        deliver(profiles, source, 100, &page).await;
    }
    profiles.drain(at(200)).await.unwrap();
    // They share an address and are two.
    let [anna, ben] = ["c-4711", "c-2"].map(|id| profiles.keys().person(sources.crm.id, id));
    profiles.decide_pair(anna, ben, Verdict::Different, &word()).await.unwrap();
    profiles.create_list("fair", "Trade fair", "till").await.unwrap();
    profiles.change_list("fair", &[ProfileRef::Id(anna)], true, "till").await.unwrap();
    profiles.drain(at(200)).await.unwrap();
    sources
}

async fn asks(profiles: &Profiles, profile: Uuid) -> SubjectRequest {
    let new = NewRequest::new(RequestKind::Erasure, profile);
    profiles.receive_request(&new, "till").await.unwrap()
}

pub(super) async fn erase(profiles: &Profiles, profile: Uuid, keep_order_sums: bool) -> SubjectRequest {
    let request = asks(profiles, profile).await;
    let running = profiles.fulfil_request(request.id, keep_order_sums, "till").await.unwrap();
    assert_eq!(running.state, RequestState::Running);
    assert_eq!(profiles.work_on_requests().await.unwrap(), 1);
    assert_eq!(profiles.work_on_requests().await.unwrap(), 0, "it is done once");
    profiles.request(request.id).await.unwrap().unwrap()
}

/// Every value of every row of every table.
pub(super) async fn dump(profiles: &Profiles) -> String {
    let db = profiles.db();
    let backend = db.get_database_backend();
    let is_postgres = backend == DbBackend::Postgres;
    let texts = async |sql: String| -> Vec<String> {
        let rows = db.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
        rows.iter()
            .map(|row| row.try_get_by_index::<Option<String>>(0).unwrap().unwrap_or_default())
            .collect()
    };
    let tables = if is_postgres {
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    };
    let mut text = String::new();
    for table in texts(tables.to_owned()).await {
        let columns = if is_postgres {
            format!("SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'")
        } else {
            format!("SELECT name FROM pragma_table_info('{table}')")
        };
        for column in texts(columns).await {
            let value = match (column.as_str(), is_postgres) {
                ("payload", true) => "convert_from(payload, 'UTF8')".to_owned(),
                ("payload", false) => "CAST(payload AS TEXT)".to_owned(),
                (column, true) => format!("\"{column}\"::text"),
                (column, false) => {
                    format!(
                        "CASE typeof(\"{column}\") WHEN 'blob' THEN hex(\"{column}\") ELSE CAST(\"{column}\" AS TEXT) END"
                    )
                }
            };
            for value in texts(format!("SELECT {value} FROM \"{table}\"")).await {
                writeln!(text, "{table}.{column}: {value}").unwrap();
            }
        }
    }
    text
}

pub(super) fn assert_nothing_of_anna(text: &str) {
    let text = text.to_lowercase();
    for needle in NEEDLES {
        if let Some(at) = text.find(&needle.to_lowercase()) {
            let around: String = text[..at].chars().rev().take(200).collect();
            let around: String = around.chars().rev().chain(text[at..].chars().take(100)).collect();
            panic!("{needle} is still there: {around:?}");
        }
    }
}

/// Whoever signs another receipt with a key of their own is told from us by nothing but the key.
fn assert_forgeries_are_told(mut receipt: serde_json::Value, ours: &str) {
    let forger = SigningKey::from_bytes(&[7; 32]);
    receipt["receipt"]["removed"]["events"] = json!(3);
    let signature = forger.sign(receipt["receipt"].to_string().as_bytes());
    receipt["signature"] = json!(hex::encode(signature.to_bytes()));
    receipt["key"] = json!(hex::encode(forger.verifying_key().to_bytes()));
    let forged = receipt.to_string();
    assert_eq!(receipt::verify(&forged, Some(ours)), Err(receipt::Flaw::Key));
    assert_ne!(receipt::verify(&forged, None).unwrap().key, ours);
}

/// What others look like: their profiles without when they were written.
async fn others(profiles: &Profiles) -> Vec<String> {
    let mut all = Vec::new();
    for email in ["ben@example.org", "cleo@example.org", "dirk@example.org"] {
        let profile = by_email(profiles, email).await.unwrap();
        let stretch = Stretch { first: 50, after: None, until: None };
        let deals = profiles.deals(&[admitted(profile.id)]).await.unwrap();
        let deals: Vec<_> = deals.values().flatten().map(|deal| &deal.external_id).collect();
        let events = profiles.timeline(&[admitted(profile.id)], &stretch).await.unwrap();
        let facts =
            (&profile.traits, &profile.identifiers, &profile.totals, &profile.said, profile.first_seen);
        all.push(format!("{facts:?} {deals:?} {}", events.values().map(Vec::len).sum::<usize>()));
    }
    all
}

/// What people and the house itself wrote beside the facts, about others.
async fn mention_elsewhere(profiles: &Profiles, sources: &Sources) {
    let [ben, cleo] = ["c-2", "c-3"].map(|id| profiles.keys().person(sources.crm.id, id));
    let word = Word { note: Some("Cleo knows Anna@Example.ORG, Ben does not".to_owned()), ..word() };
    profiles.decide_pair(ben, cleo, Verdict::Different, &word).await.unwrap();
    let new = NewRequest::new(RequestKind::Restriction, cleo);
    let request = profiles.receive_request(&new, "till").await.unwrap();
    profiles.refuse_request(request.id, "asked by anna@example.org for her", "till").await.unwrap();
    for error in ["timed out", "no: anna@example.org", "no: 06-4471 9382", "+31644719382"] {
        let row = sync_run::Model {
            id: 0,
            source_id: sources.crm.id,
            trigger: "manual".to_owned(),
            state: "failed".to_owned(),
            owner: "test".to_owned(),
            stream: None,
            cancel_requested: false,
            started_at: at(60),
            updated_at: at(60),
            finished_at: Some(at(60)),
            read: 0,
            created: 0,
            changed: 0,
            unchanged: 0,
            rejected: 0,
            dropped: 0,
            pages: 0,
            calls: 0,
            retries: 0,
            waited_ms: 0,
            bytes: 0,
            expected: None,
            error: Some(error.to_owned()),
        };
        let run = sync_run::ActiveModel { id: NotSet, ..row.into_active_model() };
        sync_run::Entity::insert(run).exec_without_returning(profiles.db()).await.unwrap();
    }
    let failed = failed_key::Model {
        source_id: sources.crm.id,
        kind: "person".to_owned(),
        external_id: "c-9".to_owned(),
        failure: "not understood: anna@example.org".to_owned(),
    };
    failed_key::Entity::insert(failed.into_active_model())
        .exec_without_returning(profiles.db())
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_is_left_nothing_comes_back_and_others_stay() {
    on_both(async |profiles| {
        let sources = world(profiles).await;
        let deed = |id| Deed {
            action: "look".to_owned(),
            subject: Some(format!("Profile:{id}")),
            ..Deed::default()
        };
        let anna = by_email(profiles, "anna@example.org").await.unwrap();
        assert_eq!(anna.identifiers.len(), 5, "{:?}", anna.identifiers);
        profiles.audit(deed(anna.id)).await.unwrap();
        mention_elsewhere(profiles, &sources).await;
        let before = others(profiles).await;
        let text = dump(profiles).await;
        for needle in ["c-4711", "cust-0815", "Vandenberg", "cookie-9z9z", "d2"] {
            assert!(text.contains(needle), "the test looks for what is not there: {needle}");
        }

        let done = erase(profiles, anna.id, true).await;
        assert_eq!((done.state, done.profile), (RequestState::Done, None));
        let text = dump(profiles).await;
        assert_nothing_of_anna(&text);
        // Neither by her keys, which journals knew.
        for (source, id) in
            [(&sources.crm, "c-4711"), (&sources.shop, "cust-0815"), (&sources.web, "cookie-9z9z")]
        {
            let id = profiles.keys().person(source.id, id).to_string();
            assert!(!text.contains(&id) && !text.contains(&id.replace('-', "").to_uppercase()), "{id}");
        }
        assert_eq!(others(profiles).await, before);

        // Everything again, and by new keys in other spellings.
        for stamp in [300, 301] {
            for (source, page) in deliveries(&sources) {
                deliver(profiles, source, stamp, &page).await;
            }
        }
        let again = [
            known("Vandenberg", &[(IdentifierKind::Email, "mailto:ANNA+x@example.org")]),
            known("Vandenberg", &[(IdentifierKind::Phone, "0031 (0)6 4471-9382")]),
            known("Vandenberg", &[(IdentifierKind::Phone, "06 4471 9382")]),
            known("Vandenberg", &[(IdentifierKind::UserId, " user-anna ")]),
            known("Vandenberg", &[(IdentifierKind::AnonymousId, "cookie-9z9z")]),
        ];
        let mut records: Vec<Record> = again
            .into_iter()
            .enumerate()
            .map(|(place, body)| record(&format!("new{place}"), &json!({"new": place}), body))
            .collect();
        let mut stranger = order("o9", Some("new0"), 3, 60);
        stranger.payload = json!({"billing": {"phone": "0644719382"}}).to_string().into_bytes();
        records.push(stranger);
        let again = Page { records, ..Page::default() };
        let delivery =
            crate::intake::Delivery { source: sources.mail.id, stream: "test", stamp: at(302), page: &again };
        let counts = profiles.deliver(&delivery).await.unwrap();
        assert_eq!((counts.read, counts.dropped, counts.created), (6, 6, 0));
        profiles.drain(at(400)).await.unwrap();
        assert_nothing_of_anna(&dump(profiles).await);
        assert_eq!(others(profiles).await, before);
        assert!(by_email(profiles, "anna@example.org").await.is_none());

        // What remains.
        let sums = profiles.erased_orders().await.unwrap();
        assert_eq!(sums.iter().map(|sum| (sum.orders, sum.total)).collect::<Vec<_>>(), [(2, 47.into())]);
        let signed = done.receipt.unwrap();
        let said = &signed["receipt"];
        assert_eq!(said["removed"]["person_records"], 4, "{said}");
        assert_eq!(said["removed"]["events"], 2);
        assert_eq!(said["removed"]["rejected_records"], 1);
        assert_eq!(
            said["mentionsRemovedFrom"],
            json!({"deal_records": 1, "person_records": 1,
            "decisions": 1, "subject_requests": 1, "sync_runs": 3, "failed_keys": 1})
        );
        assert_eq!((&said["sharedIdentifiersNotBlocked"], &said["orderSumsKept"]), (&json!(1), &json!(true)));
        let text = serde_json::to_string_pretty(&signed).unwrap();
        assert_eq!(receipt::verify(&text, Some(&profiles.receipt_key())).unwrap().said, *said);
        assert_eq!(
            receipt::verify(&text.replace("\"events\": 2", "\"events\": 3"), None),
            Err(receipt::Flaw::Signature)
        );
        assert_forgeries_are_told(signed, &profiles.receipt_key());

        // A replayed decision, and a journal that names nobody any more.
        let erased = profiles.keys().person(sources.crm.id, "c-4711");
        let ben = profiles.keys().person(sources.crm.id, "c-2");
        let answer = profiles.decide_pair(erased, ben, Verdict::Different, &word()).await;
        assert!(matches!(answer, Err(Error::Erased { .. })), "{answer:?}");
        let entry = profiles.audit_entries(None, 1).await.unwrap().remove(0);
        assert!(entry.deed.subject.unwrap().starts_with("subject:"));
        assert!(matches!(profiles.verify_audit(None).await.unwrap(), crate::audit::Verified::Intact { .. }));

        // Who asks to come back is let in.
        let blocked = async |kind: &str| {
            let of_kind = blocked_key::Column::Kind.eq(kind);
            blocked_key::Entity::find().filter(of_kind).count(profiles.db()).await.unwrap()
        };
        assert_eq!(blocked("identity").await, 7, "four records, two orders and a decision");
        profiles.lift_request(done.id, "till").await.unwrap();
        assert_eq!((blocked("identity").await, blocked("email").await), (0, 0));
        for (source, page) in deliveries(&sources) {
            deliver(profiles, source, 500, &page).await;
        }
        profiles.drain(at(600)).await.unwrap();
        assert!(by_email(profiles, "anna@example.org").await.is_some());
    })
    .await;
}

#[tokio::test]
async fn the_files_of_an_embedded_database_hold_nothing_either() {
    let scratch = Scratch::sqlite().await;
    world(&scratch.profiles).await;
    let files = || {
        let files = std::fs::read_dir(scratch.directory()).unwrap().map(|file| file.unwrap().path());
        let text =
            |path: &std::path::Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        files.map(|path| format!("{}\n{}", path.display(), text(&path))).collect::<Vec<_>>().join("\n")
    };
    assert!(files().contains("cookie-9z9z"));
    let anna = by_email(&scratch.profiles, "anna@example.org").await.unwrap();
    erase(&scratch.profiles, anna.id, false).await;
    assert_nothing_of_anna(&dump(&scratch.profiles).await);
    assert_nothing_of_anna(&files());
    assert!(scratch.profiles.erased_orders().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_request_is_decided_once_and_within_a_month() {
    on_both(async |profiles| {
        world(profiles).await;
        let anna = by_email(profiles, "anna@example.org").await.unwrap();
        let request = asks(profiles, anna.id).await;
        assert_eq!(request.due_at, request.received_at.checked_add_months(chrono::Months::new(1)).unwrap());
        let refused = profiles.refuse_request(request.id, "not the person", "till").await.unwrap();
        assert_eq!(
            (refused.state, refused.reason.as_deref()),
            (RequestState::Refused, Some("not the person"))
        );
        let late = profiles.fulfil_request(request.id, false, "till").await;
        assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
        assert!(matches!(profiles.lift_request(request.id, "till").await, Err(Error::Conflict(_))));
        let done = erase(profiles, anna.id, false).await;
        let again = profiles.fulfil_request(done.id, false, "somebody else").await.unwrap();
        assert_eq!(again, done);
        assert!(matches!(profiles.refuse_request(done.id, "no", "till").await, Err(Error::Conflict(_))));
        let gone = NewRequest::new(RequestKind::Erasure, anna.id);
        assert!(matches!(profiles.receive_request(&gone, "till").await, Err(Error::Erased { .. })));
        let ben = by_email(profiles, "ben@example.org").await.unwrap().id;
        let early =
            NewRequest { received_at: Some(at(2_000_000)), ..NewRequest::new(RequestKind::Erasure, ben) };
        assert!(matches!(profiles.receive_request(&early, "till").await, Err(Error::Invalid { .. })));
        let all = profiles.requests(None, None, 10).await.unwrap();
        assert_eq!(all.len(), 2);
        let refused = profiles.requests(Some(RequestState::Refused), None, 10).await.unwrap();
        assert_eq!(refused.iter().map(|request| request.id).collect::<Vec<_>>(), [request.id]);
    })
    .await;
}

#[tokio::test]
async fn who_was_named_wrongly_by_an_erased_person_stays() {
    on_both(async |profiles| {
        let sources = sources(profiles).await;
        let ben = record("c-2", &json!({}), known("Peeters", &[(IdentifierKind::Email, "ben@example.org")]));
        let page = |record| Page { records: vec![record], ..Page::default() };
        deliver(profiles, &sources.crm, 100, &page(ben)).await;
        let mut visitor = Person::default();
        let named = |id: &str| Identifier {
            kind: IdentifierKind::CrossSource,
            value: id.to_owned(),
            namespace: Some("crm".to_owned()),
        };
        visitor.identifiers = vec![named("c-2"), named("c-9")];
        let visitor = record("cookie-9z9z", &json!({}), Body::Person(visitor));
        deliver(profiles, &sources.web, 100, &page(visitor)).await;
        profiles.drain(at(200)).await.unwrap();
        let cookie = profiles.keys().person(sources.web.id, "cookie-9z9z");
        let ben = profiles.keys().person(sources.crm.id, "c-2");
        profiles.decide_pair(cookie, ben, Verdict::Different, &word()).await.unwrap();
        erase(profiles, cookie, false).await;
        assert!(by_email(profiles, "ben@example.org").await.is_some());
        assert!(!profiles.is_erased(ben).await.unwrap());
        // Nobody has come under the other number, and nobody does.
        let late = record("c-9", &json!({}), known("Late", &[]));
        deliver(profiles, &sources.crm, 300, &page(late)).await;
        profiles.drain(at(400)).await.unwrap();
        let by = ProfileRef::Record { source: "crm".to_owned(), external_id: "c-9".to_owned() };
        assert!(profiles.profile(&reader(), &by).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn who_restricts_or_objects_is_kept_and_not_used() {
    on_both(async |profiles| {
        world(profiles).await;
        let purposes = profiles.purposes().await.unwrap();
        let decision = async |key: &str| {
            let anna = by_email(profiles, "anna@example.org").await.unwrap();
            consent::decide(&purposes[key].purpose, &anna.said, None, profiles.now())
        };
        let because = |decision| match decision {
            Decision::Refused { reason, .. } => Some(reason),
            Decision::Allowed { .. } => None,
        };
        let anna = by_email(profiles, "anna@example.org").await.unwrap().id;
        let done = async |kind| {
            let new = NewRequest { received_at: Some(at(900_000)), ..NewRequest::new(kind, anna) };
            let id = profiles.receive_request(&new, "till").await.unwrap().id;
            profiles.fulfil_request(id, false, "till").await.unwrap();
            assert_eq!(profiles.work_on_requests().await.unwrap(), 1);
            let done = profiles.request(id).await.unwrap().unwrap();
            assert_eq!((done.state, done.profile), (RequestState::Done, Some(anna)));
            id
        };
        assert!(decision("service").await.is_allowed());
        let restricted = done(RequestKind::Restriction).await;
        for key in ["service", "analytics", "profiling", "email_marketing"] {
            assert_eq!(because(decision(key).await), Some(Refusal::Restricted), "{key}");
        }
        profiles.lift_request(restricted, "till").await.unwrap();
        assert!(decision("service").await.is_allowed());
        let objected = done(RequestKind::Objection).await;
        assert_eq!(because(decision("profiling").await), Some(Refusal::Denied));
        assert!(decision("service").await.is_allowed());
        profiles.lift_request(objected, "till").await.unwrap();
        assert_eq!(because(decision("profiling").await), Some(Refusal::NeverAsked));
    })
    .await;
}

/// Random deliveries, somebody erased in the midst of them, and then everything once more in another order: what is
/// stored is what the screen lets through, whenever it came.
#[test]
fn what_arrives_again_changes_nothing_after_an_erasure() {
    let cases = proptest::collection::vec(worlds::a_delivery(), 3..9);
    let mut runner = TestRunner::new(ProptestConfig { cases: 10, ..ProptestConfig::default() });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runner
        .run(
            &(cases, worlds::Recognised::any(), any::<prop::sample::Index>(), any::<prop::sample::Index>()),
            |(mut pages, recognised, who, turn)| {
                for event in pages.iter_mut().flat_map(|(_, page)| &mut page.events) {
                    // Of two events under one id only the first is a fact.
                    event.message_id = format!("{} of {}", event.message_id, event.person);
                }
                runtime.block_on(async {
                    on_both(async |profiles| {
                        let sources =
                            [source(profiles, "one", "crm").await, source(profiles, "two", "email").await];
                        worlds::rules(profiles, recognised, 20).await;
                        for (place, (source, page)) in pages.iter().enumerate() {
                            deliver(profiles, &sources[*source], 100 + i64::try_from(place).unwrap(), page)
                                .await;
                        }
                        profiles.drain(at(200)).await.unwrap();
                        let people: Vec<Uuid> = sources
                            .iter()
                            .flat_map(|source| {
                                (0..7).map(|id| profiles.keys().person(source.id, &id.to_string()))
                            })
                            .collect();
                        let erased = *who.get(&people);
                        if profiles.profile(&reader(), &ProfileRef::Id(erased)).await.unwrap().is_none() {
                            return;
                        }
                        erase(profiles, erased, false).await;
                        let after = profiles.state_hash(at(3_000_000)).await.unwrap();
                        profiles.rebuild(at(300)).await.unwrap();
                        assert_eq!(profiles.state_hash(at(3_000_000)).await.unwrap(), after);
                        assert!(
                            profiles.profile(&reader(), &ProfileRef::Id(erased)).await.unwrap().is_none()
                        );
                        let mut again: Vec<_> = pages.iter().enumerate().collect();
                        again.rotate_left(turn.index(pages.len()));
                        for (place, (source, page)) in again {
                            deliver(profiles, &sources[*source], 100 + i64::try_from(place).unwrap(), page)
                                .await;
                        }
                        profiles.drain(at(400)).await.unwrap();
                        assert_eq!(profiles.state_hash(at(3_000_000)).await.unwrap(), after);
                    })
                    .await;
                });
                Ok(())
            },
        )
        .unwrap();
}

#[tokio::test]
async fn what_the_rules_in_force_would_take_for_a_blocked_value_is_dropped() {
    on_both(async |profiles| {
        let mut rules = (*profiles.ruleset()).clone();
        rules.identity.phone.default_region = Some("DK".to_owned());
        profiles.adopt(rules).await.unwrap();
        let crm = source(profiles, "crm", "crm").await;
        let erased = [(IdentifierKind::Phone, "+45 20 26 11 22"), (IdentifierKind::UserId, "user-anna")];
        let page = |record| Page { records: vec![record], ..Page::default() };
        let anna = record("c1", &json!({"id": "c1"}), known("Hansen", &erased));
        deliver(profiles, &crm, 1, &page(anna)).await;
        profiles.drain(at(200)).await.unwrap();
        let by = ProfileRef::Identifier(identity::IdentifierKind::Phone, "+4520261122".to_owned());
        let found = profiles.profile(&reader(), &by).await.unwrap().unwrap();
        erase(profiles, found.id, false).await;
        let shop = source(profiles, "shop", "ecommerce").await;
        for (id, kind, value) in [
            // Eight digits that only the region of the rules makes a number of hers.
            ("7", IdentifierKind::Phone, "20 26 11 22"),
            ("8", IdentifierKind::UserId, "user\u{200b}-anna"),
        ] {
            let again = record(id, &json!({"id": id}), known("Hansen", &[(kind, value)]));
            deliver(profiles, &shop, 300, &page(again)).await;
            profiles.drain(at(400)).await.unwrap();
            assert!(worlds::people(profiles).await.is_empty(), "{value}");
        }
        // Whoever has a number of another country has another number.
        let other =
            record("9", &json!({"id": "9"}), known("Olsen", &[(IdentifierKind::Phone, "+47 20 26 11 22")]));
        deliver(profiles, &shop, 300, &page(other)).await;
        profiles.drain(at(400)).await.unwrap();
        assert_eq!(worlds::people(profiles).await.len(), 1);
    })
    .await;
}
