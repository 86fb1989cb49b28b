use clap::Args;
use profiles::insights::{Learned, Verdict};
use serde_json::json;

use crate::{
    cli::{open, out},
    config::StoreArgs,
};

/// Learn from everybody's purchases what customers will buy
///
/// The model is kept under a number, with a back-test that says how good it is, and predicts from then on: the risk of churn
/// and the lifetime value of every profile, and segments that ask for `prediction churn_risk` or `prediction
/// lifetime_value`.
#[derive(Debug, Args)]
pub(super) struct Train {
    /// How many days ahead the risk of churn is looked for; twice the usual time between two purchases unless given
    #[arg(long, value_name = "DAYS")]
    horizon: Option<u32>,
    /// Only keep the model; the one in force goes on predicting
    #[arg(long)]
    keep: bool,
    /// Write the report as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    store: StoreArgs,
}

/// Under which name a model learned here is kept.
const ACTOR: &str = "rondom train";

pub(super) async fn run(args: Train) -> anyhow::Result<()> {
    let config = open::settings(args.store)?;
    let profiles = open::existing(&config).await?;
    open::audited(&profiles, "train", None).await?;
    let version = profiles.train_predictions(args.horizon, !args.keep, ACTOR).await?;
    let learned = &version.learned;
    if args.json {
        let whole = json!({ "version": version.version, "inForce": version.in_force, "learned": learned });
        return Ok(out::json(&whole)?);
    }
    out::counts(&[("customers", learned.data.customers), ("days of purchases", learned.data.purchases)])?;
    out::table(&described(learned))?;
    if let Some(evidence) = &learned.evidence {
        let heading = ["", "model", "95 % interval", "simple rule", "better"].map(str::to_owned);
        let figures = evidence.figures.iter().map(|figure| {
            let interval = figure.interval.map(|(low, high)| format!("{low:.3} to {high:.3}"));
            let better = figure.beats_baseline.map(|verdict| match verdict {
                Verdict::Yes => "yes",
                Verdict::No => "no",
                Verdict::Unclear => "unclear",
            });
            [
                figure.name.clone(),
                format!("{:.3}", figure.value),
                interval.unwrap_or_default(),
                figure.baseline.map(|baseline| format!("{baseline:.3}")).unwrap_or_default(),
                better.unwrap_or_default().to_owned(),
            ]
        });
        out::table(&[heading].into_iter().chain(figures).collect::<Vec<_>>())?;
    } else {
        out::line("too short a time is known to test it on the past")?;
    }
    let told = if version.in_force { "predicts now" } else { "is kept; `promoteModel` has it predict" };
    Ok(out::line(format!("model {} {told}", version.version))?)
}

fn described(learned: &Learned) -> Vec<[String; 2]> {
    let parameters = learned.parameters().into_iter().map(|(name, value)| format!("{name} {value:.4}"));
    let mut rows = vec![
        ["model".to_owned(), learned.model.clone()],
        ["parameters".to_owned(), parameters.collect::<Vec<_>>().join(", ")],
        ["purchases".to_owned(), format!("{} to {}", learned.data.from, learned.data.to)],
        ["horizon".to_owned(), format!("{} days", learned.horizon)],
    ];
    if let Some(interval) = learned.usual_interval {
        rows.push(["usual time between purchases".to_owned(), format!("{interval:.1} days")]);
    }
    if !learned.currency.is_empty() {
        rows.push(["currency".to_owned(), learned.currency.clone()]);
    }
    rows
}
