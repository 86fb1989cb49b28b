//! What an administrator says about a HubSpot account.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// Which HubSpot account is read, and how.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "HubSpot")]
pub(super) struct Config {
    /// Where the API is. Only a test server needs another address.
    #[serde(default = "base_url")]
    #[schemars(title = "API address", example = &"https://api.hubapi.com")]
    pub(super) base_url: Url,

    /// Names of further contact properties to read, next to the usual ones. Each becomes a field of the profile
    /// named `hubspot.` and the property's name.
    #[serde(default)]
    #[schemars(title = "More contact properties", extend("examples" = [["favourite_colour"]]))]
    pub(super) contact_properties: Vec<String>,

    /// Name of the contact property that holds the id under which your own systems know the person (a login, an
    /// account number). People with the same id are one person.
    #[serde(default)]
    #[schemars(title = "User id property", example = &"customer_number")]
    pub(super) user_id_property: Option<String>,

    /// For which purpose each subscription type is, by the id that HubSpot gives the type: what a contact has opted out of
    /// is then said for that purpose, and an opt-out of all e-mail for each of them. It applies to what is read from then
    /// on. HubSpot says nothing of an id that it does not know.
    #[serde(default)]
    #[schemars(
        title = "Purposes of subscription types",
        extend(
            "examples" = [{"5200001": "product_news"}],
            "propertyNames" = {"pattern": "^[0-9]{1,20}$"},
            "additionalProperties" = {"type": "string", "pattern": "^[a-z0-9_]{1,64}$"},
        )
    )]
    pub(super) subscriptions: BTreeMap<String, String>,

    /// How far a run looks back before the start of the run before, in minutes (1 to 1440): the search lags
    /// behind changes.
    #[serde(default = "overlap_minutes")]
    #[schemars(title = "Overlap", range(min = 1, max = 1440))]
    pub(super) overlap_minutes: u32,

    /// Slows the connector down, in requests per second (0.01 to 8), for an account that others use too.
    #[serde(default)]
    #[schemars(title = "Requests per second", range(min = 0.01, max = 8.0))]
    #[expect(dead_code, reason = "read by the registry, for every kind alike")]
    pub(super) requests_per_second: Option<f64>,
}

/// What proves who asks. It is stored encrypted and never shown again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "HubSpot credentials")]
pub(super) struct Credentials {
    /// The access token of a private app with the scopes crm.objects.contacts.read, crm.objects.companies.read and
    /// crm.objects.deals.read.
    #[schemars(
        title = "Access token",
        with = "String",
        extend("format" = "password", "writeOnly" = true, "examples" = ["pat-eu1-…"])
    )]
    pub(super) access_token: SecretString,
}

fn base_url() -> Url {
    Url::parse("https://api.hubapi.com").expect("a constant address")
}

fn overlap_minutes() -> u32 {
    5
}
