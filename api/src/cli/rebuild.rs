//! `rondom rebuild`: everything derived is thrown away and derived again.

use super::{open, out, progress};
use crate::config::StoreArgs;

pub(super) async fn run(args: StoreArgs) -> anyhow::Result<()> {
    let config = open::settings(args)?;
    let (profiles, _) = open::prepared(&config).await?;
    open::audited(&profiles, "rebuild", None).await?;
    let waiting = progress::spinner("deriving every profile from the facts");
    profiles.adopt(config.ruleset()).await?;
    profiles.rebuild(profiles.now()).await?;
    waiting.finish_and_clear();
    let status = profiles.status().await?;
    out::counts(&[
        ("source identities", status.source_identities),
        ("profiles", status.profiles),
        ("orders", status.orders),
    ])?;
    Ok(())
}
