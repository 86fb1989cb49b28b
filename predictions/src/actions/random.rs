//! Chance that follows from ids and seeds, and is the same everywhere.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use uuid::Uuid;

/// What follows from an id, a seed and a purpose. They are the key of the stream, and one tells nothing of another (Bernstein,
/// *`ChaCha`, a Variant of Salsa20*, 2008).
pub(super) fn generator(id: Uuid, seed: u64, purpose: [u8; 8]) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..16].copy_from_slice(id.as_bytes());
    key[16..24].copy_from_slice(&seed.to_le_bytes());
    key[24..].copy_from_slice(&purpose);
    ChaCha8Rng::from_seed(key)
}

/// Between 0 and 1, without the ends.
#[expect(clippy::cast_precision_loss, reason = "52 bits are exact")]
pub(super) fn uniform(chance: &mut ChaCha8Rng) -> f64 {
    ((chance.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// A standard normal number (Box & Muller, Annals of Mathematical Statistics 29, 1958).
pub(super) fn normal(chance: &mut ChaCha8Rng) -> f64 {
    let (one, other) = (uniform(chance), uniform(chance));
    libm::sqrt(-2.0 * libm::log(one)) * libm::cos(std::f64::consts::TAU * other)
}

/// One of so many places, each as probable, but for places / 2^64.
pub(super) fn lot(chance: &mut ChaCha8Rng, places: usize) -> usize {
    let scaled = u128::from(chance.next_u64()) * u128::try_from(places).unwrap_or(1);
    usize::try_from(scaled >> 64).unwrap_or(0)
}
