use std::collections::BTreeSet;
use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::{Normalised, text};
use crate::{EmailRules, Rules};

/// The longest address in bytes (RFC 5321, 4.5.3.1.3, without the angle brackets).
const MAX: usize = 254;

/// One provider under two names.
const GMAIL: &str = "gmail.com";
const GOOGLEMAIL: &str = "googlemail.com";

/// An address in normal form.
#[derive(Debug)]
pub(crate) struct Address {
    local: String,
    domain: String,
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.local, self.domain)
    }
}

pub(super) fn normalise(text: &str, rules: &Rules) -> Normalised {
    match address(text, &rules.email) {
        Err(reason) => Normalised::Invalid(reason),
        Ok(found) if rules.placeholders.is_email(&found.local, &found.domain) => Normalised::Placeholder,
        Ok(found) => Normalised::Value(found.to_string()),
    }
}

/// Reads an address as it stands in a form field, a `mailto:` link or a mail header.
pub(crate) fn address(text: &str, rules: &EmailRules) -> Result<Address, &'static str> {
    let text = text::lower(text);
    let (local, domain) = bare(&text).rsplit_once('@').ok_or("has no @")?;
    let domain = self::domain(domain)?;
    let local = self::local(local)?;
    let found = at_provider(local, domain, rules);
    if found.to_string().len() > MAX { Err("is longer than 254 bytes") } else { Ok(found) }
}

/// `Jane Doe <jane@example.org>` and `mailto:jane@example.org?subject=hi` are about `jane@example.org`.
fn bare(text: &str) -> &str {
    let inside =
        text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')).map_or(text, |(_, inside)| inside);
    let inside = inside.trim();
    match inside.strip_prefix("mailto:") {
        Some(link) => link.split_once('?').map_or(link, |(address, _)| address).trim(),
        None => inside,
    }
}

/// The domain as it stands in the DNS: lower case, with labels beyond ASCII in Punycode.
pub(crate) fn domain(text: &str) -> Result<String, &'static str> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let ascii = Uts46::new()
        .to_ascii(text.as_bytes(), AsciiDenyList::STD3, Hyphens::Allow, DnsLength::Verify)
        .map_err(|_| "has no usable domain after the @")?;
    let top = ascii.rsplit_once('.').ok_or("has a domain without a dot")?.1;
    if top.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("has a number instead of a domain");
    }
    Ok(ascii.into_owned())
}

/// What stands before the @. Dots may stand where the standard does not want them, because some providers gave out
/// such addresses; quotes are dropped where they are not needed.
fn local(text: &str) -> Result<String, &'static str> {
    if let Some(quoted) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        if quoted.is_empty() || quoted.contains(['"', '\\']) {
            return Err("has a quoted name that cannot be read");
        }
        return Ok(if is_atom(quoted) { quoted } else { text }.to_owned());
    }
    if text.contains('@') {
        return Err("has more than one @");
    }
    if is_atom(text) { Ok(text.to_owned()) } else { Err("has no usable name before the @") }
}

/// Only characters that need no quotes (RFC 5322, 3.2.3; beyond ASCII by RFC 6531), and not only dots.
fn is_atom(text: &str) -> bool {
    let usable = |char: char| match char {
        'a'..='z' | '0'..='9' => true,
        _ if char.is_ascii() => ".!#$%&'*+-/=?^_`{|}~".contains(char),
        _ => !char.is_whitespace(),
    };
    text.chars().all(usable) && text.chars().any(|char| char != '.')
}

/// What the administrator knows about a provider: dots and tags that make no other mailbox.
fn at_provider(local: String, domain: String, rules: &EmailRules) -> Address {
    if local.starts_with('"') {
        return Address { local, domain };
    }
    let dots = covers(&rules.ignore_dots_for, &domain);
    let tags = covers(&rules.strip_plus_tags_for, &domain);
    let mut local = if dots { local.replace('.', "") } else { local };
    if let Some(tag) = local.find('+').filter(|&at| tags && at > 0) {
        local.truncate(tag);
    }
    let domain = if (dots || tags) && domain == GOOGLEMAIL { GMAIL.to_owned() } else { domain };
    Address { local, domain }
}

fn covers(domains: &BTreeSet<String>, domain: &str) -> bool {
    domains.contains(domain)
        || ([GMAIL, GOOGLEMAIL].contains(&domain)
            && (domains.contains(GMAIL) || domains.contains(GOOGLEMAIL)))
}
