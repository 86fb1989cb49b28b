//! The fewest conditions that would have to turn for a rule to hold.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Node;
use crate::condition::Condition;

/// With more conditions than these, not every set of them is tried.
const SEARCHED: usize = 20;

/// What would have to turn for the rule to hold: what is no to yes, and under a `not` what is yes to no.
///
/// A condition that stands in the rule twice turns at both places and counts once. Whether conditions can turn at all, or
/// without one another, is not asked: somebody is not in two countries, but two conditions may say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// The paths of the conditions, each where it first stands. `None`: whatever turned, the rule would not hold, or
    /// nothing was found where not everything was tried.
    pub conditions: Option<Vec<String>>,
    /// Whether it is certain that there are no fewer. Not where a condition stands in the rule more than once and there are
    /// more than 20 different ones.
    pub exact: bool,
}

/// A rule with `not` only before single conditions, which are numbered.
#[derive(Debug)]
enum Form {
    Is { leaf: usize, wanted: bool },
    Every(Vec<Self>),
    Any(Vec<Self>),
}

#[derive(Default)]
struct Leaves {
    /// By their text: the same text asks the same.
    numbers: BTreeMap<String, usize>,
    paths: Vec<String>,
    holds: Vec<bool>,
    repeated: bool,
}

/// Finds what is missing. The node is the condition's, and does not hold.
pub(super) fn missing(condition: &Condition, node: &Node) -> Missing {
    let mut leaves = Leaves::default();
    let form = leaves.form(condition, node, true);
    let simple = cheapest(&form, &leaves.holds).filter(|turned| form.holds_with(&leaves.holds, turned));
    let (turned, exact) = if !leaves.repeated {
        (simple, true)
    } else if leaves.holds.len() <= SEARCHED {
        (search(&form, &leaves.holds, simple), true)
    } else {
        (simple, false)
    };
    let path = |leaf: usize| leaves.paths[leaf].clone();
    Missing { conditions: turned.map(|turned| turned.into_iter().map(path).collect()), exact }
}

impl Leaves {
    fn form(&mut self, condition: &Condition, node: &Node, wanted: bool) -> Form {
        let parts = |leaves: &mut Self, conditions: &[Condition]| {
            let pairs = conditions.iter().zip(&node.conditions);
            pairs.map(|(condition, node)| leaves.form(condition, node, wanted)).collect()
        };
        match condition {
            Condition::All(conditions) if wanted => Form::Every(parts(self, conditions)),
            Condition::Any(conditions) if !wanted => Form::Every(parts(self, conditions)),
            Condition::All(conditions) | Condition::Any(conditions) => Form::Any(parts(self, conditions)),
            Condition::Not(condition) => match node.conditions.first() {
                Some(inner) => self.form(condition, inner, !wanted),
                None => Form::Any(Vec::new()),
            },
            _ => Form::Is { leaf: self.leaf(node), wanted },
        }
    }

    fn leaf(&mut self, node: &Node) -> usize {
        if let Some(number) = self.numbers.get(&node.text) {
            self.repeated = true;
            return *number;
        }
        let number = self.paths.len();
        self.numbers.insert(node.text.clone(), number);
        self.paths.push(node.path.clone());
        self.holds.push(node.holds);
        number
    }
}

impl Form {
    fn holds(&self, answer: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::Is { leaf, wanted } => answer(*leaf) == *wanted,
            Self::Every(parts) => parts.iter().all(|part| part.holds(answer)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(answer)),
        }
    }

    fn holds_with(&self, holds: &[bool], turned: &BTreeSet<usize>) -> bool {
        self.holds(&|leaf| holds[leaf] ^ turned.contains(&leaf))
    }
}

/// The fewest that must turn, if each condition stands in the rule once: of all parts those of each together, of any part
/// those of the cheapest. `None`: there is no way.
fn cheapest(form: &Form, holds: &[bool]) -> Option<BTreeSet<usize>> {
    match form {
        Form::Is { leaf, wanted } => {
            Some(if holds[*leaf] == *wanted { BTreeSet::new() } else { BTreeSet::from([*leaf]) })
        }
        Form::Every(parts) => parts.iter().try_fold(BTreeSet::new(), |mut all, part| {
            all.append(&mut cheapest(part, holds)?);
            Some(all)
        }),
        Form::Any(parts) => {
            let ways = parts.iter().filter_map(|part| cheapest(part, holds));
            ways.min_by(|one, other| one.len().cmp(&other.len()).then_with(|| one.cmp(other)))
        }
    }
}

/// Tries every set, the smaller before the larger, that is smaller than the one known.
fn search(form: &Form, holds: &[bool], known: Option<BTreeSet<usize>>) -> Option<BTreeSet<usize>> {
    let leaves = holds.len();
    let most = known.as_ref().map_or(leaves + 1, BTreeSet::len);
    for size in 1..most.min(leaves + 1) {
        let mut set = (1_u32 << size) - 1;
        while set < 1 << leaves {
            if form.holds(&|leaf| holds[leaf] ^ (set >> leaf & 1 == 1)) {
                return Some((0..leaves).filter(|leaf| set >> leaf & 1 == 1).collect());
            }
            // The next greater number with as many ones (R. W. Gosper, HAKMEM, item 175).
            let lowest = set & set.wrapping_neg();
            let ripple = set + lowest;
            set = (((ripple ^ set) >> 2) / lowest) | ripple;
        }
    }
    known
}
