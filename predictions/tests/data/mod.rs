//! CDNOW, where it is at hand: `RONDOM_DATA` names the folder of data (default `../shared/data`, seen from the project's).
#![expect(clippy::print_stdout, reason = "who runs tests wants to know what was not tested")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use predictions::evidence::{Transaction, Transactions};

/// The mornings after weeks 39 and 78, in days since the first of January 1997.
pub(crate) const TRAINED: i64 = 7 * 39;
/// See [`TRAINED`].
pub(crate) const KNOWN: i64 = 7 * 78;

/// A file, or a word on its being skipped.
pub(crate) fn read(file: &str) -> Option<String> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let path = std::env::var_os("RONDOM_DATA").map_or_else(default, PathBuf::from).join("cdnow").join(file);
    let text = std::fs::read_to_string(&path);
    if text.is_err() {
        println!("SKIPPED: {} cannot be read; set RONDOM_DATA to the folder of data", path.display());
    }
    text.ok()
}

/// The published sample of a tenth, and all others.
pub(crate) fn sample_and_others() -> Option<[Transactions; 2]> {
    let (sample, master) = (read("CDNOW_sample.txt")?, read("CDNOW_master.txt")?);
    // The sample says first which customer of the master file it is.
    let sampled = sample.lines().filter_map(|line| Some((numbered(line)?, line)));
    let ids: BTreeSet<usize> = sampled.clone().map(|(id, _)| id).collect();
    let others = master.lines().skip(1).filter_map(|line| Some((numbered(line)?, line)));
    let others = others.filter(|(id, _)| !ids.contains(id));
    let of = |rows: &mut dyn Iterator<Item = Transaction>| Transactions::new(rows).expect("purchases");
    Some([of(&mut sampled.map(transaction)), of(&mut others.map(transaction))])
}

fn numbered(line: &str) -> Option<usize> {
    line.split_whitespace().next().map(|id| id.parse().expect("a number"))
}

/// The last three columns are the date, the number of CDs and the amount.
fn transaction((customer, line): (usize, &str)) -> Transaction {
    let mut fields = line.split_whitespace().rev();
    let amount = fields.next().and_then(|amount| amount.parse().ok()).expect("an amount");
    let date = fields.nth(1).and_then(|date| date.parse().ok()).expect("a date");
    Transaction { customer, time: day(date), amount }
}

/// Days since the first of January 1997 of a date as in 19970131.
fn day(date: u32) -> f64 {
    const BEFORE: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let month = usize::try_from(date / 100 % 100).expect("a month");
    f64::from(365 * (date / 10_000 - 1997) + BEFORE[month - 1] + date % 100 - 1)
}
