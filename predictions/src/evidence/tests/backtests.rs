//! Back-tests show a model nothing of what was to come, and find out who is right.

use crate::btyd::tests::simulate::{Chance, geometric, spend};
use crate::btyd::{FitError, Kind, Options};
use crate::evidence::{
    Backtest, BacktestError, Bootstrap, Case, Contender, Forecast, Past, Plan, Reading, Transaction,
    Transactions, Verdict, backtest, choose,
};

const KNOWN: i64 = 700;
const TRUTH: [f64; 4] = [0.6, 40.0, 0.8, 2.4];

/// Customers of BG/NBD who first come in the first 200 days.
fn base(customers: usize) -> Transactions {
    let mut chance = Chance(31);
    let mut bought = Vec::new();
    for customer in 0..customers {
        let first = 200.0 * chance.uniform();
        let times = geometric(&mut chance, TRUTH, false, 700.0 - first);
        for time in std::iter::once(0.0).chain(times) {
            let amount = spend(&mut chance, [6.25, 3.74, 15.44], 1);
            bought.push(Transaction { customer, time: first + time, amount });
        }
    }
    Transactions::new(bought).expect("purchases")
}

fn plan() -> Plan {
    Plan::rolling(KNOWN, 150, 3)
}

fn asked<E: std::fmt::Debug, F: Fn(&[Case], f64) -> Vec<Forecast>>(
    learn: impl Fn(&Past) -> Result<F, E>,
) -> Result<Backtest, BacktestError<E>> {
    backtest(&base(1500), KNOWN, &plan(), &Bootstrap { replicates: 60, ..Bootstrap::new(2) }, learn)
}

#[test]
fn a_true_model_is_found_to_be_good() {
    let contender = Contender { kind: Kind::BgNbd, reading: Reading::Active };
    let found = asked(|past| {
        assert!(past.transactions.days().is_some_and(|(_, last)| last < past.at), "it sees what is to come");
        let learned = contender.learn(past, &Options::default())?;
        Ok::<_, FitError>(move |cases: &[Case], window: f64| learned.forecast(cases, window))
    })
    .expect("a back-test");
    assert_eq!(found.origins.iter().map(|origin| origin.day).collect::<Vec<_>>(), [400, 475, 550]);
    assert!(found.origins.iter().all(|origin| origin.customers == 1500));
    let value = |name: &str| found.metric(name).expect("a figure").value;
    assert!(value("purchases_bias").abs() < 0.1 && value("value_bias").abs() < 0.12, "{found:?}");
    assert!(value("ece") < 0.03, "{found:?}");
    for name in ["auc", "brier", "log_loss", "purchases_mae", "purchases_rmse"] {
        assert_eq!(found.metric(name).expect("a figure").verdict, Some(Verdict::Yes), "{name}: {found:?}");
    }
    assert_eq!(found.verdict, Some(Verdict::Yes));
    for metric in &found.metrics {
        let interval = metric.interval.expect("an interval");
        assert!(interval.low <= interval.high && interval.low.is_finite(), "{metric:?}");
    }
    assert_eq!(found.calibration.iter().map(|bin| bin.count).sum::<usize>(), 4500);
    // The curves begin at each origin, rise, and end with its window.
    assert_eq!(found.tracking.len(), 30);
    for curve in found.tracking.chunk_by(|a, b| a.from == b.from) {
        assert!(curve.is_sorted_by(|a, b| a.predicted <= b.predicted && a.actual <= b.actual), "{curve:?}");
        let end = curve.last().expect("an end");
        assert_eq!(end.to, end.from + 150);
        assert!((end.predicted / end.actual - 1.0).abs() < 0.15, "{end:?}");
    }
}

#[test]
fn the_rule_itself_does_not_beat_the_rule_and_its_opposite_loses() {
    for (sign, verdict) in [(1.0, Verdict::No), (-1.0, Verdict::No)] {
        let found = asked(|_| {
            Ok::<_, FitError>(move |cases: &[Case], _: f64| {
                let likely = |case: &Case| {
                    let recency = 1.0 / (1.0 + case.history.silence());
                    if sign > 0.0 { recency } else { 1.0 - recency }
                };
                cases
                    .iter()
                    .map(|case| Forecast { active: likely(case), purchases: 0.1, value: None })
                    .collect()
            })
        })
        .expect("a back-test");
        assert_eq!(found.verdict, Some(verdict));
        let auc = found.metric("auc").expect("a figure");
        assert_eq!(Some(auc.value) == auc.baseline, sign > 0.0, "{auc:?}");
        // No value was named: there is none to judge, and the lift is that of who came.
        assert!(found.metric("value_mae").is_none() && found.lift.len() == 10);
    }
}

#[test]
fn contenders_are_chosen_by_their_past_alone() {
    let transactions = base(1500);
    let past = transactions.before(400);
    let options = Options::default();
    let choice = choose(&past, 300, &Contender::all(), &options).expect("a choice");
    assert_eq!(choice.plan.horizon, 133);
    assert_eq!(choice.plan.origins, [135, 201, 267]);
    assert_eq!(choice.tried.iter().map(|tried| tried.contender).collect::<Vec<_>>(), Contender::all());
    let best = choice.tried.iter().map(|tried| tried.auc).fold(0.0, f64::max);
    let chosen = choice.tried.iter().find(|tried| tried.contender == choice.contender).expect("was tried");
    assert!((chosen.auc - best).abs() < 1e-15 && best > 0.6, "{choice:?}");
    assert_eq!(choose(&past, 300, &[], &options), None);
    assert_eq!(choose(&Transactions::default().before(9), 300, &Contender::all(), &options), None);
    // Nobody came again, so nothing can be learnt.
    let once = (0..50).map(|customer| Transaction { customer, time: 0.0, amount: 1.0 });
    let once = Transactions::new(once).expect("purchases").before(100);
    assert_eq!(choose(&once, 30, &Contender::all(), &options), None);
}

#[test]
fn readings_lie_in_their_order() {
    let past = base(300).before(400);
    let cases = past.cases();
    let of = |reading: Reading| {
        let learned = Contender { kind: Kind::MbgNbd, reading }.learn(&past, &Options::default());
        learned.expect("a fit").forecast(&cases, 100.0)
    };
    let [active, expected, between] = Reading::ALL.map(of);
    for ((active, expected), between) in active.iter().zip(&expected).zip(&between) {
        assert!(active.active <= between.active && between.active <= expected.active);
        assert_eq!((active.purchases, active.value), (expected.purchases, expected.value));
    }
}

#[test]
fn what_cannot_be_asked_is_said() {
    type Answers = fn(&[Case], f64) -> Vec<Forecast>;
    let transactions = base(50);
    let ask = |plan: &Plan, answers: Result<Answers, FitError>| {
        let bootstrap = Bootstrap { replicates: 5, ..Bootstrap::new(1) };
        backtest(&transactions, KNOWN, plan, &bootstrap, |_| answers.clone()).expect_err("not to be asked")
    };
    let none: Answers = |_, _| Vec::new();
    let from = |origin: i64| Plan { origins: vec![origin], horizon: 100 };
    assert_eq!(ask(&Plan { origins: vec![], horizon: 9 }, Ok(none)), BacktestError::NoPlan);
    assert_eq!(ask(&Plan { origins: vec![500], horizon: 0 }, Ok(none)), BacktestError::NoPlan);
    assert_eq!(ask(&from(601), Ok(none)), BacktestError::NotOver { from: 601, to: 701, known: KNOWN });
    assert_eq!(
        ask(&from(i64::MAX), Ok(none)),
        BacktestError::NotOver { from: i64::MAX, to: i64::MAX, known: KNOWN }
    );
    assert_eq!(ask(&from(-5), Ok(none)), BacktestError::Nobody(-5));
    assert_eq!(ask(&from(600), Ok(none)), BacktestError::OtherCustomers { asked: 50, answered: 0 });
    let wild: Answers =
        |cases, _| vec![Forecast { active: f64::NAN, purchases: 0.0, value: None }; cases.len()];
    assert!(matches!(ask(&from(600), Ok(wild)), BacktestError::NoForecast { .. }));
    let unlearnt = ask(&from(600), Err(FitError::NoRepeats));
    assert_eq!(
        unlearnt.to_string(),
        "learning from what had happened before day 600: no customer came again: nothing can be learnt about when they do"
    );
}

#[test]
fn a_far_spender_and_customers_who_all_do_the_same_leave_numbers() {
    let same = (0..40).flat_map(|customer| [0.0, 10.0, 20.0, 30.0].map(|time| (customer, time, 5.0)));
    let all = same.chain([(99, 0.0, 5.0), (99, 8.0, 1e9), (99, 22.0, 1e9)]);
    let all = all.map(|(customer, time, amount)| Transaction { customer, time, amount });
    let transactions = Transactions::new(all).expect("purchases");
    let plan = Plan { origins: vec![12, 16, 20], horizon: 11 };
    for contender in Contender::all() {
        let bootstrap = Bootstrap { replicates: 40, ..Bootstrap::new(1) };
        let found = backtest(&transactions, 31, &plan, &bootstrap, |past| {
            let learned = contender.learn(past, &Options::default())?;
            Ok::<_, FitError>(move |cases: &[Case], window: f64| learned.forecast(cases, window))
        })
        .expect("a back-test");
        for metric in &found.metrics {
            let ends = metric
                .interval
                .into_iter()
                .chain(metric.gain)
                .flat_map(|interval| [interval.low, interval.high]);
            let all = ends.chain(metric.baseline).chain([metric.value]);
            assert!(all.into_iter().all(f64::is_finite), "{metric:?}");
        }
        // Everybody came: there is no order to judge.
        assert_eq!((found.metric("auc"), found.verdict), (None, None));
    }
}
