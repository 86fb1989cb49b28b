//! Who lives together: a key that the people of one family at one address have in common.

use super::compare::{FamilyName, Plain, Street, split};
use super::values::Value;
use crate::fold_name;

/// Where somebody lives, and by which family name, as a source writes it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Home<'a> {
    /// The family name.
    pub family_name: &'a str,
    /// The first line of the address: the street, with the house number before or behind it.
    pub street: &'a str,
    /// The second line of the address.
    pub street2: Option<&'a str>,
    /// The postcode.
    pub postal_code: Option<&'a str>,
    /// The town; counts only where there is no postcode.
    pub city: Option<&'a str>,
    /// The country, in any one form; people who state none are not taken for those who do.
    pub country: Option<&'a str>,
}

/// A key that people of one family name at one address have in common, however they write the two; `None` where the
/// family name, the street, its number, or postcode and town are missing.
///
/// Addresses are compared as in record linkage: without the word for a street's kind (`Kerkstraat` and `Kerkstr.`),
/// and with all that follows the house number (`12a` is not `12b`, and the second floor is not the third). Of a second
/// line only a number tells something. Names are compared without particles (`van der`) and suffixes (`Jr`), and of a
/// name with a hyphen the first half counts: Anna Jansen-Smit lives with Bas Jansen, and with Bas Smit she does not.
/// That is where the name of a partner stands in most countries that write one; whoever keeps another name, or puts
/// two without a hyphen, is a household of their own. Nothing is repaired here: a slip in a street or a name makes
/// another household.
pub fn household_key(home: &Home<'_>) -> Option<String> {
    let family = FamilyName::shared(home.family_name)?;
    let numbered = home.street2.filter(|line| line.contains(|char: char| char.is_ascii_digit()));
    let line = [home.street, numbered.unwrap_or_default()].join(" ");
    let (street, house) = street_and_house(&fold_name(&line))?;
    let place = [home.postal_code, home.city].into_iter().flatten().find_map(Plain::read)?;
    let country = fold_name(home.country.unwrap_or_default());
    // None of the parts contains the bar: folding leaves letters and digits.
    Some([&country, place.word.text(), &street, &house, family.word.text()].join("|"))
}

/// The family name in a full name, with its particles: `van der Berg` of `Jan van der Berg` and of
/// `van der Berg, Jan`. `None` where it is one word: that may be either name.
pub fn family_name(full_name: &str) -> Option<&str> {
    let (given, family) = split(full_name);
    (!given.is_empty() && !family.is_empty()).then_some(family)
}

/// The stem of the street and the house number of a folded address line: `kerkstraat 12 a`, `12a main street`,
/// `strandvejen 15 2 tv`. What follows the number belongs to it.
fn street_and_house(line: &str) -> Option<(String, String)> {
    let words: Vec<&str> = line.split(' ').collect();
    let number =
        |words: &[&str]| words.iter().position(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let (street, house) = match number(&words)? {
        0 => {
            let letters = words[1..].iter().take_while(|word| word.chars().nth(1).is_none()).count();
            let (first, rest) = words.split_at(1 + letters);
            let (street, more) = rest.split_at(number(rest).unwrap_or(rest.len()));
            (street, [first, more].concat())
        }
        at => (&words[..at], words[at..].to_vec()),
    };
    let street = Street::read(&street.join(" "))?;
    Some((street.stem.text().to_owned(), joined(&house)))
}

/// Words in one, with a space only where two numbers meet: `12a` of `12 a`, `12 2` of `12-2`.
fn joined(words: &[&str]) -> String {
    let mut text = String::new();
    for word in words {
        let digits = [text.chars().next_back(), word.chars().next()];
        if digits.iter().all(|end| end.is_some_and(|char| char.is_ascii_digit())) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Home<'_> = Home {
        family_name: "Jansen",
        street: "Kerkstraat 12",
        street2: None,
        postal_code: Some("2801 AB"),
        city: Some("Gouda"),
        country: Some("NL"),
    };

    fn named(family_name: &str) -> Option<String> {
        household_key(&Home { family_name, ..HOME })
    }

    fn at(street: &str) -> Option<String> {
        household_key(&Home { street, ..HOME })
    }

    #[test]
    fn one_family_at_one_address_has_one_key_however_it_is_written() {
        let key = household_key(&HOME);
        assert_eq!(key.as_deref(), Some("nl|2801ab|kerkstr|12|jansen"));
        for name in ["JANSEN", "van Jansen", "Jansen Jr.", "Jansen-Smit", "Jansen – de Vries"] {
            assert_eq!(named(name), key, "{name}");
        }
        for street in ["kerkstr. 12", "Kerkstraat  12 ", "12 Kerkstraat", "Kerkstraat, 12"] {
            assert_eq!(at(street), key, "{street}");
        }
        let elsewhere = Home { city: Some("GOUDA (ZH)"), postal_code: Some("2801ab"), ..HOME };
        assert_eq!(household_key(&elsewhere), key, "the postcode says it better than the town");
        let second = Home { street: "Kerkstraat", street2: Some("12"), ..HOME };
        assert_eq!(household_key(&second), key, "the number in a line of its own");
        let attention = Home { street2: Some("the blue door"), ..HOME };
        assert_eq!(household_key(&attention), key);
    }

    #[test]
    fn another_door_name_place_or_country_is_another_household() {
        let town = Home { postal_code: None, ..HOME };
        let abroad = Home { country: Some("BE"), ..HOME };
        let keys = [
            household_key(&HOME),
            at("Kerkstraat 12a"),
            at("Kerkstraat 12-2"),
            at("Kerkstraat 122"),
            at("Kerkstraat 12 bis"),
            at("Kerkplein 12"),
            named("Janssen"),
            named("Smit-Jansen"),
            named("Jansen Smit"),
            household_key(&town),
            household_key(&abroad),
            household_key(&Home { country: None, ..HOME }),
        ];
        assert!(keys.iter().all(Option::is_some));
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
    }

    #[test]
    fn house_numbers_are_read_before_and_behind_the_street_with_all_that_belongs_to_them() {
        for (line, street, house) in [
            ("Kerkstraat 12a", "kerkstr", "12a"),
            ("Kerkstraat 12 A", "kerkstr", "12a"),
            ("12 Main Street", "main", "12"),
            ("12 a Main Street", "main", "12a"),
            ("12 Main Street 3", "main", "12 3"),
            ("Strandvejen 15, 2. tv.", "strandvejen", "15 2tv"),
            ("Nørre Allé 7", "norre", "7"),
            ("Plein 1940-1945 3", "plein", "1940 1945 3"),
        ] {
            let found = street_and_house(&fold_name(line));
            assert_eq!(found, Some((street.to_owned(), house.to_owned())), "{line}");
        }
    }

    #[test]
    fn particles_alone_are_a_name_and_half_a_name_needs_a_core() {
        assert_eq!(named("Al-Hassan"), named("Hassan"));
        assert_eq!(named("van der Berg-de Vries"), named("Berg"));
        assert!(named("van der").is_some());
    }

    #[test]
    fn what_is_missing_makes_no_household() {
        for name in ["", "-", "unknown", "n/a", "12"] {
            assert_eq!(named(name), None, "{name}");
        }
        for street in ["", "Kerkstraat", "12", "--"] {
            assert_eq!(at(street), None, "{street}");
        }
        assert_eq!(household_key(&Home { postal_code: None, city: None, ..HOME }), None);
        assert!(household_key(&Home { postal_code: Some("0000"), ..HOME }).is_some(), "the town is known");
        assert_eq!(household_key(&Home { postal_code: Some("-"), city: None, ..HOME }), None);
    }

    #[test]
    fn the_family_name_is_what_follows_the_given_one() {
        assert_eq!(family_name("Jan van der Berg"), Some("van der Berg"));
        assert_eq!(family_name("van der Berg, Jan"), Some("van der Berg"));
        assert_eq!(family_name("Anna Maria Jansen"), Some("Jansen"));
        assert_eq!(family_name("Anna"), None);
        assert_eq!(family_name(""), None);
    }
}
