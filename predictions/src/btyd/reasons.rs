//! Why a prediction is what it is: how much of its distance from the average customer's comes from which input.
//!
//! The contributions are those of Shapley, *A Value for n-Person Games* (1953): each input's effect when it is changed from
//! the average to the customer's, averaged over all orders in which the inputs can be changed. With three or four inputs all
//! orders are gone through, so nothing is sampled, and they add up to the prediction exactly.

use super::history::{Histories, History};

/// The average customer of a base.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Average {
    /// The mean number of repeat purchases. A prediction for 1.3 of them lies between those for 1 and 2.
    pub frequency: f64,
    /// The mean time since the last purchase.
    pub silence: f64,
    /// The mean time since the first purchase.
    pub age: f64,
    /// The mean spend, where it is known.
    pub spend: Option<f64>,
}

impl Average {
    /// Of a base, whose mean spend the caller knows or does not need.
    pub fn of(histories: &Histories, spend: Option<f64>) -> Self {
        Self {
            frequency: histories.mean(|history| f64::from(history.frequency())),
            silence: histories.mean(History::silence),
            age: histories.mean(History::age),
            spend,
        }
    }
}

/// A prediction, taken apart. `base + frequency + recency + age + spend = prediction`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reasons {
    /// What would be predicted for the average customer.
    pub base: f64,
    /// What having come again so often adds.
    pub frequency: f64,
    /// What having been here so lately adds: less than 0 after a long silence.
    pub recency: f64,
    /// What having been known for so long adds.
    pub age: f64,
    /// What spending so much adds.
    pub spend: f64,
    /// What is predicted for this customer.
    pub prediction: f64,
}

impl Reasons {
    /// Takes apart what `predict` says of a customer with this history and mean spend.
    ///
    /// Recency is looked at as the time since the last purchase, because that is what people mean by it ("last order 94 days
    /// ago"), and because it goes together with any age: who is given the average's silence and is younger than that has
    /// been silent for all their age.
    pub fn of(
        average: &Average,
        history: History,
        spend: Option<f64>,
        predict: impl Fn(History, Option<f64>) -> f64,
    ) -> Self {
        let predicted = |[frequency, recency, age, spends]: [bool; 4]| {
            let age = if age { history.age() } else { average.age };
            let silence = if recency { history.silence() } else { average.silence };
            let spend = if spends { spend } else { average.spend };
            let of = |frequency: u32| predict(History::fitting(frequency, age - silence, age), spend);
            if frequency {
                return of(history.frequency());
            }
            let (below, share) = parts(average.frequency);
            if share > 0.0 { (1.0 - share) * of(below) + share * of(below + 1) } else { of(below) }
        };
        let (values, [frequency, recency, age, spend]) = shapley(predicted);
        Self { base: values[0], frequency, recency, age, spend, prediction: values[values.len() - 1] }
    }
}

/// The whole number below a frequency, and what is above it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn parts(frequency: f64) -> (u32, f64) {
    let frequency = if frequency > 0.0 { frequency.min(1e9) } else { 0.0 };
    (frequency.floor() as u32, frequency.fract())
}

/// The values of all coalitions, numbered by their bits, and what each player adds.
fn shapley<const N: usize>(value: impl Fn([bool; N]) -> f64) -> (Vec<f64>, [f64; N]) {
    let members = |coalition: usize| std::array::from_fn(|player| coalition >> player & 1 == 1);
    let values: Vec<f64> = (0..1_usize << N).map(|coalition| value(members(coalition))).collect();
    let adds = |player: usize| {
        let without = (0..values.len()).filter(|coalition| coalition >> player & 1 == 0);
        let parts = without.map(|coalition| {
            share(N, coalition.count_ones()) * (values[coalition | 1 << player] - values[coalition])
        });
        parts.sum::<f64>()
    };
    let adds = std::array::from_fn(adds);
    (values, adds)
}

/// In how many of all orders just these come before a player: k! (n − k − 1)! / n!.
fn share(players: usize, before: u32) -> f64 {
    // 1 / (n · C(n − 1, k))
    let others = players.saturating_sub(1);
    let mut ways = 1.0;
    for (up, down) in (0..before).zip(1_u32..) {
        ways *= (count(others) - f64::from(up)) / f64::from(down);
    }
    1.0 / (count(players) * ways)
}

fn count(players: usize) -> f64 {
    u32::try_from(players).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::shapley;

    #[test]
    fn players_get_what_they_add_whoever_comes_first() {
        // The gloves: one left, two right, a pair is worth 1.
        let (_, adds) = shapley(|[left, right, other]| f64::from(u8::from(left && (right || other))));
        let expected = [2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0];
        assert!(adds.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-15), "{adds:?}");
    }
}
