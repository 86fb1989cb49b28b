//! What nobody should send.

use super::{bought, drinks, few, recommender};
use crate::recommend::{BadData, Purchase, Purpose, Recommender, Request, Settings, tune};

#[test]
fn nothing_to_learn_from_is_an_error() {
    let none: [Purchase<u32, u32>; 0] = [];
    assert_eq!(Recommender::train(&none, 0.0, &Settings::default()), Err(BadData::NoPurchases));
    assert_eq!(tune(&none, 0.0, 1.0, &Settings::default()), Err(BadData::NoPurchases));
    let future = bought(&[(1, "a", 5.0)]);
    assert_eq!(Recommender::train(&future, 4.0, &Settings::default()), Err(BadData::NoPurchases));
}

#[test]
fn times_that_are_none_are_named() {
    for time in [f64::NAN, f64::INFINITY, -1e300] {
        let purchases = bought(&[(1, "a", 0.0), (1, "b", time)]);
        for error in [
            Recommender::train(&purchases, 1.0, &Settings::default()).map(|_| ()),
            Recommender::train(&drinks(), time, &Settings::default()).map(|_| ()),
            tune(&drinks(), time, 1.0, &Settings::default()).map(|_| ()),
            tune(&drinks(), 60.0, time, &Settings::default()).map(|_| ()),
            recommender().recommend(&Request::new(&[("tea", time)], 1.0, Purpose::All, 1)).map(|_| ()),
            recommender().recommend(&Request::new(&[("beer", 0.0)], time, Purpose::All, 1)).map(|_| ()),
            recommender().why_not(&Request::new(&[], time, Purpose::All, 1), &"tea").map(|_| ()),
        ] {
            assert!(matches!(error, Err(BadData::NoTime(_))), "{time}: {error:?}");
        }
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let good = Settings::default();
    let bad = |change: &dyn Fn(&mut Settings)| {
        let mut settings = good;
        change(&mut settings);
        Recommender::train(&drinks(), 60.0, &settings).expect_err("no settings").to_string()
    };
    assert_eq!(
        bad(&|settings| settings.ridge = 0.0),
        "ridge must be a number between 1 and 1000000000000, and is 0"
    );
    for (name, error) in [
        ("most_learnt", bad(&|settings| settings.most_learnt = usize::MAX)),
        ("demand_half_life", bad(&|settings| settings.demand_half_life = f64::NAN)),
        ("own", bad(&|settings| settings.all.own = -1.0)),
        ("half_life", bad(&|settings| settings.again.half_life = 0.0)),
        ("ease", bad(&|settings| settings.new.ease = f64::INFINITY)),
        ("cosine", bad(&|settings| settings.new.cosine = f64::NAN)),
        ("popular", bad(&|settings| settings.new.popular = -0.1)),
        ("demand", bad(&|settings| settings.new.demand = 1e3)),
    ] {
        assert!(error.starts_with(&format!("{name} must be a number between")), "{error}");
    }
}

/// One customer, one item, nothing learnt, extremes of everything: every score is a number.
#[test]
fn small_and_strange_bases_still_answer() {
    let often: Vec<(u32, &str, f64)> = (0..5000).map(|day| (1, "a", f64::from(day))).collect();
    let bases: [&[(u32, &str, f64)]; 4] = [
        &[(1, "a", 0.0)],
        &[(1, "a", -1e9), (1, "b", 1e9), (2, "b", 1e9)],
        &often,
        &[(1, "a", 0.0), (2, "a", 0.0), (3, "b", 0.0)],
    ];
    for base in bases {
        for settings in [
            few(),
            Settings { most_learnt: 0, neighbours: 0, ..few() },
            Settings { most_learnt: 1, ridge: 1.0, demand_half_life: 1e-6, neighbours: usize::MAX, ..few() },
        ] {
            let recommender = Recommender::train(&bought(base), 1e9, &settings).expect("a recommender");
            for history in [&[][..], &[("a", -1e9)], &[("a", 1e9), ("b", 0.0), ("c", 3.0), ("a", 1e9)]] {
                for purpose in Purpose::ALL {
                    let request = Request::new(history, 1e9, purpose, usize::MAX);
                    let answer = recommender.recommend(&request).expect("an answer");
                    for one in answer.recommendations {
                        assert!(one.score > 0.0 && one.score.is_finite(), "{base:?} {one:?}");
                        assert!(one.reasons.demand > 0.0 && one.reasons.demand.is_finite());
                    }
                    let none = Request { first: 0, ..request };
                    assert!(recommender.recommend(&none).expect("an answer").recommendations.is_empty());
                }
            }
        }
    }
}

#[test]
fn a_window_that_shows_nothing_leaves_the_settings() {
    for (now, window) in [(60.0, 0.0), (60.0, -5.0), (60.0, 1.0), (60.0, 1e8)] {
        let tuned = tune(&drinks(), now, window, &few()).expect("settings");
        assert_eq!((tuned.settings, tuned.customers), (few(), 0), "{window}");
        assert!(tuned.ndcg.iter().all(|(_, before, after)| before.is_none() && after.is_none()));
    }
}

/// A customer with more items than anyone has would cost their square.
#[test]
fn a_wholesaler_counts_for_popularity_alone() {
    let wholesale = (0..2001_u32).map(|item| Purchase { customer: 0, item, time: 0.0 });
    let others = [(1, 0), (1, 1), (2, 0)].map(|(customer, item)| Purchase { customer, item, time: 0.0 });
    let purchases: Vec<_> = wholesale.chain(others).collect();
    let recommender = Recommender::train(&purchases, 0.0, &few()).expect("a recommender");
    assert_eq!(recommender.similar(&0, 10).len(), 1);
    assert!(recommender.similar(&1500, 10).is_empty());
    let answer = recommender.recommend(&Request::new(&[], 0.0, Purpose::New, 5000)).expect("an answer");
    assert_eq!(answer.recommendations.len(), 2001);
}

#[test]
fn what_was_tampered_with_is_not_read() {
    let stored = serde_json::to_value(recommender()).expect("JSON");
    let broken = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut stored = stored.clone();
        change(&mut stored);
        // The items are leaked, as they are borrowed for good.
        let text: &'static str = Box::leak(stored.to_string().into_boxed_str());
        serde_json::from_str::<Recommender<&'static str>>(text).map_err(|error| error.to_string())
    };
    assert_eq!(broken(&|_| ()), Ok(recommender()));
    for error in [
        broken(&|stored| stored["items"] = serde_json::json!(["b", "a"])),
        broken(&|stored| stored["demand"][0] = serde_json::json!(-1.0)),
        broken(&|stored| stored["ease"]["items"][0] = serde_json::json!(99)),
        broken(&|stored| stored["cosine"]["starts"][1] = serde_json::json!(99)),
        broken(&|stored| stored["popularity"]["shares"] = serde_json::json!([])),
    ] {
        assert!(error.expect_err("broken").contains("do not fit together"));
    }
    assert!(broken(&|stored| stored["settings"]["ridge"] = serde_json::json!(-1.0)).is_err());
}

#[test]
fn a_group_of_another_recommender_is_turned_away() {
    let other = Recommender::train(&bought(&[(1, "a", 0.0)]), 0.0, &few()).expect("a recommender");
    let group = other.popularity("others", [&["a"][..]]);
    let request = Request { among: Some(&group), ..Request::new(&[], 60.0, Purpose::All, 1) };
    assert_eq!(recommender().recommend(&request), Err(BadData::OtherItems { among: "others".to_owned() }));
}
