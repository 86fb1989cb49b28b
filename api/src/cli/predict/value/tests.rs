use std::path::Path;

use super::*;
use crate::cli::predict::scratch::{Scratch, csv, data, purchases, typed};

const COLUMNS: &str = "--customer customer --date date --amount amount";
const HEADINGS: &str = "customer,date,item,amount";

fn report(path: &Path, options: &str) -> Result<serde_json::Value, String> {
    let args: Value = typed(path, &format!("{COLUMNS} {options}"));
    let told = |error| format!("{error:#}");
    let (purchases, studied) = study(&args).map_err(told)?;
    if let Some(path) = &args.scores {
        files::write(path, |file| scores::write(file, &purchases, &studied)).unwrap();
    }
    let report = Report::new(&purchases, &studied);
    Ok(serde_json::to_value(&report).unwrap())
}

fn figure<'a>(report: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    let figures = report["backtest"]["figures"].as_array().unwrap();
    figures.iter().find(|figure| figure["name"] == name).unwrap()
}

#[test]
fn customers_who_buy_by_a_law_are_predicted_and_the_report_says_how_well() {
    let scratch = Scratch::new();
    let mut rows = purchases(400);
    let path = scratch.file("a.csv", &csv(HEADINGS, &rows));
    let options = "--calibration-end 2025-08-31";
    let found = report(&path, options).unwrap();
    assert_eq!(found["customers"], 400);
    assert_eq!(found["chosen"]["by"], "past");
    assert_eq!(found["chosen"]["tried"].as_array().unwrap().len(), 9);
    assert!(figure(&found, "auc")["value"].as_f64().unwrap() > 0.75, "{found:#}");
    assert_eq!(figure(&found, "brier")["beatsBaseline"], "yes");
    assert_eq!(found["purchases"]["status"], "converged");
    assert_eq!(found["backtest"]["tracking"].as_array().unwrap().len(), 10);

    rows.reverse();
    let turned = report(&scratch.file("a.csv", &csv(HEADINGS, &rows)), options).unwrap();
    assert_eq!(found, turned, "the order of rows says nothing");
}

#[test]
fn a_model_can_be_asked_for() {
    let scratch = Scratch::new();
    let path = scratch.file("a.csv", &csv(HEADINGS, &purchases(200)));
    for (asked, name) in [("bg-nbd", "BG/NBD"), ("mbg-nbd", "MBG/NBD"), ("pareto-nbd", "Pareto/NBD")] {
        let found = report(&path, &format!("--calibration-end 2025-08-31 --model {asked}")).unwrap();
        assert_eq!((&found["chosen"]["by"], &found["purchases"]["model"]), (&"request".into(), &name.into()));
    }
}

#[test]
fn each_customer_has_a_row_of_scores_whose_reasons_add_up() {
    let scratch = Scratch::new();
    let path = scratch.file("a.csv", &csv(HEADINGS, &purchases(120)));
    let scores = scratch.path("scores.csv");
    let known = format!("--calibration-end 2025-09-30 --scores {}", scores.display());
    // Beyond what is known nothing is judged, but predicted all the same.
    let coming =
        format!("--calibration-end 2025-12-31 --holdout-end 2026-03-31 --scores {}", scores.display());
    for (options, judged) in [(known, true), (coming, false)] {
        let found = report(&path, &options).unwrap();
        assert_eq!(found["backtest"].is_object(), judged);
        let mut reader = csv::Reader::from_path(&scores).unwrap();
        let headings = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 120);
        for row in rows {
            let cell =
                |name: &str| row.get(headings.iter().position(|heading| heading == name).unwrap()).unwrap();
            let number = |name: &str| cell(name).parse::<f64>().unwrap();
            let parts = ["base", "recency_adds", "frequency_adds", "age_adds", "spend_adds"];
            let sum: f64 = parts.into_iter().map(number).sum();
            assert!((sum - number("expected_value")).abs() < 1e-3, "{row:?}");
            assert!((0.0..=1.0).contains(&number("p_active")) && number("expected_purchases") >= 0.0);
            assert!(cell("reasons").contains("ago") || cell("reasons").contains("came back"), "{row:?}");
            assert_eq!(cell("actual_value").is_empty(), !judged);
            assert!(cell("last_purchase").starts_with("2025-"));
        }
    }
}

#[test]
fn what_nothing_can_be_learned_from_is_a_clear_error() {
    let scratch = Scratch::new();
    let once = "customer,date,amount\na,2025-01-01,1\nb,2025-01-02,1\nc,2025-06-01,1\n";
    let one = "customer,date,amount\na,2025-01-01,1\na,2025-02-01,1\na,2025-06-01,1\n";
    for (text, options, expected) in [
        (once, "--calibration-end 2025-03-01", "no customer came again"),
        (one, "--calibration-end 2025-03-01", "one customer is too few"),
        (once, "--calibration-end 2024-12-31", "nobody buys before 2025-01-01"),
        (once, "--calibration-end 2025-06-01", "the last purchase is on 2025-06-01"),
        (once, "--calibration-end 2025-03-01 --holdout-end 2025-03-01", "must be after"),
        (
            "customer,date,amount\na,1/2/2025,1\n",
            "--calibration-end 2025-03-01",
            "line 2, column `date`: `1/2/2025` is no date",
        ),
        (
            "customer,date,paid\na,2025-01-01,1\n",
            "--calibration-end 2025-03-01",
            "no column `amount`; it has `customer`, `date`, `paid`",
        ),
    ] {
        let error = report(&scratch.file("a.csv", text), options).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

/// Two customers, gifts only, a purchase of a thousand million: numbers come out, or an error, and never NaN.
#[test]
fn strange_purchases_give_numbers_all_the_same() {
    let scratch = Scratch::new();
    let two = "customer,date,amount\na,2025-01-01,1\na,2025-02-01,2\nb,2025-01-05,1\na,2025-06-01,1\n";
    let gifts = two.replace(",2\n", ",0\n").replace(",1\n", ",0\n");
    let outlier =
        csv("customer,date,item,amount", &purchases(60)) + "x,2025-02-01,i1,5\nx,2025-03-01,i1,1000000000\n";
    for text in [two, &gifts, &outlier] {
        let found = report(&scratch.file("a.csv", text), "--calibration-end 2025-03-15").unwrap();
        // What is no number would be null.
        assert!(found["purchases"]["logLikelihood"].is_f64(), "{found:#}");
        for figure in found["backtest"]["figures"].as_array().unwrap() {
            assert!(figure["value"].is_f64(), "{figure}");
        }
    }
}

/// Fader, Hardie & Lee 2005, and the Gamma-Gamma note of 2013: from the purchases of the sample, as an analyst has them.
#[test]
fn cdnow_comes_out_as_published() {
    let Some(path) = data("cdnow/CDNOW_sample.txt") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        format!("{},{},{}", cells[1], cells[2], cells[4])
    };
    let rows: Vec<String> = text.lines().filter(|line| !line.trim().is_empty()).map(row).collect();
    let scratch = Scratch::new();
    let path = scratch.file("cdnow.csv", &csv("customer,date,amount", &rows));
    for (model, parameters, log_likelihood) in [
        ("bg-nbd", [0.243, 4.414, 0.793, 2.426], -9582.4),
        ("mbg-nbd", [0.525, 6.183, 0.891, 1.614], -9582.1),
        ("pareto-nbd", [0.553, 10.578, 0.606, 11.669], -9595.0),
    ] {
        let options = format!("--calibration-end 1997-09-30 --holdout-end 1998-06-30 --model {model}");
        let found = report(&path, &options).unwrap();
        assert_eq!((&found["customers"], &found["cameAgain"]), (&2357.into(), &946.into()));
        for (at, published) in parameters.into_iter().enumerate() {
            let parameter = &found["purchases"]["parameters"][at];
            let got = parameter["value"].as_f64().unwrap();
            // The likelihood hardly bends along β of Pareto/NBD.
            let close = if published > 11.0 { 5e-3 } else { 1.1e-3 };
            assert!((got - published).abs() < close, "{model} {parameter}");
            assert!(parameter["standardError"].as_f64().unwrap() > 0.0);
        }
        let got = found["purchases"]["logLikelihood"].as_f64().unwrap();
        assert!((got - log_likelihood).abs() < 0.05, "{model}: {got}");
        let spend = &found["spend"]["logLikelihood"];
        assert!((spend.as_f64().unwrap() + 4055.9177).abs() < 6e-5, "{spend}");
        for (at, published) in [6.25, 3.74, 15.45].into_iter().enumerate() {
            let got = found["spend"]["parameters"][at]["value"].as_f64().unwrap();
            assert!((got - published).abs() < 0.01, "{got} is not {published}");
        }
    }
}
