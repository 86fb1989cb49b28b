//! What customers will do: learned, tested on the past, and shown of one who allows it.

use profiles::{Profiles, insights::Kind};
use serde_json::Value;
use tokio::sync::watch;

use super::{queries::Asker, sample::Shown};
use crate::cli::out;

const ACTOR: &str = "demo";

/// Learns from everybody's purchases, where there are enough, and tells how good that is.
pub(super) async fn learn(profiles: &Profiles) -> anyhow::Result<()> {
    let training = profiles.request_training(&[Kind::Purchases], None, true, ACTOR).await?;
    let (_running, stop) = watch::channel(false);
    let training = profiles.work_on_training(training.id, stop).await?;
    let step = training.steps.first();
    let Some(version) = step.and_then(|step| step.version) else {
        let why = step.and_then(|step| step.why.as_deref()).unwrap_or_default();
        return Ok(out::line(format_args!("\nNo predictions: {why}"))?);
    };
    let about = profiles.model_learned(version).await?.about;
    out::line(format_args!(
        "\nLearned from {} customers what they will buy ({}); who buys nothing for {} days counts as lost",
        out::thousands(about.data.customers),
        about.method,
        about.horizon.unwrap_or_default()
    ))?;
    let figures = about.evidence.iter().flat_map(|evidence| &evidence.figures);
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
