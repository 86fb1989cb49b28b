//! What was taken is there, whatever happens to the process.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{http, on_both};

/// How many send at a time.
const SENDERS: usize = 16;
/// After so many answers the process is killed.
const ANSWERS: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_kill_at_any_moment() {
    on_both(async |installation| {
        let server = installation.serve().await;
        let key = installation.ok(&["write-keys", "create", "--source", "web", "--name", "Web"]).await;
        let key = key.trim().to_owned();
        let (taken, answers) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (url, key) = (format!("{}/v1/t", server.url), key.clone());
                let (taken, answers) = (Arc::clone(&taken), Arc::clone(&answers));
                tokio::spawn(async move {
                    for number in 0_u32.. {
                        let id = format!("{sender}-{number}");
                        let message = json!({
                            "messageId": id, "anonymousId": format!("a{sender}"), "event": "x", "writeKey": key,
                        });
                        // Until nobody answers any more.
                        let Ok(answer) = http().post(&url).body(message.to_string()).send().await else { return };
                        assert_eq!(answer.status(), StatusCode::OK);
                        taken.lock().unwrap().push(id);
                        answers.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        while answers.load(Ordering::Relaxed) < ANSWERS {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.kill();
        for sender in senders {
            sender.await.unwrap();
        }
        let taken = taken.lock().unwrap().clone();
        assert!(taken.len() >= ANSWERS);

        let server = installation.serve().await;
        // Each was taken once: sending all of them again adds none of them.
        let status: Value = installation.json(&["status", "--json"]).await;
        let before = status["events"].as_u64().unwrap();
        assert!(before >= taken.len() as u64, "{before} of {}", taken.len());
        for ids in taken.chunks(100) {
            let message = |id: &String| {
                let (sender, _) = id.split_once('-').unwrap();
                json!({ "type": "track", "messageId": id, "anonymousId": format!("a{sender}"), "event": "x" })
            };
            let batch = json!({ "batch": ids.iter().map(message).collect::<Vec<_>>(), "writeKey": key });
            let answer = http().post(format!("{}/v1/batch", server.url)).body(batch.to_string()).send().await;
            assert_eq!(answer.unwrap().status(), StatusCode::OK);
        }
        let status: Value = installation.json(&["status", "--json"]).await;
        assert_eq!(status["events"].as_u64().unwrap(), before, "every one that was answered was there");
    })
    .await;
}
