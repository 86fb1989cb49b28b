//! What customers will do: learned, tested on the past, and shown of one who allows it.

use profiles::{
    Profiles,
    insights::{About, Kind},
};
use serde_json::Value;
use tokio::sync::watch;

use super::{queries::Asker, sample::Shown};
use crate::cli::out;

const ACTOR: &str = "demo";

/// Learns from everybody's purchases, where there are enough, and tells how good that is.
pub(super) async fn learn(profiles: &Profiles) -> anyhow::Result<()> {
    let Some(about) = learned(profiles, Kind::Purchases, "predictions").await? else { return Ok(()) };
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
    out::indented(&told.collect::<Vec<_>>())?;
    let Some(about) = learned(profiles, Kind::Recommendations, "recommendations").await? else {
        return Ok(());
    };
    let (lines, customers) = (about.data.observations, about.data.customers);
    Ok(out::line(format_args!(
        "\nLearned from {} order lines of {} customers what they are interested in, and what goes together",
        out::thousands(lines),
        out::thousands(customers)
    ))?)
}

/// Learns one kind of model; without one it says why.
async fn learned(profiles: &Profiles, kind: Kind, what: &str) -> anyhow::Result<Option<About>> {
    let training = profiles.request_training(&[kind], None, true, ACTOR).await?;
    let (_running, stop) = watch::channel(false);
    let training = profiles.work_on_training(training.id, stop).await?;
    let step = training.steps.first();
    if let Some(version) = step.and_then(|step| step.version) {
        return Ok(Some(profiles.model_learned(version).await?.about));
    }
    let why = step.and_then(|step| step.why.as_deref()).unwrap_or_default();
    out::line(format_args!("\nNo {what}: {why}"))?;
    Ok(None)
}

/// Has the person who is shown allow predictions: without that there are none.
pub(super) async fn allow(asker: &Asker, shown: &Shown) -> anyhow::Result<()> {
    let allow = format!(
        r#"mutation {{ recordConsent(profile: "{}", input: {{ purpose: "profiling", method: "demo" }}) {{ errors {{ message }} }} }}"#,
        shown.id
    );
    asker.ask(&allow, Value::Null).await.map(drop)
}
