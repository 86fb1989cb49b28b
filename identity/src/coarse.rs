//! The coarsest form of contact points: for recognising what must not come back, not for saying who is who.
//!
//! Nothing here follows configuration, so that what was recognised once is recognised for ever. A change of these forms
//! is a new [`VERSION`], beside which the old one must go on being understood.

use crate::{
    EmailRules,
    normalise::{email, phone, text},
};

/// The version of these forms.
pub const VERSION: u8 = 1;

/// An e-mail address without what makes no other mailbox at some provider: tags after a +, and the dots of Gmail.
/// `None` for what is no address.
pub fn coarse_email(raw: &str) -> Option<String> {
    let clean = text::clean(raw).ok()?;
    let found = email::address(&clean, &EmailRules::default()).ok()?.to_string();
    let (local, domain) = found.rsplit_once('@')?;
    let (local, domain) =
        (local.trim_matches('"'), if domain == "googlemail.com" { "gmail.com" } else { domain });
    let mailbox = local.find('+').filter(|at| *at > 0).map_or(local, |at| &local[..at]);
    let mailbox = if domain == "gmail.com" { mailbox.replace('.', "") } else { mailbox.to_owned() };
    Some(format!("{mailbox}@{domain}"))
}

/// A telephone number as it is dialled from abroad and at home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoarsePhone {
    /// In E.164 form, where the country is known.
    pub international: Option<String>,
    /// What is dialled after the country code, or what was written where no country is known; without leading zeros.
    pub national: String,
}

/// A telephone number in any spelling; `region` (ISO 3166 alpha-2) is where it is dialled, if that is known. `None` for
/// what is no number.
pub fn coarse_phone(raw: &str, region: Option<&str>) -> Option<CoarsePhone> {
    let typed = phone::dialled(&text::clean(raw).ok()?).ok()?;
    let digits = typed.trim_start_matches('+');
    if !phone::DIGITS.contains(&digits.len()) {
        return None;
    }
    let national = |digits: &str| digits.trim_start_matches('0').to_owned();
    match phone::e164(&typed, region) {
        Ok(number) => {
            let (_, after) = phone::parts(number.trim_start_matches('+'))?;
            Some(CoarsePhone { national: national(after), international: Some(number) })
        }
        // An international number that is none of any country is a number of nobody.
        Err(_) if typed.starts_with('+') => None,
        Err(_) => Some(CoarsePhone { international: None, national: national(digits) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_in_any_spelling() {
        for spelling in [
            "Anna@Example.com",
            " anna@example.com ",
            "mailto:anna@example.com?subject=x",
            "Anna de Vries <anna+shop@EXAMPLE.com>",
            "anna@example.com.",
        ] {
            assert_eq!(coarse_email(spelling).as_deref(), Some("anna@example.com"), "{spelling}");
        }
        assert_eq!(coarse_email("a.n.n.a+x@GoogleMail.com").as_deref(), Some("anna@gmail.com"));
        assert_eq!(coarse_email("jens@blåbær.dk").as_deref(), Some("jens@xn--blbr-roah.dk"));
        assert_eq!(
            coarse_email("+x@example.com").as_deref(),
            Some("+x@example.com"),
            "nothing would be left"
        );
        assert_eq!(coarse_email("anna at example.com"), None);
    }

    #[test]
    fn a_number_is_known_from_abroad_and_at_home() {
        let known = |raw: &str, region| coarse_phone(raw, region).map(|it| (it.international, it.national));
        let dutch = Some((Some("+31612345678".to_owned()), "612345678".to_owned()));
        for raw in ["+31 6 12345678", "0031-6-1234 5678", "+31 (0)6 12345678", "tel:+31612345678"] {
            assert_eq!(known(raw, None), dutch, "{raw}");
        }
        assert_eq!(known("06-12345678", Some("NL")), dutch);
        assert_eq!(known("06-12345678", None), Some((None, "612345678".to_owned())));
        assert_eq!(known("+45 20 26 11 22", None).unwrap().1, "20261122");
        assert_eq!(known("+999 123456", None), None);
        assert_eq!(known("12", None), None);
        assert_eq!(known("call me", None), None);
    }
}
