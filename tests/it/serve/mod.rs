//! The server.

mod access;
mod life;
