//! Whether a rule that can be read makes sense, and is not too large.

use rust_decimal::Decimal;

use crate::comparison::{Amount, Literal, Money, Range, Test, When, Window};
use crate::condition::{Aggregate, Condition, Events, KeyTest, Measure, Orders, Sequence, Times};
use crate::duration::Duration;
use crate::problem::{Problem, short};

/// How deep conditions may hold each other.
pub(crate) const LEVELS: usize = 20;
/// How many conditions a rule may have, those of properties included.
const CONDITIONS: usize = 500;
/// How many values a list may have.
const VALUES: usize = 1_000;
/// How many steps a sequence may have.
const STEPS: usize = 10;
/// How long a text that is compared may be, in characters.
const TEXT: usize = 1_000;
/// How long all values together may be, in characters: so much can still be read in the text form.
const SIZE: usize = 100_000;
/// How long a name may be, in characters.
const NAME: usize = 200;

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

/// What is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Trait,
    Property,
    /// Numbers or money.
    Amounts,
    /// Numbers alone.
    Numbers,
    Prediction,
    Dates,
}

struct Check {
    problems: Vec<Problem>,
    conditions: usize,
    /// What the values come to, in characters.
    size: usize,
}

impl Check {
    fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    fn condition(&mut self, condition: &Condition, path: &str, level: usize) {
        if level > LEVELS {
            return self.problem(path, format!("nested too deep: at most {LEVELS} levels"));
        }
        self.conditions += 1;
        let path = &join(path, key(condition));
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

    fn test(&mut self, test: &Test, path: &str, of: Of) {
        let path = &join(path, test_key(test));
        if !fits(test, of) {
            let expected = match of {
                Of::Dates => {
                    "a test of dates: on, before, after, between, withinLast, moreThanAgo, withinNext, anniversaryWithin"
                }
                Of::Property => {
                    "a fixed date: an event is no nearer to a property of its own later on; use before, after or between"
                }
                Of::Numbers | Of::Prediction => {
                    "a test of numbers: equals, above, atLeast, below, atMost, between, …"
                }
                Of::Amounts | Of::Trait => {
                    "a test of numbers or money: equals, above, atLeast, below, atMost, between, …"
                }
            };
            return self.problem(path, format!("expected {expected}"));
        }
        match test {
            Test::Equals(literal) | Test::NotEquals(literal) => self.literal(literal, path),
            Test::OneOf(literals) | Test::NoneOf(literals) | Test::ContainsAll(literals) => {
                if !(1..=VALUES).contains(&literals.len()) {
                    self.problem(path, format!("expected 1 to {VALUES} values, found {}", literals.len()));
                }
                for (at, literal) in literals.iter().enumerate() {
                    self.literal(literal, &format!("{path}[{at}]"));
                }
                let currency = |literal: &Literal| literal.currency().map(str::to_owned);
                let first = literals.first().and_then(currency);
                if of == Of::Amounts && literals.iter().any(|literal| currency(literal) != first) {
                    self.problem(path, "expected all in the same currency");
                }
            }
            Test::Contains(text) | Test::StartsWith(text) | Test::EndsWith(text) => {
                if text.is_empty() {
                    self.problem(path, "expected text that is not empty: every text contains nothing");
                }
                self.text(text, path);
            }
            Test::Above(amount) | Test::AtLeast(amount) | Test::Below(amount) | Test::AtMost(amount) => {
                self.amount(amount, path);
            }
            Test::Between(range) => {
                self.amount(&range.from, &join(path, "from"));
                self.amount(&range.to, &join(path, "to"));
                if range.from.currency() != range.to.currency() {
                    self.problem(path, "expected `from` and `to` in the same currency");
                } else if range.from.number() > range.to.number() {
                    self.problem(path, "expected `from` to be at most `to`");
                }
            }
            Test::BetweenDates(range) => self.dates(range, path),
            Test::On(when) | Test::Before(when) | Test::After(when) => self.when(*when, path),
            Test::WithinLast(length) | Test::MoreThanAgo(length) | Test::WithinNext(length) => {
                self.duration(*length, path);
            }
            Test::AnniversaryWithin(length) => {
                if length.whole_days().is_none_or(|days| !(0..=365).contains(&days)) {
                    self.problem(path, format!("expected 0 to 365 whole days, found {length}"));
                }
            }
            Test::Exists(_) => {}
            Test::Size(test) => self.test(test, path, Of::Numbers),
        }
    }

    fn literal(&mut self, literal: &Literal, path: &str) {
        // What a number takes, with what stands around it.
        self.size += 20;
        match literal {
            Literal::Text(text) => self.text(text, path),
            Literal::Number(number) => self.number(*number, path),
            Literal::Money(money) => self.money(money, path),
            Literal::Boolean(_) => {}
        }
    }

    fn amount(&mut self, amount: &Amount, path: &str) {
        match amount {
            Amount::Number(number) => self.number(*number, path),
            Amount::Money(money) => self.money(money, path),
        }
    }

    fn money(&mut self, money: &Money, path: &str) {
        self.number(money.amount, &join(path, "amount"));
        self.currency(&money.currency, &join(path, "currency"));
    }

    /// What JSON's floating point keeps exactly, and sums can be compared with.
    fn number(&mut self, number: Decimal, path: &str) {
        let normal = number.normalize();
        if normal.mantissa().unsigned_abs() >= 1_000_000_000_000_000 || normal.scale() > 12 {
            self.problem(
                path,
                format!("expected a number of at most 15 digits, 12 of them decimals, found {number}"),
            );
        }
    }

    fn range(&mut self, number: Decimal, path: &str, from: Decimal, to: Decimal) {
        self.number(number, path);
        if number < from || number > to {
            self.problem(path, format!("expected a number from {from} to {to}, found {number}"));
        }
    }

    fn currency(&mut self, currency: &str, path: &str) {
        if currency.len() != 3 || !currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
            let found = short(currency);
            self.problem(path, format!("expected three capital letters such as EUR, found `{found}`"));
        }
    }

    fn name(&mut self, name: &str, path: &str) {
        match name.chars().take(NAME + 1).count() {
            0 => self.problem(path, "expected text that is not empty"),
            1..=NAME => {}
            _ => self.problem(path, format!("expected at most {NAME} characters")),
        }
    }

    fn text(&mut self, text: &str, path: &str) {
        let length = text.chars().take(TEXT + 1).count();
        self.size += length;
        if length > TEXT {
            self.problem(path, format!("expected at most {TEXT} characters"));
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

    fn dates(&mut self, range: &Range<When>, path: &str) {
        self.when(range.from, &join(path, "from"));
        self.when(range.to, &join(path, "to"));
        if range.from.start() >= range.to.end() {
            self.problem(path, "expected `from` to be before `to`");
        }
    }

    fn when(&mut self, when: When, path: &str) {
        let year = chrono::Datelike::year(&when.start());
        if !(1..=9999).contains(&year) {
            self.problem(path, format!("expected a year from 1 to 9999, found {year}"));
        }
    }

    fn duration(&mut self, length: Duration, path: &str) {
        if length < Duration::seconds(1) || length > Duration::LONGEST {
            self.problem(path, format!("expected 1 second to {}, found {length}", Duration::LONGEST));
        }
    }
}

fn fits(test: &Test, of: Of) -> bool {
    let numeric = |literal: &Literal| matches!(literal, Literal::Number(_) | Literal::Money(_));
    let is_numeric = match test {
        Test::Equals(literal) | Test::NotEquals(literal) => numeric(literal),
        Test::OneOf(literals) | Test::NoneOf(literals) => literals.iter().all(numeric),
        Test::Above(_) | Test::AtLeast(_) | Test::Below(_) | Test::AtMost(_) | Test::Between(_) => true,
        _ => false,
    };
    let has_money = match test {
        Test::OneOf(literals) | Test::NoneOf(literals) => literals.iter().any(|one| one.currency().is_some()),
        Test::Between(range) => range.from.currency().or(range.to.currency()).is_some(),
        test => test.currency().is_some(),
    };
    let is_relative = matches!(
        test,
        Test::WithinLast(_) | Test::MoreThanAgo(_) | Test::WithinNext(_) | Test::AnniversaryWithin(_)
    );
    match of {
        Of::Trait => true,
        Of::Property => !is_relative,
        Of::Amounts => is_numeric,
        Of::Numbers => is_numeric && !has_money,
        Of::Prediction => (is_numeric && !has_money) || matches!(test, Test::Exists(_)),
        Of::Dates => {
            is_relative
                || matches!(test, Test::On(_) | Test::Before(_) | Test::After(_) | Test::BetweenDates(_))
        }
    }
}

fn has_text(test: &Test) -> bool {
    let is_text = |literal: &Literal| matches!(literal, Literal::Text(_));
    match test {
        Test::Equals(literal) | Test::NotEquals(literal) => is_text(literal),
        Test::OneOf(literals) | Test::NoneOf(literals) | Test::ContainsAll(literals) => {
            literals.iter().any(is_text)
        }
        Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) => true,
        _ => false,
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The key of a condition in the JSON form.
pub(crate) const fn key(condition: &Condition) -> &'static str {
    match condition {
        Condition::All(_) => "all",
        Condition::Any(_) => "any",
        Condition::Not(_) => "not",
        Condition::Trait(_) => "trait",
        Condition::Did(_) => "did",
        Condition::Sequence(_) => "sequence",
        Condition::First(_) => "first",
        Condition::Last(_) => "last",
        Condition::Sum(_) => "sum",
        Condition::Average(_) => "average",
        Condition::Minimum(_) => "minimum",
        Condition::Maximum(_) => "maximum",
        Condition::Distinct(_) => "distinct",
        Condition::Orders(_) => "orders",
        Condition::FirstOrder(_) => "firstOrder",
        Condition::LastOrder(_) => "lastOrder",
        Condition::Bought(_) => "bought",
        Condition::Segment(_) => "segment",
        Condition::Consent(_) => "consent",
        Condition::Prediction(_) => "prediction",
        Condition::Near(_) => "near",
        Condition::List(_) => "list",
        Condition::Sample(_) => "sample",
    }
}

/// The key of a test in the JSON form.
const fn test_key(test: &Test) -> &'static str {
    match test {
        Test::Equals(_) => "equals",
        Test::NotEquals(_) => "notEquals",
        Test::OneOf(_) => "oneOf",
        Test::NoneOf(_) => "noneOf",
        Test::Contains(_) => "contains",
        Test::StartsWith(_) => "startsWith",
        Test::EndsWith(_) => "endsWith",
        Test::Above(_) => "above",
        Test::AtLeast(_) => "atLeast",
        Test::Below(_) => "below",
        Test::AtMost(_) => "atMost",
        Test::Between(_) | Test::BetweenDates(_) => "between",
        Test::On(_) => "on",
        Test::Before(_) => "before",
        Test::After(_) => "after",
        Test::WithinLast(_) => "withinLast",
        Test::MoreThanAgo(_) => "moreThanAgo",
        Test::WithinNext(_) => "withinNext",
        Test::AnniversaryWithin(_) => "anniversaryWithin",
        Test::Exists(_) => "exists",
        Test::ContainsAll(_) => "containsAll",
        Test::Size(_) => "size",
    }
}
