//! The 360° query over HTTP, beside one hand-written SQL statement.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use profiles::{
    Profiles,
    access::Role,
    bench::Asker,
    consent::Reader,
    view::list::{Filter, Page, SortKey},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Profile, cpu,
    load::{self, Connection, Times},
    query,
};
use crate::{
    cli::{open, out},
    config::StoreArgs,
};

/// How many different people are asked for.
const PEOPLE: u64 = 2000;
/// For so many of them both answers are compared, value by value.
const COMPARED: usize = 100;
/// Requests before anything is measured, so that statements are prepared and pages are in memory.
const WARM_UP: u64 = 2000;

/// Rounds in which the two roles take turns, so that a noisy moment meets both.
const ROUNDS: u64 = 4;
/// Consent statements recorded one by one.
const RECORDED: u64 = 400;

/// What one way of asking cost.
#[derive(Default)]
struct Measured {
    times: Times,
    requests: u64,
    application: Duration,
    database: Duration,
}

impl Measured {
    fn add(&mut self, other: Self) {
        self.times.add(other.times);
        self.requests += other.requests;
        self.application += other.application;
        self.database += other.database;
    }

    fn per_request(&self, cpu: Duration) -> f64 {
        cpu.as_secs_f64() * 1e6 / self.requests as f64
    }

    fn total(&self) -> f64 {
        self.per_request(self.application + self.database)
    }

    fn row(&self, name: &str) -> [String; 7] {
        [
            name.to_owned(),
            format!("{:.0}", self.per_request(self.application)),
            format!("{:.0}", self.per_request(self.database)),
            format!("{:.0}", self.total()),
            format!("{:.1}", self.times.percentile(0.5).as_secs_f64() * 1e3),
            format!("{:.1}", self.times.percentile(0.99).as_secs_f64() * 1e3),
            format!("{:.0}", self.requests as f64 / self.times.wall.as_secs_f64()),
        ]
    }
}

pub(super) async fn run(args: Profile) -> anyhow::Result<()> {
    let config = open::settings(args.store.clone())?;
    let postgres = config.database_url.starts_with("postgres");
    ensure!(postgres, "this benchmark compares with PostgreSQL; give a postgres:// database URL");
    let profiles = open::existing(&config).await?;
    let people = people(&profiles).await?;
    ensure!(!people.is_empty(), "nobody has orders; fill the database with `rondom bench fill` first");
    let asker = Asker::connect(&config.database_url).await?;
    let mut expected: Vec<Value> = Vec::new();
    for person in people.iter().take(COMPARED) {
        expected.push(serde_json::from_str(&asker.page(*person).await?.context("no such profile")?)?);
    }
    let (open, all) = profiles.create_key("benchmark", Role::Admin, None).await?;
    // Reads for a purpose, and so through the gate of consent; it may use everything, and so gets the same page.
    let (gated, service) = profiles.create_key("benchmark for service", Role::Sales, None).await?;
    let asked = graphql(&args, &people, [&all, &service], &expected).await;
    profiles.revoke_key(open.id).await?;
    profiles.revoke_key(gated.id).await?;
    let Asked { open: graphql, gated, recorded } = asked?;
    let sql = statement(&args, &people, &config.database_url).await?;

    let heading = ["way of asking", "app µs", "db µs", "CPU µs", "p50 ms", "p99 ms", "req/s"];
    out::table(&[
        heading.map(str::to_owned),
        graphql.row("GraphQL over HTTP"),
        gated.row("the same, for a purpose"),
        recorded.row("recordConsent"),
        sql.row("one SQL statement"),
    ])?;
    out::line(format!(
        "CPU of GraphQL over HTTP / one SQL statement: {:.2}; {} requests each over {} connections",
        graphql.total() / sql.total(),
        args.requests,
        args.connections
    ))?;
    out::line(format!(
        "application's CPU with the gate of consent / without: {:.3}; {} consent statements recorded, {:.0} a second",
        gated.per_request(gated.application) / graphql.per_request(graphql.application),
        recorded.requests,
        recorded.requests as f64 / recorded.times.wall.as_secs_f64()
    ))?;
    Ok(())
}

/// People with the most orders.
async fn people(profiles: &Profiles) -> anyhow::Result<Vec<Uuid>> {
    let reader = Reader::operator("benchmark");
    let page = Page {
        sort: SortKey::Orders,
        descending: true,
        limit: PEOPLE,
        after: None,
        before: None,
        from_end: false,
    };
    let filter = Filter { min_orders: Some(1), ..Filter::default() };
    let (rows, _) = profiles.list(&reader, &filter, &page).await?;
    Ok(rows.into_iter().map(|(_, profile)| profile.id).collect())
}

/// A server that ends with the benchmark.
pub(super) struct Server(pub(super) Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server on the same database.
pub(super) fn serve(store: &StoreArgs, address: &str) -> anyhow::Result<Server> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", "--listen", address, "--log-filter", "error", "--requests-per-second", "0"]);
    if let Some(url) = &store.database_url {
        command.args(["--database-url", url]);
    }
    if let Some(file) = &store.secret_key_file {
        command.arg("--secret-key-file").arg(file);
    }
    if let Some(file) = &store.config {
        command.arg("--config").arg(file);
    }
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context("starting the server")?;
    Ok(Server(child))
}

/// What asking over HTTP cost.
struct Asked {
    open: Measured,
    gated: Measured,
    recorded: Measured,
}

/// Measures GraphQL over HTTP, with a key that sees everything and with one that reads for a purpose. The first pages must
/// be those `expected`.
async fn graphql(
    args: &Profile,
    people: &[Uuid],
    tokens: [&str; 2],
    expected: &[Value],
) -> anyhow::Result<Asked> {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = free.local_addr()?.to_string();
    drop(free);
    let server = serve(&args.store, &address)?;
    let mut first = connect(&address).await?;

    let bodies: Vec<String> = people
        .iter()
        .map(|id| json!({"query": query::PAGE, "variables": {"id": format!("Profile:{id}")}}).to_string())
        .collect();
    let mut answer = Value::Null;
    for (body, expected) in bodies.iter().zip(expected) {
        for token in tokens {
            answer = serde_json::from_slice(first.post(token, body).await?)?;
            ensure!(answer["errors"].is_null(), "the query failed: {}", answer["errors"]);
            let page = &answer["data"]["profile"];
            ensure!(page == expected, "GraphQL and SQL do not return the same JSON:\n{page}\n{expected}");
        }
    }
    let page = &answer["data"]["profile"];
    out::line(format!(
        "one page: {} traits, {} identifiers, {} orders with {} lines, {} timeline entries, {} bytes",
        count(&page["traits"]),
        count(&page["identifiers"]),
        count(&page["orders"]["nodes"]),
        page["orders"]["nodes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|order| count(&order["lines"]))
            .sum::<usize>(),
        count(&page["timeline"]["nodes"]),
        answer.to_string().len()
    ))?;

    let pid = server.0.id();
    for token in tokens {
        measure(args, &address, pid, token, &bodies, WARM_UP).await?;
    }
    let [mut open, mut gated] = [Measured::default(), Measured::default()];
    for _ in 0..ROUNDS {
        let requests = args.requests.div_ceil(ROUNDS);
        open.add(measure(args, &address, pid, tokens[0], &bodies, requests).await?);
        gated.add(measure(args, &address, pid, tokens[1], &bodies, requests).await?);
    }
    let said = people.iter().map(|id| {
        let variables = json!({"id": format!("Profile:{id}")});
        json!({"query": query::RECORD, "variables": variables}).to_string()
    });
    let recorded = measure(args, &address, pid, tokens[1], &said.collect::<Vec<_>>(), RECORDED).await?;
    Ok(Asked { open, gated, recorded })
}

/// Asks so many times.
async fn measure(
    args: &Profile,
    address: &str,
    pid: u32,
    token: &str,
    bodies: &[String],
    requests: u64,
) -> anyhow::Result<Measured> {
    let mut workers = Vec::new();
    for _ in 0..args.connections {
        workers.push((Connection::open(address).await?, bodies.to_vec(), token.to_owned()));
    }
    let before = (cpu::of(pid), cpu::named("postgres"));
    let (times, workers) = load::run(
        workers,
        requests,
        |(mut connection, bodies, token): (Connection, Vec<String>, String), n| async move {
            let body = &bodies[n as usize % bodies.len()];
            let answer = connection.post(&token, body).await?;
            let is_answer =
                [&b"{\"data\":{\"profile\":{\"id\""[..], b"{\"data\":{\"recordConsent\":{\"errors\":[]"];
            ensure!(is_answer.iter().any(|start| answer.starts_with(start)), "an answer without a profile");
            Ok((connection, bodies, token))
        },
    )
    .await?;
    let after = (cpu::of(pid), cpu::named("postgres"));
    drop(workers);
    Ok(Measured {
        times,
        requests,
        application: after.0.saturating_sub(before.0),
        database: after.1.saturating_sub(before.1),
    })
}

fn count(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

/// Waits until the server answers.
pub(super) async fn connect(address: &str) -> anyhow::Result<Connection> {
    for _ in 0..200 {
        if let Ok(connection) = Connection::open(address).await {
            return Ok(connection);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Connection::open(address).await
}

async fn statement(args: &Profile, people: &[Uuid], url: &str) -> anyhow::Result<Measured> {
    let mut measured = None;
    for requests in [WARM_UP, args.requests] {
        let mut workers = Vec::new();
        for _ in 0..args.connections {
            workers.push((Asker::connect(url).await?, people.to_vec()));
        }
        let own = std::process::id();
        let before = (cpu::of(own), cpu::named("postgres"));
        let (times, workers) =
            load::run(workers, requests, |(asker, people): (Asker, Vec<Uuid>), n| async move {
                let id = people[n as usize % people.len()];
                let page = asker.page(id).await?.context("no such profile")?;
                ensure!(page.starts_with("{\"id\""), "an answer without a profile");
                Ok((asker, people))
            })
            .await?;
        let after = (cpu::of(own), cpu::named("postgres"));
        drop(workers);
        measured = Some(Measured {
            times,
            requests,
            application: after.0.saturating_sub(before.0),
            database: after.1.saturating_sub(before.1),
        });
    }
    measured.context("nothing was measured")
}
