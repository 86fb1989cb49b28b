//! The preference centre: a public page on which a person sees and changes what they allow.
//!
//! The rooms: [`address`] is where a page is found (the link itself is `profiles::consent`'s); [`serve`] answers requests;
//! [`form`] reads what a person sent; [`page`] draws, in the [`words`] of a [`language`].
//!
//! The page works without scripts, cookies or anything from elsewhere. A link may be forwarded by mistake: this room must
//! never show an address or number in full, a name, or anything but choices; nor let a token reach a log line.

mod address;
mod form;
mod language;
mod page;
mod serve;
mod words;

pub use address::Address;
pub use language::Language;
pub use serve::pages;
