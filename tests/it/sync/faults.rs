//! Vendors with bad days.

use serde_json::json;
use simulators::{Fault, Faults, Rule};

use crate::support::{Installation, Vendors, on_both};

const PEOPLE: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_read_in_spite_of_refusals_and_errors() {
    let vendors = Vendors::start(PEOPLE, Faults::demo()).await;
    on_both(async |installation| {
        vendors.configure(&installation).await;
        let told = installation.ok(&["sync"]).await;
        assert_eq!(told.matches(": succeeded").count(), 3, "{told}");
        let status = installation.json(&["status", "--json"]).await;
        assert_eq!(status["sourceIdentities"], json!(vendors.fleet.truth.len()), "{status}");
        assert_eq!((&status["rejectedRecords"], &status["waiting"]), (&json!(0), &json!(0)));

        let hash = installation.state_hash().await;
        installation.ok(&["sync"]).await;
        assert_eq!(installation.state_hash().await, hash, "a second sync finds nothing new");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_is_told_and_keeps_what_it_read() {
    let installation = Installation::on_sqlite();
    let vendors = Vendors::start(PEOPLE, Faults::none()).await;
    vendors.configure(&installation).await;
    vendors.fleet.hubspot.set_faults(Faults::none().with(Rule::from(3, Fault::Unauthorized)));
    let finished = installation.run(&["sync"]).await;
    assert_eq!(finished.status.code(), Some(1));
    assert!(finished.stdout.contains("hubspot: failed"), "{}", finished.stdout);
    assert_eq!(finished.stdout.matches(": succeeded").count(), 2, "{}", finished.stdout);

    vendors.fleet.hubspot.set_faults(Faults::none());
    installation.ok(&["sync", "hubspot"]).await;
    assert_eq!(installation.state_hash().await, super::undisturbed(&vendors).await);
}
