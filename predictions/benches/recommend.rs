//! How well and how fast products are recommended: Online Retail, split as its description says.
//!
//! `RONDOM_DATA=FOLDER cargo bench -p predictions --bench recommend`
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::time::Instant;

use predictions::recommend::{
    Blend, Diversity, Purchase, Purpose, Recommender, Request, Rules, Settings, tune,
};

#[path = "../tests/retail/mod.rs"]
mod retail;
use retail::{Customer, Figures, SPLIT, TRAINED, WINDOW};

fn main() {
    let Some(data) = retail::read() else { return };
    let purchases = &data.purchases;
    let customers = retail::customers(purchases, SPLIT);
    println!("Online Retail: {} purchases, {} test customers", purchases.len(), customers.len());
    told("own past frequency (the baseline)", retail::own_frequency(purchases, &customers, SPLIT));

    let train =
        |settings: &Settings| Recommender::train(purchases, TRAINED, settings).expect("a recommender");
    println!("\nSettings as they come");
    let default = timed("train", || train(&Settings::default()));
    judged(&default, &customers);

    println!("\nSettings tuned within the training part, its last {WINDOW} days");
    let tuned = timed("tune", || tune(purchases, TRAINED, WINDOW, &Settings::default()).expect("settings"));
    println!("  {} customers chose ridge {}", tuned.customers, tuned.settings.ridge);
    for (purpose, before, after) in tuned.ndcg {
        println!(
            "  {purpose:?}: NDCG@10 {before:.4?} to {after:.4?} in the window, {:?}",
            tuned.settings.blend(purpose)
        );
    }
    let best = timed("train", || train(&tuned.settings));
    judged(&best, &customers);

    println!("\nThe same at earlier days: tuned on the {WINDOW} days before, judged on those after");
    for split in [SPLIT - WINDOW, SPLIT - 2.0 * WINDOW] {
        let (now, customers) = (split - 1e-6, retail::customers(purchases, split));
        told(
            &format!("day {split}: own past frequency"),
            retail::own_frequency(purchases, &customers, split),
        );
        let tuned = tune(purchases, now, WINDOW, &Settings::default()).expect("settings");
        let earlier = Recommender::train(purchases, now, &tuned.settings).expect("a recommender");
        for purpose in Purpose::ALL {
            let figures = retail::of_recommender(&earlier, &customers, now, purpose);
            told(&format!("day {split}: {purpose:?}"), figures);
        }
    }

    println!("\nOne signal left out, of the tuned ones");
    for (name, without) in [
        ("without EASE", (|blend| Blend { ease: 0.0, ..blend }) as fn(Blend) -> Blend),
        ("without cosine", |blend| Blend { cosine: 0.0, ..blend }),
        ("without demand", |blend| Blend { demand: 0.0, ..blend }),
        ("without own purchases", |blend| Blend { own: 0.0, ..blend }),
    ] {
        let mut settings = tuned.settings;
        for purpose in Purpose::ALL {
            *settings.blend_mut(purpose) = without(*settings.blend(purpose));
        }
        println!("  {name}");
        judged(&train(&settings), &customers);
    }
    println!("\nEASE for other numbers of items");
    for most_learnt in [500, 1000, 4000] {
        let settings = Settings { most_learnt, ..tuned.settings };
        judged(&timed(&format!("train with {most_learnt}"), || train(&settings)), &customers);
    }
    println!("\nDiversity: maximal marginal relevance");
    for weight in [0.1, 0.3, 0.5] {
        diverse(&best, &customers, weight);
    }
    println!("\nTimes");
    let stored = timed("write as JSON", || serde_json::to_vec(&best).expect("JSON"));
    println!("    {:.1} MB", f64::from(u32::try_from(stored.len()).expect("small")) / 1e6);
    timed("read again", || serde_json::from_slice::<Recommender<String>>(&stored).expect("the same"));
    timed(&format!("{} customers one after another, with reasons", customers.len()), || {
        retail::of_recommender(&best, &customers, TRAINED, Purpose::All)
    });
    let orders = || data.orders.values().filter(|(time, _)| *time < SPLIT);
    let rules = timed(&format!("rules of {} orders", orders().count()), || {
        let baskets = orders().map(|(_, items)| items.iter().cloned()).enumerate();
        Rules::of(baskets, &predictions::recommend::Least::default())
    });
    for rule in rules.of_item(&"22697".to_owned()).into_iter().take(3) {
        println!("    22697 → {rule:.3?}");
    }
    large();
}

/// Invented customers with twenty purchases each, of 50,000 items of which few are bought by many.
fn large() {
    println!("\n100,000 customers, 2,000,000 purchases of 50,000 items");
    let mut seed = 1_u64;
    let mut chance = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(seed >> 33).expect("31 bits")) / f64::from(1_u32 << 31)
    };
    let mut purchases = Vec::new();
    for customer in 0..100_000_u32 {
        for _ in 0..20 {
            let popular = 50_000.0 * chance().powi(3);
            purchases.push(Purchase { customer, item: format!("{popular:05.0}"), time: 365.0 * chance() });
        }
    }
    let settings = Settings::default();
    let recommender =
        timed("train", || Recommender::train(&purchases, 365.0, &settings).expect("a recommender"));
    let stored = timed("write as JSON", || serde_json::to_vec(&recommender).expect("JSON"));
    println!("    {:.1} MB", f64::from(u32::try_from(stored.len()).expect("small")) / 1e6);
    let history: Vec<(String, f64)> =
        purchases.iter().take(20).map(|one| (one.item.clone(), one.time)).collect();
    timed("1,000 times 10 recommendations to a customer", || {
        for _ in 0..1000 {
            recommender.recommend(&Request::new(&history, 365.0, Purpose::All, 10)).expect("an answer");
        }
    });
}

fn judged(recommender: &Recommender<String>, customers: &[Customer]) {
    for purpose in Purpose::ALL {
        let figures = retail::of_recommender(recommender, customers, TRAINED, purpose);
        told(&format!("{purpose:?}"), figures);
    }
}

fn told(what: &str, Figures { customers, ndcg, recall, coverage }: Figures) {
    println!(
        "  {what:36} {customers:5} customers  NDCG@10 {ndcg:.4}  recall@10 {recall:.4}  coverage {coverage:.3}"
    );
}

fn diverse(recommender: &Recommender<String>, customers: &[Customer], weight: f64) {
    for purpose in [Purpose::All, Purpose::New] {
        let figures = retail::judge(customers, recommender.items().len(), purpose, |customer| {
            let request = Request::new(&customer.history, TRAINED, purpose, 10);
            let request = Request { diversity: Diversity::Marginal { weight }, ..request };
            let answer = recommender.recommend(&request).expect("an answer");
            answer.recommendations.into_iter().map(|recommended| recommended.item).collect()
        });
        told(&format!("{purpose:?}, weight {weight}"), figures);
    }
}

/// Seconds that a thing takes.
fn timed<T>(what: &str, thing: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = thing();
    println!("  {what:60} {:.3} s", start.elapsed().as_secs_f64());
    done
}
