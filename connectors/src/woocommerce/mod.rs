//! WooCommerce: products, customers and orders of a shop, by a REST key.
//!
//! * Lists page by number in ascending id. Rows that vanish meanwhile make the total fall, and then the page
//!   before is read again.
//! * Products and orders can be asked for what changed since a time; customers cannot, so every run reads all of
//!   them.
//! * A buyer without an account is a person of their own: one per e-mail address, not one per order.
//! * Opt-ins that plugins keep in `meta_data` become consent statements where the configuration names them. The same
//!   statement delivered twice is one, so nothing is remembered of what was delivered.
//! * Trashed orders and products are read as deleted. What a shop deletes for good vanishes without a trace.

mod api;
mod config;
mod consent;
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
    name: "woocommerce",
    title: "WooCommerce",
    category: Category::Ecommerce,
    description: "Reads the products, customers, guests, orders and opt-ins of a WooCommerce shop.",
    authentication: Authentication::KeyAndSecret,
    default_schedule: "*/15 * * * *",
    config_schema: schema::<config::Config>,
    secrets_schema: schema::<config::Credentials>,
    streams: stream::all,
    // WooCommerce has no limit of its own; the shop's customers come first on its host.
    limit: Limit { per_second: 10.0, burst: 20, concurrency: 2 },
    build: stream::build,
};
