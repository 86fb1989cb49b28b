//! `rondom bench`: measures the whole on a database that it fills itself, and prints figures and ratios.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures for people: counts far below 2^52"
)]

mod actions;
mod cpu;
mod fill;
mod follow;
mod ingest;
mod load;
mod profile;
mod query;
mod resolve;
mod segments;
mod similar;

use clap::{Args, Subcommand};

use crate::config::StoreArgs;

/// Measure the whole on a database of its own.
#[derive(Debug, Args)]
pub(super) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Fill an empty database with invented people, orders and events, through the intake of every source
    Fill(Fill),
    /// Ask for 360° profiles over HTTP, and for the same JSON by one hand-written SQL statement (PostgreSQL)
    Profile(Profile),
    /// Send what sites and apps send, to a real server, until everything is derived
    Ingest(Ingest),
    /// Send events to a real server at a steady rate, and measure how long it takes until a subscriber is told
    Follow(Follow),
    /// Learn a model, and measure how long a new record takes to become part of its profile
    Resolve(Resolve),
    /// Ask for the next best action of people at random, at a steady rate, in a filled database
    Actions(Actions),
    /// Work out twenty segments for everybody in a filled database, and five of them by hand-written SQL (PostgreSQL)
    Segments(Segments),
    /// Find who is like some people in a filled database
    Similar(Similar),
}

#[derive(Debug, Args)]
struct Resolve {
    /// How many records are there before
    #[arg(long, default_value_t = 240_000)]
    present: usize,
    /// How many further records come in pages
    #[arg(long, default_value_t = 20_000)]
    stream: usize,
    /// How many further records come one by one
    #[arg(long, default_value_t = 2_000)]
    single: usize,
    /// Records to use instead of invented ones
    #[arg(long, value_name = "FILE", requires = "mapping")]
    records: Option<std::path::PathBuf>,
    /// What their columns mean, as for `rondom import`
    #[arg(long, value_name = "FILE", requires = "records")]
    mapping: Option<std::path::PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
struct Fill {
    /// How many people
    #[arg(long, default_value_t = 100_000)]
    profiles: u64,
    /// How many orders; a fifth of the people have all of them
    #[arg(long, default_value_t = 500_000)]
    orders: u64,
    /// How many events; the same people have all of them
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
struct Ingest {
    /// How many events
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// How many of them one request holds; 1 sends each to `/v1/track` by itself
    #[arg(long, default_value_t = 100)]
    batch: u64,
    /// How many connections send at the same time
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// How many visitors there are, each event of one at random
    #[arg(long, default_value_t = 10_000)]
    visitors: u64,
    /// How many events a second are sent at most; 0 for as many as are taken
    #[arg(long, default_value_t = 0)]
    rate: u64,
    /// How many segments are defined before
    #[arg(long, default_value_t = 0)]
    segments: usize,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
struct Follow {
    /// How many events
    #[arg(long, default_value_t = 10_000)]
    events: u64,
    /// How many events a second
    #[arg(long, default_value_t = 500)]
    rate: u64,
    /// How many connections send at the same time
    #[arg(long, default_value_t = 16)]
    connections: usize,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
struct Actions {
    /// How many requests a second
    #[arg(long, default_value_t = 50)]
    rate: u64,
    /// For how many seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many connections ask at the same time
    #[arg(long, default_value_t = 16)]
    connections: usize,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
struct Similar {
    /// For how many customers, and for how many others
    #[arg(long, default_value_t = 200)]
    requests: u64,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
struct Segments {
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
struct Profile {
    /// How many requests each way of asking answers
    #[arg(long, default_value_t = 20_000)]
    requests: u64,
    /// How many connections ask at the same time
    #[arg(long, default_value_t = 16)]
    connections: usize,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(args: Bench) -> anyhow::Result<()> {
    match args.what {
        What::Fill(args) => fill::run(args).await,
        What::Ingest(args) => ingest::run(args).await,
        What::Follow(args) => follow::run(args).await,
        What::Profile(args) => profile::run(args).await,
        What::Resolve(args) => resolve::run(args).await,
        What::Actions(args) => actions::run(args).await,
        What::Segments(args) => segments::run(args).await,
        What::Similar(args) => similar::run(args).await,
    }
}
