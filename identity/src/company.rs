//! By what a company is recognised: its web domain and its number in a register.

use crate::Rules;
use crate::normalise::email;

/// Domains where many have a mailbox or a page, so that they say nothing about a company.
const SHARED: [&str; 95] = [
    "126.com",
    "163.com",
    "aol.com",
    "att.net",
    "btinternet.com",
    "casema.nl",
    "chello.nl",
    "comcast.net",
    "dbmail.dk",
    "example.com",
    "example.net",
    "example.org",
    "facebook.com",
    "fastmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "google.com",
    "googlemail.com",
    "hetnet.nl",
    "hey.com",
    "home.nl",
    "hotmail.be",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.dk",
    "hotmail.fr",
    "hotmail.nl",
    "icloud.com",
    "instagram.com",
    "jubii.dk",
    "kpnmail.nl",
    "kpnplanet.nl",
    "laposte.net",
    "libero.it",
    "linkedin.com",
    "live.be",
    "live.co.uk",
    "live.com",
    "live.de",
    "live.dk",
    "live.nl",
    "mac.com",
    "mail.com",
    "mail.dk",
    "mail.ru",
    "me.com",
    "msn.com",
    "ntlworld.com",
    "onet.pl",
    "online.nl",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.dk",
    "planet.nl",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "quicknet.nl",
    "rocketmail.com",
    "sfr.fr",
    "skynet.be",
    "stofanet.dk",
    "t-online.de",
    "talktalk.net",
    "telenet.be",
    "telfort.nl",
    "tutanota.com",
    "twitter.com",
    "upcmail.nl",
    "verizon.net",
    "virginmedia.com",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "x.com",
    "xs4all.nl",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.dk",
    "yahoo.fr",
    "yandex.ru",
    "youtube.com",
    "ziggo.nl",
    "zonnet.nl",
];

/// What people write before a number, as letters in one, longer ones first.
const LABELS: [&str; 18] = [
    "COMPANYNUMBER",
    "KVKNUMMER",
    "BTWNUMMER",
    "VATNUMBER",
    "USTIDNR",
    "CVRNR",
    "KVKNR",
    "BTWNR",
    "VATNO",
    "VATNR",
    "VATID",
    "USTID",
    "MOMS",
    "CVR",
    "KVK",
    "BTW",
    "VAT",
    "NR",
];

/// A number has at least so many digits and at most so many characters.
const DIGITS: usize = 6;
const LONGEST: usize = 32;

impl Rules {
    /// The registrable domain of a company's web site or mailbox, as the Public Suffix List has it: `acme.co.uk` of
    /// `https://www.ACME.co.uk/about`. `None` where there is none, for placeholders, and for providers where many have
    /// a mailbox or a page.
    pub fn company_domain(&self, raw: &str) -> Option<String> {
        let text = raw.trim().to_lowercase();
        let text = text.split_once("//").map_or(text.as_str(), |(_, rest)| rest);
        let host = text.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let host = host.split_once(':').map_or(host, |(host, _)| host);
        let domain = email::domain(host).ok()?;
        let domain = psl::domain_str(&domain)?;
        let shared = self.placeholders.built_in && SHARED.contains(&domain);
        (!shared && !self.placeholders.is_domain(domain)).then(|| domain.to_owned())
    }

    /// A number of a chamber of commerce, a company register or for value added tax, in one form: letters and digits,
    /// with the code of its country (ISO 3166 alpha-2) unless it begins with letters of its own. `12345678` is one
    /// company in the Netherlands and another in Denmark, so numbers with and without a country are different.
    ///
    /// `None` for placeholders, for what is no such number, and for the `HRB` of a German court that is not named:
    /// each court has its own.
    pub fn register_number(&self, raw: &str, country: Option<&str>) -> Option<String> {
        let text: String = raw.chars().filter(char::is_ascii_alphanumeric).collect();
        let text = text.to_ascii_uppercase();
        let mut number = text.as_str();
        while let Some(rest) = LABELS.iter().find_map(|label| number.strip_prefix(label)) {
            number = rest;
        }
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let court = number.strip_prefix("HRA").or_else(|| number.strip_prefix("HRB"));
        let nothing = digits.len() < DIGITS
            || number.len() > LONGEST
            || digits.bytes().all(|digit| digit == b'0')
            || self.placeholders.is_phone(&digits)
            || court.is_some_and(|rest| rest == digits);
        if nothing {
            return None;
        }
        let own = number.starts_with(|char: char| char.is_ascii_alphabetic());
        Some(if own { number.to_owned() } else { country.unwrap_or_default().to_owned() + number })
    }
}

#[cfg(test)]
mod tests {
    use crate::Rules;

    #[test]
    fn a_domain_is_the_registrable_one_however_it_is_written() {
        let domain = |raw: &str| Rules::default().company_domain(raw);
        for raw in [
            "acme.co.uk",
            " WWW.Acme.co.uk. ",
            "https://shop.acme.co.uk:8443/about?x=//y#z",
            "//acme.co.uk",
            "info@mail.acme.co.uk",
        ] {
            assert_eq!(domain(raw).as_deref(), Some("acme.co.uk"), "{raw}");
        }
        assert_eq!(domain("bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(domain("acme.github.io").as_deref(), Some("acme.github.io"), "one of many there");
        for raw in ["", "acme", "co.uk", "10.0.0.1", "no domain", "null", "https://"] {
            assert_eq!(domain(raw), None, "{raw}");
        }
    }

    #[test]
    fn a_domain_that_many_share_or_that_stands_for_none_says_nothing() {
        let mut rules = Rules::default();
        for raw in
            ["gmail.com", "https://www.facebook.com/acme", "ann@hotmail.nl", "noemail.com", "x.invalid"]
        {
            assert_eq!(rules.company_domain(raw), None, "{raw}");
        }
        rules.placeholders.domains.insert("agency.example".to_owned());
        assert_eq!(rules.company_domain("www.agency.example"), None);
        rules.placeholders.built_in = false;
        assert!(rules.company_domain("gmail.com").is_some());
    }

    #[test]
    fn a_number_has_one_form_with_its_country() {
        let number = |raw: &str, country| Rules::default().register_number(raw, country);
        for raw in ["27 30 12 84", "KvK-nummer: 27301284", "KVK 27301284", "kvk nr. 2730.1284"] {
            assert_eq!(number(raw, Some("NL")).as_deref(), Some("NL27301284"), "{raw}");
        }
        for raw in ["DK 27 30 12 84", "CVR-nr. 27301284", "CVR: DK27301284"] {
            assert_eq!(number(raw, Some("DK")).as_deref(), Some("DK27301284"), "{raw}");
        }
        let dutch = number("BTW NL0012.34.567.B01", None);
        assert_eq!(dutch.as_deref(), Some("NL001234567B01"));
        assert_eq!(number("NL001234567B01", Some("NL")), dutch);
        assert_eq!(number("SC 401 285", Some("GB")).as_deref(), Some("SC401285"));
        assert_eq!(number("27301284", None).as_deref(), Some("27301284"));
        assert_eq!(
            number("HRB 240185 Amtsgericht Köln", Some("DE")).as_deref(),
            Some("HRB240185AMTSGERICHTKLN")
        );
    }

    #[test]
    fn what_is_no_number_says_nothing() {
        for raw in ["", "none", "KVK", "0", "00000000", "12345678", "99999999", "1234", "HRB 240185"] {
            assert_eq!(Rules::default().register_number(raw, Some("DE")), None, "{raw}");
        }
        assert_eq!(Rules::default().register_number(&"27301284".repeat(9), None), None);
    }
}
