//! What must be known of a person to answer a rule.

use std::collections::{BTreeMap, BTreeSet};

use crate::comparison::Window;
use crate::condition::{Condition, Events};
use crate::duration::Duration;
use crate::rule::Rule;

/// How far back something must be known to answer for now. For history everything must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// What happened less than this time ago.
    Last(Duration),
    /// Everything.
    AllTime,
}

impl Reach {
    const fn of(window: Option<&Window>) -> Self {
        match window {
            Some(Window::Last(length)) => Self::Last(*length),
            _ => Self::AllTime,
        }
    }
}

/// What a rule asks for. What is not among it makes no difference to its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// Names of traits. A key with dots may be a trait of that name or a path into one: all of these are here.
    pub traits: BTreeSet<String>,
    /// Events by name.
    pub events: BTreeMap<String, Reach>,
    /// Events whatever their name.
    pub any_event: Option<Reach>,
    /// Orders.
    pub orders: Option<Reach>,
    /// What was bought, by product or category: whether what is known of products counts.
    pub products: bool,
    /// Purposes.
    pub consents: BTreeSet<String>,
    /// Predictions by name.
    pub predictions: BTreeSet<String>,
    /// Keys of segments.
    pub segments: BTreeSet<String>,
    /// Keys of lists.
    pub lists: BTreeSet<String>,
}

impl Rule {
    /// What the rule asks for.
    pub fn depends(&self) -> Dependencies {
        let mut dependencies = Dependencies::default();
        dependencies.add(self.condition());
        dependencies
    }
}

impl Dependencies {
    /// Adds what others ask for.
    pub fn extend(&mut self, others: &Self) {
        self.traits.extend(others.traits.iter().cloned());
        self.consents.extend(others.consents.iter().cloned());
        self.predictions.extend(others.predictions.iter().cloned());
        self.segments.extend(others.segments.iter().cloned());
        self.lists.extend(others.lists.iter().cloned());
        for (name, reach) in &others.events {
            self.event(Some(name), *reach);
        }
        self.any_event = self.any_event.max(others.any_event);
        self.orders = self.orders.max(others.orders);
        self.products |= others.products;
    }

    fn add(&mut self, condition: &Condition) {
        match condition {
            Condition::All(conditions) | Condition::Any(conditions) => {
                for condition in conditions {
                    self.add(condition);
                }
            }
            Condition::Not(condition) => self.add(condition),
            Condition::Trait(test) => self.key(&test.key),
            Condition::Near(near) => self.key(&near.key),
            Condition::Did(did) => self.events(&did.events, Reach::of(did.window.as_ref())),
            Condition::Sequence(sequence) => {
                let reach = Reach::of(sequence.window.as_ref());
                sequence.steps.iter().for_each(|step| self.events(&step.events, reach));
            }
            Condition::First(occasion) | Condition::Last(occasion) => {
                self.events(&occasion.events, Reach::AllTime);
            }
            Condition::Sum(of)
            | Condition::Average(of)
            | Condition::Minimum(of)
            | Condition::Maximum(of)
            | Condition::Distinct(of) => self.events(&of.events, Reach::of(of.window.as_ref())),
            Condition::Orders(orders) => self.order(Reach::of(orders.window.as_ref())),
            Condition::Bought(bought) => {
                self.order(Reach::of(bought.window.as_ref()));
                self.products = true;
            }
            Condition::FirstOrder(_) | Condition::LastOrder(_) => self.order(Reach::AllTime),
            Condition::Segment(segment) => {
                self.segments.insert(segment.key.clone());
            }
            Condition::List(list) => {
                self.lists.insert(list.key.clone());
            }
            Condition::Consent(consent) => {
                self.consents.insert(consent.purpose.clone());
            }
            Condition::Prediction(test) => {
                self.predictions.insert(test.name.clone());
            }
            Condition::Sample(_) => {}
        }
    }

    fn key(&mut self, key: &str) {
        self.traits.insert(key.to_owned());
        self.traits.extend(key.match_indices('.').map(|(dot, _)| key[..dot].to_owned()));
    }

    fn order(&mut self, reach: Reach) {
        self.orders = self.orders.max(Some(reach));
    }

    fn events(&mut self, events: &Events, reach: Reach) {
        self.event(events.event.as_deref(), reach);
    }

    fn event(&mut self, name: Option<&str>, reach: Reach) {
        let Some(name) = name else {
            self.any_event = self.any_event.max(Some(reach));
            return;
        };
        match self.events.get_mut(name) {
            Some(known) => *known = reach.max(*known),
            None => {
                self.events.insert(name.to_owned(), reach);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reach;
    use crate::{Duration, Rule};

    #[test]
    fn a_rule_names_all_that_it_asks_for() {
        let rule = Rule::parse(
            r#"a.b.c exists and not (did "A" within the last 2 days or did "A" within the last 3 days)
            and did "B" and did "B" within the last 1 day and did any event within the last 1 hour then not "C" within 1 hour
            and last "D" within the last 1 day and count of orders > 2 within the last 30 days
            and e is allowed and prediction p > 1 and in segment "s" and in list "l" and in sample 5% of "x"
            and home within 5 km of (0, 0)"#,
        )
        .unwrap();
        let needs = rule.depends();
        assert_eq!(needs.traits.iter().collect::<Vec<_>>(), ["a", "a.b", "a.b.c", "home"]);
        let events: Vec<_> = needs.events.iter().map(|(name, reach)| (name.as_str(), *reach)).collect();
        let last = |days| Reach::Last(Duration::days(days));
        assert_eq!(
            events,
            [
                ("A", last(3)),
                ("B", Reach::AllTime),
                ("C", Reach::Last(Duration::hours(1))),
                ("D", Reach::AllTime)
            ]
        );
        assert_eq!(needs.any_event, Some(Reach::Last(Duration::hours(1))));
        assert_eq!((needs.orders, needs.products), (Some(last(30)), false));
        assert!(Rule::parse(r#"bought category "Shoes""#).unwrap().depends().products);
        for (found, expected) in
            [(&needs.consents, "e"), (&needs.predictions, "p"), (&needs.segments, "s"), (&needs.lists, "l")]
        {
            assert_eq!(found.iter().collect::<Vec<_>>(), [expected]);
        }
        let mut both = Rule::parse(r#"did "A" within the last 9 days and last order after 2026-01-01"#)
            .unwrap()
            .depends();
        assert_eq!((both.events["A"], both.any_event), (last(9), None));
        both.extend(&needs);
        assert_eq!((both.events["A"], both.events.len(), both.orders), (last(9), 4, Some(Reach::AllTime)));
    }
}
