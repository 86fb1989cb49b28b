//! Sums, and symmetric matrices as their lower triangles, row by row.

/// Where row `row` begins.
pub(crate) const fn start(row: usize) -> usize {
    row * (row + 1) / 2
}

/// Adds `weight · x xᵀ` to a lower triangle.
pub(crate) fn add_square(lower: &mut [f64], x: &[f64], weight: f64) {
    for (row, value) in x.iter().enumerate() {
        let scaled = weight * value;
        for (cell, other) in lower[start(row)..].iter_mut().zip(&x[..=row]) {
            *cell += scaled * other;
        }
    }
}

/// The matrix with these numbers on its diagonal.
pub(crate) fn diagonal(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut lower = Vec::new();
    for (row, value) in values.enumerate() {
        lower.resize(start(row) + row, 0.0);
        lower.push(value);
    }
    lower
}

/// The L of A = L Lᵀ (Cholesky) in place of A; `None` where A is not positive definite.
pub(crate) fn factorise(mut lower: Vec<f64>, order: usize) -> Option<Vec<f64>> {
    for row in 0..order {
        for column in 0..=row {
            let (one, other) = (start(row), start(column));
            let dot = dot(&lower[one..one + column], &lower[other..other + column]);
            let left = lower[one + column] - dot;
            lower[one + column] = if row == column {
                if !(left > 0.0 && left.is_finite()) {
                    return None;
                }
                left.sqrt()
            } else {
                left / lower[other + column]
            };
        }
    }
    Some(lower)
}

/// The y of L y = b in place of b.
pub(crate) fn forward(factor: &[f64], b: &mut [f64]) {
    for row in 0..b.len() {
        let line = &factor[start(row)..=start(row) + row];
        b[row] = (b[row] - dot(&line[..row], &b[..row])) / line[row];
    }
}

/// The x of L Lᵀ x = b in place of b.
pub(crate) fn solve(factor: &[f64], b: &mut [f64]) {
    forward(factor, b);
    for row in (0..b.len()).rev() {
        b[row] /= factor[start(row) + row];
        let solved = b[row];
        for (column, value) in b[..row].iter_mut().enumerate() {
            *value -= factor[start(row) + column] * solved;
        }
    }
}

/// How many, as a number.
#[expect(clippy::cast_precision_loss, reason = "nobody counts 2^53 things")]
pub(crate) const fn count(things: usize) -> f64 {
    things as f64
}

/// Σ aᵢ bᵢ, in that order.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::{add_square, factorise, solve};

    #[test]
    fn a_system_is_solved() {
        // A = 4 on the diagonal plus the squares of two vectors, and x = (1, −2, 3).
        let mut lower = vec![4.0, 0.0, 4.0, 0.0, 0.0, 4.0];
        add_square(&mut lower, &[1.0, 2.0, 0.5], 1.0);
        add_square(&mut lower, &[-1.0, 0.0, 3.0], 0.5);
        // The lower triangle is (5.5), (2, 8), (−1, 1, 8.75).
        let mut b = vec![5.5 - 4.0 - 3.0, 2.0 - 16.0 + 3.0, -1.0 - 2.0 + 26.25];
        solve(&factorise(lower, 3).unwrap(), &mut b);
        for (got, expected) in b.iter().zip([1.0, -2.0, 3.0]) {
            assert!((got - expected).abs() < 1e-14, "{b:?}");
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_said_so() {
        assert!(factorise(vec![1.0, 1.0, 1.0], 2).is_none());
        assert!(factorise(vec![f64::NAN], 1).is_none());
    }
}
