//! Any order and any repetition of the same deliveries gives the same state, on both databases.

use connectors::Page;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::support::{Scratch, at, deliver, event, order, page, person, source};
use crate::{Profiles, sources::Source};

/// A delivery: which source, its stamp, its page.
type Delivered = (usize, i64, Page);

fn deliveries() -> Vec<Delivered> {
    let ann = |name, updated| person("1", name, Some("ann@example.org"), updated);
    let mut gone = person("3", "Cas", Some("cas@example.org"), Some(90));
    gone.deleted = true;
    let mut cancelled = order("o4", Some("ghost2"), 4, 57);
    cancelled.deleted = true;
    vec![
        // An order that named someone whom nothing names any more, one that is gone with whom it named, and an event
        // whose first delivery was someone else's.
        (1, 15, page(vec![order("o3", Some("ghost1"), 3, 54)], vec![])),
        (1, 25, page(vec![order("o3", Some("x"), 3, 55)], vec![])),
        (1, 16, page(vec![order("o4", Some("ghost2"), 4, 56)], vec![])),
        (1, 26, page(vec![cancelled], vec![])),
        (1, 17, page(vec![], vec![event("m4", "y", 63)])),
        (1, 18, page(vec![], vec![event("m4", "ghost3", 63)])),
        // An object that went A → B → A without any date of its own: the stamps decide.
        (0, 10, page(vec![ann("A", None)], vec![])),
        (0, 20, page(vec![ann("B", None)], vec![])),
        (0, 30, page(vec![ann("A", None)], vec![])),
        // One that went A → B → A with dates.
        (0, 11, page(vec![person("2", "A", Some("bo@example.org"), Some(1))], vec![])),
        (0, 21, page(vec![person("2", "B", Some("bo@example.com"), Some(2))], vec![])),
        (0, 31, page(vec![person("2", "A", Some("bo@example.org"), Some(3))], vec![])),
        // One that changed without a new update time.
        (1, 12, page(vec![person("x", "Anne", Some("ANN@example.org"), Some(5))], vec![])),
        (1, 22, page(vec![person("x", "Annie", Some("ann@example.org"), Some(5))], vec![])),
        // One that was deleted, and an order that names someone before they are known.
        (0, 13, page(vec![person("3", "Cas", Some("cas@example.org"), Some(80))], vec![])),
        (0, 23, page(vec![gone], vec![])),
        (
            1,
            14,
            page(vec![order("o1", Some("y"), 10, 50), order("o2", None, 7, 51)], vec![event("m1", "x", 60)]),
        ),
        (1, 24, page(vec![person("y", "Bo", Some("bo@example.com"), Some(40))], vec![event("m1", "x", 61)])),
        (1, 34, page(vec![order("o1", Some("x"), 12, 50)], vec![event("m2", "y", 62)])),
        // Two people who share an address with the others for a while.
        (1, 35, page(vec![person("z", "Zoë", Some("bo@example.org"), Some(70))], vec![])),
        (1, 36, page(vec![person("z", "Zoë", Some("zoe@example.org"), Some(71))], vec![])),
    ]
}

async fn feed(profiles: &Profiles, order: &[usize], drain_after_each: bool) -> String {
    let sources: [Source; 2] =
        [source(profiles, "crm", "crm").await, source(profiles, "shop", "ecommerce").await];
    let all = deliveries();
    for index in order {
        let (which, stamp, page) = &all[*index];
        deliver(profiles, &sources[*which], *stamp, page).await;
        if drain_after_each {
            profiles.drain(at(2_000_000)).await.unwrap();
        }
    }
    profiles.drain(at(2_000_000)).await.unwrap();
    profiles.state_hash(at(3_000_000)).await.unwrap()
}

/// Twenty orders with repetitions, always the same ones.
fn orders() -> Vec<Vec<usize>> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let count = deliveries().len();
    let twice: Vec<usize> = (0..count).chain(0..count).collect();
    let strategy = Just(twice).prop_shuffle();
    (0..20).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[tokio::test]
async fn any_order_and_repetition_gives_one_state_hash_on_both_databases() {
    let straight: Vec<usize> = (0..deliveries().len()).collect();
    let reference = Scratch::sqlite().await;
    let expected = feed(&reference.profiles, &straight, false).await;

    for (index, order) in orders().into_iter().enumerate() {
        let scratch = Scratch::sqlite().await;
        assert_eq!(
            feed(&scratch.profiles, &order, index % 2 == 0).await,
            expected,
            "SQLite, order {order:?}"
        );
        if let Some(scratch) = Scratch::postgres().await {
            let hash = feed(&scratch.profiles, &order, index % 2 == 1).await;
            scratch.close().await;
            assert_eq!(hash, expected, "PostgreSQL, order {order:?}");
        }
    }
    reference.profiles.rebuild(at(4_000_000)).await.unwrap();
    assert_eq!(reference.profiles.state_hash(at(3_000_000)).await.unwrap(), expected, "after a rebuild");
}
