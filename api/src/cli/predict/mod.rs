//! `rondom predict`: what customers will do, from a file alone. No settings, no key and no database are needed.

mod churn;
mod days;
mod figures;
mod names;
mod recommend;
mod rows;
mod value;

#[cfg(test)]
mod scratch;

use clap::{Args, Subcommand};

/// Predict from files what customers will do, and show how good that is, without a database
#[derive(Debug, Args)]
pub(super) struct Predict {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Value(value::Value),
    Churn(churn::Churn),
    Recommend(recommend::Recommend),
}

pub(super) async fn run(args: Predict) -> anyhow::Result<()> {
    // They compute from begin to end: not on a thread that others wait for.
    tokio::task::spawn_blocking(move || match args.command {
        Command::Value(args) => value::run(&args),
        Command::Churn(args) => churn::run(&args),
        Command::Recommend(args) => recommend::run(&args),
    })
    .await?
}
