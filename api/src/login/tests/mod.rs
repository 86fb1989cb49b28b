//! Signing in through real redirects, at an identity provider of our own.

mod getting_in;
mod idp;
mod kept_out;
mod sessions;
mod world;

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::idp::Signing;
use self::world::World;

const OVERVIEW: &str = "{ overview { profiles } }";
