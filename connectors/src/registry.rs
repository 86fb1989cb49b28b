//! Which kinds of connector there are. A connector is added by one line in `KINDS`.

use serde::Serialize;
use serde_json::Value;

use crate::{
    connector::{Connector, Stream},
    error::Error,
    http::{HttpOptions, Limit},
    hubspot, mailchimp,
    secrets::Secrets,
    settings::within,
    woocommerce,
};

/// Every kind, by name.
static KINDS: [Kind; 3] = [hubspot::KIND, mailchimp::KIND, woocommerce::KIND];

/// One kind of connector: what a person needs to choose and configure it, and how it is built.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name in configurations: `hubspot`.
    pub name: &'static str,
    /// Its name for a person: `HubSpot`.
    pub title: &'static str,
    /// What sort of system it is.
    pub category: Category,
    /// What it reads, for a person, in a sentence or two.
    pub description: &'static str,
    /// How it proves who asks.
    pub authentication: Authentication,
    /// When it should run unless the administrator says otherwise: a cron expression of five fields.
    pub default_schedule: &'static str,
    /// The JSON Schema of its configuration.
    pub config_schema: fn() -> Value,
    /// The JSON Schema of its secrets; every field is write-only.
    pub secrets_schema: fn() -> Value,
    /// Its streams, in the order in which they should be read.
    pub streams: fn() -> Vec<Stream>,
    /// How fast the vendor may be asked.
    pub limit: Limit,
    /// Builds a connector from a configuration and secrets, or says which field is wrong.
    pub build: Build,
}

/// Builds a connector from a configuration and secrets, or says which field is wrong.
pub type Build = fn(&Value, &Secrets) -> Result<Box<dyn Connector>, Error>;

/// What sort of system a connector reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Customer relationship management.
    Crm,
    /// A shop.
    Ecommerce,
    /// E-mail marketing.
    Email,
}

/// How a connector proves who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// One token that is sent as it is.
    BearerToken,
    /// One key.
    ApiKey,
    /// A key and its secret.
    KeyAndSecret,
}

impl Kind {
    /// How the HTTP client of such a connector behaves: at the vendor's limit, or slower if the configuration
    /// says so in `requests_per_second`. `seed` should differ from process to process.
    pub fn http_options(&self, config: &Value, seed: u64) -> Result<HttpOptions, Error> {
        let per_second = match config.get("requests_per_second").and_then(Value::as_f64) {
            None => self.limit.per_second,
            Some(wish) => within("requests_per_second", wish, 0.01, 1000.0)?.min(self.limit.per_second),
        };
        let limit = Limit { per_second, ..self.limit };
        Ok(HttpOptions { limit, seed, ..HttpOptions::default() })
    }
}

/// Every kind of connector, by name.
pub fn kinds() -> &'static [Kind] {
    &KINDS
}

/// The kind of that name.
///
/// # Errors
/// [`Error::Configuration`] that lists the known ones.
pub fn kind(name: &str) -> Result<&'static Kind, Error> {
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        let message = format!("there is no connector {name:?}; there are {}", known.join(", "));
        Error::Configuration { path: "kind".to_owned(), message }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_stand_in_the_order_of_their_names_and_an_unknown_one_is_told_them() {
        assert!(kinds().is_sorted_by_key(|kind| kind.name));
        assert!(kinds().iter().all(|known| kind(known.name).is_ok()));
        let error = kind("hubspt").unwrap_err().to_string();
        assert_eq!(
            error,
            r#"configuration: kind: there is no connector "hubspt"; there are hubspot, mailchimp, woocommerce"#
        );
    }

    #[test]
    fn a_configuration_may_slow_a_connector_down_and_not_speed_it_up() {
        let hubspot = kind("hubspot").unwrap();
        let rate = |config| hubspot.http_options(&config, 1).map(|options| options.limit.per_second);
        assert_eq!(rate(json!({"requests_per_second": 0.5})), Ok(0.5));
        assert_eq!(rate(json!({"requests_per_second": 500})), Ok(hubspot.limit.per_second));
        assert_eq!(rate(json!({})), Ok(hubspot.limit.per_second));
        assert!(rate(json!({"requests_per_second": 0})).is_err());
    }

    #[test]
    fn every_field_of_a_form_has_a_title_and_a_description_and_every_secret_is_write_only() {
        for kind in kinds() {
            for (schema, secret) in [((kind.config_schema)(), false), ((kind.secrets_schema)(), true)] {
                assert_eq!(schema["additionalProperties"], json!(false), "{}", kind.name);
                for (name, field) in schema["properties"].as_object().unwrap() {
                    let at = format!("{} {name}", kind.name);
                    assert!(field["title"].is_string(), "{at} has no title");
                    assert!(field["description"].is_string(), "{at} has no description");
                    assert_eq!(field["writeOnly"].as_bool().unwrap_or(false), secret, "{at}");
                    assert_eq!(field["format"] == "password", secret, "{at}");
                }
            }
        }
    }
}
