//! Profiles that may be one person.

use connectors::Page;
use connectors::canonical::{Body, Person, traits};
use profiles::access::Role;
use profiles::rules::Ruleset;
use serde_json::{Value, json};

use super::World;
use super::world::{person, record};

/// Sixty couples, everybody known twice, a third of them with one address and a date of birth. By rules under which
/// whoever has but the name in common is to be looked at.
async fn couples() -> World {
    let world = World::empty().await;
    world.profiles.adopt_first(Ruleset::default()).await.unwrap();
    let (crm, shop) =
        (world.source("crm", "hubspot", "crm").await, world.source("shop", "woocommerce", "ecommerce").await);
    let names = ["Ann", "Bo", "Cas", "Dirk", "Eva", "Fien", "Gijs"];
    // Of the others, the name is all that their two records share.
    let known = |n: usize, email: &str| -> Person {
        let mut person = person(names[n % 7], ["Smit", "Bakker", "Visser", "Bos", "Vos"][n / 2 % 5], email);
        if email.ends_with("both.example") {
            let born = format!("19{}-0{}-1{}", 40 + n % 59, 1 + n % 9, n % 10);
            person.set(traits::BIRTH_DATE, Some(&born));
        }
        person
    };
    for (source, host) in [(crm, "work.example"), (shop, "home.example")] {
        let records = (0..120).map(|n| {
            let host = if n % 3 == 0 { "both.example" } else { host };
            record(&n.to_string(), "2024-01-01T00:00:00Z", Body::Person(known(n, &format!("p{n}@{host}"))))
        });
        world.deliver(source, Page { records: records.collect(), ..Page::default() }).await;
    }
    let trained = world.profiles.train_model("ann").await.unwrap();
    let rules = format!("{{ identity: {{ model: {}, threshold: 8000, review: -9000 }} }}", trained.version);
    let apply = format!("mutation {{ applyIdentityRules(rules: {rules}) {{ errors {{ message }} }} }}");
    assert_eq!(world.ask(&apply).await["applyIdentityRules"]["errors"], json!([]));
    world.profiles.drain(world.profiles.now()).await.unwrap();
    world
}

fn query(first: usize, after: &Value) -> String {
    format!(
        "{{ matchCandidates(first: {first}, after: {after}) {{ totalCount pageInfo {{ hasNextPage endCursor }}
            nodes {{ id weight probability profiles {{ id displayName }} closest {{ id externalId profile {{ id }} }}
                waterfall {{ comparison found weight }} }} }} }}"
    )
}

#[tokio::test]
async fn candidates_come_page_by_page_the_least_certain_first_and_say_why() {
    let world = couples().await;
    let (mut after, mut seen, mut total) = (Value::Null, Vec::new(), 0);
    loop {
        let page = world.ask(&query(7, &after)).await["matchCandidates"].take();
        total = page["totalCount"].as_u64().unwrap().max(total);
        seen.extend(page["nodes"].as_array().unwrap().clone());
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert!(seen.len() > 10 && seen.len() as u64 == total, "{} of {total}", seen.len());
    let weight = |node: &Value| node["weight"].as_f64().unwrap();
    assert!(seen.is_sorted_by(|one, other| weight(one).abs() <= weight(other).abs()));
    for node in &seen {
        let probability = node["probability"].as_f64().unwrap();
        assert_eq!(probability > 0.5, weight(node) > 0.0, "{node}");
        for (profile, closest) in [0, 1].map(|at| (&node["profiles"][at], &node["closest"][at])) {
            assert_eq!(profile["id"], closest["profile"]["id"], "side by side: {node}");
        }
        // Two source identities each by itself: their mean weight is their weight.
        let steps = node["waterfall"].as_array().unwrap();
        let sum: f64 = steps.iter().map(weight).sum();
        assert!((sum - weight(node)).abs() < 1e-9, "{node}");
    }
    assert_eq!(
        world.statements(&query(1, &Value::Null)).await,
        world.statements(&query(20, &Value::Null)).await,
        "however many there are"
    );
}

#[tokio::test]
async fn a_candidate_is_settled_by_a_verdict_and_open_again_when_it_is_undone() {
    let world = couples().await;
    let first = world.ask(&query(1, &Value::Null)).await["matchCandidates"]["nodes"][0].take();
    let id = first["id"].as_str().unwrap();
    let node = format!(r#"{{ node(id: "{id}") {{ id __typename }} }}"#);
    assert_eq!(world.ask(&node).await["node"]["__typename"], "MatchCandidate");
    let resolve = |verdict: &str| {
        format!(
            r#"mutation {{ resolveMatchCandidate(id: "{id}", verdict: {verdict}, note: "rang her") {{
                decision {{ id kind note }} profiles {{ id }} errors {{ code path }} }} }}"#
        )
    };
    let told = world.ask(&resolve("SAME")).await["resolveMatchCandidate"].take();
    assert_eq!(told["decision"]["kind"], "MERGE", "{told}");
    assert_eq!(
        (told["decision"]["note"].as_str(), told["profiles"].as_array().unwrap().len()),
        (Some("rang her"), 1)
    );
    assert_eq!(world.ask(&node).await["node"], Value::Null);
    let late = world.ask(&resolve("DIFFERENT")).await["resolveMatchCandidate"].take();
    assert_eq!(
        (&late["errors"][0]["code"], &late["errors"][0]["path"]),
        (&json!("NOT_FOUND"), &json!(["id"]))
    );

    let decision = told["decision"]["id"].as_str().unwrap();
    world.ask(&format!(r#"mutation {{ undoDecision(id: "{decision}") {{ errors {{ code }} }} }}"#)).await;
    assert_eq!(world.ask(&query(1, &Value::Null)).await["matchCandidates"]["nodes"][0], first);
}

#[tokio::test]
async fn a_link_of_likeness_says_why_and_models_are_listed() {
    let world = couples().await;
    let models = world.ask("{ identityModels { version actor trainedAt } }").await["identityModels"].take();
    assert_eq!((&models[0]["version"], &models[0]["actor"]), (&json!(1), &json!("ann")));
    let profile = r#"{ profile(by: { email: "p0@both.example" }) { sourceIdentities { id }
        links { rule value weight waterfall { weight } } } }"#;
    let found = world.ask(profile).await["profile"].take();
    assert_eq!(found["sourceIdentities"].as_array().unwrap().len(), 2, "{found}");
    let link = &found["links"][0];
    assert_eq!((&link["rule"], &link["value"]), (&json!("SIMILARITY"), &Value::Null), "{link}");
    let sum: f64 =
        link["waterfall"].as_array().unwrap().iter().map(|step| step["weight"].as_f64().unwrap()).sum();
    assert!((sum - link["weight"].as_f64().unwrap()).abs() < 1e-9, "{link}");
    assert_eq!(world.fail(Role::Sales, "{ matchCandidates { totalCount } }").await.0, "FORBIDDEN");
}
