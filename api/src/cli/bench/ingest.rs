//! What sites and apps send, over HTTP, until everything is derived.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::ensure;
use base64::{Engine, prelude::BASE64_STANDARD};
use profiles::{Profiles, audiences::NewSegment};
use serde_json::{Value, json};

use super::{
    Ingest, cpu,
    load::{self, Connection},
    profile::{connect, serve},
};
use crate::cli::{open, out};

/// Each so often it is looked whether everything is derived.
const LOOK: Duration = Duration::from_millis(50);
/// Each so often memory and lag are looked at, and so many of these are told.
const SAMPLE: Duration = Duration::from_secs(5);
const SAMPLES: usize = 20;
/// How long a sender waits that was told to send again.
const AGAIN: Duration = Duration::from_millis(100);
/// One event in so many says who the visitor is.
const IDENTIFY: u64 = 20;

pub(super) async fn run(args: Ingest) -> anyhow::Result<()> {
    ensure!(args.batch > 0 && args.connections > 0 && args.visitors > 0, "expected more than nothing");
    let config = open::settings(args.store.clone())?;
    let profiles = open::ready(&config).await?;
    let key = profiles.create_write_key("benchmark", "benchmark").await?;
    define(&profiles, args.segments).await?;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = free.local_addr()?.to_string();
    drop(free);
    let server = serve(&args.store, &address)?;
    let pid = server.0.id();
    drop(connect(&address).await?);

    let mut senders = Vec::new();
    for _ in 0..args.connections {
        senders.push((Connection::open(&address).await?, 0_u64));
    }
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:", key.key)));
    let made = Arc::new(Made { salt: key.key.clone(), batch: args.batch, visitors: args.visitors });
    let pace = if args.rate == 0 { 0.0 } else { args.batch as f64 / args.rate as f64 };
    let began = Instant::now();
    let before = (cpu::of(pid), cpu::of(std::process::id()), cpu::named("postgres"));
    let samples = Arc::new(Mutex::new(Vec::new()));
    let sampler = tokio::spawn(sample(profiles.clone(), pid, Arc::clone(&samples)));
    let (times, senders) = load::paced(
        senders,
        args.events.div_ceil(args.batch),
        Duration::from_secs_f64(pace),
        move |(mut connection, mut refused): (Connection, u64), number| {
            let (made, basic) = (Arc::clone(&made), basic.clone());
            async move {
                let (path, body) = made.request(number);
                loop {
                    let (status, _) = connection.post_to(path, &basic, &body).await?;
                    match status {
                        200 => return Ok((connection, refused)),
                        429 => refused += 1,
                        other => anyhow::bail!("the server answered {other}"),
                    }
                    tokio::time::sleep(AGAIN).await;
                }
            }
        },
    )
    .await?;
    let sent = began.elapsed();
    sampler.abort();
    let mut waiting = profiles.waiting().await?;
    let lag = waiting;
    while waiting > 0 {
        tokio::time::sleep(LOOK).await;
        waiting = profiles.waiting().await?;
    }
    let derived = began.elapsed();
    let after = (cpu::of(pid), cpu::of(std::process::id()), cpu::named("postgres"));
    let memory = cpu::peak_memory(pid);
    let refused: u64 = senders.iter().map(|(_, refused)| refused).sum();
    drop((senders, server));
    profiles.revoke_write_key(key.id).await?;
    let status = profiles.status().await?;

    let per_event = |cpu: Duration| cpu.as_secs_f64() * 1e6 / args.events as f64;
    let heading =
        ["events", "a request", "taken/s", "derived/s", "p50 ms", "p99 ms", "app µs", "db µs", "load µs"];
    let row = [
        args.events.to_string(),
        args.batch.to_string(),
        format!("{:.0}", args.events as f64 / sent.as_secs_f64()),
        format!("{:.0}", args.events as f64 / derived.as_secs_f64()),
        format!("{:.1}", times.percentile(0.5).as_secs_f64() * 1e3),
        format!("{:.1}", times.percentile(0.99).as_secs_f64() * 1e3),
        format!("{:.0}", per_event(after.0.saturating_sub(before.0))),
        format!("{:.0}", per_event(after.2.saturating_sub(before.2))),
        format!("{:.0}", per_event(after.1.saturating_sub(before.1))),
    ];
    out::table(&[heading.map(str::to_owned), row])?;
    out::line(format!(
        "{} keys waited when the last was taken, {:.1} s later none; {refused} requests were to be sent again; {} MiB of memory \
         at most; {} events, {} profiles in all",
        lag,
        derived.saturating_sub(sent).as_secs_f64(),
        memory >> 20,
        status.events,
        status.profiles,
    ))?;
    let samples = samples.lock().unwrap_or_else(PoisonError::into_inner);
    let told: Vec<String> =
        spread(&samples).iter().map(|(mib, waiting)| format!("{mib}/{waiting}")).collect();
    if !told.is_empty() {
        out::line(format!("MiB of memory/keys waiting, through time: {}", told.join(" ")))?;
    }
    Ok(())
}

/// Looks now and then how much memory a process has, in MiB, and how many keys wait.
async fn sample(profiles: Profiles, pid: u32, samples: Arc<Mutex<Vec<(u64, u64)>>>) {
    loop {
        tokio::time::sleep(SAMPLE).await;
        let Ok(waiting) = profiles.waiting().await else { continue };
        let taken = (cpu::memory(pid) >> 20, waiting);
        samples.lock().unwrap_or_else(PoisonError::into_inner).push(taken);
    }
}

/// At most so many, evenly.
fn spread(samples: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let step = samples.len().div_ceil(SAMPLES).max(1);
    samples.iter().rev().step_by(step).rev().copied().collect()
}

/// Defines so many segments of several kinds.
async fn define(profiles: &Profiles, count: usize) -> anyhow::Result<()> {
    for n in 0..count {
        let text = match n % 5 {
            0 => format!(
                r#"did "Product Viewed" at least {} times within the last {} days"#,
                n % 7 + 1,
                n % 30 + 1
            ),
            1 => format!(r#"did "Product Added" then not "Order Completed" within {} hours"#, n % 48 + 1),
            2 => format!(r#"email exists and did "Page Viewed" within the last {} days"#, n % 60 + 1),
            3 => format!(r#"did "Order Completed" where revenue > {n}"#),
            _ => format!(r#"sum of price in "Product Viewed" > {} or web.plan is "pro""#, n * 10),
        };
        let rule = segments::Rule::parse(&text).map_err(|error| anyhow::anyhow!("{text}: {error}"))?;
        let (key, name) = (format!("benchmark-{n}"), format!("Benchmark {n}"));
        profiles
            .define_segment(NewSegment { key, name, description: String::new(), rule }, "benchmark")
            .await?;
    }
    while profiles.work_out_some().await? {}
    Ok(())
}

/// The events, each the same whenever it is asked for.
struct Made {
    salt: String,
    batch: u64,
    visitors: u64,
}

impl Made {
    fn request(&self, number: u64) -> (&'static str, String) {
        if self.batch == 1 {
            let mut event = self.event(number);
            let kind = event["type"].take();
            return (if kind == "identify" { "/v1/identify" } else { "/v1/track" }, event.to_string());
        }
        let events: Vec<Value> =
            (0..self.batch).map(|place| self.event(number * self.batch + place)).collect();
        ("/v1/batch", json!({ "batch": events }).to_string())
    }

    fn event(&self, number: u64) -> Value {
        // Which visitor: spread over all, and the same for ever.
        let visitor = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31) % self.visitors;
        let context = json!({
            "page": { "url": "https://shop.example/mugs/blue?utm_source=news", "path": "/mugs/blue", "title": "Blue mug" },
            "campaign": { "source": "news", "name": "spring" }, "locale": "nl-NL",
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
            "library": { "name": "rondom.js", "version": "0.1.0" },
        });
        let common = json!({
            "messageId": format!("{}-{number}", self.salt), "anonymousId": format!("rv-{}-{visitor}", self.salt), "context": context,
        });
        let what = match number % IDENTIFY {
            0 => json!({
                "type": "identify", "userId": format!("{}-{visitor}", self.salt),
                "traits": { "email": format!("v{visitor}.{}@example.org", self.salt), "plan": "pro" },
            }),
            1 => json!({
                "type": "track", "event": "Order Completed",
                "properties": { "order_id": number, "revenue": 42.5, "currency": "EUR" },
            }),
            2..=8 => {
                json!({ "type": "track", "event": "Page Viewed", "properties": { "path": "/mugs/blue" } })
            }
            9..=11 => {
                json!({ "type": "track", "event": "Product Added", "properties": { "product_id": "mug", "price": 12.5 } })
            }
            _ => {
                json!({ "type": "track", "event": "Product Viewed", "properties": { "product_id": "mug", "price": 12.5 } })
            }
        };
        let mut event = common;
        if let (Some(event), Value::Object(what)) = (event.as_object_mut(), what) {
            event.extend(what);
        }
        event
    }
}
