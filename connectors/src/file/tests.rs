//! Whole files in, pages out.

use std::{io::Write as _, path::PathBuf};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{
    canonical::{Body, ConsentStatus, Order, OrderStatus, OrderType, Person, Record},
    connector::{Cursor, Next, Page},
};

/// A file in a folder that goes away with it.
struct Sample {
    path: PathBuf,
    _folder: TempDir,
}

fn sample(name: &str, content: impl AsRef<[u8]>) -> Sample {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    Sample { path, _folder: folder }
}

fn open(file: &Sample, mapping: &str) -> Result<FileReader, FileError> {
    FileReader::open(&file.path, Mapping::from_yaml(mapping).unwrap())
}

fn read(file: &Sample, mapping: &str) -> (Vec<Page>, ImportCounts) {
    let mut reader = open(file, mapping).unwrap();
    let pages = reader.by_ref().collect::<Result<_, _>>().unwrap();
    (pages, reader.counts())
}

/// All pages as one.
fn whole(file: &Sample, mapping: &str) -> Page {
    let mut all = Page::default();
    for page in read(file, mapping).0 {
        all.records.extend(page.records);
        all.events.extend(page.events);
        all.consents.extend(page.consents);
        all.rejected.extend(page.rejected);
    }
    all
}

fn people(page: &Page) -> Vec<(&Record, &Person)> {
    let mut people = Vec::new();
    for record in &page.records {
        if let Body::Person(person) = &record.body {
            people.push((record, person));
        }
    }
    people
}

fn orders(page: &Page) -> Vec<(&Record, &Order)> {
    let mut orders = Vec::new();
    for record in &page.records {
        if let Body::Order(order) = &record.body {
            orders.push((record, order));
        }
    }
    orders
}

fn reasons(page: &Page) -> Vec<&str> {
    page.rejected.iter().map(|rejected| rejected.reason.as_str()).collect()
}

const INVOICES: &str = "\
source: shop
currency: GBP
time_zone: Europe/London
records:
  person: {id: Customer, updated_at: Date, created_at: Date, address: {country: Country}}
  product: {id: Sku, updated_at: Date, name: Name}
  order:
    id: Invoice
    number: Invoice
    placed_at: Date
    updated_at: Date
    return_when: {column: Invoice, starts_with: C}
    line: {sku: Sku, name: Name, quantity: Qty, unit_price: Price}
";

const INVOICE_ROWS: &str = "\
Invoice,Sku,Name,Qty,Date,Price,Customer,Country
1,A,Lamp,6,2011-07-01 10:00:00,2.55,7,France
2,B,Cup,1,2011-07-01 11:00:00,4,,France
1,A,Lamp,6,2011-07-01 10:00:00,2.55,7,France
C3,A,Lamp,-2,2011-07-02 09:00:00,2.55,7,Spain
1,B,Cup,1,2011-07-01 09:59:00,0.10,7,France
";

#[test]
fn an_order_is_all_its_rows_wherever_they_stand_and_duplicate_lines_stay() {
    let file = sample("lines.csv", INVOICE_ROWS);
    let (pages, counts) = read(&file, INVOICES);
    let orders = orders(&pages[0]);
    let ids: Vec<_> = orders.iter().map(|(record, _)| record.external_id.as_str()).collect();
    assert_eq!(ids, ["2", "C3", "1"], "each at its last row");

    let (record, first) = orders[2];
    let lines: Vec<_> = first.lines.iter().map(|line| (line.id.as_str(), line.total.to_string())).collect();
    assert_eq!(lines, [("1", "15.30".into()), ("3", "15.30".into()), ("5", "0.10".into())]);
    assert_eq!(first.total.to_string(), "30.70");
    assert_eq!((first.person.as_deref(), first.currency.as_deref()), (Some("7"), Some("GBP")));
    assert_eq!(first.placed_at.unwrap().to_rfc3339(), "2011-07-01T08:59:00+00:00", "the earliest, in UTC");
    assert_eq!(record.updated_at.unwrap().to_rfc3339(), "2011-07-01T09:00:00+00:00", "the latest");
    assert_eq!(first.lines[0].product.as_deref(), Some("A"), "the product of the row");
    let payload: Value = serde_json::from_slice(&record.payload).unwrap();
    assert_eq!(payload["rows"][1]["row"], 3);
    assert_eq!(payload["rows"][1]["fields"]["Price"], "2.55");

    assert_eq!(orders[1].1.order_type, OrderType::Return);
    assert_eq!(orders[1].1.total.to_string(), "-5.10");
    assert_eq!(orders[0].1.person, None);
    assert_eq!((counts.rows, counts.lines, counts.orders), (5, 5, 3));
    assert_eq!((counts.rows_without_person, counts.orders_without_person), (1, 1));
}

#[test]
fn a_person_on_every_line_is_one_version_for_each_content_dated_by_its_latest_row() {
    let page = whole(&sample("lines.csv", INVOICE_ROWS), INVOICES);
    let versions: Vec<_> = people(&page)
        .into_iter()
        .map(|(record, person)| {
            let [updated, created] =
                [record.updated_at, record.created_at].map(|at| at.unwrap().to_rfc3339());
            (person.traits["address"]["country"].clone(), updated, created)
        })
        .collect();
    let at = |text: &str| format!("2011-07-{text}:00+00:00");
    assert_eq!(
        versions,
        [(json!("France"), at("01T09:00"), at("01T08:59")), (json!("Spain"), at("02T08:00"), at("02T08:00"))]
    );
}

#[test]
fn of_undated_rows_of_one_person_the_last_stands() {
    let file = sample("p.csv", "id,name\n1,Ann\n2,Bo\n1,Anna\n");
    let page = whole(&file, "records: {person: {id: id, traits: {first_name: name}}}");
    let names: Vec<_> =
        people(&page).into_iter().map(|(_, person)| person.traits["first_name"].clone()).collect();
    assert_eq!(names, ["Bo", "Anna"]);
}

#[test]
fn a_bad_line_is_rejected_by_column_and_its_order_keeps_the_good_ones() {
    let rows = "\
Invoice,Sku,Name,Qty,Date,Price,Customer,Country
1,A,Lamp,six,2011-07-01 10:00:00,2.55,7,France
1,A,Lamp,6,2011-07-01 10:00:00,2.55,7,France
2,A,Lamp,6,01.07.2011,2.55,8,France
1,A,Lamp,6
1,A,Lamp,1,2011-07-01 10:00:00,,7,France
";
    let page = whole(&sample("lines.csv", rows), INVOICES);
    assert_eq!(orders(&page).len(), 1);
    assert_eq!(orders(&page)[0].1.total.to_string(), "15.30");
    assert_eq!(
        reasons(&page),
        [
            "row 1: order: column Qty: expected a number such as 1234.56",
            "row 3: order: column Date: expected a date in RFC 3339 or as %Y-%m-%d %H:%M:%S%.f or \
             %Y-%m-%dT%H:%M:%S%.f or %Y-%m-%d %H:%M or %Y-%m-%d",
            "row 3: person: column Date: expected a date in RFC 3339 or as %Y-%m-%d %H:%M:%S%.f or \
             %Y-%m-%dT%H:%M:%S%.f or %Y-%m-%d %H:%M or %Y-%m-%d",
            "row 3: product: column Date: expected a date in RFC 3339 or as %Y-%m-%d %H:%M:%S%.f or \
             %Y-%m-%dT%H:%M:%S%.f or %Y-%m-%d %H:%M or %Y-%m-%d",
            "row 4: expected 8 fields, found 4",
            "row 5: order: column Price: expected an amount",
        ]
    );
    assert_eq!(page.rejected[2].external_id.as_deref(), Some("8"));
    let payload: Value = serde_json::from_slice(&page.rejected[0].payload).unwrap();
    assert_eq!(payload["Qty"], "six");
}

#[test]
fn rows_that_are_no_text_or_too_large_are_rejected_and_the_file_goes_on() {
    let mut rows = b"id,name\n1,Ann\n2,\xff\xfe\n3,a\0b\n4,".to_vec();
    rows.extend(std::iter::repeat_n(b'x', (1 << 20) + 1));
    rows.extend(b"\n5,Eve\n");
    let page = whole(&sample("p.csv", rows), "records: {person: {id: id, traits: {first_name: name}}}");
    let found: Vec<_> = people(&page).into_iter().map(|(record, _)| record.external_id.as_str()).collect();
    assert_eq!(found, ["1", "5"]);
    assert_eq!(
        reasons(&page),
        [
            "row 2: column name: expected UTF-8 text",
            "row 3: column name: expected text without NUL characters",
            "row 4: column name: expected at most 1048576 bytes",
        ]
    );
}

#[test]
fn a_quotation_mark_that_is_never_closed_stops_the_import_before_it_begins() {
    let mut rows = b"id,name\n1,Ann\n2,\"Bo\n".to_vec();
    rows.extend("3,x\n".repeat(5_000_000).bytes());
    let error = open(&sample("p.csv", rows), "records: {person: {id: id}}").err().unwrap();
    assert!(matches!(error, FileError::RowTooLarge { row: 2, .. }), "{error}");
}

#[test]
fn a_damaged_archive_is_found_before_anything_is_delivered() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(INVOICE_ROWS.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let whole_file = sample("lines.csv.gz", &packed);
    assert_eq!(read(&whole_file, INVOICES).0, {
        let mut plain = read(&sample("lines.csv", INVOICE_ROWS), INVOICES).0;
        plain[0].next = read(&whole_file, INVOICES).0[0].next.clone();
        plain
    });
    let error = open(&sample("lines.csv.gz", &packed[..packed.len() - 20]), INVOICES).err().unwrap();
    assert!(matches!(error, FileError::Io { .. }), "{error}");
}

const CUSTOMERS: &str = "\
source: crm
time_zone: Europe/Amsterdam
date_formats: ['%d-%m-%Y', '%d-%m-%Y %H:%M']
decimal_comma: true
csv: {delimiter: ';'}
encoding: latin1
records:
  person:
    id: {first_of: [Nr, {guest: Mail}]}
    updated_at: Changed
    deleted_when: {column: Gone, equals: [ja, J]}
    identifiers:
      email: [Mail, Mail 2]
      phone: Tel
      cross_source: {shop: Shop}
    traits:
      first_name: Name
      birth_date: {column: Born, type: date}
      tags: {column: Tags, type: list, separator: '|'}
      score: {column: Score, type: number}
      vip: {column: Vip, type: bool, map: {ja: 'yes', nee: 'no'}}
      full_name: {template: '{Name} {Last}'}
      lifecycle_stage: {column: Stage, map: {K: customer}, otherwise: lead}
    address: {city: City, country: {constant: NL}}
    company: Firm
";

#[test]
fn a_customer_file_maps_types_identifiers_and_old_encodings() {
    let header = "Nr;Mail;Mail 2;Tel;Shop;Name;Last;Born;Tags;Score;Vip;Stage;City;Firm;Changed;Gone\r\n";
    let rows = "1;a@x.nl;A2@x.nl;06 123;77;Zo\u{eb};Vos;31-12-1980;a| b||c;1.234,50;ja;K;Gouda;F1;01-07-2024 12:00;\r\n\
                ;B@X.nl;;;;Bo;;;;;;P;;;;J\r\n;;;;;Nobody;;;;;;;;;;\r\n";
    let bytes: Vec<u8> =
        format!("{header}{rows}").chars().map(|letter| u8::try_from(letter).unwrap()).collect();
    let file = sample("customers.csv", bytes);
    let (pages, counts) = read(&file, CUSTOMERS);
    let people = people(&pages[0]);

    let (record, zoe) = people[0];
    assert_eq!(record.external_id, "1");
    assert_eq!(record.updated_at.unwrap().to_rfc3339(), "2024-07-01T10:00:00+00:00");
    assert_eq!(
        serde_json::to_value(zoe).unwrap(),
        json!({
            "identifiers": [
                {"kind": "email", "value": "a@x.nl"},
                {"kind": "email", "value": "A2@x.nl"},
                {"kind": "phone", "value": "06 123"},
                {"kind": "cross_source", "value": "77", "namespace": "shop"},
            ],
            "traits": {
                "first_name": "Zoë", "full_name": "Zoë Vos", "birth_date": "1980-12-31", "tags": ["a", "b", "c"],
                "score": 1234.5, "vip": true, "lifecycle_stage": "customer", "email": "a@x.nl", "phone": "06 123",
                "address": {"city": "Gouda", "country": "NL"},
            },
            "companies": ["F1"],
        })
    );
    let (record, bo) = people[1];
    assert_eq!(record.external_id, "guest:b@x.nl");
    assert!(record.deleted);
    assert_eq!(bo.traits["lifecycle_stage"], "lead");
    assert!(!bo.traits.contains_key("full_name"), "a template needs all its columns");
    assert_eq!((counts.persons, counts.rows_without_person), (2, 1));
}

const ACTIVITY: &str = "\
source: newsletter
records:
  person:
    id: member.id
    when: {column: type, equals: member}
    updated_at: at
    identifiers: {email: member.email}
    traits: {tags: {column: member.tags, type: list}}
  consent:
    when: {column: type, equals: member}
    purpose: {constant: email_marketing}
    email: member.email
    status: {column: member.status, map: {subscribed: granted, unsubscribed: withdrawn}}
    stated_at: at
  event:
    - when: {column: type, equals: open}
      person: member.id
      name: {constant: Email Opened}
      occurred_at: at
      properties: {campaign: campaign, size: {column: size, type: number}}
";

#[test]
fn json_lines_yield_members_consent_and_events() {
    let rows = concat!(
        r#"{"type":"member","at":"2024-07-01T10:00:00Z","member":{"id":12345678901234567890,"email":"a@x.nl","tags":["x","y"],"status":"subscribed"}}"#,
        "\n\n",
        r#"{"type":"open","at":"2024-07-02T10:00:00Z","member":{"id":12345678901234567890},"campaign":"c1","size":2}"#,
        "\n",
        r#"{"type":"open","at":"2024-07-02T10:00:00Z","member":{"id":12345678901234567890},"campaign":"c1","size":2}"#,
        "\n",
        r#"{"type":"open","at":"2024-07-03T10:00:00Z","campaign":"c1"}"#,
        "\n",
        r#"{"type":"open","at":"yesterday","member":{"id":1}}"#,
        "\n{\"type\":\n[1]\n",
    );
    let file = sample("activity.jsonl", format!("\u{feff}{rows}"));
    let (pages, counts) = read(&file, ACTIVITY);
    let page = &pages[0];
    let (record, person) = people(page)[0];
    assert_eq!(record.external_id, "12345678901234567890", "no number passes through a float");
    assert_eq!(person.traits["tags"], json!(["x", "y"]));
    assert_eq!(record.payload, rows.lines().next().unwrap().as_bytes(), "the line as delivered");
    assert_eq!(page.consents[0].status, ConsentStatus::Granted);
    assert_eq!(page.consents[0].contact_point.as_ref().unwrap().value, "a@x.nl");
    assert_eq!(page.events[0].properties["size"], 2);
    assert_eq!(page.events[0].message_id, page.events[1].message_id, "the same row is the same event");
    assert_eq!(
        reasons(page),
        [
            "row 5: event: column at: expected a date in RFC 3339 or as %Y-%m-%d %H:%M:%S%.f or \
             %Y-%m-%dT%H:%M:%S%.f or %Y-%m-%d %H:%M or %Y-%m-%d",
            "row 6: character 8: the object is cut off",
            "row 7: character 1: expected one JSON object",
        ]
    );
    assert_eq!((counts.rows, counts.events, counts.events_without_person), (7, 2, 1));
}

#[test]
fn a_field_that_no_json_line_has_is_reported() {
    let file = sample("a.jsonl", "{\"id\":1}\n{\"id\":2,\"name\":null}\n");
    let reader =
        open(&file, "records: {person: {id: id, traits: {first_name: name, last_name: nmae}}}").unwrap();
    assert_eq!(reader.unseen_columns(), ["nmae"]);
}

#[test]
fn an_order_on_one_row_needs_no_lines() {
    let file = sample("o.csv", "id,state,total,refund\n1,paid,12.50,-2\n2,paid,,\n3,lost,1,\n");
    let mapping = "\
records:
  order:
    id: id
    status: {column: state, map: {paid: completed}}
    total: total
    refunded: refund
";
    let page = whole(&file, mapping);
    let (_, order) = orders(&page)[0];
    assert_eq!(
        (order.total, order.refunded, order.status),
        (Decimal::new(1250, 2), 2.into(), OrderStatus::Completed)
    );
    assert_eq!(
        reasons(&page),
        [
            "row 2: order: expected a total on one of the order's rows",
            "row 3: order: column state: expected one of pending, processing, completed, cancelled, refunded, \
             failed; translate others with `map`",
        ]
    );
}

#[test]
fn a_missing_column_is_named_with_the_ones_there_are() {
    let mapping = INVOICES.replace("unit_price: Price", "unit_price: Prize");
    let error = open(&sample("lines.csv", INVOICE_ROWS), &mapping).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the file has no column Prize; its columns are: Invoice, Sku, Name, Qty, Date, Price, Customer, Country"
    );
}

#[test]
fn files_without_a_header_and_with_odd_headers_have_columns() {
    let named = sample("p.csv", "1,Ann\n");
    let page =
        whole(&named, "csv: {columns: [id, name]}\nrecords: {person: {id: id, traits: {first_name: name}}}");
    assert_eq!(people(&page)[0].1.traits["first_name"], "Ann");
    let odd = sample("p.csv", "\u{feff} id ,x,x,,x\n1,a,b,c,d\n");
    let page = whole(&odd, "records: {person: {id: id, traits: {a: x, b: 'x#2', c: '#4', d: 'x#3'}}}");
    assert_eq!(json!(people(&page)[0].1.traits), json!({"a": "a", "b": "b", "c": "c", "d": "d"}));
}

#[test]
fn what_is_no_such_file_is_refused_in_words() {
    let error =
        |content: &[u8]| open(&sample("x.json", content), "records: {person: {id: id}}").err().unwrap();
    assert!(error(b"\xff\xfei\0d\0").to_string().ends_with("the text is UTF-16; save it as UTF-8"));
    assert!(error(b"[{\"id\":1}]").to_string().contains("write one object on each line"));
    let folder = tempfile::tempdir().unwrap();
    let mapping = Mapping::from_yaml("records: {person: {id: id}}").unwrap();
    assert!(matches!(FileReader::open(folder.path(), mapping.clone()), Err(FileError::NotAFile { .. })));
    assert!(matches!(FileReader::open(&folder.path().join("none"), mapping), Err(FileError::Io { .. })));
}

#[test]
fn an_empty_file_is_one_last_page() {
    let (pages, counts) = read(&sample("x.jsonl", ""), "records: {person: {id: id}}");
    assert!(matches!(pages.as_slice(), [Page { next: Next::Done(_), total: Some(0), .. }]));
    assert_eq!(counts, ImportCounts::default());
}

#[test]
fn a_mapping_error_names_line_field_and_expectation() {
    let error = |text: &str| Mapping::from_yaml(text).unwrap_err().to_string();
    for (text, expected) in [
        (
            "records:\n  person:\n    id: A\n    trait: {}\n",
            "mapping, line 4: records.person: unknown field `trait`",
        ),
        ("records: {person: {}}", "missing field `id`"),
        ("records: {}", "records: expected at least one of person"),
        ("time_zone: Mars\nrecords: {person: {id: A}}", "mapping, line 1: expected an IANA time zone"),
        ("currency: euro\nrecords: {person: {id: A}}", "expected an ISO 4217 code such as `EUR`, not `euro`"),
        ("source: My Shop\nrecords: {person: {id: A}}", "lower-case letters"),
        ("csv: {delimiter: ';;'}\nrecords: {person: {id: A}}", "expected one ASCII character"),
        ("date_formats: dd-mm\nrecords: {person: {id: A}}", "`dd-mm` is no date format"),
        ("records: {person: {id: {column: A, constant: B}}}", "exactly one of column, constant"),
        ("records: {person: {id: {template: 'x'}}}", "names no column"),
        ("records: {person: {id: {template: '{a'}}}", "never closed"),
        ("records: {person: {id: {column: A, type: date}}}", "this field has its own"),
        ("records: {person: {id: 5}}", "the name of a column"),
        ("records: {person: {id: A, traits: {address: B}}}", "records.person.address"),
        ("records: {person: {id: A, when: {column: B}}}", "expected at least one of equals"),
        ("records: {order: {id: A}}", "records.order.total: expected a column"),
        ("records: {order: {id: A, line: {name: B}}}", "records.order.line: expected unit_price or total"),
        ("records: {event: {name: A, occurred_at: B}}", "records.event.person: expected a column"),
    ] {
        assert!(error(text).contains(expected), "{text}\ngives: {}\nwithout: {expected}", error(text));
    }
}

#[test]
fn the_mappings_and_examples_of_the_documentation_are_valid() {
    Mapping::from_yaml(include_str!("../../../docs/mappings/online_retail.yaml")).unwrap();
    let guide = include_str!("../../../docs/mappings/README.md");
    let examples: Vec<_> =
        guide.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 3);
    for example in examples {
        Mapping::from_yaml(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
}

#[test]
fn an_import_goes_on_behind_any_page_and_starts_over_with_a_strange_cursor() {
    let file = sample("lines.csv", INVOICE_ROWS);
    let reader = |size| open(&file, INVOICES).unwrap().with_page_size(size);
    let pages: Vec<_> = reader(2).map(Result::unwrap).collect();
    assert!(pages.len() > 2);
    for (index, page) in pages.iter().enumerate() {
        let mut again = reader(2);
        match &page.next {
            Next::More(cursor) => assert!(again.resume(cursor)),
            Next::Done(cursor) => assert!(!again.resume(cursor), "a finished import is done anew"),
        }
        let rest = if index + 1 == pages.len() { &pages[..] } else { &pages[index + 1..] };
        assert_eq!(again.map(Result::unwrap).collect::<Vec<_>>(), rest);
    }
    let Next::More(cursor) = &pages[0].next else { panic!("a first page of several") };
    assert!(!reader(3).resume(cursor), "other pages");
    assert!(!reader(2).resume(&Cursor(json!({"offset": 3}))), "another kind of cursor");
    let changed = sample("lines.csv", INVOICE_ROWS.replace("Spain", "Italy"));
    assert!(!open(&changed, INVOICES).unwrap().with_page_size(2).resume(cursor), "another file");
    let other = INVOICES.replace("source: shop", "source: shop2");
    assert!(!open(&file, &other).unwrap().with_page_size(2).resume(cursor), "another mapping");
}

#[test]
fn a_file_that_changes_under_the_reader_stops_the_import() {
    let file = sample("lines.csv", INVOICE_ROWS);
    let reader = open(&file, INVOICES).unwrap();
    std::fs::write(&file.path, &INVOICE_ROWS[..INVOICE_ROWS.len() / 2]).unwrap();
    let pages: Vec<_> = reader.collect();
    assert!(matches!(pages.last(), Some(Err(FileError::Changed { .. }))));
}

#[test]
fn a_reader_can_move_to_the_thread_that_drives_it() {
    fn sendable<T: Send>() {}
    sendable::<FileReader>();
}

proptest! {
    /// Whatever the order of rows and the page size, every line is in exactly one order and the sum holds.
    #[test]
    fn no_line_is_lost_or_doubled(lines in prop::collection::vec((0u8..6, -9i64..9, 0i64..999), 0..40), size in 1usize..9) {
        let mut rows = vec!["Order,Qty,Price\n".to_owned()];
        let mut sum = Decimal::ZERO;
        for (order, quantity, cents) in &lines {
            let price = Decimal::new(*cents, 2);
            sum += price * Decimal::from(*quantity);
            rows.push(format!("{order},{quantity},{price}\n"));
        }
        let file = sample("lines.csv", rows.concat());
        let mapping = "records: {order: {id: Order, line: {quantity: Qty, unit_price: Price}}}";
        let pages: Vec<_> = open(&file, mapping).unwrap().with_page_size(size).map(Result::unwrap).collect();
        let all: Vec<_> = pages.iter().flat_map(|page| &page.records).collect();
        let distinct: std::collections::BTreeSet<_> = lines.iter().map(|line| line.0).collect();
        prop_assert_eq!(all.len(), distinct.len());
        let mut seen: Vec<u64> = Vec::new();
        let mut total = Decimal::ZERO;
        for record in all {
            let Body::Order(order) = &record.body else { panic!("only orders are mapped") };
            total += order.total;
            seen.extend(order.lines.iter().map(|line| line.id.parse::<u64>().unwrap()));
        }
        seen.sort_unstable();
        prop_assert_eq!(seen, (1..=lines.len() as u64).collect::<Vec<_>>());
        prop_assert_eq!(total, sum);
    }

    /// Any bytes: an error or rejected rows, never a panic or a hang.
    #[test]
    fn no_file_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), json in any::<bool>()) {
        let mapping = format!(
            "format: {}\ncsv: {{columns: [a, b]}}\nrecords: {{person: {{id: a, traits: {{t: b}}}}}}",
            if json { "jsonl" } else { "csv" }
        );
        let file = sample("x", bytes);
        if let Ok(reader) = open(&file, &mapping) {
            for page in reader {
                let _ = page;
            }
        }
    }
}
