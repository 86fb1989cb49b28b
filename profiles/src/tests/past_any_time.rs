//! As of now is the read model, and as of any instant is the read model of a database to which only the facts of by
//! then were ever delivered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use connectors::{
    Page,
    canonical::{Body, RecordKind},
};
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    fresh::in_fresh,
    support::{admitted, at, reader},
    worlds::{
        Correct, Recognised, Step, correct, deliver_decision, drain, facts, happen, people, rules, send,
        steps,
    },
};
use crate::{
    Profiles,
    view::{
        read::{Profile, ProfileRef},
        timeline::Stretch,
    },
};

/// Everything that is asked of a profile today and can be asked of one of the past, in one text.
async fn today(profiles: &Profiles, id: Uuid) -> Option<String> {
    let whole = Stretch { first: 1_000, after: None, until: None };
    let profile = profiles.profile(&reader(), &ProfileRef::Id(id)).await.unwrap()?;
    let ids = [admitted(profile.id)];
    let members = profiles.members(&ids).await.unwrap().remove(&admitted(profile.id)).unwrap();
    let links = profiles.links(&ids, 1_000).await.unwrap().remove(&admitted(profile.id));
    let orders = profiles.orders(&ids, &whole).await.unwrap().remove(&admitted(profile.id));
    let timeline = profiles.timeline(&ids, &whole).await.unwrap().remove(&admitted(profile.id));
    let deals = profiles.deals(&ids).await.unwrap().remove(&admitted(profile.id));
    let lists = (links.unwrap_or_default(), orders.unwrap_or_default(), timeline.unwrap_or_default());
    Some(shown(&profile, &members, &lists, &deals.unwrap_or_default()))
}

async fn then(profiles: &Profiles, by: &ProfileRef, instant: DateTime<Utc>) -> Option<String> {
    let whole = Stretch { first: 1_000, after: None, until: Some(instant) };
    let profile = profiles.profile_as_of(&reader(), by, instant).await.unwrap()?;
    let past = profile.past.clone().unwrap();
    let orders = profiles.orders_of(&past, &whole).await.unwrap();
    let timeline = profiles.timeline_of(&past, &whole).await.unwrap();
    let deals = profiles.deals_of(&past, instant).await.unwrap();
    Some(shown(&profile, &past.members, &(past.links.clone(), orders, timeline), &deals))
}

fn shown(
    profile: &Profile,
    members: &[crate::view::rows::SourceIdentity],
    lists: &impl std::fmt::Debug,
    deals: &impl std::fmt::Debug,
) -> String {
    // The one field that says who they are part of today, and the stamps of the read model, are of the present.
    let members: Vec<_> =
        members.iter().map(|row| (row.id, row.created_at, row.updated_at, row.deleted, row.known)).collect();
    let Profile { id, display_name, created_at, first_seen, last_seen, active, limited, .. } = profile;
    let dates = (created_at, first_seen, last_seen);
    format!(
        "{id} {display_name:?} {dates:?} {active} {limited} {:?} {:?} {:?} {members:?} {lists:?} {deals:?}",
        profile.traits, profile.identifiers, profile.totals
    )
}

#[tokio::test]
async fn as_of_now_is_the_read_model() {
    in_fresh((steps(30..60), Recognised::any()), 5, 18, async |[profiles], (steps, recognised)| {
        rules(profiles, *recognised, 3).await;
        happen(profiles, steps).await;
        let ids: BTreeSet<Uuid> = people(profiles).await.into_iter().map(|row| row.profile_id).collect();
        for id in &ids {
            let now = then(profiles, &ProfileRef::Id(*id), profiles.now()).await;
            assert_eq!(now, today(profiles, *id).await);
        }
        for email in ["a", "b", "c", "d", "e"] {
            let address = format!("{email}@example.org");
            let by = ProfileRef::Identifier(identity::IdentifierKind::Email, address);
            let found = profiles.profile(&reader(), &by).await.unwrap().map(|found| found.id);
            let then = profiles.profile_as_of(&reader(), &by, profiles.now()).await.unwrap();
            assert_eq!(then.map(|found| found.id), found);
        }
        ids.len() > 1
    })
    .await;
}

/// A world from which the facts of an instant can be cut out: a record states the same creation time in all its
/// versions, the first of which is as old, and an order or event never changes.
fn even(steps: &[Step]) -> Vec<Step> {
    let mut orders = 0;
    let mut known = BTreeSet::new();
    let mut steps = steps.to_vec();
    for step in &mut steps {
        let Step::Deliver(source, page) = step else { continue };
        for record in &mut page.records {
            if record.body.kind() == RecordKind::Person {
                // What a site says is dated, and never says when somebody was created.
                let Ok(number) = record.external_id.parse::<i64>() else { continue };
                let created = at(number * 10 + i64::try_from(*source).unwrap());
                record.created_at = (number % 2 == 0).then_some(created);
                if known.insert((*source, number)) && record.created_at.is_some() {
                    record.updated_at = record.created_at;
                }
            } else {
                orders += 1;
                record.external_id = format!("order-{orders}");
            }
        }
        for event in &mut page.events {
            orders += 1;
            event.message_id = format!("event-{orders}");
        }
    }
    steps
}

/// Since when each person is there, as the page says it: their creation, else the first dated thing that is known.
fn beginnings(steps: &[Step]) -> BTreeMap<(usize, String), Option<DateTime<Utc>>> {
    let mut created: BTreeMap<(usize, String), Option<DateTime<Utc>>> = BTreeMap::new();
    let mut first: BTreeMap<(usize, String), Option<DateTime<Utc>>> = BTreeMap::new();
    let mut corrected: BTreeMap<(usize, String), DateTime<Utc>> = BTreeMap::new();
    for step in steps {
        if let Step::Correct(said) = step {
            let known = corrected.entry((said.source, said.person.clone())).or_insert(at(said.when));
            *known = at(said.when).min(*known);
        }
        let Step::Deliver(source, page) = step else { continue };
        let mut dated = |person: &str, at: Option<DateTime<Utc>>| {
            let known = first.entry((*source, person.to_owned())).or_default();
            *known = [*known, at].into_iter().flatten().min();
        };
        for record in &page.records {
            match &record.body {
                Body::Order(order) => dated(order.person.as_deref().unwrap(), order.placed_at),
                Body::Deal(deal) => deal.persons.iter().for_each(|person| dated(person, record.created_at)),
                _ => {
                    dated(&record.external_id, record.updated_at);
                    created.insert((*source, record.external_id.clone()), record.created_at);
                }
            }
        }
        page.events.iter().for_each(|event| dated(&event.person, Some(event.occurred_at)));
        page.consents.iter().for_each(|said| dated(&said.person, said.stated_at));
    }
    // Whom no record describes may be there because they were put right.
    for (person, at) in corrected.into_iter().filter(|(person, _)| !created.contains_key(person)) {
        let known = first.entry(person).or_default();
        *known = [*known, Some(at)].into_iter().flatten().min();
    }
    first
        .into_iter()
        .map(|(person, at)| (person.clone(), created.get(&person).copied().flatten().or(at)))
        .collect()
}

/// What of a page was so at an instant.
fn by_then(
    page: &Page,
    source: usize,
    begins: &BTreeMap<(usize, String), Option<DateTime<Utc>>>,
    instant: DateTime<Utc>,
) -> Page {
    let there = |person: &str| {
        begins.get(&(source, person.to_owned())).is_some_and(|begins| begins.is_none_or(|at| at <= instant))
    };
    let early = |at: Option<DateTime<Utc>>| at.is_none_or(|at| at <= instant);
    let mut page = page.clone();
    page.records.retain_mut(|record| match &mut record.body {
        Body::Order(order) => there(order.person.as_deref().unwrap()) && early(order.placed_at),
        Body::Deal(deal) => {
            deal.persons.retain(|person| there(person));
            !deal.persons.is_empty() && early(record.created_at)
        }
        _ => there(&record.external_id) && early(record.updated_at),
    });
    page.events.retain(|event| there(&event.person) && event.occurred_at <= instant);
    page.consents.retain(|said| there(&said.person) && early(said.stated_at));
    page
}

#[tokio::test]
async fn as_of_an_instant_is_the_read_model_of_the_facts_of_by_then() {
    // An instant among the versions, or one among the decisions.
    let instants = prop_oneof![(-5..105_i64), (1_000..1_032_i64)];
    let worlds = (steps(30..60), instants, Recognised::any());
    in_fresh(worlds, 6, 18, async |[whole, part], (steps, instant, recognised)| {
        let (steps, instant) = (even(steps), at(*instant));
        // What a model leaves out because too many share it is a matter of today.
        let cap = if *recognised == Recognised::ByModel { 20 } else { 3 };
        rules(whole, *recognised, cap).await;
        rules(part, *recognised, cap).await;
        happen(whole, &steps).await;
        let begins = beginnings(&steps);
        for (stamp, step) in steps.iter().enumerate() {
            match step {
                Step::Deliver(source, page) => {
                    send(part, *source, stamp, &by_then(page, *source, &begins, instant)).await;
                }
                Step::Correct(said) => {
                    let begins = begins[&(said.source, said.person.clone())];
                    if at(said.when) <= instant && begins.is_none_or(|begins| begins <= instant) {
                        let ends = said.ends.filter(|ends| at(*ends) <= instant);
                        correct(part, &Correct { ends, ..said.clone() }).await;
                    }
                }
                _ => {}
            }
        }
        for fact in facts(whole).await.iter().filter(|fact| fact.decision.decided_at <= instant) {
            deliver_decision(part, fact).await;
        }
        drain(part).await;
        let there: BTreeSet<Uuid> = people(part).await.into_iter().map(|row| row.id).collect();
        let mut compared = 0;
        for id in people(whole).await.into_iter().map(|row| row.id) {
            let seen = then(whole, &ProfileRef::Id(id), instant).await;
            let expected = if there.contains(&id) { today(part, id).await } else { None };
            compared += usize::from(expected.is_some());
            assert_eq!(seen, expected, "{id}");
        }
        compared > 1
    })
    .await;
}
