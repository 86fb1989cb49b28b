//! Whether a rule that can be read makes sense, and is not too large.
//!
//! `condition.rs` looks at conditions, `test.rs` at tests and where each may stand, `value.rs` at values, names and dates.
//! Limits are here so that whatever passes can be stored, written as text and read again.

mod condition;
mod test;
mod value;

pub(crate) use condition::{LEVELS, problems};

use condition::Check;
use value::join;
