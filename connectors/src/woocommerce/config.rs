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

    /// Which entries of the `meta_data` of customers and orders are opt-ins, such as the newsletter box that a plugin adds
    /// to the checkout. Each becomes a statement for a purpose: an order's as of when it was placed, a customer's as of
    /// when the account was last changed. It applies to what is read from then on.
    #[serde(default)]
    #[schemars(
        title = "Opt-ins",
        extend("examples" = [[{"key": "newsletter_optin", "purpose": "email_marketing", "contact": "email"}]])
    )]
    pub(super) consent_meta: Vec<ConsentMeta>,

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

/// One entry of `meta_data` that is an opt-in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub(super) struct ConsentMeta {
    /// The key under which the plugin writes the entry, exactly as it stands there.
    #[schemars(title = "Meta key", example = &"newsletter_optin", length(min = 1))]
    pub(super) key: String,

    /// The key of the purpose that the opt-in is about.
    #[schemars(title = "Purpose", example = &"email_marketing", regex(pattern = "^[a-z0-9_]{1,64}$"))]
    pub(super) purpose: String,

    /// What the opt-in is about: the `email` address or the `phone` number. None means the whole person.
    #[serde(default)]
    #[schemars(title = "Contact point")]
    pub(super) contact: Option<Contact>,

    /// The values that say yes, in capitals or not. A value that stands in neither list says nothing.
    #[serde(default = "granted")]
    #[schemars(title = "Values for yes")]
    pub(super) granted: Vec<String>,

    /// The values that say no, in capitals or not. An empty value says nothing unless it is
    /// named: many plugins leave it where nobody was asked.
    #[serde(default = "denied")]
    #[schemars(title = "Values for no")]
    pub(super) denied: Vec<String>,
}

/// A contact point of a customer or of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum Contact {
    /// An order's billing e-mail address; a customer's own, or else the billing one.
    Email,
    /// The billing telephone number.
    Phone,
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

fn granted() -> Vec<String> {
    ["yes", "1", "true", "on"].map(str::to_owned).to_vec()
}

fn denied() -> Vec<String> {
    ["no", "0", "false", "off"].map(str::to_owned).to_vec()
}

fn overlap_minutes() -> u32 {
    5
}
