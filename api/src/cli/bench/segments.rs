//! Working out segments for everybody, beside hand-written SQL for some of them.

use std::time::{Duration, Instant};

use anyhow::ensure;
use profiles::{
    Profiles,
    audiences::NewSegment,
    bench::{Asker, SEGMENTS},
};

use super::{Segments, cpu};
use crate::cli::{open, out};

/// Beside those that are compared with SQL: some of every kind of condition.
const OTHERS: [&str; 15] = [
    r#"language is "en" and tags contains "news""#,
    r#"not did "Email Opened""#,
    "count of orders >= 20",
    "average of orders in EUR > 700",
    "first order before 2020-01-01",
    "last order more than 900 days ago",
    r#"bought product "p7" at least 2 times"#,
    r#"bought category "Home""#,
    "email_marketing is allowed and email_open_rate >= 0.2",
    r#"in sample 10% of "benchmark""#,
    r#"distinct campaign in "Email Opened" >= 2"#,
    r#"last "Email Link Clicked" before 2023-01-01"#,
    r#"did "Email Opened" at least 3 times between 2021-01-01 and 2022-01-01"#,
    r#"in segment "benchmark-0" and not in segment "benchmark-1""#,
    "profiling is allowed and job_title exists or count of orders is 0",
];

pub(super) async fn run(args: Segments) -> anyhow::Result<()> {
    let config = open::settings(args.store)?;
    let profiles = open::existing(&config).await?;
    let people = profiles.status().await?.profiles;
    ensure!(people > 0, "nobody is there; fill the database with `rondom bench fill` first");

    // Worked out by themselves, so that each is as far from the others as a statement is.
    let mut compared = Vec::new();
    for (place, (rule, sql)) in SEGMENTS.iter().enumerate() {
        let key = define(&profiles, place, rule).await?;
        let took = work_out(&profiles).await?;
        let size = profiles.audiences(std::slice::from_ref(&key)).await?[&key].size;
        compared.push((rule, *sql, key, size, took));
    }
    let is_postgres = config.database_url.starts_with("postgres");
    let asker = if is_postgres { Some(Asker::connect(&config.database_url).await?) } else { None };
    let mut rows = vec![["rule", "people", "s", "SQL: people", "SQL: s", "ratio"].map(str::to_owned)];
    let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
    for (rule, sql, _, size, took) in &compared {
        let by_hand = match &asker {
            Some(asker) => {
                let began = Instant::now();
                let count = asker.keep(sql).await?;
                let by_hand = began.elapsed();
                ensure!(count == *size, "{rule}: {size} people, and {count} by SQL");
                (ours, theirs) = (ours + *took, theirs + by_hand);
                let ratio = took.as_secs_f64() / by_hand.as_secs_f64();
                [count.to_string(), seconds(by_hand), format!("{ratio:.1}")]
            }
            None => ["–"; 3].map(str::to_owned),
        };
        let [count, by_sql, ratio] = by_hand;
        rows.push([(*rule).to_string(), size.to_string(), seconds(*took), count, by_sql, ratio]);
    }
    out::table(&rows)?;
    if asker.is_some() {
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        out::line(format!(
            "the five: {:.1} s, by SQL {:.1} s, ratio {ratio:.1}; counts are equal",
            ours.as_secs_f64(),
            theirs.as_secs_f64()
        ))?;
    }

    // Everything at once, as after a change that concerns all of them.
    for (place, (rule, _)) in SEGMENTS.iter().enumerate() {
        define(&profiles, place, rule).await?;
    }
    for (place, rule) in OTHERS.iter().enumerate() {
        define(&profiles, SEGMENTS.len() + place, rule).await?;
    }
    let before = (cpu::of(std::process::id()), cpu::named("postgres"));
    let took = work_out(&profiles).await?;
    let after = (cpu::of(std::process::id()), cpu::named("postgres"));
    let all = SEGMENTS.len() + OTHERS.len();
    let micros = |cpu: Duration| cpu.as_secs_f64() * 1e6 / people as f64;
    out::line(format!(
        "{all} segments for {people} people: {:.1} s, {:.0} people a second; {:.0} µs of this process and {:.0} µs of the \
         database each; {} MiB of memory at most",
        took.as_secs_f64(),
        people as f64 / took.as_secs_f64(),
        micros(after.0.saturating_sub(before.0)),
        micros(after.1.saturating_sub(before.1)),
        cpu::peak_memory(std::process::id()) >> 20,
    ))?;
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

async fn define(profiles: &Profiles, place: usize, rule: &str) -> anyhow::Result<String> {
    let parsed = segments::Rule::parse(rule).map_err(|error| anyhow::anyhow!("{rule}: {error}"))?;
    let key = format!("benchmark-{place}");
    let new = NewSegment { key: key.clone(), name: key.clone(), description: String::new(), rule: parsed };
    profiles.define_segment(new, "benchmark").await?;
    Ok(key)
}

async fn work_out(profiles: &Profiles) -> anyhow::Result<Duration> {
    let began = Instant::now();
    while profiles.work_out_some().await? {}
    Ok(began.elapsed())
}
