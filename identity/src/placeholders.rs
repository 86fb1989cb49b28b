use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Values that people and programs put in when they have none. They are kept as they came, but link nobody.
///
/// The lists are the administrator's own and come on top of the built-in ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Placeholders {
    /// Whether the built-in placeholders count: `test@test.com`, `noreply@…`, `0000000000`, `null` and their like.
    pub built_in: bool,
    /// Whole addresses, in normal form.
    pub emails: BTreeSet<String>,
    /// What stands before the @ (and before a `+`), at any domain, in lower case.
    pub email_locals: BTreeSet<String>,
    /// Domains of addresses, with all their subdomains, in lower case.
    pub domains: BTreeSet<String>,
    /// Phone numbers: in E.164 form, or the digits as people type them.
    pub phones: BTreeSet<String>,
    /// Values of any kind, in lower case.
    pub ids: BTreeSet<String>,
}

impl Default for Placeholders {
    fn default() -> Self {
        Self {
            built_in: true,
            emails: BTreeSet::new(),
            email_locals: BTreeSet::new(),
            domains: BTreeSet::new(),
            phones: BTreeSet::new(),
            ids: BTreeSet::new(),
        }
    }
}

const EMAILS: &[&str] = &[
    "a@a.com",
    "a@b.com",
    "abc@abc.com",
    "abc@xyz.com",
    "asdf@asdf.com",
    "email@domain.com",
    "email@email.com",
    "email@example.com",
    "geen@geen.nl",
    "info@example.com",
    "mail@example.com",
    "mail@mail.com",
    "me@me.com",
    "na@na.com",
    "name@domain.com",
    "name@example.com",
    "no@email.com",
    "no@mail.com",
    "no@no.com",
    "none@none.com",
    "null@null.com",
    "test@email.com",
    "test@example.com",
    "test@gmail.com",
    "test@mail.com",
    "test@test.com",
    "test@test.de",
    "test@test.dk",
    "test@test.nl",
    "user@domain.com",
    "user@example.com",
    "x@x.com",
    "xxx@xxx.com",
];

const EMAIL_LOCALS: &[&str] = &[
    "anonymous",
    "do-not-reply",
    "do_not_reply",
    "donotreply",
    "mailer-daemon",
    "no-email",
    "no-reply",
    "no.email",
    "no.reply",
    "no_email",
    "no_reply",
    "noemail",
    "nomail",
    "noreply",
    "postmaster",
    "unknown",
];

const DOMAINS: &[&str] = &["invalid", "no-email.com", "noemail.com", "nomail.com"];

const IDS: &[&str] = &[
    "-1",
    "(none)",
    "(not set)",
    "(null)",
    "?",
    "[object object]",
    "<null>",
    "anonymous",
    "empty",
    "false",
    "geen",
    "guest",
    "id",
    "n.a.",
    "n/a",
    "na",
    "nan",
    "nil",
    "no email",
    "no phone",
    "none",
    "not available",
    "not provided",
    "not_authenticated",
    "null",
    "onbekend",
    "test",
    "true",
    "ukendt",
    "unbekannt",
    "undefined",
    "unknown",
    "xxx",
];

impl Placeholders {
    /// Whether a cleaned value of any kind says "nothing": a listed word, or nothing but zeros and dashes, which is
    /// also how an all-zero UUID looks.
    pub(crate) fn is_word(&self, value: &str) -> bool {
        let built_in = || {
            value.bytes().all(|byte| matches!(byte, b'0' | b'-' | b'.' | b'_'))
                || IDS.iter().any(|word| value.eq_ignore_ascii_case(word))
        };
        (self.built_in && built_in()) || (!self.ids.is_empty() && self.ids.contains(&value.to_lowercase()))
    }

    /// Whether an address in normal form stands for no address.
    pub(crate) fn is_email(&self, local: &str, domain: &str) -> bool {
        let address = format!("{local}@{domain}");
        let untagged = local.split_once('+').map_or(local, |(before, _)| before);
        self.listed(EMAILS, &self.emails, &address)
            || self.listed(EMAIL_LOCALS, &self.email_locals, untagged)
            || self.is_domain(domain)
    }

    /// Whether a domain in normal form stands for none.
    pub(crate) fn is_domain(&self, domain: &str) -> bool {
        parents(domain).any(|parent| self.listed(DOMAINS, &self.domains, parent))
    }

    /// Whether a number, as typed (digits with or without a +) or in E.164 form, stands for no number: its last digits
    /// are all the same or count up or down, or it is listed.
    pub(crate) fn is_phone(&self, number: &str) -> bool {
        let digits = number.trim_start_matches('+').as_bytes();
        let tail = &digits[digits.len().saturating_sub(SUBSCRIBER)..];
        (self.built_in && is_monotonous(tail)) || self.phones.contains(number)
    }

    fn listed(&self, built_in: &[&str], own: &BTreeSet<String>, value: &str) -> bool {
        (self.built_in && built_in.contains(&value)) || own.contains(value)
    }
}

/// The number of last digits that are looked at: what follows country and area code in most places. Of ten million
/// endings thirty are taken for placeholders.
const SUBSCRIBER: usize = 7;

/// `0000000`, `1234567`, `7890123`, `9876543`: one step from digit to digit throughout, modulo ten.
fn is_monotonous(digits: &[u8]) -> bool {
    let step = |pair: &[u8]| (10 + pair[1] - pair[0]) % 10;
    digits.len() >= 4
        && [0, 1, 9].into_iter().any(|wanted| digits.windows(2).all(|pair| step(pair) == wanted))
}

/// `a.b.c`, `b.c`, `c`.
fn parents(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |rest| rest.split_once('.').map(|(_, parent)| parent))
}
