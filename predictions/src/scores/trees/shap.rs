//! Exact Shapley values of a tree, by the path-dependent `TreeSHAP` of Lundberg, Erion & Lee (*Consistent Individualized
//! Feature Attribution for Tree Ensembles*, 2018, algorithm 2) and Lundberg et al. (*From Local Explanations to Global
//! Understanding with Explainable AI for Trees*, Nature Machine Intelligence 2, 2020).
//!
//! A feature that is not known lets a row go both ways, in the shares in which the customers of the training went; the
//! contributions are the Shapley values of the expectations that this gives. A tree costs leaves · depth².

use super::super::features::count;
use super::tree::{Next, Tree};

/// One feature on the way to a node.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    /// None for the root.
    feature: Option<usize>,
    /// The share that comes here when the feature is not known.
    zero: f64,
    /// Whether the row comes here when it is known: 0 or 1.
    one: f64,
    /// The weight of all sets of known features of one size.
    weight: f64,
}

/// Room for the ways to nodes, used again for each tree.
#[derive(Default)]
pub(super) struct Paths {
    steps: Vec<Step>,
}

impl Paths {
    /// Adds to each feature's contribution what comes from this tree.
    pub(super) fn explain(&mut self, tree: &Tree, codes: &[u8], contributions: &mut [f64]) {
        self.steps.clear();
        let step = Step { feature: None, zero: 1.0, one: 1.0, weight: 0.0 };
        self.visit(tree, 0, 0, step, codes, contributions);
    }

    /// The way to the parent are the steps from `from` on.
    fn visit(
        &mut self,
        tree: &Tree,
        at: usize,
        from: usize,
        step: Step,
        codes: &[u8],
        contributions: &mut [f64],
    ) {
        let start = self.steps.len();
        self.steps.extend_from_within(from..);
        extend(&mut self.steps, start, step);
        if let Some((feature, hot, cold)) = tree.children(at, codes) {
            let mut before = Step { zero: 1.0, one: 1.0, ..Step::default() };
            if let Some(same) =
                (start..self.steps.len()).find(|step| self.steps[*step].feature == Some(feature))
            {
                before = self.steps[same];
                unwind(&mut self.steps[start..], same - start);
                self.steps.pop();
            }
            let cover = tree.nodes[at].cover;
            let end = self.steps.len();
            for (child, one) in [(hot, before.one), (cold, 0.0)] {
                let zero = before.zero * tree.nodes[child].cover / cover;
                let step = Step { feature: Some(feature), zero, one, weight: 0.0 };
                self.visit(tree, child, start, step, codes, contributions);
                self.steps.truncate(end);
            }
        } else if let Next::Leaf(value) = tree.nodes[at].next {
            let path = &self.steps[start..];
            for (place, step) in path.iter().enumerate() {
                if let Some(feature) = step.feature {
                    contributions[feature] += without(path, place) * (step.one - step.zero) * value;
                }
            }
        }
    }
}

/// EXTEND: the way grows by one step.
fn extend(steps: &mut Vec<Step>, start: usize, step: Step) {
    let depth = steps.len() - start;
    steps.push(Step { weight: if depth == 0 { 1.0 } else { 0.0 }, ..step });
    let path = &mut steps[start..];
    let whole = count(depth + 1);
    for at in (0..depth).rev() {
        path[at + 1].weight += step.one * path[at].weight * count(at + 1) / whole;
        path[at].weight = step.zero * path[at].weight * count(depth - at) / whole;
    }
}

/// UNWIND: as if a step had not been taken; the last place is then free.
fn unwind(path: &mut [Step], place: usize) {
    let depth = path.len() - 1;
    let Step { zero, one, .. } = path[place];
    let mut next = path[depth].weight;
    let whole = count(depth + 1);
    for at in (0..depth).rev() {
        if one > 0.0 {
            let before = path[at].weight;
            path[at].weight = next * whole / (count(at + 1) * one);
            next = before - path[at].weight * zero * count(depth - at) / whole;
        } else {
            path[at].weight = path[at].weight * whole / (zero * count(depth - at));
        }
    }
    for at in place..depth {
        path[at] = Step { weight: path[at].weight, ..path[at + 1] };
    }
}

/// The sum of the weights as if a step had not been taken.
fn without(path: &[Step], place: usize) -> f64 {
    let depth = path.len() - 1;
    let Step { zero, one, .. } = path[place];
    let mut next = path[depth].weight;
    let whole = count(depth + 1);
    let mut total = 0.0;
    for at in (0..depth).rev() {
        if one > 0.0 {
            let weight = next * whole / (count(at + 1) * one);
            total += weight;
            next = path[at].weight - weight * zero * count(depth - at) / whole;
        } else {
            total += path[at].weight * whole / (zero * count(depth - at));
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Next, Node, Rule, Tree};
    use super::Paths;
    use crate::scores::chance::Chance;

    const FEATURES: usize = 6;

    fn small(at: usize) -> u32 {
        u32::try_from(at).expect("few nodes")
    }

    /// A tree whose questions come again on the same way, with covers that add up.
    fn tree(chance: &mut Chance) -> Tree {
        let mut nodes = vec![Node { cover: 1000.0, next: Next::Leaf(0.3) }];
        for _ in 0..12 {
            let leaves = (0..nodes.len())
                .filter(|at| matches!(nodes[*at].next, Next::Leaf(_)) && nodes[*at].cover > 1.5);
            let leaves: Vec<usize> = leaves.collect();
            let at = leaves[chance.below(leaves.len())];
            let rule = if chance.below(2) == 0 {
                Rule::below(1 + chance.below(7), (chance.below(2) == 0).then_some(7))
            } else {
                Rule::among(chance.below(256) as u64)
            };
            let node = nodes.len();
            let share = (1.0 + super::count(chance.below(8))) / 10.0;
            for cover in [share * nodes[at].cover, (1.0 - share) * nodes[at].cover] {
                nodes.push(Node { cover, next: Next::Leaf(super::count(chance.below(100)) / 10.0 - 5.0) });
            }
            nodes[at].next = Next::Split {
                feature: small(chance.below(FEATURES)),
                rule,
                left: small(node),
                right: small(node + 1),
            };
        }
        Tree { nodes }
    }

    /// What is expected when only some features are known.
    fn expected(tree: &Tree, at: usize, codes: &[u8], known: usize) -> f64 {
        let node = tree.nodes[at];
        let share = |child: u32| tree.nodes[child as usize].cover / node.cover;
        match node.next {
            Next::Leaf(value) => value,
            Next::Split { feature, rule, left, right } if known >> feature & 1 == 1 => {
                let child = if rule.is_left(codes[feature as usize]) { left } else { right };
                expected(tree, child as usize, codes, known)
            }
            Next::Split { left, right, .. } => {
                share(left) * expected(tree, left as usize, codes, known)
                    + share(right) * expected(tree, right as usize, codes, known)
            }
        }
    }

    #[test]
    fn contributions_are_the_shapley_values_of_all_orders() {
        let mut chance = Chance::new(41);
        for _ in 0..200 {
            let tree = tree(&mut chance);
            let codes: [u8; FEATURES] =
                std::array::from_fn(|_| u8::try_from(chance.below(8)).expect("small"));
            let mut contributions = [0.0; FEATURES];
            Paths::default().explain(&tree, &codes, &mut contributions);
            let whole: f64 = contributions.iter().sum::<f64>() + tree.mean();
            assert!((whole - tree.value(&codes)).abs() < 1e-12, "{whole}");
            for (feature, got) in contributions.iter().enumerate() {
                let mut exact = 0.0;
                for known in (0..1_usize << FEATURES).filter(|known| known >> feature & 1 == 0) {
                    // k! (n − k − 1)! / n! with n = 6.
                    let orders = [120.0, 24.0, 12.0, 12.0, 24.0, 120.0][known.count_ones() as usize] / 720.0;
                    let adds =
                        expected(&tree, 0, &codes, known | 1 << feature) - expected(&tree, 0, &codes, known);
                    exact += orders * adds;
                }
                assert!((got - exact).abs() < 1e-12, "{got} is not {exact}");
            }
        }
    }
}
