//! Personas and look-alikes on real databases.

use connectors::{
    Page,
    canonical::{Body, ConsentStatement, ConsentStatus, Order, OrderLine, Product, Record},
};
use segments::Rule;
use serde_json::json;
use uuid::Uuid;

use super::{
    erasure::{dump, erase},
    segments::{define, work_out},
    support::{admitted, at, by_email, deliver, on_both, page, person, reader, source},
    worlds::word,
};
use crate::{
    Error, Profiles,
    consent::{LawfulBasis, Purpose, Reader},
    insights::Status,
    likeness::{LookAlike, Mark, Nearness, NewPersona, Similar},
    view::{catalogue::Group, read::ProfileRef},
};

const DAY: i64 = 86_400;

fn email(who: &str) -> String {
    format!("{who}@example.org")
}

/// Somebody with traits.
fn somebody(who: &str, traits: &serde_json::Value) -> Record {
    let mut record = person(who, who, Some(&email(who)), Some(1));
    let Body::Person(person) = &mut record.body else { unreachable!() };
    for (key, value) in traits.as_object().unwrap() {
        person.traits.insert(key.clone(), value.clone());
    }
    record.payload = json!([who, traits]).to_string().into_bytes();
    record
}

/// An order of these products.
fn bought(id: &str, who: &str, total: i64, placed: i64, products: &[&str]) -> Record {
    let line = |product: &&str| OrderLine {
        id: (*product).to_owned(),
        product: Some((*product).to_owned()),
        quantity: 1.into(),
        ..OrderLine::default()
    };
    let order = Order {
        person: Some(who.to_owned()),
        currency: Some("EUR".to_owned()),
        total: total.into(),
        placed_at: Some(at(placed)),
        lines: products.iter().map(line).collect(),
        ..Order::default()
    };
    Record {
        external_id: id.to_owned(),
        updated_at: Some(at(placed)),
        created_at: Some(at(placed)),
        deleted: false,
        payload: json!([id, who, total, products]).to_string().into_bytes(),
        body: Body::Order(order),
    }
}

fn product(key: &str, categories: &[&str]) -> Record {
    let product = Product {
        name: Some(key.to_uppercase()),
        categories: categories.iter().map(|&one| one.to_owned()).collect(),
        ..Product::default()
    };
    Record {
        external_id: key.to_owned(),
        updated_at: Some(at(0)),
        created_at: None,
        deleted: false,
        payload: json!([key, categories]).to_string().into_bytes(),
        body: Body::Product(product),
    }
}

fn says(who: &str, granted: bool, when: i64) -> ConsentStatement {
    ConsentStatement {
        person: who.to_owned(),
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

fn persona(key: &str, threshold: f64, marks: &[(&str, f64)]) -> NewPersona {
    let marks = marks.iter().map(|(rule, weight)| Mark { rule: Rule::parse(rule).unwrap(), weight: *weight });
    NewPersona {
        key: key.to_owned(),
        name: key.to_uppercase(),
        description: String::new(),
        threshold,
        marks: marks.collect(),
    }
}

async fn id_of(profiles: &Profiles, who: &str) -> Uuid {
    by_email(profiles, &email(who)).await.unwrap().id
}

async fn nearness(profiles: &Profiles, who: &str) -> Nearness {
    let id = admitted(id_of(profiles, who).await);
    let found = profiles.personas_of(&[id]).await.unwrap().remove(&id).unwrap();
    Nearness::clone(&found)
}

/// The keys and scores of the personas, the nearest first.
async fn scores(profiles: &Profiles, who: &str) -> Vec<(String, f64)> {
    let found = nearness(profiles, who).await;
    found.personas.iter().map(|one| (one.persona.key.clone(), (one.score * 1e6).round() / 1e6)).collect()
}

fn scored(expected: &[(&str, f64)]) -> Vec<(String, f64)> {
    expected.iter().map(|(key, score)| ((*key).to_owned(), *score)).collect()
}

/// From here on profiling may use data of these groups.
async fn profile_by(profiles: &Profiles, groups: &[Group]) {
    let purpose = Purpose {
        key: "profiling".to_owned(),
        name: "x".to_owned(),
        description: "x".to_owned(),
        basis: LawfulBasis::Consent,
        channel: None,
        data_groups: groups.iter().copied().collect(),
    };
    profiles.define_purpose(purpose, "test").await.unwrap();
}

#[tokio::test]
async fn whoever_allows_it_is_told_their_nearest_persona_and_why() {
    on_both(async |profiles| {
        let records = vec![
            somebody("ann", &json!({ "job_title": "Buyer", "tags": ["vip"] })),
            bought("o1", "ann", 100, 5 * DAY, &["kettle"]),
            somebody("ben", &json!({ "job_title": "Buyer" })),
            somebody("cas", &json!({ "job_title": "Buyer" })),
        ];
        settled(profiles, records, vec![says("ann", true, 1), says("ben", true, 1)]).await;
        define(profiles, "buyers", "count of orders >= 1").await;
        work_out(profiles).await;
        let marks = [(r#"in segment "buyers""#, 3.0), (r#"tags contains "gold""#, 1.0)];
        profiles.define_persona(persona("loyal", 0.75, &marks), "test").await.unwrap();
        let marks = [(r#"job_title is "Buyer""#, 1.0), ("count of orders is 0", 1.0)];
        let made = profiles.define_persona(persona("colleague", 0.5, &marks), "test").await.unwrap();
        assert_eq!((made.version, made.name.as_str()), (1, "COLLEAGUE"));
        // Of one score the first by key comes first.
        profiles.define_persona(persona("also", 1.0, &marks[..1]), "test").await.unwrap();

        assert_eq!(
            scores(profiles, "ann").await,
            scored(&[("also", 1.0), ("loyal", 0.75), ("colleague", 0.5)])
        );
        let ann = nearness(profiles, "ann").await;
        assert_eq!(ann.status, Status::Ok);
        let loyal = &ann.personas[1];
        assert!(loyal.is_reached(), "as much as is wanted is enough");
        assert_eq!(
            loyal.marks.iter().map(|one| one.contribution).collect::<Vec<_>>(),
            [Some(0.75), Some(0.0)]
        );
        let why = &loyal.marks[1].why.as_ref().unwrap().explanation;
        assert_eq!((why.holds, why.condition.met.as_deref()), (false, Some(r#"["vip"]"#)));
        assert_eq!(
            scores(profiles, "ben").await,
            scored(&[("also", 1.0), ("colleague", 1.0), ("loyal", 0.0)])
        );
        let cas = nearness(profiles, "cas").await;
        assert_eq!((cas.status, cas.personas), (Status::NoConsent, Vec::new()), "nobody asked");

        // What happens counts at once, and so does a no.
        settled(profiles, vec![bought("o2", "ben", 9, 6 * DAY, &[])], vec![says("ann", false, 2)]).await;
        assert_eq!(scores(profiles, "ben").await[1..], scored(&[("loyal", 0.75), ("colleague", 0.5)]));
        assert_eq!(nearness(profiles, "ann").await.status, Status::NoConsent);

        // What is asked for stays, and what is gone is asked for no more.
        let error = profiles.remove_segment("buyers", "test").await.unwrap_err();
        assert!(matches!(&error, Error::Conflict(why) if why.contains("persona `loyal`")), "{error}");
        assert!(profiles.remove_persona("loyal", "test").await.unwrap());
        assert!(!profiles.remove_persona("loyal", "test").await.unwrap());
        assert!(profiles.remove_segment("buyers", "test").await.unwrap());
        assert_eq!(scores(profiles, "ben").await, scored(&[("also", 1.0), ("colleague", 0.5)]));
        let again = profiles.define_persona(persona("loyal", 0.5, &marks[1..]), "test").await.unwrap();
        assert_eq!(again.version, 3, "what was taken away counts");
    })
    .await;
}

#[tokio::test]
async fn a_persona_is_made_of_what_is_there_and_may_be_used() {
    on_both(async |profiles| {
        let all = [("last_name exists", 1.0), ("job_title exists", 1.0)];
        for (wrong, path, told) in [
            (persona("A", 0.5, &all[1..]), "key", "lower-case"),
            (persona("a", 0.0, &all[1..]), "threshold", "more than 0"),
            (persona("a", f64::NAN, &all[1..]), "threshold", "more than 0"),
            (persona("a", 1.1, &all[1..]), "threshold", "at most 1"),
            (persona("a", 0.5, &[]), "marks", "1 to 20"),
            (persona("a", 0.5, &[all[1]; 21]), "marks", "1 to 20"),
            (persona("a", 0.5, &[all[1], ("tags exists", 0.0)]), "marks.1.weight", "more than 0"),
            (persona("a", 0.5, &[("tags exists", f64::INFINITY)]), "marks.0.weight", "at most 1,000"),
            (persona("a", 0.5, &[all[1], (r#"in segment "b""#, 1.0)]), "marks.1.rule", "no segment `b`"),
            (persona("a", 0.5, &[(r#"in list "b""#, 1.0)]), "marks.0.rule", "no list `b`"),
            (persona("a", 0.5, &[("prediction mood > 1", 1.0)]), "marks.0.rule", "no prediction `mood`"),
            (persona("a", 0.5, &all), "marks.0.rule", "group IDENTITY"),
        ] {
            let error = profiles.define_persona(wrong, "test").await.unwrap_err();
            let Error::Invalid { path: found, message } = &error else { panic!("{error}") };
            assert_eq!(found, path, "{error}");
            assert!(message.contains(told), "{error}");
        }
        assert!(profiles.personas().await.unwrap().is_empty(), "nothing of it was kept");

        // A mark that may not be made any more does not count, and nobody is like a persona of such marks alone.
        profile_by(profiles, &Group::ALL).await;
        settled(profiles, vec![somebody("ann", &json!({ "last_name": "Smit" }))], vec![says("ann", true, 1)])
            .await;
        profiles.define_persona(persona("both", 0.5, &all), "test").await.unwrap();
        profiles.define_persona(persona("one", 0.5, &all[..1]), "test").await.unwrap();
        assert_eq!(scores(profiles, "ann").await, scored(&[("one", 1.0), ("both", 0.5)]));
        profile_by(profiles, &[Group::Descriptive]).await;
        assert_eq!(scores(profiles, "ann").await, scored(&[("both", 0.0)]));
        let both = nearness(profiles, "ann").await.personas.remove(0);
        assert_eq!((both.marks[0].contribution, both.marks[1].contribution), (None, Some(0.0)));
        assert!(both.marks[0].why.is_none(), "what may not be used is not told");
    })
    .await;
}

async fn similar(profiles: &Profiles, who: &str) -> Similar {
    let by = ProfileRef::Id(id_of(profiles, who).await);
    profiles.similar_profiles(&reader(), &by, 50).await.unwrap().unwrap()
}

/// Who is like somebody, the most alike first.
async fn alike(profiles: &Profiles, who: &str) -> Vec<String> {
    let name = |one: &LookAlike| one.profile.display_name.clone().unwrap();
    similar(profiles, who).await.people.iter().map(name).collect()
}

fn text<'a>(found: &'a LookAlike, factor: &str) -> &'a str {
    &found.reasons.iter().find(|reason| reason.factor == factor).expect(factor).text
}

/// Ann, of whom Bea has much, Cas something and Dan nothing but the time.
fn shop() -> Vec<Record> {
    vec![
        product("kettle", &["Kitchen"]),
        product("mug", &["Kitchen"]),
        product("lamp", &["Light"]),
        somebody("ann", &json!({ "company_name": "Acme", "language": "nl", "tags": ["vip", "news"] })),
        somebody("bea", &json!({ "company_name": "ACME ", "language": "nl", "tags": ["news"] })),
        somebody("cas", &json!({ "company_name": "Other", "language": "da" })),
        somebody("dan", &json!({})),
        bought("a1", "ann", 100, 0, &["kettle", "mug"]),
        bought("a2", "ann", 50, 9 * DAY, &["kettle"]),
        bought("b1", "bea", 140, 9 * DAY, &["kettle"]),
        bought("c1", "cas", 10, DAY, &["mug", "lamp"]),
        bought("d1", "dan", 500, DAY, &["lamp"]),
    ]
}

fn all_allow() -> Vec<ConsentStatement> {
    ["ann", "bea", "cas", "dan"].map(|who| says(who, true, 1)).into()
}

#[tokio::test]
async fn people_are_found_who_have_most_in_common_and_told_what() {
    on_both(async |profiles| {
        define(profiles, "kettles", r#"bought product "kettle""#).await;
        settled(profiles, shop(), all_allow()).await;
        work_out(profiles).await;
        assert_eq!(alike(profiles, "ann").await, ["bea", "cas", "dan"]);
        let found = similar(profiles, "ann").await;
        assert_eq!((found.status, found.compared), (Status::Ok, 3));
        for one in &found.people {
            let added: f64 = one.reasons.iter().map(|reason| reason.contribution).sum();
            assert!((added - one.similarity).abs() < 1e-9, "{one:?}");
            assert!(one.reasons.is_sorted_by(|a, b| a.contribution >= b.contribution), "{one:?}");
            assert!(one.similarity > 0.0 && one.similarity < 1.0, "{one:?}");
        }
        let bea = &found.people[0];
        assert_eq!(text(bea, "products"), "both bought KETTLE");
        assert_eq!(text(bea, "categories"), "both buy of Kitchen");
        assert_eq!(text(bea, "segments"), "both are in kettles");
        assert_eq!(text(bea, "company"), "same company: Acme");
        assert_eq!(text(bea, "language"), "same language: nl");
        assert_eq!(text(bea, "tags"), "same tags: news");
        assert_eq!(text(bea, "orders"), "ordered 2 and 1 times");
        assert_eq!(text(bea, "spent"), "spent 150.00 and 140.00 EUR");
        assert_eq!(text(bea, "last_order"), "last ordered 2 and 2 days ago");
        let cosine = bea.reasons.iter().find(|reason| reason.factor == "products").unwrap();
        assert!((cosine.contribution / cosine.most - 2.0 / 5.0_f64.sqrt()).abs() < 1e-9, "{cosine:?}");

        // The same from the other side.
        let back = similar(profiles, "bea").await;
        let ann = back.people.iter().find(|one| one.profile.display_name.as_deref() == Some("ann")).unwrap();
        assert!((ann.similarity - bea.similarity).abs() < 1e-12);

        let by = ProfileRef::Id(id_of(profiles, "ann").await);
        let one = profiles.similar_profiles(&reader(), &by, 1).await.unwrap().unwrap();
        assert_eq!((one.people.len(), one.compared), (1, 3));
        assert!(profiles.similar_profiles(&reader(), &by, 51).await.is_err());
        let nobody = ProfileRef::Id(Uuid::nil());
        assert_eq!(profiles.similar_profiles(&reader(), &nobody, 1).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn nobody_is_found_who_refuses_and_nothing_is_used_that_may_not_be() {
    on_both(async |profiles| {
        settled(profiles, shop(), all_allow()).await;
        // Dan is gone at the shop; Bea takes her yes back.
        let mut dan = somebody("dan", &json!({}));
        dan.deleted = true;
        dan.updated_at = Some(at(100));
        settled(profiles, vec![dan], vec![says("bea", false, 2)]).await;
        assert_eq!(alike(profiles, "ann").await, ["cas"]);
        let refused = similar(profiles, "bea").await;
        assert_eq!((refused.status, refused.people), (Status::NoConsent, Vec::new()));

        // Whom the reader may not see is not found, nor are others for whoever may not be seen.
        let object = ConsentStatement { purpose: "service".to_owned(), ..says("cas", false, 3) };
        settled(profiles, vec![], vec![object, says("bea", true, 3)]).await;
        let sales = Reader { purpose: Some("service".into()), ..reader() };
        let ask = async |who: &str| {
            let by = ProfileRef::Id(id_of(profiles, who).await);
            profiles.similar_profiles(&sales, &by, 10).await.unwrap()
        };
        let names = |found: Similar| -> Vec<_> {
            found.people.into_iter().map(|one| one.profile.display_name.unwrap()).collect()
        };
        assert_eq!(names(ask("ann").await.unwrap()), ["bea"]);
        assert_eq!(ask("cas").await, None);

        let factors = |found: &Similar| -> Vec<&str> {
            found.people[0].reasons.iter().map(|reason| reason.factor).collect()
        };
        let before = ask("ann").await.unwrap();
        assert!(factors(&before).contains(&"company") && factors(&before).contains(&"language"));
        profile_by(profiles, &[Group::Quantitative]).await;
        let after = ask("ann").await.unwrap();
        assert!(!factors(&after).contains(&"company") && !factors(&after).contains(&"language"));
        assert!(factors(&after).contains(&"products"));
        profile_by(profiles, &[Group::Descriptive]).await;
        assert_eq!(
            ask("ann").await.unwrap().status,
            Status::NoConsent,
            "what people did is what they are found by"
        );
    })
    .await;
}

#[tokio::test]
async fn where_somebody_lives_counts_where_it_may() {
    on_both(async |profiles| {
        let lives =
            |who: &str, city: &str| somebody(who, &json!({ "address": { "city": city, "country": "NL" } }));
        let records = vec![lives("ann", "Delft"), lives("bea", "delft"), lives("cas", "Breda")];
        let consents = ["ann", "bea", "cas"].map(|who| says(who, true, 1)).into();
        settled(profiles, records, consents).await;
        let told = |found: &Similar| -> Vec<String> {
            let reasons = found.people.iter().flat_map(|one| &one.reasons);
            reasons.filter(|reason| reason.factor == "city").map(|reason| reason.text.clone()).collect()
        };
        assert_eq!(told(&similar(profiles, "ann").await), Vec::<String>::new());
        profile_by(profiles, &Group::ALL).await;
        let found = similar(profiles, "ann").await;
        assert_eq!(told(&found), ["same city: Delft"]);
        assert_eq!(alike(profiles, "ann").await, ["bea", "cas"]);
    })
    .await;
}

#[tokio::test]
async fn a_merge_and_its_undoing_change_what_is_said_at_once() {
    on_both(async |profiles| {
        settled(profiles, shop(), all_allow()).await;
        profiles
            .define_persona(persona("often", 0.5, &[("count of orders >= 3", 1.0)]), "test")
            .await
            .unwrap();
        let before = (similar(profiles, "ann").await, scores(profiles, "ann").await);
        assert_eq!(before.1, scored(&[("often", 0.0)]));
        let ids = [id_of(profiles, "ann").await, id_of(profiles, "bea").await];
        let decided = profiles.merge(&ids, &word(at(2_000))).await.unwrap();
        profiles.drain(profiles.now()).await.unwrap();
        assert_eq!(scores(profiles, "ann").await, scored(&[("often", 1.0)]));
        assert_eq!(
            similar(profiles, "ann").await.people.len(),
            2,
            "whom nobody resembles more than themselves"
        );
        profiles.undo(decided.decision.id, &word(at(3_000))).await.unwrap();
        profiles.drain(profiles.now()).await.unwrap();
        let after = (similar(profiles, "ann").await, scores(profiles, "ann").await);
        assert_eq!(after.1, before.1);
        let seen = |found: &Similar| -> Vec<_> {
            let told = found.people.iter().map(|one| (one.profile.id, one.similarity, one.reasons.clone()));
            told.collect()
        };
        assert_eq!(seen(&after.0), seen(&before.0));
    })
    .await;
}

#[tokio::test]
async fn of_whoever_is_erased_nothing_is_left_to_compare() {
    on_both(async |profiles| {
        settled(profiles, shop(), all_allow()).await;
        profiles
            .define_persona(persona("often", 0.5, &[("count of orders >= 1", 1.0)]), "test")
            .await
            .unwrap();
        let bea = id_of(profiles, "bea").await;
        assert_eq!(similar(profiles, "ann").await.people[0].profile.id, bea);
        assert_eq!(scores(profiles, "bea").await, scored(&[("often", 1.0)]));
        erase(profiles, bea, false).await;
        assert_eq!(alike(profiles, "ann").await, ["cas", "dan"]);
        assert!(profiles.personas_of(&[admitted(bea)]).await.unwrap()[&admitted(bea)].personas.is_empty());
        assert!(!dump(profiles).await.contains(&email("bea")));
    })
    .await;
}

#[tokio::test]
async fn of_many_some_are_drawn_the_same_ones_each_time_and_others_for_others() {
    on_both(async |profiles| {
        define(profiles, "mugs", r#"bought product "mug""#).await;
        let names: Vec<String> = (0..60).map(|number| format!("c{number}")).collect();
        let mut records = vec![product("mug", &[])];
        for (place, who) in (0_i64..).zip(&names) {
            records.push(somebody(who, &json!({})));
            records.push(bought(who, who, 10, place * 3_600, &["mug"]));
        }
        settled(profiles, records, names.iter().map(|who| says(who, true, 1)).collect()).await;
        work_out(profiles).await;
        let (one, other) = (similar(profiles, "c1").await, similar(profiles, "c2").await);
        for found in [&one, &other] {
            // From each list at most as many as are drawn from it.
            assert!((9..=12 + 12 + 8).contains(&found.compared), "{}", found.compared);
            assert_eq!(found.people.len(), found.compared);
        }
        let ids = |found: &Similar| -> Vec<Uuid> { found.people.iter().map(|one| one.profile.id).collect() };
        assert_eq!(ids(&one), ids(&similar(profiles, "c1").await));
        let shared = ids(&one).into_iter().filter(|id| ids(&other).contains(id)).count();
        assert!(shared < one.compared, "everybody is compared with the same people");
    })
    .await;
}
