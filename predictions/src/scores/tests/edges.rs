//! Bad data become an error or a status, and never a number that is none.

use std::collections::BTreeMap;

use super::super::{
    BadTable, Calibrator, Direction, Method, Options, Scorer, Status, Table, TrainError, Why,
};
use super::{METHODS, auc, customers, few_trees, options};

#[test]
fn what_is_no_number_is_turned_away() {
    let mut table = Table::new(3).expect("few rows");
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = table.numbers("spend", [Some(1.0), None, Some(bad)]).expect_err("no number");
        assert_eq!(error, BadTable::NoNumber { column: "spend".to_owned(), row: 2 });
    }
    let error = table.numbers("spend", [Some(1.0)]).expect_err("too short");
    assert_eq!(error, BadTable::Length { column: "spend".to_owned(), found: 1, rows: 3 });
    table.levels("plan", [Some("a"), None, Some("b")]).expect("levels");
    assert_eq!(table.levels("plan", [Some("a"); 3]), Err(BadTable::Twice("plan".to_owned())));
    assert_eq!(table.select(&[3]), Err(BadTable::NoRow(3)));
}

#[test]
fn what_cannot_be_learnt_from_is_said() {
    let (table, labels) = customers(100, 31);
    let train =
        |labels: &[bool], options: &Options| Scorer::train(&table, labels, options).expect_err("an error");
    let plain = Options::default();
    assert_eq!(train(&[true; 100], &plain), TrainError::OneClass { rows: 100, positives: 100 });
    assert_eq!(train(&[false; 100], &plain), TrainError::OneClass { rows: 100, positives: 0 });
    assert_eq!(train(&labels[1..], &plain), TrainError::Labels { rows: 100, labels: 99 });
    let one = table.select(&[0]).expect("a row");
    assert_eq!(Scorer::train(&one, &[true], &plain), Err(TrainError::OneClass { rows: 1, positives: 1 }));
    let nobody = table.select(&[]).expect("no rows");
    assert_eq!(Scorer::train(&nobody, &[], &plain), Err(TrainError::OneClass { rows: 0, positives: 0 }));
    let all = table.names().map(str::to_owned).collect();
    assert_eq!(train(&labels, &Options { excluded: all, ..plain.clone() }), TrainError::NoFeatures(6));
    let unknown = Options { excluded: ["wealth".to_owned()].into(), ..plain.clone() };
    assert_eq!(train(&labels, &unknown), TrainError::Table(BadTable::NoColumn("wealth".to_owned())));
    let monotone = BTreeMap::from([("contract".to_owned(), Direction::Up)]);
    let error = train(&labels, &Options { monotone, ..plain.clone() });
    assert_eq!(error, TrainError::NotMonotone("contract".to_owned()));
    for ridge in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = train(&labels, &Options { ridge, ..plain.clone() });
        assert!(matches!(error, TrainError::Option { name: "ridge", .. }), "{error}");
    }
}

#[test]
fn the_fewest_customers_get_a_number_and_a_warning() {
    let (table, labels) = customers(60, 32);
    let two = [labels.iter().position(|label| *label), labels.iter().position(|label| !*label)];
    let two = table.select(&two.map(|row| row.expect("both classes"))).expect("rows");
    for method in METHODS {
        let scorer = Scorer::train(&two, &[true, false], &options(method)).expect("a score");
        assert_eq!(scorer.status(), Status::FewData);
        assert_eq!(scorer.trained_on(), (2, 1));
        for calibrator in [Calibrator::Platt, Calibrator::Isotonic] {
            let scorer =
                scorer.clone().calibrated(calibrator, &two, &[true, false], 1).expect("a calibration");
            sound(&scorer, &table);
        }
    }
}

#[test]
fn constant_features_say_nothing_and_are_named() {
    let (mut table, labels) = customers(500, 33);
    table.numbers("currency rate", [Some(1.0); 500]).expect("numbers");
    table.levels("country", [Some("NL"); 500]).expect("levels");
    table.numbers("never known", [None; 500]).expect("numbers");
    table.levels::<&str>("never told", [None; 500]).expect("levels");
    let scorer = Scorer::train(&table, &labels, &Options::default()).expect("a score");
    let silent: Vec<&str> = scorer
        .left_out()
        .iter()
        .filter(|of| of.why == Why::SaysNothing)
        .map(|of| of.column.as_str())
        .collect();
    assert_eq!(silent, ["country", "currency rate", "never known", "never told"]);
}

#[test]
fn outliers_spoil_nothing() {
    let (plain, labels) = customers(2_000, 34);
    for outlier in [1e9, -1e9, f64::MAX, f64::MIN] {
        let mut table = Table::new(2_000).expect("few rows");
        for name in ["visits", "tenure", "noise"] {
            let values = (0..2_000).map(|row| match plain.value(name, row).expect("a value") {
                super::super::Value::Number(_) if row == 17 => Some(outlier),
                super::super::Value::Number(number) => Some(number),
                _ => None,
            });
            table.numbers(name, values).expect("numbers");
        }
        // 0 but twice.
        table
            .numbers(
                "rare",
                (0..2_000).map(|row| {
                    Some(match row {
                        3 => outlier,
                        4 => -outlier,
                        _ => 0.0,
                    })
                }),
            )
            .expect("numbers");
        for method in METHODS {
            let scorer = Scorer::train(&table, &labels, &options(method)).expect("a score");
            let found = auc(&scorer, &table, &labels);
            assert!(found > 0.70, "{method:?} with {outlier}: {found}");
            sound(&scorer, &table);
        }
    }
}

#[test]
fn numbers_at_the_end_of_all_numbers_are_numbers() {
    let labels: Vec<bool> = (0..200).map(|row| row % 3 == 0).collect();
    let columns: [fn(u32) -> f64; 5] = [
        |row| if row % 2 == 0 { f64::MAX } else { f64::MIN },
        |row| f64::MAX / f64::from(row + 1),
        |row| if row == 0 { 0.0 } else { f64::MAX / f64::from(row + 1) },
        |row| 5e-324 * f64::from(row % 3),
        |row| 1e15 + f64::from(row % 3),
    ];
    for of in columns {
        let mut table = Table::new(200).expect("few rows");
        table.numbers("plain", (0..200).map(|row| Some(f64::from(row % 7)))).expect("numbers");
        table.numbers("extreme", (0..200).map(|row| Some(of(row)))).expect("numbers");
        for method in METHODS {
            let scorer = Scorer::train(&table, &labels, &few_trees(method)).expect("a score");
            sound(&scorer, &table);
            assert_eq!(Scorer::from_json(&scorer.to_json().expect("JSON")).expect("a score"), scorer);
        }
    }
}

#[test]
fn ten_thousand_levels_are_few() {
    let (mut table, labels) = customers(20_000, 35);
    table.levels("id", (0..20_000).map(|row| Some(format!("customer {}", row % 10_000)))).expect("levels");
    let many = (0..20_000_usize).map(|row| Some(format!("street {}", row * row % 997)));
    table.levels("street", many).expect("levels");
    for method in METHODS {
        let scorer = Scorer::train(&table, &labels, &few_trees(method)).expect("a score");
        // Levels of two customers each tell nothing, and are one.
        assert!(scorer.features().all(|name| name != "id"));
        assert!(scorer.coefficients().len() < 200);
        sound(&scorer, &table);
    }
}

#[test]
fn levels_never_seen_and_values_out_of_range_are_answered() {
    let (table, labels) = customers(1_000, 36);
    let mut strange = Table::new(3).expect("few rows");
    strange.levels("contract", [Some("perpetual"), None, Some("")]).expect("levels");
    for name in ["visits", "tenure", "tickets", "noise"] {
        strange.numbers(name, [Some(f64::MAX), Some(f64::MIN), None]).expect("numbers");
    }
    for method in METHODS {
        let scorer = Scorer::train(&table, &labels, &options(method)).expect("a score");
        sound(&scorer, &strange);
        let mut kind = Table::new(1).expect("few rows");
        assert_eq!(scorer.scores(&kind, 1), Err(BadTable::NoColumn("contract".to_owned())));
        kind.numbers("contract", [Some(1.0)]).expect("numbers");
        assert_eq!(scorer.scores(&kind, 1), Err(BadTable::OtherKind("contract".to_owned())));
        assert_eq!(scorer.reasons(&table, 1_000), Err(BadTable::NoRow(1_000)));
    }
}

#[test]
fn classes_that_are_told_apart_exactly_do_not_run_away() {
    let labels: Vec<bool> = (0..400).map(|row| row >= 200).collect();
    let mut table = Table::new(400).expect("few rows");
    table.numbers("telling", (0..400).map(|row| Some(f64::from(row)))).expect("numbers");
    for method in METHODS {
        let scorer = Scorer::train(&table, &labels, &options(method)).expect("a score");
        assert_eq!(scorer.status(), Status::Trained);
        sound(&scorer, &table);
        for calibrator in [Calibrator::Platt, Calibrator::Isotonic] {
            sound(&scorer.clone().calibrated(calibrator, &table, &labels, 1).expect("a calibration"), &table);
        }
    }
    assert!(matches!(
        Scorer::train(&table, &labels, &options(Method::Logistic)).map(|scorer| scorer.trees()),
        Ok(0)
    ));
}

/// Every answer is a number.
fn sound(scorer: &Scorer, table: &Table) {
    for (row, score) in scorer.scores(table, 1).expect("scores").into_iter().enumerate() {
        assert!(score.log_odds.is_finite() && (0.0..=1.0).contains(&score.probability), "{score:?}");
        if row % 97 == 0 {
            let reasons = scorer.reasons(table, row).expect("reasons");
            let sum = reasons.base + reasons.reasons.iter().map(|of| of.contribution).sum::<f64>();
            assert!((sum - score.log_odds).abs() < 1e-9, "{sum} is not {score:?}");
        }
    }
}
