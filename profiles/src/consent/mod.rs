//! What people allow their data to be used for, and the one gate between their data and whoever wants to use it.
//!
//! A [`Purpose`] says what is done with data, and on which ground. What people say about it are facts
//! ([`Statement`], shaped after ISO/IEC TS 27560). [`decide()`] is the gate: a pure function of the statements of a
//! person, the purpose and the instant. Nothing else in the system judges consent.
//!
//! Who reads says for which purpose ([`Reader`]) and passes the [`gate`]; without it no profile can be read. Readers who
//! need not know how a person is reached see it [`mask`]ed.

mod choice;
mod decide;
mod gate;
mod link;
pub mod mask;
mod purpose;
mod purposes;
mod reads;
mod record;
mod said;
mod statement;
mod tcf;

pub use choice::Choice;
pub use decide::{Decision, Ground, Refusal, decide};
pub use gate::{Admission, Admitted, Reader, Withheld};
pub(crate) use gate::{Gate, said_today};
pub use link::{LINK_LIFE, LinkRefusal, Opened, PreferenceLink};
pub(crate) use purpose::PROFILING;
pub use purpose::{Channel, LawfulBasis, PERSONALISATION, Purpose};
pub use purposes::{DefinedPurpose, Notice};
pub(crate) use purposes::{Purposes, current as current_purposes};
pub use reads::Reads;
pub use record::NewStatement;
pub(crate) use said::Reading;
pub use said::StatementDetails;
pub use statement::{ContactPoint, Statement, Status, is_written, telling};
pub(crate) use tcf::TcString;

/// What is said under this key is about any use at all: a no restricts it (Article 18 of the GDPR), a yes ends that.
pub(crate) const RESTRICTION: &str = "restriction";

#[cfg(test)]
mod tests;
