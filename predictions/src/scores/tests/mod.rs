//! What scores must never get wrong.

mod edges;
mod explaining;
mod keeping;
mod learning;

use super::chance::Chance;
use super::logistic::probability;
use super::{Method, Options, Scorer, Table, TreeOptions};

pub(super) const METHODS: [Method; 3] = [Method::Logistic, Method::Trees, Method::Blend];

pub(super) fn options(method: Method) -> Options {
    Options { method, ..Options::default() }
}

/// With so few trees that tests are quick.
pub(super) fn few_trees(method: Method) -> Options {
    let trees = TreeOptions { held: 0, rounds: 12, ..TreeOptions::default() };
    Options { method, trees, ..Options::default() }
}

/// Evenly between 0 and 1.
pub(super) fn share(chance: &mut Chance) -> f64 {
    const STEPS: u32 = 1 << 30;
    let step = u32::try_from(chance.below(STEPS as usize)).expect("below 2^30");
    f64::from(step) / f64::from(STEPS)
}

/// Customers whose outcome follows from what is known of them: it rises with visits, falls with tenure where the contract is
/// monthly, and is likelier where the number of tickets is missing; noise says nothing.
pub(super) fn customers(rows: usize, seed: u64) -> (Table, Vec<bool>) {
    let mut chance = Chance::new(seed);
    let mut table = Table::new(rows).expect("few rows");
    let mut column = || -> Vec<f64> { (0..rows).map(|_| share(&mut chance)).collect() };
    let (visits, tenure, tickets, kind, noise, fate) =
        (column(), column(), column(), column(), column(), column());
    let contracts = kind.iter().map(|kind| ["monthly", "monthly", "yearly", "biennial"][place(*kind, 4)]);
    let contracts: Vec<&str> = contracts.collect();
    let known: Vec<Option<f64>> =
        tickets.iter().map(|tickets| (*tickets > 0.2).then_some((tickets * 10.0).floor())).collect();
    let labels = (0..rows).map(|row| {
        let monthly = contracts[row] == "monthly";
        let log_odds = -2.0 + 3.0 * visits[row] - if monthly { 2.0 * tenure[row] } else { 0.0 }
            + if known[row].is_none() { 1.0 } else { 0.0 };
        fate[row] < probability(log_odds)
    });
    let labels = labels.collect();
    table.numbers("visits", visits.iter().map(|visits| Some(100.0 * visits))).expect("numbers");
    table.numbers("tenure", tenure.iter().map(|tenure| Some((72.0 * tenure).floor()))).expect("numbers");
    table.numbers("tickets", known).expect("numbers");
    table.numbers("noise", noise.iter().map(|noise| Some(*noise))).expect("numbers");
    let missing = contracts.iter().zip(&noise).map(|(contract, noise)| (*noise < 0.9).then_some(*contract));
    table.levels("contract", missing).expect("levels");
    table
        .levels("gender", kind.iter().map(|kind| Some(["f", "m"][place(kind * 7.0 % 1.0, 2)])))
        .expect("levels");
    (table, labels)
}

/// Which of so many, by a share of 1.
pub(super) fn place(share: f64, of: usize) -> usize {
    (0_u32..)
        .zip(0..of)
        .take_while(|(number, _)| share * super::features::count(of) >= f64::from(*number))
        .count()
        .max(1)
        - 1
}

/// The share of pairs of a positive and a negative that are in order.
pub(super) fn auc(scorer: &Scorer, table: &Table, labels: &[bool]) -> f64 {
    let scores: Vec<f64> =
        scorer.scores(table, 2).expect("scores").iter().map(|score| score.probability).collect();
    crate::evidence::metrics::auc(&scores, labels).expect("two classes")
}
