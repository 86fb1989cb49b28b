//! Partial answers: the `fields`, `exclude_fields` and `_fields` parameters, which name parts by dotted paths.

use serde_json::{Map, Value};

/// Keeps only the named parts; a path through an array applies to each of its items.
pub(crate) fn keep(value: &Value, paths: &[&str]) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| keep(item, paths)).collect(),
        Value::Object(object) => {
            let mut kept = Map::new();
            for (name, part) in object {
                let below: Vec<&str> = paths.iter().filter_map(|path| beneath(path, name)).collect();
                if below.contains(&"") {
                    kept.insert(name.clone(), part.clone());
                } else if !below.is_empty() {
                    kept.insert(name.clone(), keep(part, &below));
                }
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

/// Removes the named parts.
pub(crate) fn without(value: &mut Value, paths: &[&str]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, paths)),
        Value::Object(object) => {
            object.retain(|name, _| !paths.contains(&name.as_str()));
            for (name, part) in object {
                let below: Vec<&str> = paths.iter().filter_map(|path| beneath(path, name)).collect();
                if !below.is_empty() {
                    without(part, &below);
                }
            }
        }
        _ => {}
    }
}

/// The rest of the path below `name`; empty if the path ends there.
fn beneath<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(name)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('.') }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_reach_into_the_items_of_arrays() {
        let answer =
            json!({"members": [{"id": "a", "stats": {"open": 1, "click": 2}}], "total_items": 1, "x": 0});
        let expected = json!({"members": [{"stats": {"open": 1}}], "total_items": 1});
        assert_eq!(keep(&answer, &["members.stats.open", "total_items"]), expected);
        let mut rest = answer;
        without(&mut rest, &["members.stats", "x"]);
        assert_eq!(rest, json!({"members": [{"id": "a"}], "total_items": 1}));
    }
}
