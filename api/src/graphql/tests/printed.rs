//! The schema as it is printed.

use serde_json::Value;

use super::World;
use crate::graphql::sdl;

#[test]
fn the_printed_schema_is_the_committed_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == sdl(),
        "api/schema.graphql is not the schema any more; bring it up to date with\n\n    cargo run -- schema > api/schema.graphql\n"
    );
}

#[tokio::test]
async fn everything_in_it_is_described() {
    let query = "{ __schema { types { name description
        fields { name description args { name description } }
        inputFields { name description } enumValues { name description } } } }";
    let schema = World::empty().await.ask(query).await;
    let mut bare = Vec::new();
    for kind in schema["__schema"]["types"].as_array().unwrap() {
        if !kind["name"].as_str().unwrap().starts_with("__") {
            undescribed(kind, "", &mut bare);
        }
    }
    assert_eq!(bare, [""; 0]);
}

/// Collects the paths of what has no description, here and below.
fn undescribed(thing: &Value, above: &str, bare: &mut Vec<String>) {
    let path = format!("{above}/{}", thing["name"].as_str().unwrap());
    if thing["description"].as_str().is_none_or(str::is_empty) {
        bare.push(path.clone());
    }
    for below in ["fields", "args", "inputFields", "enumValues"] {
        for thing in thing[below].as_array().into_iter().flatten() {
            undescribed(thing, &path, bare);
        }
    }
}
