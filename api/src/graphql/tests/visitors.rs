//! A browser asks with a token: of one person, and what that person allows.

use connectors::Page;
use connectors::canonical::{Body, IdentifierKind, Person, traits};
use profiles::access::{Caller, Visitor};
use profiles::view::read::ProfileRef;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::World;
use super::roles::{operation, root_fields};
use super::world::{person, record};

const ME: &str = "{ me { displayName traits { key value } withheld { field reason } } }";

fn signed(world: &World, user: &str) -> Caller {
    let by = ProfileRef::Identifier(profiles::IdentifierKind::UserId, user.to_owned());
    world.profiles.visitor(Visitor::Signed(by))
}

async fn allow(world: &World, by: &str) {
    let id = world.ask(&format!("{{ profile(by: {by}) {{ id }} }}")).await["profile"]["id"].take();
    let allow = format!(
        r#"mutation {{ recordConsent(profile: {id}, input: {{ purpose: "personalisation" }}) {{ errors {{ message }} }} }}"#
    );
    assert_eq!(world.ask(&allow).await["recordConsent"]["errors"], json!([]));
}

#[tokio::test]
async fn a_visitor_may_ask_for_nothing_but_themselves() {
    let world = World::anna().await;
    for field in root_fields(&world).await {
        let operation = operation(&field);
        if operation.starts_with("subscription") {
            continue;
        }
        let answer = world.answer_to(signed(&world, "4711"), &operation).await;
        let refused = answer["errors"][0]["extensions"]["code"] == "FORBIDDEN";
        assert_eq!(refused, !["me", "decide"].contains(&field.as_str()), "{field}: {answer}");
        assert!(answer["data"].is_null() || answer["data"][&field].is_null(), "{field}: {answer}");
    }
    for subscription in ["profileChanged { id }", r#"syncProgress(connectorId: "Connector:1") { id }"#] {
        let mut stream = world.follow(signed(&world, "4711"), &format!("subscription {{ {subscription} }}"));
        let first = futures_util::StreamExt::next(&mut stream).await.unwrap();
        assert_eq!(first["errors"][0]["extensions"]["code"], "FORBIDDEN", "{first}");
    }
}

#[tokio::test]
async fn a_signed_visitor_sees_what_they_allow_and_nobody_else() {
    let world = World::empty().await;
    let web = world.source("web", "web", "web").await;
    let mut records = Vec::new();
    for (id, name) in [("1", "Anna"), ("2", "Bea")] {
        let mut one = person(name, "Visser", &format!("{name}@example.com"));
        one.set(traits::TIME_ZONE, Some("Europe/Amsterdam"));
        one.identify(IdentifierKind::UserId, Some(&format!("user-{id}")));
        records.push(record(id, "2024-01-01T00:00:00Z", Body::Person(one)));
    }
    world.deliver(web, Page { records, ..Page::default() }).await;
    let ask = async |user: &str| world.answer_to(signed(&world, user), ME).await["data"]["me"].take();
    assert_eq!(ask("user-9").await, Value::Null);
    let kept = json!([
        { "field": "displayName", "reason": "NEVER_ASKED" }, { "field": "traits", "reason": "NEVER_ASKED" }
    ]);
    assert_eq!(ask("user-1").await, json!({ "displayName": null, "traits": [], "withheld": kept }));
    allow(&world, r#"{ userId: "user-1" }"#).await;
    let seen = ask("user-1").await;
    assert_eq!((&seen["displayName"], &seen["withheld"]), (&json!("Anna Visser"), &json!([])));
    let expected = json!([{ "key": "first_name", "value": "Anna" }, { "key": "time_zone", "value": "Europe/Amsterdam" }]);
    assert_eq!(seen["traits"], expected);
    assert_eq!(ask("user-2").await["displayName"], Value::Null, "she was not asked");
}

#[tokio::test]
async fn an_anonymous_visitor_reads_of_nobody_whom_they_say_to_be() {
    let world = World::anna().await;
    let made = world.profiles.anonymous_visitor().unwrap();
    let (visitor, _) = world.profiles.open_anonymous(made.token.expose_secret()).unwrap();
    let ask =
        async || world.answer_to(world.profiles.visitor(visitor.clone()), ME).await["data"]["me"].take();
    assert_eq!(ask().await, Value::Null, "nobody is known yet");

    let web = world.source("web", "web", "web").await;
    let mut alone = Person::default();
    alone.set(traits::TIME_ZONE, Some("Europe/Copenhagen"));
    alone.identify(IdentifierKind::AnonymousId, Some(&made.visitor));
    let deliver = async |who: Person, at: &str| {
        let records = vec![record(&made.visitor, at, Body::Person(who))];
        world.deliver(web, Page { records, ..Page::default() }).await;
    };
    deliver(alone.clone(), "2024-01-01T00:00:00Z").await;
    allow(&world, &format!(r#"{{ anonymousId: "{}" }}"#, made.visitor)).await;
    assert_eq!(ask().await["traits"], json!([{ "key": "time_zone", "value": "Europe/Copenhagen" }]));

    // Who says to be Anna, without anybody's signature, is told nothing of her, and of themselves no more.
    allow(&world, r#"{ email: "anna@example.com" }"#).await;
    let mut claimed = alone.clone();
    claimed.identify(IdentifierKind::Email, Some("anna@example.com"));
    deliver(claimed, "2024-01-02T00:00:00Z").await;
    let kept = json!([
        { "field": "displayName", "reason": "IDENTIFIED" }, { "field": "traits", "reason": "IDENTIFIED" }
    ]);
    let nothing = json!({ "displayName": null, "traits": [], "withheld": kept });
    assert_eq!(ask().await, nothing);
    // So it is with an address that nobody else has.
    let mut unknown = alone.clone();
    unknown.identify(IdentifierKind::Email, Some("new@example.com"));
    deliver(unknown, "2024-01-03T00:00:00Z").await;
    assert_eq!(ask().await, nothing);
    // And a shop that noted the visitor's id beside its customer does not give the customer away.
    let other = world.profiles.anonymous_visitor().unwrap();
    let mut customer = Person::default();
    customer.set(traits::FIRST_NAME, Some("Carl"));
    customer.identify(IdentifierKind::AnonymousId, Some(&other.visitor));
    let records = vec![record("c9", "2024-01-01T00:00:00Z", Body::Person(customer))];
    world.deliver(web, Page { records, ..Page::default() }).await;
    let (visitor, _) = world.profiles.open_anonymous(other.token.expose_secret()).unwrap();
    let me = world.answer_to(world.profiles.visitor(visitor), ME).await["data"]["me"].take();
    assert_eq!(me, nothing);
}
