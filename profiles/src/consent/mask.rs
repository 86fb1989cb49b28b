//! Hiding contact points and whatever else names a person directly: enough is left for its owner to know it by.
//!
//! Pure, and to be done twice without harm: what is masked holds nothing that would be masked again.

use std::borrow::Cow;

use connectors::canonical::traits as t;
use identity::IdentifierKind;
use serde_json::Value;
use uuid::Uuid;

use super::ContactPoint;

/// What stands for what is hidden.
const HIDDEN: &str = "***";
/// The fewest digits that are taken for a telephone number behind a `+`, and behind a `0`.
const DIGITS: [usize; 2] = [7, 9];

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
        IdentifierKind::CrossSource => None,
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
            shown.map(|(part, value)| (part.clone(), json(value))).collect()
        }
        (t::EMAIL | t::PHONE | t::BIRTH_DATE | t::ADDRESS, Value::Null) => Value::Null,
        (t::EMAIL | t::PHONE | t::BIRTH_DATE | t::ADDRESS, _) => HIDDEN.into(),
        (_, value) => json(value),
    }
}

/// Whatever was said, with every text in it as [`text`] leaves it.
fn json(value: &Value) -> Value {
    match value {
        Value::String(found) => text(found).into(),
        Value::Array(items) => items.iter().map(json).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (text(name).into_owned(), json(value))).collect()
        }
        other => other.clone(),
    }
}

/// A text with every e-mail address and telephone number in it masked. Taken for a number is what begins with `+` or `0`
/// and has enough digits: now and then that is an order's.
pub fn text(text: &str) -> Cow<'_, str> {
    if !text.contains(['@', '+', '0']) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    // What was passed already ends here: a name or a number may not begin in its midst.
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let (found, mask) = match found_address(rest, before) {
            Some(found) => (found, address(&found.replace("%40", "@"))),
            None => match found_number(rest, before) {
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

/// The telephone number that a text begins with, if a word begins there.
fn found_number(text: &str, before: Option<char>) -> Option<&str> {
    let [abroad, at_home] = DIGITS;
    let fewest = if text.starts_with('+') { abroad } else { at_home };
    if !text.starts_with(['+', '0']) || before.is_some_and(|c| c.is_alphanumeric() || "_-./+".contains(c)) {
        return None;
    }
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
            "Mug, 8 x 10 cm",
            "13982",
            "",
        ] {
            assert_eq!(text(stays), stays);
        }
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
