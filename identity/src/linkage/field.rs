//! What a column means.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::Texts;

/// What is compared. The name in a mapping is the one in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Given names.
    GivenName,
    /// The family name, with or without particles.
    FamilyName,
    /// Given and family name in one cell, in this order or with a comma between family and given name.
    FullName,
    /// An e-mail address. Several columns may hold one.
    Email,
    /// A phone number, written in any way. Several columns may hold one.
    Phone,
    /// The date of birth: year, month and day, or day (or month), month (or day) and year.
    BirthDate,
    /// The house number.
    HouseNumber,
    /// The street, with or without the house number.
    Street,
    /// The town or suburb.
    City,
    /// The postcode.
    Postcode,
    /// A number that an authority gave to the person: social security, tax, passport.
    PersonalNumber,
    /// The employer.
    Company,
}

impl Field {
    /// All fields, in their order.
    pub const ALL: [Self; 12] = [
        Self::GivenName,
        Self::FamilyName,
        Self::FullName,
        Self::Email,
        Self::Phone,
        Self::BirthDate,
        Self::HouseNumber,
        Self::Street,
        Self::City,
        Self::Postcode,
        Self::PersonalNumber,
        Self::Company,
    ];

    /// The name in a mapping.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::FullName => "full_name",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::BirthDate => "birth_date",
            Self::HouseNumber => "house_number",
            Self::Street => "street",
            Self::City => "city",
            Self::Postcode => "postcode",
            Self::PersonalNumber => "personal_number",
            Self::Company => "company",
        }
    }

    /// Whether several columns may hold it; of other fields the first column with a value counts.
    pub const fn is_many(self) -> bool {
        matches!(self, Self::Email | Self::Phone)
    }

    /// What a column seems to hold: by its heading, else, for addresses with an @, by its content.
    pub(super) fn recognise(heading: &str, cells: &Texts) -> Option<Self> {
        let plain = plain(heading);
        let named = |name: &str| {
            let line =
                HEADINGS.lines().position(|line| line.split(' ').skip(1).any(|known| known == name))?;
            Self::ALL.get(line).copied()
        };
        named(&plain)
            .or_else(|| named(without_owner(&plain)))
            .or_else(|| holds_emails(cells).then_some(Self::Email))
    }
}

/// The headings under which each field usually stands, folded and without spaces: a line per field, in the order of
/// [`Field::ALL`], its name first.
const HEADINGS: &str = include_str!("headings.txt");

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A heading as it is compared: `Date of Birth`, `date_of_birth` and `dateOfBirth` are one.
fn plain(heading: &str) -> String {
    crate::fold_name(heading).split(' ').collect()
}

/// `billingCity` and `customer_email` are about the same as `city` and `email`.
fn without_owner(heading: &str) -> &str {
    const OWNERS: [&str; 9] =
        ["billing", "customer", "contact", "client", "person", "primary", "main", "home", "user"];
    OWNERS.iter().find_map(|owner| heading.strip_prefix(owner)).unwrap_or(heading)
}

/// How many cells are looked at.
const LOOK: usize = 1000;

fn holds_emails(cells: &Texts) -> bool {
    let filled: Vec<&str> = cells.iter().filter(|cell| !cell.is_empty()).take(LOOK).collect();
    let emails =
        filled.iter().filter(|cell| cell.len() < 255 && cell.contains('@') && cell.contains('.')).count();
    !filled.is_empty() && emails * 10 >= filled.len() * 9
}

#[cfg(test)]
mod tests {
    use super::{Field, HEADINGS, Texts};

    fn column(cells: &[&str]) -> Texts {
        let mut column = Texts::default();
        assert!(cells.iter().all(|cell| column.push(cell)));
        column
    }

    #[test]
    fn headings_are_understood_however_they_are_written() {
        for (heading, field) in [
            ("first_name", Field::GivenName),
            ("Surname", Field::FamilyName),
            ("Geboortedatum", Field::BirthDate),
            ("Fødselsdato", Field::BirthDate),
            ("billing_postcode", Field::Postcode),
            ("customerEmail", Field::Email),
            ("soc_sec_id", Field::PersonalNumber),
            ("Straße", Field::Street),
        ] {
            assert_eq!(Field::recognise(heading, &Texts::default()), Some(field), "{heading}");
        }
        for heading in ["updated_at", "source", "id", "", "state"] {
            assert_eq!(Field::recognise(heading, &Texts::default()), None, "{heading}");
        }
    }

    #[test]
    fn a_column_of_addresses_needs_no_heading() {
        let addresses = column(&["a@b.nl", "", "c@d.dk"]);
        assert_eq!(Field::recognise("x7", &addresses), Some(Field::Email));
        assert_eq!(Field::recognise("x7", &column(&["a@b.nl", "none", "no"])), None);
    }

    #[test]
    fn every_field_has_its_line_of_headings() {
        assert_eq!(HEADINGS.lines().count(), Field::ALL.len());
        for (line, field) in HEADINGS.lines().zip(Field::ALL) {
            assert_eq!(line.split(' ').next(), Some(field.as_str()));
        }
    }

    #[test]
    fn the_name_in_a_mapping_is_the_one_in_code() {
        for field in Field::ALL {
            assert_eq!(serde_json::to_string(&field).unwrap(), format!("\"{field}\""));
        }
    }
}
