//! What came back, and when the vendor's own clock says that was.

use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap};

use crate::error::Error;

/// A successful answer whose body has been read.
#[derive(Debug)]
pub struct Answer<T> {
    /// The body.
    pub body: T,
    pub(super) headers: HeaderMap,
    pub(super) place: String,
}

impl<T> Answer<T> {
    /// When the vendor answered, by the vendor's clock (the `Date` header; whole seconds).
    pub fn date(&self) -> Option<DateTime<Utc>> {
        date(&self.headers)
    }

    /// The same answer with another view of its body.
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { body: view(self.body), headers: self.headers, place: self.place }
    }

    /// A header that carries a whole number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }

    /// The error for a body that is readable and yet not what the vendor documents.
    pub fn malformed(&self, message: impl Into<String>) -> Error {
        Error::Malformed { url: self.place.clone(), message: message.into() }
    }
}

/// The `Date` header.
pub(super) fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok().map(DateTime::from)
}

/// The first words of what a vendor says went wrong, at most 300 characters: its own message where the body
/// is JSON that has one, never a page of HTML.
pub(super) fn message(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let said = match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(value) => ["message", "detail", "error_description", "title", "error"]
            .iter()
            .find_map(|key| value.get(key)?.as_str().map(str::to_owned))
            .unwrap_or_else(|| "no message".to_owned()),
        Err(_) if text.is_empty() => "no message".to_owned(),
        Err(_) if text.starts_with('<') => "a page of HTML".to_owned(),
        Err(_) => text.to_owned(),
    };
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}
