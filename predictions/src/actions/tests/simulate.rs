//! Customers whose answers follow known probabilities, always the same ones.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use uuid::Uuid;

use crate::actions::{Action, Candidate, Catalogue, Outcome, Situation};

pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Between 0 and 1.
    pub(super) fn uniform(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / f64::from(u32::MAX)
    }

    pub(super) fn yes(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }
}

/// Actions named a, b, c … that bring 1.
pub(super) fn catalogue(actions: usize) -> Catalogue {
    let action = |name: char| Action { benefit: 1.0, ..Action::new(name) };
    Catalogue {
        actions: ('a'..='z').take(actions).map(action).collect(),
        weekly: [].into(),
        control: 0.0,
        seed: 5,
    }
}

/// In which all actions of a catalogue are possible.
pub(super) fn situation(catalogue: &Catalogue, number: u128, features: Vec<f64>) -> Situation {
    let candidate = |action: &Action| Candidate { action: action.id.clone(), barred: None, stock: None };
    Situation {
        id: Uuid::from_u128(number),
        customer: Uuid::from_u128(number),
        at: 1_000_000_000,
        features,
        candidates: catalogue.actions.iter().map(candidate).collect(),
        contacts: Vec::new(),
        responses: Vec::new(),
    }
}

pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Outcomes of the actions a and b in turn. Of two features, −1 to 1, a is accepted where the first is great, b where it is
/// small.
pub(super) fn outcomes(count: u128, seed: u64) -> Vec<Outcome> {
    let mut chance = Chance::new(seed);
    let one = |number: u128| {
        let features = vec![2.0 * chance.uniform() - 1.0, 2.0 * chance.uniform() - 1.0];
        let (action, slope) = if number.is_multiple_of(2) { ("a", 2.0) } else { ("b", -2.0) };
        let accepted = chance.yes(logistic(slope * features[0] - 1.0));
        Outcome { decision: Uuid::from_u128(number), action: action.to_owned(), features, accepted }
    };
    (0..count).map(one).collect()
}
