//! Seeded chance: the one source of randomness of the simulators.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// A reproducible stream of choices. Each topic has its own stream, so that a further choice in one topic
/// leaves the others as they were.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    pub(crate) fn new(seed: u64, topic: &str) -> Self {
        // FNV-1a: spreads the topic over the seed; quality comes from ChaCha.
        let topic = topic.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(ChaCha8Rng::seed_from_u64(seed ^ topic))
    }

    /// A number in `0..bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // Multiply-shift; its bias is below 2^-40 for the small bounds used here.
        let wide = u128::from(self.0.next_u64()) * bound as u128;
        usize::try_from(wide >> 64).expect("the product's high half is below the bound")
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high - low + 1).expect("low does not exceed high");
        low + i64::try_from(self.below(span)).expect("below the span of two i64")
    }

    /// A number in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// True in that share of cases; `share` in `0..=1`.
    pub(crate) fn hit(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// An exponentially distributed number with that mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// One of the items.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// So many decimal digits.
    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0))).collect()
    }

    /// So many hexadecimal digits.
    pub(crate) fn hex(&mut self, count: usize) -> String {
        (0..count).map(|_| *self.pick(&HEX)).collect()
    }
}

const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn a_stream_repeats_for_its_seed_and_topic_and_differs_for_others() {
        let draw = |seed, topic| Chance::new(seed, topic).hex(16);
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
        assert_ne!(draw(1, "a"), draw(1, "b"));
    }

    #[test]
    fn numbers_stay_in_their_range_and_reach_its_ends() {
        let mut chance = Chance::new(7, "range");
        let drawn: Vec<i64> = (0..1_000).map(|_| chance.between(-2, 2)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-2), Some(&2)));
    }
}
