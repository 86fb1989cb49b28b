//! A person whom three vendors and the web know asks to be forgotten, while everything goes on and the process dies.

use std::{collections::BTreeMap, time::Duration};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::{Value, json};
use simulators::Faults;

use crate::support::{Installation, Server, Vendors, on_both};

const PEOPLE: usize = 200;

/// What the web site knows: a visitor, by a cookie, who left an address.
const WEB: &str = "source: web
records:
  person: { id: cookie, identifiers: { email: email, phone: phone, anonymous_id: cookie } }
";
const COOKIE: &str = "cookie-5f2e-77aa-91bd";

/// A person whom all three vendors know by name, with what they carry.
struct Known {
    id: String,
    /// Identifiers that are the person's alone, by kind.
    identifiers: Vec<(String, String)>,
    /// The keys at their sources, where they are long enough to be looked for.
    keys: Vec<String>,
}

async fn everybody(server: &Server) -> BTreeMap<String, Value> {
    let query = "query($after: String) { profiles(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { id displayName identifiers { kind value } sourceIdentities { externalId source { key } }
                totals { currencies { currency orders revenue { amount } } } timeline(first: 100) { nodes { __typename } } } } }";
    let (mut all, mut after) = (BTreeMap::new(), Value::Null);
    loop {
        let page = server.ask(query, json!({ "after": after })).await["profiles"].take();
        for node in page["nodes"].as_array().unwrap() {
            all.insert(node["id"].as_str().unwrap().to_owned(), node.clone());
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn chosen(all: &BTreeMap<String, Value>) -> Known {
    let sources = |node: &Value| {
        let keys = node["sourceIdentities"].as_array().unwrap().iter();
        keys.map(|one| text(&one["source"], "key").to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    let carries =
        |node: &Value, kind| node["identifiers"].as_array().unwrap().iter().any(|one| one["kind"] == kind);
    let node = all
        .values()
        .find(|node| sources(node).len() == 3 && carries(node, "EMAIL") && carries(node, "PHONE"))
        .expect("among 200 people all three vendors know somebody");
    let identifiers = node["identifiers"].as_array().unwrap().iter();
    let keys =
        node["sourceIdentities"].as_array().unwrap().iter().map(|one| text(one, "externalId").to_owned());
    Known {
        id: text(node, "id").to_owned(),
        identifiers: identifiers
            .map(|one| (text(one, "kind").to_owned(), text(one, "value").to_owned()))
            .collect(),
        keys: keys.filter(|key| key.len() > 6).collect(),
    }
}

/// Everything that is stored, as text: the files of the folder, and every row of a PostgreSQL database.
async fn stored(installation: &Installation) -> String {
    let mut all = String::new();
    for file in std::fs::read_dir(installation.path()).unwrap() {
        all.push_str(&String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()));
    }
    if installation.database_url.starts_with("postgres") {
        let db = connect(installation).await;
        db.execute_unprepared("SET bytea_output = 'escape'").await.unwrap();
        let texts = async |sql: String| -> Vec<String> {
            let rows =
                db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
            rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
        };
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
        for table in texts(tables.to_owned()).await {
            for row in texts(format!("SELECT t::text FROM \"{table}\" t")).await {
                all.push_str(&row);
                all.push('\n');
            }
        }
        db.close().await.unwrap();
    }
    all.to_lowercase()
}

/// How far the erasure has come.
async fn progress(installation: &Installation) -> String {
    let db = connect(installation).await;
    let sql = "SELECT coalesce(progress, '') FROM subject_request";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    db.close().await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

async fn connect(installation: &Installation) -> DatabaseConnection {
    let mut options = ConnectOptions::new(installation.database_url.clone());
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

/// In which of their spellings something is found: as it is, and a number without what people put between its digits.
fn found(known: &Known, all: &str) -> Vec<String> {
    let digits: String = all.chars().filter(|char| !" ()-./".contains(*char)).collect();
    let is_found = |(kind, value): &(String, String)| match kind.as_str() {
        "PHONE" => digits.contains(&value[value.len() - 9..]),
        _ => all.contains(&value.to_lowercase()) || all.contains(&value.to_lowercase().replace('@', "%40")),
    };
    let mut found: Vec<String> = known
        .identifiers
        .iter()
        .filter(|one| is_found(one))
        .map(|(kind, value)| format!("{kind} {value}"))
        .collect();
    found.extend(known.keys.iter().filter(|key| all.contains(&key.to_lowercase())).cloned());
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_gone_from_every_file_and_does_not_come_back() {
    let vendors = Vendors::start(PEOPLE, Faults::none()).await;
    on_both(async |installation| {
        vendors.configure(&installation).await;
        installation.ok(&["sync"]).await;
        let server = installation.serve().await;
        let mut known = chosen(&everybody(&server).await);
        let value = |kind: &str| {
            let found = known.identifiers.iter().find(|(found, _)| found == kind);
            found.map(|(_, value)| value.clone()).unwrap()
        };
        let (email, phone) = (value("EMAIL"), value("PHONE"));
        let web = |rows: &[[&str; 3]]| {
            let rows: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
            format!("cookie,email,phone\n{}\n", rows.join("\n"))
        };
        let import = ["import", "--mapping", "web.yaml", "web.csv", "--json"];
        installation.write("web.yaml", WEB);
        installation
            .write("web.csv", &web(&[[COOKIE, &email, ""], ["cookie-other", "other@example.com", ""]]));
        installation.ok(&import).await;
        std::fs::remove_file(installation.path().join("web.csv")).unwrap();
        known.identifiers.push(("ANONYMOUS_ID".to_owned(), COOKIE.to_owned()));
        let before = everybody(&server).await;
        assert_eq!(
            before[&known.id]["sourceIdentities"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| one["externalId"] == COOKIE)
                .count(),
            1
        );
        server.stop("TERM").await;

        // Erased while everything is read again, by a process that is killed again and again.
        installation.sql("DELETE FROM stream_state").await;
        let sync = installation.start(&["sync"]);
        let receive = ["requests", "receive", "--kind", "erasure", "--email", &email];
        let request = installation.ok(&receive).await.trim().to_owned();
        for step in ["sweep", "sweep", "scrub"] {
            let before = progress(&installation).await;
            let mut fulfil = installation.start(&["requests", "fulfil", &request, "--keep-order-sums"]);
            loop {
                let now = progress(&installation).await;
                if now != before && now.contains(step) {
                    break;
                }
                assert!(!fulfil.has_ended(), "it was done before it could be killed at {step}: {before}");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            fulfil.kill();
        }
        let done = installation.ok(&["requests", "fulfil", &request, "--keep-order-sums"]).await;
        assert!(done.contains("erasure done"), "{done}");
        assert!(sync.finished().await.status.success());
        // What the commands wrote: an address stands in what we asked for, and nowhere else.
        let all = stored(&installation).await;
        assert_eq!(found(&known, &all), [""; 0]);

        // The receipt, and one that was changed.
        let receipt = installation.ok(&["requests", "receipt", &request]).await;
        let key = installation.ok(&["receipt", "key"]).await;
        installation.write("receipt.json", &receipt);
        let said = installation.ok(&["receipt", "verify", "receipt.json", "--key", key.trim()]).await;
        assert!(said.contains("genuine"), "{said}");
        assert!(receipt.contains("\"person_records\""), "{receipt}");
        let told = installation.fails(&["receipt", "verify", "receipt.json"]).await;
        assert!(told.contains("whose key that is was not checked"), "{told}");
        installation
            .write("receipt.json", &receipt.replace("\"orderSumsKept\": true", "\"orderSumsKept\": false"));
        let told = installation.fails(&["receipt", "verify", "receipt.json"]).await;
        assert!(told.contains("the signature does not fit"), "{told}");

        // All four deliver the person again, by every key and in other spellings.
        let hash = installation.state_hash().await;
        installation.sql("DELETE FROM stream_state").await;
        let synced = installation.ok(&["sync"]).await;
        assert!(synced.contains("of erased people or too old dropped"), "{synced}");
        let shouted = email.to_uppercase();
        let abroad = phone.replace('+', "00");
        installation.write(
            "web.csv",
            &web(&[
                [COOKIE, "", ""],
                ["cookie-new-1", &shouted, ""],
                ["cookie-new-2", "", &abroad],
                ["cookie-other", "other@example.com", ""],
            ]),
        );
        let imported = installation.json(&import).await;
        std::fs::remove_file(installation.path().join("web.csv")).unwrap();
        assert_eq!((&imported["dropped"], &imported["unchanged"]), (&json!(3), &json!(1)), "{imported}");
        assert_eq!(installation.state_hash().await, hash, "nothing came back");
        assert_eq!(found(&known, &stored(&installation).await), [""; 0]);

        // Everybody else is as before.
        let server = installation.serve().await;
        let mut expected = before;
        expected.remove(&known.id);
        let after = everybody(&server).await;
        assert_eq!(after.len(), expected.len());
        for (id, node) in expected {
            assert_eq!(after[&id], node);
        }
        server.stop("TERM").await;
        installation.ok(&["audit", "verify"]).await;
    })
    .await;
}
