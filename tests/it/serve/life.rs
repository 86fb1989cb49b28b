//! Starting and stopping.

use std::time::{Duration, Instant};

use crate::support::{Installation, http, on_both};

#[tokio::test]
async fn it_ends_in_good_order_when_it_is_asked_to() {
    on_both(async |installation| {
        for signal in ["TERM", "INT"] {
            let server = installation.serve().await;
            let finished = server.stop(signal).await;
            assert!(finished.status.success(), "{signal}: {finished:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn on_this_machine_it_makes_the_first_key_and_shows_it_once() {
    let installation = Installation::on_sqlite();
    for expected in [true, false] {
        let mut running = installation.start(&["serve", "--listen", "127.0.0.1:0"]);
        let began = Instant::now();
        while !running.stdout().contains("GraphiQL: ") {
            let waiting = !running.has_ended() && began.elapsed() < Duration::from_mins(1);
            assert!(waiting, "no start: {}", running.stderr());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(running.stdout().contains("rk_"), expected, "{}", running.stdout());
        running.signal("TERM");
        assert!(running.finished().await.status.success());
    }
}

#[tokio::test]
async fn health_and_metrics_are_there_for_operators() {
    let installation = Installation::on_sqlite();
    let server = installation.serve().await;
    for (path, part) in
        [("/healthz", "alive"), ("/readyz", "ready"), ("/metrics", "rondom_http_requests_total")]
    {
        let answer = http().get(format!("{}{path}", server.url)).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}");
        assert!(answer.text().await.unwrap().contains(part), "{path}");
    }
}
