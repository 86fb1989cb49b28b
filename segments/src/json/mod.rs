//! Reading the JSON form of a rule, with everything that is wrong with it.
//!
//! `condition.rs` reads conditions, `test.rs` tests and windows, `reader.rs` is what both are made of. Writing is derived
//! with the types. Whether what was read makes sense is not asked here but in `check.rs`.

mod condition;
mod reader;
mod test;

pub(crate) use condition::read;
pub(crate) use reader::unreadable;
pub(crate) use test::when;

#[cfg(test)]
mod tests;
