//! The server.

mod access;
mod life;
mod preferences;
