use unicode_normalization::UnicodeNormalization;

/// The longest raw value that is looked at, in bytes. Generous: everything shorter is judged by its own kind.
const MAX_RAW: usize = 2048;

/// What all kinds share: no space around, no invisible characters (they come along with copied text), compatibility
/// forms such as full-width letters replaced by the plain ones (NFKC).
///
/// # Errors
/// The reason why the value cannot be an identifier at all: empty, far too long, or with control characters inside.
pub(crate) fn clean(raw: &str) -> Result<String, &'static str> {
    let raw = raw.trim();
    if raw.len() > MAX_RAW {
        return Err("is far too long");
    }
    let text = if raw.is_ascii() {
        raw.to_owned()
    } else {
        let visible: String = raw.chars().filter(|&char| !is_invisible(char)).nfkc().collect();
        visible.trim().to_owned()
    };
    if text.is_empty() {
        return Err("is empty");
    }
    if text.chars().any(char::is_control) {
        return Err("has control characters");
    }
    Ok(text)
}

/// Lower case that stays NFKC.
pub(super) fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase().nfkc().collect() }
}

/// Soft hyphen, zero-width spaces and joiners, direction marks, byte order mark.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
