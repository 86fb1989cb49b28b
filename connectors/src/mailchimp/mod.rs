//! Mailchimp: members of audiences, campaigns, and what people did with them, by an API key.
//!
//! * Collections page by offset. They are sorted by something that seldom moves, and when rows vanish meanwhile
//!   the total falls and we step back.
//! * A member is a person of one audience: the same address in two audiences is two records with two consents.
//! * Members can be asked for what changed since a time. Archived ones are read as deleted; members deleted for
//!   good vanish without a trace. Campaigns are few and undated, so every run reads them all.
//! * Activity is read campaign by campaign, for those sent lately. IP addresses stay in the payload.

mod activity;
mod api;
mod campaigns;
mod config;
mod map;
mod members;
mod offsets;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use self::api::address;
use crate::{
    http::Limit,
    registry::{Authentication, Category, Kind},
    settings::schema,
};

/// What the registry knows about it.
pub(crate) const KIND: Kind = Kind {
    name: "mailchimp",
    title: "Mailchimp",
    category: Category::Email,
    description: "Reads the members of Mailchimp audiences with their consent, the campaigns, and opens, clicks, \
                  bounces and unsubscriptions.",
    authentication: Authentication::ApiKey,
    default_schedule: "*/30 * * * *",
    config_schema: schema::<config::Config>,
    secrets_schema: schema::<config::Credentials>,
    streams: stream::all,
    // Mailchimp refuses the eleventh simultaneous connection of an account, and others use it too.
    limit: Limit { per_second: 10.0, burst: 10, concurrency: 4 },
    build: stream::build,
};
