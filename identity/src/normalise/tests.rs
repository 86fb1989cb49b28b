use proptest::prelude::*;

use super::{Normalised, fold_name};
use crate::{IdentifierKind, Rules};

fn rules(json: &str) -> Rules {
    let rules: Rules = serde_json::from_str(json).unwrap();
    rules.validate().unwrap();
    rules
}

fn value(rules: &Rules, kind: IdentifierKind, raw: &str, region: Option<&str>) -> Option<String> {
    match rules.normalise(kind, raw, region) {
        Normalised::Value(value) => Some(value),
        Normalised::Placeholder | Normalised::Invalid(_) => None,
    }
}

fn email(rules: &Rules, raw: &str) -> Option<String> {
    value(rules, IdentifierKind::Email, raw, None)
}

#[test]
fn one_mailbox_has_one_written_form() {
    for (raw, expected) in [
        ("Jane.Doe@Example.ORG", "jane.doe@example.org"),
        ("  jane@example.org\t\n", "jane@example.org"),
        ("mailto:jane@example.org?subject=Hi%20there", "jane@example.org"),
        ("MAILTO:jane@example.org", "jane@example.org"),
        ("Jane Doe <jane@example.org>", "jane@example.org"),
        ("\"Doe, Jane @ work\" <Jane@example.org>", "jane@example.org"),
        ("<mailto:jane@example.org>", "jane@example.org"),
        ("jane@example.org.", "jane@example.org"),
        ("\u{feff}jane\u{200b}@example.org", "jane@example.org"),
        ("ｊａｎｅ@ｅｘａｍｐｌｅ.org", "jane@example.org"),
        ("\"jane\"@example.org", "jane@example.org"),
        ("\"jane doe\"@example.org", "\"jane doe\"@example.org"),
        ("o'brien+shop@example.org", "o'brien+shop@example.org"),
        ("JÜRGEN@BÜCHER.example", "jürgen@xn--bcher-kva.example"),
        ("ju\u{308}rgen@bu\u{308}cher.example", "jürgen@xn--bcher-kva.example"),
        ("info@XN--BCHER-KVA.example", "info@xn--bcher-kva.example"),
        ("søren@smørrebrød.dk", "søren@xn--smrrebrd-64af.dk"),
        ("а@почта.рф", "а@xn--80a1acny.xn--p1ai"),
        ("double..dot@docomo.ne.jp", "double..dot@docomo.ne.jp"),
    ] {
        assert_eq!(email(&Rules::default(), raw).as_deref(), Some(expected), "{raw}");
    }
}

#[test]
fn what_is_no_address_is_refused_with_a_reason() {
    let long = format!("{}@example.org", "a".repeat(300));
    let endless = "a@b.nl ".repeat(200_000);
    for (raw, reason) in [
        ("", "is empty"),
        ("  \u{200b} ", "is empty"),
        ("jane", "has no @"),
        ("jane@", "has no usable domain after the @"),
        ("@example.org", "has no usable name before the @"),
        ("jane@doe@example.org", "has more than one @"),
        ("jane@example.org, john@example.org", "has more than one @"),
        ("jane doe@example.org", "has no usable name before the @"),
        ("..@example.org", "has no usable name before the @"),
        ("\"ja\"ne\"@example.org", "has a quoted name that cannot be read"),
        ("jane@localhost", "has a domain without a dot"),
        ("jane@192.168.1.1", "has a number instead of a domain"),
        ("jane@[192.168.1.1]", "has no usable domain after the @"),
        ("jane@exam ple.org", "has no usable domain after the @"),
        ("jane@example..org", "has no usable domain after the @"),
        ("ja\0ne@example.org", "has control characters"),
        (&long, "is longer than 254 bytes"),
        (&endless, "is far too long"),
    ] {
        assert_eq!(Rules::default().normalise(IdentifierKind::Email, raw, None), Normalised::Invalid(reason));
    }
}

#[test]
fn gmail_is_like_any_provider_until_the_rules_say_otherwise() {
    for raw in ["j.doe+x@gmail.com", "jdoe@googlemail.com"] {
        assert_eq!(email(&Rules::default(), raw).as_deref(), Some(raw));
    }
    for domain in ["gmail.com", "googlemail.com"] {
        let dots = rules(&format!(r#"{{"email": {{"ignore_dots_for": ["{domain}"]}}}}"#));
        assert_eq!(email(&dots, "J.Doe+x@googlemail.com").as_deref(), Some("jdoe+x@gmail.com"));
        assert_eq!(email(&dots, "j.doe@example.org").as_deref(), Some("j.doe@example.org"));
    }
    let tags = rules(r#"{"email": {"strip_plus_tags_for": ["example.org", "gmail.com"]}}"#);
    assert_eq!(email(&tags, "j.doe+x+y@example.org").as_deref(), Some("j.doe@example.org"));
    assert_eq!(email(&tags, "+x@example.org").as_deref(), Some("+x@example.org"));
    assert_eq!(email(&tags, "\"a b+c\"@example.org").as_deref(), Some("\"a b+c\"@example.org"));
}

#[test]
fn placeholders_are_told_from_values() {
    use IdentifierKind::{CrossSource, Device, Email, Phone, UserId};
    let default = Rules::default();
    for (kind, raw) in [
        (Email, "Test@Test.com"),
        (Email, "noreply@shop.example"),
        (Email, "no-reply+123@shop.example"),
        (Email, "someone@guests.invalid"),
        (Email, "N/A"),
        (Phone, "0000000000"),
        (Phone, "1234567890"),
        (Phone, "(555) 123-4567"),
        (Phone, "06-12345678"),
        (Phone, "+31 6 12345678"),
        (Phone, "9999999999"),
        (Phone, "unknown"),
        (UserId, "NULL"),
        (UserId, "undefined"),
        (UserId, "[object Object]"),
        (UserId, "-1"),
        (Device, "00000000-0000-0000-0000-000000000000"),
        (CrossSource, "0"),
    ] {
        assert_eq!(default.normalise(kind, raw, None), Normalised::Placeholder, "{raw}");
    }

    let own = rules(
        r#"{"placeholders": {"built_in": false, "emails": ["till@shop.example"], "email_locals": ["balie"],
            "domains": ["pos.example"], "phones": ["0201234500", "+31201234501"], "ids": ["walk-in"]}}"#,
    );
    for (kind, raw) in [
        (Email, "Till@Shop.example"),
        (Email, "balie@elsewhere.example"),
        (Email, "x@kassa3.pos.example"),
        (Phone, "020-1234500"),
        (Phone, "0031 20 123 45 01"),
        (UserId, "Walk-In"),
    ] {
        assert_eq!(own.normalise(kind, raw, Some("NL")), Normalised::Placeholder, "{raw}");
    }
    assert_eq!(email(&own, "test@test.com").as_deref(), Some("test@test.com"));
}

#[test]
fn one_phone_has_one_written_form() {
    for (raw, region, expected) in [
        ("+31 (0)20 624 1111", None, "+31206241111"),
        ("0031206241111", None, "+31206241111"),
        ("020-6241111", Some("NL"), "+31206241111"),
        ("020 / 624 11 11", Some("nl"), "+31206241111"),
        ("31206241111", Some("NL"), "+31206241111"),
        ("tel:+31-20-624-1111;ext=12", None, "+31206241111"),
        ("+31 20 624 1111 ext. 12", None, "+31206241111"),
        ("+31 20 624 1111 x12", None, "+31206241111"),
        ("+31 20 624 1111 toestel 12", None, "+31206241111"),
        ("\u{202a}+31\u{a0}20\u{a0}624\u{2011}1111\u{202c}", None, "+31206241111"),
        ("＋３１２０６２４１１１１", None, "+31206241111"),
        ("+٣١٢٠٦٢٤١١١١", None, "+31206241111"),
        ("+31206241111", Some("RU"), "+31206241111"),
        ("+81 3-3580-3311", Some("RU"), "+81335803311"),
        ("32 12 34 89", Some("DK"), "+4532123489"),
        ("030 90206020", Some("DE"), "+493090206020"),
        ("+39 06 698 82019", None, "+390669882019"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("020 7946 0958", Some("UK"), "+442079460958"),
        ("(212) 736-5000", Some("US"), "+12127365000"),
        ("011 31 20 624 1111", Some("US"), "+31206241111"),
        ("8 (495) 606-36-02", Some("RU"), "+74956063602"),
        ("+7 812 303 90 00", None, "+78123039000"),
        ("+800 1234 5679", None, "+80012345679"),
    ] {
        assert_eq!(
            value(&Rules::default(), IdentifierKind::Phone, raw, region).as_deref(),
            Some(expected),
            "{raw}"
        );
    }
}

#[test]
fn a_phone_that_cannot_be_read_for_sure_is_refused() {
    let long = "1".repeat(100_000);
    for (raw, region, reason) in [
        ("020-6241111", None, "has no country code, and its region is not known"),
        (
            "020-6241111",
            Some("Nederland"),
            "has no country code, and its region is not an ISO 3166 alpha-2 code",
        ),
        ("020-6241111", Some(" "), "has no country code, and its region is not known"),
        ("+999 20 624 1111", None, "is no number of any country"),
        ("+0612345987", Some("NL"), "is no number of any country"),
        ("123987", Some("DE"), "is no complete number of its region"),
        ("1-800-FLOWERS", Some("US"), "has characters that a phone number cannot have"),
        ("call me", Some("US"), "has characters that a phone number cannot have"),
        ("020+6241111", Some("NL"), "has characters that a phone number cannot have"),
        ("12", Some("NL"), "has too few or too many digits for a phone number"),
        ("12345098765432109817", Some("NL"), "has too few or too many digits for a phone number"),
        (&long, None, "is far too long"),
        (&long[..100], None, "is too long for a phone number"),
    ] {
        let found = Rules::default().normalise(IdentifierKind::Phone, raw, region);
        assert_eq!(found, Normalised::Invalid(reason), "{raw} {region:?}");
    }
}

#[test]
fn the_records_region_goes_before_the_default_region() {
    let rules = rules(r#"{"phone": {"default_region": "NL"}}"#);
    let phone = |raw, region| value(&rules, IdentifierKind::Phone, raw, region);
    assert_eq!(phone("020-6241111", None).as_deref(), Some("+31206241111"));
    assert_eq!(phone("020-6241111", Some("")).as_deref(), Some("+31206241111"));
    assert_eq!(phone("030 90206020", Some("DE")).as_deref(), Some("+493090206020"));
}

#[test]
fn every_region_code_is_safe_to_ask_for() {
    let letters = || 'A'..='Z';
    for region in letters().flat_map(|first| letters().map(move |second| format!("{first}{second}"))) {
        for raw in ["020-6241111", "2065550101", "+31206241111"] {
            let _ = Rules::default().normalise(IdentifierKind::Phone, raw, Some(&region));
        }
    }
}

#[test]
fn ids_keep_their_case_and_have_a_limit() {
    let id = |raw: &str| Rules::default().normalise(IdentifierKind::UserId, raw, None);
    assert_eq!(id(" Ab-12\n"), Normalised::Value("Ab-12".to_owned()));
    assert_eq!(id("ａｂ１２"), Normalised::Value("ab12".to_owned()));
    assert_eq!(id(&"a".repeat(512)), Normalised::Value("a".repeat(512)));
    assert_eq!(id(&"a".repeat(513)), Normalised::Invalid("is longer than 512 bytes"));
    assert_eq!(id("a\u{1b}[2Jb"), Normalised::Invalid("has control characters"));
}

#[test]
fn names_are_compared_without_case_accents_and_punctuation() {
    for (raw, expected) in [
        ("Søren Ågård", "soren agard"),
        ("ÆRØSKØBING", "aeroskobing"),
        ("Müller-Lüdenscheidt", "muller ludenscheidt"),
        ("Weiß", "weiss"),
        ("STRAẞE", "strasse"),
        ("Łukasz Wałęsa", "lukasz walesa"),
        ("Đorđe Þórsson", "dorde thorsson"),
        ("J.R.R.  van 't Hoff", "j r r van t hoff"),
        ("O’Brien", "obrien"),
        ("O´Brien", "obrien"),
        ("d'Artagnan", "dartagnan"),
        ("Ĳsbrand van den Berg", "ijsbrand van den berg"),
        ("İstanbul Işık", "istanbul isik"),
        ("Ｊａｎｅ\u{a0}Ｄｏｅ", "jane doe"),
        ("Πέτρος", "πετροσ"),
        ("Йосиф", "иосиф"),
        ("がんばれ", "がんばれ"),
        ("हिन्दी", "हिन्दी"),
        ("김 철수", "김 철수"),
        (" -- ", ""),
    ] {
        assert_eq!(fold_name(raw), expected, "{raw}");
    }
}

#[test]
fn a_name_of_a_megabyte_is_cut_and_not_worked_through() {
    assert_eq!(fold_name(&"ß ".repeat(500_000)).chars().count(), 512);
    assert!(fold_name(&"a\u{301}\u{327}".repeat(500_000)).chars().count() <= 512);
}

/// Rules under which every repair is switched on.
fn eager() -> Rules {
    rules(
        r#"{"email": {"ignore_dots_for": ["gmail.com", "a.b"], "strip_plus_tags_for": ["gmail.com", "a.b"]},
            "phone": {"default_region": "US"}, "placeholders": {"phones": ["0201234500"]}}"#,
    )
}

fn check_stable(
    rules: &Rules,
    kind: IdentifierKind,
    raw: &str,
    region: Option<&str>,
) -> Result<(), TestCaseError> {
    if let Normalised::Value(once) = rules.normalise(kind, raw, region) {
        prop_assert_eq!(rules.normalise(kind, &once, region), Normalised::Value(once.clone()), "{:?}", raw);
    }
    Ok(())
}

proptest! {
    #[test]
    fn normalising_any_text_is_safe_and_changes_nothing_the_second_time(raw in any::<String>()) {
        for kind in IdentifierKind::ALL {
            check_stable(&Rules::default(), kind, &raw, None)?;
            check_stable(&eager(), kind, &raw, Some("NL"))?;
        }
        let folded = fold_name(&raw);
        prop_assert_eq!(fold_name(&folded), folded);
    }

    #[test]
    fn an_address_is_stable(
        local in "[\\PC]{1,12}|[a.+\"<> ]{1,9}",
        domain in "[a-zA-Zé．。ß.-]{1,12}|a\\.b|gmail\\.com",
    ) {
        for raw in [format!("{local}@{domain}"), format!("X <mailto:{local}@{domain}>")] {
            check_stable(&Rules::default(), IdentifierKind::Email, &raw, None)?;
            check_stable(&eager(), IdentifierKind::Email, &raw, None)?;
        }
    }

    #[test]
    fn a_number_is_stable_in_every_region(
        raw in "[+0]{0,2}[0-9]{4,15}( ?x[0-9]{1,3})?",
        region in prop::sample::select(
            vec!["NL", "DE", "DK", "IT", "US", "RU", "BR", "AR", "MX", "CN", "GB", "HU", "XX"]
        ),
    ) {
        check_stable(&Rules::default(), IdentifierKind::Phone, &raw, Some(region))?;
        check_stable(&eager(), IdentifierKind::Phone, &raw, None)?;
    }
}
