//! Features in units of how much they vary.

use serde::{Deserialize, Serialize};

use super::error::{BadData, GREATEST, within};

/// No customer counts as further from the average than so many standard deviations, however far off they are.
const FURTHEST: f64 = 5.0;

/// The mean of each feature and 1 / its standard deviation, which is 0 for one that never varies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scaling {
    centres: Vec<f64>,
    scales: Vec<f64>,
}

impl Scaling {
    /// Of rows of equal length, of which there is at least one. What comes out depends on their order, in the last bits.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a [f64]> + Clone) -> Self {
        let length = rows.clone().next().map_or(0, <[f64]>::len);
        let mut count = 0.0;
        let mut centres = vec![0.0; length];
        for row in rows.clone() {
            count += 1.0;
            for (centre, value) in centres.iter_mut().zip(row) {
                *centre += value;
            }
        }
        for centre in &mut centres {
            *centre /= count;
        }
        let mut squares = vec![0.0; length];
        for row in rows {
            for ((square, value), centre) in squares.iter_mut().zip(row).zip(&centres) {
                *square += (value - centre) * (value - centre);
            }
        }
        let scale = |(square, centre): (&f64, &f64)| {
            let deviation = (square / count).sqrt();
            // A constant feature differs from its mean by rounding only.
            if deviation > 1e-12 * centre.abs().max(1e-100) { 1.0 / deviation } else { 0.0 }
        };
        let scales = squares.iter().zip(&centres).map(scale).collect();
        Self { centres, scales }
    }

    /// How many features there are.
    pub(super) fn len(&self) -> usize {
        self.centres.len()
    }

    /// 1 for the intercept, and then the scaled features.
    pub(super) fn apply(&self, features: &[f64]) -> Vec<f64> {
        let scaled = features.iter().zip(&self.centres).zip(&self.scales);
        let scaled =
            scaled.map(|((value, centre), scale)| ((value - centre) * scale).clamp(-FURTHEST, FURTHEST));
        std::iter::once(1.0).chain(scaled).collect()
    }

    pub(super) fn check(&self) -> Result<(), BadData> {
        let (expected, found) = (self.centres.len(), self.scales.len());
        if expected != found {
            return Err(BadData::Count { what: "scales", expected, found });
        }
        let centres = self.centres.iter();
        centres
            .copied()
            .try_for_each(|centre| within(centre, -GREATEST, GREATEST, || "a mean".to_owned()))?;
        let scales = self.scales.iter();
        scales.copied().try_for_each(|scale| within(scale, 0.0, 1e200, || "a scale".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::Scaling;

    #[test]
    fn features_are_scaled_and_what_is_constant_or_far_off_does_no_harm() {
        let rows = [vec![1.0, 0.1, 3.0], vec![3.0, 0.1, 3.0]];
        let scaling = Scaling::of(rows.iter().map(Vec::as_slice));
        assert_eq!(scaling.apply(&rows[0]), [1.0, -1.0, 0.0, 0.0]);
        assert_eq!(scaling.apply(&[1e12, 7.0, 3.0]), [1.0, 5.0, 0.0, 0.0]);
    }
}
