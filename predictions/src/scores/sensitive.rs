//! Traits that no score may use unless a person decides so.
//!
//! The grounds are those of the EU Charter of Fundamental Rights, article 21, of the GDPR, article 9, and, for marital and
//! family status, of the US Equal Credit Opportunity and Fair Housing Acts. They are recognised by the words in a column's
//! name, so a name that says nothing is not recognised, and a harmless name may be: both are put right by name in
//! [`Options`](super::Options), and a model says what it left out. **This does not remove proxies**: a post code can stand
//! for an origin. Compare the scores of groups before they are used.

/// Each ground with the words that name it. Two words must stand side by side.
const GROUNDS: [(&str, &[&str]); 9] = [
    (
        "sex or gender",
        &["sex", "gender", "pronouns", "salutation", "male", "female", "pregnant", "pregnancy"],
    ),
    (
        "age",
        &["age", "senior", "elderly", "birth", "birthday", "birthdate", "dob", "seniorcitizen", "birth year"],
    ),
    (
        "origin",
        &[
            "race",
            "racial",
            "ethnic",
            "ethnicity",
            "origin",
            "nationality",
            "citizenship",
            "birthplace",
            "caste",
            "skin",
            "mother tongue",
        ],
    ),
    ("belief", &["religion", "religious", "belief", "faith", "denomination", "church"]),
    ("political opinion or union", &["political", "politics", "trade union", "union member", "party member"]),
    (
        "health or disability",
        &["health", "medical", "disability", "disabled", "illness", "diagnosis", "handicap"],
    ),
    ("sexual orientation", &["orientation", "sexuality", "sexual"]),
    ("genetic or biometric data", &["genetic", "biometric", "dna"]),
    (
        "marital or family status",
        &[
            "marital",
            "married",
            "spouse",
            "partner",
            "dependents",
            "dependants",
            "children",
            "civil status",
            "family",
        ],
    ),
];

/// The protected ground that a column's name speaks of.
pub fn protected_ground(name: &str) -> Option<&'static str> {
    let words = words(name);
    let says = |phrase: &str| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        words.windows(phrase.len()).any(|part| part == phrase.as_slice())
    };
    GROUNDS.iter().find(|(_, phrases)| phrases.iter().any(|phrase| says(phrase))).map(|(ground, _)| *ground)
}

/// `dateOfBirth`, `date_of_birth` and `Date of Birth` are the same three words.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_alphanumeric() {
            let begins = !before.is_alphanumeric() || (letter.is_uppercase() && !before.is_uppercase());
            if begins {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(letter.to_lowercase());
            }
        }
        before = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::protected_ground;

    #[test]
    fn protected_traits_are_found_by_whole_words() {
        for name in [
            "gender",
            "SeniorCitizen",
            "date_of_birth",
            "Age",
            "customerAge",
            "Marital Status",
            "trade_union",
        ] {
            assert!(protected_ground(name).is_some(), "{name}");
        }
        for name in
            ["page_views", "average_order", "tenure", "Contract", "tradeIn", "usage", "sessions", "embrace"]
        {
            assert_eq!(protected_ground(name), None, "{name}");
        }
    }
}
