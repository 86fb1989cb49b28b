//! Online Retail, where it is at hand: `RONDOM_DATA` names the folder (default `../shared/data`, seen from the project's).
//! Without it these tests say that they are skipped.
#![expect(clippy::print_stdout, reason = "who runs tests wants to know what was not tested")]

use predictions::recommend::{Least, Purpose, Recommender, Request, Rules, Settings, tune};

mod retail;
use retail::{SPLIT, TRAINED, WINDOW};

/// What the issue asks for. Everything is chosen within the training part: the settings by its last 39 days.
#[test]
fn online_retail_is_recommended_better_than_by_past_frequency() {
    let Some(data) = retail::read() else { return };
    let customers = retail::customers(&data.purchases, SPLIT);
    let pairs: usize = customers.iter().map(|customer| customer.wanted.len()).sum();
    assert_eq!((customers.len(), pairs), (1538, 54_983), "the split is the one that was agreed on");
    let baseline = retail::own_frequency(&data.purchases, &customers, SPLIT);
    assert!((baseline.ndcg - 0.344).abs() < 1e-3 && (baseline.recall - 0.164).abs() < 1e-3, "{baseline:?}");

    let tuned = tune(&data.purchases, TRAINED, WINDOW, &Settings::default()).expect("settings");
    let recommender = Recommender::train(&data.purchases, TRAINED, &tuned.settings).expect("a recommender");
    let all = retail::of_recommender(&recommender, &customers, TRAINED, Purpose::All);
    let new = retail::of_recommender(&recommender, &customers, TRAINED, Purpose::New);
    println!("all items: {all:?}\nnew items: {new:?}");
    assert!(all.ndcg > 0.344 && all.recall > 0.164 && all.ndcg > baseline.ndcg, "{all:?}");
    assert!(new.ndcg >= 0.102 && new.recall >= 0.064, "{new:?}");

    assert_eq!((all.customers, new.customers), (1538, 1440), "those who wanted anything");
    assert!(new.coverage > 0.1, "everybody is offered the same: {new:?}");

    for customer in customers.iter().step_by(97) {
        for purpose in Purpose::ALL {
            let request = Request::new(&customer.history, TRAINED, purpose, 10);
            for one in recommender.recommend(&request).expect("an answer").recommendations {
                let sum: f64 = one.reasons.contributions.iter().map(|(_, adds)| adds).sum();
                assert!((one.reasons.base + sum - one.score).abs() < 1e-9, "{one:?}");
            }
        }
    }
    let stored = serde_json::to_vec(&recommender).expect("JSON");
    assert!(serde_json::from_slice::<Recommender<String>>(&stored).expect("the same") == recommender);
}

/// Three tea cups of one set, green, pink and with roses: who buys one takes another.
#[test]
fn cups_of_one_set_go_together() {
    let Some(data) = retail::read() else { return };
    let orders = data.orders.values().filter(|(time, _)| *time < SPLIT);
    let rules = Rules::of(orders.map(|(_, items)| items.iter().cloned()).enumerate(), &Least::default());
    let [green, pink, roses] = ["22697", "22698", "22699"].map(str::to_owned);
    let mut two: Vec<String> = rules.of_item(&green).into_iter().take(2).map(|rule| rule.item).collect();
    two.sort();
    assert_eq!(two, [pink.clone(), roses.clone()]);
    assert_eq!(rules.cross_sell(&[green, roses], 1)[0].item, pink);
}
