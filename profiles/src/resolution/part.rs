//! What is so once a part was said of a person. Pure.

use connectors::canonical::{IdentifierKind, Person, traits};
use serde_json::Value;

/// Everything that is so: what was before, with what is said now. All that is said where that is everything.
pub(crate) fn added(before: &Person, said: &Person) -> Person {
    if said.extent.is_whole() {
        return said.clone();
    }
    let mut now = Person { extent: said.extent, ..before.clone() };
    for (key, value) in &said.traits {
        if *value == Value::Null {
            now.traits.remove(key);
        } else {
            now.traits.insert(key.clone(), value.clone());
        }
    }
    // One has an address and a number, and by and by several names to log in with.
    for (kind, key) in [(IdentifierKind::Email, traits::EMAIL), (IdentifierKind::Phone, traits::PHONE)] {
        if said.traits.contains_key(key) || said.identifiers.iter().any(|identifier| identifier.kind == kind)
        {
            now.identifiers.retain(|identifier| identifier.kind != kind);
        }
    }
    for identifier in &said.identifiers {
        if !now.identifiers.contains(identifier) {
            now.identifiers.push(identifier.clone());
        }
    }
    for company in &said.companies {
        if !now.companies.contains(company) {
            now.companies.push(company.clone());
        }
    }
    // Who was there first has been there all along.
    now.login = before.login.clone().or_else(|| said.login.clone());
    now
}

#[cfg(test)]
mod tests {
    use connectors::canonical::Extent;
    use serde_json::json;

    use super::*;

    fn part(traits: &Value, email: Option<&str>) -> Person {
        let traits = serde_json::from_value(traits.clone()).unwrap();
        let mut person = Person { extent: Extent::Part, traits, ..Person::default() };
        person.identify(IdentifierKind::Email, email);
        person
    }

    #[test]
    fn what_is_not_named_stays_and_null_takes_away() {
        let first = part(&json!({"email": "a@example.org", "plan": "pro", "age": 36}), Some("a@example.org"));
        let now = added(&first, &part(&json!({"plan": "basic", "age": null}), None));
        assert_eq!(json!(now.traits), json!({"email": "a@example.org", "plan": "basic"}));
        assert_eq!(now.identifiers, first.identifiers);
        let none = added(&now, &part(&json!({"email": null}), None));
        assert_eq!((json!(none.traits), none.identifiers), (json!({"plan": "basic"}), vec![]));
    }

    #[test]
    fn an_address_takes_the_place_of_another_and_a_name_to_log_in_with_does_not() {
        let mut first = part(&json!({}), Some("a@example.org"));
        first.identify(IdentifierKind::UserId, Some("1"));
        let mut second = part(&json!({}), Some("b@example.org"));
        second.identify(IdentifierKind::UserId, Some("2"));
        let now = added(&first, &second);
        let values: Vec<&str> = now.identifiers.iter().map(|one| one.value.as_str()).collect();
        assert_eq!(values, ["1", "b@example.org", "2"]);
    }

    #[test]
    fn the_first_who_logged_in_stays_and_everything_replaces_everything() {
        let login =
            |user: &str| Person { extent: Extent::Part, login: Some(user.to_owned()), ..Person::default() };
        let now = added(&login("user:1"), &login("user:2"));
        assert_eq!(now.login.as_deref(), Some("user:1"));
        assert_eq!(added(&now, &Person::default()), Person::default());
    }
}
