//! Rules and people at random, from so few names, values and instants that they meet often, also at their boundaries.

use chrono::{DateTime, NaiveDate, Utc};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Aggregate, Amount, Behaviour, Bought, Condition, ConsentRef, Duration, Event, Events, Goods, KeyTest,
    Line, ListRef, Literal, Measure, Money, Near, Occasion, Order, OrderDate, Orders, Person, PredictionTest,
    Range, Rule, Sample, SegmentRef, Sequence, Step, Test, Timeline, Times, When, Window,
};

const HOUR: i64 = 3_600;
/// 2026-02-20: near a 29 February that is none.
const BEGINNING: i64 = 1_771_545_600;

/// Any of two hundred hours.
pub(super) fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    (0..200_i64).prop_map(|hour| DateTime::from_timestamp(BEGINNING + hour * HOUR, 0).unwrap())
}

fn length() -> impl Strategy<Value = Duration> {
    prop_oneof![(1..6_i64).prop_map(Duration::hours), (1..4_i64).prop_map(Duration::days)]
}

fn day() -> impl Strategy<Value = NaiveDate> {
    prop_oneof![
        instant().prop_map(|at| at.date_naive()),
        select(vec!["2000-02-29", "1990-03-01", "2027-01-01"]).prop_map(|day| day.parse().unwrap()),
    ]
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![day().prop_map(When::Day), instant().prop_map(When::Instant)]
}

fn number() -> impl Strategy<Value = Decimal> {
    prop_oneof![(-2..6_i64).prop_map(Decimal::from), (-20..60_i64).prop_map(|tenths| Decimal::new(tenths, 1))]
}

fn currency() -> impl Strategy<Value = String> {
    select(vec!["EUR", "USD"]).prop_map(str::to_owned)
}

fn money() -> impl Strategy<Value = Money> {
    (number(), currency()).prop_map(|(amount, currency)| Money { amount, currency })
}

/// Words, some of which are a trouble to write.
fn word() -> impl Strategy<Value = String> {
    select(vec![
        "a",
        "A",
        "ab",
        "not",
        "first order",
        "say \"no\"",
        "back\\slash",
        "two\nlines",
        "ärger",
        "x.y",
        "\u{0}",
    ])
    .prop_map(str::to_owned)
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        word().prop_map(Literal::Text),
        number().prop_map(Literal::Number),
        any::<bool>().prop_map(Literal::Boolean),
        money().prop_map(Literal::Money),
    ]
}

fn range<T: PartialOrd + Clone + std::fmt::Debug>(
    of: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Range<T>> {
    (of.clone(), of).prop_map(|(one, other)| {
        if one <= other { Range { from: one, to: other } } else { Range { from: other, to: one } }
    })
}

fn dates() -> impl Strategy<Value = Range<When>> {
    (when(), when()).prop_map(|(one, other)| {
        if one.start() < other.end() {
            Range { from: one, to: other }
        } else {
            Range { from: other, to: one }
        }
    })
}

/// A test of plain numbers.
fn numbers() -> impl Strategy<Value = Test> {
    let n = || number().prop_map(Amount::Number);
    let numbers = || vec(number().prop_map(Literal::Number), 1..3);
    let between = range(number().boxed())
        .prop_map(|range| Range { from: Amount::Number(range.from), to: Amount::Number(range.to) });
    prop_oneof![
        n().prop_map(Test::Above),
        n().prop_map(Test::AtLeast),
        n().prop_map(Test::Below),
        n().prop_map(Test::AtMost),
        between.prop_map(Test::Between),
        number().prop_map(|number| Test::Equals(Literal::Number(number))),
        number().prop_map(|number| Test::NotEquals(Literal::Number(number))),
        numbers().prop_map(Test::OneOf),
        numbers().prop_map(Test::NoneOf),
    ]
}

fn amounts() -> impl Strategy<Value = Test> {
    let monies = (range(number().boxed()), currency()).prop_map(|(range, currency)| {
        let money = |amount| Amount::Money(Money { amount, currency: currency.clone() });
        Test::Between(Range { from: money(range.from), to: money(range.to) })
    });
    prop_oneof![numbers(), money().prop_map(|money| Test::AtLeast(Amount::Money(money))), monies]
}

fn fixed_dates() -> impl Strategy<Value = Test> {
    prop_oneof![
        when().prop_map(Test::On),
        when().prop_map(Test::Before),
        when().prop_map(Test::After),
        dates().prop_map(Test::BetweenDates),
    ]
}

fn date_tests() -> impl Strategy<Value = Test> {
    prop_oneof![
        fixed_dates(),
        length().prop_map(Test::WithinLast),
        length().prop_map(Test::MoreThanAgo),
        length().prop_map(Test::WithinNext),
        (0..5_i64).prop_map(|days| Test::AnniversaryWithin(Duration::days(days))),
    ]
}

/// A test of a property.
fn property_test() -> impl Strategy<Value = Test> {
    prop_oneof![
        literal().prop_map(Test::Equals),
        literal().prop_map(Test::NotEquals),
        vec(literal(), 1..4).prop_map(Test::OneOf),
        vec(literal(), 1..4).prop_map(Test::NoneOf),
        vec(literal(), 1..4).prop_map(Test::ContainsAll),
        word().prop_map(Test::Contains),
        word().prop_map(Test::StartsWith),
        word().prop_map(Test::EndsWith),
        any::<bool>().prop_map(Test::Exists),
        numbers().prop_map(|test| Test::Size(Box::new(test))),
        amounts(),
        fixed_dates(),
    ]
}

fn key_test(test: impl Strategy<Value = Test>) -> impl Strategy<Value = KeyTest> {
    let key = select(vec!["a", "b.c", "not", "d", "first", "strange key", "x.y", "-", "trait", "9", "ä.1"]);
    (key, test, any::<bool>()).prop_map(|(key, is, ignore_case)| {
        let has_text = matches!(&is, Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_))
            || matches!(&is, Test::Equals(Literal::Text(_)) | Test::NotEquals(Literal::Text(_)));
        KeyTest { key: key.to_owned(), is, ignore_case: ignore_case && has_text }
    })
}

fn events() -> impl Strategy<Value = Events> {
    let name = option::weighted(0.9, select(vec!["A", "B", "C"]).prop_map(str::to_owned));
    let conditions = prop_oneof![4 => Just(Vec::new()), 1 => vec(key_test(property_test()), 1..3)];
    (name, conditions).prop_map(|(event, conditions)| Events { event, conditions })
}

fn window() -> impl Strategy<Value = Option<Window>> {
    prop_oneof![
        Just(None),
        length().prop_map(|length| Some(Window::Last(length))),
        dates().prop_map(|dates| Some(Window::Between(dates))),
        when().prop_map(|when| Some(Window::Since(when))),
        when().prop_map(|when| Some(Window::Before(when))),
    ]
}

fn times() -> impl Strategy<Value = Times> {
    prop_oneof![
        (1..4_u32).prop_map(Times::AtLeast),
        (0..3_u32).prop_map(Times::AtMost),
        (0..3_u32).prop_map(Times::Exactly),
    ]
}

fn sequence() -> impl Strategy<Value = Sequence> {
    let step = (events(), any::<bool>(), option::of(length())).prop_map(|(events, not, within)| Step {
        events,
        not,
        within,
    });
    (events(), vec(step, 1..4), window()).prop_map(|(events, mut rest, window)| {
        // What must not happen, without a time, is not followed by what must not happen within one.
        for at in 1..rest.len() {
            if rest[at].not && rest[at].within.is_some() && rest[at - 1].not && rest[at - 1].within.is_none()
            {
                rest[at].within = None;
            }
        }
        let mut steps = vec![Step { events, not: false, within: None }];
        steps.append(&mut rest);
        Sequence { steps, window }
    })
}

fn aggregate(test: impl Strategy<Value = Test>) -> impl Strategy<Value = Aggregate> {
    (events(), select(vec!["d", "b.c"]), window(), test).prop_map(|(events, of, window, is)| Aggregate {
        events,
        of: of.to_owned(),
        window,
        is,
    })
}

fn key() -> impl Strategy<Value = String> {
    select(vec!["one", "two", "not", "a \"b\""]).prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = Condition> {
    let occasion = || (events(), date_tests()).prop_map(|(events, is)| Occasion { events, is });
    let measure = select(vec![Measure::Count, Measure::Total, Measure::Average]);
    let orders = (measure, currency(), any::<bool>(), window(), numbers()).prop_map(
        |(measure, currency, all, window, is)| {
            let currency = (!all || measure != Measure::Count).then_some(currency);
            Condition::Orders(Orders { measure, currency, window, is })
        },
    );
    let goods = prop_oneof![
        select(vec!["p1", "Mug"]).prop_map(|name| Goods::Product(name.to_owned())),
        Just(Goods::Category("Kitchen".to_owned())),
    ];
    let prediction = prop_oneof![numbers(), any::<bool>().prop_map(Test::Exists)];
    let near = (number(), number(), 0..400_i64).prop_map(|(latitude, longitude, kilometres)| {
        Condition::Near(Near {
            key: "d".to_owned(),
            latitude,
            longitude,
            kilometres: Decimal::from(kilometres),
        })
    });
    let sample = (0..=10_000_i64, key())
        .prop_map(|(percent, salt)| Condition::Sample(Sample { percent: Decimal::new(percent, 2), salt }));
    prop_oneof![
        4 => key_test(prop_oneof![property_test(), date_tests()]).prop_map(Condition::Trait),
        4 => (events(), times(), window())
            .prop_map(|(events, times, window)| Condition::Did(Behaviour { events, times, window })),
        4 => sequence().prop_map(Condition::Sequence),
        2 => occasion().prop_map(Condition::First),
        2 => occasion().prop_map(Condition::Last),
        1 => aggregate(amounts()).prop_map(Condition::Sum),
        1 => aggregate(amounts()).prop_map(Condition::Average),
        1 => aggregate(amounts()).prop_map(Condition::Minimum),
        1 => aggregate(amounts()).prop_map(Condition::Maximum),
        1 => aggregate(numbers()).prop_map(Condition::Distinct),
        2 => orders,
        1 => date_tests().prop_map(|is| Condition::FirstOrder(OrderDate { is })),
        1 => date_tests().prop_map(|is| Condition::LastOrder(OrderDate { is })),
        1 => (goods, times(), window())
            .prop_map(|(goods, times, window)| Condition::Bought(Bought { goods, times, window })),
        1 => key().prop_map(|key| Condition::Segment(SegmentRef { key })),
        1 => key().prop_map(|key| Condition::List(ListRef { key })),
        1 => key().prop_map(|purpose| Condition::Consent(ConsentRef { purpose })),
        1 => (key(), prediction).prop_map(|(name, is)| Condition::Prediction(PredictionTest { name, is })),
        1 => near,
        1 => sample,
    ]
}

/// Any sequence.
pub(super) fn sequence_rule() -> impl Strategy<Value = Rule> {
    sequence().prop_map(|sequence| Rule::new(Condition::Sequence(sequence)).unwrap())
}

/// Any rule.
pub(super) fn rule() -> impl Strategy<Value = Rule> {
    let condition = leaf().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Condition::All),
            vec(inner.clone(), 0..4).prop_map(Condition::Any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    });
    condition.prop_map(|condition| {
        Rule::new(condition.clone()).unwrap_or_else(|problems| panic!("{condition:?}: {problems}"))
    })
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        word().prop_map(Value::from),
        (-2..6_i64).prop_map(Value::from),
        (-20..60_i64).prop_map(|tenths| Value::from(f64::from(i32::try_from(tenths).unwrap()) / 10.)),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        money().prop_map(|money| json!({"amount": money.amount.to_string(), "currency": money.currency})),
        day().prop_map(|day| Value::from(day.to_string())),
        instant().prop_map(|at| Value::from(at.to_rfc3339())),
        Just(json!({"latitude": 1, "longitude": 2.5})),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => scalar(),
        1 => vec(scalar(), 0..3).prop_map(Value::from),
        1 => scalar().prop_map(|value| json!({"c": value})),
        1 => vec(scalar(), 0..3).prop_map(|values| json!([{"c": values}, {"c": 1}])),
    ]
}

/// Entries of different instants: of one instant the last would hold, and then their order would matter.
fn timeline<T: Clone + std::fmt::Debug>(
    of: impl Strategy<Value = T>,
) -> impl Strategy<Value = Vec<(Option<DateTime<Utc>>, Option<T>)>> {
    vec((option::weighted(0.8, instant()), option::weighted(0.8, of)), 0..4).prop_map(|mut entries| {
        entries.sort_by_key(|(from, _)| *from);
        entries.dedup_by_key(|(from, _)| *from);
        entries
    })
}

fn timelines<T: Clone + std::fmt::Debug>(
    keys: &'static [&'static str],
    of: impl Strategy<Value = T>,
) -> impl Strategy<Value = std::collections::BTreeMap<String, Timeline<T>>> {
    let key = select(keys).prop_map(str::to_owned);
    proptest::collection::btree_map(key, timeline(of).prop_map(Timeline::new), 0..4)
}

fn event() -> impl Strategy<Value = Event> {
    let properties = proptest::collection::btree_map(select(vec!["a", "b", "d", "currency"]), value(), 0..4);
    (select(vec!["A", "B", "C"]), instant(), properties).prop_map(|(name, occurred_at, properties)| Event {
        name: name.to_owned(),
        occurred_at,
        properties: properties.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
    })
}

fn order() -> impl Strategy<Value = Order> {
    let line = Line {
        product: Some("p1".to_owned()),
        sku: None,
        name: Some("Mug".to_owned()),
        categories: vec!["Kitchen".to_owned()],
    };
    let lines = select(vec![Vec::new(), vec![line]]);
    (option::weighted(0.8, instant()), any::<bool>(), number(), currency(), lines).prop_map(
        |(placed_at, counts, revenue, currency, lines)| {
            // Some of either sign are returns.
            let is_return = revenue.scale() % 2 == 1;
            Order { placed_at, counts, is_return, revenue, currency, lines }
        },
    )
}

/// Anyone.
pub(super) fn person() -> impl Strategy<Value = Person> {
    const KEYS: &[&str] = &["one", "two", "not"];
    (
        (any::<u128>().prop_map(Uuid::from_u128), option::weighted(0.3, instant())),
        timelines(&["a", "b", "d", "not", "x.y"], value()),
        vec(event(), 0..10),
        vec(order(), 0..5),
        timelines(KEYS, any::<bool>()),
        timelines(KEYS, select(vec![0.5, 1., 2.5, f64::NAN, f64::INFINITY])),
        timelines(KEYS, any::<bool>()),
        timelines(KEYS, any::<bool>()),
    )
        .prop_map(|((id, since), traits, events, orders, consents, predictions, segments, lists)| {
            Person { id, since, traits, events, orders, consents, predictions, segments, lists }
        })
}
