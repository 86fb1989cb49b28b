//! The languages of the preference centre, and which of them a person reads.

use axum::http::{HeaderMap, header};

/// A language that the preference centre speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    En,
    /// Dutch.
    Nl,
    /// Danish.
    Da,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::En, Self::Nl, Self::Da];

    /// Its tag in BCP 47.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Nl => "nl",
            Self::Da => "da",
        }
    }

    /// What it calls itself.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Nl => "Nederlands",
            Self::Da => "Dansk",
        }
    }

    /// The language of a tag such as `da-DK`.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The one that a person would rather read: of those that the browser names, the one with the greatest weight, and
    /// the first of equals; English where it names none of ours.
    pub(super) fn negotiate(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let mut best = (Self::En, 0.0);
        for range in values.flat_map(|value| value.split(',')) {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight =
                weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(0.0);
            if let Some(language) = Self::of_tag(tag.trim()).filter(|_| weight > best.1) {
                best = (language, weight);
            }
        }
        best.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_greatest_weight_is_spoken() {
        let of = |accept: &'static str| {
            Language::negotiate(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accept.parse().unwrap())]))
        };
        assert_eq!(of("da-DK, en;q=0.8"), Language::Da);
        assert_eq!(of("fr, en;q=0.3, nl-BE;q=0.7"), Language::Nl);
        assert_eq!(of("NL"), Language::Nl);
        assert_eq!(of("nl;q=0, da;q=x, *"), Language::En);
        assert_eq!(of("dan"), Language::En, "another language that begins alike");
        assert_eq!(Language::negotiate(&HeaderMap::new()), Language::En);
    }
}
