//! What tests of these commands share: small files, and customers who buy by a known law.

use std::path::{Path, PathBuf};

use crate::cli::predict::days::Day;

pub(super) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file with this text.
    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// The arguments of a command, as they are typed.
pub(super) fn typed<A: clap::Args>(path: &Path, options: &str) -> A {
    let command = A::augment_args(clap::Command::new("rondom"));
    let words = ["rondom"].into_iter().map(std::ffi::OsString::from);
    let words = words.chain([path.into()]).chain(options.split_whitespace().map(Into::into));
    A::from_arg_matches(&command.try_get_matches_from(words).unwrap()).unwrap()
}

/// Data of others, or a word on its being skipped: `RONDOM_DATA` names the folder (default `../shared/data`, seen from the
/// project's).
pub(super) fn data(file: &str) -> Option<PathBuf> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let path = std::env::var_os("RONDOM_DATA").map_or_else(default, PathBuf::from).join(file);
    if !path.exists() {
        eprintln!("SKIPPED: {} cannot be read; set RONDOM_DATA to the folder of data", path.display());
        return None;
    }
    Some(path)
}

/// Chance from a seed: xorshift64* (Vigna 2016).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    /// Evenly between 0 and 1.
    pub(super) fn even(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = u32::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32).unwrap();
        (f64::from(bits) + 0.5) / 4_294_967_296.0
    }

    pub(super) fn below(&mut self, bound: u32) -> u32 {
        (0..bound).rev().find(|least| self.even() * f64::from(least + 1) < 1.0).unwrap_or(0)
    }
}

/// Purchases in 2025, `customer,date,item,amount`: everybody has a pace, a taste and a purse of their own, and after each
/// purchase one in ten leaves for good.
pub(super) fn purchases(customers: u32) -> Vec<String> {
    let mut chance = Chance(7);
    let mut rows = Vec::new();
    let start = "2025-01-01".parse::<Day>().unwrap();
    for customer in 0..customers {
        let pace = 5.0 + 60.0 * chance.even();
        let purse = 10.0 + 40.0 * chance.even();
        let taste = chance.below(5);
        let mut day = 120.0 * chance.even();
        while day < 365.0 {
            for _ in 0..2 {
                let item = if chance.even() < 0.8 { 8 * taste + chance.below(8) } else { chance.below(40) };
                let amount = purse * (0.5 + chance.even());
                let date = Day(start.0 + Day::of(day).0);
                rows.push(format!("c{customer},{date},i{item},{amount:.2}"));
            }
            if chance.even() < 0.1 {
                break;
            }
            day += 1.0 - pace * chance.even().ln();
        }
    }
    rows
}

/// A file of such purchases.
pub(super) fn csv(headings: &str, rows: &[String]) -> String {
    [headings.to_owned()].iter().chain(rows).flat_map(|row| [row.as_str(), "\n"]).collect()
}
