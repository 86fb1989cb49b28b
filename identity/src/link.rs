use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::{IdentifierKind, Identify, Rules};

/// Two source identities carry the same identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The source identity with the smaller id.
    pub a: Uuid,
    /// The other one.
    pub b: Uuid,
    /// The kind of identifier, which is also the name of the rule.
    pub kind: IdentifierKind,
    /// The shared value in normal form.
    pub value: String,
    /// How much it says, in thousandths.
    pub weight: i64,
}

/// Links every two carriers of a value, as long as no more source identities carry it than its rule allows.
///
/// Each carrier is (kind, value in normal form, source identities); a value or an identity that is named twice counts
/// once. The links are sorted, whatever the order of the carriers, and there are at most cap · (cap − 1) / 2 a value.
pub fn links(carriers: &[(IdentifierKind, String, Vec<Uuid>)], rules: &Rules) -> Vec<Link> {
    let mut values: BTreeMap<(IdentifierKind, &str), BTreeSet<Uuid>> = BTreeMap::new();
    for (kind, value, identities) in carriers {
        values.entry((*kind, value)).or_default().extend(identities);
    }
    let mut links = Vec::new();
    for ((kind, value), identities) in values {
        if kind == IdentifierKind::Login
            || identities.len() > rules.identifier(kind).cap
            || !rules.links_by(kind)
        {
            continue;
        }
        let weight = rules.weight(kind);
        for &a in &identities {
            for &b in identities.range(a..).skip(1) {
                links.push(Link { a, b, kind, value: value.to_owned(), weight });
            }
        }
    }
    links.sort_unstable();
    links
}

/// Who is whom by a login: the one that a value names and each of the others that carry it.
pub fn logins(carriers: &[(IdentifierKind, String, Vec<Uuid>)], rules: &Rules) -> Vec<Identify> {
    let login = IdentifierKind::Login;
    let carriers = carriers.iter().filter(|(kind, _, _)| *kind == login && rules.links_by(login));
    carriers
        .filter_map(|(_, value, carriers)| Some((Uuid::parse_str(value).ok()?, carriers)))
        .filter(|(named, carriers)| carriers.contains(named))
        .flat_map(|(named, carriers)| {
            let others = carriers.iter().filter(move |id| **id != named);
            others.map(move |id| Identify { a: named.min(*id), b: named.max(*id) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::links;
    use crate::{IdentifierKind, IdentifierRule, Rules};

    fn ids(numbers: impl IntoIterator<Item = u128>) -> Vec<Uuid> {
        numbers.into_iter().map(Uuid::from_u128).collect()
    }

    #[test]
    fn every_two_carriers_of_a_value_are_linked_once() {
        let carriers = [
            (IdentifierKind::Email, "a@b.nl".to_owned(), ids([3, 1, 2, 1])),
            (IdentifierKind::Phone, "+31201234560".to_owned(), ids([2, 1])),
            (IdentifierKind::Email, "alone@b.nl".to_owned(), ids([9])),
        ];
        let found = links(&carriers, &Rules::default());
        let pairs: Vec<_> =
            found.iter().map(|link| (link.a.as_u128(), link.b.as_u128(), link.kind)).collect();
        let email = IdentifierKind::Email;
        assert_eq!(pairs, [(1, 2, email), (1, 2, IdentifierKind::Phone), (1, 3, email), (2, 3, email)]);
        assert!(found.iter().all(|link| link.weight == 1000));
    }

    #[test]
    fn a_value_above_its_cap_links_nobody() {
        let shared = |count| [(IdentifierKind::Email, "info@b.nl".to_owned(), ids(1..=count))];
        assert_eq!(links(&shared(20), &Rules::default()).len(), 190);
        assert_eq!(links(&shared(21), &Rules::default()).len(), 0);
    }

    #[test]
    fn a_shared_device_links_only_when_the_rules_say_so() {
        let carriers = [(IdentifierKind::Device, "tablet".to_owned(), ids([1, 2]))];
        let mut rules = Rules::default();
        assert!(links(&carriers, &rules).is_empty());
        rules
            .identifiers
            .insert(IdentifierKind::Device, IdentifierRule { weight: 10, ..IdentifierRule::default() });
        assert_eq!(links(&carriers, &rules)[0].weight, 10);
    }

    proptest! {
        #[test]
        fn the_order_of_carriers_changes_nothing(
            carriers in prop::collection::vec((0..3_usize, "[ab]", prop::collection::vec(0..9_u128, 0..5)), 0..9)
        ) {
            let mut carriers: Vec<_> = carriers
                .into_iter()
                .map(|(kind, value, numbers)| (IdentifierKind::ALL[kind], value, ids(numbers)))
                .collect();
            let forward = links(&carriers, &Rules::default());
            carriers.reverse();
            prop_assert_eq!(forward, links(&carriers, &Rules::default()));
        }
    }
}
