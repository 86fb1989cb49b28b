//! The real server, and asking it.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Finished, Installation, Running, http};

const LIMIT: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(20);

/// `rondom serve` on a free port; killed when dropped.
pub(crate) struct Server {
    running: Running,
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    /// A key of the role admin.
    pub(crate) key: String,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(super) async fn start(installation: &Installation) -> Self {
        installation.ok(&["migrate"]).await;
        let key = installation.ok(&["keys", "create", "--name", "test", "--role", "admin"]).await;
        let mut running = installation.start(&["serve", "--listen", "127.0.0.1:0"]);
        let began = Instant::now();
        let url = loop {
            let told = running.stdout();
            if let Some((url, _)) = told.split_once("/graphql\n") {
                break url.rsplit(' ').next().unwrap().to_owned();
            }
            assert!(!running.has_ended() && began.elapsed() < LIMIT, "no start: {}", running.stderr());
            tokio::time::sleep(LOOK).await;
        };
        loop {
            match http().get(format!("{url}/readyz")).send().await {
                Ok(answer) if answer.status() == StatusCode::OK => break,
                _ => assert!(began.elapsed() < LIMIT, "not ready: {}", running.stderr()),
            }
            tokio::time::sleep(LOOK).await;
        }
        Self { running, url, key: key.trim().to_owned() }
    }

    /// Asks with a key, or without one; status and body.
    pub(crate) async fn post(&self, key: Option<&str>, query: &str, variables: Value) -> (StatusCode, Value) {
        let mut request = http()
            .post(format!("{}/graphql", self.url))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Asks as the administrator; the data of an answer without errors.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Value {
        let (status, mut answer) = self.post(Some(&self.key), query, variables).await;
        assert!(status == StatusCode::OK && answer.get("errors").is_none(), "{status}: {answer}");
        answer["data"].take()
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.running.kill();
    }

    /// Sends a signal and waits for the end.
    pub(crate) async fn stop(self, signal: &str) -> Finished {
        self.running.signal(signal);
        self.running.finished().await
    }
}
