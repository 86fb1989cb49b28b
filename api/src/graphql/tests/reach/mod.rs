//! What may be reached: the whole schema is walked from every root by way of every field, and nothing of who restricted
//! the use of their data comes back.

mod world;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use profiles::access::Role;
use serde_json::Value;

use self::world::{Two, two};
use super::World;

/// What marks everything that is Zita's alone, wherever it stands.
const NEEDLES: [&str; 6] = ["zita", "zq7", "6204177", "7310.55", "2023-03-07", "7777"];

/// The types that this world has none of. Those above tell of nobody; of the others, candidates have a test of their own
/// (they need a model), what was rejected is shown to administrators alone, `me` to visitors alone, and who enters a segment
/// is told to those who follow it; what destinations are sent has a test of its own, and so has
/// what is predicted, as models are learned from more people than there are here, and what is kept of choices of actions.
const ELSEWHERE: [&str; 53] = [
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
    "SegmentChange",
    "Delivery",
    "DeliveryConnection",
    "DeliveryEdge",
    "Destination",
    "DestinationPreview",
    "ModelVersion",
    "Training",
    "TrainingStep",
    "Insights",
    "RiskDistribution",
    "RiskBin",
    "ValueDistribution",
    "ValueTenth",
    "PredictionDriver",
    "HighValue",
    "HighValueMark",
    "ModelParameter",
    "Backtest",
    "ModelMetric",
    "CalibrationBin",
    "LiftDecile",
    "PredictionReason",
    "Recommendation",
    "RecommendationReason",
    "RelatedProduct",
    "ValueInterval",
    "ExcludedAction",
    "ActionDecision",
    "ReportedOutcome",
    "PolicyValue",
    "PolicyEstimate",
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
    if of == "Profile" && name == "propensity" {
        return r#"(category: "mugs")"#.to_owned();
    }
    if of == "Segment" && name == "overlap" {
        return r#"(with: "near")"#.to_owned();
    }
    if of == "Segment" && name == "sizeHistory" {
        return r#"(from: "2024-01-01T00:00:00Z", to: "2026-12-01T00:00:00Z", points: 3)"#.to_owned();
    }
    if of == "Recommendations" && name == "whyNot" {
        return r#"(product: "Product:00000000-0000-0000-0000-000000000000")"#.to_owned();
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
            // What all segments lead to is too much at once; what one leads to is asked for, too.
            if root == "segments" && answer["errors"][0]["message"] == "Query is too complex." {
                continue;
            }
            for error in answer["errors"].as_array().into_iter().flatten() {
                let code = &error["extensions"]["code"];
                assert!(code == "FORBIDDEN" || code == "NOT_FOUND", "{role:?}: {error}: {root} {selection}");
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
    let fields = two.world.ask("{ __schema { queryType { fields { name } } } }").await;
    for field in fields["__schema"]["queryType"]["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap();
        let begins = |root: &&(String, String)| text_before(&root.0) == name;
        // What tells of no person, of a visitor alone, or to administrators what a destination is told.
        let is_else = [
            "connector",
            "me",
            "receiptKey",
            "destination",
            "deliveries",
            "previewDestination",
            "actionDecision",
        ]
        .contains(&name);
        assert!(is_else || two.roots.iter().find(begins).is_some(), "the walk never begins at {name}");
    }

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
