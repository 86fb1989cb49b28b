//! Credentials in memory: named texts that print as nothing.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::de::{
    DeserializeOwned,
    value::{Error as ValueError, MapDeserializer},
};
use serde_json::Value;

use crate::error::Error;

/// The credentials of one connector by field name. They are wiped from memory when dropped.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, SecretString>);

impl Secrets {
    /// Takes an object of texts: `{"access_token": "…"}`.
    ///
    /// # Errors
    /// [`Error::Configuration`] that names the field and never the value.
    pub fn from_json(value: Value) -> Result<Self, Error> {
        let Value::Object(fields) = value else {
            return Err(wrong("secrets", "expected an object of texts"));
        };
        fields
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name, SecretString::from(text))),
                _ => Err(wrong(&format!("secrets.{name}"), "expected a text")),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The names of the secrets, for a form that shows which are set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Reads a connector's own type of secrets. Surrounding blanks, which come with pasting, are cut off.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let fields = self.0.iter().map(|(name, value)| (name.as_str(), value.expose_secret().trim()));
        T::deserialize(MapDeserializer::new(fields))
            // Every value is a text, so what is left to complain of is a missing or an unknown name.
            .map_err(|error: ValueError| wrong("secrets", &error.to_string()))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn wrong(path: &str, message: &str) -> Error {
    Error::Configuration { path: path.to_owned(), message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Token {
        token: SecretString,
    }

    #[test]
    fn no_error_and_no_debug_text_shows_a_secret() {
        let secrets = Secrets::from_json(json!({"token": " s3cret\n"})).unwrap();
        assert_eq!(secrets.parse::<Token>().unwrap().token.expose_secret(), "s3cret");
        assert_eq!(format!("{secrets:?}"), r#"{"token"}"#);
        let numeric = Secrets::from_json(json!({"token": 424_242})).unwrap_err().to_string();
        assert_eq!(numeric, "configuration: secrets.token: expected a text");
        let unknown = Secrets::from_json(json!({"key": "s3cret"})).unwrap();
        let error = unknown.parse::<Token>().unwrap_err().to_string();
        assert_eq!(error, "configuration: secrets: unknown field `key`, expected `token`");
        let missing = Secrets::default().parse::<Token>().unwrap_err().to_string();
        assert_eq!(missing, "configuration: secrets: missing field `token`");
    }
}
