use rust_decimal::Decimal;

use super::join;
use super::test::{Of, has_text};
use crate::comparison::Window;
use crate::condition::{Aggregate, Condition, Events, KeyTest, Measure, Orders, Sequence, Times};
use crate::problem::Problem;

/// How deep conditions may hold each other.
pub(crate) const LEVELS: usize = 20;
/// How many conditions a rule may have, those of properties included.
const CONDITIONS: usize = 500;
/// How many steps a sequence may have.
const STEPS: usize = 10;
/// How long all values together may be, in characters: so much can still be read in the text form.
const SIZE: usize = 100_000;

/// Everything that is wrong with a condition.
pub(crate) fn problems(condition: &Condition) -> Vec<Problem> {
    let mut check = Check { problems: Vec::new(), conditions: 0, size: 0 };
    check.condition(condition, "", 1);
    if check.conditions > CONDITIONS {
        let message = format!("expected at most {CONDITIONS} conditions, found {}", check.conditions);
        check.problems.insert(0, Problem::new("", message));
    }
    if check.size > SIZE {
        let message =
            format!("expected values of at most {SIZE} characters together: keep long lists as a list");
        check.problems.insert(0, Problem::new("", message));
    }
    check.problems.truncate(50);
    check.problems
}

/// A check under way.
pub(super) struct Check {
    problems: Vec<Problem>,
    conditions: usize,
    /// What the values come to, in characters.
    pub(super) size: usize,
}

impl Check {
    pub(super) fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    fn condition(&mut self, condition: &Condition, path: &str, level: usize) {
        if level > LEVELS {
            return self.problem(path, format!("nested too deep: at most {LEVELS} levels"));
        }
        self.conditions += 1;
        let path = &join(path, condition.key());
        match condition {
            Condition::All(conditions) | Condition::Any(conditions) => {
                for (at, condition) in conditions.iter().enumerate() {
                    self.condition(condition, &format!("{path}[{at}]"), level + 1);
                }
            }
            Condition::Not(condition) => self.condition(condition, path, level + 1),
            Condition::Trait(test) => self.key_test(test, path, Of::Trait),
            Condition::Did(did) => {
                self.events(&did.events, path);
                self.times(did.times, path);
                self.window(did.window.as_ref(), path);
            }
            Condition::Sequence(sequence) => self.sequence(sequence, path),
            Condition::First(occasion) | Condition::Last(occasion) => {
                self.events(&occasion.events, path);
                self.test(&occasion.is, &join(path, "is"), Of::Dates);
            }
            Condition::Sum(of) | Condition::Average(of) | Condition::Minimum(of) | Condition::Maximum(of) => {
                self.aggregate(of, path, Of::Amounts);
            }
            Condition::Distinct(of) => self.aggregate(of, path, Of::Numbers),
            Condition::Orders(orders) => self.orders(orders, path),
            Condition::FirstOrder(order) | Condition::LastOrder(order) => {
                self.test(&order.is, &join(path, "is"), Of::Dates);
            }
            Condition::Bought(bought) => {
                let (what, name) = match &bought.goods {
                    crate::Goods::Product(name) => ("product", name),
                    crate::Goods::Category(name) => ("category", name),
                };
                self.name(name, &join(path, what));
                self.times(bought.times, path);
                self.window(bought.window.as_ref(), path);
            }
            Condition::Segment(segment) => self.name(&segment.key, &join(path, "key")),
            Condition::List(list) => self.name(&list.key, &join(path, "key")),
            Condition::Consent(consent) => self.name(&consent.purpose, &join(path, "purpose")),
            Condition::Prediction(prediction) => {
                self.name(&prediction.name, &join(path, "name"));
                self.test(&prediction.is, &join(path, "is"), Of::Prediction);
            }
            Condition::Near(near) => {
                self.name(&near.key, &join(path, "key"));
                let half = Decimal::from(180);
                self.range(near.latitude, &join(path, "latitude"), -Decimal::from(90), Decimal::from(90));
                self.range(near.longitude, &join(path, "longitude"), -half, half);
                self.range(near.kilometres, &join(path, "kilometres"), Decimal::ZERO, Decimal::from(21_000));
            }
            Condition::Sample(sample) => {
                self.name(&sample.salt, &join(path, "salt"));
                let path = &join(path, "percent");
                self.range(sample.percent, path, Decimal::ZERO, Decimal::ONE_HUNDRED);
                if sample.percent.normalize().scale() > 2 {
                    self.problem(path, format!("expected at most two decimals, found {}", sample.percent));
                }
            }
        }
    }

    fn events(&mut self, events: &Events, path: &str) {
        if let Some(event) = &events.event {
            self.name(event, &join(path, "event"));
            if event.chars().any(char::is_control) {
                // Whoever looks events up by name could not be asked for it.
                self.problem(&join(path, "event"), "expected no control characters");
            }
        }
        for (at, test) in events.conditions.iter().enumerate() {
            self.conditions += 1;
            self.key_test(test, &format!("{}[{at}]", join(path, "where")), Of::Property);
        }
    }

    fn sequence(&mut self, sequence: &Sequence, path: &str) {
        self.window(sequence.window.as_ref(), path);
        let (path, steps) = (&join(path, "steps"), &sequence.steps);
        if !(2..=STEPS).contains(&steps.len()) {
            self.problem(path, format!("expected 2 to {STEPS} steps, found {}", steps.len()));
        }
        for (at, step) in steps.iter().enumerate() {
            let path = &format!("{path}[{at}]");
            self.events(&step.events, path);
            if let Some(length) = step.within {
                self.duration(length, &join(path, "within"));
            }
            if at == 0 && (step.not || step.within.is_some()) {
                self.problem(path, "expected something that is done, without a time: it is the first step");
            }
            let open = |step: &crate::Step| step.not && step.within.is_none();
            if open(step) && steps.get(at + 1).is_some_and(|next| next.not && !open(next)) {
                let expected =
                    "expected `within`: what must not happen is followed by something else that must not";
                self.problem(path, expected);
            }
        }
    }

    fn aggregate(&mut self, aggregate: &Aggregate, path: &str, of: Of) {
        self.events(&aggregate.events, path);
        self.name(&aggregate.of, &join(path, "of"));
        self.window(aggregate.window.as_ref(), path);
        self.test(&aggregate.is, &join(path, "is"), of);
    }

    fn orders(&mut self, orders: &Orders, path: &str) {
        self.window(orders.window.as_ref(), path);
        self.test(&orders.is, &join(path, "is"), Of::Numbers);
        match &orders.currency {
            Some(currency) => self.currency(currency, &join(path, "currency")),
            None if orders.measure == Measure::Count => {}
            None => {
                self.problem(path, "`currency` is missing: amounts of different currencies cannot be added");
            }
        }
    }

    fn key_test(&mut self, test: &KeyTest, path: &str, of: Of) {
        self.name(&test.key, &join(path, "key"));
        self.test(&test.is, &join(path, "is"), of);
        if test.ignore_case && !has_text(&test.is) {
            self.problem(&join(path, "ignoreCase"), "expected only with a test of text");
        }
    }

    fn times(&mut self, times: Times, path: &str) {
        if times == Times::AtLeast(0) {
            self.problem(&join(path, "times.atLeast"), "expected 1 or more: at least 0 times is always true");
        }
    }

    fn window(&mut self, window: Option<&Window>, path: &str) {
        let path = &join(path, "window");
        match window {
            None => {}
            Some(Window::Last(length)) => self.duration(*length, &join(path, "last")),
            Some(Window::Between(range)) => self.dates(range, &join(path, "between")),
            Some(Window::Since(when)) => self.when(*when, &join(path, "since")),
            Some(Window::Before(when)) => self.when(*when, &join(path, "before")),
        }
    }
}
