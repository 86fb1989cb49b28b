//! How right the links are: what was put together against what the simulators know.
//!
//! Over the source identities that both sides know, each unordered pair is either in one profile or not, and either one
//! person's or not. *Precision* is the part of the pairs in one profile that are one person's; *recall* is the part of
//! the pairs of one person that are in one profile. A pair is right when it is both.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use profiles::{
    Profiles,
    consent::Reader,
    view::{
        list::{Filter, Page, SortKey},
        read::Profile,
    },
};
use simulators::{Fleet, Source};
use uuid::Uuid;

use super::vendors;

/// Profiles read at a time.
const PAGE: u64 = 500;

/// Everybody who was found.
pub(super) struct People {
    pub(super) profiles: Vec<Person>,
    /// How many source identities each true person has in each profile.
    together: BTreeMap<(Uuid, usize), u64>,
    /// Source identities that only one side knows.
    pub(super) unknown: u64,
}

/// One profile, and who knows it.
pub(super) struct Person {
    pub(super) profile: Profile,
    pub(super) sources: Vec<Uuid>,
    pub(super) members: usize,
    /// Whether all its members are one person's.
    pub(super) right: bool,
}

/// Counts of pairs of source identities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    /// In one profile and one person's.
    pub(super) right: u64,
    /// In one profile.
    pub(super) linked: u64,
    /// One person's.
    pub(super) of_one_person: u64,
}

impl People {
    pub(super) fn pairs(&self) -> Pairs {
        pairs(&self.together)
    }
}

/// Reads every profile with its members.
pub(super) async fn look(profiles: &Profiles, fleet: &Fleet) -> anyhow::Result<People> {
    let reader = Reader::operator("demo");
    let sources = profiles.sources().await?;
    let vendor_of: HashMap<Uuid, Source> =
        sources.iter().filter_map(|(id, source)| Some((*id, vendor(&source.key)?))).collect();
    let everybody = Filter { include_inactive: true, ..Filter::default() };
    let mut people = People { profiles: Vec::new(), together: BTreeMap::new(), unknown: 0 };
    let (mut seen, mut after) = (0, None);
    loop {
        let page = Page {
            sort: SortKey::Name,
            descending: false,
            limit: PAGE,
            after,
            before: None,
            from_end: false,
        };
        let (found, more) = profiles.list(&reader, &everybody, &page).await?;
        after = found.last().map(|(place, _)| place.clone());
        let admitted = found.iter().filter_map(|(_, profile)| reader.operates(profile.id));
        let mut members = profiles.members(&admitted.collect::<Vec<_>>()).await?;
        for (_, profile) in found {
            let members = reader.operates(profile.id).and_then(|admitted| members.remove(&admitted));
            let members = members.unwrap_or_default();
            let mut persons = BTreeSet::new();
            for member in &members {
                let vendor = vendor_of.get(&member.source_id);
                let truth = vendor.and_then(|vendor| fleet.truth.person(*vendor, &member.external_id));
                match truth {
                    Some(person) => {
                        seen += 1;
                        persons.insert(person);
                        *people.together.entry((profile.id, person)).or_default() += 1;
                    }
                    None => people.unknown += 1,
                }
            }
            let mut sources: Vec<Uuid> = members.iter().map(|member| member.source_id).collect();
            sources.sort_unstable();
            sources.dedup();
            let (members, right) = (members.len(), persons.len() == 1);
            people.profiles.push(Person { profile, sources, members, right });
        }
        if !more {
            people.unknown += u64::try_from(fleet.truth.len())?.saturating_sub(seen);
            return Ok(people);
        }
    }
}

fn vendor(key: &str) -> Option<Source> {
    match key {
        vendors::HUBSPOT => Some(Source::HubSpot),
        vendors::WOOCOMMERCE => Some(Source::WooCommerce),
        vendors::MAILCHIMP => Some(Source::Mailchimp),
        _ => None,
    }
}

fn pairs<P: Copy + Ord>(together: &BTreeMap<(P, usize), u64>) -> Pairs {
    let (mut by_profile, mut by_person) = (BTreeMap::<P, u64>::new(), BTreeMap::<usize, u64>::new());
    for ((profile, person), count) in together {
        *by_profile.entry(*profile).or_default() += count;
        *by_person.entry(*person).or_default() += count;
    }
    let sum = |counts: &mut dyn Iterator<Item = u64>| counts.map(|n| n * n.saturating_sub(1) / 2).sum();
    Pairs {
        right: sum(&mut together.values().copied()),
        linked: sum(&mut by_profile.into_values()),
        of_one_person: sum(&mut by_person.into_values()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_on_both_sides() {
        // Profile A holds three identities of person 1 and one of person 2; profile B holds one of person 1.
        let together = BTreeMap::from([(("a", 1), 3), (("a", 2), 1), (("b", 1), 1)]);
        assert_eq!(pairs(&together), Pairs { right: 3, linked: 6, of_one_person: 6 });
        assert_eq!(pairs::<u8>(&BTreeMap::new()), Pairs::default());
    }
}
