//! Drawing an archive as one readable file. Whatever is in it is escaped; nothing comes from elsewhere and nothing runs.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use profiles::privacy::Archive;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("../../assets/archive/style.css");

/// What the page may do: show itself in its own style, which is allowed by its digest.
pub(super) static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
});

/// The parts of an archive as a person reads them, with what they are.
const PARTS: [(&str, &str, &str); 22] = [
    ("person", "Who you are to us", "The profile that is held to be you."),
    ("knownAs", "Where you are known", "The records and names under which sources know you."),
    ("identifiers", "How you are recognised", "Addresses, numbers and ids that lead to you."),
    (
        "traits",
        "What is held to be true of you",
        "Of what sources say, the value that a rule chose, and the others.",
    ),
    ("corrections", "What you put right", "It stands against what sources say, until they say so too."),
    (
        "uses",
        "What your data may be used for",
        "Each purpose with its ground in the law, and whether it is allowed now.",
    ),
    (
        "statements",
        "What you allowed and refused",
        "Everything that was recorded about the use of your data.",
    ),
    ("totals", "What your orders come to", "By currency."),
    ("orders", "Your orders", "As they are now, returns included."),
    ("deals", "Deals that concern you", "Nothing is told of others whom they concern."),
    ("companies", "Companies that you belong to", ""),
    ("events", "What you did", "Messages opened, pages seen and the like, oldest first."),
    ("segments", "Groups that you are or were in", "Rules put people together by what is known of them."),
    ("lists", "Lists that somebody put you on", ""),
    (
        "actions",
        "What was suggested to be done for you",
        "Chosen by a machine, with all that each choice followed from.",
    ),
    ("household", "Your household", "Nothing is told of the others in it."),
    ("links", "Why these records are held to be yours", ""),
    ("decisions", "What people decided about who you are", ""),
    ("requests", "What you asked for", "With by when it must be answered."),
    (
        "records",
        "All that was delivered",
        "Every version of every record, as it was understood and as it came.",
    ),
    ("rejected", "What could not be understood", ""),
    ("about", "Your rights, and what the law wants you told", ""),
];

/// Parts that others wrote: shown as they came.
const AS_IT_CAME: [&str; 6] = ["delivered", "understood", "properties", "context", "details", "evidence"];

/// The page.
pub(crate) fn draw(archive: &Archive) -> serde_json::Result<String> {
    let made_at = archive.made_at.format("%F %H:%M UTC");
    let parts = serde_json::to_value(archive)?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta http-equiv="Content-Security-Policy" content=(*POLICY);
                title { "Your data" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Your data" }
                p { "As it was at " (made_at) ". Request " (archive.request) "." }
                p { (archive.about.note) }
                @for (name, title, lead) in PARTS {
                    @if let Some(part) = parts.get(name).filter(|part| !is_empty(part)) {
                        section {
                            h2 { (title) }
                            @if !lead.is_empty() { p { (lead) } }
                            (value(part))
                        }
                    }
                }
            }
        }
    };
    Ok(page.0)
}

fn is_empty(part: &Value) -> bool {
    part.as_array().is_some_and(Vec::is_empty) || part.as_object().is_some_and(Map::is_empty)
}

fn value(found: &Value) -> Markup {
    match found {
        Value::Null => html! { "–" },
        Value::Bool(true) => html! { "yes" },
        Value::Bool(false) => html! { "no" },
        Value::Number(number) => html! { (number) },
        Value::String(text) => html! { (text) },
        Value::Object(object) => fields(object),
        Value::Array(items) => list(items),
    }
}

fn fields(object: &Map<String, Value>) -> Markup {
    html! {
        dl {
            @for (key, found) in object {
                dt { (label(key)) }
                dd {
                    @if AS_IT_CAME.contains(&key.as_str()) { pre { (as_it_came(found)) } } @else { (value(found)) }
                }
            }
        }
    }
}

fn list(items: &[Value]) -> Markup {
    let objects: Option<Vec<&Map<String, Value>>> = items.iter().map(Value::as_object).collect();
    match objects {
        Some(objects) if !objects.is_empty() => {
            let is_plain = |found: &Value| !found.is_object() && !found.is_array();
            if objects.iter().all(|object| object.values().all(is_plain)) {
                return table(&objects);
            }
            html! { @for object in objects { div.card { (fields(object)) } } }
        }
        _ => html! { ul { @for item in items { li { (value(item)) } } } },
    }
}

fn table(rows: &[&Map<String, Value>]) -> Markup {
    // In the order of the first row that has each.
    let mut seen = BTreeSet::new();
    let columns: Vec<&String> =
        rows.iter().flat_map(|row| row.keys()).filter(|key| seen.insert(*key)).collect();
    html! {
        div.scroll {
            table {
                thead { tr { @for column in &columns { th scope="col" { (label(column)) } } } }
                tbody {
                    @for row in rows {
                        tr { @for column in &columns { td { @if let Some(found) = row.get(*column) { (value(found)) } } } }
                    }
                }
            }
        }
    }
}

fn as_it_came(found: &Value) -> String {
    match found {
        Value::String(text) => text.clone(),
        found => serde_json::to_string_pretty(found).unwrap_or_default(),
    }
}

/// `placedAt` as people write it.
fn label(key: &str) -> String {
    let mut words = String::with_capacity(key.len() + 4);
    for char in key.chars() {
        if char.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(char.to_ascii_lowercase());
    }
    words.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_somebody_wrote_is_text_and_no_markup() {
        let found =
            serde_json::json!({ "<b>": ["<script>alert(1)</script>"], "properties": { "x": "</pre><img>" } });
        let drawn = value(&found).0;
        for mark in ["<b>", "<script>", "<img>"] {
            assert!(!drawn.contains(mark), "{drawn}");
        }
        assert!(drawn.contains("&lt;script&gt;"), "{drawn}");
    }

    #[test]
    fn plain_rows_are_a_table_and_names_are_words() {
        let found = serde_json::json!([{ "placedAt": 1 }, { "placedAt": 2, "lost": true }]);
        let drawn = value(&found).0;
        for part in ["<th scope=\"col\">placed at</th>", "<td></td>", "<td>yes</td>"] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
    }
}
