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
    /// A file of records cannot be used.
    #[error("the file {name} {reason}")]
    File {
        /// Which file.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two records have the same id.
    #[error("two records have the id `{id}`; each must have its own")]
    SameId {
        /// The id, as it stands in the file.
        id: String,
    },
    /// A model cannot be used.
    #[error("the model {0}")]
    Model(String),
}
