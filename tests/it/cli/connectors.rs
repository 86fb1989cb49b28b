//! Configuring connectors.

use simulators::Faults;

use crate::support::{Installation, Vendors};

#[tokio::test]
async fn a_wrong_setting_is_refused_before_anything_is_written() {
    let installation = Installation::on_sqlite();
    installation.ok(&["migrate"]).await;
    for (args, expected) in [
        (&["--kind", "hubspt"][..], "there are hubspot, mailchimp, woocommerce"),
        (&["--kind", "hubspot"], "access_token"),
        (&["--kind", "hubspot", "--secret", "access_token=a", "--set", "baseurl=x"], "baseurl"),
        (&["--kind", "hubspot", "--secret", "access_token=a", "--schedule", "daily"], "cron"),
        (&["--kind", "hubspot", "--secret", "access_token=@absent"], "absent"),
    ] {
        let said = installation.fails(&[&["connectors", "add"], args].concat()).await;
        assert!(said.contains(expected), "{args:?}: {said}");
    }
    assert_eq!(installation.json(&["connectors", "list", "--json"]).await, serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_is_checked_listed_without_its_secrets_and_removed() {
    let installation = Installation::on_sqlite();
    let vendors = Vendors::start(20, Faults::none()).await;
    vendors.configure(&installation).await;
    for key in ["hubspot", "mailchimp", "woocommerce"] {
        assert!(installation.ok(&["connectors", "check", key]).await.contains("answers"));
    }
    let listed = installation.ok(&["connectors", "list", "--json"]).await;
    let token = vendors.fleet.hubspot.read(|portal| portal.token.clone());
    assert!(listed.contains("\"hasSecrets\": true") && !listed.contains(&token), "{listed}");

    installation.ok(&["connectors", "remove", "hubspot"]).await;
    let said = installation.fails(&["connectors", "check", "hubspot"]).await;
    assert!(said.contains("mailchimp, woocommerce"), "{said}");
}
