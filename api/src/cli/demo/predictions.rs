//! What customers will do: learned, tested on the past, and shown of one who allows it.

use profiles::Profiles;
use serde_json::Value;

use super::{queries::Asker, sample::Shown};
use crate::cli::out;

const ACTOR: &str = "demo";

/// Learns from everybody's purchases, where there are enough, and tells how good that is.
pub(super) async fn learn(profiles: &Profiles) -> anyhow::Result<()> {
    let version = match profiles.train_predictions(None, true, ACTOR).await {
        Ok(version) => version,
        Err(error @ profiles::Error::Conflict(_)) => {
            return Ok(out::line(format_args!("\nNo predictions: {error}"))?);
        }
        Err(error) => return Err(error.into()),
    };
    let learned = &version.learned;
    out::line(format_args!(
        "\nLearned from {} customers what they will buy ({}); who buys nothing for {} days counts as lost",
        out::thousands(learned.data.customers),
        learned.model,
        learned.horizon
    ))?;
    let figures = learned.evidence.iter().flat_map(|evidence| &evidence.figures);
    let told = figures.filter_map(|figure| {
        let meaning = match figure.name.as_str() {
            "auc" => "who comes again, 0.5 for a coin",
            "value_capture" => "what the tenth of the greatest value paid of all that was paid",
            _ => return None,
        };
        let baseline = figure.baseline.map(|baseline| format!("a simple rule {baseline:.2}"));
        Some([
            figure.name.clone(),
            format!("{:.2}", figure.value),
            baseline.unwrap_or_default(),
            meaning.to_owned(),
        ])
    });
    Ok(out::indented(&told.collect::<Vec<_>>())?)
}

/// Has the person who is shown allow predictions: without that there are none.
pub(super) async fn allow(asker: &Asker, shown: &Shown) -> anyhow::Result<()> {
    let allow = format!(
        r#"mutation {{ recordConsent(profile: "{}", input: {{ purpose: "profiling", method: "demo" }}) {{ errors {{ message }} }} }}"#,
        shown.id
    );
    asker.ask(&allow, Value::Null).await.map(drop)
}
