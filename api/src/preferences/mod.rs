//! The preference centre: a public page on which a person sees and changes what they allow.
//!
//! It is served at the path of a signed link ([`address`]; the link itself is `profiles::consent`'s) in the person's
//! [`language`].

mod address;
mod language;

pub use address::Address;
pub use language::Language;
