//! What browsers do by themselves: they keep the session cookie, and send it with whatever any page asks for.
//!
//! That is why a cookie alone lets nobody in: the request must also come from a page of this server. Browsers say so in
//! `Sec-Fetch-Site`, older ones in `Origin`; where neither is sent, a header that no foreign page can set must be there.

use axum::http::{HeaderMap, HeaderValue, header};
use url::Url;

/// The header that a page of another origin cannot set without being allowed to.
const CUSTOM: &str = "x-requested-with";

/// This server as browsers know it.
#[derive(Debug, Clone)]
pub struct Browser {
    origin: String,
    secure: bool,
}

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// It is a session.
    Session,
    /// It is a sign-in that is under way.
    SignIn,
}

impl Browser {
    /// A server under this address.
    pub fn new(public_url: &Url) -> Self {
        Self { origin: public_url.origin().ascii_serialization(), secure: public_url.scheme() == "https" }
    }

    /// Over TLS the name has the prefix with which a browser takes a cookie from this very host alone.
    fn name(&self, cookie: Cookie) -> &'static str {
        match (cookie, self.secure) {
            (Cookie::Session, true) => "__Host-rondom",
            (Cookie::Session, false) => "rondom",
            (Cookie::SignIn, true) => "__Host-rondom-sign-in",
            (Cookie::SignIn, false) => "rondom-sign-in",
        }
    }

    /// The value of a cookie that was sent.
    pub fn cookie<'a>(&self, headers: &'a HeaderMap, cookie: Cookie) -> Option<&'a str> {
        let name = self.name(cookie);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(found, value)| *found == name && !value.is_empty())
            .map(|(_, value)| value)
    }

    /// The header that gives a browser a cookie: for so many seconds, or until it is closed. Zero takes it back.
    ///
    /// `Lax` and not `Strict`, because the last step of a sign-in comes from the identity provider's page.
    ///
    /// # Panics
    /// If the value is not made of letters, digits, `-` and `_`.
    pub fn set_cookie(&self, cookie: Cookie, value: &str, seconds: Option<u32>) -> HeaderValue {
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name(cookie);
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}"))
            .expect("a cookie is made of plain characters")
    }

    /// Whether a request was made by a page of this server.
    pub fn is_own_page(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
            (Some(site), origin) => {
                site == "same-origin" && origin.is_none_or(|origin| origin == self.origin)
            }
            (None, Some(origin)) => origin == self.origin,
            (None, None) => text(CUSTOM).is_some_and(|value| !value.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser(url: &str) -> Browser {
        Browser::new(&url.parse().unwrap())
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn cookies_are_out_of_reach_for_scripts_and_behind_tls_for_plain_text() {
        let set = |url: &str| {
            let header = browser(url).set_cookie(Cookie::Session, "abc", None);
            header.to_str().unwrap().to_owned()
        };
        assert_eq!(set("https://cdp.example"), "__Host-rondom=abc; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(set("http://127.0.0.1:4020"), "rondom=abc; Path=/; HttpOnly; SameSite=Lax");
        let sign_in = browser("https://cdp.example").set_cookie(Cookie::SignIn, "", Some(0));
        assert!(sign_in.to_str().unwrap().ends_with("; Secure; Max-Age=0"));
    }

    #[test]
    fn behind_tls_a_cookie_that_another_host_could_have_set_does_not_count() {
        let sent = headers(&[("cookie", "theme=dark; rondom=planted; __Host-rondom=own")]);
        assert_eq!(browser("https://cdp.example").cookie(&sent, Cookie::Session), Some("own"));
        let sent = headers(&[("cookie", "rondom=planted")]);
        assert_eq!(browser("https://cdp.example").cookie(&sent, Cookie::Session), None);
        assert_eq!(browser("http://127.0.0.1:4020").cookie(&sent, Cookie::Session), Some("planted"));
    }

    #[test]
    fn a_request_that_no_page_of_this_server_made_is_told_apart() {
        let browser = browser("https://cdp.example");
        let own = |pairs: &[(&'static str, &'static str)]| browser.is_own_page(&headers(pairs));
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "https://cdp.example")]));
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("origin", "https://cdp.example")]));
        assert!(own(&[("x-requested-with", "console")]));
        for site in ["same-site", "cross-site", "none", "x"] {
            assert!(!own(&[("sec-fetch-site", site), ("origin", "https://cdp.example")]), "{site}");
            assert!(!own(&[("sec-fetch-site", site), ("x-requested-with", "console")]), "{site}");
        }
        for origin in ["null", "https://evil.example", "http://cdp.example", "https://cdp.example:8443"] {
            assert!(!own(&[("origin", origin), ("x-requested-with", "console")]), "{origin}");
            assert!(!own(&[("sec-fetch-site", "same-origin"), ("origin", origin)]), "{origin}");
        }
        assert!(!own(&[]));
    }
}
