//! How two records agree in every respect, in one number. There are few different patterns, so what is learned and
//! weighed is patterns, however many pairs there are.

use super::compare::{ALL, COUNT};
use super::table::{Reading, Row};

/// The level of each comparison.
pub(super) type Levels = [usize; COUNT];

/// All levels in one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pattern(u32);

impl Pattern {
    /// Compares two records.
    pub(super) fn of(reading: &Reading<'_>, a: &Row, b: &Row) -> Self {
        let digits = ALL
            .iter()
            .zip(reading.levels)
            .map(|(comparison, levels)| (levels, comparison.compare(reading, a, b)));
        let code = digits.fold(0, |code, (levels, level)| code * levels + level);
        // A test checks that all patterns fit.
        Self(u32::try_from(code).unwrap_or(u32::MAX))
    }

    pub(super) fn levels(self) -> Levels {
        let (mut levels, mut code) = ([0; COUNT], self.0 as usize);
        for (level, comparison) in levels.iter_mut().zip(ALL).rev() {
            *level = code % comparison.levels();
            code /= comparison.levels();
        }
        levels
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_pattern_has_a_number() {
        let patterns: u64 = ALL.iter().map(|comparison| comparison.levels() as u64).product();
        assert!(patterns < u64::from(u32::MAX), "{patterns}");
    }
}
