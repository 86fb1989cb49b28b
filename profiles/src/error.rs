//! What can go wrong in the application, in words that let a person act.

/// An error of the profile store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused or failed.
    #[error("database: {0}")]
    Database(#[from] sea_orm::DbErr),
    /// The database server cannot be reached, or does not let us in.
    #[error("database: {0}")]
    Unreachable(String),
    /// The database's schema is not the one this program was built for.
    #[error("database: {0}")]
    Schema(String),
    /// What the caller gave cannot be used. `path` names the field.
    #[error("{path}: {message}")]
    Invalid {
        /// The field, as a path: `input.schedule`.
        path: String,
        /// What is wrong and what is expected.
        message: String,
    },
    /// There is no such thing.
    #[error("{what} {id} does not exist")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Under which name.
        id: String,
    },
    /// There was such a thing, and the person whose it was has been erased.
    #[error("this {what} was erased at the person's request")]
    Erased {
        /// What was looked for.
        what: &'static str,
    },
    /// Something else is in the way; later it may work.
    #[error("{0}")]
    Conflict(String),
    /// The secret key is missing, malformed or another one than the database was made with.
    #[error("secret key: {0}")]
    Key(String),
    /// A stored value cannot be read back; the database was written by another version or damaged.
    #[error("stored {what} cannot be read: {message}")]
    Stored {
        /// Which value.
        what: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// An outside system.
    #[error(transparent)]
    Connector(#[from] connectors::Error),
}

impl Error {
    /// An [`Error::Invalid`].
    pub fn invalid(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { path: path.into(), message: message.into() }
    }

    /// The same, where a field stands within another.
    pub(crate) fn within(self, above: &str) -> Self {
        match self {
            Self::Invalid { path, message } => Self::Invalid { path: format!("{above}.{path}"), message },
            other => other,
        }
    }

    /// Whether the same work will fail again: what is stored is wrong, and no outage.
    pub(crate) fn is_lasting(&self) -> bool {
        use sea_orm::{DbErr, RuntimeErr, sqlx};
        let Self::Database(error) = self else { return matches!(self, Self::Stored { .. }) };
        let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
        else {
            return matches!(error, DbErr::Type(_));
        };
        let sqlx::Error::Database(error) = &**error else { return false };
        // PostgreSQL: data exception, integrity violation, limit exceeded. SQLite: too big, constraint.
        let code = error.code().unwrap_or_default();
        ["22", "23", "54"].iter().any(|class| code.len() == 5 && code.starts_with(class))
            || (code == "18" || code.parse().is_ok_and(|code: u32| code & 0xff == 19))
    }

    /// An [`Error::Stored`].
    pub(crate) fn stored(what: &'static str, error: impl std::fmt::Display) -> Self {
        Self::Stored { what, message: error.to_string() }
    }
}

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
