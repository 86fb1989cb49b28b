//! What people allow their data to be used for, and the one gate between their data and whoever wants to use it.
//!
//! A [`Purpose`] says what is done with data, and on which ground. What people say about it are facts
//! ([`Statement`], shaped after ISO/IEC TS 27560). [`decide()`] is the gate: a pure function of the statements of a
//! person, the purpose and the instant. Nothing else in the system judges consent.
//!
//! Every function that reads a profile takes a [`Reader`]: who asks, and for which purpose.

mod decide;
mod purpose;
mod purposes;
mod record;
mod said;
mod statement;

pub use decide::{Decision, Ground, Refusal, decide};
pub use purpose::{Channel, LawfulBasis, Purpose};
pub(crate) use purposes::Purposes;
pub use purposes::{DefinedPurpose, Notice};
pub use record::{NewStatement, Recorded};
pub(crate) use said::Reading;
pub use said::StatementDetails;
pub use statement::{ContactPoint, Statement, Status, is_written, telling};

#[cfg(test)]
mod tests;

/// Who reads personal data, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The name of the API key, person or process.
    pub caller: String,
    /// The key of the purpose that the data is wanted for; `None` for operating the system itself.
    pub purpose: Option<&'static str>,
}

/// Whether a reader is let in to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Go ahead.
    Admitted,
}

/// Asks whether this reader may read this person's data. Today everyone is admitted whom the API has let in; who reads
/// without asking it will have no way to name a [`Reader`].
pub(crate) fn admit(_reader: &Reader, _person: uuid::Uuid) -> Admission {
    Admission::Admitted
}
