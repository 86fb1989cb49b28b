use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;

use super::Normalised;
use crate::Rules;

/// The longest text that is read as a phone number, in bytes.
const MAX_TEXT: usize = 64;

/// How many digits a number may have: E.164 allows 15, and `00` may stand before it; below 5 none is unique.
pub(crate) const DIGITS: std::ops::RangeInclusive<usize> = 5..=17;

/// Words and signs after which only an extension follows.
const EXTENSION_MARKS: [&str; 12] = [
    "extension",
    "durchwahl",
    "doorkiesnr",
    "toestel",
    "anexo",
    "lokal",
    "poste",
    "extn",
    "ext",
    "tst",
    "x",
    "#",
];

pub(super) fn normalise(text: &str, region: Option<&str>, rules: &Rules) -> Normalised {
    let typed = match dialled(text) {
        Ok(typed) => typed,
        Err(reason) => return Normalised::Invalid(reason),
    };
    if rules.placeholders.is_phone(&typed) {
        return Normalised::Placeholder;
    }
    if !DIGITS.contains(&typed.trim_start_matches('+').len()) {
        return Normalised::Invalid("has too few or too many digits for a phone number");
    }
    let region =
        region.map(str::trim).filter(|code| !code.is_empty()).or(rules.phone.default_region.as_deref());
    match e164(&typed, region) {
        Err(reason) => Normalised::Invalid(reason),
        Ok(number) if rules.placeholders.is_phone(&number) => Normalised::Placeholder,
        Ok(number) => Normalised::Value(number),
    }
}

/// The region of an ISO 3166 alpha-2 code, in upper or lower case; `UK` is understood.
pub(crate) fn region(code: &str) -> Option<Id> {
    let code = code.to_ascii_uppercase();
    let id: Id = if code == "UK" { Id::GB } else { code.parse().ok()? };
    DATABASE.by_id(id.as_ref()).is_some().then_some(id)
}

/// The digits that a person would dial, after a + if there was one: punctuation, `tel:` and extension are dropped.
pub(crate) fn dialled(text: &str) -> Result<String, &'static str> {
    if text.len() > MAX_TEXT {
        return Err("is too long for a phone number");
    }
    let text = text.to_lowercase();
    let text = text.strip_prefix("tel:").unwrap_or(&text).trim_start();
    let mut typed = String::new();
    for (at, char) in text.char_indices() {
        if let Some(digit) = digit(char) {
            typed.push(digit);
        } else if char == '+' && typed.is_empty() {
            typed.push('+');
        } else if DIGITS.contains(&typed.len()) && is_extension(&text[at..]) {
            break;
        } else if !is_punctuation(char) {
            return Err("has characters that a phone number cannot have");
        }
    }
    Ok(typed)
}

fn is_punctuation(char: char) -> bool {
    char.is_whitespace()
        || matches!(char, '-' | '.' | '/' | '(' | ')' | '[' | ']' | '~' | '\'' | '_')
        || matches!(char, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Whether only an extension is left: a pause, a parameter of a `tel:` link, or a mark and up to seven digits.
fn is_extension(rest: &str) -> bool {
    if rest.starts_with([';', ',']) {
        return true;
    }
    EXTENSION_MARKS.iter().filter_map(|mark| rest.strip_prefix(mark)).any(|after| {
        let number = after.trim_start_matches(['.', ':', '=', ' ']).trim_end_matches('#');
        (1..=7).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The decimal digits of the scripts in which people write phone numbers.
fn digit(char: char) -> Option<char> {
    ['0', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}'].into_iter().find_map(|zero| {
        char::from_digit(u32::from(char).checked_sub(u32::from(zero)).filter(|&value| value < 10)?, 10)
    })
}

/// Reads what was dialled: with + or 00 as an international number, otherwise from inside the region.
pub(crate) fn e164(typed: &str, region: Option<&str>) -> Result<String, &'static str> {
    let abroad = typed.strip_prefix('+').map(|rest| rest.strip_prefix("00").unwrap_or(rest));
    if let Some(number) = abroad.or_else(|| typed.strip_prefix("00")).and_then(international) {
        return Ok(number);
    }
    if abroad.is_some() {
        return Err("is no number of any country");
    }
    let region = region.ok_or("has no country code, and its region is not known")?;
    let region =
        self::region(region).ok_or("has no country code, and its region is not an ISO 3166 alpha-2 code")?;
    // Without its area code a local number belongs to somebody in every town, so here the range must be in use.
    phonenumber::parse(Some(region), typed)
        .ok()
        .filter(phonenumber::is_valid)
        .and_then(|number| shaped(number.code().value(), &number.national().to_string()))
        .ok_or("is no complete number of its region")
}

/// Country code and national number. What already has the shape of a number is left alone; otherwise there may be a
/// trunk prefix that is not dialled from abroad, as in `+31 (0)20`.
fn international(digits: &str) -> Option<String> {
    let (code, national) = parts(digits)?;
    shaped(code, national).or_else(|| {
        let number = phonenumber::parse(None, format!("+{digits}")).ok()?;
        shaped(number.code().value(), &number.national().to_string())
    })
}

/// The country code that digits begin with, and the rest.
pub(crate) fn parts(digits: &str) -> Option<(u16, &str)> {
    (1..=3).filter_map(|length| digits.split_at_checked(length)).find_map(|(code, rest)| {
        Some((code.parse().ok().filter(|code| DATABASE.by_code(code).is_some())?, rest))
    })
}

/// The number in E.164 form, if some region of this country code has numbers of this length and beginning. Whether its
/// range is in use today is not asked: ranges change faster than programs.
fn shaped(code: u16, national: &str) -> Option<String> {
    let metadata = DATABASE.by_code(&code)?;
    let fits = metadata.iter().any(|region| region.descriptors().general().is_match(national));
    fits.then(|| format!("+{code}{national}"))
}
