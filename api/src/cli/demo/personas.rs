//! Two personas, as an administrator would begin with.

use profiles::{
    Profiles,
    likeness::{Mark, NewPersona},
};
use segments::Rule;
use serde_json::Value;

use super::queries::Asker;

/// So many customers allow to be compared.
const COMPARED: usize = 100;
const ACTOR: &str = "demo";

/// Each with its key, name, what it means, and its marks with their weights.
type Persona = (&'static str, &'static str, &'static str, [(&'static str, f64); 3]);
const PERSONAS: [Persona; 2] = [
    (
        "regular",
        "Regular",
        "Comes again and again, and not for the price.",
        [
            ("count of orders >= 3", 3.0),
            ("last order within the last 180 days", 2.0),
            (r#"did "Email Opened" at least 2 times"#, 1.0),
        ],
    ),
    (
        "window-shopper",
        "Window shopper",
        "Reads what we send and buys little.",
        [("count of orders <= 1", 2.0), (r#"did "Email Opened""#, 2.0), (r#"did "Email Link Clicked""#, 1.0)],
    ),
];

/// Defines both.
pub(super) async fn define(profiles: &Profiles) -> anyhow::Result<()> {
    for (key, name, description, marks) in PERSONAS {
        let marks = marks.into_iter().map(|(rule, weight)| {
            let rule = Rule::parse(rule).map_err(|error| anyhow::anyhow!("{rule}: {error}"))?;
            Ok(Mark { rule, weight })
        });
        let new = NewPersona {
            key: key.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            threshold: 0.5,
            marks: marks.collect::<anyhow::Result<_>>()?,
        };
        profiles.define_persona(new, ACTOR).await?;
    }
    Ok(())
}

/// Has some customers allow to be compared: without that nobody is like anybody.
pub(super) async fn allow(asker: &Asker) -> anyhow::Result<()> {
    let query = format!(
        "{{ profiles(first: {COMPARED}, orderBy: {{ field: ORDERS, direction: DESC }}) {{ nodes {{ id }} }} }}"
    );
    let found = asker.ask(&query, Value::Null).await?;
    for node in found["profiles"]["nodes"].as_array().into_iter().flatten() {
        let allow = format!(
            r#"mutation {{ recordConsent(profile: {}, input: {{ purpose: "profiling", method: "demo" }}) {{ errors {{ message }} }} }}"#,
            node["id"]
        );
        asker.ask(&allow, Value::Null).await?;
    }
    Ok(())
}
