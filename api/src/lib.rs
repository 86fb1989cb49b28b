//! Everything that speaks to the outside: HTTP, GraphQL, signing in, configuration, telemetry and the command line of `rondom`.
//!
//! This crate translates. It reads the wall clock (in [`clock`] alone), the environment and the command line (in
//! [`config`]), and hands plain values down. It must never run SQL, decide about a profile, or let a secret or a
//! person's data reach a log line.

pub mod application;
pub mod archive;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod config;
pub mod graphql;
pub mod http;
pub mod login;
pub mod preferences;
pub mod telemetry;
pub mod visitors;
