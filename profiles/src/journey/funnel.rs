//! How far people come through some steps, in order, and how long it takes them. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use segments::{Event, Events};

/// The way of somebody through a funnel: when each step was done, as many as were.
pub(super) type Way = Vec<DateTime<Utc>>;

/// From when until just before when the first step must be done, and within how long after it all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) within: TimeDelta,
}

/// The way of who comes furthest through these steps; the events are in order of time. One event is one step. Of all
/// beginnings from which somebody comes as far the first one counts, and each step when it is first done after the one before:
/// what is repeated on the way makes no step slower or faster.
pub(super) fn way(steps: &[Events], events: &[Event], frame: Frame) -> Way {
    // Of each step, and from each event on, the first event that is it.
    let next = steps.iter().map(|step| {
        let mut next = vec![None; events.len() + 1];
        for (place, event) in events.iter().enumerate().rev() {
            next[place] = if step.mean(event) { Some(place) } else { next[place + 1] };
        }
        next
    });
    let next: Vec<Vec<Option<usize>>> = next.collect();
    let mut furthest = Way::new();
    let mut begins = next.first().and_then(|first| first[0]);
    while let Some(beginning) = begins.filter(|_| furthest.len() < steps.len()) {
        let from = events[beginning].occurred_at;
        if frame.from <= from && from < frame.to {
            let way = follow(&next, events, beginning, frame.within);
            if way.len() > furthest.len() {
                furthest = way;
            }
        }
        begins = next[0][beginning + 1];
    }
    furthest
}

/// The way from a beginning, as far as it is gone within a time.
fn follow(next: &[Vec<Option<usize>>], events: &[Event], beginning: usize, within: TimeDelta) -> Way {
    let (from, mut place) = (events[beginning].occurred_at, beginning);
    let mut way = Way::new();
    for step in next {
        let Some(done) = step[place].filter(|done| events[*done].occurred_at - from <= within) else { break };
        way.push(events[done].occurred_at);
        place = done + 1;
    }
    way
}

#[cfg(test)]
mod tests {
    use segments::{Condition, Rule};

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn steps(rules: &[&str]) -> Vec<Events> {
        let events = |rule: &&str| match Rule::parse(rule).unwrap().condition() {
            Condition::Did(did) => did.events.clone(),
            other => panic!("{other:?}"),
        };
        rules.iter().map(events).collect()
    }

    /// The minutes of the steps of who did these in these minutes, within an hour, begun in the minutes 0 to 99.
    fn found(rules: &[&str], did: &[(&str, i64)]) -> Vec<i64> {
        let events = did.iter().map(|(name, minute)| Event {
            name: (*name).to_owned(),
            occurred_at: at(*minute),
            properties: [("price".to_owned(), (*minute).into())].into_iter().collect(),
        });
        let frame = Frame { from: at(0), to: at(100), within: TimeDelta::hours(1) };
        let way = way(&steps(rules), &events.collect::<Vec<_>>(), frame);
        way.iter().map(|step| (*step - at(0)).num_minutes()).collect()
    }

    #[test]
    fn steps_are_done_in_order_and_in_time() {
        let all = [r#"did "A""#, r#"did "B""#, r#"did "C""#];
        for (did, expected) in [
            (vec![], vec![]),
            (vec![("B", 1), ("C", 2)], vec![]),
            (vec![("A", 1), ("C", 2), ("B", 3)], vec![1, 3]),
            (vec![("A", 1), ("B", 3), ("C", 61)], vec![1, 3, 61]),
            (vec![("A", 1), ("B", 3), ("C", 62)], vec![1, 3]),
            // A later beginning leads further than the first one.
            (vec![("A", 1), ("A", 40), ("B", 50), ("C", 90)], vec![40, 50, 90]),
            // The first of those that lead as far.
            (vec![("A", 1), ("B", 2), ("A", 5), ("B", 6)], vec![1, 2]),
            // The first beginning, and each step when it is first done.
            (vec![("A", 1), ("A", 5), ("B", 6), ("B", 7), ("C", 8)], vec![1, 6, 8]),
            (vec![("A", 1), ("A", 5), ("B", 6), ("B", 7), ("C", 62), ("C", 63)], vec![5, 6, 62]),
            (vec![("A", 1), ("B", 2), ("A", 40), ("B", 41)], vec![1, 2]),
            (vec![("A", -1), ("B", 2)], vec![]),
            (vec![("A", 99), ("B", 120)], vec![99, 120]),
            (vec![("A", 100), ("B", 120)], vec![]),
        ] {
            assert_eq!(found(&all, &did), expected, "{did:?}");
        }
    }

    #[test]
    fn one_event_is_one_step_and_a_condition_must_hold() {
        assert_eq!(found(&[r#"did "A""#, r#"did "A""#], &[("A", 1)]), [1]);
        assert_eq!(found(&[r#"did "A""#, r#"did "A""#], &[("A", 1), ("A", 2)]), [1, 2]);
        assert_eq!(
            found(&[r#"did "A" where price > 1"#, "did any event"], &[("A", 1), ("A", 2), ("X", 3)]),
            [2, 3]
        );
    }
}
