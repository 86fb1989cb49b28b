//! Between counts, logarithms in whole numbers, and real numbers: the only places where precision may be lost.

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53, up to which this is exact")]
pub(super) fn of(count: u64) -> f64 {
    count as f64
}

/// A length as a real number.
pub(super) fn of_len(len: usize) -> f64 {
    of(len as u64)
}

/// A sum of logarithms in millionths as a real number.
#[expect(clippy::cast_precision_loss, reason = "a few dozen shares, none below 2^-100, stay far below 2^53")]
pub(super) fn of_sum(millionths: i64) -> f64 {
    millionths as f64
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "a cast that saturates, of values far from the limits")]
pub(super) fn nearest(real: f64) -> i64 {
    real.round() as i64
}
