//! Runs that do not come to their end.

use std::time::{Duration, Instant};

use simulators::{Fault, Faults, Rule};

use crate::support::{Installation, Running, Vendors, on_both};

const PEOPLE: usize = 250;
/// Each body comes in eight pieces with this pause before each, so that there is a middle to be in.
const SLOW: Duration = Duration::from_millis(5);

async fn vendors() -> Vendors {
    Vendors::start(PEOPLE, Faults::none().with(Rule::every(1, Fault::SlowBody(SLOW)))).await
}

/// Waits until the shop was asked so many times.
pub(super) async fn in_mid_run(vendors: &Vendors, running: &mut Running, requests: u64) {
    let before = vendors.fleet.woocommerce.request_count();
    let began = Instant::now();
    while vendors.fleet.woocommerce.request_count() < before + requests {
        let waiting = !running.has_ended() && began.elapsed() < Duration::from_mins(2);
        assert!(waiting, "the run is over: {}{}", running.stdout(), running.stderr());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The lease of a process that died runs out after a minute. This is that minute.
pub(super) async fn a_minute_later(installation: &Installation) {
    installation.sql("UPDATE connector SET lease_owner = NULL, lease_until = NULL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_again_and_again_ends_in_the_same_state() {
    let vendors = vendors().await;
    let expected = super::undisturbed(&vendors).await;
    on_both(async |installation| {
        vendors.configure(&installation).await;
        for requests in [2, 4, 6] {
            let mut running = installation.start(&["sync"]);
            in_mid_run(&vendors, &mut running, requests).await;
            running.kill();
            a_minute_later(&installation).await;
        }
        installation.ok(&["sync"]).await;
        assert_eq!(installation.state_hash().await, expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_after_the_page_and_the_next_sync_goes_on() {
    let vendors = vendors().await;
    let expected = super::undisturbed(&vendors).await;
    on_both(async |installation| {
        vendors.configure(&installation).await;
        let mut running = installation.start(&["sync"]);
        in_mid_run(&vendors, &mut running, 4).await;
        running.signal("INT");
        let finished = running.finished().await;
        assert_eq!(finished.status.code(), Some(1), "{finished:?}");
        assert!(finished.stdout.contains("woocommerce: interrupted"), "{finished:?}");
        installation.ok(&["sync"]).await;
        assert_eq!(installation.state_hash().await, expected);
    })
    .await;
}
