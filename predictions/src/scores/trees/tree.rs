//! A tree: questions about codes that lead to leaves.

use serde::{Deserialize, Serialize};

use super::super::features::Feature;
use super::super::logistic::FAR;

/// Its first node is its root; children come after their parents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Node {
    /// How many customers came here in training.
    pub(super) cover: f64,
    pub(super) next: Next,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Next {
    /// What is added to the log-odds.
    Leaf(f64),
    Split {
        feature: usize,
        rule: Rule,
        left: usize,
        right: usize,
    },
}

/// Who goes left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Rule {
    /// Numbers with codes up to one; and missing ones, whose code stands beside it, or not.
    UpTo { code: u8, missing: u8, missing_left: bool },
    /// The levels whose bits are set.
    Among(u64),
}

impl Rule {
    pub(super) fn is_left(self, code: u8) -> bool {
        match self {
            Self::UpTo { code: upto, missing, missing_left } => {
                code <= upto || (missing_left && code == missing)
            }
            Self::Among(levels) => levels >> (code & 63) & 1 == 1,
        }
    }
}

impl Tree {
    /// The leaf of a row with these codes, by its place among the nodes.
    pub(super) fn leaf(&self, codes: &[u8]) -> usize {
        let mut at = 0;
        while let Next::Split { feature, rule, left, right } = self.nodes[at].next {
            at = if rule.is_left(codes[feature]) { left } else { right };
        }
        at
    }

    /// What it adds to the log-odds of a row with these codes.
    pub(super) fn value(&self, codes: &[u8]) -> f64 {
        match self.nodes[self.leaf(codes)].next {
            Next::Leaf(value) => value,
            Next::Split { .. } => 0.0,
        }
    }

    /// Which of two children a row goes to, and the other one.
    pub(super) fn children(&self, at: usize, codes: &[u8]) -> Option<(usize, usize, usize)> {
        match self.nodes[at].next {
            Next::Leaf(_) => None,
            Next::Split { feature, rule, left, right } if rule.is_left(codes[feature]) => {
                Some((feature, left, right))
            }
            Next::Split { feature, left, right, .. } => Some((feature, right, left)),
        }
    }

    /// What it adds on average, over the customers of the training.
    pub(super) fn mean(&self) -> f64 {
        let of = |node: &Node| if let Next::Leaf(value) = node.next { node.cover * value } else { 0.0 };
        self.nodes.iter().map(of).sum::<f64>() / self.nodes[0].cover
    }

    /// How many customers came to each node.
    pub(super) fn count(&mut self, leaves: impl Iterator<Item = usize>) {
        let mut covers = vec![0.0; self.nodes.len()];
        for leaf in leaves {
            covers[leaf] += 1.0;
        }
        for at in (0..self.nodes.len()).rev() {
            if let Next::Split { left, right, .. } = self.nodes[at].next {
                covers[at] = covers[left] + covers[right];
            }
        }
        for (node, cover) in self.nodes.iter_mut().zip(covers) {
            node.cover = cover;
        }
    }

    /// Whether it can be walked: what was stored may have been changed since.
    pub(super) fn is_sound(&self, features: &[Feature]) -> bool {
        let sound = |(at, node): (usize, &Node)| match node.next {
            Next::Leaf(value) => node.cover >= 1.0 && node.cover.is_finite() && value.abs() <= FAR,
            Next::Split { feature, rule, left, right } => {
                let (after, end) = (at + 1, self.nodes.len());
                (after..end).contains(&left)
                    && (after..end).contains(&right)
                    && (self.nodes[left].cover + self.nodes[right].cover).total_cmp(&node.cover).is_eq()
                    && features
                        .get(feature)
                        .is_some_and(|feature| feature.is_category() == matches!(rule, Rule::Among(_)))
            }
        };
        !self.nodes.is_empty() && self.nodes.iter().enumerate().all(sound)
    }
}
