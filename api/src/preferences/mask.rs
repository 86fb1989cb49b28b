//! Hiding an address or number from whoever the link was forwarded to: enough is left for its owner to know it by.

use profiles::{IdentifierKind, consent::ContactPoint};

/// `a***@example.org`, `+31 ****5678`.
pub(super) fn masked(point: &ContactPoint) -> String {
    let value = point.value.as_str();
    if point.kind == IdentifierKind::Email {
        let (local, domain) = value.rsplit_once('@').unwrap_or((value, ""));
        // Of a name of one letter, the letter is the name.
        let first: String = local.chars().take(usize::from(local.chars().nth(1).is_some())).collect();
        return format!("{first}***@{domain}");
    }
    let digits: Vec<char> = value.chars().collect();
    // A number in the form E.164; where its country code ends, its owner knows. Of a short one less is shown.
    let (head, tail) = if digits.len() < 10 { (2, 2) } else { (3, 4) };
    let end = digits.len().saturating_sub(tail).max(head);
    let part = |digits: Option<&[char]>| digits.unwrap_or_default().iter().collect::<String>();
    format!("{} ****{}", part(digits.get(..head)), part(digits.get(end..)))
}

#[cfg(test)]
mod tests {
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
            (IdentifierKind::Phone, "+2901234", "+2 ****34"),
            (IdentifierKind::Phone, "+", " ****"),
        ] {
            assert_eq!(masked(&ContactPoint { kind, value: value.to_owned() }), expected);
        }
    }
}
