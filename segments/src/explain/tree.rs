use chrono::{DateTime, Utc};
use serde::Serialize;

use super::met::met;
use super::missing::{Missing, missing};
use crate::condition::Condition;
use crate::evaluate::{datetime, micros, whole};
use crate::person::Subject;
use crate::rule::Rule;

/// Why a rule holds of somebody at an instant, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Whether it holds.
    pub holds: bool,
    /// When that changes; see [`Evaluation::next`](crate::Evaluation::next).
    pub next: Option<DateTime<Utc>>,
    /// The answers of all its conditions.
    pub condition: Node,
    /// Where it does not hold: what would have to turn.
    pub missing: Option<Missing>,
}

/// A condition with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Where in the rule: `all[1].not.did`; of a group the path of the group.
    pub path: String,
    /// What it is: its key in the JSON form, such as `all` or `did`.
    pub kind: &'static str,
    /// The condition in the text form; of a group the word that joins its conditions.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
    /// What it met, in words: `"Berlin"`, `3 times, last on 2026-11-02T10:00:00Z`, `no such trait`. Groups met nothing.
    pub met: Option<String>,
    /// When its answer changes. Of groups nothing is said.
    pub next: Option<DateTime<Utc>>,
    /// The conditions of a group.
    pub conditions: Vec<Self>,
}

impl Rule {
    /// Why the rule holds of somebody at an instant, or why not.
    pub fn explain(&self, subject: &Subject<'_>, now: DateTime<Utc>) -> Explanation {
        let condition = node(self.condition(), "", subject, now);
        let answer = self.answer(subject, now);
        let missing = (!answer.holds).then(|| missing(self.condition(), &condition));
        Explanation { holds: answer.holds, next: answer.next, condition, missing }
    }
}

fn node(condition: &Condition, path: &str, subject: &Subject<'_>, now: DateTime<Utc>) -> Node {
    let kind = condition.key();
    let path = if path.is_empty() { kind.to_owned() } else { format!("{path}.{kind}") };
    let group = |holds: bool, conditions: Vec<Node>| Node {
        path: path.clone(),
        kind,
        text: match condition {
            Condition::All(_) => "and",
            Condition::Any(_) => "or",
            _ => "not",
        }
        .to_owned(),
        holds,
        met: None,
        next: None,
        conditions,
    };
    let each = |conditions: &[Condition]| -> Vec<Node> {
        let numbered = conditions.iter().enumerate();
        numbered.map(|(at, condition)| node(condition, &format!("{path}[{at}]"), subject, now)).collect()
    };
    match condition {
        Condition::All(conditions) => {
            let nodes = each(conditions);
            group(nodes.iter().all(|node| node.holds), nodes)
        }
        Condition::Any(conditions) => {
            let nodes = each(conditions);
            group(nodes.iter().any(|node| node.holds), nodes)
        }
        Condition::Not(condition) => {
            let inner = node(condition, &path, subject, now);
            group(!inner.holds, vec![inner])
        }
        leaf => {
            let instant = micros(now);
            let course = whole(leaf, subject, instant, instant);
            Node {
                path,
                kind,
                text: leaf.to_string(),
                holds: course.at(instant),
                met: Some(met(leaf, subject, now)),
                next: course.next(instant).and_then(datetime),
                conditions: Vec::new(),
            }
        }
    }
}
