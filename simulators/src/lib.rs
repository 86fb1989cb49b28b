//! Small HTTP servers that behave like the HubSpot, WooCommerce and Mailchimp APIs, filled by a seeded
//! population of people whose true identities are known.
//!
//! `rondom demo` syncs them, and the end-to-end tests sync them with faults switched on. They follow the
//! vendors' published interfaces and know nothing of the connectors that read them: a mistake of a connector
//! must not be repeated here, or no test would see it.
//!
//! * [`World::generate`] makes the population: [`Truth`] and the data of the three vendors, the same for the
//!   same [`Seed`].
//! * [`Fleet::start`] serves a world on three loopback ports; each [`Server`] carries its credentials, its
//!   request log, its [`Faults`], and methods that change its data while it runs.
//!
//! Nothing here reads the wall clock: the vendors' time starts at [`Seed::now`] and runs with tokio's clock,
//! so it stands still where a test pauses that one (see [`Clock`]). Every name, address and domain is made up
//! from word lists; e-mail domains end in `.example`, apart from the placeholders that real shops are full of.

// WooCommerce's objects have more fields than `json!` expands by default.
#![recursion_limit = "256"]

mod chance;
mod clock;
mod fields;
pub mod hubspot;
pub mod mailchimp;
pub mod people;
mod server;
mod truth;
pub mod woocommerce;
mod world;

pub use clock::Clock;
pub use server::{Fault, Faults, Fleet, Request, RetryAfter, Rule, Server, Stamp, Vendor, WrongType};
pub use truth::{Source, Truth};
pub use world::{Seed, World};
