//! What nobody should send.

use crate::btyd::{
    Average, BadData, FitError, GammaGamma, Histories, History, Horizon, Kind, Model, Options, Reasons,
    Spend, Spends, Status, residual_value,
};

fn history(frequency: u32, recency: f64, age: f64) -> History {
    History::new(frequency, recency, age).expect("a history")
}

#[test]
fn histories_that_cannot_be_are_turned_away_with_the_reason() {
    for (frequency, recency, age, reason) in [
        (1, -1.0, 5.0, "recency must be 0 or more and at most 1e9, and is -1"),
        (1, f64::NAN, 5.0, "recency must be 0 or more and at most 1e9, and is NaN"),
        (1, 1.0, f64::INFINITY, "age must be 0 or more and at most 1e9, and is inf"),
        (1, 6.0, 5.0, "the last purchase at 6 lies after the end of the observation at 5"),
        (0, 3.0, 5.0, "a customer without repeat purchases has recency 0, and not 3"),
    ] {
        let error = History::new(frequency, recency, age).expect_err("no history");
        assert_eq!(error.to_string(), reason);
    }
    assert_eq!(history(1, -0.0, 0.0), history(1, 0.0, -0.0));
    for weight in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Histories::new([(history(0, 0.0, 1.0), weight)]), Err(BadData::NoWeight(_))));
    }
    let one = Histories::new([(history(0, 0.0, 1.0), 1.0), (history(0, 0.0, 2.0), 0.0)]).expect("rows");
    assert_eq!(one.rows().len(), 1, "nobody is no row");
}

#[test]
fn days_make_a_history() {
    // In any order; two purchases on a day are one, and what comes after the end is not looked at.
    assert_eq!(History::of_days(&[17, 3, 3, 10, 17, 99], 30), Some(history(2, 14.0, 27.0)));
    assert_eq!(History::of_days(&[5], 5), Some(history(0, 0.0, 0.0)));
    assert_eq!(History::of_days(&[5], 4), None);
    assert_eq!(History::of_days(&[], 4), None);
    let far = History::of_days(&[i64::MIN, i64::MAX], i64::MAX).expect("a history");
    assert_eq!((far.frequency(), far.age()), (1, 1e9));
    // Years do as well: gave in 1995, 1996 and 1999, until 2001.
    assert_eq!(History::of_days(&[1995, 1996, 1999], 2001), Some(history(2, 4.0, 6.0)));
}

#[test]
fn purchases_make_a_spend() {
    let spend = Spend::of_purchases(&[(9, 5.0), (1, 100.0), (9, 15.0), (12, 40.0), (50, 1.0)], 30);
    assert_eq!(spend, Ok(Some(Spend::new(2, 30.0).expect("a spend"))));
    assert_eq!(Spend::of_purchases(&[(1, 100.0), (1, 3.0)], 30), Ok(None), "nobody came again");
    assert_eq!(Spend::of_purchases(&[(1, 100.0), (2, 0.0)], 30), Ok(None), "nobody paid");
    for amount in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(Spend::of_purchases(&[(1, amount)], 30).is_err());
        assert!(Spend::new(1, amount).is_err());
    }
    assert_eq!(Spend::new(0, 1.0), Err(BadData::NoPurchases));
}

#[test]
fn parameters_that_cannot_be_are_named() {
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = Model::new(Kind::ParetoNbd, [1.0, 1.0, value, 1.0]).expect_err("no model");
        assert!(error.to_string().starts_with("the parameter s must be a number between"), "{error}");
        assert!(GammaGamma::new([1.0, value, 1.0]).is_err());
    }
}

#[test]
fn every_answer_is_a_number() {
    let sizes = [1e-6, 0.3, 1.0, 50.0, 1e6];
    let histories = [
        history(0, 0.0, 0.0),
        history(0, 0.0, 1e9),
        history(1, 0.0, 1e9),
        history(1, 1e-9, 1e-9),
        history(3, 8.0, 8.0),
        history(500, 700.0, 900.0),
        history(u32::MAX, 1e9, 1e9),
        history(u32::MAX, 0.0, 1e9),
    ];
    let spends = GammaGamma::new([6.25, 3.74, 15.44]).expect("parameters");
    for kind in Kind::ALL {
        for at in 0..sizes.len().pow(2) {
            let [one, two] = [sizes[at % 5], sizes[at / 5]];
            let model = Model::new(kind, [one, two, two, one]).expect("parameters");
            for history in histories {
                let log = model.log_likelihood(&Histories::of([history]));
                assert!(log.is_finite(), "{model:?} {history:?}");
                assert!(
                    model.likelihood(&Histories::of([history]), 1).iter().all(|slope| slope.is_finite()),
                    "{model:?} {history:?}"
                );
                for window in [f64::NAN, -1.0, 1e-9, 30.0, f64::INFINITY] {
                    let score = model.score(history, window);
                    let fine = (0.0..=1.0).contains(&score.active) && (0.0..=1.0).contains(&score.alive);
                    assert!(
                        fine && score.expected >= 0.0 && score.expected.is_finite(),
                        "{model:?} {history:?} {window} {score:?}"
                    );
                    assert!(
                        score.active <= score.expected * (1.0 + 1e-9),
                        "{model:?} {history:?} {window} {score:?}"
                    );
                    assert!(
                        (0.0..=1.0).contains(&model.at_least(history, 7, window)),
                        "{model:?} {history:?} {window}"
                    );
                }
                if at % 6 == 0 {
                    let horizon = Horizon { window: 30.0, rate: f64::NAN, level: 2.0 };
                    let value = residual_value(&model, &spends, history, None, &horizon).expect("a value");
                    assert!(
                        value.low.is_finite() && value.high.is_finite() && value.low <= value.high,
                        "{model:?} {history:?} {value:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn nothing_to_learn_is_said() {
    let options = Options::default();
    for kind in Kind::ALL {
        let fit = |rows: &[History]| Model::fit(kind, &Histories::of(rows.iter().copied()), &options);
        assert_eq!(fit(&[]).expect_err("nobody"), FitError::Nobody);
        assert_eq!(
            fit(&[history(0, 0.0, 9.0), history(0, 0.0, 3.0)]).expect_err("no repeats"),
            FitError::NoRepeats
        );
        let now = fit(&[history(1, 0.0, 0.0)]).expect_err("no time");
        assert!(
            matches!(now, FitError::NoTime | FitError::BadData(BadData::NoOpportunities { .. })),
            "{now}"
        );
        // One customer, and many that are all the same, do not say how customers differ.
        for rows in [vec![history(2, 5.0, 9.0)], vec![history(2, 5.0, 9.0); 1000]] {
            let fit = fit(&rows).expect("a fit");
            assert!(fit.estimates.status != Status::Converged && fit.estimates.errors.is_none(), "{fit:?}");
            assert!(fit.estimates.log_likelihood.is_finite());
            assert!(fit.model.score(rows[0], 5.0).expected.is_finite());
        }
    }
    assert_eq!(GammaGamma::fit(&Spends::default(), &options).expect_err("nobody"), FitError::NoRepeats);
    let halves = Histories::of([history(1, 2.5, 6.0)]);
    let error = Model::fit(Kind::BgBb, &halves, &options).expect_err("no opportunities");
    assert!(error.to_string().starts_with("this model counts opportunities"), "{error}");
}

#[test]
fn a_ridge_makes_few_data_determine_something() {
    let options = Options { ridge: 0.5, ..Options::default() };
    for kind in Kind::ALL {
        let fit = Model::fit(kind, &Histories::of([history(2, 5.0, 9.0)]), &options).expect("a fit");
        assert_eq!(fit.estimates.status, Status::Converged, "{fit:?}");
        let log_likelihood = fit.model.log_likelihood(&Histories::of([history(2, 5.0, 9.0)]));
        assert!((fit.estimates.log_likelihood - log_likelihood).abs() < 1e-9, "{fit:?}");
    }
}

#[test]
fn a_search_that_may_not_search_says_so() {
    let base = Histories::of([history(0, 0.0, 9.0), history(2, 5.0, 9.0), history(5, 6.0, 9.0)]);
    let fit =
        Model::fit(Kind::BgNbd, &base, &Options { evaluations: 1, ..Options::default() }).expect("a fit");
    assert_eq!(fit.estimates.status, Status::Stopped);
    assert_eq!(fit.estimates.evaluations, 1);
}

#[test]
fn spends_that_are_all_the_same_or_far_out_leave_numbers() {
    let same = Spends::of((0..500).map(|at| Spend::new(1 + at % 3, 20.0).expect("a spend")));
    let fit = GammaGamma::fit(&same, &Options::default()).expect("a fit");
    assert_ne!(fit.estimates.status, Status::Converged, "{fit:?}");
    assert_eq!(same.correlation(), None);
    let mut chance = super::simulate::Chance(1);
    let usual = (0..500_u32).map(|at| {
        let purchases = 1 + at % 5;
        Spend::new(purchases, super::simulate::spend(&mut chance, [6.25, 3.74, 15.44], purchases))
            .expect("a spend")
    });
    let far = Spends::of(usual.chain([Spend::new(1, 1e9).expect("a spend")]));
    let fit = GammaGamma::fit(&far, &Options::default()).expect("a fit");
    assert!(
        fit.model.parameters().iter().all(|value| value.is_finite())
            && fit.estimates.log_likelihood.is_finite()
    );
    // With q ≤ 1 there is no mean: nothing is said, rather than something endless.
    let wild = GammaGamma::new([2.0, 0.7, 10.0]).expect("parameters");
    assert_eq!(wild.expected(None), None);
    let model = Model::new(Kind::BgNbd, [0.243, 4.414, 0.793, 2.426]).expect("parameters");
    let horizon = Horizon { window: 9.0, rate: 0.0, level: 0.8 };
    assert_eq!(residual_value(&model, &wild, history(0, 0.0, 3.0), None, &horizon), None);
}

#[test]
fn reasons_of_nobodys_average_add_up_too() {
    let model = Model::new(Kind::BgNbd, [0.243, 4.414, 0.793, 2.426]).expect("parameters");
    let average = Average::of(&Histories::default(), None);
    let reasons =
        Reasons::of(&average, history(2, 30.0, 39.0), None, |history, _| model.expected(history, 9.0));
    let sum = reasons.base + reasons.frequency + reasons.recency + reasons.age + reasons.spend;
    assert!((sum - reasons.prediction).abs() < 1e-12, "{reasons:?}");
}

#[test]
fn the_usual_interval_is_that_of_the_middle_customer_who_came_again() {
    let base = Histories::of([
        history(0, 0.0, 9.0),
        history(1, 9.0, 9.0),
        history(2, 8.0, 9.0),
        history(4, 8.0, 9.0),
    ]);
    assert_eq!(base.usual_interval(), Some(4.0));
    assert_eq!(Histories::default().usual_interval(), None);
}

#[test]
fn whatever_few_customers_did_a_fit_is_numbers() {
    let mut chance = super::simulate::Chance(23);
    for round in 0..120_u32 {
        let customers = 1 + round % 12;
        let base = Histories::of((0..customers).map(|_| {
            let age = (1.0 + 60.0 * chance.uniform()).floor();
            let recency = (age * chance.uniform()).ceil();
            let most = recency.min(12.0);
            let frequency = (1..=12).filter(|at| f64::from(*at) <= most && chance.uniform() < 0.4).count();
            let frequency = u32::try_from(frequency).expect("few");
            history(frequency, if frequency == 0 { 0.0 } else { recency }, age)
        }));
        for kind in Kind::ALL {
            let Ok(fit) = Model::fit(kind, &base, &Options::default()) else { continue };
            let estimates = fit.estimates;
            assert!(estimates.log_likelihood.is_finite() && estimates.evaluations <= 500, "{fit:?}");
            assert_eq!(estimates.errors.is_some(), estimates.status == Status::Converged, "{fit:?}");
            assert!(
                estimates.errors.is_none_or(|errors| errors.iter().all(|error| error.is_finite())),
                "{fit:?}"
            );
            // Nothing that was tried on the way there was better.
            let log_likelihood = fit.model.log_likelihood(&base);
            assert!((estimates.log_likelihood - log_likelihood).abs() < 1e-7, "{fit:?} {log_likelihood}");
        }
    }
}
