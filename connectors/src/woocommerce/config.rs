//! What an administrator says about a WooCommerce shop.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// Which WooCommerce shop is read, and how.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "WooCommerce")]
pub(super) struct Config {
    /// The address of the shop, without `/wp-json`. It must begin with https:// unless the shop runs on this
    /// machine.
    #[schemars(title = "Shop address", example = &"https://shop.example")]
    pub(super) base_url: Url,

    /// How the key is sent: `basic` in a header, or `query` in the address, for servers that drop the header.
    #[serde(default)]
    #[schemars(title = "Authentication")]
    pub(super) authentication: Sent,

    /// ISO 4217 code of the shop's currency. Products do not say theirs; orders do.
    #[serde(default)]
    #[schemars(title = "Currency of product prices", example = &"EUR", regex(pattern = "^[A-Z]{3}$"))]
    pub(super) currency: Option<String>,

    /// Which accounts are read, by their role in the shop. `all` includes staff who buy in their own shop.
    #[serde(default = "customer_role")]
    #[schemars(title = "Role of customers", example = &"customer")]
    pub(super) customer_role: String,

    /// How far a run looks back before the start of the run before, in minutes (1 to 1440), for changes that
    /// were being written meanwhile.
    #[serde(default = "overlap_minutes")]
    #[schemars(title = "Overlap", range(min = 1, max = 1440))]
    pub(super) overlap_minutes: u32,

    /// Slows the connector down, in requests per second (0.01 to 10), for a shop on a small host.
    #[serde(default)]
    #[schemars(title = "Requests per second", range(min = 0.01, max = 10.0))]
    #[expect(dead_code, reason = "read by the registry, for every kind alike")]
    pub(super) requests_per_second: Option<f64>,
}

/// Where a key is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum Sent {
    /// In the `Authorization` header.
    #[default]
    Basic,
    /// In the query of the address.
    Query,
}

/// What proves who asks. It is stored encrypted and never shown again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "WooCommerce credentials")]
pub(super) struct Credentials {
    /// The consumer key of a REST API key with the right to read.
    #[schemars(
        title = "Consumer key",
        with = "String",
        extend("format" = "password", "writeOnly" = true, "examples" = ["ck_…"])
    )]
    pub(super) consumer_key: SecretString,

    /// The consumer secret of the same key.
    #[schemars(
        title = "Consumer secret",
        with = "String",
        extend("format" = "password", "writeOnly" = true, "examples" = ["cs_…"])
    )]
    pub(super) consumer_secret: SecretString,
}

fn customer_role() -> String {
    "all".to_owned()
}

fn overlap_minutes() -> u32 {
    5
}
