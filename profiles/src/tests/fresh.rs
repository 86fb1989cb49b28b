//! Trying a test in many random worlds, each in databases of its own.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::support::Scratch;
use crate::Profiles;

/// How many worlds are tried on SQLite and on PostgreSQL, where making a database takes longer.
const ON_SQLITE: usize = 25;
const ON_POSTGRES: usize = 6;

/// Worlds that are the same at every run.
fn some<S: Strategy>(strategy: &S, seed: u8, count: usize) -> Vec<S::Value> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Gives each world fresh databases: so many of them, all SQLite, or all PostgreSQL. The test says whether the world
/// was one to learn from; at least `of_use` must be.
pub(super) async fn in_fresh<S: Strategy, const N: usize>(
    strategy: S,
    seed: u8,
    of_use: usize,
    test: impl AsyncFn([&Profiles; N], &S::Value) -> bool,
) where
    S::Value: std::fmt::Debug,
{
    let useful = AtomicUsize::new(0);
    let tell = |useful_one: bool| useful.fetch_add(usize::from(useful_one), Ordering::Relaxed);
    for (place, world) in some(&strategy, seed, ON_SQLITE).iter().enumerate() {
        eprintln!("world {place}: {world:?}");
        let mut scratch = Vec::new();
        for _ in 0..N {
            scratch.push(Scratch::sqlite().await);
        }
        tell(test(std::array::from_fn(|place| &scratch[place].profiles), world).await);
        if place >= ON_POSTGRES {
            continue;
        }
        let mut scratch = Vec::new();
        for _ in 0..N {
            scratch.extend(Scratch::postgres().await);
        }
        if scratch.len() == N {
            test(std::array::from_fn(|place| &scratch[place].profiles), world).await;
        }
        for scratch in scratch {
            scratch.close().await;
        }
    }
    let useful = useful.into_inner();
    assert!(useful >= of_use, "only {useful} worlds were of use");
}
