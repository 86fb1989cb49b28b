use std::path::Path;

use super::*;
use crate::cli::predict::scratch::{Scratch, csv, purchases, typed};

const HEADINGS: &str = "customer,date,item,amount";

fn report(path: &Path, options: &str) -> Result<serde_json::Value, String> {
    let args: Recommend = typed(path, &format!("--customer customer --item item --date date {options}"));
    let all = || -> anyhow::Result<_> {
        let orders = read(&args)?;
        let studied = study(&args, &orders, &|_| {})?;
        let report = Report::new(&args, &orders, studied);
        Ok(serde_json::to_value(&report)?)
    };
    all().map_err(|error| format!("{error:#}"))
}

#[test]
fn tastes_are_found_and_the_report_says_how_well() {
    let scratch = Scratch::new();
    let mut rows = purchases(300);
    let path = scratch.file("a.csv", &csv(HEADINGS, &rows));
    let options = "--split 2025-09-01 --for c0";
    let found = report(&path, options).unwrap();
    assert_eq!((&found["customers"], &found["items"]), (&300.into(), &40.into()));
    let [all, new] = [0, 1].map(|at| &found["judged"]["purposes"][at]);
    assert_eq!((&all["purpose"], &new["purpose"]), (&"all".into(), &"new".into()));
    assert_eq!(all["lists"].as_array().unwrap().len(), 3);
    for asked in [all, new] {
        let ndcg = |at: usize| asked["lists"][at]["ndcg"].as_f64().unwrap();
        let popularity = asked["lists"].as_array().unwrap().len() - 1;
        assert_eq!(asked["lists"][popularity]["by"], "popularity");
        assert!(ndcg(0) > ndcg(popularity) + 0.1, "{asked:#}");
    }
    assert_eq!(new["beatsBaseline"], "yes", "{new:#}");
    // Of each item that is shown, popularity and what was bought before are the whole score.
    for list in ["all", "new"] {
        let items = found["for"][list].as_array().unwrap();
        assert!(!items.is_empty());
        for item in items {
            let because = item["becauseBought"].as_array().unwrap();
            let sum: f64 = because.iter().map(|because| because["adds"].as_f64().unwrap()).sum();
            let score = item["score"].as_f64().unwrap();
            assert!((item["popularity"].as_f64().unwrap() + sum - score).abs() < 1e-9, "{item}");
            assert!(list == "all" || item["boughtBefore"] == false, "{item}");
        }
    }

    rows.reverse();
    let turned = report(&scratch.file("a.csv", &csv(HEADINGS, &rows)), options).unwrap();
    assert_eq!(found, turned, "the order of rows says nothing");
}

#[test]
fn a_customer_is_recommended_something_where_nothing_is_known_since() {
    let scratch = Scratch::new();
    let path = scratch.file("a.csv", &csv(HEADINGS, &purchases(100)));
    let found = report(&path, "--split 2026-01-01 --for c7").unwrap();
    assert!(found["judged"].is_null());
    assert_eq!(found["for"]["basis"], "history");
    assert_eq!(found["for"]["all"].as_array().unwrap().len(), 10);
    // Who came after the split is not known before it.
    let late = csv(HEADINGS, &purchases(100)) + "late,2025-12-31,i1,1\n";
    let found = report(&scratch.file("a.csv", &late), "--split 2025-10-01 --for late").unwrap();
    assert_eq!(found["for"]["basis"], "popularity");
}

#[test]
fn what_nothing_can_be_learned_from_is_a_clear_error() {
    let scratch = Scratch::new();
    let two = "customer,date,item\na,2025-01-01,x\nb,2025-06-01,y\n";
    let one = "customer,date,item\na,2025-01-01,x\na,2025-06-01,x\n";
    for (text, options, expected) in [
        (one, "--split 2025-02-01", "one customer is too few"),
        (two, "--split 2025-01-01", "nothing is bought before 2025-01-01"),
        (two, "--split 2025-06-02", "nothing is bought since 2025-06-02"),
        (two, "--split 2025-02-01", "nobody who bought before 2025-02-01"),
        (two, "--split 2025-02-01 --for c", "no row is about the customer `c`"),
        ("customer,date,item\na,soon,x\n", "--split 2025-02-01", "line 2, column `date`: `soon` is no date"),
        (
            "customer,date,thing\n",
            "--split 2025-02-01",
            "no column `item`; it has `customer`, `date`, `thing`",
        ),
    ] {
        let error = report(&scratch.file("a.csv", text), options).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
