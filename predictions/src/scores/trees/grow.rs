//! How one tree is grown.

use std::ops::Range;

use super::super::features::{Encoded, Feature, count};
use super::super::options::{Direction, TreeOptions};
use super::tree::{Next, Node, Rule, Tree};

/// A gain must be more than rounding.
const LEAST_GAIN: f64 = 1e-6;
/// Levels with few customers come nearer to the middle when levels are put in order.
const SMOOTHING: f64 = 10.0;

/// Sums over customers: of the slopes and the curvatures of the loss, and how many they are.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sum {
    pub(super) slope: f64,
    pub(super) curvature: f64,
    pub(super) rows: f64,
}

impl Sum {
    fn plus(self, other: Self) -> Self {
        Self {
            slope: self.slope + other.slope,
            curvature: self.curvature + other.curvature,
            rows: self.rows + other.rows,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            slope: self.slope - other.slope,
            curvature: self.curvature - other.curvature,
            rows: self.rows - other.rows,
        }
    }
}

/// What all trees have in common.
pub(super) struct Grower<'a> {
    features: &'a [Feature],
    encoded: &'a Encoded<'a>,
    options: TreeOptions,
    monotone: &'a [Option<Direction>],
    /// Where each feature's codes begin in a histogram, and the histogram's length.
    starts: Vec<usize>,
    length: usize,
}

/// A tree, and which rows came where.
pub(super) struct Grown {
    pub(super) tree: Tree,
    /// All rows, those of one leaf together.
    pub(super) rows: Vec<u32>,
    /// Of each node the rows that came there.
    pub(super) ranges: Vec<Range<usize>>,
}

/// A leaf that may yet be split.
struct Leaf {
    node: usize,
    rows: Range<usize>,
    sum: Sum,
    depth: usize,
    /// Between which its value has to be.
    bounds: (f64, f64),
    histogram: Vec<Sum>,
    split: Option<Split>,
}

#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    feature: usize,
    rule: Rule,
    left: Sum,
}

impl<'a> Grower<'a> {
    pub(super) fn new(
        features: &'a [Feature],
        encoded: &'a Encoded<'a>,
        options: TreeOptions,
        monotone: &'a [Option<Direction>],
    ) -> Self {
        let mut length = 0;
        let starts = features.iter().map(|feature| {
            length += feature.codes();
            length - feature.codes()
        });
        let starts = starts.collect();
        Self { features, encoded, options, monotone, starts, length }
    }

    /// A tree that goes down the slopes of each row, with all rows in its leaves: those without a slope are not learnt from.
    pub(super) fn grow(&self, slopes: &[Sum], columns: &[u32]) -> Grown {
        let mut rows: Vec<u32> = (0..).zip(slopes).map(|(row, _)| row).collect();
        let histogram = self.histogram(slopes, &rows, columns);
        let sum = slopes.iter().fold(Sum::default(), |sum, one| sum.plus(*one));
        let bounds = (f64::NEG_INFINITY, f64::INFINITY);
        let root = Leaf { node: 0, rows: 0..rows.len(), sum, depth: 0, bounds, histogram, split: None };
        let mut nodes = vec![self.leaf(sum, bounds, rows.len())];
        let mut ranges = Vec::from([root.rows.clone()]);
        let mut leaves = vec![self.with_split(root, columns)];
        let mut spare = vec![0; rows.len()];
        while nodes.len() < 2 * self.options.leaves - 1 {
            let gain = |leaf: &Leaf| leaf.split.map_or(0.0, |split| split.gain);
            let best = (0..leaves.len())
                .reduce(|best, at| if gain(&leaves[at]) > gain(&leaves[best]) { at } else { best });
            let Some((best, split)) = best.and_then(|best| leaves[best].split.map(|split| (best, split)))
            else {
                break;
            };
            let leaf = leaves.swap_remove(best);
            let middle = leaf.rows.start + self.part(&mut rows[leaf.rows.clone()], split, &mut spare);
            let (left, right) = (split.left, leaf.sum.minus(split.left));
            let (mut bounds_left, mut bounds_right) = (leaf.bounds, leaf.bounds);
            if let Some(way) = self.monotone[split.feature] {
                let between = 0.5 * (self.value(left, leaf.bounds) + self.value(right, leaf.bounds));
                match way {
                    Direction::Up => (bounds_left.1, bounds_right.0) = (between, between),
                    Direction::Down => (bounds_left.0, bounds_right.1) = (between, between),
                }
            }
            let node = nodes.len();
            nodes[leaf.node].next = Next::Split {
                feature: place(split.feature),
                rule: split.rule,
                left: place(node),
                right: place(node + 1),
            };
            let children = [
                (node, leaf.rows.start..middle, left, bounds_left),
                (node + 1, middle..leaf.rows.end, right, bounds_right),
            ];
            for (_, rows, sum, bounds) in &children {
                nodes.push(self.leaf(*sum, *bounds, rows.len()));
                ranges.push(rows.clone());
            }
            // The last leaves need no histograms.
            if nodes.len() < 2 * self.options.leaves - 1 && leaf.depth + 1 < self.options.depth {
                let histograms = self.histograms(slopes, &rows, columns, &leaf.rows, middle, leaf.histogram);
                for ((node, rows, sum, bounds), histogram) in children.into_iter().zip(histograms) {
                    let child =
                        Leaf { node, rows, sum, depth: leaf.depth + 1, bounds, histogram, split: None };
                    leaves.push(self.with_split(child, columns));
                }
            }
        }
        Grown { tree: Tree { nodes }, rows, ranges }
    }

    fn leaf(&self, sum: Sum, bounds: (f64, f64), rows: usize) -> Node {
        Node { cover: count(rows), next: Next::Leaf(self.options.rate * self.value(sum, bounds)) }
    }

    /// Puts those who go left first, both in the order they had, and says how many they are. Without a branch, as no
    /// processor could foresee it.
    fn part(&self, rows: &mut [u32], split: Split, spare: &mut [u32]) -> usize {
        let (mut lefts, mut rights) = (0, 0);
        for at in 0..rows.len() {
            let row = rows[at];
            let is_left = usize::from(split.rule.is_left(self.encoded.row(row as usize)[split.feature]));
            rows[lefts] = row;
            spare[rights] = row;
            lefts += is_left;
            rights += 1 - is_left;
        }
        rows[lefts..].copy_from_slice(&spare[..rights]);
        lefts
    }

    fn histogram(&self, slopes: &[Sum], rows: &[u32], columns: &[u32]) -> Vec<Sum> {
        let mut histogram = vec![Sum::default(); self.length];
        let columns: Vec<(usize, usize)> =
            columns.iter().map(|column| (*column as usize, self.starts[*column as usize])).collect();
        for row in rows {
            let one = slopes[*row as usize];
            let codes = self.encoded.row(*row as usize);
            for (column, start) in &columns {
                let sum = &mut histogram[start + codes[*column] as usize];
                *sum = sum.plus(one);
            }
        }
        histogram
    }

    /// Those of both children: the smaller one's is made, the other one's is what is left of the parent's.
    fn histograms(
        &self,
        slopes: &[Sum],
        rows: &[u32],
        columns: &[u32],
        parent: &Range<usize>,
        middle: usize,
        mut histogram: Vec<Sum>,
    ) -> [Vec<Sum>; 2] {
        let left_is_smaller = middle - parent.start <= parent.end - middle;
        let smaller = if left_is_smaller { parent.start..middle } else { middle..parent.end };
        let smaller = self.histogram(slopes, &rows[smaller], columns);
        for (sum, part) in histogram.iter_mut().zip(&smaller) {
            *sum = sum.minus(*part);
        }
        if left_is_smaller { [smaller, histogram] } else { [histogram, smaller] }
    }

    /// The best value of a leaf: Newton's step, within bounds.
    fn value(&self, sum: Sum, bounds: (f64, f64)) -> f64 {
        let curvature = sum.curvature + self.options.ridge;
        if curvature > 1e-12 { (-sum.slope / curvature).max(bounds.0).min(bounds.1) } else { 0.0 }
    }

    /// How much a value takes off the loss, twice.
    fn worth(&self, sum: Sum, value: f64) -> f64 {
        -(2.0 * sum.slope + (sum.curvature + self.options.ridge) * value) * value
    }

    fn with_split(&self, mut leaf: Leaf, columns: &[u32]) -> Leaf {
        let now = self.worth(leaf.sum, self.value(leaf.sum, leaf.bounds));
        for column in columns {
            let feature = *column as usize;
            let sums = &leaf.histogram[self.starts[feature]..][..self.features[feature].codes()];
            let found = if self.features[feature].is_category() {
                self.split_levels(sums, &leaf)
            } else {
                self.split_numbers(sums, &leaf, self.monotone[feature])
            };
            if let Some((worth, rule, left)) = found {
                let gain = worth - now;
                if gain > leaf.split.map_or(LEAST_GAIN, |split| split.gain) {
                    leaf.split = Some(Split { gain, feature, rule, left });
                }
            }
        }
        leaf
    }

    /// What parting the customers like this is worth, if it may be done.
    fn try_split(&self, left: Sum, leaf: &Leaf, way: Option<Direction>) -> Option<f64> {
        let right = leaf.sum.minus(left);
        let least = count(self.options.least_rows);
        if left.rows < least || right.rows < least {
            return None;
        }
        let (to_left, to_right) = (self.value(left, leaf.bounds), self.value(right, leaf.bounds));
        if way.is_some_and(|way| way.forbids(to_right - to_left)) {
            return None;
        }
        Some(self.worth(left, to_left) + self.worth(right, to_right))
    }

    fn split_numbers(&self, sums: &[Sum], leaf: &Leaf, way: Option<Direction>) -> Option<(f64, Rule, Sum)> {
        let (missing_sum, sums) = sums.split_last()?;
        let missing = sums.len();
        let mut best: Option<(f64, Rule, Sum)> = None;
        let mut left = Sum::default();
        for (code, sum) in sums.iter().enumerate() {
            if sum.rows < 0.5 {
                continue;
            }
            left = left.plus(*sum);
            // Where nobody's number is missing, missing ones will go with most.
            let most = left.rows > 0.5 * leaf.sum.rows;
            let sides: &[bool] = if missing_sum.rows > 0.5 { &[false, true] } else { &[most][..] };
            for missing_left in sides {
                let side = if *missing_left { left.plus(*missing_sum) } else { left };
                if let Some(worth) = self.try_split(side, leaf, way)
                    && best.is_none_or(|(best, _, _)| worth > best)
                {
                    best = Some((worth, Rule::below(code + 1, missing_left.then_some(missing)), side));
                }
            }
        }
        best
    }

    fn split_levels(&self, sums: &[Sum], leaf: &Leaf) -> Option<(f64, Rule, Sum)> {
        let mut present: Vec<usize> = (0..sums.len()).filter(|code| sums[*code].rows > 0.5).collect();
        let order = |code: &usize| sums[*code].slope / (sums[*code].curvature + SMOOTHING);
        present.sort_by(|a, b| order(a).total_cmp(&order(b)));
        let absent = (0..sums.len()).filter(|code| sums[*code].rows <= 0.5);
        let absent = absent.fold(0_u64, |bits, code| bits | 1 << code);
        let mut best: Option<(f64, Rule, Sum)> = None;
        let (mut left, mut levels) = (Sum::default(), 0_u64);
        for code in present {
            left = left.plus(sums[code]);
            levels |= 1 << code;
            if let Some(worth) = self.try_split(left, leaf, None)
                && best.is_none_or(|(best, _, _)| worth > best)
            {
                // Levels that nobody here has go with most.
                let with = if left.rows > 0.5 * leaf.sum.rows { absent } else { 0 };
                best = Some((worth, Rule::among(levels | with), left));
            }
        }
        best
    }
}

/// Features and the nodes of a tree are few.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
