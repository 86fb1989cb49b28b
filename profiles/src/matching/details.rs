//! What is compared of a person. Pure.

use std::collections::BTreeSet;

use connectors::canonical::{Person, traits};
use identity::{
    IdentifierKind,
    linkage::{Details, Field},
};
use serde_json::Value as Json;

use crate::resolution::person::Value;

/// The most characters of a value that are compared.
const LENGTH: usize = 200;

/// What is compared of a person who carries these values.
pub(crate) fn details(person: &Person, values: &BTreeSet<Value>) -> Details {
    let mut details = Details::default();
    let mut add = |field, value: &Json| {
        let text = match value {
            Json::String(text) => text.chars().take(LENGTH).collect(),
            Json::Number(number) => number.to_string(),
            _ => return,
        };
        details.add(field, &text);
    };
    let names = [(traits::FIRST_NAME, Field::GivenName), (traits::LAST_NAME, Field::FamilyName)];
    let named: Vec<_> =
        names.into_iter().filter_map(|(key, field)| Some((field, person.traits.get(key)?))).collect();
    if named.is_empty() {
        person.traits.get(traits::FULL_NAME).into_iter().for_each(|name| add(Field::FullName, name));
    }
    for (field, name) in named {
        add(field, name);
    }
    for (key, field) in [(traits::BIRTH_DATE, Field::BirthDate), (traits::COMPANY_NAME, Field::Company)] {
        person.traits.get(key).into_iter().for_each(|value| add(field, value));
    }
    if let Some(address) = person.traits.get(traits::ADDRESS) {
        for (key, field) in
            [("street", Field::Street), ("postal_code", Field::Postcode), ("city", Field::City)]
        {
            address.get(key).into_iter().for_each(|part| add(field, part));
        }
    }
    for (kind, value) in values {
        match kind {
            IdentifierKind::Email => details.add(Field::Email, value),
            IdentifierKind::Phone => details.add(Field::Phone, value),
            _ => {}
        }
    }
    details
}

/// The identifier that a value of a field is, if it is one.
pub(crate) fn identifier(field: Field, value: &str) -> Option<Value> {
    match field {
        Field::Email => Some((IdentifierKind::Email, value.to_owned())),
        Field::Phone => Some((IdentifierKind::Phone, value.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use connectors::canonical::address;

    use super::*;

    #[test]
    fn what_is_compared_is_taken_from_traits_and_identifiers() {
        let mut person = Person::default();
        person.set(traits::FIRST_NAME, Some("Ann"));
        person.set(traits::FULL_NAME, Some("Ann Smit"));
        let home = [("street", Some("Kade 1")), ("city", Some("Delft")), ("country", Some("NL"))];
        person.set_value(traits::ADDRESS, address(home));
        let values = BTreeSet::from([
            (IdentifierKind::Email, "a@example.org".to_owned()),
            (IdentifierKind::UserId, "7".to_owned()),
        ]);
        let found = details(&person, &values);
        let expected = [
            (Field::GivenName, "Ann"),
            (Field::Street, "Kade 1"),
            (Field::City, "Delft"),
            (Field::Email, "a@example.org"),
        ];
        assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_whole_name_counts_where_there_are_no_parts_and_no_value_is_too_long() {
        let mut person = Person::default();
        person.set(traits::FULL_NAME, Some(&"é".repeat(1 << 20)));
        let found = details(&person, &BTreeSet::new());
        assert_eq!(found.iter().collect::<Vec<_>>(), [(Field::FullName, "é".repeat(200).as_str())]);
    }
}
