//! The next best action of people at random, over HTTP, at a steady rate.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, ensure};
use profiles::{
    Profiles,
    access::Role,
    actions::{NOTHING, NewOutcome, Outcome},
    consent::Reader,
    view::list::{Filter, Page, SortKey},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Actions, cpu,
    load::{self, Connection},
    profile::{connect, serve},
};
use crate::cli::{open, out};

/// People in one page of those who are there.
const PAGE: u64 = 2_000;
/// Of so many people it is reported what came of a choice, before anything is measured.
const PLAYED: usize = 1_000;
/// Choices before anything is measured, so that statements are prepared and pages are in memory.
const WARM_UP: u64 = 500;
/// Steps by which people are walked, a prime, so that neighbours are not asked one after another.
const STRIDE: usize = 7_919;

const ASK: &str = "query Next($id: ID!) { profile(by: { id: $id }) { nextBestActions(first: 3) {
  status decisionId chosen { action score probability } alternatives { action score } excluded { action rule reason }
} } }";

/// Ten actions of every sort; `PRODUCT` is one that many have bought.
const CATALOGUE: [&str; 10] = [
    r#"key: "welcome", channel: EMAIL, purpose: "email_marketing", benefit: "20", cost: "0.1", eligibility: { text: "count of orders is 0" }, coolDown: "P30D""#,
    r#"key: "offer", channel: EMAIL, purpose: "email_marketing", benefit: "40", cost: "2", product: PRODUCT, group: "offers", coolDown: "P7D""#,
    r#"key: "bundle", channel: EMAIL, purpose: "email_marketing", benefit: "60", cost: "5", group: "offers", coolDown: "P14D""#,
    r#"key: "champions", channel: EMAIL, purpose: "email_marketing", benefit: "80", cost: "9", eligibility: { text: "count of orders >= 4" }"#,
    r#"key: "lapsed", channel: EMAIL, purpose: "email_marketing", benefit: "30", cost: "1", eligibility: { text: "last order more than 365 days ago" }"#,
    r#"key: "call", channel: PHONE, purpose: "phone_marketing", benefit: "200", cost: "12", coolDown: "P60D""#,
    r#"key: "text", channel: SMS, purpose: "sms_marketing", benefit: "25", cost: "0.2""#,
    r#"key: "banner", purpose: "personalisation", benefit: "5", cost: "0.01""#,
    r#"key: "survey", benefit: "3", cost: "0.05", coolDown: "P90D""#,
    r#"key: "visit", benefit: "500", cost: "90", eligibility: { text: "total of orders in EUR >= 1000" }"#,
];

/// What each customer has said no or yes to, and is not to be offered again.
type Closed = HashMap<Uuid, HashSet<String>>;

pub(super) async fn run(args: Actions) -> anyhow::Result<()> {
    let config = open::settings(args.store.clone())?;
    let profiles = open::existing(&config).await?;
    let people = everybody(&profiles).await?;
    ensure!(people.len() > 1, "nobody is there; fill the database with `rondom bench fill` first");
    let (key, token) = profiles.create_key("benchmark", Role::Admin, None).await?;
    let measured = measure(&args, &profiles, &people, &token).await;
    profiles.revoke_key(key.id).await?;
    measured
}

/// The ids of everybody.
async fn everybody(profiles: &Profiles) -> anyhow::Result<Vec<Uuid>> {
    let reader = Reader::operator("benchmark");
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = Page {
            sort: SortKey::Orders,
            descending: true,
            limit: PAGE,
            after: after.take(),
            before: None,
            from_end: false,
        };
        let (rows, _) = profiles.list(&reader, &Filter::default(), &page).await?;
        all.extend(rows.iter().map(|(_, profile)| profile.id));
        match rows.into_iter().next_back() {
            Some((place, _)) => after = Some(place),
            None => return Ok(all),
        }
    }
}

async fn measure(args: &Actions, profiles: &Profiles, people: &[Uuid], token: &str) -> anyhow::Result<()> {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = free.local_addr()?.to_string();
    drop(free);
    let server = serve(&args.store, &address)?;
    let mut first = connect(&address).await?;
    define(&mut first, token, people[0]).await?;
    let closed = Arc::new(play(profiles, people).await?);

    let pid = server.0.id();
    let people: Arc<Vec<Uuid>> = Arc::new(people.to_vec());
    let shot = async |from: u64, count: u64| {
        let mut workers = Vec::new();
        for _ in 0..args.connections {
            workers.push((Connection::open(&address).await?, token.to_owned()));
        }
        let pace = Duration::from_secs(1).div_f64(args.rate as f64);
        let (people, closed) = (Arc::clone(&people), Arc::clone(&closed));
        load::paced(workers, count, pace, move |(mut connection, token): (Connection, String), n| {
            let place = (from + n) as usize * STRIDE % people.len();
            let (person, closed) = (people[place], Arc::clone(&closed));
            async move {
                let body = json!({ "query": ASK, "variables": { "id": format!("Profile:{person}") } });
                let answer = serde_json::from_slice(connection.post(&token, &body.to_string()).await?)?;
                check(&answer, closed.get(&person))?;
                Ok((connection, token))
            }
        })
        .await
    };
    shot(0, WARM_UP).await?;
    let before = (cpu::of(pid), cpu::named("postgres"));
    let requests = args.rate * args.seconds;
    let (times, workers) = shot(WARM_UP, requests).await?;
    let after = (cpu::of(pid), cpu::named("postgres"));
    drop(workers);
    let each = |cpu: Duration| format!("{:.0}", cpu.as_secs_f64() * 1e6 / requests as f64);
    let milliseconds = |share: f64| format!("{:.1}", times.percentile(share).as_secs_f64() * 1e3);
    let heading = ["profiles", "a second", "p50 ms", "p99 ms", "most ms", "app µs", "db µs", "errors"];
    out::table(&[
        heading.map(str::to_owned),
        [
            out::thousands(people.len() as u64),
            format!("{:.1}", requests as f64 / times.wall.as_secs_f64()),
            milliseconds(0.5),
            milliseconds(0.99),
            milliseconds(1.0),
            each(after.0.saturating_sub(before.0)),
            each(after.1.saturating_sub(before.1)),
            // The first one ends the benchmark.
            "0".to_owned(),
        ],
    ])?;
    out::line(format_args!(
        "{requests} choices among {} actions; nothing was offered that had been accepted, refused or bought, and whatever was refused had its reason",
        CATALOGUE.len()
    ))?;
    Ok(())
}

/// Defines the actions, one of them for a product that somebody has bought.
async fn define(connection: &mut Connection, token: &str, buyer: Uuid) -> anyhow::Result<()> {
    let mut ask = async |query: String| -> anyhow::Result<Value> {
        let body = json!({ "query": query }).to_string();
        let answer: Value = serde_json::from_slice(connection.post(token, &body).await?)?;
        ensure!(answer["errors"].is_null(), "the query failed: {}", answer["errors"]);
        Ok(answer["data"].clone())
    };
    let bought = format!(
        r#"{{ profile(by: {{ id: "Profile:{buyer}" }}) {{ orders(first: 1) {{ nodes {{ lines {{ product {{ id }} }} }} }} }} }}"#
    );
    let bought = ask(bought).await?;
    let product = &bought["profile"]["orders"]["nodes"][0]["lines"][0]["product"]["id"];
    ensure!(
        product.is_string(),
        "nobody has bought anything; fill the database with `rondom bench fill` first"
    );
    for action in CATALOGUE {
        let action = action.replace("PRODUCT", &product.to_string());
        let define = format!(
            r#"mutation {{ defineAction(input: {{ {action}, name: "Benchmark", expectedRate: 0.1 }}) {{ errors {{ message }} }} }}"#
        );
        let done = ask(define).await?;
        ensure!(done["defineAction"]["errors"] == json!([]), "{}", done["defineAction"]["errors"]);
    }
    let limits = "mutation { setActionLimits(input: { control: 5, weekly: [{ channel: EMAIL, most: 3 }] }) { errors { message } } }";
    ask(limits.to_owned()).await.map(drop)
}

/// Reports what came of choices for some people, and learns from it.
async fn play(profiles: &Profiles, people: &[Uuid]) -> anyhow::Result<Closed> {
    let reader = Reader::operator("benchmark");
    let mut closed = Closed::new();
    for place in 0..PLAYED.min(people.len()) {
        let person = people[place * STRIDE % people.len()];
        let admitted = reader.operates(person).context("an operator sees everybody")?;
        let asked = profiles.next_best_actions(&[admitted], None, "benchmark").await?.remove(&admitted);
        let Some(chosen) = asked.and_then(|asked| asked.chosen) else { continue };
        let action = chosen.answer.chosen.action;
        let outcome = match place % 4 {
            _ if action == NOTHING => Outcome::Taken,
            0 => Outcome::Accepted,
            1 => Outcome::Refused,
            _ => Outcome::Declined,
        };
        let new = NewOutcome { decision: chosen.id, outcome, value: None, action: None };
        profiles.record_action_outcome(&new, "benchmark").await?;
        if matches!(outcome, Outcome::Accepted | Outcome::Refused) {
            closed.entry(person).or_default().insert(action);
        }
    }
    profiles.learn_from_outcomes().await?;
    Ok(closed)
}

/// Whether an answer is one, and offers nothing that is closed.
fn check(answer: &Value, closed: Option<&HashSet<String>>) -> anyhow::Result<()> {
    let next = &answer["data"]["profile"]["nextBestActions"];
    ensure!(next["status"] == "OK" && next["decisionId"].is_string(), "no choice: {answer}");
    let alternatives = next["alternatives"].as_array().into_iter().flatten();
    let mut offered = alternatives.chain([&next["chosen"]]).filter_map(|one| one["action"].as_str());
    let again = offered.find(|action| closed.is_some_and(|closed| closed.contains(*action)));
    ensure!(again.is_none(), "{again:?} was offered again: {answer}");
    let mut excluded = next["excluded"].as_array().into_iter().flatten();
    let told = excluded.all(|one| one["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    ensure!(told, "a refusal without a reason: {answer}");
    Ok(())
}
