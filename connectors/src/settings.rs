//! Reading a connector's configuration: what is wrong is said with the path of the field.

use schemars::{
    JsonSchema, Schema,
    transform::{RecursiveTransform, Transform},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::{error::Error, http};

/// Reads a configuration; none at all is one with every default.
pub(crate) fn config<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    let empty = Value::Object(serde_json::Map::new());
    let value = if value.is_null() { &empty } else { value };
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = match error.path().to_string() {
            path if path == "." => "config".to_owned(),
            path => path,
        };
        Error::Configuration { path, message: error.inner().to_string() }
    })
}

/// Checks the address of a vendor: encrypted unless it is on this machine, and free of credentials.
pub(crate) fn base_url(url: &Url) -> Result<Url, Error> {
    let wrong =
        |message: &str| Error::Configuration { path: "base_url".to_owned(), message: message.to_owned() };
    if !http::is_safe_place(url) {
        return Err(wrong("must begin with https:// (http:// is allowed for this machine only)"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must hold no user name and no password; they belong to the secrets"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("must end with the path, without ? and #"));
    }
    Ok(url.clone())
}

/// Checks the key of a purpose: what the purposes themselves keep to. The key that restricts any use is none that a
/// source may speak about.
pub(crate) fn purpose(path: impl FnOnce() -> String, key: &str) -> Result<(), Error> {
    let fits = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_';
    if (1..=64).contains(&key.len()) && key.bytes().all(fits) && key != "restriction" {
        return Ok(());
    }
    let message = "expected the key of a purpose such as email_marketing: 1 to 64 lower-case letters, digits and _, \
                   and not restriction";
    Err(Error::Configuration { path: path(), message: message.to_owned() })
}

/// Checks a number that has a range; the schema says the same to whoever draws a form.
pub(crate) fn within<T: Copy + PartialOrd + std::fmt::Display>(
    path: &str,
    value: T,
    least: T,
    most: T,
) -> Result<T, Error> {
    if value < least || value > most {
        let message = format!("{value} is not within {least} and {most}");
        return Err(Error::Configuration { path: path.to_owned(), message });
    }
    Ok(value)
}

/// The JSON Schema (draft 2020-12) of a configuration or of secrets, with each description on one line.
pub(crate) fn schema<T: JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T);
    RecursiveTransform(|schema: &mut Schema| {
        if let Some(Value::String(text)) = schema.get_mut("description") {
            *text = text.replace('\n', " ");
        }
    })
    .transform(&mut schema);
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unencrypted_address_is_refused_unless_it_is_this_machine() {
        for good in [
            "https://shop.example",
            "https://shop.example/blog/",
            "http://127.0.0.1:8080",
            "http://localhost:1/x",
            "http://[::1]:9/",
        ] {
            assert!(base_url(&good.parse().unwrap()).is_ok(), "{good}");
        }
        for bad in [
            "http://shop.example",
            "http://127.0.0.1.example/",
            "http://localhost.example/",
            "ftp://shop.example",
            "https://user:pw@shop.example",
            "https://shop.example/?consumer_key=ck",
            "file:///etc/passwd",
        ] {
            let error = base_url(&bad.parse().unwrap()).unwrap_err();
            assert!(error.to_string().starts_with("configuration: base_url: must"), "{bad}: {error}");
        }
    }
}
