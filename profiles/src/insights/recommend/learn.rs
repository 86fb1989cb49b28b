//! Learning what goes together. Pure: the same purchases and the same day give the same model to the last bit.

use chrono::NaiveDate;
use predictions::recommend::{
    BadData, Judged, Least, OfPurpose, Purchase, Purpose, Recommender, Rules, Settings, judge, tune,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    super::{
        kind::{Draft, Unlearned},
        learn::days,
        model::{About, Data, Evidence, Figure},
        progress::{Phase, Progress},
        purchases::midnight,
    },
    lines::Bought,
    model::Learned,
};

/// How few customers and products can be learned from.
const FEWEST_CUSTOMERS: usize = 50;
const FEWEST_PRODUCTS: usize = 10;
/// So many products are learned at most, those that were bought most often.
const MOST_PRODUCTS: usize = 20_000;
/// So many products speak for another one.
const NEIGHBOURS: usize = 50;
/// The last days of the past by which it is judged, if four times as many are known, and the fewest that say anything.
const WINDOW: (f64, f64) = (7.0, 30.0);
/// So many customers must have come back in such a window to choose how signals are blended.
const FEWEST_CAME_BACK: usize = 50;
/// So many of them are judged at most.
const JUDGED: usize = 5_000;
/// What nobody's basket shines through: at least five people did it.
const LEAST: Least = Least { count: 5, owners: 5, confidence: 0.01, lift: 1.0, rules: 20 };
/// The last instant before a midnight, in days.
const BEFORE: f64 = 1e-6;

/// Learns from what each customer bought, in order, all of it before `today`.
pub(in crate::insights) fn learn(
    bought: &[Vec<Bought>],
    today: i64,
    progress: &Progress,
) -> Result<Draft, Unlearned> {
    let unfit = |error: BadData| Unlearned::Unfit(error.to_string());
    let sold = most_sold(bought);
    if bought.len() < FEWEST_CUSTOMERS || sold.len() < FEWEST_PRODUCTS {
        let why = format!(
            "{} customers have bought {} products; recommendations are learned from {FEWEST_CUSTOMERS} customers and \
             {FEWEST_PRODUCTS} products or more",
            bought.len(),
            sold.len()
        );
        return Err(Unlearned::TooLittle(why));
    }
    let purchases: Vec<Purchase<u32, Uuid>> = (0_u32..)
        .zip(bought)
        .flat_map(|(customer, lines)| {
            lines.iter().map(move |line| Purchase { customer, item: line.product, time: time(line.at) })
        })
        .filter(|purchase| sold.binary_search(&purchase.item).is_ok())
        .collect();
    let now = days(today) - BEFORE;
    let first = purchases.iter().map(|purchase| purchase.time).fold(now, f64::min);
    let window = ((now - first) / 4.0).floor().min(WINDOW.1);
    let mut settings = Settings { neighbours: NEIGHBOURS, ..Settings::default() };
    let mut evidence = None;
    if window >= WINDOW.0 {
        progress.at(Phase::Testing)?;
        // What judges has not chosen.
        let then = now - window;
        let tuned = tune(&purchases, then, window, &settings).map_err(unfit)?;
        if tuned.customers >= FEWEST_CAME_BACK {
            settings = tuned.settings;
        }
        progress.at(Phase::Testing)?;
        let past = Recommender::train(&purchases, then, &settings).map_err(unfit)?;
        evidence =
            judge(&purchases, &past, then, JUDGED).map_err(unfit)?.map(|judged| told(&judged, today, window));
    }
    progress.at(Phase::Fitting)?;
    let baskets = bought.iter().enumerate().flat_map(|(customer, lines)| {
        let mut lines: Vec<(Uuid, Uuid)> = lines.iter().map(|line| (line.order, line.product)).collect();
        lines.retain(|(_, product)| sold.binary_search(product).is_ok());
        lines.sort_unstable();
        let orders = lines.chunk_by(|a, b| a.0 == b.0);
        let products = |order: &[(Uuid, Uuid)]| order.iter().map(|(_, product)| *product).collect::<Vec<_>>();
        orders.map(|order| (customer, products(order))).collect::<Vec<_>>()
    });
    let people = purchases.chunk_by(|a, b| a.customer == b.customer);
    let people = people.map(|all| (all[0].customer, all.iter().map(|purchase| purchase.item)));
    let learned = Learned {
        recommender: Recommender::train(&purchases, now, &settings).map_err(unfit)?,
        together: Rules::of(baskets, &LEAST),
        by_people: Rules::of(people, &LEAST),
    };
    progress.at(Phase::Fitting)?;
    let about = About {
        method: "EASE, cosine, own purchases, popularity and demand".to_owned(),
        parameters: parameters(&settings),
        horizon: None,
        currency: None,
        data: data(bought, today, first),
        evidence,
    };
    Draft::new(about, &learned)
}

/// The products that are learned, in order.
fn most_sold(bought: &[Vec<Bought>]) -> Vec<Uuid> {
    let mut sold: Vec<Uuid> = bought.iter().flatten().map(|line| line.product).collect();
    sold.sort_unstable();
    let mut counted: Vec<(usize, Uuid)> =
        sold.chunk_by(|a, b| a == b).map(|same| (same.len(), same[0])).collect();
    counted.sort_unstable_by_key(|(times, product)| (std::cmp::Reverse(*times), *product));
    counted.truncate(MOST_PRODUCTS);
    let mut products: Vec<Uuid> = counted.into_iter().map(|(_, product)| product).collect();
    products.sort_unstable();
    products
}

/// An instant in days from 1 January 1970 UTC.
#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of thousands of years are far below 2^63, and seconds matter"
)]
pub(super) fn time(at: chrono::DateTime<chrono::Utc>) -> f64 {
    at.timestamp_micros() as f64 / 86_400e6
}

/// What a model was chosen to be.
fn parameters(settings: &Settings) -> Vec<(String, f64)> {
    let mut all = vec![
        ("ridge".to_owned(), settings.ridge),
        ("demand_half_life".to_owned(), settings.demand_half_life),
    ];
    for (purpose, name) in [(Purpose::All, "all"), (Purpose::New, "new"), (Purpose::Again, "again")] {
        let blend = settings.blend(purpose);
        let named = [
            ("own", blend.own),
            ("half_life", blend.half_life),
            ("ease", blend.ease),
            ("cosine", blend.cosine),
            ("popular", blend.popular),
            ("demand", blend.demand),
        ];
        all.extend(named.map(|(part, value)| (format!("{name}_{part}"), value)));
    }
    all
}

fn data(bought: &[Vec<Bought>], today: i64, first: f64) -> Data {
    let mut digest = Sha256::new();
    let mut observations = 0;
    for lines in bought {
        digest.update(lines.len().to_be_bytes());
        for line in lines {
            digest.update(line.product.as_bytes());
            digest.update(line.order.as_bytes());
            digest.update(line.at.timestamp_micros().to_be_bytes());
            observations += 1;
        }
    }
    Data {
        from: date(first),
        to: midnight(today - 1).date_naive(),
        customers: bought.len() as u64,
        observations,
        hash: hex::encode(digest.finalize()),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a day of purchases that have an instant")]
fn date(day: f64) -> NaiveDate {
    midnight(day.floor() as i64).date_naive()
}

/// How good it would have been: of all that somebody bought in the window, and of what was new to them.
fn told(judged: &Judged, today: i64, window: f64) -> Evidence {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 7 and 30")]
    let horizon = window as u32;
    let figures = judged.purposes.iter().flat_map(of_purpose).collect();
    let all = judged.purposes.iter().find(|judged| judged.purpose == Purpose::All);
    Evidence {
        origins: vec![midnight(today - i64::from(horizon)).date_naive()],
        horizon,
        figures,
        calibration: Vec::new(),
        lift: Vec::new(),
        beats_baseline: all.map(|judged| judged.verdict.into()),
    }
}

fn of_purpose(judged: &OfPurpose) -> Vec<Figure> {
    let suffix = if judged.purpose == Purpose::All { "all" } else { "new" };
    let [ours, rules @ ..] = &judged.lists[..] else { return Vec::new() };
    let rule = rules.iter().find(|lists| lists.by == judged.against);
    let interval = |interval: Option<predictions::evidence::Interval>| interval.map(|of| (of.low, of.high));
    let figure = |name: &str, value, interval, baseline| Figure {
        name: format!("{name}_{suffix}"),
        value,
        interval,
        baseline,
        beats_baseline: None,
    };
    vec![
        Figure {
            beats_baseline: Some(judged.verdict.into()),
            ..figure("ndcg_at_10", ours.ndcg, interval(ours.ndcg_interval), rule.map(|rule| rule.ndcg))
        },
        figure("recall_at_10", ours.recall, interval(ours.recall_interval), rule.map(|rule| rule.recall)),
        figure("coverage", ours.coverage, None, rule.map(|rule| rule.coverage)),
    ]
}
