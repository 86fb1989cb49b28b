//! `rondom migrate`: the database gets the schema of this program.

use super::{open, out};
use crate::config::StoreArgs;

pub(super) async fn run(args: StoreArgs) -> anyhow::Result<()> {
    let config = open::settings(args)?;
    let (_, applied) = open::prepared(&config).await?;
    for name in &applied {
        out::line(format_args!("applied {name}"))?;
    }
    if applied.is_empty() {
        out::line("the database is up to date")?;
    }
    Ok(())
}
