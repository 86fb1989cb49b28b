//! `rondom receipt`: checking what an erasure promised. Needs no database.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use profiles::privacy::receipt;

use super::{open, out};
use crate::config::StoreArgs;

/// Receipts of erasure: signed with Ed25519, to be checked by anybody.
#[derive(Debug, Args)]
pub(super) struct Receipt {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a receipt, and write what it says
    Verify {
        /// The file that holds it
        file: PathBuf,
        /// The public key of who should have signed it, in hexadecimal digits. Without it you learn only that nothing
        /// was changed since somebody signed it, and with which key
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
    },
    /// Write the public key that this installation signs with
    Key {
        #[command(flatten)]
        store: StoreArgs,
    },
}

pub(super) async fn run(args: Receipt) -> anyhow::Result<()> {
    match args.command {
        Command::Verify { file, key } => {
            let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let receipt = receipt::verify(&text, key.as_deref())?;
            out::json(&receipt.said)?;
            let whose = if key.is_some() { "the expected key" } else { "the key" };
            Ok(out::line(format!("genuine: signed with {whose} {}", receipt.key))?)
        }
        Command::Key { store } => {
            let profiles = open::existing(&open::settings(store)?).await?;
            Ok(out::line(profiles.receipt_key())?)
        }
    }
}
