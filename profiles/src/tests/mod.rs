//! What must hold of the whole crate, on real databases.
//!
//! PostgreSQL is used where `RONDOM_TEST_POSTGRES` names a server or one answers on 127.0.0.1:5432; otherwise
//! its part is skipped with a word, and fails where `CI` is set.

mod actions;
mod activation;
mod archive;
mod audit;
mod cdnow;
mod consents;
mod decided_any_order;
mod decisions;
mod derived;
mod erasure;
mod fresh;
mod groups;
mod groups_any_order;
mod insights;
mod journeys;
mod likeness;
mod matching;
mod orders_of_arrival;
mod past;
mod past_any_time;
mod quality;
mod recommendations;
mod rectification;
mod retention;
mod rules;
mod scores;
mod segments;
mod sessions;
mod signals;
mod support;
mod touches;
mod visitors;
mod worlds;
