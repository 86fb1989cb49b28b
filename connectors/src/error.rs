//! What can go wrong between Rondom and an outside system, in words that let a person act.

use std::time::Duration;

/// An error of a connector. No variant carries a secret or personal data: URLs stand without their query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The configuration cannot work.
    #[error("configuration: {path}: {message}")]
    Configuration {
        /// The field, as a path: `base_url`.
        path: String,
        /// What is wrong and what is expected.
        message: String,
    },
    /// The credentials were refused; trying again will not help.
    #[error("{url} refused the credentials (HTTP {status}): {message}")]
    Unauthorized {
        /// The address asked, without its query.
        url: String,
        /// The status: 401 or 403.
        status: u16,
        /// What the vendor said.
        message: String,
    },
    /// The vendor answered with a status that trying again does not mend.
    #[error("{url} answered HTTP {status}: {message}")]
    Status {
        /// The address asked, without its query.
        url: String,
        /// The status.
        status: u16,
        /// The first words of the body.
        message: String,
    },
    /// The call failed, or was refused for a time, more often than the retry policy allows.
    #[error("{url}: gave up after {attempts} attempts: {last}")]
    Exhausted {
        /// The address asked, without its query.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// The last failure.
        last: String,
        /// How long the vendor asked to wait, where it did.
        retry_after: Option<Duration>,
    },
    /// The answer is larger than the limit.
    #[error("{url}: the answer is larger than {limit} bytes")]
    TooLarge {
        /// The address asked, without its query.
        url: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The answer is not what the vendor documents (HTML, truncated JSON, a missing field).
    #[error("{url}: the answer cannot be understood: {message}")]
    Malformed {
        /// The address asked, without its query.
        url: String,
        /// What was expected and what came.
        message: String,
    },
    /// The vendor no longer accepts where we stood, or the stored cursor has another shape. The driver
    /// may start the stream again from the beginning.
    #[error("the cursor is not accepted: {0}")]
    Cursor(String),
    /// There is no stream of that name.
    #[error("unknown stream {0}")]
    UnknownStream(String),
}
