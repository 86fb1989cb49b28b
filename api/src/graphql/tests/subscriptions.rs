//! Following profiles.

use connectors::Page;
use connectors::canonical::{Body, IdentifierKind, Person};
use futures_util::{FutureExt, Stream, StreamExt};
use profiles::access::Role;
use serde_json::Value;

use super::World;
use super::world::{person, record};

/// Follows, and returns once changes from now on are told.
async fn follow(world: &World, query: &str) -> impl Stream<Item = Value> + Unpin + use<> {
    let mut stream = world.subscribe(Role::Sales, query).peekable();
    // The first poll subscribes; there is nothing to tell yet.
    for _ in 0..300 {
        assert!(std::pin::Pin::new(&mut stream).peek().now_or_never().is_none());
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    stream
}

fn page(external_id: &str, updated_at: &str, person: Person) -> Page {
    Page { records: vec![record(external_id, updated_at, Body::Person(person))], ..Page::default() }
}

#[tokio::test]
async fn a_change_is_told_and_what_does_not_change_is_not() {
    let world = World::anna().await;
    let crm = world.source("crm", "hubspot", "crm").await;
    let mut changes = follow(&world, "subscription { profileChanged { displayName } }").await;
    world.deliver(crm, page("c2", "2024-05-01T00:00:00Z", person("Bo", "Jansen", "bo@example.com"))).await;
    world.deliver(crm, page("c2", "2024-05-01T00:00:00Z", person("Bo", "Jansen", "bo@example.com"))).await;
    world.deliver(crm, page("c3", "2024-05-01T00:00:00Z", person("Cas", "Smit", "cas@example.com"))).await;
    for name in ["Bo Jansen", "Cas Smit"] {
        assert_eq!(changes.next().await.unwrap()["data"]["profileChanged"]["displayName"], name);
    }
}

#[tokio::test]
async fn one_profile_is_followed_into_the_one_it_is_merged_into() {
    let world = World::anna().await;
    let crm = world.source("crm", "hubspot", "crm").await;
    world
        .deliver(crm, page("c2", "2024-05-01T00:00:00Z", person("A.", "Visser", "a.visser@example.com")))
        .await;
    world.deliver(crm, page("c3", "2024-05-01T00:00:00Z", person("Cas", "Smit", "cas@example.com"))).await;
    let id = |data: Value| data["profile"]["id"].clone();
    let alone = id(world.ask(r#"{ profile(by: { email: "a.visser@example.com" }) { id } }"#).await);
    let anna = id(world.ask(r#"{ profile(by: { email: "anna@example.com" }) { id } }"#).await);
    assert_ne!(alone, anna);
    for followed in [&alone, &anna] {
        let query =
            format!("subscription {{ profileChanged(id: {followed}) {{ id sourceIdentities {{ id }} }} }}");
        drop(follow(&world, &query).await);
    }
    let query = format!("subscription {{ profileChanged(id: {alone}) {{ id sourceIdentities {{ id }} }} }}");
    let mut changes = follow(&world, &query).await;
    world.deliver(crm, page("c3", "2024-05-02T00:00:00Z", person("Cas", "Smits", "cas@example.com"))).await;
    let mut both = person("A.", "Visser", "a.visser@example.com");
    both.identify(IdentifierKind::Email, Some("anna@example.com"));
    world.deliver(crm, page("c2", "2024-05-03T00:00:00Z", both)).await;
    let change = changes.next().await.unwrap();
    let merged = &change["data"]["profileChanged"];
    assert_eq!(merged["sourceIdentities"].as_array().unwrap().len(), 4, "{change}");
    assert!([&alone, &anna].contains(&&merged["id"]));
}

#[tokio::test]
async fn who_falls_behind_is_told_so_and_holds_nobody_up() {
    let world = World::empty().await;
    let crm = world.source("crm", "hubspot", "crm").await;
    let query = "subscription { profileChanged { displayName } }";
    let mut slow = follow(&world, query).await;
    let mut quick = follow(&world, query).await;
    for n in 0..70 {
        // An address each: one delivery is one change of one profile.
        let (name, email) = (format!("N{n}"), format!("n{n}@example.com"));
        world.deliver(crm, page(&name, "2024-05-01T00:00:00Z", person("Bo", &name, &email))).await;
        quick.next().await.unwrap();
    }
    let answer = slow.next().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "LAGGED", "{answer}");
    assert_eq!(slow.next().await, None);
}

#[tokio::test]
async fn an_id_that_is_none_is_told_so() {
    let world = World::empty().await;
    for query in [
        r#"subscription { profileChanged(id: "7") { id } }"#,
        r#"subscription { syncProgress(connectorId: "Profile:00000000-0000-0000-0000-000000000000") { id } }"#,
    ] {
        let mut stream = world.subscribe(Role::Admin, query);
        let answer = stream.next().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
        assert_eq!(stream.next().await, None);
    }
    let gone = r#"subscription { syncProgress(connectorId: "Connector:00000000-0000-0000-0000-000000000000") { id } }"#;
    let answer = world.subscribe(Role::Admin, gone).next().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND");
}
