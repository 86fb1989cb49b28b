use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How many characters of a name are read, and how many are kept.
const MAX_READ: usize = 1024;
const MAX_KEPT: usize = 512;

/// A name as it is searched and compared: without case, accents and punctuation, with single spaces.
///
/// `Søren Ågård`, `soren agard` and `SØREN  ÅGÅRD` become one; so do `O'Brien` and `OBrien`, and `Jean-Pierre` and
/// `Jean Pierre`. Letters of other scripts stay, with the marks that belong to them. The result has at most 512
/// characters and is empty when there is no letter and no digit.
pub fn fold_name(raw: &str) -> String {
    let letters = raw.chars().take(MAX_READ).filter(|&char| !is_apostrophe(char));
    let letters = letters.nfkd().flat_map(char::to_lowercase).nfkd();
    let mut folded = String::new();
    let mut gap = false;
    for char in letters.filter(|&char| !is_accent(char) && !is_apostrophe(char)).nfc() {
        if !char.is_alphanumeric() && !is_combining_mark(char) {
            gap = true;
            continue;
        }
        if gap && !folded.is_empty() {
            folded.push(' ');
        }
        gap = false;
        match spelled(char) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(char),
        }
    }
    match folded.char_indices().nth(MAX_KEPT) {
        Some((end, _)) => folded[..end].trim_end().to_owned(),
        None => folded,
    }
}

/// Letters that Unicode does not take apart, as people type them who do not have them.
fn spelled(char: char) -> Option<&'static str> {
    Some(match char {
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ß' => "ss",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ŋ' => "n",
        'ŧ' => "t",
        'ς' => "σ",
        _ => return None,
    })
}

/// Marks on Latin, Greek and Cyrillic letters. Marks of other scripts are vowels, not accents.
fn is_accent(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}')
        || matches!(char, '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn is_apostrophe(char: char) -> bool {
    matches!(char, '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | '′')
}
