//! In which order segments are asked that ask for each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::rule::Rule;

/// Segments that ask for each other in a circle, so that none can be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("segments ask for each other in a circle: {}", .0.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" → "))]
pub struct Cycle(
    /// The keys along the way; the last is the first again.
    pub Vec<String>,
);

/// The keys in an order in which each segment comes after those that it asks for. Those that are asked for and are not
/// given are left out.
///
/// # Errors
/// The way around, if some ask for each other in a circle.
pub fn check_acyclic(segments: &BTreeMap<String, Rule>) -> Result<Vec<String>, Cycle> {
    let asked: BTreeMap<&str, BTreeSet<String>> =
        segments.iter().map(|(key, rule)| (key.as_str(), rule.depends().segments)).collect();
    let mut order: Vec<String> = Vec::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in asked.keys() {
        // The way from the start to where we are, with what is still to be asked there. No recursion: a chain may be long.
        let mut way: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut next = Some(*start);
        loop {
            match next.take() {
                Some(key) if done.contains(key) => {}
                Some(key) => {
                    if let Some(first) = way.iter().position(|(on_way, _)| *on_way == key) {
                        let around = way[first..].iter().map(|(key, _)| *key).chain([key]);
                        return Err(Cycle(around.map(str::to_owned).collect()));
                    }
                    if let Some(asks) = asked.get(key) {
                        way.push((key, asks.iter().rev().map(String::as_str).collect()));
                    }
                }
                None => {}
            }
            let Some((key, left)) = way.last_mut() else { break };
            next = left.pop();
            if next.is_none() {
                done.insert(key);
                order.push((*key).to_owned());
                way.pop();
            }
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::check_acyclic;
    use crate::Rule;

    fn segments(asks: &[(&str, &[&str])]) -> BTreeMap<String, Rule> {
        let rule = |asked: &[&str]| {
            let parts: Vec<String> = asked.iter().map(|key| format!("not in segment \"{key}\"")).collect();
            Rule::parse(&if parts.is_empty() { "everyone".to_owned() } else { parts.join(" or ") }).unwrap()
        };
        asks.iter().map(|(key, asked)| ((*key).to_owned(), rule(asked))).collect()
    }

    #[test]
    fn what_is_asked_for_comes_first() {
        let order = check_acyclic(&segments(&[
            ("a", &["c", "b"]),
            ("b", &["c"]),
            ("c", &["gone"]),
            ("d", &["a", "b"]),
        ]));
        assert_eq!(order, Ok(["c", "b", "a", "d"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_circle_is_refused_with_its_whole_way() {
        let circle = segments(&[("a", &["b"]), ("b", &["x", "c"]), ("c", &["d"]), ("d", &["b"]), ("x", &[])]);
        let error = check_acyclic(&circle).unwrap_err();
        assert_eq!(error.to_string(), "segments ask for each other in a circle: `b` → `c` → `d` → `b`");
        assert_eq!(check_acyclic(&segments(&[("a", &["a"])])).unwrap_err().0, ["a", "a"]);
    }

    #[test]
    fn a_long_chain_is_no_trouble() {
        let keys: Vec<String> = (0..5_000).map(|at| format!("{at:05}")).collect();
        let chain: BTreeMap<String, Rule> = keys
            .windows(2)
            .map(|pair| (pair[0].clone(), Rule::parse(&format!("in segment \"{}\"", pair[1])).unwrap()))
            .collect();
        let order = check_acyclic(&chain).unwrap();
        assert_eq!(order.len(), chain.len());
        assert!(order.is_sorted_by(|left, right| left > right));
    }
}
