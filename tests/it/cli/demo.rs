//! The demo.

use crate::support::Installation;

#[tokio::test]
async fn the_demo_syncs_links_and_answers_the_queries_that_it_prints() {
    let installation = Installation::on_sqlite();
    // Each printed query is answered before it is printed, so that all of them work as printed.
    let told =
        installation.ok(&["demo", "--once", "--people", "60", "--port", "0", "--keep", "kept.db"]).await;
    for part in
        ["hubspot", "woocommerce", "mailchimp", "precision", "recall", "One of them: ", "API key", "curl"]
    {
        assert!(told.contains(part), "{part} is missing: {told}");
    }
    assert!(installation.path().join("kept.db").exists() && installation.path().join("kept.key").exists());
    let again = installation.fails(&["demo", "--once", "--port", "0", "--keep", "kept.db"]).await;
    assert!(again.contains("there already"), "a kept database is not overwritten: {again}");
}
