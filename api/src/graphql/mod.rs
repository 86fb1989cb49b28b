//! The GraphQL face of Rondom: what may be asked, changed and followed.
//!
//! [`query`], [`mutation`] and [`subscription`] are the three roots; [`types`] is what they speak of; the schema is
//! put together, and printed, in [`schema()`]. Around them: [`access`] is the table of who may what, [`ids`] and
//! [`paging`] the Relay conventions, [`loaders`] how lists below lists cost one statement each, [`quick`] how fields
//! are resolved, [`leaving`] the last look at an answer, [`changes`] and [`background`] what goes on beyond a request, [`error`] what a failure looks like.
//!
//! Resolvers translate. This room must never decide what a profile is, run SQL, or answer a root field that the table
//! does not list. **To add a root field**: write it, add its line to the table, print the schema anew.

mod access;
mod background;
mod batch;
mod changes;
mod error;
mod ids;
mod leaving;
mod loaders;
mod mutation;
mod paging;
mod query;
mod quick;
mod scalars;
mod schema;
mod subscription;
mod types;

pub use background::Background;
pub(crate) use ids::profile_id;
pub use leaving::Schema;
pub use schema::{prepare, schema, sdl};

#[cfg(test)]
mod tests;
