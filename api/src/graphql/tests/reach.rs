//! What may be reached: the whole schema is walked from every root by way of every field, and nothing of who restricted
//! the use of their data comes back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use connectors::Page;
use connectors::canonical::{
    Body, Company, ConsentStatement, ConsentStatus, Deal, Event, Identifier, IdentifierKind, OrderStatus,
    Person,
};
use profiles::access::Role;
use profiles::rules::Ruleset;
use serde_json::{Value, json};

use super::World;
use super::world::{at, order_of, person, product, record};

/// What marks everything that is Zita's alone, wherever it stands.
const NEEDLES: [&str; 6] = ["zita", "zq7", "6204177", "7310.55", "2023-03-07", "7777"];

/// The types that this world has none of. Those above tell of nobody; of the others, candidates have a test of their own
/// (they need a model), what was rejected is shown to administrators alone, and `me` to visitors alone.
const ELSEWHERE: [&str; 21] = [
    "ApiKey",
    "Connector",
    "ConnectorStateCount",
    "ConnectorStream",
    "ErasedOrders",
    "IdentityModel",
    "IdentityRulesReason",
    "IdentityRulesSample",
    "Notice",
    "RetentionCount",
    "SyncRun",
    "UserError",
    "WithheldField",
    "MatchCandidate",
    "MatchCandidateEdge",
    "WaterfallStep",
    "RejectedRecord",
    "RejectedRecordConnection",
    "RejectedRecordEdge",
    "Me",
    "MyTrait",
];

/// A field of a type: how it is asked for, and what it gives.
#[derive(Debug)]
struct Field {
    ask: String,
    gives: String,
    is_object: bool,
}

/// The schema as it tells itself.
#[derive(Debug, Default)]
struct Types {
    fields: BTreeMap<String, Vec<Field>>,
    /// Of interfaces, the types that implement them.
    possible: BTreeMap<String, Vec<String>>,
}

/// Arguments of a field that needs any.
fn arguments(of: &str, field: &Value) -> String {
    let name = field["name"].as_str().unwrap();
    let args = field["args"].as_array().unwrap();
    if of == "Profile" && name == "consent" {
        return r#"(purpose: "profiling")"#.to_owned();
    }
    let needed = args.iter().find(|arg| arg["type"]["kind"] == "NON_NULL" && arg["defaultValue"].is_null());
    assert!(needed.is_none(), "{of}.{name} needs arguments that this test does not know");
    let first = if name == "history" { 20 } else { 2 };
    if args.iter().any(|arg| arg["name"] == "first") { format!("(first: {first})") } else { String::new() }
}

impl Types {
    async fn read(world: &World) -> Self {
        let kind = (0..6).fold("kind name".to_owned(), |inner, _| format!("kind name ofType {{ {inner} }}"));
        let query = format!(
            "{{ __schema {{ types {{ kind name possibleTypes {{ name }} fields {{ name
                args {{ name type {{ kind }} defaultValue }} type {{ {kind} }} }} }} }} }}"
        );
        let mut types = Self::default();
        for found in world.ask(&query).await["__schema"]["types"].as_array().unwrap() {
            let name = found["name"].as_str().unwrap().to_owned();
            if name.starts_with("__") || ["Query", "Mutation", "Subscription"].contains(&&*name) {
                continue;
            }
            if let Some(possible) = found["possibleTypes"].as_array() {
                let names = possible.iter().map(|one| one["name"].as_str().unwrap().to_owned());
                types.possible.insert(name, names.collect());
            } else if let Some(fields) = found["fields"].as_array() {
                let fields = fields.iter().map(|field| {
                    let mut inner = &field["type"];
                    while inner["name"].is_null() {
                        assert!(
                            inner.is_object(),
                            "a type that is wrapped deeper than is asked for: {field}"
                        );
                        inner = &inner["ofType"];
                    }
                    Field {
                        ask: format!("{}{}", field["name"].as_str().unwrap(), arguments(&name, field)),
                        gives: inner["name"].as_str().unwrap().to_owned(),
                        is_object: ["OBJECT", "INTERFACE"].iter().any(|kind| inner["kind"] == *kind),
                    }
                });
                let fields = fields.collect();
                types.fields.insert(name, fields);
            }
        }
        types
    }

    /// The types that something of this type may be.
    fn concrete(&self, name: &str) -> Vec<String> {
        self.possible.get(name).cloned().unwrap_or_else(|| vec![name.to_owned()])
    }

    /// All that a type tells by itself.
    fn own(&self, name: &str) -> String {
        let mut text = "__typename".to_owned();
        for one in self.concrete(name) {
            write!(text, " ... on {one} {{").unwrap();
            for field in self.fields[&one].iter().filter(|field| !field.is_object) {
                // Two types may give one name another shape.
                write!(text, " {one}_{}: {}", text_before(&field.ask), field.ask).unwrap();
            }
            text.push_str(" __typename }");
        }
        text
    }

    /// Selections of what a root field gives, each a type on the shortest way to it: all that it tells, and all that
    /// what it leads to tells.
    fn walk(&self, gives: &str) -> Vec<String> {
        let mut selections = Vec::new();
        let mut seen = BTreeSet::new();
        let mut next: VecDeque<(String, Vec<String>)> = VecDeque::new();
        let mut enter = |name: &str, way: &[String], next: &mut VecDeque<_>| {
            for one in self.concrete(name) {
                if seen.insert(one.clone()) {
                    let way = way.iter().cloned().chain([format!("... on {one}")]).collect();
                    next.push_back((one, way));
                }
            }
        };
        enter(gives, &[], &mut next);
        while let Some((name, way)) = next.pop_front() {
            let mut text = String::new();
            for step in &way {
                write!(text, "{step} {{ ").unwrap();
            }
            text.push_str(&self.own(&name));
            for field in self.fields[&name].iter().filter(|field| field.is_object) {
                write!(text, " {} {{ {} }}", field.ask, self.own(&field.gives)).unwrap();
                let way: Vec<String> = way.iter().cloned().chain([field.ask.clone()]).collect();
                enter(&field.gives, &way, &mut next);
            }
            text.push_str(&" }".repeat(way.len()));
            selections.push(text);
        }
        selections
    }
}

/// The name of a field without its arguments.
fn text_before(ask: &str) -> &str {
    ask.split('(').next().unwrap_or(ask)
}

/// What an answer tells: its texts, and what stands in cursors.
fn told(answer: &Value) -> String {
    let mut text = answer.to_string();
    let mut add = |found: &str| {
        if let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(found) {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    };
    fn each(value: &Value, add: &mut impl FnMut(&str)) {
        match value {
            Value::String(found) => add(found),
            Value::Array(items) => items.iter().for_each(|item| each(item, add)),
            Value::Object(fields) => fields.values().for_each(|value| each(value, add)),
            _ => {}
        }
    }
    each(answer, &mut add);
    text.to_lowercase()
}

fn typenames(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| typenames(item, found)),
        Value::Object(fields) => {
            if let Some(name) = fields.get("__typename").and_then(Value::as_str) {
                found.insert(name.to_owned());
            }
            fields.values().for_each(|value| typenames(value, found));
        }
        _ => {}
    }
}

/// Zita, of whom everything is marked, and Bas, who lives with her, works with her, shares a deal with her, and whom
/// somebody once took for her.
struct Two {
    world: World,
    /// What the walk begins at: a root field as it is asked for, and what it gives.
    roots: Vec<(String, String)>,
}

async fn two() -> Two {
    let world = World::empty().await;
    world.profiles.adopt_first(Ruleset::default()).await.unwrap();
    let crm = world.source("crm", "hubspot", "crm").await;
    let shop = world.source("shop", "woocommerce", "ecommerce").await;
    let home = connectors::canonical::address([
        ("street", Some("Kade 12")),
        ("postal_code", Some("2611AB")),
        ("city", Some("Delft")),
        ("country", Some("NL")),
    ]);
    let lives = |mut person: Person| {
        person.set_value("address", home.clone());
        person.companies.push("co".to_owned());
        person
    };
    let mut zita = lives(person("Zita", "Visser", "zita@example.com"));
    zita.set("phone", Some("+31 6 20417735"));
    zita.identify(IdentifierKind::Phone, Some("+31 6 20417735"));
    zita.set("job_title", Some("Buyer zq7"));
    zita.set("birth_date", Some("2001-01-01"));
    let mut bas = lives(person("Bas", "Visser", "bas@example.com"));
    bas.set("job_title", Some("Baker"));
    let company = Company { name: Some("Acme".to_owned()), ..Company::default() };
    let deal = Deal {
        name: Some("Machine".to_owned()),
        amount: "1200.5".parse().ok(),
        currency: Some("EUR".to_owned()),
        persons: vec!["zq7-crm".to_owned(), "bas-crm".to_owned()],
        companies: vec!["co".to_owned()],
        ..Deal::default()
    };
    let own_deal =
        Deal { name: Some("Deal zq7".to_owned()), persons: vec!["zq7-crm".to_owned()], ..Deal::default() };
    let day = "2024-01-01T00:00:00Z";
    let mut zitas = record("zq7-crm", "2023-03-07T10:00:00Z", Body::Person(zita));
    zitas.created_at = Some(at("2023-03-07T09:00:00Z"));
    let said = |person: &str, purpose: &str, email: Option<&str>| ConsentStatement {
        person: person.to_owned(),
        purpose: purpose.to_owned(),
        contact_point: email.map(|email| Identifier::new(IdentifierKind::Email, email)),
        status: ConsentStatus::Granted,
        stated_at: Some(at(day)),
        expires_at: None,
        method: Some("form zq7".to_owned()),
        notice: None,
        evidence: [("form".to_owned(), json!("zq7"))].into(),
    };
    let mut consents = vec![said("zq7-crm", "email_marketing", Some("zita@example.com"))];
    for purpose in ["personalisation", "analytics", "profiling"] {
        consents.push(said("zq7-crm", purpose, None));
        consents.push(ConsentStatement {
            method: None,
            evidence: [].into(),
            ..said("bas-crm", purpose, None)
        });
    }
    let records = vec![
        record("co", day, Body::Company(company)),
        zitas,
        record("bas-crm", day, Body::Person(bas)),
        record("deal-both", day, Body::Deal(deal)),
        record("zq7-deal", "2023-03-07T12:00:00Z", Body::Deal(own_deal)),
    ];
    world.deliver(crm, Page { records, consents, ..Page::default() }).await;

    let mut customer = person("Zita", "Visser", "zita@example.com");
    customer.set("job_title", Some("Head of zq7"));
    let bought = |id: &str, person: &str, total: &str, placed: &str| {
        let mut order = order_of(person, total, OrderStatus::Completed);
        order.number = Some(format!("N-{id}"));
        order.placed_at = Some(at(placed));
        record(id, placed, Body::Order(order))
    };
    let visited = |id: &str, person: &str, when: &str| Event {
        message_id: id.to_owned(),
        person: person.to_owned(),
        name: "Email Opened".to_owned(),
        occurred_at: at(when),
        properties: [("subject".to_owned(), json!(id))].into(),
        context: [("page".to_owned(), json!({ "path": format!("/{id}") }))].into(),
    };
    let records = vec![
        record("mug", day, Body::Product(product("Mug"))),
        record(
            "zq7-shop",
            "2023-03-07T13:00:00Z",
            Body::Person(person("Zita", "Visser", "zita@example.com")),
        ),
        record("bas-shop", day, Body::Person(person("Bas", "Visser", "bas@example.com"))),
        bought("zq7-order", "zq7-shop", "7310.55", "2023-03-07T14:00:00Z"),
        bought("bas-order", "bas-shop", "20.5", "2024-02-01T10:00:00Z"),
    ];
    let events =
        vec![visited("zq7-event", "zq7-shop", "2023-03-07T15:00:00Z"), visited("bas-event", "bas-shop", day)];
    world.deliver(shop, Page { records, events, ..Page::default() }).await;

    let who = async |email: &str| {
        let found = world
            .ask(&format!(
                r#"{{ profile(by: {{ email: "{email}" }}) {{ id sourceIdentities {{ id }} household {{ id }}
                    accounts {{ id }} orders {{ nodes {{ id }} }} deals {{ id }} }} }}"#
            ))
            .await["profile"]
            .take();
        assert!(found["id"].is_string(), "{email}");
        found
    };
    let (zita, bas) = (who("zita@example.com").await, who("bas@example.com").await);
    let done = async |mutation: String, name: &str| {
        let answer = world.ask(&format!("mutation {{ {mutation} }}")).await;
        assert_eq!(answer[name]["errors"], json!([]), "{mutation}");
        answer[name].clone()
    };
    // Somebody took them for one, and found out.
    let merged = done(
        format!("mergeProfiles(ids: [{}, {}], note: \"is zita bas\") {{ decision {{ id decidedAt }} errors {{ message }} }}", zita["id"], bas["id"]),
        "mergeProfiles",
    )
    .await;
    done(
        format!("undoDecision(id: {}) {{ errors {{ message }} }}", merged["decision"]["id"]),
        "undoDecision",
    )
    .await;
    let right = format!(
        r#"receiveSubjectRequest(kind: RECTIFICATION, profile: {}, corrections: [{{ key: "gender", value: "zq7" }}])
            {{ subjectRequest {{ id }} errors {{ message }} }}"#,
        zita["id"]
    );
    let request = done(right, "receiveSubjectRequest").await["subjectRequest"]["id"].clone();
    done(format!("fulfilSubjectRequest(id: {request}) {{ errors {{ message }} }}"), "fulfilSubjectRequest")
        .await;
    world.profiles.work_on_requests().await.unwrap();

    let mut roots: Vec<(String, String)> = [
        (r#"profile(by: { email: "zita@example.com" })"#, "Profile"),
        (r#"profile(by: { phone: "+31620417735" })"#, "Profile"),
        (r#"profile(by: { record: { source: "crm", externalId: "zq7-crm" } })"#, "Profile"),
        (r#"profile(by: { email: "zita@example.com" }, asOf: "2024-06-01T00:00:00Z")"#, "Profile"),
        (r#"profile(by: { email: "bas@example.com" })"#, "Profile"),
        (r#"profile(by: { email: "bas@example.com" }, asOf: "2024-06-01T00:00:00Z")"#, "Profile"),
        ("profiles(first: 3)", "ProfileConnection"),
        (r#"profiles(first: 3, filter: { namePrefix: "Visser" })"#, "ProfileConnection"),
        ("households(first: 2)", "HouseholdConnection"),
        ("accounts(first: 2)", "AccountConnection"),
        ("overview", "Overview"),
        ("purposes", "Purpose"),
        (r#"notices(purpose: "profiling")"#, "Notice"),
        ("sources", "Source"),
        ("connectorKinds", "ConnectorKind"),
        ("connectors", "Connector"),
        ("identityRules", "IdentityRules"),
        ("matchCandidates(first: 2)", "MatchCandidateConnection"),
        ("identityModels", "IdentityModel"),
        ("identityQuality", "IdentityQuality"),
        ("auditLog(first: 2)", "AuditEntry"),
        ("subjectRequests(first: 2)", "SubjectRequestConnection"),
        ("erasedOrders", "ErasedOrders"),
        ("retentionPreview", "RetentionCount"),
        ("apiKeys", "ApiKey"),
        ("previewIdentityRules(rules: {})", "PreviewIdentityRulesPayload"),
    ]
    .map(|(ask, gives)| (ask.to_owned(), gives.to_owned()))
    .into();
    // When they were held to be one.
    let then = merged["decision"]["decidedAt"].as_str().unwrap();
    let bas = r#"by: { email: "bas@example.com" }"#;
    roots.push((format!(r#"profile({bas}, asOf: "{then}")"#), "Profile".to_owned()));
    let ids = [
        &zita["id"],
        &zita["household"]["id"],
        &zita["accounts"][0]["id"],
        &zita["orders"]["nodes"][0]["id"],
        &zita["deals"][0]["id"],
        &zita["deals"][1]["id"],
        &merged["decision"]["id"],
        &zita["sourceIdentities"][0]["id"],
        &zita["sourceIdentities"][1]["id"],
    ];
    for id in ids {
        assert!(id.is_string(), "{zita}");
        roots.push((format!("node(id: {id})"), "Node".to_owned()));
    }
    roots.push((format!("household(id: {})", zita["household"]["id"]), "Household".to_owned()));
    roots.push((format!("account(id: {})", zita["accounts"][0]["id"]), "Account".to_owned()));
    Two { world, roots }
}

/// Asks for everything from everywhere. Returns the types that came back, and the questions whose answers tell of Zita,
/// each with what it tells.
async fn walk(two: &Two, types: &Types, role: Role) -> (BTreeSet<String>, Vec<String>) {
    let (mut names, mut telling) = (BTreeSet::new(), Vec::new());
    for (root, gives) in &two.roots {
        let selections = match gives.as_str() {
            // Each kind of node has its own root; what it is need not be said.
            "Node" => {
                let kind = root.split('"').nth(1).and_then(|id| id.split(':').next()).unwrap();
                types.walk(kind)
            }
            gives => types.walk(gives),
        };
        for selection in selections {
            let answer = two.world.answer(role, &format!("{{ {root} {{ {selection} }} }}")).await;
            for error in answer["errors"].as_array().into_iter().flatten() {
                let code = &error["extensions"]["code"];
                assert!(code == "FORBIDDEN" || code == "NOT_FOUND", "{role:?}: {root} {selection}: {error}");
            }
            typenames(&answer["data"], &mut names);
            let told = told(&answer["data"]);
            if let Some(needle) = NEEDLES.iter().find(|needle| told.contains(**needle)) {
                let place = told.find(needle).unwrap();
                let around: String = told.chars().skip(place.saturating_sub(150)).take(300).collect();
                let way: String = selection.chars().take(120).collect();
                telling.push(format!("{root} {way}…: …{around}…"));
            }
        }
    }
    (names, telling)
}

#[tokio::test]
async fn nothing_of_who_restricted_the_use_of_their_data_is_reached_by_any_way() {
    let two = two().await;
    let types = Types::read(&two.world).await;

    // While she allows it, the walk finds her everywhere: it would tell.
    let (names, telling) = walk(&two, &types, Role::Admin).await;
    let unseen = types.fields.keys().filter(|name| !names.contains(*name) && !name.ends_with("Payload"));
    let unseen: BTreeSet<&str> = unseen.map(String::as_str).collect();
    assert_eq!(
        unseen,
        ELSEWHERE.into(),
        "a type is not walked through: seed the world with one, or say why not"
    );
    assert!(telling.len() > 300, "{}", telling.len());
    for (role, ways) in [(Role::Analyst, 300), (Role::Sales, 300), (Role::Frontend, 50)] {
        let (_, telling) = walk(&two, &types, role).await;
        assert!(telling.len() > ways, "{role:?}: {}", telling.len());
    }

    let zita = two.world.ask(r#"{ profile(by: { email: "zita@example.com" }) { id } }"#).await;
    let ask = format!(
        "mutation {{ receiveSubjectRequest(kind: RESTRICTION, profile: {}) {{ subjectRequest {{ id }} }} }}",
        zita["profile"]["id"]
    );
    let request = two.world.ask(&ask).await["receiveSubjectRequest"]["subjectRequest"]["id"].take();
    two.world
        .ask(&format!("mutation {{ fulfilSubjectRequest(id: {request}) {{ errors {{ message }} }} }}"))
        .await;
    two.world.profiles.work_on_requests().await.unwrap();
    for role in [Role::Analyst, Role::Sales, Role::Frontend] {
        let (_, telling) = walk(&two, &types, role).await;
        assert!(telling.is_empty(), "{role:?}: {} ways\n{}", telling.len(), telling.join("\n"));
    }
}
