//! What people are recommended, on real databases.

use std::sync::Arc;

use chrono::TimeDelta;
use connectors::{
    Page,
    canonical::{
        Body, ConsentStatement, ConsentStatus, Order, OrderLine, OrderStatus, OrderType, Product, Record,
    },
};
use predictions::recommend::Purpose;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    segments::{define, work_out},
    support::{Fixed, Scratch, admitted, at, by_email, deliver, on_both, page, person, source},
    worlds::word,
};
use crate::{
    Error, Keys, Profiles,
    insights::{Answer, Asked, Excluded, Kind, Recommended, Recommending, Relation, Status, Step, StepState},
};

const DAY: i64 = 86_400;
/// Today, in days from the beginning of the clock.
const TODAY: i64 = 11;
/// What lovers of tea buy, and lovers of coffee, and both; each in order of how many do.
const TEA: [&str; 5] = ["tea", "lemon", "honey", "pot", "biscuit"];
const COFFEE: [&str; 5] = ["coffee", "milk", "sugar", "filter", "grinder"];
const BOTH: [&str; 2] = ["cup", "tray"];

fn email(number: u32) -> String {
    format!("c{number}@example.org")
}

/// An order of one piece of each of these.
fn order_of(id: &str, who: &str, day: i64, products: &[&str]) -> Record {
    let line = |(at, product): (usize, &&str)| OrderLine {
        id: at.to_string(),
        product: Some((*product).to_owned()),
        name: Some(product.to_uppercase()),
        quantity: 1.into(),
        total: 5.into(),
        ..OrderLine::default()
    };
    let order = Order {
        person: Some(who.to_owned()),
        currency: Some("EUR".to_owned()),
        total: 10.into(),
        placed_at: Some(at(day * DAY)),
        lines: products.iter().enumerate().map(line).collect(),
        ..Order::default()
    };
    Record {
        external_id: id.to_owned(),
        updated_at: Some(at(day * DAY)),
        created_at: Some(at(day * DAY)),
        deleted: false,
        payload: json!({ "id": id, "products": products }).to_string().into_bytes(),
        body: Body::Order(order),
    }
}

/// The same order, told again with a change.
fn told_again(record: Record, version: i64, change: impl FnOnce(&mut Order)) -> Record {
    let Body::Order(mut order) = record.body else { unreachable!("an order") };
    change(&mut order);
    let payload = json!([record.external_id, version]).to_string().into_bytes();
    let updated_at = Some(at(TODAY * DAY + version));
    Record { updated_at, payload, body: Body::Order(order), ..record }
}

fn product(name: &str, category: &str, price: i64, in_stock: Option<bool>) -> Record {
    let product = Product {
        name: Some(name.to_owned()),
        price: Some(price.into()),
        currency: Some("EUR".to_owned()),
        categories: vec![category.to_owned()],
        in_stock,
        ..Product::default()
    };
    Record {
        external_id: name.to_owned(),
        updated_at: Some(at(if in_stock == Some(false) { 2 } else { 1 })),
        created_at: Some(at(0)),
        deleted: false,
        payload: json!([name, price, in_stock]).to_string().into_bytes(),
        body: Body::Product(product),
    }
}

fn shelf() -> Vec<Record> {
    let priced = |names: &[&str], category: &str| -> Vec<Record> {
        let price = |at: usize| 10 * i64::try_from(at).unwrap() + 5;
        names.iter().enumerate().map(|(at, name)| product(name, category, price(at), None)).collect()
    };
    [priced(&TEA, "Tea"), priced(&COFFEE, "Coffee"), priced(&BOTH, "Table")].concat()
}

/// Lovers of tea (even) and of coffee (odd), who come six times in four months, for two things at a time.
fn customers(count: u32) -> Vec<Record> {
    let mut records = shelf();
    for number in 0..count {
        let who = number.to_string();
        records.push(person(&who, "Ann", Some(&email(number)), Some(1)));
        let taste = if number % 2 == 0 { TEA } else { COFFEE };
        let wide = 2 + (number / 2) as usize % 4;
        for visit in 0..6_u32 {
            let day = -120 + i64::from(20 * visit + number * 7 % 20);
            let (one, other) = (visit as usize % wide, (visit as usize + number as usize) % wide);
            let mut products = vec![taste[one]];
            products.extend((other != one).then_some(taste[other]));
            products.extend((visit % 3 == 0).then_some(BOTH[number as usize / 2 % 2]));
            records.push(order_of(&format!("{who}-{visit}"), &who, day, &products));
        }
    }
    records
}

fn allows(who: u32, granted: bool, when: i64) -> ConsentStatement {
    ConsentStatement {
        person: who.to_string(),
        contact_point: None,
        purpose: "profiling".to_owned(),
        status: if granted { ConsentStatus::Granted } else { ConsentStatus::Denied },
        stated_at: Some(at(when)),
        expires_at: None,
        method: None,
        notice: None,
        evidence: [].into(),
    }
}

async fn settled(profiles: &Profiles, records: Vec<Record>, consents: Vec<ConsentStatement>) {
    let shop = source(profiles, "shop", "ecommerce").await;
    deliver(profiles, &shop, 1_000_000, &Page { consents, ..page(records, vec![]) }).await;
    profiles.drain(profiles.now()).await.unwrap();
}

/// As a process that has just begun sees it, so many seconds later.
async fn later(profiles: &Profiles, seconds: i64) -> Profiles {
    let clock = Arc::new(Fixed(profiles.now() + TimeDelta::seconds(seconds)));
    Profiles::open(profiles.db().clone(), Keys::new(&[7; 32]), clock).await.unwrap()
}

async fn train(profiles: &Profiles) -> Step {
    let training = profiles.request_training(&[Kind::Recommendations], None, true, "test").await.unwrap();
    let (_stop, stopped) = watch::channel(false);
    profiles.work_on_training(training.id, stopped).await.unwrap().steps.remove(0)
}

fn wish(purpose: Purpose) -> Asked {
    Asked { first: 10, purpose, category: None, diversity: 0.0, rest: 0, among: None }
}

async fn answer(profiles: &Profiles, number: u32, asked: Asked) -> Answer<Recommended> {
    let found = by_email(profiles, &email(number)).await.unwrap();
    let who = admitted(found.id);
    let bought = profiles.bought(&[who]).await.unwrap().remove(&who).unwrap_or_default();
    let by = profiles.recommending().await.unwrap();
    profiles.recommendations(by, Arc::new(bought), &found.said, asked).await.unwrap()
}

async fn said(profiles: &Profiles, number: u32, asked: Asked) -> Recommended {
    let answer = answer(profiles, number, asked).await;
    assert_eq!(answer.status, Status::Ok);
    answer.said.unwrap()
}

/// What a product is called in the shop, and the other way round.
async fn product_id(profiles: &Profiles, name: &str) -> Uuid {
    let shop = source(profiles, "shop", "ecommerce").await;
    profiles.keys().object("product", shop.id, name)
}

async fn names(profiles: &Profiles, said: &Recommended) -> Vec<String> {
    let ids: Vec<Uuid> = said.items.iter().map(|item| item.product).collect();
    let known = profiles.products_by_id(&ids).await.unwrap();
    ids.iter().map(|id| known[id].external_id.clone()).collect()
}

async fn recommending(profiles: &Profiles) -> Recommending {
    profiles.recommending().await.unwrap().unwrap()
}

fn times(said: &Recommended, product: Uuid) -> Option<String> {
    let item = said.items.iter().find(|item| item.product == product)?;
    item.reasons.iter().find(|reason| reason.factor == "own").map(|reason| reason.text.clone())
}

#[tokio::test]
async fn a_person_is_recommended_what_fits_and_told_why() {
    on_both(async |profiles| {
        settled(profiles, customers(80), (0..12).map(|who| allows(who, who != 9, 1_000_000)).collect()).await;
        assert_eq!(
            answer(profiles, 0, wish(Purpose::All)).await.status,
            Status::LowData,
            "nothing was learned"
        );
        let step = train(profiles).await;
        assert_eq!(step.state, StepState::Learned, "{step:?}");
        let model = profiles.model_learned(step.version.unwrap()).await.unwrap();
        assert_eq!(model.about.data.customers, 79, "who said no is not learned from");
        assert_eq!(model.about.data.to, at(TODAY * DAY - 1).date_naive());
        let evidence = model.about.evidence.as_ref().unwrap();
        assert_eq!(evidence.horizon, 30);
        assert!(evidence.figures.iter().any(|figure| figure.name == "ndcg_at_10_all" && figure.value > 0.5));

        // Of tea and lemon, that is all that customer 0 has.
        for purpose in Purpose::ALL {
            let said = said(profiles, 0, wish(purpose)).await;
            assert!(!said.items.is_empty());
            for item in &said.items {
                let sum: f64 = item.reasons.iter().map(|reason| reason.contribution).sum();
                assert!((sum - item.score).abs() < 1e-9 && item.score > 0.0, "{item:?}");
                assert!(item.reasons.is_sorted_by(|a, b| a.contribution >= b.contribution));
            }
            assert!(said.items.is_sorted_by(|a, b| a.score >= b.score));
        }
        let again = said(profiles, 0, wish(Purpose::Again)).await;
        let mut all = names(profiles, &again).await;
        all.sort();
        assert_eq!(all, ["cup", "lemon", "tea"]);
        let new = said(profiles, 0, wish(Purpose::New)).await;
        assert_eq!(names(profiles, &new).await[0], "honey", "who has tea and lemon takes honey");
        let why: Vec<&str> = new.items[0].reasons.iter().map(|reason| reason.text.as_str()).collect();
        assert!(why.iter().any(|text| text.starts_with("bought TEA 3 times, last ")), "{why:?}");
        assert!(why.contains(&"popular among all customers"), "{why:?}");
        let tea = product_id(profiles, "tea").await;
        assert_eq!(new.why_not(tea).unwrap(), Some(Excluded::Bought));
        let coffee = product_id(profiles, "coffee").await;
        assert_eq!(again.why_not(coffee).unwrap(), Some(Excluded::NeverBought));
        assert_eq!(again.why_not(tea).unwrap(), None);
        assert_eq!(again.why_not(Uuid::nil()).unwrap(), Some(Excluded::Unknown));
        let one = said(profiles, 0, Asked { first: 1, ..wish(Purpose::New) }).await;
        assert_eq!(one.why_not(coffee).unwrap(), Some(Excluded::OthersAreBetter));

        for nobody in [9, 20] {
            let answer = answer(profiles, nobody, wish(Purpose::All)).await;
            assert_eq!((answer.status, answer.said.is_none()), (Status::NoConsent, true), "{nobody}");
        }
        settled(profiles, vec![person("500", "Bo", Some(&email(500)), Some(1))], vec![allows(500, true, 0)])
            .await;
        let popular = said(profiles, 500, wish(Purpose::All)).await;
        assert_eq!(popular.items.len(), 10);
        assert!(popular.items.iter().all(|item| item.basis == crate::insights::Basis::Popular));
        assert_eq!(
            answer(&later(profiles, 8 * DAY).await, 0, wish(Purpose::All)).await.status,
            Status::Stale
        );
        let error =
            profiles.recommendations(None, Arc::default(), &[], Asked { first: 51, ..wish(Purpose::All) });
        assert!(matches!(error.await, Err(Error::Invalid { .. })));
    })
    .await;
}

#[tokio::test]
async fn what_is_bought_counts_at_once_and_what_comes_back_no_longer() {
    on_both(async |profiles| {
        settled(profiles, customers(80), (0..12).map(|who| allows(who, true, 1_000_000)).collect()).await;
        train(profiles).await;
        let milk = product_id(profiles, "milk").await;
        let own = async || times(&said(profiles, 0, wish(Purpose::Again)).await, milk);
        assert_eq!(own().await, None);
        let bought = order_of("new", "0", TODAY, &["milk"]);
        settled(profiles, vec![bought.clone()], vec![]).await;
        assert_eq!(own().await.unwrap(), "bought MILK today");
        let dearest = order_of("new2", "0", TODAY - 1, &["milk", "milk"]);
        settled(profiles, vec![dearest], vec![]).await;
        assert_eq!(own().await.unwrap(), "bought MILK twice, last today", "two lines of one order are once");

        // The newer order is paid back, and of the older one a piece comes back, and then the other.
        settled(profiles, vec![told_again(bought, 1, |order| order.status = OrderStatus::Refunded)], vec![])
            .await;
        assert_eq!(own().await.unwrap(), "bought MILK yesterday");
        let back = |id: &str| {
            told_again(order_of(id, "0", TODAY, &["milk"]), 2, |order| {
                order.order_type = OrderType::Return;
                order.status = OrderStatus::Completed;
                order.total = (-5).into();
                order.lines[0].quantity = (-1).into();
            })
        };
        settled(profiles, vec![back("r1")], vec![]).await;
        assert_eq!(own().await.unwrap(), "bought MILK yesterday");
        settled(profiles, vec![back("r2")], vec![]).await;
        assert_eq!(own().await, None, "nothing is left of it");
    })
    .await;
}

#[tokio::test]
async fn only_what_can_be_sold_is_recommended() {
    on_both(async |profiles| {
        settled(profiles, customers(80), (0..12).map(|who| allows(who, true, 1_000_000)).collect()).await;
        let unknown = order_of("unknown", "0", -3, &["gone"]);
        settled(profiles, vec![unknown], vec![]).await;
        train(profiles).await;
        let all = said(profiles, 0, Asked { first: 50, ..wish(Purpose::All) }).await;
        assert_eq!(all.items.len(), 12);
        let gone = product_id(profiles, "gone").await;
        assert_eq!(all.why_not(gone).unwrap(), Some(Excluded::NotForSale));

        settled(profiles, vec![product("honey", "Tea", 25, Some(false))], vec![]).await;
        let profiles = &later(profiles, 1).await;
        let honey = product_id(profiles, "honey").await;
        let without = said(profiles, 0, wish(Purpose::New)).await;
        assert_eq!(without.why_not(honey).unwrap(), Some(Excluded::OutOfStock));

        let tea = said(profiles, 0, Asked { category: Some("TEA".to_owned()), ..wish(Purpose::All) }).await;
        let mut names = names(profiles, &tea).await;
        names.sort();
        assert_eq!(names, ["biscuit", "lemon", "pot", "tea"]);
        let cup = product_id(profiles, "cup").await;
        assert_eq!(tea.why_not(cup).unwrap(), Some(Excluded::OtherCategory));
        let rested = said(profiles, 0, Asked { rest: 3_000, ..wish(Purpose::All) }).await;
        assert_eq!(rested.why_not(cup).unwrap(), Some(Excluded::BoughtLately));
        let diverse = said(profiles, 0, Asked { diversity: 1.0, first: 3, ..wish(Purpose::All) }).await;
        assert_eq!(diverse.items.len(), 3);
    })
    .await;
}

/// Nobody's basket shines through: what one customer does ever so often is told nobody.
#[tokio::test]
async fn products_that_belong_together_are_known_by_five_people() {
    on_both(async |profiles| {
        let mut records = customers(80);
        records
            .extend((0..20).map(|nth| order_of(&format!("odd-{nth}"), "0", -100 + nth, &["grinder", "pot"])));
        settled(profiles, records, vec![]).await;
        train(profiles).await;
        let by = recommending(profiles).await;
        let id = async |name: &str| product_id(profiles, name).await;
        let (tea, grinder, pot) = (id("tea").await, id("grinder").await, id("pot").await);
        let together = by.related(tea, Relation::Together, 20);
        assert!(!together.is_empty());
        for related in &together {
            assert!(related.count >= 5 && related.lift >= 1.0, "{related:?}");
            assert!((0.0..=1.0).contains(&related.support) && (0.0..=1.0).contains(&related.confidence));
            assert!((0.0..=1.0).contains(&related.similarity));
        }
        assert!(together.is_sorted_by(|a, b| a.confidence >= b.confidence));
        for relation in [Relation::Together, Relation::Similar, Relation::Better] {
            assert!(
                by.related(grinder, relation, 20).iter().all(|related| related.product != pot),
                "{relation:?}"
            );
        }
        let better = by.related(tea, Relation::Better, 20);
        assert_eq!(better[0].product, id("lemon").await);
        assert!(
            by.related(id("biscuit").await, Relation::Better, 20).is_empty(),
            "nothing of its kind is dearer"
        );
        let similar = by.related(tea, Relation::Similar, 2);
        assert_eq!(similar.len(), 2);
        assert!(similar[0].similarity >= similar[1].similarity);
        assert!(by.related(Uuid::nil(), Relation::Together, 5).is_empty());
    })
    .await;
}

#[tokio::test]
async fn who_is_new_is_shown_what_is_popular_in_a_segment() {
    on_both(async |profiles| {
        settled(profiles, customers(160), vec![allows(0, true, 0)]).await;
        train(profiles).await;
        define(profiles, "coffee", r#"bought product "coffee""#).await;
        define(profiles, "few", r#"bought product "grinder""#).await;
        work_out(profiles).await;
        let by = recommending(profiles).await;
        let among = profiles.popular_among(&by, "coffee").await.unwrap();
        assert!(profiles.popular_among(&by, "few").await.unwrap().is_none(), "fewer than fifty");
        assert!(matches!(profiles.popular_among(&by, "none").await, Err(Error::NotFound { .. })));
        settled(profiles, vec![person("500", "Bo", Some(&email(500)), Some(1))], vec![allows(500, true, 0)])
            .await;
        let coffee = said(profiles, 500, Asked { among, first: 3, ..wish(Purpose::All) }).await;
        let names = names(profiles, &coffee).await;
        assert!(names.iter().all(|name| COFFEE.contains(&name.as_str())), "{names:?}");
        assert_eq!(coffee.items[0].reasons[0].text, "popular among those in the segment coffee");
    })
    .await;
}

#[tokio::test]
async fn a_merge_joins_what_was_bought_and_a_split_parts_it() {
    on_both(async |profiles| {
        settled(profiles, customers(80), (0..12).map(|who| allows(who, true, 1_000_000)).collect()).await;
        train(profiles).await;
        let coffee = product_id(profiles, "coffee").await;
        let own = async || times(&said(profiles, 0, wish(Purpose::Again)).await, coffee);
        assert_eq!(own().await, None);
        let ids = [0, 1].map(async |number| by_email(profiles, &email(number)).await.unwrap().id);
        let ids = futures_util::future::join_all(ids).await;
        let merged = profiles.merge(&ids, &word(profiles.now())).await.unwrap();
        assert!(own().await.is_some());
        profiles.undo(merged.decision.id, &word(profiles.now() + TimeDelta::seconds(1))).await.unwrap();
        assert_eq!(own().await, None);
    })
    .await;
}

/// What is stored of models, oldest first.
async fn stored(profiles: &Profiles) -> Vec<(i32, String)> {
    let rows = entities::prediction_model::Entity::find();
    let rows =
        rows.order_by_asc(entities::prediction_model::Column::Version).all(profiles.db()).await.unwrap();
    rows.into_iter().map(|row| (row.version, row.model)).collect()
}

#[tokio::test]
async fn the_same_purchases_give_the_same_model_however_they_come_and_where() {
    let mut all = Vec::new();
    let mut records = customers(70);
    for _ in 0..2 {
        let scratch = Scratch::sqlite().await;
        settled(&scratch.profiles, records.clone(), vec![]).await;
        train(&scratch.profiles).await;
        all.push(stored(&scratch.profiles).await);
        records.reverse();
    }
    if let Some(scratch) = Scratch::postgres().await {
        settled(&scratch.profiles, records, vec![]).await;
        train(&scratch.profiles).await;
        all.push(stored(&scratch.profiles).await);
        scratch.close().await;
    }
    assert!(all.iter().all(|one| *one == all[0]));
}

#[tokio::test]
async fn little_is_told_so_and_of_old_models_the_newest_are_kept() {
    on_both(async |profiles| {
        settled(profiles, customers(20), vec![]).await;
        let step = train(profiles).await;
        assert_eq!(step.state, StepState::TooLittle);
        assert!(step.why.as_ref().unwrap().contains("50 customers and 10 products or more"), "{step:?}");
        settled(profiles, customers(60), vec![]).await;
        for _ in 0..3 {
            train(profiles).await;
        }
        profiles.promote_model(1, "test").await.unwrap();
        for _ in 0..8 {
            let training =
                profiles.request_training(&[Kind::Recommendations], None, false, "test").await.unwrap();
            let (_stop, stopped) = watch::channel(false);
            profiles.work_on_training(training.id, stopped).await.unwrap();
        }
        let kept: Vec<i32> = stored(profiles).await.into_iter().map(|(version, _)| version).collect();
        assert_eq!(kept, [1, 5, 6, 7, 8, 9, 10, 11]);
        let in_force = async || {
            let all = profiles.models_learned(Some(Kind::Recommendations), 20).await.unwrap();
            all.iter().filter(|model| model.in_force).map(|model| model.version).collect::<Vec<_>>()
        };
        assert_eq!(in_force().await, [1]);
        profiles.promote_model(9, "test").await.unwrap();
        assert_eq!(in_force().await, [9]);
        assert!(matches!(profiles.promote_model(2, "test").await, Err(Error::NotFound { .. })));
    })
    .await;
}
