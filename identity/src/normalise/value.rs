use super::{email, phone, text};
use crate::{IdentifierKind, Rules};

/// An identifier after normalisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Normalised {
    /// The one form in which the value is compared and stored.
    Value(String),
    /// A value that stands for "none", such as `test@test.com`; it never links.
    Placeholder,
    /// Not an identifier of this kind; the reason is for the person who looks into rejected values.
    Invalid(&'static str),
}

/// The longest id, in bytes of UTF-8.
const MAX_ID: usize = 512;

impl Rules {
    /// Brings an identifier into the form in which it is compared.
    ///
    /// `region` is the record's own country (ISO 3166 alpha-2) and helps to read a phone number without country code;
    /// other kinds ignore it. Reading a phone number costs some microseconds and takes a lock that all threads share,
    /// so a caller with many records keeps the answers of those it has seen.
    pub fn normalise(&self, kind: IdentifierKind, raw: &str, region: Option<&str>) -> Normalised {
        let text = match text::clean(raw) {
            Ok(text) => text,
            Err(reason) => return Normalised::Invalid(reason),
        };
        if self.placeholders.is_word(&text) {
            return Normalised::Placeholder;
        }
        match kind {
            IdentifierKind::Email => email::normalise(&text, self),
            IdentifierKind::Phone => phone::normalise(&text, region, self),
            IdentifierKind::UserId
            | IdentifierKind::Device
            | IdentifierKind::AnonymousId
            | IdentifierKind::CrossSource
            | IdentifierKind::Login => {
                if text.len() > MAX_ID {
                    Normalised::Invalid("is longer than 512 bytes")
                } else {
                    Normalised::Value(text)
                }
            }
        }
    }
}
