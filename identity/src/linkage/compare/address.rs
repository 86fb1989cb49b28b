use super::super::class::Class;
use super::super::table::{Reading, Row};
use super::super::values::{MISSING as NONE, Value, Values};
use super::{Comparison, word::Word};
use crate::fold_name;

/// A street without the word for its kind, which people write, shorten and leave out.
#[derive(Debug, Clone)]
pub(in crate::linkage) struct Street {
    pub(in crate::linkage) stem: Word,
}

const KINDS: [&str; 39] = [
    "alle",
    "allee",
    "av",
    "ave",
    "avenue",
    "blvd",
    "boulevard",
    "cct",
    "circuit",
    "cl",
    "close",
    "court",
    "cres",
    "crescent",
    "ct",
    "dr",
    "drive",
    "gade",
    "laan",
    "lane",
    "ln",
    "pl",
    "place",
    "plads",
    "plein",
    "rd",
    "road",
    "sq",
    "square",
    "st",
    "str",
    "straat",
    "strasse",
    "street",
    "tce",
    "terrace",
    "vej",
    "way",
    "weg",
];
/// Endings of one word, long and short.
const ENDINGS: [(&str, &str); 3] = [("strasse", "str"), ("straat", "str"), ("laan", "ln")];

impl Value for Street {
    fn read(raw: &str) -> Option<Self> {
        let folded = fold_name(raw);
        let words: Vec<&str> = folded.split(' ').collect();
        let mut stem: String = words.iter().filter(|word| !KINDS.contains(word)).copied().collect();
        if stem.is_empty() {
            stem = words.concat();
        }
        if let Some((long, short)) = ENDINGS.iter().find(|(long, _)| stem.ends_with(long)) {
            stem.truncate(stem.len() - long.len());
            stem.push_str(short);
        }
        (!stem.is_empty()).then(|| Self { stem: Word::new(&stem) })
    }

    fn key(&self) -> &str {
        self.stem.text()
    }
}

/// A town, a postcode, a house number: letters and digits, without leading zeros.
#[derive(Debug, Clone)]
pub(in crate::linkage) struct Plain {
    pub(in crate::linkage) word: Word,
}

impl Value for Plain {
    fn read(raw: &str) -> Option<Self> {
        let text: String = fold_name(raw).split(' ').collect();
        let text = text.trim_start_matches('0');
        (!text.is_empty()).then(|| Self { word: Word::new(text) })
    }

    fn key(&self) -> &str {
        self.word.text()
    }
}

/// Postal addresses, all their parts together.
pub(super) struct Addresses;

const MISSING: usize = 0;
const SAME: usize = 1;
const NEARLY: usize = 2;
const ELSEWHERE: usize = 3;
const STREET: usize = 4;
const POSTCODE: usize = 5;
const TOWN: usize = 6;
const OTHER: usize = 7;

/// The Jaro–Winkler similarity from which on two streets are alike.
const LIKE: f64 = 0.85;

impl Comparison for Addresses {
    fn name(&self) -> &'static str {
        "address"
    }

    fn levels(&self) -> usize {
        OTHER + 1
    }

    fn describe(&self, level: usize) -> String {
        match level {
            MISSING => "no address to compare",
            SAME => "same address",
            NEARLY => "same address but for a slip",
            ELSEWHERE => "same house and street in another place",
            STREET => "same street",
            POSTCODE => "same postcode",
            TOWN => "same town",
            _ => "different address",
        }
        .to_owned()
    }

    fn compare(&self, reading: &Reading<'_>, a: &Row, b: &Row) -> usize {
        let table = reading.table;
        let known = |a: u32, b: u32| a != NONE && b != NONE;
        let equal = |a: u32, b: u32| a != NONE && a == b;
        let near = |values: &Values<Plain>, a: u32, b: u32| {
            known(a, b) && values.get(a).word.is_within(&values.get(b).word, 1)
        };
        if !known(a.street, b.street) && !known(a.postcode, b.postcode) && !known(a.city, b.city) {
            return MISSING;
        }
        let (house, street) = (equal(a.house, b.house), equal(a.street, b.street));
        let (postcode, city) = (equal(a.postcode, b.postcode), equal(a.city, b.city));
        let around = postcode || city;
        let nearly_around =
            || near(&table.postcode, a.postcode, b.postcode) || near(&table.city, a.city, b.city);
        if house && street && around {
            return SAME;
        }
        let alike = || {
            street
                || known(a.street, b.street)
                    && table.street.get(a.street).stem.is_like(&table.street.get(b.street).stem, LIKE)
        };
        let same_house = house || around && near(&table.house, a.house, b.house);
        if house && postcode && city {
            NEARLY
        } else if same_house && alike() {
            if around || nearly_around() { NEARLY } else { ELSEWHERE }
        } else if street && around {
            STREET
        } else if postcode {
            POSTCODE
        } else if city {
            TOWN
        } else {
            OTHER
        }
    }

    fn start(&self, class: Class, _: &[f64]) -> Vec<f64> {
        //    missing same nearly elsewhere street postcode town other
        class.expect(
            [1., 0.70, 0.10, 0.01, 0.01, 0.02, 0.02, 0.14],
            [1., 0.74, 0.12, 0.01, 0.01, 0.02, 0.02, 0.08],
            [1., 0.0005, 0.0005, 0.0005, 0.001, 0.003, 0.045, 0.95],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Plain, Street, Value};

    #[test]
    fn kinds_of_streets_do_not_matter() {
        for (a, b) in [
            ("Wistamer Boulevard", "wistamer blvd."),
            ("Kerkstraat", "Kerkstr."),
            ("Nørre Allé", "Norre Alle"),
            ("Hauptstraße", "Hauptstr."),
        ] {
            assert_eq!(Street::read(a).unwrap().key(), Street::read(b).unwrap().key(), "{a}, {b}");
        }
        assert_eq!(Street::read("The Avenue").unwrap().key(), "the");
        assert_eq!(Street::read("Avenue").unwrap().key(), "avenue");
        assert!(Street::read("--").is_none());
    }

    #[test]
    fn postcodes_and_houses_are_letters_and_digits() {
        assert_eq!(Plain::read("1012 ab").unwrap().key(), Plain::read("1012AB").unwrap().key());
        assert_eq!(Plain::read("0042").unwrap().key(), "42");
        assert!(Plain::read("-").is_none());
    }
}
