//! A tree: questions about codes that lead to leaves.

use serde::{Deserialize, Serialize};

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
        feature: u32,
        rule: Rule,
        left: u32,
        right: u32,
    },
}

/// Who goes left: codes below one, one more code, and the levels whose bits are set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Rule {
    below: u16,
    also: u16,
    levels: u64,
}

/// A code that nobody has.
const NOBODY: u16 = 256;

impl Rule {
    /// Numbers with codes below one, and missing ones if their code is given.
    pub(super) fn below(below: usize, missing: Option<usize>) -> Self {
        let code = |code: usize| u16::try_from(code).unwrap_or(NOBODY);
        Self { below: code(below), also: missing.map_or(NOBODY, code), levels: 0 }
    }

    /// The levels whose bits are set.
    pub(super) const fn among(levels: u64) -> Self {
        Self { below: 0, also: NOBODY, levels }
    }

    #[expect(clippy::needless_bitwise_bool, reason = "without a branch, as no processor could foresee it")]
    pub(super) fn is_left(self, code: u8) -> bool {
        let wide = u16::from(code);
        (wide < self.below) | (wide == self.also) | (self.levels >> (code & 63) & 1 == 1)
    }
}

impl Tree {
    /// What it adds to the log-odds of a row with these codes.
    pub(super) fn value(&self, codes: &[u8]) -> f64 {
        let mut at = 0;
        loop {
            match self.nodes[at].next {
                Next::Leaf(value) => return value,
                Next::Split { feature, rule, left, right } => {
                    at = if rule.is_left(codes[feature as usize]) { left } else { right } as usize;
                }
            }
        }
    }

    /// Which of two children a row goes to, and the other one.
    pub(super) fn children(&self, at: usize, codes: &[u8]) -> Option<(usize, usize, usize)> {
        let Next::Split { feature, rule, left, right } = self.nodes[at].next else { return None };
        let (feature, left, right) = (feature as usize, left as usize, right as usize);
        Some(if rule.is_left(codes[feature]) { (feature, left, right) } else { (feature, right, left) })
    }

    /// What it adds on average, over the customers of the training.
    pub(super) fn mean(&self) -> f64 {
        let of = |node: &Node| if let Next::Leaf(value) = node.next { node.cover * value } else { 0.0 };
        self.nodes.iter().map(of).sum::<f64>() / self.nodes[0].cover
    }

    /// Whether it can be walked: what was stored may have been changed since.
    pub(super) fn is_sound(&self, features: usize) -> bool {
        let sound = |(at, node): (usize, &Node)| match node.next {
            Next::Leaf(value) => node.cover >= 1.0 && node.cover.is_finite() && value.abs() <= FAR,
            Next::Split { feature, left, right, .. } => {
                let (feature, left, right) = (feature as usize, left as usize, right as usize);
                let later = at + 1..self.nodes.len();
                feature < features
                    && later.contains(&left)
                    && later.contains(&right)
                    && (self.nodes[left].cover + self.nodes[right].cover).total_cmp(&node.cover).is_eq()
            }
        };
        !self.nodes.is_empty() && self.nodes.iter().enumerate().all(sound)
    }
}
