//! A recorded conversation with a shop, and what may go wrong in one.

use insta::assert_snapshot;
use serde_json::{Value, json, value::RawValue};

use super::{config::ConsentMeta, map};
use crate::{
    canonical::{
        Body, ConsentStatement, ConsentStatus, Identifier, IdentifierKind, Order, OrderStatus, Person, Record,
    },
    connector::{Connector, Cursor},
    error::Error,
    registry::kind,
    testing::{Conversation, assert_maps_or_refuses, build, http, instant, odd_rows, run},
};

fn shop(url: &str, authentication: &str) -> Box<dyn Connector> {
    let config = json!({
        "base_url": format!("{url}/shop/"), "authentication": authentication, "currency": "EUR",
        "consent_meta": consent_meta(),
    });
    build("woocommerce", &config, json!({"consumer_key": "ck_1", "consumer_secret": "cs_2"})).unwrap()
}

/// What the shop's plugins write.
fn consent_meta() -> Value {
    json!([
        {"key": "newsletter_optin", "purpose": "email_marketing", "contact": "email"},
        {"key": "sms_optin", "purpose": "sms_marketing", "contact": "phone"},
        {"key": "profiling_ok", "purpose": "profiling", "granted": ["agreed"], "denied": ["refused"]},
    ])
}

fn opt_ins() -> Vec<ConsentMeta> {
    serde_json::from_value(consent_meta()).unwrap()
}

fn raw(row: &Value) -> Box<RawValue> {
    RawValue::from_string(row.to_string()).unwrap()
}

fn person(record: &Record) -> &Person {
    let Body::Person(person) = &record.body else { panic!("{record:?}") };
    person
}

fn order(record: &Record) -> &Order {
    let Body::Order(order) = &record.body else { panic!("{record:?}") };
    order
}

#[tokio::test]
async fn the_recorded_conversation_is_held_word_for_word() {
    let vendor = Conversation::replay(include_str!("fixtures/conversation.json")).await;
    let shop = shop(&vendor.url, "basic");
    assert_eq!(shop.check(&http()).await.unwrap().account, "127.0.0.1 (4 orders)");

    let (pages, _) = run(&*shop, "products", None).await.unwrap();
    let Body::Product(clock) = &pages[0].records[0].body else { panic!() };
    assert_eq!(
        (clock.price.unwrap().to_string(), clock.currency.as_deref()),
        ("49.90".to_owned(), Some("EUR"))
    );
    assert_eq!((clock.in_stock, clock.categories.as_slice()), (Some(true), &["Clocks".to_owned()][..]));
    let Body::Product(sundial) = &pages[0].records[1].body else { panic!() };
    assert_eq!((sundial.price, &sundial.currency, sundial.in_stock), (None, &None, Some(false)));
    assert_eq!(pages[0].rejected[0].reason, "price: expected a decimal number");
    assert_eq!(pages[0].total, Some(3));

    let (pages, _) = run(&*shop, "customers", None).await.unwrap();
    let read: Vec<_> =
        pages.iter().flat_map(|page| &page.records).map(|record| record.external_id.as_str()).collect();
    assert_eq!(read, ["7", "9", "7", "8", "9"], "8 slipped onto a page that was read, so that is read again");
    assert_snapshot!(serde_json::to_string_pretty(person(&pages[2].records[0])).unwrap());
    assert_eq!(pages[2].records[0].updated_at, Some(instant("2024-02-01T11:00:00Z")));
    assert_eq!(pages[2].records[1].updated_at, None);
    assert_eq!(person(&pages[2].records[1]).identifiers[0].value, "bo@example.org");
    assert_eq!(pages[1].rejected, [], "PHP's empty list is an empty billing address");
    let said: Vec<_> = pages.iter().flat_map(|page| &page.consents).collect();
    assert_snapshot!("opt_in_of_a_customer", serde_json::to_string_pretty(said[0]).unwrap());
    assert_eq!(said, [said[0]; 2], "read twice, said once");

    let (pages, rest) = run(&*shop, "orders", None).await.unwrap();
    assert_eq!(pages.len(), 2);
    let [paid, guest, guests, nobodys] = &pages[0].records[..] else { panic!("{:?}", pages[0]) };
    assert_eq!(order(paid).person.as_deref(), Some("7"));
    assert_snapshot!(serde_json::to_string_pretty(order(paid)).unwrap());
    assert_eq!(paid.updated_at, Some(instant("2024-03-02T12:00:00Z")));
    assert_eq!(guest.external_id, "guest:dina@example.org");
    assert_eq!((guest.updated_at, guest.created_at), (guests.updated_at, guests.created_at));
    assert_snapshot!(serde_json::to_string_pretty(person(guest)).unwrap());
    assert!(guest.payload.starts_with(b"{") && guest.payload.ends_with(b"}"));
    assert_eq!(order(guests).person.as_deref(), Some("guest:dina@example.org"));
    assert_eq!(order(guests).status, OrderStatus::Processing);
    assert_eq!(order(guests).lines[0].product.as_deref(), Some("33"));
    assert_eq!(order(guests).lines[0].quantity.to_string(), "1.5");
    assert_eq!(order(guests).lines[0].unit_price.unwrap().to_string(), "49.9000000001");
    assert_eq!(order(nobodys).person, None);
    assert_eq!(pages[0].rejected[0].external_id.as_deref(), Some("706"));
    assert_eq!(pages[0].rejected[0].reason, "total: expected a decimal number");
    assert_snapshot!("opt_ins_of_orders", serde_json::to_string_pretty(&pages[0].consents).unwrap());
    let said_by_701 = pages[0].consents[0].clone();
    assert!(pages[1].records[0].deleted);
    assert_eq!(pages[1].consents, []);

    assert_eq!(rest, Cursor(json!({"rest": {"since": "2024-03-04T10:00:00Z"}})), "by the shop's own clock");
    let (pages, _) = run(&*shop, "orders", Some(&rest)).await.unwrap();
    assert_eq!(order(&pages[0].records[0]).status, OrderStatus::Refunded);
    assert_eq!(pages[0].consents, [said_by_701], "the same order, changed since, says the same");

    vendor.assert_over();
    assert_eq!(vendor.authorizations(), ["Basic Y2tfMTpjc18y"]);
}

#[tokio::test]
async fn the_key_may_travel_in_the_query_and_is_in_no_error() {
    let recorded = json!([{
        "ask": {"method": "GET", "path": "/shop/wp-json/wc/v3/orders",
            "query": {"per_page": "1", "consumer_key": "ck_1", "consumer_secret": "cs_2"}},
        "answer": {"status": 401, "body": {"code": "woocommerce_rest_authentication_error",
            "message": "Consumer key ck_1 is invalid."}},
    }]);
    let vendor = Conversation::replay(&recorded.to_string()).await;
    let error = shop(&vendor.url, "query").check(&http()).await.unwrap_err();
    vendor.assert_over();
    assert_eq!(vendor.authorizations(), Vec::<String>::new());
    let place = format!("{}/shop/wp-json/wc/v3/orders", vendor.url);
    assert_eq!(
        error.to_string(),
        format!("{place} refused the credentials (HTTP 401): Consumer key … is invalid.")
    );
}

#[tokio::test]
async fn a_page_that_comes_again_and_again_ends_the_run() {
    let rows: Vec<_> = (1..=100).map(|id| json!({"id": id})).collect();
    let exchanges: Vec<_> = (1..=40)
        .map(|page| {
            json!({
                "ask": {"method": "GET", "path": "/shop/wp-json/wc/v3/customers", "query": {
                    "page": page.to_string(), "per_page": "100", "orderby": "id", "order": "asc",
                    "role": "all"}},
                "answer": {"status": 200, "body": rows, "headers": {
                    "x-wp-total": "1000000", "x-wp-totalpages": "10000"}},
            })
        })
        .collect();
    let vendor = Conversation::replay(&Value::from(exchanges).to_string()).await;
    let error = run(&*shop(&vendor.url, "basic"), "customers", None).await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}

#[test]
fn every_status_of_an_order_has_a_meaning_and_an_unknown_one_is_on_its_way() {
    let status = |status: &str| {
        let row = json!({"id": 1, "status": status, "total": "1", "customer_id": 0});
        let mapped = map::order(&raw(&row), &[]).unwrap();
        (order(&mapped.records[0]).status, mapped.records[0].deleted)
    };
    for (name, meaning) in [
        ("pending", OrderStatus::Pending),
        ("on-hold", OrderStatus::Pending),
        ("checkout-draft", OrderStatus::Pending),
        ("processing", OrderStatus::Processing),
        ("completed", OrderStatus::Completed),
        ("cancelled", OrderStatus::Cancelled),
        ("refunded", OrderStatus::Refunded),
        ("failed", OrderStatus::Failed),
        ("wrapped-as-a-gift", OrderStatus::Processing),
    ] {
        assert_eq!(status(name), (meaning, false), "{name}");
    }
    assert_eq!(status("trash"), (OrderStatus::Cancelled, true));
}

/// An order with this `meta_data`, placed at the checkout by customer 7, and what else is to be different.
fn said(meta_data: &Value, changes: &Value) -> Vec<ConsentStatement> {
    let mut row = json!({
        "id": 9, "status": "processing", "total": "1", "customer_id": 7, "created_via": "checkout",
        "date_created_gmt": "2024-03-01T12:00:00", "date_modified_gmt": "2024-05-01T12:00:00",
        "billing": {"email": "ada@example.org", "phone": "030 1234567"}, "meta_data": meta_data,
    });
    row.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let mapped = map::order(&raw(&row), &opt_ins()).unwrap();
    assert_eq!(mapped.records.last().unwrap().external_id, "9");
    mapped.consents
}

#[test]
fn only_the_values_that_are_known_say_something() {
    let status = |key: &str, value: Value| {
        let all = said(&json!([{"id": 1, "key": key, "value": value}]), &json!({}));
        assert!(all.len() < 2);
        all.first().map(|said| said.status)
    };
    let (yes, no) = (Some(ConsentStatus::Granted), Some(ConsentStatus::Denied));
    for value in [json!("yes"), json!(" YES "), json!("1"), json!(1), json!("true"), json!(true), json!("on")]
    {
        assert_eq!(status("newsletter_optin", value.clone()), yes, "{value}");
    }
    for value in [json!("no"), json!("0"), json!(0), json!("False"), json!(false), json!("off")] {
        assert_eq!(status("newsletter_optin", value.clone()), no, "{value}");
    }
    for value in
        [json!("archived"), json!(null), json!(2), json!(["yes"]), json!({"yes": "yes"}), json!(1e300)]
    {
        assert_eq!(status("newsletter_optin", value.clone()), None, "{value}");
    }
    assert_eq!(status("profiling_ok", json!("Agreed")), yes);
    assert_eq!(status("profiling_ok", json!("refused")), no);
    assert_eq!(
        status("profiling_ok", json!("yes")),
        None,
        "a list of one's own takes the place of the usual one"
    );
    assert_eq!(status("Newsletter_Optin", json!("yes")), None, "a key is what it is");
}

#[test]
fn entries_of_any_shape_cost_no_order_and_say_nothing() {
    for odd in [
        json!(null),
        json!(""),
        json!(7),
        json!({"0": {"key": "newsletter_optin", "value": "yes"}}),
        json!([null, 7, "newsletter_optin", ["newsletter_optin", "yes"]]),
        json!([{"key": "newsletter_optin"}, {"value": "yes"}, {"key": ["newsletter_optin"], "value": "yes"}]),
    ] {
        assert_eq!(said(&odd, &json!({})), [], "{odd}");
    }
    let beside = json!([null, {"key": 1}, {"key": "newsletter_optin", "value": "yes"}]);
    assert_eq!(said(&beside, &json!({})).len(), 1);
    assert_eq!(said(&beside, &json!({"billing": {"email": [1]}})), [], "nor does its billing address");
}

#[test]
fn a_yes_to_an_address_that_is_not_given_is_none_and_a_no_is_about_the_person() {
    let nowhere = json!({"billing": {"email": "", "phone": ""}});
    let sms = |value: &str| json!([{"key": "sms_optin", "value": value}]);
    assert_eq!(said(&sms("yes"), &nowhere), []);
    let no = said(&sms("no"), &nowhere);
    assert_eq!((no[0].status, &no[0].contact_point), (ConsentStatus::Denied, &None));
    let point = &said(&sms("yes"), &json!({}))[0].contact_point;
    assert_eq!(point, &Some(Identifier::new(IdentifierKind::Phone, "030 1234567")));
    let about_the_person = json!([{"key": "profiling_ok", "value": "agreed"}]);
    assert_eq!(said(&about_the_person, &nowhere)[0].contact_point, None);
}

#[test]
fn only_what_was_ticked_at_the_checkout_is_in_writing_and_a_renewal_says_nothing_again() {
    let ticked = json!([{"key": "newsletter_optin", "value": "yes"}]);
    let method = |created_via: Value| {
        let all = said(&ticked, &json!({"created_via": created_via}));
        all.into_iter().map(|said| said.method).collect::<Vec<_>>()
    };
    assert_eq!(method(json!("checkout")), [Some("checkout".to_owned())]);
    assert_eq!(method(json!("store-api")), [Some("checkout".to_owned())]);
    assert_eq!(method(json!("rest-api")), [Some("api".to_owned())]);
    assert_eq!(method(json!("admin")), [None]);
    assert_eq!(method(json!(null)), [None]);
    assert_eq!(method(json!("subscription")), Vec::<Option<String>>::new());
    for status in ["checkout-draft", "auto-draft", "trash"] {
        assert_eq!(said(&ticked, &json!({"status": status})), [], "{status}");
    }
    assert_eq!(said(&ticked, &json!({"customer_id": 0, "billing": []})), [], "nobody said it");
}

#[test]
fn what_an_account_says_is_undated() {
    let row = json!({
        "id": 7, "email": "ada@example.org", "billing": {"email": "office@example.org"},
        "date_created_gmt": "2023-04-01T10:00:00", "date_modified_gmt": "2024-02-01T11:00:00",
        "meta_data": [{"id": 1, "key": "newsletter_optin", "value": "no"}],
    });
    let said = map::customer(&raw(&row), &opt_ins()).unwrap().consents.remove(0);
    assert_eq!(said.stated_at, None, "whatever was changed in it dates it anew");
    assert_eq!(said.contact_point.unwrap().value, "ada@example.org", "the account's own address");
}

#[test]
fn without_the_setting_no_entry_says_anything() {
    let row =
        json!({"id": 7, "email": "a@b.example", "meta_data": [{"key": "newsletter_optin", "value": "yes"}]});
    assert_eq!(map::customer(&raw(&row), &[]).unwrap().consents, []);
}

#[test]
fn the_form_of_the_configuration_is_what_it_was() {
    let kind = kind("woocommerce").unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&(kind.config_schema)()).unwrap());
    assert_snapshot!(serde_json::to_string_pretty(&(kind.secrets_schema)()).unwrap());
}

#[test]
fn a_wrong_configuration_says_which_field() {
    let build =
        |config: Value| build("woocommerce", &config, json!({"consumer_key": "ck", "consumer_secret": "cs"}));
    let wrong = |config: Value| build(config).err().unwrap().to_string();
    assert!(wrong(json!({})).contains("missing field `base_url`"));
    assert!(wrong(json!({"base_url": "http://shop.example"})).starts_with("configuration: base_url: must"));
    assert!(wrong(json!({"base_url": "https://shop.example", "currency": "euro"})).contains(": currency: "));
    assert!(
        wrong(json!({"base_url": "https://shop.example", "authentication": "oauth"}))
            .starts_with("configuration: authentication: ")
    );
    assert!(build(json!({"base_url": "https://shop.example"})).is_ok());

    let meta = |meta: Value| json!({"base_url": "https://shop.example", "consent_meta": meta});
    let at = |field: &str| format!("configuration: consent_meta[0]{field}: ");
    for (odd, field, message) in [
        (json!("newsletter_optin"), "", "sequence"),
        (json!([{"purpose": "email_marketing"}]), "", "missing field `key`"),
        (json!([{"key": "x"}]), "", "missing field `purpose`"),
        (json!([{"key": " ", "purpose": "email_marketing"}]), ".key", "expected the key of an entry"),
        (json!([{"key": "x", "purpose": "E-mail"}]), ".purpose", "expected the key of a purpose"),
        (json!([{"key": "x", "purpose": "restriction"}]), ".purpose", "and not restriction"),
        (json!([{"key": "x", "purpose": "y", "contact": "fax"}]), ".contact", "unknown variant `fax`"),
        (json!([{"key": "x", "purpose": "y", "grant": []}]), ".grant", "unknown field `grant`"),
        (json!([{"key": "x", "purpose": "y", "granted": [1]}]), ".granted[0]", "expected a string"),
        (json!([{"key": "x", "purpose": "y", "granted": ["No"]}]), ".denied", "cannot say no as well"),
    ] {
        let error = wrong(meta(odd));
        let place =
            if error.contains("sequence") { "configuration: consent_meta: ".to_owned() } else { at(field) };
        assert!(error.starts_with(&place) && error.contains(message), "{error}");
    }
    assert!(build(meta(consent_meta())).is_ok());
}

#[test]
fn any_value_in_any_field_is_mapped_or_refused_without_telling_it() {
    let recorded = include_str!("fixtures/conversation.json");
    assert_maps_or_refuses(&odd_rows(recorded, "v3/products", ""), |row| map::product(row, Some("EUR")));
    let opt_ins = opt_ins();
    assert_maps_or_refuses(&odd_rows(recorded, "v3/customers", ""), |row| map::customer(row, &opt_ins));
    assert_maps_or_refuses(&odd_rows(recorded, "v3/orders", ""), |row| map::order(row, &opt_ins));
}
