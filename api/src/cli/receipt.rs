//! `rondom receipt`: checking what an erasure promised. Needs no database.

use std::path::PathBuf;

use anyhow::{Context, bail};
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
        /// The public key of who should have signed it, in hexadecimal digits. Anybody can sign with a key of their own
        /// and put it into the file: without this nothing is proved, and the command fails
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// Be content that nothing was changed since it was signed, whoever signed it
        #[arg(long, conflicts_with = "key")]
        any_key: bool,
    },
    /// Write the public key that this installation signs with
    Key {
        #[command(flatten)]
        store: StoreArgs,
    },
}

pub(super) async fn run(args: Receipt) -> anyhow::Result<()> {
    match args.command {
        Command::Verify { file, key, any_key } => {
            let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let receipt = receipt::verify(&text, key.as_deref())?;
            out::json(&receipt.said)?;
            Ok(out::line(verdict(&receipt.key, key.is_some(), any_key)?)?)
        }
        Command::Key { store } => {
            let profiles = open::existing(&open::settings(store)?).await?;
            Ok(out::line(profiles.receipt_key())?)
        }
    }
}

/// What a signature that fits proves. Whose the key is nobody learns from the file itself.
fn verdict(key: &str, expected: bool, any_key: bool) -> anyhow::Result<String> {
    if expected {
        return Ok(format!("genuine: signed with the expected key {key}"));
    }
    let unchanged = format!("unchanged since it was signed with {key}");
    if !any_key {
        bail!("{unchanged}; whose key that is was not checked: give it with --key");
    }
    Ok(format!("{unchanged}; whose key that is was not checked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_expected_key_makes_a_receipt_genuine() {
        assert_eq!(verdict("ab12", true, false).unwrap(), "genuine: signed with the expected key ab12");
        let told = verdict("ab12", false, false).unwrap_err().to_string();
        assert!(
            told.starts_with("unchanged since it was signed with ab12; whose key that is was not"),
            "{told}"
        );
        assert!(told.ends_with("give it with --key"), "{told}");
        let told = verdict("ab12", false, true).unwrap();
        assert!(told.contains("was not checked") && !told.contains("genuine"), "{told}");
    }
}
