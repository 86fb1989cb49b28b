//! A role that sees nobody in the clear.

use std::collections::BTreeSet;

use connectors::Page;
use connectors::canonical::{Body, Event, IdentifierKind, OrderStatus, address, traits};
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;
use super::world::{at, order_of, person, record};

/// What nobody of a masked role may find anywhere.
const SECRETS: [&str; 13] = [
    "anna@example.com",
    "anna.old@example.com",
    "anna.new@example.com",
    "nobody@example.com",
    "20417735",
    "2041 7735",
    "555-0132",
    "1984-05-06",
    "Kade 1",
    "2611",
    "u-4711-secret",
    "dev-4711-secret",
    "anon-4711-secret",
];

/// Anna with everything that names her, in every place that can hold it, and somebody without a name.
async fn world() -> World {
    let mut world = World::anna().await;
    world.privacy.masked_roles = [Role::Sales, Role::Analyst].into();
    let web = world.source("web", "web", "web").await;
    let mut known = person("Anna", "Visser", "anna@example.com");
    known.set(traits::PHONE, Some("+31 6 2041 7735"));
    known.set(traits::BIRTH_DATE, Some("1984-05-06"));
    known.set("web.note", Some("or write to anna.old@example.com, or call 06-2041 7735"));
    let home = [("street", "Kade 1"), ("postal_code", "2611 AB"), ("city", "Delft"), ("country", "NL")];
    known.set_value(traits::ADDRESS, address(home.map(|(part, value)| (part, Some(value)))));
    known.identify(IdentifierKind::UserId, Some("u-4711-secret"));
    known.identify(IdentifierKind::Device, Some("dev-4711-secret"));
    known.identify(IdentifierKind::AnonymousId, Some("anon-4711-secret"));
    known.identify(IdentifierKind::Phone, Some("+31 6 20417735"));
    let mut moved = known.clone();
    moved.set(traits::EMAIL, Some("anna.new@example.com"));
    let mut nameless = connectors::canonical::Person::default();
    nameless.set(traits::EMAIL, Some("nobody@example.com"));
    nameless.identify(IdentifierKind::Email, Some("nobody@example.com"));
    let mut order = order_of("guest:anna@example.com", "10", OrderStatus::Completed);
    order.number = Some("for anna@example.com".to_owned());
    order.coupons = vec!["+31620417735".to_owned()];
    order.lines[0].name = Some("Engraved: anna@example.com".to_owned());
    let event = Event {
        message_id: "e2".to_owned(),
        person: "guest:anna@example.com".to_owned(),
        name: "Form Sent".to_owned(),
        occurred_at: at("2024-02-16T08:00:00Z"),
        properties: [
            ("to".to_owned(), json!({ "all": ["anna@example.com"], "anna@example.com": true })),
            ("phone".to_owned(), json!("06 20417735")),
            ("mobile".to_owned(), json!([31_620_417_735_u64, "6 2041 7735"])),
            ("note".to_owned(), json!("or (415) 555-0132")),
            ("amounts".to_owned(), json!([1_000_415, "2024-1000415", "2024-03-01"])),
        ]
        .into(),
        context: [].into(),
    };
    let records = vec![
        record("guest:anna@example.com", "2024-03-01T00:00:00Z", Body::Person(known)),
        record("o9", "2024-03-02T00:00:00Z", Body::Order(order)),
        record("n1", "2024-03-01T00:00:00Z", Body::Person(nameless)),
    ];
    world.deliver(web, Page { records, events: vec![event], ..Page::default() }).await;
    let records = vec![record("guest:anna@example.com", "2024-04-01T00:00:00Z", Body::Person(moved))];
    world.deliver(web, Page { records, ..Page::default() }).await;
    let anna = world.ask(r#"{ profile(by: { email: "anna@example.com" }) { id } }"#).await;
    let anna = &anna["profile"]["id"];
    for point in [r#"email: "anna@example.com""#, r#"phone: "+31620417735""#] {
        let purpose = if point.starts_with("email") { "email_marketing" } else { "sms_marketing" };
        world
            .ask(&format!(
                r#"mutation {{ recordConsent(profile: {anna}, input: {{ purpose: "{purpose}", contactPoint: {{ {point} }},
                    method: "form", evidence: {{ typed: "anna@example.com, 0620417735" }} }}) {{ errors {{ message }} }} }}"#
            ))
            .await;
    }
    world
}

const EVERYTHING: &str = r#"
    id displayName traits { key value masked losers { value } }
    identifiers { kind value masked sources { key } }
    sourceIdentities { id externalId source { key } }
    links { rule value weight from { externalId } to { externalId } }
    orders { totalCount edges { cursor node { externalId number coupons lines { name sku } sourceIdentity { externalId } } } pageInfo { endCursor } }
    timeline { edges { cursor node { name properties order { number } } } pageInfo { endCursor } }
    companies { name phone } deals { name }
    history(first: 100) { edges { cursor node { __typename ... on TraitChange { key before after }
        ... on ProfileMerge { link { rule value } changed { externalId } } } } }
    decisions { note }
    consents { purpose { key } contactPoint { email phone } decision { allowed statement { contactPoint { email phone } } } }
    consentHistory { statement { contactPoint { email phone } } evidence }
    consent(purpose: "email_marketing") { allowed reason statement { contactPoint { email } } }
    household { name address members { nodes { displayName } } } withheld { field }
"#;

/// Every text of an answer, what cursors hold included.
fn texts(value: &Value, found: &mut Vec<String>) {
    use base64::Engine;
    match value {
        Value::String(text) => {
            let engines = [base64::prelude::BASE64_URL_SAFE_NO_PAD, base64::prelude::BASE64_STANDARD];
            let inner = engines.iter().filter_map(|engine| String::from_utf8(engine.decode(text).ok()?).ok());
            found.extend(inner);
            found.push(text.clone());
        }
        Value::Number(number) => found.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            found.push(name.clone());
            texts(value, found);
        }),
        _ => {}
    }
}

fn leaks(answer: &Value) -> BTreeSet<&'static str> {
    let mut found = Vec::new();
    texts(answer, &mut found);
    SECRETS.into_iter().filter(|secret| found.iter().any(|text| text.contains(secret))).collect()
}

#[tokio::test]
async fn nothing_of_a_whole_answer_names_the_person_directly() {
    let world = world().await;
    let by = r#"by: { email: "anna@example.com" }"#;
    let questions = [
        format!("{{ profile({by}) {{ {EVERYTHING} }} }}"),
        format!(r#"{{ profile({by}, asOf: "2024-05-01T00:00:00Z") {{ {EVERYTHING} }} }}"#),
        format!("{{ profiles(first: 3) {{ nodes {{ {} }} }} }}", EVERYTHING.replace("100", "5")),
        "{ profiles(orderBy: { field: NAME }) { edges { cursor node { displayName } } pageInfo { endCursor } } }".to_owned(),
        "{ households(minMembers: 1) { nodes { name address members { nodes { displayName } } } } }".to_owned(),
    ];
    for question in &questions {
        let open = world.answer(Role::Admin, question).await;
        assert_eq!(open["errors"], Value::Null, "{question}");
        assert!(!leaks(&open).is_empty(), "the test looks at nothing: {question}");
        let answer = world.answer(Role::Sales, question).await;
        assert_eq!(answer["errors"], Value::Null, "{question}");
        assert_eq!(leaks(&answer), BTreeSet::new(), "{question}\n{answer:#}");
    }
    let answer = world.answer(Role::Sales, &questions[0]).await.to_string();
    let amounts = r#""amounts":[1000415,"2024-1000415","2024-03-01"]"#;
    assert!(answer.contains(amounts), "what is no number of a telephone stays readable: {answer}");
    // The whole of it was there to be seen.
    let open = world.answer(Role::Admin, &questions[0]).await;
    let unseen: Vec<_> = SECRETS.iter().filter(|secret| !leaks(&open).contains(*secret)).collect();
    assert_eq!(unseen, [&"nobody@example.com"], "{open:#}");
}

#[tokio::test]
async fn what_is_masked_says_so_and_what_is_allowed_is_judged_in_the_clear() {
    let world = world().await;
    let question = r#"{ profile(by: { email: "anna@example.com" }) {
        displayName traits(keys: ["email", "phone", "birth_date", "address", "first_name"]) { key value masked }
        identifiers { kind value masked }
        consents { purpose { key } contactPoint { email phone } decision { allowed } } } }"#;
    let masked = world.answer(Role::Sales, question).await["data"]["profile"].take();
    assert_eq!(masked["displayName"], "Anna Visser");
    let expected = json!([
        { "key": "address", "value": { "city": "Delft", "country": "NL" }, "masked": true },
        { "key": "birth_date", "value": "1984", "masked": true },
        { "key": "email", "value": "a***@example.com", "masked": true },
        { "key": "first_name", "value": "Anna", "masked": false },
        { "key": "phone", "value": "+31 ****7735", "masked": true },
    ]);
    assert_eq!(masked["traits"], expected);
    assert!(masked["identifiers"].as_array().unwrap().contains(&json!(
        { "kind": "USER_ID", "value": "u***", "masked": true }
    )));
    let clear = world.answer(Role::Admin, question).await["data"]["profile"].take();
    let judged = |profile: &Value| -> Vec<Value> {
        let all = profile["consents"].as_array().unwrap().iter();
        all.map(|one| json!([one["purpose"]["key"], one["decision"]["allowed"]])).collect()
    };
    assert_eq!(judged(&masked), judged(&clear));
    assert!(clear["traits"].as_array().unwrap().iter().all(|found| found["masked"] == false));
}

#[tokio::test]
async fn a_list_by_name_goes_on_where_somebody_without_a_name_stood() {
    let world = world().await;
    let page = async |after: Option<&str>| {
        let after = after.map(|after| format!(r#", after: "{after}""#)).unwrap_or_default();
        let question = format!(
            "{{ profiles(first: 1, orderBy: {{ field: NAME }}{after}) {{ nodes {{ displayName }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        world.answer(Role::Sales, &question).await["data"]["profiles"].take()
    };
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let found = page(after.as_deref()).await;
        names.push(found["nodes"][0]["displayName"].as_str().unwrap().to_owned());
        after = found["pageInfo"]["endCursor"].as_str().map(str::to_owned);
        if found["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(names, ["Anna Visser", "n***@example.com"]);
    let forged = world
        .answer(Role::Sales, "{ profiles(orderBy: { field: NAME }, after: \"x\") { totalCount } }")
        .await;
    assert_eq!(forged["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}
