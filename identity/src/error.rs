/// What can be wrong with the input of this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A rule has a value that cannot be used.
    #[error("identity rules: {path} must be {expected}, but is {found}")]
    Rule {
        /// Where in the rules, as in `identifiers.email.weight`.
        path: String,
        /// What would be accepted.
        expected: String,
        /// What the administrator wrote.
        found: String,
    },
}
