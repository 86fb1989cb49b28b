//! How long it takes until a subscriber is told who has entered a segment.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::{SinkExt, StreamExt};
use profiles::{access::Role, audiences::NewSegment};
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::{
    Follow,
    load::{self, Connection, Times},
    profile::{connect, serve},
};
use crate::cli::{open, out};

const SEGMENT: &str = "benchmark-followed";
/// One event in so many is the first one of somebody new, who enters by it.
const ENTERS: u64 = 5;
/// How long the subscriber waits for the last ones.
const PATIENCE: Duration = Duration::from_secs(30);

/// When each message was answered, by the visitor who entered by it.
type Answered = Arc<Mutex<HashMap<String, Instant>>>;

pub(super) async fn run(args: Follow) -> anyhow::Result<()> {
    ensure!(args.rate > 0 && args.connections > 0, "expected more than nothing");
    let config = open::settings(args.store.clone())?;
    let profiles = open::ready(&config).await?;
    let rule = segments::Rule::parse(r#"did "Trial Started""#).map_err(anyhow::Error::msg)?;
    let new = NewSegment { key: SEGMENT.into(), name: SEGMENT.into(), description: String::new(), rule };
    profiles.define_segment(new, "benchmark").await?;
    while profiles.work_out_some().await? {}
    let write_key = profiles.create_write_key("benchmark", "benchmark").await?;
    let (key, secret) = profiles.create_key("benchmark follower", Role::Admin, None).await?;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = free.local_addr()?.to_string();
    drop(free);
    let server = serve(&args.store, &address)?;
    drop(connect(&address).await?);

    let expected = args.events.div_ceil(ENTERS);
    let told = tokio::spawn(follow(address.clone(), secret, expected));
    // Until the subscription is there.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut senders = Vec::new();
    for _ in 0..args.connections {
        senders.push(Connection::open(&address).await?);
    }
    let answered = Answered::default();
    let salt = write_key.key.clone();
    let pace = Duration::from_secs_f64(1.0 / args.rate as f64);
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:", write_key.key)));
    let noted = Arc::clone(&answered);
    let (times, senders) =
        load::paced(senders, args.events, pace, move |mut connection: Connection, number| {
            let (basic, noted, salt) = (basic.clone(), Arc::clone(&noted), salt.clone());
            async move {
                let enters = number.is_multiple_of(ENTERS);
                let (who, what) =
                    if enters { (number, "Trial Started") } else { (number % 1_000, "Page Viewed") };
                let visitor = format!("{salt}-{}-{who}", if enters { "new" } else { "old" });
                let body =
                    json!({ "anonymousId": visitor, "event": what, "messageId": format!("{salt}-{number}") });
                let (status, _) = connection.post_to("/v1/track", &basic, &body.to_string()).await?;
                ensure!(status == 200, "the server answered {status}");
                if enters {
                    noted.lock().unwrap_or_else(PoisonError::into_inner).insert(visitor, Instant::now());
                }
                Ok(connection)
            }
        })
        .await?;
    let told = tokio::time::timeout(PATIENCE, told).await;
    drop((senders, server));
    profiles.revoke_write_key(write_key.id).await?;
    profiles.revoke_key(key.id).await?;
    let told = told.context("some were not told")???;
    let answered = answered.lock().unwrap_or_else(PoisonError::into_inner);
    let mut lags = Vec::new();
    for (visitor, at) in &told {
        let answered = answered.get(visitor).with_context(|| format!("nobody sent {visitor}"))?;
        // Who is told before the sender has its answer waits for nothing.
        lags.push(at.saturating_duration_since(*answered));
    }
    let lags = Times::of(lags);
    let heading = ["events", "events/s", "told", "p50 ms", "p99 ms", "longest ms", "request p99 ms"];
    let ms = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
    let row = [
        args.events.to_string(),
        format!("{:.0}", args.events as f64 / times.wall.as_secs_f64()),
        told.len().to_string(),
        ms(lags.percentile(0.5)),
        ms(lags.percentile(0.99)),
        ms(lags.percentile(1.0)),
        ms(times.percentile(0.99)),
    ];
    out::table(&[heading.map(str::to_owned), row])?;
    Ok(())
}

/// Follows a segment until so many have entered; when each was told, by visitor.
async fn follow(address: String, key: String, expected: u64) -> anyhow::Result<HashMap<String, Instant>> {
    let mut request = format!("ws://{address}/graphql").into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    let (mut socket, _) = connect_async(request).await?;
    let say = |message: Value| Message::text(message.to_string());
    let payload = json!({ "authorization": format!("Bearer {key}") });
    socket.send(say(json!({ "type": "connection_init", "payload": payload }))).await?;
    let query = format!(
        r#"subscription {{ segmentChanged(key: "{SEGMENT}") {{ entered profile {{ identifiers {{ value }} }} }} }}"#
    );
    let mut told = HashMap::new();
    while (told.len() as u64) < expected {
        let Some(message) = socket.next().await else { bail!("the server closed the socket") };
        let at = Instant::now();
        let Message::Text(text) = message? else { continue };
        let message: Value = serde_json::from_str(&text)?;
        match message["type"].as_str() {
            Some("connection_ack") => {
                let subscribe = json!({ "id": "1", "type": "subscribe", "payload": { "query": query } });
                socket.send(say(subscribe)).await?;
            }
            Some("ping") => socket.send(say(json!({ "type": "pong" }))).await?,
            Some("next") => {
                let visitor =
                    &message["payload"]["data"]["segmentChanged"]["profile"]["identifiers"][0]["value"];
                let visitor = visitor.as_str().with_context(|| format!("told: {message}"))?;
                told.insert(visitor.to_owned(), at);
            }
            _ => bail!("the server said {message}"),
        }
    }
    Ok(told)
}
