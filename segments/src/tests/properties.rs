use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

use super::arbitrary::{instant, person, rule};
use crate::{Dependencies, Person, Reach, Rule, Subject, Timeline};

/// Every hour of the three weeks in which everything happens, and the instants just before.
fn hours() -> impl Iterator<Item = DateTime<Utc>> {
    let first = super::support::at("2026-02-14");
    (0..24 * 25).flat_map(move |hour| {
        let hour = first + TimeDelta::hours(hour);
        [hour - TimeDelta::microseconds(1), hour]
    })
}

/// The person as it was known at an instant.
fn known_at(person: &Person, now: DateTime<Utc>) -> Person {
    fn until<T: Clone>(
        timelines: &std::collections::BTreeMap<String, Timeline<T>>,
        now: DateTime<Utc>,
    ) -> std::collections::BTreeMap<String, Timeline<T>> {
        let known = |timeline: &Timeline<T>| {
            let entries = timeline.entries().iter().filter(|(from, _)| from.is_none_or(|from| from <= now));
            Timeline::new(entries.cloned().collect())
        };
        timelines.iter().map(|(key, timeline)| (key.clone(), known(timeline))).collect()
    }
    let mut known = person.clone();
    known.events.retain(|event| event.occurred_at <= now);
    known.orders.retain(|order| order.placed_at.is_none_or(|at| at <= now));
    known.traits = until(&person.traits, now);
    known.consents = until(&person.consents, now);
    known.predictions = until(&person.predictions, now);
    known.segments = until(&person.segments, now);
    known.lists = until(&person.lists, now);
    known
}

/// What of a person is asked for.
fn only(asked: &Dependencies, person: &Person, now: DateTime<Utc>) -> Person {
    let reaches = |reach: Option<Reach>, at: DateTime<Utc>| match reach {
        None => false,
        Some(Reach::AllTime) => true,
        Some(Reach::Last(length)) => at > now - TimeDelta::seconds(length.as_seconds()),
    };
    let mut person = person.clone();
    person.traits.retain(|key, _| asked.traits.contains(key));
    person.consents.retain(|key, _| asked.consents.contains(key));
    person.predictions.retain(|key, _| asked.predictions.contains(key));
    person.segments.retain(|key, _| asked.segments.contains(key));
    person.lists.retain(|key, _| asked.lists.contains(key));
    person.events.retain(|event| {
        let named = asked.events.get(&event.name).copied();
        reaches(named.max(asked.any_event), event.occurred_at)
    });
    person.orders.retain(|order| match order.placed_at {
        Some(at) => reaches(asked.orders, at),
        None => asked.orders == Some(Reach::AllTime),
    });
    person
}

fn holds(rule: &Rule, person: &Person, now: DateTime<Utc>) -> bool {
    rule.evaluate(person, now).holds
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_next_change_is_the_next_change(rule in rule(), person in person(), now in instant()) {
        let answer = rule.evaluate(&person, now);
        for hour in hours().filter(|hour| *hour > now) {
            if answer.next.is_none_or(|next| hour < next) {
                prop_assert_eq!(holds(&rule, &person, hour), answer.holds, "at {}", hour);
            }
        }
        if let Some(next) = answer.next {
            prop_assert!(next > now);
            prop_assert_eq!(holds(&rule, &person, next), !answer.holds);
            prop_assert_eq!(holds(&rule, &person, next - TimeDelta::microseconds(1)), answer.holds);
        }
    }

    #[test]
    fn what_is_dated_later_does_not_count_yet(rule in rule(), person in person(), now in instant()) {
        prop_assert_eq!(holds(&rule, &person, now), holds(&rule, &known_at(&person, now), now));
    }

    #[test]
    fn history_is_what_was_answered_at_each_instant(rule in rule(), person in person(), until in instant()) {
        let subject = Subject::new(&person);
        let history = rule.history(&subject, None, until);
        let at = |instant: DateTime<Utc>| {
            let mut past = history.changes.iter().rev();
            past.find(|change| change.at.is_none_or(|at| at <= instant)).is_some_and(|change| change.holds)
        };
        for hour in hours().filter(|hour| *hour <= until) {
            let known = subject.beginning().is_none_or(|beginning| beginning <= hour);
            prop_assert_eq!(at(hour), known && holds(&rule, &person, hour), "at {}", hour);
        }
        prop_assert_eq!(history.holds, at(until));
        let alternate = history.changes.iter().enumerate().all(|(at, change)| change.holds == (at % 2 == 0));
        prop_assert!(alternate, "{:?}", history.changes);
    }

    #[test]
    fn a_walk_that_is_continued_is_the_whole_walk(
        rule in rule(), person in person(), one in instant(), other in instant(),
    ) {
        let (until, middle) = (one.max(other), one.min(other));
        let subject = Subject::new(&person);
        let whole = rule.history(&subject, None, until);
        let first = rule.history(&subject, None, middle);
        let second = rule.history(&subject, Some((middle, first.holds)), until);
        let joined: Vec<_> = first.changes.iter().chain(&second.changes).copied().collect();
        prop_assert_eq!(&joined, &whole.changes);
        prop_assert_eq!((second.holds, second.next), (whole.holds, whole.next));
        let next = whole.changes.iter().filter_map(|change| change.at).find(|at| *at > middle).or(whole.next);
        prop_assert_eq!(first.next, next);
    }

    #[test]
    fn the_order_of_facts_does_not_matter(rule in rule(), person in person(), now in instant()) {
        let mut turned = person.clone();
        turned.events.reverse();
        turned.orders.reverse();
        prop_assert_eq!(rule.evaluate(&turned, now), rule.evaluate(&person, now));
    }

    #[test]
    fn what_a_rule_does_not_ask_for_makes_no_difference(rule in rule(), person in person(), now in instant()) {
        let asked = only(&rule.depends(), &person, now);
        prop_assert_eq!(rule.evaluate(&asked, now), rule.evaluate(&person, now));
    }

    #[test]
    fn an_explanation_answers_as_the_rule_does(rule in rule(), person in person(), now in instant()) {
        let said = rule.explain(&Subject::new(&person), now);
        prop_assert_eq!(said.holds, said.condition.holds);
        prop_assert_eq!((said.holds, said.next), (rule.evaluate(&person, now).holds, rule.evaluate(&person, now).next));
        prop_assert_eq!(said.missing.is_none(), said.holds);
    }

    #[test]
    fn rules_survive_their_text(rule in rule()) {
        let text = rule.to_string();
        prop_assert!(!text.contains('\n'), "{}", text);
        prop_assert_eq!(Rule::parse(&text).map_err(|problems| format!("{text}: {problems}")), Ok(rule));
    }

    #[test]
    fn rules_survive_json(rule in rule()) {
        let json = rule.to_value().to_string();
        prop_assert_eq!(Rule::from_json(&json).map_err(|problems| problems.to_string()), Ok(rule));
    }
}
