//! What to do next: what is defined, who may ask, what is told, and that nothing is kept of whom does not allow it.

use profiles::access::Role;
use serde_json::{Value, json};

use super::World;

const BY: &str = r#"profile(by: { email: "anna@example.com" })"#;

/// Anna, who allows profiling, and three actions.
async fn world() -> World {
    let world = World::anna().await;
    for action in [
        r#"key: "call", name: "Call", benefit: "90", cost: "3", expectedRate: 0.5, certainty: 1000"#,
        r#"key: "mail", name: "E-mail", channel: EMAIL, purpose: "email_marketing", benefit: "50", expectedRate: 0.5"#,
        r#"key: "rich", name: "Dinner", benefit: "999", expectedRate: 0.5, eligibility: { text: "total of orders in EUR >= 5000" },
           coolDown: "P7D", againAfter: "P30D", group: "gifts""#,
    ] {
        assert_eq!(define(&world, action).await["errors"], json!([]), "{action}");
    }
    world
}

async fn define(world: &World, action: &str) -> Value {
    let ask = format!(
        "mutation {{ defineAction(input: {{ {action} }}) {{ catalogue {{ version }} errors {{ code message path }} }} }}"
    );
    world.ask(&ask).await["defineAction"].take()
}

async fn allow(world: &World, purpose: &str) {
    let id = world.ask(&format!("{{ {BY} {{ id }} }}")).await["profile"]["id"].take();
    let allow = format!(
        r#"mutation {{ recordConsent(profile: {id}, input: {{ purpose: "{purpose}" }}) {{ errors {{ message }} }} }}"#
    );
    assert_eq!(world.ask(&allow).await["recordConsent"]["errors"], json!([]));
}

async fn next(world: &World, arguments: &str) -> Value {
    let ask = format!(
        "{{ {BY} {{ nextBestActions{arguments} {{ status decisionId decidedAt chosenBy propensity catalogueVersion modelVersion
            chosen {{ action name channel score probability value cost basis accepted declined drawn interval {{ low high }}
              definition {{ key cost benefit eligibility }} }}
            alternatives {{ action name definition {{ key }} }} excluded {{ action rule reason }} }} }} }}"
    );
    world.ask(&ask).await["profile"]["nextBestActions"].take()
}

async fn report(world: &World, role: Role, decision: &Value, more: &str) -> Value {
    let tell = format!(
        "mutation {{ recordActionOutcome(decisionId: {decision}, {more}) {{ outcome {{ action outcome value actor }} errors {{ code path }} }} }}"
    );
    world.answer(role, &tell).await["data"]["recordActionOutcome"].take()
}

#[tokio::test]
async fn a_sales_person_is_told_what_to_do_and_tells_what_came_of_it() {
    let world = world().await;
    let refused = next(&world, "").await;
    assert_eq!((&refused["status"], &refused["decisionId"]), (&json!("NO_CONSENT"), &Value::Null));
    assert_eq!(refused["excluded"], json!([]));
    allow(&world, "profiling").await;

    let told = next(&world, "").await;
    assert_eq!((&told["status"], &told["catalogueVersion"]), (&json!("OK"), &json!(3)), "{told}");
    let chosen = &told["chosen"];
    assert_eq!((&chosen["action"], &chosen["name"]), (&json!("call"), &json!("Call")));
    assert_eq!(chosen["definition"]["cost"], "3");
    let score = chosen["probability"].as_f64().unwrap() * 90.0 - 3.0;
    assert!((chosen["score"].as_f64().unwrap() - score).abs() < 1e-9, "{chosen}");
    assert_eq!(told["alternatives"], json!([{ "action": "nothing", "name": "Nothing", "definition": null }]));
    assert_eq!(
        told["excluded"],
        json!([
            { "action": "mail", "rule": "CONSENT", "reason": "the customer does not allow `email_marketing`" },
            { "action": "rich", "rule": "ELIGIBILITY", "reason": "`total of orders in EUR >= 5000` does not hold" },
        ])
    );
    let by_mail = next(&world, "(channel: EMAIL, first: 0)").await;
    assert_eq!((&by_mail["chosen"]["action"], &by_mail["alternatives"]), (&json!("nothing"), &json!([])));
    assert_eq!(by_mail["excluded"].as_array().unwrap().len(), 1, "of that channel alone");

    let decision = &told["decisionId"];
    let kept = report(&world, Role::Sales, decision, r#"outcome: ACCEPTED, value: "31.50""#).await;
    assert_eq!(kept["errors"], json!([]));
    assert_eq!((&kept["outcome"]["action"], &kept["outcome"]["value"]), (&json!("call"), &json!("31.5")));
    let after = next(&world, "").await;
    assert_eq!(after["excluded"][0]["rule"], "ACCEPTED", "{after}");

    let ask = format!(
        "{{ actionDecision(id: {decision}) {{ id same decidedBy profile {{ displayName }} chosen {{ action }} situation features
            outcomes {{ outcome value }} }} again: node(id: {decision}) {{ id }} }}"
    );
    let replayed = world.answer(Role::Sales, &ask).await["data"].take();
    let of = &replayed["actionDecision"];
    assert_eq!((&of["same"], &of["id"], &replayed["again"]["id"]), (&json!(true), decision, decision));
    assert_eq!(of["outcomes"], json!([{ "outcome": "ACCEPTED", "value": "31.5" }]));
    let numbers = [&of["situation"]["features"], &of["features"]].map(|list| list.as_array().unwrap().len());
    assert_eq!(numbers[0], numbers[1]);
    world.profiles.learn_from_outcomes().await.unwrap().unwrap();
    let judged = world.ask("{ actionEvaluation { choices summary policy { thin } fixed { action } } }").await;
    let judged = &judged["actionEvaluation"];
    assert_eq!((&judged["choices"], &judged["policy"]), (&json!(1), &Value::Null));
    assert!(judged["summary"].as_str().unwrap().contains("nothing can be said"), "{judged}");
}

#[tokio::test]
async fn who_may_not_is_refused_and_what_was_done_is_written_down() {
    let world = world().await;
    allow(&world, "profiling").await;
    let ask = format!("{{ {BY} {{ nextBestActions {{ status }} }} }}");
    assert_eq!(world.fail(Role::Frontend, &ask).await.0, "FORBIDDEN");
    let answer = world.answer(Role::Analyst, &ask).await;
    assert_eq!(answer["data"]["profile"]["nextBestActions"]["status"], "OK", "{answer}");
    let decision = next(&world, "").await["decisionId"].take();
    let tell = format!(
        "mutation {{ recordActionOutcome(decisionId: {decision}, outcome: TAKEN) {{ errors {{ code }} }} }}"
    );
    assert_eq!(world.fail(Role::Analyst, &tell).await.0, "FORBIDDEN");
    assert_eq!(report(&world, Role::Sales, &decision, "outcome: TAKEN").await["errors"], json!([]));
    let log = world.ask("{ auditLog(first: 1) { action subject } }").await["auditLog"][0].take();
    assert_eq!((&log["action"], &log["subject"]), (&json!("recordActionOutcome"), &decision), "{log}");
    // Of a profile of the past nothing is chosen.
    let past = r#"{ profile(by: { email: "anna@example.com" }, asOf: "2024-06-01T00:00:00Z") { nextBestActions { status } } }"#;
    assert_eq!(world.ask(past).await["profile"]["nextBestActions"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_is_told_with_its_place() {
    let world = world().await;
    let one = r#"name: "x", benefit: "1", expectedRate: 0.5"#;
    for (action, path) in [
        (format!(r#"key: "nothing", {one}"#), json!(["input", "key"])),
        (format!(r#"key: "a", coolDown: "P1M", {one}"#), json!(["input", "coolDown"])),
        (format!(r#"key: "a", product: "Order:1", {one}"#), json!(["input", "product"])),
        (format!(r#"key: "a", channel: SMS, {one}"#), json!(["input", "purpose"])),
        (
            format!(r#"key: "a", eligibility: {{ text: "email exists" }}, {one}"#),
            json!(["input", "eligibility"]),
        ),
        (
            format!(r#"key: "a", eligibility: {{ text: "count of" }}, {one}"#),
            json!(["input", "eligibility", "text"]),
        ),
    ] {
        let refused = define(&world, &action).await;
        assert_eq!(refused["catalogue"], Value::Null, "{action}");
        assert_eq!(refused["errors"][0]["path"], path, "{action}: {refused}");
    }
    let nobody = json!("ActionDecision:00000000-0000-0000-0000-000000000000");
    let unknown = report(&world, Role::Admin, &nobody, "outcome: TAKEN").await;
    assert_eq!(unknown["errors"][0], json!({ "code": "NOT_FOUND", "path": ["decisionId"] }));
    let limits = |input: &str| {
        format!(
            "mutation {{ setActionLimits(input: {{ {input} }}) {{ catalogue {{ currency control weekly {{ channel most }} }} errors {{ path }} }} }}"
        )
    };
    let twice = "weekly: [{ channel: SMS, most: 1 }, { channel: SMS, most: 2 }]";
    for (input, path) in [("control: 101", "control"), (r#"currency: "euro""#, "currency"), (twice, "weekly")]
    {
        let refused = world.ask(&limits(input)).await["setActionLimits"].take();
        assert_eq!(refused["errors"][0]["path"], json!(["input", path]), "{input}");
    }
    let set = world.ask(&limits(r#"currency: "CHF", control: 5, weekly: [{ channel: SMS, most: 1 }]"#)).await;
    let expected = json!({ "currency": "CHF", "control": 5, "weekly": [{ "channel": "SMS", "most": 1 }] });
    assert_eq!(set["setActionLimits"]["catalogue"], expected);
    let remove =
        r#"mutation { removeAction(key: "rich") { catalogue { actions { key } } errors { code path } } }"#;
    let gone = world.ask(remove).await["removeAction"].take();
    assert_eq!(gone["catalogue"]["actions"], json!([{ "key": "call" }, { "key": "mail" }]));
    assert_eq!(world.ask(remove).await["removeAction"]["errors"][0]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_list_of_people_costs_as_many_statements_as_one() {
    let world = World::shop(12).await;
    for number in 0..12 {
        let ask = format!(r#"{{ profile(by: {{ email: "n{number}@example.com" }}) {{ id }} }}"#);
        let id = world.ask(&ask).await["profile"]["id"].take();
        let allow = format!(
            r#"mutation {{ recordConsent(profile: {id}, input: {{ purpose: "profiling" }}) {{ errors {{ message }} }} }}"#
        );
        world.ask(&allow).await;
    }
    define(&world, r#"key: "call", name: "Call", benefit: "9", expectedRate: 0.5"#).await;
    let of = |first: u32| {
        format!(
            "{{ profiles(first: {first}) {{ nodes {{ nextBestActions {{ decisionId chosen {{ action }} }} }} }} }}"
        )
    };
    world.ask(&of(8)).await;
    let (one, many) = (world.statements(&of(1)).await, world.statements(&of(8)).await);
    assert_eq!(one, many);
    assert!(one <= 8, "{one} statements");
}
