//! Where a person finds the page behind a link.

use url::Url;

use super::Language;

/// The public address of this installation, where it has one.
#[derive(Debug, Clone, Default)]
pub struct Address(pub Option<Url>);

impl Address {
    /// The path of the page behind a token, in a language or in the one that the browser asks for.
    pub fn path(token: &str, language: Option<Language>) -> String {
        let query = language.map(|language| format!("?lang={}", language.tag())).unwrap_or_default();
        format!("/preferences/{token}{query}")
    }

    /// The whole address of a path; `None` where no public address is set.
    pub fn url(&self, path: &str) -> Option<String> {
        self.0.as_ref().map(|base| format!("{}{path}", base.as_str().trim_end_matches('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_laid_after_whatever_the_public_address_ends_with() {
        let path = Address::path("abc", Some(Language::Da));
        assert_eq!(Address::default().url(&path), None);
        for (base, expected) in [
            ("https://shop.example", "https://shop.example/preferences/abc?lang=da"),
            ("https://shop.example/rondom/", "https://shop.example/rondom/preferences/abc?lang=da"),
        ] {
            assert_eq!(Address(Some(base.parse().unwrap())).url(&path).as_deref(), Some(expected));
        }
    }
}
