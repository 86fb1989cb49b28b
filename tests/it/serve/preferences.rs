//! The preference centre, from the command line to the next question.

use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use crate::support::{http, on_both};

const MAPPING: &str = "source: desk
records:
  person: { id: id, identifiers: { email: email } }
";
const FILE: &str = "id,email\n1,anna@example.org\n2,anna@example.org\n";
const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_person_refuses_behind_a_link_and_the_next_question_obeys() {
    on_both(async |installation| {
        installation.write("mapping.yaml", MAPPING);
        installation.write("desk.csv", FILE);
        installation.ok(&["import", "--mapping", "mapping.yaml", "desk.csv"]).await;
        let link = ["preferences", "link", "--email", "Anna@example.org", "--language", "da"];
        let path = installation.ok(&link).await.trim().to_owned();
        assert!(path.starts_with("/preferences/") && path.ends_with("?lang=da"), "{path}");
        assert!(installation.fails(&["preferences", "link", "--email", "nobody@example.org"]).await.contains("nobody"));
        let written = installation.ok(&["audit", "list"]).await;
        assert!(written.contains("command line: preferences link Profile:"), "{written}");
        installation.write("rondom.toml", "public_url = \"https://shop.example\"\nlog_filter = \"trace\"\n");
        let whole = installation.ok(&link).await;
        assert!(whole.starts_with("https://shop.example/preferences/"), "{whole}");

        let server = installation.serve().await;
        let url = format!("{}{path}", server.url);
        let page = http().get(&url).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(page.headers()[header::CACHE_CONTROL], "no-store");
        let page = page.text().await.unwrap();
        assert!(page.contains("Dine valg") && page.contains("a***@example.org") && !page.contains("anna"));

        let saved = http().post(&url).header(header::CONTENT_TYPE, FORM).body("everything=no").send().await.unwrap();
        // The client followed to the page that says so.
        assert_eq!(saved.status(), StatusCode::OK);
        assert!(saved.text().await.unwrap().contains("Dine valg er gemt."));
        let ask = r#"{ profile(by: { email: "anna@example.org" }) {
            consent(purpose: "email_marketing") { reason } other: consent(purpose: "analytics") { reason } } }"#;
        let profile = server.ask(ask, Value::Null).await["profile"].take();
        assert_eq!(profile, json!({ "consent": { "reason": "DENIED" }, "other": { "reason": "OBJECTED" } }));
        let forged = http().get(format!("{}/preferences/{}", server.url, "A".repeat(50))).send().await.unwrap();
        assert_eq!(forged.status(), StatusCode::NOT_FOUND);

        let finished = server.stop("TERM").await;
        let token = path.trim_start_matches("/preferences/").split('?').next().unwrap();
        assert!(finished.stderr.contains("/preferences/{token}"), "the template is logged");
        assert!(!finished.stderr.contains(token), "a link in the log lets whoever reads it choose");
        assert!(installation.ok(&["audit", "list"]).await.contains("the person: preferences Profile:"));
    })
    .await;
}
