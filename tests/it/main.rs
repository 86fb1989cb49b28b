//! End to end: the real binary, real databases, real HTTP.
//!
//! The tree mirrors what is tested: [`cli`] the commands, [`collect`] what sites send, [`serve`] the server, [`sync`] reading simulated vendors.
//! [`support`] starts things and cleans up after them. Tests that can run on both databases do, through
//! [`support::on_both`].

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cli;
mod collect;
mod serve;
mod support;
mod sync;
