//! Chance from a seed: the same numbers on every machine and in every version.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A whole number below a bound above 0, each as likely as the others but for 1 part in 2⁶⁴ / bound.
    #[expect(clippy::cast_possible_truncation, reason = "the upper half of the product is below the bound")]
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// Fisher and Yates' shuffle (Knuth, *The Art of Computer Programming* 2, algorithm P).
    pub(super) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }

    /// So many of the numbers below `of`, in ascending order (Knuth, algorithm S).
    pub(super) fn sample(&mut self, count: usize, of: usize) -> Vec<u32> {
        let mut chosen = Vec::with_capacity(count);
        for (number, left) in (0_u32..).zip((1..=of).rev()) {
            if self.below(left) < count - chosen.len() {
                chosen.push(number);
            }
        }
        chosen
    }
}
