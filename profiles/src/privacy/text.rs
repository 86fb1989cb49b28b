//! Finding what could be an e-mail address or a telephone number in a text, in any spelling. Pure.

use std::ops::Range;

/// The longest name before the @, and the longest domain, in bytes.
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;
/// How many groups of digits a number is written in at most.
const GROUPS: usize = 7;
/// The fewest and the most digits of a number that is looked for.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=17;

/// Where e-mail addresses may stand, longest first where several readings of one place are possible.
pub(super) fn emails(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        let before = text[..at].char_indices().rev();
        let start = before
            .take_while(|(place, char)| at - place <= LONGEST_LOCAL && in_name(*char))
            .last()
            .map_or(at, |(place, _)| place);
        let after = text[at + 1..].char_indices();
        let end = after
            .take_while(|(place, char)| *place <= LONGEST_DOMAIN && in_domain(*char))
            .last()
            .map_or(at + 1, |(place, char)| at + 1 + place + char.len_utf8());
        let end = at + 1 + text[at + 1..end].trim_end_matches(['.', '-']).len();
        if start == at || end == at + 1 {
            continue;
        }
        found.push(start..end);
        // `to=anna@example.org`, `'anna@example.org`: the address may begin behind any sign that few names have.
        let later = text[start..at].char_indices().filter(|(_, char)| is_rare(*char));
        found.extend(
            later
                .map(|(place, char)| start + place + char.len_utf8())
                .filter(|from| *from < at)
                .map(|from| from..end),
        );
    }
    found
}

fn in_name(char: char) -> bool {
    char.is_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(char)
}

fn is_rare(char: char) -> bool {
    "!#$%&'*/=?^`{|}~".contains(char)
}

fn in_domain(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '.' | '-')
}

/// Where telephone numbers may stand, longest first where several readings of one place are possible.
pub(super) fn phones(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut from = None;
    for (place, char) in text.char_indices().chain([(text.len(), 'x')]) {
        if in_group(char) {
            from.get_or_insert(place);
            continue;
        }
        if let Some(from) = from.take() {
            groups.push(from..place);
        }
        if !(char.is_whitespace() || char == '/') {
            windows(text, &groups, &mut found);
            groups.clear();
        }
    }
    found
}

fn in_group(char: char) -> bool {
    char.is_ascii_digit()
        || matches!(char, '+' | '-' | '.' | '(' | ')' | '[' | ']' | '~' | '_' | '\'')
        || matches!(char, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn windows(text: &str, groups: &[Range<usize>], found: &mut Vec<Range<usize>>) {
    for first in 0..groups.len() {
        for last in (first..groups.len().min(first + GROUPS)).rev() {
            let range = groups[first].start..groups[last].end;
            let raw = &text[range.clone()];
            let number = raw.trim_matches(['-', '.', ')']).trim_end_matches('(');
            if DIGITS.contains(&number.bytes().filter(u8::is_ascii_digit).count()) {
                let start = range.start + (raw.len() - raw.trim_start_matches(['-', '.', ')']).len());
                found.push(start..start + number.len());
            }
        }
    }
}

/// What `%40` and its like stand for, where there is any.
pub(super) fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if !bytes.windows(3).any(|three| three.eq_ignore_ascii_case(b"%40")) {
        return None;
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let escaped = (bytes[place] == b'%')
            .then(|| bytes.get(place + 1..place + 3))
            .flatten()
            .and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        plain.push(escaped.unwrap_or(bytes[place]));
        place += if escaped.is_some() { 3 } else { 1 };
    }
    Some(String::from_utf8_lossy(&plain).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, find: fn(&str) -> Vec<Range<usize>>) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn addresses_are_found_wherever_they_stand() {
        for (text, address) in [
            ("Anna <anna@example.org>, hello", "anna@example.org"),
            ("write to anna@example.org.", "anna@example.org"),
            ("https://x.org/?to=anna@example.org&x=1", "anna@example.org"),
            ("'o'neil@example.org'", "o'neil@example.org"),
            ("(jens@blåbær.dk)", "jens@blåbær.dk"),
        ] {
            assert!(texts(text, emails).contains(&address), "{text}: {:?}", texts(text, emails));
        }
        assert!(emails("a @ b, @home and nobody@").is_empty());
    }

    #[test]
    fn numbers_are_found_however_they_are_written() {
        for (text, number) in [
            ("call +31 6 1234 5678 today", "+31 6 1234 5678"),
            ("06-12345678/020 1234567", "06-12345678"),
            ("06-12345678/020 1234567", "020 1234567"),
            ("2026-11-22 0031(6)12345678.", "0031(6)12345678"),
            ("12345678", "12345678"),
        ] {
            assert!(texts(text, phones).contains(&number), "{text}: {:?}", texts(text, phones));
        }
        assert!(phones("room 12, floor 3").is_empty());
    }

    #[test]
    fn escapes_of_addresses_in_links_are_undone() {
        assert_eq!(decoded("?e=anna%40example.org").as_deref(), Some("?e=anna@example.org"));
        assert_eq!(decoded("100 %"), None);
        assert_eq!(decoded("%4").as_deref(), None);
    }

    #[test]
    fn any_text_can_be_looked_at() {
        let strange = ["@", "å@ø", "+++", "%40%", "%40é%zz", "(((((12345678)))))", "１２３４５６７８", "-.-"];
        for text in strange {
            emails(text);
            phones(text);
            decoded(text);
        }
    }
}
