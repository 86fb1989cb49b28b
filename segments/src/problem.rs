//! What is wrong with a rule, as data.

use std::fmt;

use serde::Serialize;

/// Something that is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Where in the rule, as in `all[1].did.where[0].is`. Empty: the rule as a whole.
    pub path: String,
    /// What was expected and what was found.
    pub message: String,
    /// Where in the text form, if the rule was written in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl Problem {
    /// A problem at a path.
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), position: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Position { line, column }) = self.position {
            write!(formatter, "line {line}, column {column}: ")?;
        }
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        formatter.write_str(&self.message)
    }
}

/// Everything that was found wrong with a rule; at least one [`Problem`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub Vec<Problem>);

/// The first characters of what somebody wrote, for an error.
pub(crate) fn short(text: &str) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(40).collect();
    if characters.next().is_some() { format!("{start}…") } else { start }
}

/// The known word that is nearest to what somebody wrote, if it is near enough to be meant.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    if word.chars().count() > 40 {
        return None;
    }
    let most = word.chars().count().max(3) / 3;
    let distance = |known: &str| edits(&word.to_lowercase(), &known.to_lowercase());
    known.iter().copied().filter(|known| distance(known) <= most).min_by_key(|known| distance(known))
}

/// How many letters must be changed, added or left out; two that are swapped are one change.
fn edits(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let row = |first| (first..=first + right.len()).collect();
    let mut rows: Vec<Vec<usize>> = (0..=left.len()).map(row).collect();
    for l in 1..=left.len() {
        for r in 1..=right.len() {
            let differs = usize::from(left[l - 1] != right[r - 1]);
            let mut least = (rows[l - 1][r - 1] + differs).min(rows[l - 1][r] + 1).min(rows[l][r - 1] + 1);
            if l > 1 && r > 1 && left[l - 1] == right[r - 2] && left[l - 2] == right[r - 1] {
                least = least.min(rows[l - 2][r - 2] + 1);
            }
            rows[l][r] = least;
        }
    }
    rows[left.len()][right.len()]
}

/// `: did you mean …?` or `: known are …`, to be added to an error about a word.
pub(crate) fn meant(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{nearest, short};

    #[test]
    fn the_nearest_word_is_named_if_it_can_be_meant() {
        for (word, near) in [
            ("tarit", Some("trait")),
            ("Trait", Some("trait")),
            ("sequnce", Some("sequence")),
            ("elephant", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &["trait", "sequence", "did"]), near, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(1_000_000), &["trait"]), None);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(short("é"), "é");
        assert_eq!(short(&"é".repeat(41)), format!("{}…", "é".repeat(40)));
    }
}
