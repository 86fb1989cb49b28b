//! What a customer is offered, and why.

use super::{bought, few, recommender};
use crate::recommend::{Answer, Basis, Diversity, Excluded, Purpose, Recommendation, Recommender, Request};

const NOW: f64 = 60.0;
const COFFEE: &[(&str, f64)] = &[("coffee", 59.0), ("coffee", 20.0), ("cup", 20.0)];

fn items(answer: &Answer<&'static str>) -> Vec<&'static str> {
    answer.recommendations.iter().map(|recommended| recommended.item).collect()
}

fn offered(request: &Request<'_, &'static str>) -> Vec<&'static str> {
    items(&recommender().recommend(request).expect("an answer"))
}

#[test]
fn each_purpose_offers_what_it_says() {
    let ask = |purpose| offered(&Request::new(COFFEE, NOW, purpose, 10));
    assert_eq!(ask(Purpose::New)[0], "milk", "who drinks coffee takes milk, not lemon");
    assert_eq!(ask(Purpose::Again), ["coffee", "cup"], "bought twice comes before bought once");
    assert_eq!(ask(Purpose::All)[0], "coffee", "what was bought often comes first");
    assert_eq!(ask(Purpose::All).len(), 6, "everything is somewhere");
    assert!(!ask(Purpose::New).contains(&"coffee"));
}

/// The promise that makes reasons worth showing: they add up, for every item and purpose.
#[test]
fn reasons_add_up_to_the_score() {
    let recommender = recommender();
    let group = recommender.popularity("tea drinkers", [&["tea", "lemon"][..]]);
    for history in [COFFEE, &[], &[("tea", 3.0)], &[("sugar", 1.0), ("nothing", 1.0), ("milk", 59.9)]] {
        for purpose in Purpose::ALL {
            for among in [None, Some(&group)] {
                let request = Request { among, ..Request::new(history, NOW, purpose, 10) };
                for Recommendation { item, score, reasons } in
                    recommender.recommend(&request).expect("an answer").recommendations
                {
                    let sum = reasons.base + reasons.contributions.iter().map(|(_, adds)| adds).sum::<f64>();
                    assert!((sum - score).abs() < 1e-9, "{item}: {sum} is not {score}");
                    assert!(reasons.contributions.iter().all(|(_, adds)| *adds > 0.0));
                    assert!(reasons.contributions.is_sorted_by(|a, b| a.1 >= b.1));
                }
            }
        }
    }
    let answer = recommender.recommend(&Request::new(COFFEE, NOW, Purpose::New, 1)).expect("an answer");
    assert_eq!(answer.recommendations[0].reasons.contributions[0].0, "coffee", "milk because of coffee");
}

#[test]
fn a_new_order_counts_at_once() {
    let ask = |history| offered(&Request::new(history, NOW, Purpose::New, 1));
    assert_eq!(ask(&[("cup", 1.0), ("tea", 2.0)]), ["lemon"]);
    assert_eq!(ask(&[("cup", 1.0), ("tea", 2.0), ("lemon", 3.0), ("coffee", NOW)]), ["milk"]);
    assert_eq!(ask(&[("cup", 1.0), ("tea", 2.0), ("coffee", NOW + 1.0)]), ["lemon"], "not yet");
}

#[test]
fn who_is_new_gets_what_is_popular_among_all_or_in_the_group() {
    let recommender = recommender();
    let request = Request::new(&[], NOW, Purpose::New, 10);
    let answer = recommender.recommend(&request).expect("an answer");
    assert_eq!(answer.basis, Basis::Popular { among: "all customers".to_owned() });
    assert_eq!(items(&answer).last(), Some(&"sugar"), "which one in twenty bought");
    let tea: &[&str] = &["tea", "lemon", "tea"];
    let group = recommender.popularity("tea drinkers", vec![tea; 200]);
    let request = Request { among: Some(&group), ..request };
    let answer = recommender.recommend(&request).expect("an answer");
    assert_eq!(answer.basis, Basis::Popular { among: "tea drinkers".to_owned() });
    let mut first = items(&answer)[..2].to_vec();
    first.sort_unstable();
    assert_eq!(first, ["lemon", "tea"]);
    assert!(answer.recommendations.iter().all(|one| one.reasons.contributions.is_empty()));
    let known = recommender.recommend(&Request::new(COFFEE, NOW, Purpose::All, 1)).expect("an answer");
    assert_eq!(known.basis, Basis::History);
    let unknown = recommender.recommend(&Request::new(&[("beer", 1.0)], NOW, Purpose::All, 1));
    assert!(matches!(unknown.expect("an answer").basis, Basis::Popular { .. }), "beer says nothing");
}

#[test]
fn what_is_filtered_is_not_offered_and_says_why() {
    let recommender = recommender();
    let request = Request {
        in_stock: &|item| *item != "milk",
        refused: &|item| *item == "lemon",
        rest: 7.0,
        ..Request::new(COFFEE, NOW, Purpose::All, 10)
    };
    let why =
        |request: &Request<'_, &'static str>, item| recommender.why_not(request, &item).expect("a reason");
    assert_eq!(why(&request, "milk"), Some(Excluded::OutOfStock));
    assert_eq!(why(&request, "lemon"), Some(Excluded::Refused));
    assert_eq!(why(&request, "coffee"), Some(Excluded::BoughtLately));
    assert_eq!(why(&request, "beer"), Some(Excluded::Unknown));
    assert_eq!(why(&request, "cup"), None, "bought forty days ago");
    assert_eq!(offered(&request)[0], "cup");
    assert_eq!(offered(&request).len(), 3, "cup, sugar and tea are left");
    let new = Request { purpose: Purpose::New, ..request };
    assert_eq!(why(&new, "coffee"), Some(Excluded::Bought));
    let again = Request { purpose: Purpose::Again, ..request };
    assert_eq!(why(&again, "tea"), Some(Excluded::NeverBought));
    for request in [request, new, again] {
        assert!(offered(&request).iter().all(|item| why(&request, item).is_none()));
    }
}

#[test]
fn diversity_offers_something_else_too() {
    // Two kinds of things that go together, one bought more often than the other.
    let mut all = Vec::new();
    for customer in 0..30 {
        let kind: &[&str] = if customer % 3 == 0 { &["x1", "x2", "x3"] } else { &["y1", "y2", "y3"] };
        all.extend(kind.iter().map(|item| (customer, *item, 1.0)));
    }
    let recommender = Recommender::train(&bought(&all), 2.0, &few()).expect("a recommender");
    let ask = |diversity| {
        let request = Request { diversity, ..Request::new(&[], 2.0, Purpose::All, 3) };
        items(&recommender.recommend(&request).expect("an answer"))
    };
    assert_eq!(ask(Diversity::Any), ["y1", "y2", "y3"]);
    assert_eq!(ask(Diversity::Marginal { weight: 0.0 }), ["y1", "y2", "y3"]);
    assert_eq!(ask(Diversity::Marginal { weight: 0.7 }), ["y1", "x1", "y2"]);
    assert_eq!(ask(Diversity::Marginal { weight: f64::NAN }), ["y1", "y2", "y3"]);
    let category = |item: &&str| item.bytes().next().map(u64::from);
    assert_eq!(ask(Diversity::PerCategory { most: 1, category: &category }), ["y1", "x1"]);
    assert_eq!(ask(Diversity::PerCategory { most: 2, category: &|_| None }), ["y1", "y2", "y3"]);
}

#[test]
fn similar_items_are_those_of_the_same_customers() {
    let recommender = recommender();
    let similar = recommender.similar(&"tea", 10);
    assert_eq!(similar[0], (&"lemon", 1.0), "whoever has one has the other");
    let cup = similar.iter().find(|(item, _)| **item == "cup").expect("cups").1;
    assert!((cup - 10.0 / 200_f64.sqrt()).abs() < 1e-7, "ten have both, ten tea and twenty a cup: {cup}");
    assert!(similar.iter().all(|(item, _)| **item != "milk" && **item != "tea"));
    assert!(recommender.similar(&"beer", 10).is_empty());
}
