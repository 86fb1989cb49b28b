//! The schema over a small, known world.

mod connectors;
mod lists;
mod nodes;
mod printed;
mod profile;
mod roles;
mod statements;
mod subscriptions;
mod world;

use world::World;
