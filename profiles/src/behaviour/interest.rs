//! What somebody cares about, by what they look at. Pure.
//!
//! An event weighs 1 when it happens, and half as much after each half-life `h`: of age `a` it weighs `2^(-a/h)`. This is
//! exponential decay as Cormode, Shkapenyuk, Srivastava and Xu define it (*Forward Decay: A Practical Time Decay Model for
//! Streaming Systems*, ICDE 2009, section III: `f(a) = exp(-λa)`, with `λ = ln 2 / h`). The weights `w` of a topic are added,
//! and `w / (w + 1)` is its score: the saturation of term frequencies in BM25 with `k1 = 1` (Robertson and Zaragoza, *The
//! Probabilistic Relevance Framework: BM25 and Beyond*, 2009, section 3.4.1). One event just now scores 0.5, two 0.67, ten 0.91, and
//! no topic takes anything away from another.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::doings::Doing;

/// The half-life unless one is asked for.
pub(crate) const HALF_LIFE: TimeDelta = TimeDelta::days(30);
/// Events older than so many half-lives weigh less than 1/256 and are not looked at.
pub(super) const HALF_LIVES: i32 = 8;
/// The properties that name topics; in these two a text may name several, with commas between them.
const LISTS: [&str; 2] = ["topics", "content_topics"];
/// The properties that name one topic, or several in a list.
const NAMES: [&str; 2] = ["category", "categories"];
/// The longest topic in bytes.
const LONGEST: usize = 100;
/// The most topics of one event.
const MOST: usize = 20;

/// Something that somebody cares about.
#[derive(Debug, Clone, PartialEq)]
pub struct Interest {
    /// What, in small letters.
    pub topic: String,
    /// How much, from 0 to 1, neither included.
    pub score: f64,
    /// How many events tell of it.
    pub events: u32,
    /// The last of them.
    pub last_at: DateTime<Utc>,
}

/// What these events, in order of time, tell of interests at an instant: the greatest score first, then by topic.
pub(crate) fn interests(doings: &[Doing], now: DateTime<Utc>, half_life: TimeDelta) -> Vec<Interest> {
    let mut weights: BTreeMap<String, Interest> = BTreeMap::new();
    for doing in doings {
        #[expect(clippy::cast_precision_loss, reason = "an age of centuries in milliseconds is exact")]
        let age =
            (now - doing.at).num_milliseconds().max(0) as f64 / half_life.num_milliseconds().max(1) as f64;
        for topic in topics(&doing.properties) {
            let interest = weights.entry(topic.clone()).or_insert(Interest {
                topic,
                score: 0.0,
                events: 0,
                last_at: doing.at,
            });
            // In order of time: sums of floating-point numbers depend on their order.
            interest.score += (-age).exp2();
            interest.events = interest.events.saturating_add(1);
            interest.last_at = doing.at;
        }
    }
    let mut all: Vec<Interest> = weights.into_values().collect();
    for interest in &mut all {
        interest.score /= interest.score + 1.0;
    }
    all.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.topic.cmp(&other.topic)));
    all
}

/// The topics that an event names, each once: its own, and those of the products that it lists.
fn topics(properties: &Map<String, Value>) -> BTreeSet<String> {
    let mut topics = BTreeSet::new();
    let mut add = |text: &str| {
        let topic = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if !topic.is_empty() && topic.len() <= LONGEST && topics.len() < MOST {
            topics.insert(topic);
        }
    };
    for name in LISTS {
        each(properties.get(name), &mut |text| text.split(',').for_each(&mut add));
    }
    let products = properties.get("products").and_then(Value::as_array).into_iter().flatten();
    let listed = products.filter_map(Value::as_object);
    for object in [properties].into_iter().chain(listed) {
        for name in NAMES {
            each(object.get(name), &mut add);
        }
    }
    topics
}

/// The texts of a value that is one, or a list of such.
fn each(value: Option<&Value>, take: &mut impl FnMut(&str)) {
    match value {
        Some(Value::String(text)) => take(text),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).for_each(take),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn doing(days_ago: i64, properties: Value) -> Doing {
        Doing {
            source: uuid::Uuid::nil(),
            name: "Page Viewed".to_owned(),
            at: now() - TimeDelta::days(days_ago),
            properties: serde_json::from_value(properties).unwrap(),
            context: Map::new(),
            touch: None,
        }
    }

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    fn scored(doings: &[Doing]) -> Vec<(String, f64, u32)> {
        let found = interests(doings, now(), TimeDelta::days(30));
        found.into_iter().map(|one| (one.topic, (one.score * 1e6).round() / 1e6, one.events)).collect()
    }

    #[test]
    fn a_score_halves_its_weight_with_each_half_life() {
        let one = |days: i64| scored(&[doing(days, json!({"category": "Tea"}))])[0].1;
        assert!((one(0) - 0.5).abs() < 1e-9);
        assert!((one(30) - 0.5 / 1.5).abs() < 1e-6);
        assert!((one(60) - 0.25 / 1.25).abs() < 1e-6);
        assert!((one(-1) - 0.5).abs() < 1e-9, "a clock that was ahead");
        let many: Vec<Doing> = (0..1_000).map(|_| doing(0, json!({"category": "tea"}))).collect();
        let score = scored(&many)[0].1;
        assert!(score > 0.99 && score < 1.0);
    }

    #[test]
    fn topics_are_found_wherever_they_may_stand_and_count_once_an_event() {
        let all = [
            doing(9, json!({"topics": "Tea, coffee ,", "category": " TEA ", "name": "x"})),
            doing(0, json!({"content_topics": ["coffee"], "categories": ["Mugs, large"], "category": 7})),
            doing(0, json!({"products": [{"category": "Mugs, large"}, {"categories": ["pots"]}, 1]})),
        ];
        let found = scored(&all);
        let names: Vec<(&str, u32)> =
            found.iter().map(|(topic, _, events)| (topic.as_str(), *events)).collect();
        assert_eq!(names, [("mugs, large", 2), ("coffee", 2), ("pots", 1), ("tea", 1)]);
        assert_eq!(scored(&[doing(0, json!({"category": "x".repeat(101), "topics": {"a": 1}}))]), []);
    }
}
