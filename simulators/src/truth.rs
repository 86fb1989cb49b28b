//! Who is who: what an identity resolution is measured against.

use std::collections::BTreeMap;

/// The vendor whose key a source identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A HubSpot contact, by its id.
    HubSpot,
    /// A shop customer by id, or a guest as `guest:` and the trimmed lower-case e-mail address.
    WooCommerce,
    /// An audience member, as `<list id>:<member id>`.
    Mailchimp,
}

/// Which source identities are the same human being.
///
/// Every identity that the servers show has an entry. An identity behind which several people stand (guest
/// orders under `test@test.com` or a company's `info@` address) is nobody in particular: it has a number of its
/// own, from [`Truth::people`] upwards, that no other identity shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    people: usize,
    /// How many identities turned out to be nobody in particular.
    nobodies: usize,
    identities: BTreeMap<(Source, String), usize>,
}

impl Truth {
    pub(crate) fn new(people: usize) -> Self {
        Self { people, ..Self::default() }
    }

    /// The size of the population; real people are numbered `0..people`.
    pub fn people(&self) -> usize {
        self.people
    }

    /// Whose identity this is.
    pub fn person(&self, source: Source, external_id: &str) -> Option<usize> {
        self.identities.get(&(source, external_id.to_owned())).copied()
    }

    /// All identities with their people, ordered by source and external id.
    pub fn identities(&self) -> impl Iterator<Item = (Source, &str, usize)> {
        self.identities.iter().map(|((source, id), person)| (*source, id.as_str(), *person))
    }

    /// How many identities there are.
    pub fn len(&self) -> usize {
        self.identities.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty()
    }

    /// Says whose identity this is. A second, different person turns it into nobody in particular.
    pub(crate) fn record(&mut self, source: Source, external_id: String, person: usize) {
        let known = self.identities.entry((source, external_id)).or_insert(person);
        if *known != person && *known < self.people {
            *known = self.people + self.nobodies;
            self.nobodies += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_of_two_people_is_nobody_in_particular() {
        let mut truth = Truth::new(10);
        for person in [1, 1, 2, 2, 3] {
            truth.record(Source::WooCommerce, "guest:test@test.com".to_owned(), person);
        }
        for person in [4, 4] {
            truth.record(Source::WooCommerce, "guest:a@b.example".to_owned(), person);
        }
        assert!(truth.person(Source::WooCommerce, "guest:test@test.com") >= Some(10));
        assert_eq!(truth.person(Source::WooCommerce, "guest:a@b.example"), Some(4));
    }
}
