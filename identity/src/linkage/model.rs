use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::block::{self, Blocks, Candidate, Candidates, RULES};
use super::class::Class;
use super::compare::{ALL, COUNT};
use super::frequency::Frequencies;
use super::parameters::Parameters;
use super::pattern::Pattern;
use super::real;
use super::scorer::Scorer;
use super::stored::Stored;
use super::table::{Reading, Table};
use super::text::Map;
use super::train::{self, Evidence};

/// Everything that decides whether two records are candidates and what their agreement is worth: a value that can be
/// kept, read and compared. Under one model both depend on the two records alone, but for what too many of the records
/// at hand share: an address above its cap counts as missing, a key above its cap makes no pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Model {
    pub(super) frequencies: Frequencies,
    /// Keys that are too common to make candidates, in order.
    pub(super) heavy: Vec<u64>,
    pub(super) parameters: Parameters,
    pub(super) report: Report,
}

/// How a model came about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// Records learned from.
    pub records: u64,
    /// Pairs of records that were compared.
    pub candidates: u64,
    /// The share of all pairs that need not be compared, 0..1.
    pub reduction_ratio: f64,
    /// Candidates by the rule that found them first.
    pub candidates_by_rule: Vec<RuleCount>,
    /// An estimate of how many of the true pairs are candidates, 0..1, from how many rules find each likely one (capture
    /// and recapture). Rather too high: rules are not independent. `None` where there are no pairs to go by.
    pub pair_recall_estimate: Option<f64>,
    /// Different patterns of agreement among the candidates.
    pub patterns: u64,
    /// Rounds of expectation-maximisation.
    pub rounds: u32,
    /// The log-likelihood of the candidates.
    pub log_likelihood: f64,
    /// How many pairs are expected in each class.
    pub expected_pairs: Vec<ClassCount>,
}

/// How many candidates a rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleCount {
    /// What the two records share.
    pub rule: String,
    /// Candidates that no earlier rule found.
    pub pairs: u64,
}

/// How many pairs of a class are expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassCount {
    /// What the two records are to each other.
    pub class: Class,
    /// Pairs of records, candidates or not.
    pub pairs: f64,
}

/// Two candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// The place of the one record in its table, the lesser.
    pub a: u32,
    /// The place of the other one.
    pub b: u32,
    /// The binary logarithm of the odds that they are one person, in thousandths.
    pub weight: i64,
}

/// What somebody said about two records, given by their places in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// The one record.
    pub a: u32,
    /// The other one.
    pub b: u32,
    /// Whether they are one person.
    pub same: bool,
}

/// How many random pairs are looked at.
const SAMPLE: usize = 500_000;

impl Model {
    /// Learns a model from records, without being told who is who. Also gives their pairs, as [`Scorer::pairs`] would.
    ///
    /// The order of the records does not matter: the same records give the same model to the bit. Where people have
    /// said of some pairs what they are, these `labels` count as well.
    pub fn train(table: &Table, labels: &[Label]) -> (Self, Vec<Pair>) {
        let frequencies = Frequencies::of(table);
        let reading = Reading::new(table, &frequencies);
        let compare = |a, b| Pattern::of(&reading, reading.row(a), reading.row(b));
        let Candidates { pairs: candidates, by_rule, heavy, blocks } =
            block::candidates(table, None, compare);
        let patterns = count(&candidates);

        let random = random_pairs(table, &blocks);
        let chance: Vec<Vec<f64>> =
            ALL.par_iter().map(|comparison| comparison.chance(&reading, &random)).collect();
        let chance: [Vec<f64>; COUNT] = std::array::from_fn(|comparison| chance[comparison].clone());
        let records = real::of_len(table.len());
        let pairs = records * (records - 1.) / 2.;
        let mut labels: Vec<(Pattern, bool)> =
            labels.iter().map(|label| (compare(label.a, label.b), label.same)).collect();
        labels.sort_unstable();
        let learned =
            train::learn(&Evidence { patterns: &patterns, chance: &chance, pairs, labels: &labels });

        let mut this = Self { frequencies, heavy, parameters: learned.parameters, report: Report::default() };
        let weights = this.weights(patterns.iter().map(|(pattern, _)| *pattern));
        let candidates: Vec<Pair> = weigh(candidates, &weights);
        let (once, twice, more) = candidates
            .par_iter()
            .filter(|pair| pair.weight > 0)
            .map(|pair| match blocks.rules(pair.a, pair.b) {
                0 | 1 => (1_u64, 0_u64, 0_u64),
                2 => (0, 1, 0),
                _ => (0, 0, 1),
            })
            .reduce(|| (0, 0, 0), |one, other| (one.0 + other.0, one.1 + other.1, one.2 + other.2));
        this.report = Report {
            records: table.len() as u64,
            candidates: candidates.len() as u64,
            reduction_ratio: if pairs > 0. { 1. - real::of_len(candidates.len()) / pairs } else { 0. },
            candidates_by_rule: RULES
                .iter()
                .zip(by_rule)
                .map(|(rule, pairs)| RuleCount { rule: (*rule).to_owned(), pairs: pairs as u64 })
                .collect(),
            pair_recall_estimate: recall(once, twice, more),
            patterns: patterns.len() as u64,
            rounds: learned.rounds,
            log_likelihood: learned.log_likelihood,
            expected_pairs: Class::ALL
                .into_iter()
                .map(|class| ClassCount { class, pairs: (this.parameters.class(class) * pairs).round() })
                .collect(),
        };
        (this, candidates)
    }

    /// How the model came about.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Reads records with the eyes of this model.
    pub fn scorer<'a>(&'a self, table: &'a Table) -> Scorer<'a> {
        Scorer::new(self, table)
    }

    pub(super) fn weights(&self, patterns: impl Iterator<Item = Pattern>) -> Map<Pattern, i64> {
        patterns.map(|pattern| (pattern, self.parameters.weight(&pattern.levels(), COUNT))).collect()
    }
}

/// How often each pattern occurs, in the order of the patterns.
pub(super) fn count(candidates: &[Vec<Candidate<Pattern>>]) -> Vec<(Pattern, u64)> {
    let counted = candidates.par_iter().map(|part| {
        let mut counts: Map<Pattern, u64> = Map::default();
        for pair in part {
            *counts.entry(pair.found).or_default() += 1;
        }
        counts
    });
    let counts = counted.reduce(Map::default, |mut all, part| {
        for (pattern, count) in part {
            *all.entry(pattern).or_default() += count;
        }
        all
    });
    let mut counts: Vec<(Pattern, u64)> = counts.into_iter().collect();
    counts.sort_unstable();
    counts
}

pub(super) fn weigh(candidates: Vec<Vec<Candidate<Pattern>>>, weights: &Map<Pattern, i64>) -> Vec<Pair> {
    let mut pairs = Vec::with_capacity(candidates.iter().map(Vec::len).sum());
    for part in candidates {
        pairs.par_extend(part.into_par_iter().map(|pair| Pair {
            a: pair.a,
            b: pair.b,
            weight: weights[&pair.found],
        }));
    }
    pairs
}

/// Of likely pairs that one, two or more rules found, the share that is found at all. How many none found is estimated
/// as f1 (f1 - 1) / (2 (f2 + 1)), from those that one and that two found (Chao 1987, in the form without bias). Rules
/// that find the same pairs make it come out too high.
fn recall(once: u64, twice: u64, more: u64) -> Option<f64> {
    let (found, f1, f2) = (real::of(once + twice + more), real::of(once), real::of(twice));
    (found > 0.).then(|| found / (found + f1 * (f1 - 1.).max(0.) / (2. * (f2 + 1.))))
}

/// Pairs of records that are no candidates, drawn by the hashes of their ids.
fn random_pairs(table: &Table, blocks: &Blocks) -> Vec<(u32, u32)> {
    let mut order: Vec<(u64, u32)> = table.ids.iter().copied().zip(0..).collect();
    order.par_sort_unstable();
    let len = order.len();
    if len < 2 {
        return Vec::new();
    }
    (1..=SAMPLE.div_ceil(len).min(len - 1))
        .flat_map(|step| (0..len).map(move |at| (at, (at + step) % len)))
        .take(SAMPLE)
        .map(|(a, b)| (order[a].1, order[b].1))
        .filter(|&(a, b)| !blocks.are_candidates(a, b))
        .collect()
}
