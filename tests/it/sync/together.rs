//! Several processes on one database.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulators::{Fault, Faults, Rule};

use crate::support::{Server, Vendors, on_both, on_postgres};

/// Each body comes in eight pieces with this pause before each.
const SLOW: Duration = Duration::from_millis(40);

async fn slow_vendors() -> Vendors {
    Vendors::start(150, Faults::none().with(Rule::every(1, Fault::SlowBody(SLOW)))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_never_run_one_connector_at_once() {
    let vendors = slow_vendors().await;
    on_postgres(async |installation| {
        vendors.configure(&installation).await;
        vendors.fleet.woocommerce.forget_requests();
        let mut first = installation.start(&["sync", "woocommerce"]);
        let began = Instant::now();
        while vendors.fleet.woocommerce.request_count() == 0 {
            assert!(!first.has_ended() && began.elapsed() < Duration::from_mins(1), "{}", first.stderr());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let second = installation.run(&["sync", "woocommerce"]).await;
        assert_eq!(second.status.code(), Some(1));
        assert!(second.stdout.contains("running already"), "{second:?}");
        let first = first.finished().await;
        assert!(first.status.success(), "{first:?}");
    })
    .await;
}

const STATES: &str = "{ connectors { id key state runs(first: 1) { state read } } }";

async fn hubspot(server: &Server) -> Value {
    let connectors = server.ask(STATES, Value::Null).await;
    let all = connectors["connectors"].as_array().unwrap();
    all.iter().find(|connector| connector["key"] == "hubspot").unwrap().clone()
}

async fn until(server: &Server, reached: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let connector = hubspot(server).await;
        if reached(&connector) {
            return connector;
        }
        assert!(began.elapsed() < Duration::from_mins(2), "{connector}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_runs_what_is_due_and_stops_it_when_asked() {
    let vendors = slow_vendors().await;
    on_both(async |installation| {
        vendors.configure(&installation).await;
        let server = installation.serve().await;
        let running = until(&server, |connector| {
            connector["state"] == "RUNNING" && connector["runs"][0]["read"].as_u64() > Some(0)
        })
        .await;
        let cancel = "mutation($id: ID!) { cancelSync(id: $id) { errors { message } } }";
        server.ask(cancel, json!({ "id": running["id"] })).await;
        let cancelled = until(&server, |connector| connector["state"] != "RUNNING").await;
        assert_eq!(cancelled["runs"][0]["state"], "CANCELLED", "{cancelled}");
        assert!(
            server.stop("TERM").await.status.success(),
            "other runs are under way, and end with their page"
        );
    })
    .await;
}
