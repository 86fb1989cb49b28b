use clap::Args;

use crate::{
    cli::{open, out},
    config::StoreArgs,
};

/// Learn a model of who is the same person from the records in the database
///
/// The model is kept under a number and changes nothing by itself. Name it in the rules, as `model` under
/// `[identity]` in the configuration or with the mutation `applyIdentityRules`; `previewIdentityRules` tells beforehand
/// what that would change.
#[derive(Debug, Args)]
pub(super) struct Train {
    /// Write the report as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    store: StoreArgs,
}

/// Under which name a model learned here is kept.
const ACTOR: &str = "rondom identity train";

pub(super) async fn run(args: Train) -> anyhow::Result<()> {
    let config = open::settings(args.store)?;
    let profiles = open::existing(&config).await?;
    open::audited(&profiles, "identity train", None).await?;
    let trained = profiles.train_model(ACTOR).await?;
    let report = &trained.report;
    if args.json {
        let whole =
            serde_json::json!({ "model": trained.version, "labels": trained.labels, "report": report });
        return Ok(out::json(&whole)?);
    }
    out::counts(&[
        ("records", report.records),
        ("pairs compared", report.candidates),
        ("decided pairs learned from", trained.labels as u64),
        ("rounds", u64::from(report.rounds)),
    ])?;
    out::table(
        &report
            .expected_pairs
            .iter()
            .map(|class| {
                let name = serde_json::to_value(class.class)
                    .map(|name| name.as_str().unwrap_or_default().to_owned());
                [name.unwrap_or_default(), format!("{:.0} pairs expected", class.pairs)]
            })
            .collect::<Vec<_>>(),
    )?;
    Ok(out::line(format!(
        "model {} is kept; it comes into force when the rules name it: identity.model = {0}",
        trained.version
    ))?)
}
