//! HubSpot's CRM interface, version 3: listing, search and associations of contacts, companies and deals.
//!
//! Shapes follow HubSpot's published description and answers seen in the wild. What is left out: writing,
//! custom objects, property history, owners.

mod answer;
mod associations;
mod change;
mod list;
mod object;
mod search;

pub use object::{Kind, Object, Portal};
