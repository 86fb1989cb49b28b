//! The schema over a small, known world.

mod actions;
mod audit;
mod connectors;
mod consent;
mod decisions;
mod destinations;
mod gate;
mod groups;
mod journeys;
mod likeness;
mod lists;
mod masked;
mod matching;
mod nodes;
mod past;
mod predictions;
mod preferences;
mod printed;
mod profile;
mod reach;
mod recommendations;
mod requests;
mod roles;
mod rules;
mod scores;
mod segments;
mod slots;
mod statements;
mod subscriptions;
mod visitors;
mod world;

use world::World;
