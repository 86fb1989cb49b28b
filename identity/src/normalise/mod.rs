//! One written form for every value that is compared.
//!
//! A value that cannot be brought into that form is refused with a reason, and nothing here guesses: two different
//! people must not become one by a repair. Input of any length and content is safe, and normalising what is already
//! normalised changes nothing.

pub(crate) mod email;
mod name;
pub(crate) mod phone;
pub(crate) mod text;
mod value;

pub use name::fold_name;
pub use value::Normalised;

#[cfg(test)]
mod tests;
