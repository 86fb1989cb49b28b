use std::sync::LazyLock;

use super::super::text::Map;

/// English, Dutch and Danish names with their short forms: a line per name, the full form first.
const NAMES: &str = include_str!("names.txt");

static FORMS: LazyLock<Map<&'static str, Vec<u16>>> = LazyLock::new(|| {
    let mut forms: Map<&str, Vec<u16>> = Map::default();
    for (name, line) in (0..).zip(NAMES.lines()) {
        for form in line.split_whitespace() {
            forms.entry(form).or_default().push(name);
        }
    }
    forms
});

/// The names of which this one, in folded writing, is a form.
pub(super) fn forms(name: &str) -> &'static [u16] {
    FORMS.get(name).map_or(&[], Vec::as_slice)
}

/// Whether two names are forms of the same one.
pub(super) fn related(a: &[u16], b: &[u16]) -> bool {
    a.iter().any(|name| b.contains(name))
}

#[cfg(test)]
mod tests {
    use super::{NAMES, forms, related};

    #[test]
    fn short_forms_belong_to_their_names() {
        for (a, b) in [
            ("bill", "william"),
            ("kees", "cornelis"),
            ("bill", "billy"),
            ("lis", "lis"),
            ("jan", "johannes"),
        ] {
            assert_eq!(related(forms(a), forms(b)), a != "lis", "{a} {b}");
        }
        assert!(!related(forms("mary"), forms("william")));
        assert!(!related(forms("xavier"), forms("xavier")));
    }

    #[test]
    fn every_line_is_written_as_names_are_compared() {
        let mut lines: Vec<&str> = NAMES.lines().collect();
        assert!(NAMES.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b' ' | b'\n')));
        assert!(lines.iter().all(|line| line.split(' ').count() >= 2));
        lines.sort_unstable();
        assert_eq!(lines, NAMES.lines().collect::<Vec<_>>());
    }
}
