//! The commands that do their work and end.

mod connectors;
mod dedupe;
mod demo;
mod import;
mod keys;
mod migrate;
mod usage;
