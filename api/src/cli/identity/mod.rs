//! `rondom identity`: who is the same person.

mod dedupe;
mod evaluate;
mod inputs;
mod train;

use clap::{Args, Subcommand};

/// Find out who is the same person, and how well that is known
#[derive(Debug, Args)]
pub(super) struct Identity {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dedupe(dedupe::Dedupe),
    Evaluate(evaluate::Evaluate),
    Train(train::Train),
}

pub(super) async fn run(args: Identity) -> anyhow::Result<()> {
    match args.command {
        // It computes from begin to end: not on a thread that others wait for.
        Command::Dedupe(args) => tokio::task::spawn_blocking(move || dedupe::run(&args)).await?,
        Command::Evaluate(args) => evaluate::run(args).await,
        Command::Train(args) => train::run(args).await,
    }
}
