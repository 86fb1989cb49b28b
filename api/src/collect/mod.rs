//! What sites and apps send: the Segment tracking protocol under `/v1`, for which every one of them has a client.
//!
//! `serve` answers the paths, `body` unpacks what comes, `script` is what pages load, `settings` tells the browser library of Segment where to send.
//! A request is answered with 200 once everything in it is in the database, and with 429 where it cannot be for now: then
//! clients send it again. Single messages that cannot be understood are kept as rejected records and spoil no batch.
//!
//! This room must never answer with 200 what is not stored, or log what was sent.

mod body;
mod script;
mod serve;
mod settings;
#[cfg(test)]
mod tests;

pub use serve::router;
