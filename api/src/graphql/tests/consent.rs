//! What people allow, asked and recorded.

use connectors::Page;
use connectors::canonical::{Body, ConsentStatement, ConsentStatus, Identifier, IdentifierKind};
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;
use super::world::{at, person, record};

const ANNA: &str = r#"profile(by: { email: "anna@example.com" })"#;

async fn id(world: &World) -> String {
    let found = world.ask(&format!("{{ {ANNA} {{ id }} }}")).await;
    found["profile"]["id"].as_str().unwrap().to_owned()
}

async fn decision(world: &World, arguments: &str) -> Value {
    let query = format!(
        "{{ {ANNA} {{ consent({arguments}) {{ allowed reason since statement {{ status source {{ key }} }} }} }} }}"
    );
    world.ask(&query).await["profile"]["consent"].take()
}

async fn say(world: &World, mutation: &str, input: &str) -> Value {
    let id = id(world).await;
    let query = format!(
        r#"mutation {{ {mutation}(profile: "{id}", input: {{ {input} }}) {{ profile {{ id }} errors {{ code message path }} }} }}"#
    );
    world.ask(&query).await[mutation].take()
}

async fn publish(world: &World, purpose: &str, version: &str) {
    let query = format!(
        r#"mutation {{ publishNotice(purpose: "{purpose}", version: "{version}", language: "en", text: "We write.") {{ errors {{ code }} }} }}"#
    );
    assert_eq!(world.ask(&query).await["publishNotice"]["errors"], json!([]));
}

#[tokio::test]
async fn what_is_said_takes_effect_at_the_next_read_and_is_known_for_any_past_moment() {
    let world = World::anna().await;
    let ask = |extra: &'static str| {
        let world = &world;
        async move { decision(world, &format!(r#"purpose: "email_marketing"{extra}"#)).await }
    };
    assert_eq!(
        ask("").await,
        json!({ "allowed": false, "reason": "NEVER_ASKED", "since": null, "statement": null })
    );
    let yes = r#"purpose: "email_marketing", contactPoint: { email: "Anna@Example.com" }, method: "form",
        statedAt: "2026-11-20T10:00:00Z", evidence: { form: "newsletter" }"#;
    assert_eq!(say(&world, "recordConsent", yes).await["errors"], json!([]));
    let granted = ask("").await;
    assert_eq!(granted["allowed"], true);
    assert_eq!(granted["since"], "2026-11-20T10:00:00Z");
    assert_eq!(granted["statement"], json!({ "status": "GRANTED", "source": { "key": "rondom" } }));
    let no = r#"purpose: "email_marketing", contactPoint: { email: "anna@example.com" }, statedAt: "2026-11-20T12:00:00Z""#;
    assert_eq!(say(&world, "withdrawConsent", no).await["errors"], json!([]));
    assert_eq!(ask("").await["reason"], "WITHDRAWN");
    assert_eq!(ask(r#", asOf: "2026-11-20T11:00:00Z""#).await["reason"], "CONSENTED");
    assert_eq!(ask(r#", asOf: "2026-11-20T09:00:00Z""#).await["reason"], "NEVER_ASKED");
    let elsewhere = ask(r#", contactPoint: { email: "somebody@example.org" }"#).await;
    assert_eq!(elsewhere["reason"], "NEVER_ASKED", "consent belongs to an address");
    publish(&world, "email_marketing", "2026-1").await;
    let again = r#"purpose: "email_marketing", contactPoint: { email: "anna@example.com" }, method: "form",
        notice: "2026-1", statedAt: "2026-11-20T13:00:00Z""#;
    assert_eq!(say(&world, "recordConsent", again).await["errors"], json!([]));
    assert_eq!(ask("").await["allowed"], true);
    let past = r#"{ profile(by: { email: "anna@example.com" }, asOf: "2026-11-20T12:30:00Z") {
        consent(purpose: "email_marketing", contactPoint: { email: "anna@example.com" }) { reason } } }"#;
    assert_eq!(world.ask(past).await["profile"]["consent"]["reason"], "WITHDRAWN");
}

#[tokio::test]
async fn every_purpose_is_answered_and_the_history_keeps_the_proof() {
    let world = World::anna().await;
    for (language, text) in [("en", "May we?"), ("nl", "Mag dat?")] {
        let publish = format!(
            r#"mutation {{ publishNotice(purpose: "profiling", version: "2", language: "{language}", text: "{text}") {{ errors {{ message }} }} }}"#
        );
        assert_eq!(world.ask(&publish).await["publishNotice"]["errors"], json!([]));
    }
    let yes = r#"purpose: "profiling", method: "paper", notice: "2", evidence: { box: 7, notice_language: "nl" },
        clientKey: "desk-1""#;
    assert_eq!(say(&world, "recordConsent", yes).await["errors"], json!([]));
    assert_eq!(say(&world, "recordConsent", yes).await["errors"], json!([]), "the same again is the same");
    let other = r#"purpose: "profiling", method: "phone", clientKey: "desk-1""#;
    assert_eq!(say(&world, "recordConsent", other).await["errors"][0]["code"], "CONFLICT");
    let query = format!(
        "{{ {ANNA} {{ sourceIdentities {{ id }} consents {{ purpose {{ key basis }} contactPoint {{ email phone }} decision {{ allowed reason }} }} \
         consentHistory {{ statement {{ purpose status }} method lawfulBasis notice notices {{ language text hash }} evidence recordedBy }} }} purposes {{ key version }} }}"
    );
    let found = world.ask(&query).await;
    let profile = &found["profile"];
    let history = profile["consentHistory"].as_array().unwrap();
    assert!(profile["sourceIdentities"].as_array().unwrap().len() > 1);
    assert_eq!(history.len(), 1, "what was said once is told once, however many source identities keep it");
    assert_eq!(history[0]["evidence"], json!({ "box": 7, "notice_language": "nl" }));
    assert_eq!(history[0]["lawfulBasis"], "CONSENT");
    let hash = "60715e87";
    assert_eq!(history[0]["notices"][0]["text"], "Mag dat?");
    assert_eq!(history[0]["notices"].as_array().unwrap().len(), 1, "in the language that was shown");
    assert!(history[0]["notices"][0]["hash"].as_str().unwrap().starts_with(hash));
    assert_eq!(history[0]["method"], "paper");
    let reason = |key: &str| {
        let consents = profile["consents"].as_array().unwrap();
        let found = consents.iter().find(|consent| consent["purpose"]["key"] == key);
        found.map(|consent| consent["decision"]["reason"].as_str().unwrap().to_owned())
    };
    assert_eq!(reason("profiling").as_deref(), Some("CONSENTED"));
    assert_eq!(reason("service").as_deref(), Some("LAWFUL_BASIS"));
    assert_eq!(reason("advertising").as_deref(), Some("NEVER_ASKED"));
    for purpose in found["purposes"].as_array().unwrap() {
        let key = purpose["key"].as_str().unwrap();
        assert!(reason(key).is_some() || key.ends_with("_marketing"), "{key}");
    }
}

#[tokio::test]
async fn what_a_source_delivers_counts_like_what_is_recorded_here() {
    let world = World::anna().await;
    let before = decision(&world, r#"purpose: "email_marketing""#).await;
    assert_eq!(before["reason"], "NEVER_ASKED");
    let crm = world.source("crm", "hubspot", "crm").await;
    let word = |status, day: Option<&str>| ConsentStatement {
        person: "101".to_owned(),
        purpose: "email_marketing".to_owned(),
        contact_point: Some(Identifier::new(IdentifierKind::Email, " ANNA@example.com")),
        status,
        stated_at: day.map(at),
        expires_at: None,
        method: None,
        notice: None,
        evidence: std::collections::BTreeMap::new(),
    };
    let said = async |statement| {
        world.deliver(crm, Page { consents: vec![statement], ..Page::default() }).await;
        decision(&world, r#"purpose: "email_marketing", contactPoint: { email: "anna@example.com" }"#).await
    };
    let person =
        world.ask(&format!("{{ {ANNA} {{ sourceIdentities {{ externalId source {{ key }} }} }} }}")).await;
    let members = person["profile"]["sourceIdentities"].as_array().unwrap().clone();
    let of_crm = members.iter().find(|member| member["source"]["key"] == "crm").unwrap();
    let person = of_crm["externalId"].as_str().unwrap().to_owned();
    let word = |status, day| ConsentStatement { person: person.clone(), ..word(status, day) };
    assert_eq!(said(word(ConsentStatus::Granted, Some("2026-11-01T00:00:00Z"))).await["reason"], "CONSENTED");
    assert_eq!(said(word(ConsentStatus::Withdrawn, None)).await["reason"], "WITHDRAWN");
    assert_eq!(
        said(word(ConsentStatus::Unstated, None)).await["reason"],
        "CONSENTED",
        "the opt-out was taken back"
    );
}

#[tokio::test]
async fn bad_statements_are_refused_with_their_field() {
    let world = World::anna().await;
    publish(&world, "advertising", "of-ads").await;
    let cases = [
        (r#"purpose: "dancing""#, json!(["input", "purpose"])),
        (r#"purpose: "dancing", notice: "1""#, json!(["input", "purpose"])),
        (r#"purpose: "email_marketing""#, json!(["input", "contactPoint"])),
        (
            r#"purpose: "sms_marketing", contactPoint: { email: "a@example.org" }"#,
            json!(["input", "contactPoint"]),
        ),
        (
            r#"purpose: "email_marketing", contactPoint: { email: "nobody" }"#,
            json!(["input", "contactPoint"]),
        ),
        (
            r#"purpose: "profiling", contactPoint: { email: "a@example.org" }"#,
            json!(["input", "contactPoint"]),
        ),
        (r#"purpose: "profiling", statedAt: "2999-01-01T00:00:00Z""#, json!(["input", "statedAt"])),
        (r#"purpose: "profiling", expiresAt: "2020-01-01T00:00:00Z""#, json!(["input", "expiresAt"])),
        (r#"purpose: "profiling", clientKey: """#, json!(["input", "clientKey"])),
        (r#"purpose: "profiling", method: "preference_centre""#, json!(["input", "method"])),
        (r#"purpose: "profiling", method: "subject_request""#, json!(["input", "method"])),
        (r#"purpose: "profiling", method: "form", notice: "invented""#, json!(["input", "notice"])),
        (r#"purpose: "profiling", method: "form", notice: "of-ads""#, json!(["input", "notice"])),
    ];
    for (input, path) in cases {
        let answer = say(&world, "recordConsent", input).await;
        assert_eq!(answer["profile"], Value::Null, "{input}");
        assert_eq!(answer["errors"][0]["path"], path, "{input}: {answer}");
    }
    let nobody = r#"mutation { recordConsent(profile: "Profile:00000000-0000-0000-0000-000000000000", input: { purpose: "profiling" }) { errors { code path } } }"#;
    let answer = world.ask(nobody).await;
    assert_eq!(answer["recordConsent"]["errors"], json!([{ "code": "NOT_FOUND", "path": ["profile"] }]));
    let front = world
        .answer(Role::Frontend, &format!("{{ {ANNA} {{ consents {{ decision {{ allowed }} }} }} }}"))
        .await;
    assert_eq!(front["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn administrators_define_purposes_and_publish_notices() {
    let world = World::anna().await;
    let define = |basis: &str| {
        format!(
            r#"mutation {{ definePurpose(input: {{ key: "club", name: "Club", description: "The club.", basis: {basis}, dataGroups: [IDENTITY] }}) {{
                purpose {{ version definedBy }} errors {{ path }} }} }}"#
        )
    };
    let first = world.ask(&define("CONSENT")).await["definePurpose"].take();
    assert_eq!(first["purpose"]["version"], 1);
    assert_eq!(world.ask(&define("CONSENT")).await["definePurpose"]["purpose"]["version"], 1);
    assert_eq!(decision(&world, r#"purpose: "club""#).await["reason"], "NEVER_ASKED");
    assert_eq!(world.ask(&define("CONTRACT")).await["definePurpose"]["purpose"]["version"], 2);
    assert_eq!(decision(&world, r#"purpose: "club""#).await["reason"], "LAWFUL_BASIS");
    let publish = |text: &str| {
        format!(
            r#"mutation {{ publishNotice(purpose: "club", version: "1", language: "nl", text: "{text}") {{ notice {{ hash }} errors {{ code }} }} }}"#
        )
    };
    let published = world.ask(&publish("Hallo")).await["publishNotice"].take();
    let hash = "753692ec36adb4c794c973945eb2a99c1649703ea6f76bf259abb4fb838e013e";
    assert_eq!(published, json!({ "notice": { "hash": hash }, "errors": [] }));
    assert_eq!(world.ask(&publish("Hallo")).await["publishNotice"]["errors"], json!([]));
    assert_eq!(world.ask(&publish("Hoi")).await["publishNotice"]["errors"], json!([{ "code": "CONFLICT" }]));
    let notices = world.ask(r#"{ notices(purpose: "club") { version language text } }"#).await;
    assert_eq!(notices["notices"], json!([{ "version": "1", "language": "nl", "text": "Hallo" }]));
}

#[tokio::test]
async fn a_word_repeated_under_its_key_is_not_put_into_the_mouth_of_whoever_joined_since() {
    let world = World::anna().await;
    publish(&world, "email_marketing", "1").await;
    let yes = r#"purpose: "email_marketing", contactPoint: { email: "anna@example.com" }, method: "form",
        notice: "1", clientKey: "k""#;
    assert_eq!(say(&world, "recordConsent", yes).await["errors"], json!([]));
    let no = r#"purpose: "email_marketing", contactPoint: { email: "anna@example.com" }"#;
    assert_eq!(say(&world, "withdrawConsent", no).await["errors"], json!([]));
    let help = world.source("help", "file", "file").await;
    let anna = person("Anna", "Visser", "anna@example.com");
    let joined = record("h1", "2026-11-20T00:00:00Z", Body::Person(anna));
    world.deliver(help, Page { records: vec![joined], ..Page::default() }).await;
    assert_eq!(say(&world, "recordConsent", yes).await["errors"], json!([]));
    assert_eq!(decision(&world, r#"purpose: "email_marketing""#).await["reason"], "WITHDRAWN");
}

#[tokio::test]
async fn a_no_in_national_digits_is_a_no_and_a_yes_of_the_future_is_rejected() {
    let world = World::anna().await;
    let crm = world.source("crm", "hubspot", "crm").await;
    let word = |status, day: &str, number: &str| ConsentStatement {
        person: "c1".to_owned(),
        purpose: "phone_marketing".to_owned(),
        contact_point: Some(Identifier::new(IdentifierKind::Phone, number)),
        status,
        stated_at: Some(at(day)),
        expires_at: None,
        method: None,
        notice: None,
        evidence: std::collections::BTreeMap::new(),
    };
    let said = async |statement| {
        world.deliver(crm, Page { consents: vec![statement], ..Page::default() }).await;
        decision(&world, r#"purpose: "phone_marketing""#).await["reason"].take()
    };
    assert_eq!(
        said(word(ConsentStatus::Granted, "2026-11-01T00:00:00Z", "+31 6 20417735")).await,
        "CONSENTED"
    );
    assert_eq!(
        said(word(ConsentStatus::Withdrawn, "2026-11-02T00:00:00Z", "06 20417735")).await,
        "WITHDRAWN"
    );
    assert_eq!(said(word(ConsentStatus::Granted, "2027-11-02T00:00:00Z", "+31620417735")).await, "WITHDRAWN");
    let rejected = world.profiles.status().await.unwrap().rejected_records;
    assert_eq!(rejected, 1, "nothing is lost");
}

#[tokio::test]
async fn a_past_decision_was_made_under_the_purpose_of_then() {
    let world = World::anna().await;
    let before = r#"purpose: "analytics", asOf: "2026-11-20T00:00:00Z""#;
    assert_eq!(decision(&world, before).await["reason"], "LAWFUL_BASIS");
    world
        .ask(
            r#"mutation { definePurpose(input: { key: "analytics", name: "x", description: "x", basis: CONSENT,
                 dataGroups: [] }) { errors { message } } }"#,
        )
        .await;
    assert_eq!(decision(&world, r#"purpose: "analytics""#).await["reason"], "NEVER_ASKED");
    assert_eq!(decision(&world, before).await["reason"], "LAWFUL_BASIS");
}
