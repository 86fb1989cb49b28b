//! What clients write in the place of JSON: numbers that are none, as Python does, and halves of letters that take two,
//! where a text was cut within an emoji. Either costs its value, and no message.

use std::borrow::Cow;

const NO_NUMBERS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];
/// Nothing is to be mended where none of these occurs.
const MARKS: [&str; 4] = ["NaN", "Infinity", r"\ud", r"\uD"];

/// The text with null for what is no number and U+FFFD for half a letter.
pub(super) fn mended(text: &str) -> Cow<'_, str> {
    if !MARKS.iter().any(|mark| text.contains(mark)) {
        return Cow::Borrowed(text);
    }
    let mut mended = String::with_capacity(text.len());
    let (mut rest, mut quoted) = (text, false);
    let next = |rest: &str, quoted| rest.find(if quoted { &['"', '\\'][..] } else { &['"', 'N', 'I', '-'] });
    while let Some(place) = next(rest, quoted) {
        mended.push_str(&rest[..place]);
        rest = &rest[place..];
        let (taken, instead) = if quoted { escape(rest) } else { number(rest) };
        quoted ^= rest.starts_with('"');
        mended.push_str(instead);
        rest = &rest[taken..];
    }
    mended.push_str(rest);
    Cow::Owned(mended)
}

/// How many bytes the beginning of a text outside of quotes takes, and what belongs there.
fn number(text: &str) -> (usize, &str) {
    let none = NO_NUMBERS.iter().find(|word| text.starts_with(**word));
    none.map_or((1, &text[..1]), |word| (word.len(), "null"))
}

/// The same inside of quotes.
fn escape(text: &str) -> (usize, &str) {
    let long = match (unit(text), text.get(6..).and_then(unit)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
        (Some(0xd800..=0xdfff), _) => return (6, r"\ufffd"),
        // What is escaped is no end of the text.
        _ if text.starts_with('\\') => 1 + text[1..].chars().next().map_or(0, char::len_utf8),
        _ => 1,
    };
    (long, &text[..long])
}

/// The unit of UTF-16 that an escape stands for.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix(r"\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_no_json_costs_its_value() {
        for (text, expected) in [
            (r#"{"a":NaN,"b":[-Infinity, Infinity,-1]}"#, r#"{"a":null,"b":[null, null,-1]}"#),
            (r#"["NaN","\"NaN","\\",NaN]"#, r#"["NaN","\"NaN","\\",null]"#),
            (r#""cut \ud83d""#, r#""cut \ufffd""#),
            (r#""\udc00\uD83D\uDE00\ud83d\ud83d\ude00""#, r#""\ufffd\uD83D\uDE00\ufffd\ud83d\ude00""#),
            (r#""\\ud83d \ud83""#, r#""\\ud83d \ud83""#),
            (r"NaN\ud83d", r"null\ud83d"),
            (r#""\ud83dé\"#, r#""\ufffdé\"#),
        ] {
            assert_eq!(mended(text), expected);
        }
        assert!(matches!(mended("plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn json_is_left_as_it_is(texts in prop::collection::vec(r#"(NaN|-|I|\\|"|\\ud83d|é|😀){0,6}"#, 0..6)) {
            for value in [Value::from(texts.clone()), Value::from(texts.concat())] {
                let text = value.to_string();
                prop_assert_eq!(mended(&text), text.as_str());
            }
        }

        #[test]
        fn nothing_is_too_odd(text in r#"(NaN|-|\\|"|\\ud83d|\\uDE00|\\u|é|😀|x){0,12}"#) {
            drop(mended(&text));
        }
    }
}
