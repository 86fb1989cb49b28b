//! How the same name or address gets written differently.

use crate::chance::Chance;

/// Lower-case ASCII as people write their names in e-mail addresses; anything but letters and digits goes.
pub(crate) fn ascii(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.to_lowercase().chars() {
        match letter {
            'æ' | 'ä' => plain.push_str("ae"),
            'ø' | 'ö' => plain.push_str("oe"),
            'å' => plain.push_str("aa"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'é' | 'è' | 'ë' | 'ê' => plain.push('e'),
            'ï' => plain.push('i'),
            letter if letter.is_ascii_alphanumeric() => plain.push(letter),
            _ => {}
        }
    }
    plain
}

/// The text with one slip of the finger: two letters swapped, one lost or one doubled. The first letter stays.
pub(crate) fn mistyped(chance: &mut Chance, text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 4 {
        return text.to_owned();
    }
    let place = 1 + chance.below(letters.len() - 2);
    match chance.below(3) {
        0 => letters.swap(place, place + 1),
        1 => drop(letters.remove(place)),
        _ => letters.insert(place, letters[place]),
    }
    letters.into_iter().collect()
}

/// `jan.devries@…` as `Jan.DeVries@…` or `JAN.DEVRIES@…` and, at times, with a blank at an end.
pub(crate) fn shouted(chance: &mut Chance, email: &str) -> String {
    let capital: String =
        email.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }).collect();
    match chance.below(4) {
        0 => email.to_uppercase(),
        1 => format!("{capital} "),
        _ => capital,
    }
}

/// The address with the dots of its local part moved: the same mailbox at some providers, not at others.
pub(crate) fn dotted(email: &str) -> String {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    if local.contains('.') {
        format!("{}@{domain}", local.replace('.', ""))
    } else {
        let (head, tail) = local.split_at(local.len().min(1));
        format!("{head}.{tail}@{domain}")
    }
}

/// The address with a tag: `jan+shop@…`.
pub(crate) fn plussed(email: &str, tag: &str) -> String {
    email.replacen('@', &format!("+{tag}@"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_plain_letters() {
        assert_eq!(ascii("Søren Ærø-Müßig"), "soerenaeroemuessig");
    }

    #[test]
    fn a_slip_keeps_the_first_letter_and_almost_the_length() {
        let mut chance = Chance::new(3, "slip");
        for _ in 0..200 {
            let slipped = mistyped(&mut chance, "Katrine");
            assert!(slipped.starts_with('K') && (6..=8).contains(&slipped.len()), "{slipped}");
        }
        assert_eq!(mistyped(&mut chance, "Bo"), "Bo");
    }

    #[test]
    fn variants_of_an_address_stay_at_its_domain() {
        assert_eq!(dotted("a.b@post.example"), "ab@post.example");
        assert_eq!(dotted("ab@post.example"), "a.b@post.example");
        assert_eq!(plussed("ab@post.example", "shop"), "ab+shop@post.example");
    }
}
