//! Paging that ends and skips nothing.

use serde::{Deserialize, Serialize};

/// Notices a source that hands out the same pages for ever, by Brent's cycle detection ("An improved Monte
/// Carlo factorization algorithm", BIT 20, 1980, §2): it remembers one page and moves on to a later one after
/// 1, 2, 4, 8, … pages, so it needs constant space in the cursor and catches a cycle of any length.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guard {
    /// The fingerprint of the remembered page, in hexadecimal.
    anchor: String,
    /// Pages since then.
    steps: u64,
    /// Pages after which a later one is remembered.
    power: u64,
}

impl Guard {
    /// Takes note of a page by what makes it different from others (the ids on it; the token that led to it
    /// where it is empty). `true`: this page has been here before.
    #[must_use]
    pub(crate) fn repeats<S: AsRef<str>>(&mut self, parts: impl IntoIterator<Item = S>) -> bool {
        let print = fingerprint(parts);
        if print == self.anchor {
            return true;
        }
        if self.steps == self.power {
            self.anchor = print;
            self.power = (self.power * 2).max(1);
            self.steps = 0;
        }
        self.steps += 1;
        false
    }
}

/// FNV-1a of some texts, each ended by a byte that no text contains.
fn fingerprint<S: AsRef<str>>(parts: impl IntoIterator<Item = S>) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.as_ref().bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// Where to step back to when rows have vanished while we page by offset. They move every later row forward, so
/// one that we have not read slips onto a page that we have; the fall of the total says by how many. Rows
/// that appear are only read twice. Each step back is paid for by a fall of the total, so paging ends.
pub(crate) fn slipped(offset: u64, total_before: Option<u64>, total: u64) -> Option<u64> {
    let gone = total_before?.checked_sub(total).filter(|gone| *gone > 0 && offset > 0)?;
    Some(offset.saturating_sub(gone))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cycle_of_any_length_after_any_beginning_is_noticed(lead in 0_u32..40, length in 1_u32..40) {
            let mut guard = Guard::default();
            let pages = (0..lead).map(|n| format!("lead {n}"));
            let cycle = (0..length).map(|n| format!("cycle {n}")).cycle();
            let noticed = pages.chain(cycle).take(400).position(|page| guard.repeats([page]));
            prop_assert!(noticed.is_some_and(|at| at >= (lead + length) as usize));
        }

        #[test]
        fn pages_that_differ_are_never_called_a_repetition(pages in 1_u32..2000) {
            let mut guard = Guard::default();
            prop_assert!((0..pages).all(|n| !guard.repeats([n.to_string()])));
        }

        #[test]
        fn rows_that_vanish_while_we_page_make_us_skip_none(
            count in 1_usize..60,
            size in 1_usize..8,
            deletions in proptest::collection::vec((0_usize..20, 0_usize..60), 0..20),
        ) {
            let mut rows: Vec<usize> = (0..count).collect();
            let mut read = std::collections::BTreeSet::new();
            let (mut offset, mut before, mut page) = (0_u64, None, 0);
            loop {
                for (when, row) in &deletions {
                    if *when == page {
                        rows.retain(|r| r != row);
                    }
                }
                let at = usize::try_from(offset).unwrap().min(rows.len());
                let got = &rows[at..(at + size).min(rows.len())];
                read.extend(got.iter().copied());
                let total = rows.len() as u64;
                offset = slipped(offset, before, total).unwrap_or(offset + got.len() as u64);
                before = Some(total);
                page += 1;
                if offset >= total {
                    break;
                }
                prop_assert!(page < 1000);
            }
            prop_assert!(rows.iter().all(|row| read.contains(row)));
        }
    }
}
