//! Hiding contact points and whatever else names a person directly: enough is left for its owner to know it by.
//!
//! Pure, and to be done twice without harm: what is masked holds nothing that would be masked again.

use std::borrow::Cow;

use chrono::NaiveDate;
use connectors::canonical::traits as t;
use identity::IdentifierKind;
use serde_json::Value;
use uuid::Uuid;

use super::ContactPoint;
use crate::field_names::{PHONE, says};

/// What stands for what is hidden.
const HIDDEN: &str = "***";
/// The fewest digits that are taken for a telephone number behind a `+` or where telephone numbers stand, and behind a `0`.
const DIGITS: [usize; 2] = [7, 9];
/// How numbers are written at home where they begin with no `0`: `d` is a digit, `n` one that such a number can begin with,
/// `-` what parts groups, and a space may be missing.
const WRITTEN: [&str; 5] =
    ["(ndd) ndd-dddd", "(dd) dddd-dddd", "(dd) ddddd-dddd", "ndd-ndd-dddd", "d-ndd-ndd-dddd"];

/// `a***@example.org`, `+31 ****5678`.
pub fn point(point: &ContactPoint) -> String {
    match point.kind {
        IdentifierKind::Email => address(&point.value),
        _ => number(&point.value),
    }
}

fn address(value: &str) -> String {
    let (local, domain) = value.rsplit_once('@').unwrap_or((value, ""));
    format!("{}@{domain}", name(local))
}

/// The first letter of a name. Of a name of one letter, the letter is the name.
fn name(value: &str) -> String {
    let first: String = value.chars().take(usize::from(value.chars().nth(1).is_some())).collect();
    format!("{first}{HIDDEN}")
}

fn number(value: &str) -> String {
    let digits: Vec<char> = value.chars().collect();
    // Where the country code of the form E.164 ends, its owner knows. Of a short number less is shown.
    let (head, tail) = match digits.as_slice() {
        few if few.len() < 10 => (2, 2),
        ['+', ..] => (3, 4),
        _ => (2, 4),
    };
    let end = digits.len().saturating_sub(tail).max(head);
    let part = |digits: Option<&[char]>| digits.unwrap_or_default().iter().collect::<String>();
    format!("{} ****{}", part(digits.get(..head)), part(digits.get(end..)))
}

/// The value of an identifier of that kind; `None` where it names nobody outside and is shown as it is.
pub fn identifier(kind: &str, value: &str) -> Option<String> {
    match IdentifierKind::parse(kind)? {
        IdentifierKind::Email => Some(address(value)),
        IdentifierKind::Phone => Some(number(value)),
        IdentifierKind::UserId | IdentifierKind::Device | IdentifierKind::AnonymousId => Some(name(value)),
        IdentifierKind::CrossSource | IdentifierKind::Login => None,
    }
}

/// The value of a trait: of a birth the year, of an address city and country, and of any other text what is neither an
/// e-mail address nor a telephone number.
pub fn of_trait(key: &str, value: &Value) -> Value {
    match (key, value) {
        // The union of what several said.
        (_, Value::Array(items)) => items.iter().map(|item| of_trait(key, item)).collect(),
        (t::EMAIL, Value::String(text)) => address(text).into(),
        (t::PHONE, Value::String(text)) => number(text).into(),
        (t::BIRTH_DATE, Value::String(text)) => {
            let year = text.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
            year.unwrap_or(HIDDEN).into()
        }
        (t::ADDRESS, Value::Object(parts)) => {
            let shown = parts.iter().filter(|(part, _)| matches!(part.as_str(), "city" | "country"));
            shown.map(|(part, value)| (part.clone(), json(part, value))).collect()
        }
        (t::EMAIL | t::PHONE | t::BIRTH_DATE | t::ADDRESS, Value::Null) => Value::Null,
        (t::EMAIL | t::PHONE | t::BIRTH_DATE | t::ADDRESS, _) => HIDDEN.into(),
        (key, value) => json(key, value),
    }
}

/// Whatever was said under a name, with every text in it as [`field`] leaves it, and every number as [`digits`] does.
fn json(key: &str, value: &Value) -> Value {
    match value {
        Value::String(found) => field(key, found).into(),
        Value::Number(found) => digits(key, &found.to_string()).map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(|item| json(key, item)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (text(name).into_owned(), json(name, value))).collect()
        }
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

/// What stands for a number that was delivered as such, where its field is called after telephones and it is long enough to
/// be one.
pub fn digits(key: &str, written: &str) -> Option<String> {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= DIGITS[0] && says(key, &PHONE)).then(|| number(&digits))
}

/// A text with every e-mail address and telephone number in it masked. Taken for a number is what begins with `+` or `0`
/// and has enough digits (now and then that is an order's), and what is written as no other number is: `(415) 555-0132`.
pub fn text(text: &str) -> Cow<'_, str> {
    field("", text)
}

/// As [`text()`], for what stands in a field of that name: one that is called after telephones holds their numbers in any
/// spelling.
pub fn field<'a>(key: &str, text: &'a str) -> Cow<'a, str> {
    let is_long = text.bytes().filter(u8::is_ascii_digit).count() >= DIGITS[0];
    if !is_long && !text.contains('@') && !text.contains("%40") {
        return Cow::Borrowed(text);
    }
    let is_phone = is_long && says(key, &PHONE);
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    // What was passed already ends here: a name or a number may not begin in its midst.
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let (found, mask) = match found_address(rest, before) {
            Some(found) => (found, address(&found.replace("%40", "@"))),
            None => match found_number(rest, before, is_phone) {
                Some(found) => (found, number(&found.replace(|c: char| !c.is_ascii_digit() && c != '+', ""))),
                None => (&rest[..first.len_utf8()], first.to_string()),
            },
        };
        masked.push_str(&mask);
        before = found.chars().next_back();
        rest = &rest[found.len()..];
    }
    if masked == text { Cow::Borrowed(text) } else { Cow::Owned(masked) }
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "._+-'!#$&".contains(c)
}

/// The e-mail address that a text begins with, if a word begins there.
fn found_address(text: &str, before: Option<char>) -> Option<&str> {
    if before.is_some_and(is_local) {
        return None;
    }
    let local = text.find(|c| !is_local(c)).filter(|end| *end > 0)?;
    let at = ["@", "%40"].into_iter().find(|at| text[local..].starts_with(at))?;
    let domain = &text[local + at.len()..];
    let end = domain.find(|c: char| !c.is_alphanumeric() && c != '.' && c != '-').unwrap_or(domain.len());
    let domain = domain[..end].trim_end_matches(['.', '-']);
    (!domain.is_empty()).then(|| &text[..local + at.len() + domain.len()])
}

/// The telephone number that a text begins with, if a word begins there. Where numbers stand, any digits may be one.
fn found_number(text: &str, before: Option<char>, is_phone: bool) -> Option<&str> {
    let first = text.chars().next()?;
    if before.is_some_and(|c| c.is_alphanumeric() || "_-./+".contains(c)) {
        return None;
    }
    let [abroad, at_home] = DIGITS;
    let fewest = match first {
        '+' => abroad,
        '0'..='9' if is_phone && !begins_with_date(text) => abroad,
        '0' => at_home,
        _ => return WRITTEN.iter().find_map(|written| is_written(text, written)),
    };
    let part = |(place, c): &(usize, char)| {
        c.is_ascii_digit() || " -./()\u{a0}".contains(*c) || (*place == 0 && *c == '+')
    };
    let run = text.char_indices().take_while(part);
    let end = run.filter(|(_, c)| c.is_ascii_digit()).last().map(|(place, _)| place + 1)?;
    let found = &text[..end];
    let digits = found.chars().filter(char::is_ascii_digit).count();
    let goes_on = text[end..].chars().next().is_some_and(char::is_alphanumeric);
    (digits >= fewest && !goes_on && Uuid::try_parse(found).is_err()).then_some(found)
}

fn begins_with_date(text: &str) -> bool {
    text.get(..10).is_some_and(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok())
}

/// What a text begins with, where that is written in this way: see [`WRITTEN`].
fn is_written<'a>(text: &'a str, written: &str) -> Option<&'a str> {
    let mut rest = text;
    for sign in written.chars() {
        let next = rest.chars().next();
        let fits = next.is_some_and(|c| match sign {
            'd' => c.is_ascii_digit(),
            'n' => matches!(c, '2'..='9'),
            '-' => "-. \u{a0}".contains(c),
            ' ' => c == ' ' || c == '\u{a0}',
            sign => c == sign,
        });
        match next {
            Some(c) if fits => rest = &rest[c.len_utf8()..],
            _ if sign == ' ' => {}
            _ => return None,
        }
    }
    let goes_on = rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
    (!goes_on).then(|| &text[..text.len() - rest.len()])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_is_known_to_its_owner_alone() {
        for (kind, value, expected) in [
            (IdentifierKind::Email, "anna@example.org", "a***@example.org"),
            (IdentifierKind::Email, "a@example.org", "***@example.org"),
            (IdentifierKind::Email, "øystein@example.org", "ø***@example.org"),
            (IdentifierKind::Email, "\"a@b\"@example.org", "\"***@example.org"),
            (IdentifierKind::Phone, "+31612345678", "+31 ****5678"),
            (IdentifierKind::Phone, "+4512345678", "+45 ****5678"),
            (IdentifierKind::Phone, "0612345678", "06 ****5678"),
            (IdentifierKind::Phone, "+2901234", "+2 ****34"),
            (IdentifierKind::Phone, "+", " ****"),
        ] {
            assert_eq!(point(&ContactPoint { kind, value: value.to_owned() }), expected);
        }
    }

    #[test]
    fn addresses_and_numbers_are_found_wherever_they_stand() {
        for (given, expected) in [
            ("guest:anna@example.org", "guest:a***@example.org"),
            ("write to <anna.b+x@example.org>, soon.", "write to <a***@example.org>, soon."),
            ("https://x.example/?e=anna%40example.org&p=1", "https://x.example/?e=a***@example.org&p=1"),
            ("anna@example.org bob@example.org.", "a***@example.org b***@example.org."),
            ("call +31 6 2041-7735 or (06) 20 41 77 35", "call +31 ****7735 or (06 ****7735"),
            ("tel:0620417735", "tel:06 ****7735"),
            ("0031 6 20417735", "00 ****7735"),
            ("+31 6 20417735 2024-01-01", "+31 ****0101"),
            ("call (415) 555-0132, or 415-555-0132.", "call 41 ****0132, or 41 ****0132."),
            ("1 415.555.1234 (415)555-1234", "14 ****1234 41 ****1234"),
            ("(11) 91234-5678", "11 ****5678"),
        ] {
            let masked = text(given);
            assert_eq!(masked, expected);
            assert_eq!(text(&masked), masked, "what is masked is not masked again");
        }
        for stays in [
            "2024-02-15T08:00:00Z",
            "Profile:00000000-0000-0000-0000-000000000000",
            "Profile:01234567-8901-8234-9a12-345678901234",
            "@anna",
            "1200.5",
            "0.10",
            "SKU-0123456789",
            "1000415",
            "10041550132",
            "order 2024-1000415 of 1 250 000.00 EUR",
            "WC-415-555-0132",
            "115-555-0132",
            "2024-02-15 10:30:00",
            "Report (2024) 1234567",
            "Mug, 8 x 10 cm",
            "13982",
            "",
        ] {
            assert_eq!(text(stays), stays);
        }
    }

    #[test]
    fn where_telephone_numbers_stand_any_spelling_is_one() {
        for (key, given, expected) in [
            ("mobile", "6 2041 7735", "62 ****35"),
            ("billingPhone", "20 41 77 35", "20 ****35"),
            ("tel", "call 20417735 after 2024-02-15", "call 20 ****35 after 2024-02-15"),
            ("whatsapp_number", "31620417735", "31 ****7735"),
        ] {
            let masked = field(key, given);
            assert_eq!(masked, expected, "{key}");
            assert_eq!(field(key, &masked), masked, "what is masked is not masked again");
            assert_eq!(field("number", given), given, "elsewhere it may be an order's");
        }
        for (key, stays) in
            [("phone", "112"), ("phone_checked_at", "2024-02-15T08:00:00Z"), ("hotel", "6 2041 7735")]
        {
            assert_eq!(field(key, stays), stays);
        }
        assert_eq!(digits("crm.mobile", "31620417735").as_deref(), Some("31 ****7735"));
        assert_eq!((digits("total", "31620417735"), digits("phone", "112")), (None, None));
        let given =
            json!({ "fax": 31_620_417_735_u64, "order": 1_000_415, "phones": [20_417_735, "20417735"] });
        let expected =
            json!({ "fax": "31 ****7735", "order": 1_000_415, "phones": ["20 ****35", "20 ****35"] });
        assert_eq!(of_trait("crm.card", &given), expected);
        assert_eq!(of_trait("crm.mobile", &json!(20_417_735)), json!("20 ****35"));
        assert_eq!(of_trait("crm.points", &json!(20_417_735)), json!(20_417_735));
    }

    #[test]
    fn of_a_trait_is_left_what_does_not_name_the_person() {
        let home = json!({ "street": "Kade 1", "postal_code": "2611", "city": "Delft", "country": "NL" });
        for (key, value, expected) in [
            (t::EMAIL, json!("anna@example.org"), json!("a***@example.org")),
            (
                t::EMAIL,
                json!(["anna@example.org", "b@c.example"]),
                json!(["a***@example.org", "***@c.example"]),
            ),
            (t::PHONE, json!("20417735"), json!("20 ****35")),
            (t::BIRTH_DATE, json!("1984-05-06"), json!("1984")),
            (t::BIRTH_DATE, json!("6 May"), json!("***")),
            (t::ADDRESS, home, json!({ "city": "Delft", "country": "NL" })),
            (t::ADDRESS, json!("Kade 1, Delft"), json!("***")),
            (t::FIRST_NAME, json!("Anna"), json!("Anna")),
            (
                "crm.note",
                json!({ "who": ["anna@example.org"], "n": 3 }),
                json!({ "who": ["a***@example.org"], "n": 3 }),
            ),
        ] {
            assert_eq!(of_trait(key, &value), expected, "{key}");
        }
    }

    #[test]
    fn what_identifies_is_masked_by_its_kind() {
        assert_eq!(identifier("user_id", "u-4711").as_deref(), Some("u***"));
        assert_eq!(identifier("phone", "+31620417735").as_deref(), Some("+31 ****7735"));
        assert_eq!(identifier("cross_source", "0f"), None);
        assert_eq!(identifier("similarity", ""), None);
    }
}
