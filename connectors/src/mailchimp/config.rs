//! What an administrator says about a Mailchimp account.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// Which Mailchimp account is read, and how.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Mailchimp")]
pub(super) struct Config {
    /// Where the API is. Leave it out: the ending of the API key says it. Only a test server needs another
    /// address.
    #[serde(default)]
    #[schemars(title = "API address", example = &"https://us3.api.mailchimp.com")]
    pub(super) base_url: Option<Url>,

    /// Ids of the audiences to read; all of them when empty.
    #[serde(default)]
    #[schemars(title = "Audiences", extend("examples" = [["a1b2c3d4e5"]]))]
    pub(super) list_ids: Vec<String>,

    /// Tag of the merge field that holds the id under which your own systems know the person (a login, an account
    /// number). People with the same id are one person.
    #[serde(default)]
    #[schemars(title = "User id merge field", example = &"USERID")]
    pub(super) user_id_merge_field: Option<String>,

    /// For how many days after it was sent the activity of a campaign is read (0 to 3650; 0 for none).
    #[serde(default = "activity_days")]
    #[schemars(title = "Days of activity", range(min = 0, max = 3650))]
    pub(super) activity_days: u32,

    /// How far a run looks back before the start of the run before, in minutes (1 to 1440): reports are some
    /// minutes behind.
    #[serde(default = "overlap_minutes")]
    #[schemars(title = "Overlap", range(min = 1, max = 1440))]
    pub(super) overlap_minutes: u32,

    /// Slows the connector down, in requests per second (0.01 to 10), for an account that others use too.
    #[serde(default)]
    #[schemars(title = "Requests per second", range(min = 0.01, max = 10.0))]
    #[expect(dead_code, reason = "read by the registry, for every kind alike")]
    pub(super) requests_per_second: Option<f64>,
}

/// What proves who asks. It is stored encrypted and never shown again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Mailchimp credentials")]
pub(super) struct Credentials {
    /// An API key with its ending, which names the data centre: `…-us3`.
    #[schemars(
        title = "API key",
        with = "String",
        extend("format" = "password", "writeOnly" = true, "examples" = ["…-us3"])
    )]
    pub(super) api_key: SecretString,
}

fn activity_days() -> u32 {
    60
}

fn overlap_minutes() -> u32 {
    15
}
