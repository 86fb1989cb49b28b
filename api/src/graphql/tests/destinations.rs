//! Configuring destinations, and following what they are told.

use profiles::access::Role;
use serde_json::{Value, json};

use super::World;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

async fn segment(world: &World) {
    let define = r#"mutation { defineSegment(input: { key: "known", name: "x", rule: { text: "email exists" } }) { errors { message } } }"#;
    world.ask(define).await;
    while world.profiles.work_out_some().await.unwrap() {}
}

async fn create(world: &World, url: &str, more: &str) -> Value {
    let query = format!(
        r#"mutation {{ createDestination(input: {{ kind: "webhook", segment: "known", purpose: "service",
            config: {{ url: "{url}" }}, secrets: {{ signing_secret: "{SECRET}" }}, {more} }}) {{
            destination {{ id key name kind config hasSecrets segment purpose state members waiting dead lagSeconds
                mapping {{ field from }} resumeAt lastError lastErrorAt createdAt updatedAt }}
            errors {{ code message path }}
        }} }}"#
    );
    world.ask(&query).await["createDestination"].take()
}

#[tokio::test]
async fn a_destination_is_configured_told_watched_replayed_and_deleted() {
    let world = World::anna().await;
    segment(&world).await;
    // Nobody is there.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", nobody.local_addr().unwrap());
    drop(nobody);
    let made = create(&world, &url, r#"mapping: [{ field: "name", from: "traits.first_name" }]"#).await;
    assert_eq!(made["errors"], json!([]));
    let destination = &made["destination"];
    assert_eq!(
        [&destination["key"], &destination["name"], &destination["state"]],
        ["webhook", "Webhook", "ACTIVE"]
    );
    assert_eq!(destination["hasSecrets"], true);
    let id = destination["id"].as_str().unwrap();

    let preview = format!(r#"{{ previewDestination(id: "{id}") {{ profileId identifiers fields }} }}"#);
    let seen = world.ask(&preview).await["previewDestination"].take();
    let anna =
        world.ask(r#"{ profile(by: { email: "anna@example.com" }) { id } }"#).await["profile"]["id"].take();
    let of_anna = seen.as_array().unwrap().iter().find(|one| one["profileId"] == anna).unwrap();
    assert_eq!(of_anna["fields"], json!({ "name": "Anna" }));
    assert_eq!(of_anna["identifiers"]["email"][0], "anna@example.com");

    let key = id.trim_start_matches("Destination:").parse().unwrap();
    assert!(world.profiles.work_on_destination(key).await.unwrap() > 0);
    let watch = format!(
        r#"{{ destination(id: "{id}") {{ state members waiting lastError resumeAt }}
            node(id: "{id}") {{ id }} destinations {{ key }}
            deliveries(destination: "{id}", state: RETRYING, first: 1) {{ pageInfo {{ hasNextPage endCursor }}
                nodes {{ key profileId deed state attempts nextAttemptAt lastError createdAt doneAt }} }} }}"#
    );
    let seen = world.ask(&watch).await;
    assert_eq!(seen["destination"]["state"], "FAILING");
    assert_eq!(seen["destination"]["members"], seen["destination"]["waiting"]);
    assert!(seen["destination"]["lastError"].as_str().unwrap().contains("cannot connect"));
    let delivery = &seen["deliveries"]["nodes"][0];
    assert_eq!([&delivery["deed"], &delivery["state"]], ["ENTER", "RETRYING"]);
    let after = seen["deliveries"]["pageInfo"]["endCursor"].as_str().unwrap();
    let next = format!(r#"{{ deliveries(destination: "{id}", after: "{after}") {{ nodes {{ key }} }} }}"#);
    let next = world.ask(&next).await["deliveries"]["nodes"].take();
    assert!(next.as_array().unwrap().iter().all(|one| one["key"] != delivery["key"]));
    assert!(!format!("{made}{seen}").contains(SECRET));

    let check = format!(r#"mutation {{ checkDestination(id: "{id}") {{ account errors {{ code }} }} }}"#);
    let expected = json!({ "account": null, "errors": [{ "code": "UNAVAILABLE" }] });
    assert_eq!(world.ask(&check).await["checkDestination"], expected);
    let replay = format!(
        r#"mutation {{ replayDeliveries(destination: "{id}") {{ replayed superseded destination {{ resumeAt }} errors {{ code }} }} }}"#
    );
    let expected =
        json!({ "replayed": 0, "superseded": 0, "destination": { "resumeAt": null }, "errors": [] });
    assert_eq!(world.ask(&replay).await["replayDeliveries"], expected);

    let pause = format!(
        r#"mutation {{ updateDestination(id: "{id}", input: {{ enabled: false, name: "Hook" }}) {{ destination {{ name state }} errors {{ code }} }} }}"#
    );
    let paused = world.ask(&pause).await["updateDestination"].take();
    assert_eq!(paused, json!({ "destination": { "name": "Hook", "state": "PAUSED" }, "errors": [] }));
    let delete = |more: &str| {
        format!(
            r#"mutation {{ deleteDestination(id: "{id}"{more}) {{ destination {{ state }} errors {{ code }} }} }}"#
        )
    };
    let leaving = json!({ "destination": { "state": "LEAVING" }, "errors": [] });
    assert_eq!(world.ask(&delete("")).await["deleteDestination"], leaving);
    let gone = json!({ "destination": null, "errors": [] });
    assert_eq!(world.ask(&delete(", atOnce: true")).await["deleteDestination"], gone);
    let missing = json!({ "destination": null, "errors": [{ "code": "NOT_FOUND" }] });
    assert_eq!(world.ask(&delete("")).await["deleteDestination"], missing);
}

#[tokio::test]
async fn what_cannot_be_is_told_with_its_place() {
    let world = World::anna().await;
    segment(&world).await;
    let url = "https://tools.example/hook";
    for (url, more, path, part) in [
        (url, r#"key: "A B""#, json!(["input", "key"]), "lower-case"),
        ("http://tools.example", "", json!(["input", "config", "url"]), "https"),
        (
            url,
            r#"mapping: [{ field: "x", from: "age" }]"#,
            json!(["input", "mapping[0]", "from"]),
            "traits.KEY",
        ),
        (url, r#"name: """#, json!(["input", "name"]), "100"),
    ] {
        let answer = create(&world, url, more).await;
        let error = &answer["errors"][0];
        assert_eq!([&error["code"], &error["path"]], [&json!("INVALID"), &path], "{answer}");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
    }
    let kinds = world.ask("{ destinationKinds { kind title description configSchema secretsSchema defaultMapping { field from } paths { path description } } }").await;
    let kinds = kinds["destinationKinds"].as_array().unwrap().clone();
    let names: Vec<&str> = kinds.iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    assert_eq!(names, ["audience", "file", "hubspot", "mailchimp", "segment", "webhook"]);
    assert_eq!(kinds[5]["secretsSchema"]["properties"]["signing_secret"]["writeOnly"], true);
    let file = r#"mutation { createDestination(input: { kind: "file", segment: "known", purpose: "service", config: { path: "x.csv" } }) { errors { message } } }"#;
    let refused = world.ask(file).await["createDestination"]["errors"][0]["message"].take();
    assert!(refused.as_str().unwrap().contains("activation.folder"), "{refused}");
    let (code, _) = world.fail(Role::Analyst, "{ deliveries(destination: \"Destination:00000000-0000-0000-0000-000000000000\") { nodes { key } } }").await;
    assert_eq!(code, "FORBIDDEN");
}
