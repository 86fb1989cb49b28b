//! The command line of `rondom`.
//!
//! One file a command. A command reads the configuration, opens the store ([`open`]), calls the application and writes
//! its answer to standard output ([`out`]); how far it is ([`progress`]) and what it logs goes to standard error. It
//! must never print a secret that it was not asked to make, and holds no logic that the API would need as well.

mod audit;
mod bench;
mod config;
mod connectors;
mod demo;
mod destinations;
mod files;
mod identity;
mod import;
mod keys;
mod migrate;
mod open;
mod out;
mod predict;
mod preferences;
mod progress;
mod rebuild;
mod receipt;
mod requests;
mod retention;
mod schema;
mod secret;
mod serve;
mod server;
mod state_hash;
mod status;
mod stop;
mod sync;
mod train;
mod write_keys;

use clap::{Parser, Subcommand};

use crate::config::{ConfigArgs, StoreArgs, settings_help};

/// Rondom: a customer data platform. One 360° profile of each customer, from every source you connect.
///
/// `rondom demo` shows it with made-up data. To use it: `rondom migrate`, `rondom connectors add`, `rondom serve`.
#[derive(Debug, Parser)]
#[command(name = "rondom", version, propagate_version = true)]
pub struct Rondom {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    /// Answer the API, run connectors on their schedule, derive profiles
    ///
    /// Prepares the database first. Needs an API key to exist, unless it listens on this machine alone: then it makes
    /// one and prints it. SIGINT or SIGTERM end it in good order. Any number of processes may serve one PostgreSQL
    /// database.
    #[command(after_long_help = settings_help())]
    Serve(Box<ConfigArgs>),
    Sync(sync::Sync),
    Import(import::Import),
    Identity(identity::Identity),
    Train(train::Train),
    Predict(predict::Predict),
    Status(status::Status),
    Connectors(connectors::Connectors),
    Destinations(destinations::Destinations),
    Keys(keys::Keys),
    WriteKeys(write_keys::WriteKeys),
    Preferences(preferences::Preferences),
    Audit(audit::Audit),
    Requests(requests::Requests),
    Receipt(receipt::Receipt),
    Retention(retention::Retention),
    /// Prepare the database: make it if it is a file, apply the migrations, make the secret key
    Migrate(StoreArgs),
    /// Throw away everything derived and derive it again from the facts
    Rebuild(StoreArgs),
    StateHash(state_hash::StateHash),
    /// Print the GraphQL schema
    Schema,
    Bench(bench::Bench),
    /// Show every setting that holds, and where it comes from
    #[command(after_long_help = settings_help())]
    Config(Box<ConfigArgs>),
}

impl Rondom {
    /// Runs the command to its end.
    ///
    /// # Errors
    /// Whatever kept the command from its end, in words for the person at the terminal.
    pub fn run(self) -> anyhow::Result<()> {
        tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(self.command.run())
    }
}

impl Command {
    async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Demo(args) => demo::run(args).await,
            Self::Serve(args) => serve::run(&args).await,
            Self::Sync(args) => sync::run(args).await,
            Self::Import(args) => Box::pin(import::run(args)).await,
            Self::Identity(args) => identity::run(args).await,
            Self::Train(args) => train::run(args).await,
            Self::Predict(args) => predict::run(args).await,
            Self::Status(args) => status::run(args).await,
            Self::Connectors(args) => connectors::run(args).await,
            Self::Destinations(args) => destinations::run(args).await,
            Self::Keys(args) => keys::run(args).await,
            Self::WriteKeys(args) => write_keys::run(args).await,
            Self::Preferences(args) => preferences::run(args).await,
            Self::Audit(args) => audit::run(args).await,
            Self::Requests(args) => requests::run(args).await,
            Self::Receipt(args) => receipt::run(args).await,
            Self::Retention(args) => retention::run(args).await,
            Self::Migrate(args) => migrate::run(args).await,
            Self::Rebuild(args) => rebuild::run(args).await,
            Self::StateHash(args) => state_hash::run(args).await,
            Self::Bench(args) => bench::run(args).await,
            Self::Schema => schema::run(),
            Self::Config(args) => config::run(&args),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Rondom::command().debug_assert();
    }
}
