//! The simulators over real HTTP, and the worlds behind them.

#![expect(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

mod changes;
mod client;
mod faults;
mod hubspot;
mod mailchimp;
mod woocommerce;
mod world;
