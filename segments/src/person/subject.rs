use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Event, Order, Person, Timeline};
use crate::evaluate::{Instant, micros};

/// A person put in order once, for any number of rules.
#[derive(Debug)]
pub struct Subject<'p> {
    pub(crate) person: &'p Person,
    /// By name, each in order of time.
    events: BTreeMap<&'p str, Vec<(Instant, &'p Event)>>,
    /// All of them, in order of time.
    every_event: Vec<(Instant, &'p Event)>,
    /// What counts, in order of time, undated ones first.
    pub(crate) orders: Vec<(Option<Instant>, &'p Order)>,
    /// The same of what came back.
    pub(crate) returns: Vec<(Option<Instant>, &'p Order)>,
}

impl<'p> Subject<'p> {
    /// Puts a person in order.
    pub fn new(person: &'p Person) -> Self {
        let mut every_event: Vec<_> =
            person.events.iter().map(|event| (micros(event.occurred_at), event)).collect();
        if !every_event.is_sorted_by_key(|(at, _)| *at) {
            every_event.sort_by_key(|(at, _)| *at);
        }
        let mut events: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (at, event) in &every_event {
            events.entry(&event.name).or_default().push((*at, *event));
        }
        let mut counting: Vec<_> = (person.orders.iter())
            .filter(|order| order.counts)
            .map(|order| (order.placed_at.map(micros), order))
            .collect();
        counting.sort_by_key(|(at, _)| *at);
        let (returns, orders) = counting.into_iter().partition(|(_, order)| order.is_return);
        Self { person, events, every_event, orders, returns }
    }

    /// The events of a name, or all, in order of time.
    pub(crate) fn events(&self, name: Option<&str>) -> &[(Instant, &'p Event)] {
        match name {
            Some(name) => self.events.get(name).map_or(&[], Vec::as_slice),
            None => &self.every_event,
        }
    }

    /// The earliest instant of which anything is known. `None`: nothing of this person has a date.
    pub fn beginning(&self) -> Option<DateTime<Utc>> {
        fn first<T>(timelines: &BTreeMap<String, Timeline<T>>) -> impl Iterator<Item = DateTime<Utc>> {
            timelines.values().filter_map(|timeline| timeline.entries().iter().find_map(|(from, _)| *from))
        }
        let person = self.person;
        (person.since.into_iter())
            .chain(self.every_event.first().map(|(_, event)| event.occurred_at))
            .chain(self.orders.iter().find_map(|(_, order)| order.placed_at))
            .chain(self.returns.iter().find_map(|(_, order)| order.placed_at))
            .chain(first(&person.traits))
            .chain(first(&person.consents))
            .chain(first(&person.predictions))
            .chain(first(&person.segments))
            .chain(first(&person.lists))
            .min()
    }
}
