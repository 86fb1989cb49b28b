//! The population: invented people with names, homes, addresses and phones, and the ways in which those are
//! misspelt. It knows no vendor.

mod contact;
mod country;
mod population;
mod spelling;
mod words;

pub use contact::{Company, Home, Person, Phone};
pub use country::Country;
pub use population::Population;
pub(crate) use spelling::{ascii, dotted, mistyped, plussed, shouted};
