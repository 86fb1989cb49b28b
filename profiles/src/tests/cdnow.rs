//! CDNOW in a database: what is said of its customers is what the library makes of the raw log. Without the data (the folder
//! that `RONDOM_DATA` names) this test says that it is skipped.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use connectors::canonical::{Body, ConsentStatement, ConsentStatus, Order, Record};
use predictions::{
    btyd::Options,
    evidence::{Contender, Transaction, Transactions, choose},
};
use rust_decimal::Decimal;
use tokio::sync::watch;

use super::support::{Fixed, admitted, by_email, deliver, on_both, page, person, source};
use crate::{Keys, Profiles, insights::Kind};

/// The end of week 39, and what was learned for it.
const TODAY: &str = "1997-10-01T09:00:00Z";
const HORIZON: u32 = 273;

/// Of each customer of the sample when they bought before that day, and for how much.
fn log() -> Option<BTreeMap<String, Vec<(NaiveDate, Decimal)>>> {
    let Some(folder) = std::env::var_os("RONDOM_DATA") else {
        eprintln!("skipped: RONDOM_DATA names no folder with cdnow/CDNOW_sample.txt");
        return None;
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join("cdnow/CDNOW_sample.txt")).unwrap();
    let mut bought: BTreeMap<String, Vec<(NaiveDate, Decimal)>> = BTreeMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, id, date, _, dollars] = fields[..] else { continue };
        let date = NaiveDate::parse_from_str(date, "%Y%m%d").unwrap();
        if date < today().date_naive() {
            bought.entry(id.to_owned()).or_default().push((date, dollars.parse().unwrap()));
        }
    }
    Some(bought)
}

fn today() -> DateTime<Utc> {
    TODAY.parse().unwrap()
}

fn email(id: &str) -> String {
    format!("c{id}@example.org")
}

/// What the library says of each customer, asked about the log alone: the probability that nothing is bought.
fn recomputed(log: &BTreeMap<String, Vec<(NaiveDate, Decimal)>>) -> BTreeMap<String, f64> {
    let purchases = log.values().enumerate().flat_map(|(customer, bought)| {
        bought.iter().map(move |(date, amount)| Transaction {
            customer,
            time: f64::from(i32::try_from((*date - NaiveDate::default()).num_days()).unwrap()),
            amount: amount.to_string().parse().unwrap(),
        })
    });
    let day = (today().date_naive() - NaiveDate::default()).num_days();
    let past = Transactions::new(purchases).unwrap().before(day);
    let (options, contenders) = (Options::default(), Contender::all());
    let chosen = choose(&past, HORIZON, &contenders, &options).unwrap().contender;
    let learned = chosen.learn(&past, &options).unwrap();
    let cases = past.cases();
    let forecasts = learned.forecast(&cases, f64::from(HORIZON));
    let ids: Vec<&String> = log.keys().collect();
    cases.iter().zip(forecasts).map(|(case, said)| (ids[case.customer].clone(), 1.0 - said.active)).collect()
}

#[tokio::test]
async fn what_is_said_of_cdnow_is_what_its_log_comes_to() {
    let Some(log) = log() else { return };
    let expected = recomputed(&log);
    assert_eq!(expected.len(), 2357);
    on_both(async |profiles| {
        let clock = Arc::new(Fixed(today()));
        let profiles = Profiles::open(profiles.db().clone(), Keys::new(&[7; 32]), clock).await.unwrap();
        let shop = source(&profiles, "shop", "ecommerce").await;
        let mut stamp = 0;
        for customers in log.iter().collect::<Vec<_>>().chunks(100) {
            stamp += 1;
            let mut records = Vec::new();
            let mut consents = Vec::new();
            for (id, bought) in customers {
                records.push(person(id, "C", Some(&email(id)), Some(1)));
                consents.push(ConsentStatement {
                    person: (*id).clone(),
                    contact_point: None,
                    purpose: "profiling".to_owned(),
                    status: ConsentStatus::Granted,
                    stated_at: Some(today()),
                    expires_at: None,
                    method: None,
                    notice: None,
                    evidence: [].into(),
                });
                for (nth, (date, amount)) in bought.iter().enumerate() {
                    let placed = date.and_hms_opt(12, 0, 0).unwrap().and_utc();
                    let order = Order {
                        person: Some((*id).clone()),
                        currency: Some("USD".to_owned()),
                        total: *amount,
                        placed_at: Some(placed),
                        ..Order::default()
                    };
                    records.push(Record {
                        external_id: format!("{id}-{nth}"),
                        updated_at: Some(placed),
                        created_at: Some(placed),
                        deleted: false,
                        payload: format!("{{\"id\":\"{id}-{nth}\"}}").into_bytes(),
                        body: Body::Order(order),
                    });
                }
            }
            let delivered = connectors::Page { consents, ..page(records, vec![]) };
            deliver(&profiles, &shop, stamp, &delivered).await;
        }
        profiles.drain(profiles.now()).await.unwrap();
        let training =
            profiles.request_training(&[Kind::Purchases], Some(HORIZON), true, "test").await.unwrap();
        let training = profiles.work_on_training(training.id, watch::channel(false).1).await.unwrap();
        let version = training.steps[0].version.expect("a model");
        let about = profiles.model_learned(version).await.unwrap().about;
        assert_eq!((about.data.customers, about.currency.as_deref()), (2357, Some("USD")));
        for (id, expected) in &expected {
            let found = by_email(&profiles, &email(id)).await.unwrap();
            let who = admitted(found.id);
            let bought = profiles.purchases(&[who]).await.unwrap().remove(&who).unwrap();
            let said = profiles.churn_risk(&bought, &found.said, None).await.unwrap().said.unwrap();
            assert!((said.probability - expected).abs() < 1e-12, "{id}: {} {expected}", said.probability);
        }
    })
    .await;
}
