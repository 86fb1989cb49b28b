//! What is learnt, and that it is the same however it comes.

use super::{bought, drinks, few, recommender};
use crate::recommend::{Blend, Purchase, Purpose, Recommender, Request, Settings, tune};

/// EASE beside its equation, on a base small enough to invert by hand: λ = 1, two items A and B, A bought by two customers
/// and B by one of them. G + λI = [3 1; 1 2], its inverse [2 −1; −1 3] / 5, so that A says 1/3 for B, and B says 1/2 for A.
#[test]
fn ease_is_what_its_equation_says() {
    let purchases = bought(&[(1, "A", 0.0), (1, "B", 0.0), (2, "A", 0.0)]);
    let recommender =
        Recommender::train(&purchases, 0.0, &Settings { ridge: 1.0, ..Settings::default() }).expect("learnt");
    for (from, to, weight) in [(0, 1, 1.0 / 3.0), (1, 0, 0.5), (0, 0, 0.0), (1, 1, 0.0)] {
        let got = recommender.learnt.ease.weight(from, to);
        assert!((got - weight).abs() < 1e-7, "{from} for {to}: {got} is not {weight}");
    }
}

#[test]
fn what_is_bought_lately_is_in_demand() {
    // Both kinds are bought as often; candles at the end.
    let mut all = Vec::new();
    for customer in 0..40 {
        all.push((customer, "sun cream", f64::from(customer)));
        all.push((customer + 100, "candle", 100.0 + f64::from(customer)));
    }
    let recommender = Recommender::train(&bought(&all), 140.0, &few()).expect("learnt");
    let answer = recommender.recommend(&Request::new(&[], 140.0, Purpose::New, 2)).expect("an answer");
    let [first, second] = &answer.recommendations[..] else { panic!("two items") };
    assert_eq!((first.item, second.item), ("candle", "sun cream"));
    assert!(first.reasons.demand > 1.5 && second.reasons.demand < 0.3, "{answer:?}");
    let new = Blend { demand: 0.0, ..few().new };
    let settings = Settings { new, ..few() };
    let recommender = Recommender::train(&bought(&all), 140.0, &settings).expect("learnt");
    let answer = recommender.recommend(&Request::new(&[], 140.0, Purpose::New, 2)).expect("an answer");
    let scores: Vec<f64> = answer.recommendations.iter().map(|one| one.score).collect();
    assert!((scores[0] - scores[1]).abs() < 1e-12, "without demand the two are worth the same");
}

/// Principle 1 of the product: what is derived does not depend on the order of arrival, nor on threads.
#[test]
fn order_and_threads_change_nothing() {
    let purchases = drinks();
    let mut turned: Vec<_> = purchases.iter().rev().copied().collect();
    turned.extend(purchases.iter().copied().take(9));
    assert_eq!(
        Recommender::train(&turned, 60.0, &few()).expect("learnt"),
        recommender(),
        "twice told is once"
    );
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        assert_eq!(pool.install(recommender), recommender());
    }
    let mut later = purchases.clone();
    later.push(Purchase { customer: 1, item: "beer", time: 61.0 });
    assert_eq!(Recommender::train(&later, 60.0, &few()).expect("learnt"), recommender(), "not yet bought");
}

#[test]
fn what_is_stored_gives_the_same_scores() {
    let purchases: Vec<Purchase<u32, String>> = drinks()
        .into_iter()
        .map(|one| Purchase { customer: one.customer, item: one.item.to_owned(), time: one.time })
        .collect();
    let recommender = Recommender::train(&purchases, 60.0, &few()).expect("learnt");
    let stored = serde_json::to_string(&recommender).expect("JSON");
    let again: Recommender<String> = serde_json::from_str(&stored).expect("the same");
    assert_eq!(again, recommender);
    let history = [("tea".to_owned(), 50.0)];
    let request = Request::new(&history, 60.0, Purpose::All, 10);
    assert_eq!(again.recommend(&request), recommender.recommend(&request));
}

/// Each season its own drink: own purchases say nothing, what is bought lately everything.
#[test]
fn tuning_finds_what_the_past_shows_and_looks_no_further() {
    let season = |week: u32| ["a", "b", "c", "d", "e", "f", "g", "h"][(week / 2) as usize % 8];
    let mut all = Vec::new();
    for customer in 0..60_u32 {
        for week in (0..20_u32).filter(|week| (customer + week) % 2 == 0) {
            all.push((customer, season(week), f64::from(7 * week)));
        }
    }
    let purchases = bought(&all);
    let tuned = tune(&purchases, 133.0, 7.0, &few()).expect("settings");
    assert_eq!(tuned.customers, 30, "half of them buy in a week");
    for (purpose, before, after) in tuned.ndcg {
        let (Some(before), Some(after)) = (before, after) else { continue };
        assert!(after >= before, "{purpose:?} is worse than before: {after} < {before}");
    }
    let (_, before, after) = tuned.ndcg[0];
    assert!(after > before, "demand was there to be found");
    assert!(tuned.settings.all.demand > few().all.demand, "{:?}", tuned.settings.all);
    let mut later = purchases.clone();
    later.extend(bought(&[(1, "z", 134.0), (2, "a", 150.0)]));
    assert_eq!(tune(&later, 133.0, 7.0, &few()), Ok(tuned), "the future chose");
}
