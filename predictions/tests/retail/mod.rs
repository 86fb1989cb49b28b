//! The purchases of Online Retail, and how its test part judges recommendations. Shared with the benchmark.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::OnceLock;

use predictions::evidence::metrics::{coverage, ndcg_at_k, recall_at_k};
use predictions::recommend::{Purchase, Purpose, Recommender, Request};

/// A purchase of a numbered customer.
pub(crate) type Bought = Purchase<u32, String>;

/// The first day of November 2011, in days since the first of January 2010: what comes before is the training part.
pub(crate) const SPLIT: f64 = 669.0;
/// The last instant of the training part.
pub(crate) const TRAINED: f64 = SPLIT - 1e-6;
/// The days of the test part, and of each window within the training part.
pub(crate) const WINDOW: f64 = 39.0;

/// All purchases: of each invoice, item and customer one; and the orders, as items by invoice.
pub(crate) struct Retail {
    pub(crate) purchases: Vec<Bought>,
    pub(crate) orders: BTreeMap<String, (f64, BTreeSet<String>)>,
}

/// Reads them once, as `data/README.md` says; nothing if they are not there.
pub(crate) fn read() -> Option<&'static Retail> {
    static READ: OnceLock<Option<Retail>> = OnceLock::new();
    READ.get_or_init(unpack).as_ref()
}

fn unpack() -> Option<Retail> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let folder = std::env::var_os("RONDOM_DATA").map_or_else(default, PathBuf::from);
    let path = folder.join("online_retail/online_retail.csv.gz");
    let Ok(file) = std::fs::File::open(&path) else {
        println!("SKIPPED: {} cannot be read; set RONDOM_DATA to the folder of data", path.display());
        return None;
    };
    let mut lines: BTreeMap<(String, String, u32), f64> = BTreeMap::new();
    for line in csv::Reader::from_reader(flate2::read::GzDecoder::new(file)).byte_records() {
        let line = line.expect("a line");
        let field = |at: usize| std::str::from_utf8(&line[at]).expect("ASCII").trim();
        let number = |at: usize| field(at).parse::<f64>().expect("a number");
        let (invoice, item) = (field(0), field(1));
        let coded = item.len() >= 5 && item.as_bytes()[..5].iter().all(u8::is_ascii_digit);
        if field(6).is_empty() || number(3) <= 0.0 || number(5) <= 0.0 || invoice.contains('C') || !coded {
            continue;
        }
        let time = day(field(4));
        let key = (invoice.to_owned(), item.to_owned(), field(6).parse().expect("a customer"));
        lines.entry(key).and_modify(|first| *first = time.min(*first)).or_insert(time);
    }
    let mut retail = Retail { purchases: Vec::new(), orders: BTreeMap::new() };
    for ((invoice, item, customer), time) in lines {
        retail.orders.entry(invoice).or_insert((time, BTreeSet::new())).1.insert(item.clone());
        retail.purchases.push(Purchase { customer, item, time });
    }
    Some(retail)
}

/// Days since the first of January 2010 of an instant as in 2010-12-01 08:26:00.
fn day(instant: &str) -> f64 {
    const BEFORE: [f64; 12] = [0.0, 31.0, 59.0, 90.0, 120.0, 151.0, 181.0, 212.0, 243.0, 273.0, 304.0, 334.0];
    let part = |from: usize, to: usize| instant[from..to].parse::<f64>().expect("a part of a date");
    let month: usize = instant[5..7].parse().expect("a month");
    let days = 365.0 * (part(0, 4) - 2010.0) + BEFORE[month - 1] + part(8, 10) - 1.0;
    days + part(11, 13) / 24.0 + part(14, 16) / 1440.0
}

/// A customer of the test part: what they bought before, and what since.
pub(crate) struct Customer {
    pub(crate) history: Vec<(String, f64)>,
    pub(crate) wanted: BTreeSet<String>,
}

/// The customers who bought before an instant and within the window after it, as far as their items were known.
pub(crate) fn customers(purchases: &[Bought], split: f64) -> Vec<Customer> {
    let known: BTreeSet<&String> =
        purchases.iter().filter(|purchase| purchase.time < split).map(|purchase| &purchase.item).collect();
    let mut customers: BTreeMap<u32, Customer> = BTreeMap::new();
    for purchase in purchases.iter().filter(|purchase| purchase.time < split) {
        let new = || Customer { history: Vec::new(), wanted: BTreeSet::new() };
        let customer = customers.entry(purchase.customer).or_insert_with(new);
        customer.history.push((purchase.item.clone(), purchase.time));
    }
    let later = |time: f64| time >= split && time < split + WINDOW;
    for purchase in purchases.iter().filter(|purchase| later(purchase.time) && known.contains(&purchase.item))
    {
        if let Some(customer) = customers.get_mut(&purchase.customer) {
            customer.wanted.insert(purchase.item.clone());
        }
    }
    customers.into_values().filter(|customer| !customer.wanted.is_empty()).collect()
}

/// The figures of lists of ten.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) customers: usize,
    pub(crate) ndcg: f64,
    pub(crate) recall: f64,
    pub(crate) coverage: f64,
}

/// What ten recommendations to each customer are worth. What a purpose does not ask for is not wanted either.
pub(crate) fn judge(
    customers: &[Customer],
    catalogue: usize,
    purpose: Purpose,
    recommend: impl Fn(&Customer) -> Vec<String>,
) -> Figures {
    let (mut ndcg, mut recall, mut shown, mut judged) = (0.0, 0.0, BTreeSet::new(), 0_u32);
    for customer in customers {
        let bought: BTreeSet<&String> = customer.history.iter().map(|(item, _)| item).collect();
        let asked = |item: &&String| match purpose {
            Purpose::All => true,
            Purpose::New => !bought.contains(item),
            Purpose::Again => bought.contains(item),
        };
        let wanted: BTreeSet<&String> = customer.wanted.iter().filter(asked).collect();
        if wanted.is_empty() {
            continue;
        }
        let list = recommend(customer);
        let hits: Vec<bool> = list.iter().map(|item| wanted.contains(item)).collect();
        ndcg += ndcg_at_k(&hits, wanted.len(), 10).expect("a figure");
        recall += recall_at_k(&hits, wanted.len(), 10).expect("a figure");
        shown.extend(list);
        judged += 1;
    }
    let mean = |sum: f64| sum / f64::from(judged.max(1));
    Figures {
        customers: judged as usize,
        ndcg: mean(ndcg),
        recall: mean(recall),
        coverage: coverage(shown, catalogue).unwrap_or(0.0),
    }
}

/// The lists of a recommender.
pub(crate) fn of_recommender(
    recommender: &Recommender<String>,
    customers: &[Customer],
    now: f64,
    purpose: Purpose,
) -> Figures {
    judge(customers, recommender.items().len(), purpose, |customer| {
        let answer =
            recommender.recommend(&Request::new(&customer.history, now, purpose, 10)).expect("an answer");
        answer.recommendations.into_iter().map(|recommended| recommended.item).collect()
    })
}

/// The baseline: the items that the customer bought most often, then those that most customers bought.
pub(crate) fn own_frequency(purchases: &[Bought], customers: &[Customer], split: f64) -> Figures {
    let mut buyers: BTreeMap<&String, BTreeSet<u32>> = BTreeMap::new();
    for purchase in purchases.iter().filter(|purchase| purchase.time < split) {
        buyers.entry(&purchase.item).or_default().insert(purchase.customer);
    }
    let mut popular: Vec<(usize, &String)> =
        buyers.iter().map(|(item, buyers)| (buyers.len(), *item)).collect();
    popular.sort_by_key(|(buyers, _)| std::cmp::Reverse(*buyers));
    judge(customers, popular.len(), Purpose::All, |customer| {
        let mut times: BTreeMap<&String, usize> = BTreeMap::new();
        for (item, _) in &customer.history {
            *times.entry(item).or_default() += 1;
        }
        let mut order = popular.clone();
        order.sort_by_key(|(buyers, item)| {
            std::cmp::Reverse((times.get(item).copied().unwrap_or(0), *buyers))
        });
        order.into_iter().take(10).map(|(_, item)| item.clone()).collect()
    })
}
