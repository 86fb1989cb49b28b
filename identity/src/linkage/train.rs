//! Learning what kinds of pairs there are, without being told: a latent class model, fitted by expectation-
//! maximisation (Dempster, Laird & Rubin 1977) to counts of patterns. With one class for matches and one for all others
//! it is the model of Fellegi & Sunter (1969); the classes of [`Class`] keep people of one household apart.
//!
//! All pairs of records are taken into account: the candidates by their patterns, the many others as unrelated, with
//! levels as often as they occur in random pairs. So what the choice of candidates leaves out distorts nothing.

use super::class::Class;
use super::compare::{ALL, COUNT};
use super::parameters::{ByClass, Parameters};
use super::pattern::{Levels, Pattern};
use super::real;

/// What is learned from.
pub(super) struct Evidence<'a> {
    /// The patterns of the candidates, in order, and how often each occurs.
    pub(super) patterns: &'a [(Pattern, u64)],
    /// How often each level occurs between random records, by comparison.
    pub(super) chance: &'a [Vec<f64>; COUNT],
    /// How many pairs of records there are.
    pub(super) pairs: f64,
    /// Patterns of pairs of which somebody said whether they are one person.
    pub(super) labels: &'a [(Pattern, bool)],
}

/// What was learned, and how.
pub(super) struct Learned {
    pub(super) parameters: Parameters,
    pub(super) rounds: u32,
    /// Of the candidates, natural logarithm.
    pub(super) log_likelihood: f64,
}

/// Rounds after which learning ends in any case.
const ROUNDS: u32 = 200;
/// Learning ends when a round changes the log-likelihood of a candidate by less than this on average.
const ENOUGH: f64 = 1e-7;
/// How many pairs the expectations from before weigh as much as, by class and group of levels.
const PRIOR: f64 = 20.;

/// How many pairs a pair counts as of which somebody said what it is.
const LABEL: f64 = 10.;

type Shares = [Vec<ByClass>; COUNT];

pub(super) fn learn(evidence: &Evidence<'_>) -> Learned {
    let chance = evidence.chance;
    let mut patterns: Vec<(Levels, f64, Option<bool>)> =
        evidence.patterns.iter().map(|(pattern, count)| (pattern.levels(), real::of(*count), None)).collect();
    let candidates: f64 = patterns.iter().map(|(_, count, _)| count).sum();
    patterns.extend(evidence.labels.iter().map(|(pattern, same)| (pattern.levels(), LABEL, Some(*same))));
    let rest = (evidence.pairs - candidates).max(0.);

    let start: Shares = std::array::from_fn(|comparison| {
        let by_class = Class::ALL.map(|class| {
            let mut levels = ALL[comparison].start(class, &chance[comparison]);
            normalise(comparison, class, chance, &mut levels);
            levels
        });
        (0..ALL[comparison].levels())
            .map(|level| std::array::from_fn(|class| by_class[class][level]))
            .collect()
    });
    let total = candidates + rest;
    let mut classes: ByClass =
        [0.3, 0.1, 0.1, 0.2, 0.3].map(|share| share * candidates.max(1.) / total.max(1.));
    classes[Class::Unrelated as usize] += rest / total.max(1.);
    let mut levels = start.clone();
    // Unrelated records agree by chance, candidates or not.
    for (comparison, levels) in levels.iter_mut().enumerate() {
        let mut unrelated: Vec<f64> = chance[comparison].iter().map(|share| share.max(1e-12)).collect();
        normalise(comparison, Class::Unrelated, chance, &mut unrelated);
        for (level, share) in levels.iter_mut().zip(unrelated) {
            level[Class::Unrelated as usize] = level[Class::Unrelated as usize] * 1e-3 + share;
        }
    }

    let mut likelihood = f64::NEG_INFINITY;
    let mut rounds = 0;
    while rounds < ROUNDS {
        rounds += 1;
        let mut members: ByClass = [0.; Class::COUNT];
        let mut counts: Shares =
            std::array::from_fn(|comparison| vec![[0.; Class::COUNT]; levels[comparison].len()]);
        let mut found = 0.;
        for (pattern, count, label) in &patterns {
            let mut joint = classes;
            match label {
                None => {}
                Some(true) => joint[1..].fill(0.),
                Some(false) => joint[Class::Match as usize] = 0.,
            }
            for (comparison, level) in pattern.iter().enumerate() {
                joint.iter_mut().zip(levels[comparison][*level]).for_each(|(joint, share)| *joint *= share);
            }
            let sum: f64 = joint.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            found += count * libm::log(sum);
            let parts = joint.map(|joint| count * joint / sum);
            members.iter_mut().zip(parts).for_each(|(members, part)| *members += part);
            for (comparison, level) in pattern.iter().enumerate() {
                counts[comparison][*level].iter_mut().zip(parts).for_each(|(count, part)| *count += part);
            }
        }
        members[Class::Unrelated as usize] += rest;
        let all: f64 = members.iter().map(|count| count + 1.).sum();
        classes = members.map(|count| (count + 1.) / all);
        for (comparison, counts) in counts.iter().enumerate() {
            for class in Class::ALL {
                let at = class as usize;
                let mut new: Vec<f64> =
                    counts.iter().zip(&start[comparison]).map(|(c, s)| c[at] + PRIOR * s[at]).collect();
                if class == Class::Unrelated {
                    for (new, chance) in new.iter_mut().zip(&chance[comparison]) {
                        *new = new.max(chance * total);
                    }
                }
                normalise(comparison, class, chance, &mut new);
                levels[comparison].iter_mut().zip(new).for_each(|(level, share)| level[at] = share);
            }
        }
        if (found - likelihood).abs() / candidates.max(1.) < ENOUGH {
            likelihood = found;
            break;
        }
        likelihood = found;
    }
    Learned { parameters: Parameters::of(&classes, &levels), rounds, log_likelihood: likelihood }
}

/// Makes shares of counts, within each group of levels, as the class wants it.
fn normalise(comparison: usize, class: Class, chance: &[Vec<f64>; COUNT], levels: &mut [f64]) {
    let comparison_of = ALL[comparison];
    comparison_of.constrain(class, &chance[comparison], levels);
    let mut sums = [0.; 4];
    for (level, count) in levels.iter().enumerate() {
        sums[comparison_of.group(level)] += count;
    }
    for (level, count) in levels.iter_mut().enumerate() {
        *count = (*count / sums[comparison_of.group(level)]).max(1e-15);
    }
}
