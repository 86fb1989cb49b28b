//! What learned policies are worth on Hillstrom's e-mail experiment, and what a decision costs.
//!
//! `cargo bench -p predictions --bench actions`, with the folder of data in `RONDOM_DATA`.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::error::Error;
use std::time::Instant;

use predictions::actions::{
    Action, Candidate, Catalogue, Chooses, Estimate, Evaluation, Learned, Outcome, Policy, Rehearsal,
    Situation,
};
use predictions::evidence::{Bootstrap, Interval};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use uuid::Uuid;

#[path = "../tests/data/hillstrom.rs"]
mod hillstrom;

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(played) = hillstrom::played() {
        for chooses in [Chooses::Greatest, Chooses::Draw] {
            let start = Instant::now();
            let rehearsal = Rehearsal::of(&hillstrom::catalogue(), &played, 5, chooses)?;
            let against = rehearsal.log.against_fixed(|row, action| rehearsal.target[row][action])?;
            let seconds = start.elapsed().as_secs_f64();
            println!("Hillstrom, visits, {} customers, 5 folds, {chooses:?}: {seconds:.2} s", played.len());
            println!(
                "  {:22} {:36}{:36}{:36}effective",
                "", "doubly robust", "self-normalised", "inverse propensity"
            );
            told("learned policy", &against.policy);
            for (action, evaluation) in rehearsal.actions.iter().zip(&against.fixed) {
                told(&format!("always {action}"), evaluation);
            }
            let done = rehearsal.actions.iter().enumerate().map(|(at, action)| {
                let share = rehearsal.target.iter().map(|row| row[at]).sum::<f64>() / 64_000.0;
                format!("{action} {:.1} %", 100.0 * share)
            });
            println!("  what it does: {}", done.collect::<Vec<_>>().join(", "));
            println!("  {}", against.sentence(&rehearsal.actions[against.best]));
        }
        println!("Qini of women's against none");
        let start = Instant::now();
        for (what, qini) in hillstrom::qinis(&played, &Bootstrap::new(7)) {
            let interval = qini.interval.ok_or("no interval")?;
            println!("  {what:22} {}", number(Estimate { value: qini.coefficient, interval }));
        }
        println!("  in {:.2} s", start.elapsed().as_secs_f64());
    }
    speed()
}

fn told(what: &str, evaluation: &Evaluation) {
    let Evaluation { doubly_robust, self_normalised, inverse_propensity, effective, thin, .. } = evaluation;
    let normalised = self_normalised.map_or_else(String::new, number);
    let (robust, inverse) = (number(*doubly_robust), number(*inverse_propensity));
    println!("  {what:22} {robust:36}{normalised:36}{inverse:36}{effective:.0}");
    for warning in thin {
        println!("    {warning}");
    }
}

fn number(Estimate { value, interval: Interval { low, high } }: Estimate) -> String {
    format!("{value:.5} ({low:.5} to {high:.5})")
}

const ACTIONS: u128 = 50;
const FEATURES: usize = 20;
const OUTCOMES: u128 = 100_000;

/// Fifty actions, each with outcomes of its own.
fn speed() -> Result<(), Box<dyn Error>> {
    let mut chance = ChaCha8Rng::seed_from_u64(3);
    let mut uniform = || f64::from(chance.next_u32()) / f64::from(u32::MAX);
    let name = |number: u128| format!("action {number}");
    let mut outcomes = Vec::new();
    for number in 0..OUTCOMES {
        let features: Vec<f64> = (0..FEATURES).map(|_| 2.0 * uniform() - 1.0).collect();
        let place = usize::try_from(number % ACTIONS)?;
        let log_odds = features[place % FEATURES] + 0.5 * features[(place + 7) % FEATURES] - 2.0;
        let accepted = uniform() < 1.0 / (1.0 + (-log_odds).exp());
        outcomes.push(Outcome {
            decision: Uuid::from_u128(number),
            action: name(number % ACTIONS),
            features,
            accepted,
        });
    }
    let start = Instant::now();
    let learned = Learned::of(outcomes)?;
    println!("Speed, one thread");
    println!(
        "  learned {OUTCOMES} outcomes of {ACTIONS} actions, {FEATURES} features: {:.2} s",
        start.elapsed().as_secs_f64()
    );
    for (what, learned) in [("scored by customer", learned), ("scored by rate", Learned::default())] {
        let action = |number| Action { benefit: 10.0, cost: 0.5, ..Action::new(name(number)) };
        let actions: Vec<Action> = (0..ACTIONS).map(action).collect();
        let catalogue = Catalogue { actions, weekly: [].into(), control: 0.0, seed: 1 };
        let policy = Policy::new(catalogue, learned)?;
        let candidate = |number| Candidate { action: name(number), barred: None, stock: None };
        let candidates: Vec<Candidate> = (0..ACTIONS).map(candidate).collect();
        let mut times = Vec::new();
        let mut error = 0.0_f64;
        for number in 0..2_000 {
            let situation = Situation {
                id: Uuid::from_u128(number),
                customer: Uuid::from_u128(number),
                at: 0,
                features: (0..FEATURES).map(|_| 2.0 * uniform() - 1.0).collect(),
                candidates: candidates.clone(),
                contacts: Vec::new(),
                responses: Vec::new(),
            };
            let start = Instant::now();
            let decided = policy.decide(&situation)?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
            error = error.max(decided.propensity.error / decided.propensity.value);
        }
        times.sort_by(f64::total_cmp);
        println!(
            "  one decision, {ACTIONS} actions, {what}: median {:.0} µs, p99 {:.0} µs; propensity within {:.1} % of its value",
            times[1_000],
            times[1_980],
            100.0 * error
        );
    }
    Ok(())
}
