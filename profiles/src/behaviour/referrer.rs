//! Where a visitor came from: the host alone, and of which kind it is. Pure.

use super::Touch;

/// Where a visitor came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrer {
    /// The host of the page that led there; `None` where it is not known, or was the site itself.
    pub host: Option<String>,
    /// Of which kind it is.
    pub kind: Kind,
}

/// The kinds of places from which visitors come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A link of a campaign, in no e-mail.
    Campaign,
    /// A link in an e-mail, or a page on which people read theirs.
    Email,
    /// A search engine.
    Search,
    /// A social network.
    Social,
    /// None is known: the address was typed, kept, or came from an app.
    Direct,
    /// Another page.
    Other,
}

/// The longest host in bytes.
const LONGEST: usize = 253;

/// Places by their host: by its beginning where it ends in a dot (`google.` under any country), else by its end.
const PLACES: [(Kind, &[&str]); 3] = [
    // Before the search engines that have them.
    (
        Kind::Email,
        &[
            "mail.google.com",
            "mail.yahoo.com",
            "mail.yahoo.co.jp",
            "outlook.com",
            "outlook.live.com",
            "outlook.office.com",
            "outlook.office365.com",
            "mail.aol.com",
            "mail.proton.me",
            "mail.ru",
            "gmx.net",
            "web.de",
        ],
    ),
    (
        Kind::Search,
        &[
            "google.",
            "bing.com",
            "duckduckgo.com",
            "search.yahoo.com",
            "ecosia.org",
            "baidu.com",
            "yandex.",
            "ya.ru",
            "qwant.com",
            "startpage.com",
            "search.brave.com",
            "naver.com",
            "seznam.cz",
            "ask.com",
            "kagi.com",
        ],
    ),
    (
        Kind::Social,
        &[
            "facebook.com",
            "fb.me",
            "instagram.com",
            "linkedin.com",
            "lnkd.in",
            "twitter.com",
            "t.co",
            "x.com",
            "youtube.com",
            "youtu.be",
            "pinterest.",
            "reddit.com",
            "tiktok.com",
            "snapchat.com",
            "threads.net",
            "bsky.app",
            "mastodon.social",
            "whatsapp.com",
            "t.me",
            "telegram.org",
            "vk.com",
            "xing.com",
            "weibo.com",
        ],
    ),
];

impl Referrer {
    /// Of the page that led to another one, and the campaign of the link.
    pub(super) fn of(from: Option<&str>, page: Option<&str>, touch: Option<&Touch>) -> Self {
        let own = page.and_then(host);
        let host = from.and_then(host).filter(|from| own.as_ref() != Some(from));
        let medium = touch.and_then(|touch| touch.medium.as_deref()).unwrap_or_default().to_lowercase();
        let kind = match (touch, &host) {
            (Some(_), _) if matches!(medium.as_str(), "email" | "e-mail" | "mail" | "newsletter") => {
                Kind::Email
            }
            (Some(_), _) => Kind::Campaign,
            (None, None) => Kind::Direct,
            (None, Some(host)) => kind(host),
        };
        Self { host, kind }
    }
}

fn kind(host: &str) -> Kind {
    let is_of = |place: &&&str| match place.strip_suffix('.') {
        // `google.nl`, `www.google.co.uk`, and no `google.example.com`: what follows is a country's.
        Some(name) => host.split_once(&format!("{name}.")).is_some_and(|(before, after)| {
            (before.is_empty() || before.ends_with('.')) && after.split('.').all(|label| label.len() <= 3)
        }),
        None => host.strip_suffix(**place).is_some_and(|before| before.is_empty() || before.ends_with('.')),
    };
    let found = PLACES.iter().find(|(_, places)| places.iter().find(is_of).is_some());
    found.map_or(Kind::Other, |(kind, _)| *kind)
}

/// The host of an address, or of a text that is one; small.
fn host(address: &str) -> Option<String> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?.to_lowercase();
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
    (host.contains('.') && host.len() <= LONGEST && host.chars().all(is_plain)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_known_by_its_host_whatever_stands_around_it() {
        let page = Some("https://shop.example/a");
        for (from, expected, shown) in [
            ("https://www.google.co.uk/search?q=secret", Kind::Search, Some("www.google.co.uk")),
            ("https://google.nl", Kind::Search, Some("google.nl")),
            ("https://google.evil-example.com/", Kind::Other, Some("google.evil-example.com")),
            ("https://notgoogle.nl", Kind::Other, Some("notgoogle.nl")),
            ("https://mail.google.com/mail/u/0", Kind::Email, Some("mail.google.com")),
            ("https://user:secret@l.facebook.com:443/x", Kind::Social, Some("l.facebook.com")),
            ("t.co", Kind::Social, Some("t.co")),
            ("https://reddit.co/", Kind::Other, Some("reddit.co")),
            ("https://SHOP.example/b", Kind::Direct, None),
            ("about:blank", Kind::Direct, None),
            ("https://a b/", Kind::Direct, None),
            ("", Kind::Direct, None),
        ] {
            let found = Referrer::of(Some(from), page, None);
            assert_eq!((found.kind, found.host.as_deref()), (expected, shown), "{from}");
        }
        assert_eq!(Referrer::of(None, page, None).kind, Kind::Direct);
    }

    #[test]
    fn a_campaign_outweighs_the_page_and_one_by_mail_is_mail() {
        let google = Some("https://www.google.com/");
        let by = |medium: &str| Touch { medium: Some(medium.to_owned()), ..Touch::default() };
        assert_eq!(Referrer::of(google, None, Some(&by("cpc"))).kind, Kind::Campaign);
        assert_eq!(Referrer::of(google, None, Some(&by("Email"))).kind, Kind::Email);
    }
}
