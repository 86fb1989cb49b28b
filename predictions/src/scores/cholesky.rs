//! Symmetric positive definite systems of any size: A = L Lᵀ (Golub & Van Loan, *Matrix Computations*, section 4.2).

/// The lower triangle of a symmetric matrix, row by row.
#[derive(Clone)]
pub(super) struct Symmetric {
    size: usize,
    values: Vec<f64>,
}

/// L, by which systems are solved.
pub(super) struct Factor(Symmetric);

impl Symmetric {
    pub(super) fn zero(size: usize) -> Self {
        Self { size, values: vec![0.0; size * (size + 1) / 2] }
    }

    /// The value of a row and a column that is no further right than the diagonal.
    pub(super) fn at(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.values[row * (row + 1) / 2 + column]
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * (row + 1) / 2..][..=row]
    }

    /// Nothing if it is not positive definite, as far as can be told.
    pub(super) fn factor(mut self) -> Option<Factor> {
        for row in 0..self.size {
            let (above, rest) = self.values.split_at_mut(row * (row + 1) / 2);
            let this = &mut rest[..=row];
            for column in 0..row {
                let other = &above[column * (column + 1) / 2..][..=column];
                let dot: f64 = this[..column].iter().zip(other).map(|(a, b)| a * b).sum();
                this[column] = (this[column] - dot) / other[column];
            }
            let left = this[row] - this[..row].iter().map(|value| value * value).sum::<f64>();
            if !(left > 0.0 && left.is_finite()) {
                return None;
            }
            this[row] = left.sqrt();
        }
        Some(Factor(self))
    }
}

impl Factor {
    /// x of A x = b.
    pub(super) fn solve(&self, mut b: Vec<f64>) -> Vec<f64> {
        for row in 0..self.0.size {
            let of = self.0.row(row);
            let dot: f64 = of[..row].iter().zip(&b).map(|(a, x)| a * x).sum();
            b[row] = (b[row] - dot) / of[row];
        }
        for row in (0..self.0.size).rev() {
            let of = self.0.row(row);
            let solved = b[row] / of[row];
            b[row] = solved;
            for (value, factor) in b[..row].iter_mut().zip(of) {
                *value -= factor * solved;
            }
        }
        b
    }

    /// A column of A's inverse.
    pub(super) fn inverse_column(&self, column: usize) -> Vec<f64> {
        self.solve((0..self.0.size).map(|row| if row == column { 1.0 } else { 0.0 }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Symmetric;

    #[test]
    fn systems_are_solved_and_others_refused() {
        let mut matrix = Symmetric::zero(3);
        for (row, column, value) in
            [(0, 0, 4.0), (1, 0, 2.0), (1, 1, 5.0), (2, 0, -2.0), (2, 1, 1.0), (2, 2, 6.0)]
        {
            *matrix.at(row, column) = value;
        }
        // 4·1 + 2·2 − 2·3 = 2; 2·1 + 5·2 + 1·3 = 15; −2·1 + 1·2 + 6·3 = 18.
        let solved = matrix.clone().factor().expect("positive definite").solve(vec![2.0, 15.0, 18.0]);
        for (got, expected) in solved.iter().zip([1.0, 2.0, 3.0]) {
            assert!((got - expected).abs() < 1e-14, "{solved:?}");
        }
        *matrix.at(0, 0) = -4.0;
        assert!(matrix.factor().is_none());
    }
}
