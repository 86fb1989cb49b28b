use super::block;
use super::compare::{ALL, COUNT};
use super::model::{Model, Pair, count, weigh};
use super::pattern::Pattern;
use super::table::{Reading, Table};

/// Records as a model sees them. A record is given by its place in the table.
#[derive(Debug)]
pub struct Scorer<'a> {
    model: &'a Model,
    reading: Reading<'a>,
}

/// One step of the way to a weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was compared; `prior` for what is expected of any two records.
    pub comparison: &'static str,
    /// What was found.
    pub found: String,
    /// How much it adds, in thousandths of a bit.
    pub weight: i64,
}

impl<'a> Scorer<'a> {
    pub(super) fn new(model: &'a Model, table: &'a Table) -> Self {
        Self { model, reading: Reading::new(table, &model.frequencies) }
    }

    fn pattern(&self, a: u32, b: u32) -> Pattern {
        Pattern::of(&self.reading, self.reading.row(a), self.reading.row(b))
    }

    /// All candidates among the records, with their weights, in no particular order.
    pub fn pairs(&self) -> Vec<Pair> {
        let found =
            block::candidates(self.reading.table, Some(&self.model.heavy), |a, b| self.pattern(a, b)).pairs;
        let patterns = count(&found).into_iter().map(|(pattern, _)| pattern);
        let weights = self.model.weights(patterns);
        weigh(found, &weights)
    }

    /// The binary logarithm of the odds that two records are one person, in thousandths: +1000 is 2 : 1, 10,000 about
    /// 1000 : 1.
    pub fn weight(&self, a: u32, b: u32) -> i64 {
        self.model.parameters.weight(&self.pattern(a, b).levels(), COUNT)
    }

    /// Pairs of records that are the same in everything that is compared, with their weights: each record with the next
    /// of its kind. However many there are, they need not be candidates.
    pub(super) fn twins(&self) -> Vec<Pair> {
        let twins = block::twins(self.reading.table).into_iter();
        twins.map(|(a, b)| Pair { a: a.min(b), b: a.max(b), weight: self.weight(a, b) }).collect()
    }

    /// Why two records are or are not one person: steps that sum up to their weight. What a step adds depends on what
    /// is known before it.
    pub fn explain(&self, a: u32, b: u32) -> Vec<Step> {
        let levels = self.pattern(a, b).levels();
        let mut before = self.model.parameters.weight(&levels, 0);
        let prior = Step { comparison: "prior", found: "any two records".to_owned(), weight: before };
        let steps = ALL.iter().zip(levels).enumerate().map(|(at, (comparison, level))| {
            let after = self.model.parameters.weight(&levels, at + 1);
            let weight = after - std::mem::replace(&mut before, after);
            Step { comparison: comparison.name(), found: comparison.describe(level), weight }
        });
        std::iter::once(prior).chain(steps).collect()
    }

    /// The keys under which a record is found, each once and in order: two records are candidates when they share one.
    pub fn keys(&self, record: u32) -> Vec<u64> {
        block::keys(self.reading.table, record, &self.model.heavy)
    }
}
