//! What people are like: personas that administrators name, and people who resemble one another.
//!
//! 1. **Define.** A persona is a pattern under a key: marks, each a rule of the crate `segments` with a weight
//!    (`persona.rs`), a fact with versions.
//! 2. **Ask.** `nearest.rs` asks the marks about people and says which persona each is nearest to, and why.
//! 3. **Resemble.** `candidates.rs` draws a bounded number of people by way of indexes, `portraits.rs` reads what is
//!    compared of them, `alike.rs` (pure) compares two people, `words.rs` says what they have in common, and `similar.rs`
//!    puts it together, past the gate.
//!
//! All of this is profiling: nothing is said of whoever does not allow it, and what the purpose `profiling` may not use
//! makes nobody like anybody. Nothing that is said of a person is stored.

mod alike;
mod candidates;
mod nearest;
mod persona;
mod portraits;
mod similar;
mod words;

use chrono::{DateTime, Utc};
pub use nearest::{MarkAnswer, Nearness, Resemblance};
pub use persona::{Mark, NewPersona, Persona};
pub(crate) use persona::{Personas, asking as persona_asking};
pub use similar::{LookAlike, Shared, Similar};

use crate::consent::{PROFILING, Purpose, Purposes, Statement, decide};

/// The purpose for which people are compared with patterns and with one another.
fn profiling(purposes: &Purposes) -> Option<&Purpose> {
    purposes.get(PROFILING).map(|defined| &defined.purpose)
}

/// Whether the person who said this may be compared.
fn allows(purpose: Option<&Purpose>, said: &[Statement], now: DateTime<Utc>) -> bool {
    purpose.is_some_and(|purpose| decide(purpose, said, None, now).is_allowed())
}
