//! HubSpot: companies, contacts and deals of a CRM, by a private app's token.
//!
//! * The first run reads the object lists, which page by a token and know no time.
//! * Every later run searches for what changed since the run before. The search API ends at 10,000 results and
//!   many objects may share one change time, so a window of time is walked by object id: each page asks for
//!   ids above the last one. Neither the cap nor equal times matter then.
//! * Every run ends with the list of archived objects, which no search returns.
//! * Neither lists nor searches are asked for associations: they are read for each page by the batch end point, so
//!   that an object looks the same whichever way it came.
//! * An opt-out of one subscription type is a property of its own; the configuration says for which purpose the type is.

mod api;
mod config;
mod map;
mod position;
mod stream;
#[cfg(test)]
mod tests;

use crate::{
    http::Limit,
    registry::{Authentication, Category, Kind},
    settings::schema,
};

/// What the registry knows about it.
pub(crate) const KIND: Kind = Kind {
    name: "hubspot",
    title: "HubSpot",
    category: Category::Crm,
    description: "Reads the companies, contacts and deals of a HubSpot account, archived ones included.",
    authentication: Authentication::BearerToken,
    default_schedule: "*/15 * * * *",
    config_schema: schema::<config::Config>,
    secrets_schema: schema::<config::Credentials>,
    streams: stream::all,
    // The smallest accounts may ask 100 times in 10 seconds: a burst of 20 and 8 a second stay within that.
    limit: Limit { per_second: 8.0, burst: 20, concurrency: 4 },
    build: stream::build,
};
