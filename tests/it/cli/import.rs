//! Importing files.

use serde_json::json;

use crate::support::{Installation, on_both};

const MAPPING: &str = "source: till
currency: EUR
date_formats: \"%Y-%m-%d\"
records:
  person: { id: customer, identifiers: { email: email }, created_at: day }
  order:
    id: receipt
    placed_at: day
    created_at: day
    line: { name: article, quantity: number, unit_price: price }
";

const FILE: &str = "receipt,customer,email,day,article,number,price
1,7,anna@example.com,2026-01-02,Cup,2,3.50
1,7,anna@example.com,2026-01-02,Tea,1,4.00
2,8,bert@example.com,2026-01-03,Cup,1,3.50
3,,,2026-01-04,Tea,1,4.00
4,9,cara@example.com,yesterday,Tea,1,4.00
";

#[tokio::test]
async fn a_second_import_of_a_file_changes_nothing() {
    on_both(async |installation| {
        installation.write("mapping.yaml", MAPPING);
        installation.write("till.csv", FILE);
        let import = ["import", "--mapping", "mapping.yaml", "till.csv", "--json"];
        let first = installation.json(&import).await;
        assert_eq!(first["rows"], 5);
        assert_eq!(first["ordersWithoutPerson"], 1, "{first}");
        assert_eq!(first["state"], "succeeded");
        assert!(first["rejected"].as_u64() > Some(0), "a day that is none: {first}");
        assert!(first["firstReasons"][0].as_str().unwrap().starts_with("row 5"), "{first}");
        let (hash, status) =
            (installation.state_hash().await, installation.json(&["status", "--json"]).await);
        assert_eq!((&status["orders"], &status["profiles"]), (&json!(3), &json!(2)), "{status}");

        let second = installation.json(&import).await;
        assert_eq!((&second["created"], &second["changed"]), (&json!(0), &json!(0)), "{second}");
        assert_eq!(installation.state_hash().await, hash);
        assert_eq!(installation.json(&["status", "--json"]).await, status);

        installation.ok(&["rebuild"]).await;
        assert_eq!(installation.state_hash().await, hash, "what is derived follows from the facts");
    })
    .await;
}

#[tokio::test]
async fn both_databases_have_the_same_digest() {
    let hashes = std::cell::RefCell::new(Vec::new());
    on_both(async |installation| {
        installation.write("mapping.yaml", MAPPING);
        installation.write("till.csv", FILE);
        installation.ok(&["import", "--mapping", "mapping.yaml", "till.csv"]).await;
        let hash = installation.state_hash().await;
        hashes.borrow_mut().push(hash);
    })
    .await;
    let hashes = hashes.into_inner();
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
}

#[tokio::test]
async fn a_wrong_mapping_is_explained_and_nothing_is_imported() {
    let installation = Installation::on_sqlite();
    installation.write("till.csv", FILE);
    for (mapping, expected) in [
        ("source: till\nrecords:\n  persn: { id: customer }\n", "persn"),
        ("source: till\nrecords:\n  person: { id: client }\n", "no column client"),
        ("records:\n  person: { id: customer }\n", "--source"),
    ] {
        installation.write("mapping.yaml", mapping);
        let said = installation.fails(&["import", "--mapping", "mapping.yaml", "till.csv"]).await;
        assert!(said.contains(expected), "{said}");
    }
    let said = installation.fails(&["import", "--mapping", "till.csv", "till.csv"]).await;
    assert!(said.contains("no mapping file") && !said.contains("anna@example.com"), "{said}");
    assert!(!installation.path().join("rondom.db").exists(), "the mapping is read before anything is made");
}

#[tokio::test]
async fn profiles_are_judged_by_a_truth_from_outside() {
    let installation = Installation::on_sqlite();
    installation.write("mapping.yaml", MAPPING);
    installation.write("till.csv", FILE);
    installation.ok(&["import", "--mapping", "mapping.yaml", "till.csv"]).await;
    installation.write("truth.csv", "source,id,person\ntill,7,anna\ntill,8,bert\ntill,99,nobody\n");
    let judged = installation.json(&["identity", "evaluate", "--truth", "truth.csv", "--json"]).await;
    assert_eq!(
        (&judged["records"], &judged["unknown"], &judged["exact"]),
        (&json!(2), &json!(1), &json!(1.0)),
        "{judged}"
    );
    installation.write("wrong.csv", "record,person\n7,anna\n");
    let error = installation.fails(&["identity", "evaluate", "--truth", "wrong.csv"]).await;
    assert!(error.contains("has no column `source`"), "{error}");
}
