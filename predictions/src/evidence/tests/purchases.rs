//! Purchases are cut cleanly into what was known and what came.

use crate::btyd::{History, Spend};
use crate::evidence::{BadTransaction, Outcome, Transaction, Transactions};

fn bought(customer: usize, time: f64, amount: f64) -> Transaction {
    Transaction { customer, time, amount }
}

fn few() -> Vec<Transaction> {
    vec![
        bought(7, 0.2, 10.0),
        bought(7, 0.9, 5.0),
        bought(7, 3.5, 8.0),
        bought(7, 9.0, 4.0),
        bought(2, 9.99, 1.0),
        bought(4, -3.0, 0.0),
        bought(4, 400.0, 6.0),
    ]
}

#[test]
fn the_past_knows_what_had_happened_by_the_morning() {
    let transactions = Transactions::new(few()).expect("purchases");
    assert_eq!(transactions.days(), Some((-3, 400)));
    let past = transactions.before(9);
    let cases = past.cases();
    assert_eq!(cases.iter().map(|case| case.customer).collect::<Vec<_>>(), [4, 7]);
    assert_eq!(cases[0].history, History::new(0, 0.0, 11.0).expect("a history"));
    assert_eq!((cases[0].spend, cases[0].last_year), (None, 0.0));
    // Two on one day are one; the first is no repeat.
    assert_eq!(cases[1].history, History::new(1, 3.0, 8.0).expect("a history"));
    assert_eq!(cases[1].spend, Spend::new(1, 8.0).ok());
    assert!((cases[1].last_year - 23.0).abs() < 1e-12);
    let none = Outcome { purchases: 0.0, paid: 0.0 };
    assert_eq!(transactions.outcomes(&cases, 9, 10), [none, Outcome { purchases: 1.0, paid: 4.0 }]);
    assert_eq!(transactions.outcomes(&cases, 10, 401), [Outcome { purchases: 1.0, paid: 6.0 }, none]);
    // A year later what was paid is no longer of the last year.
    let later = transactions.before(401).cases();
    assert_eq!(later.iter().map(|case| case.last_year).collect::<Vec<_>>(), [0.0, 6.0, 0.0]);
    assert_eq!(transactions.before(-3).cases(), []);
}

#[test]
fn the_order_in_which_purchases_come_does_not_matter() {
    let mut backwards = few();
    backwards.reverse();
    assert_eq!(Transactions::new(few()), Transactions::new(backwards));
}

#[test]
fn what_is_no_purchase_is_said() {
    for time in [f64::NAN, f64::INFINITY, 2e9] {
        let error = Transactions::new([bought(1, 1.0, 1.0), bought(1, time, 1.0)]).expect_err("no time");
        assert!(matches!(error, BadTransaction::NoTime { at: 1, .. }), "{error}");
    }
    for amount in [f64::NAN, -1.0, f64::INFINITY] {
        let error = Transactions::new([bought(1, 1.0, amount)]).expect_err("no amount");
        assert!(error.to_string().contains("leave out returns"), "{error}");
    }
    // Nobody loses their history to a sum that no spend can be.
    let dear = Transactions::new([0.0, 1.0, 1.0].map(|time| bought(1, time, 1e15))).expect("purchases");
    assert_eq!(dear.before(9).cases().len(), 1);
}
