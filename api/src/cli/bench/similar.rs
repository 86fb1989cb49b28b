//! How long it takes to find who is like somebody.

use std::time::{Duration, Instant};

use anyhow::ensure;
use profiles::{
    Profiles,
    consent::Reader,
    view::{
        list::{Filter, Page, SortKey},
        read::ProfileRef,
    },
};
use uuid::Uuid;

use super::Similar;
use crate::cli::{open, out};

/// How many are found.
const FIRST: usize = 10;

pub(super) async fn run(args: Similar) -> anyhow::Result<()> {
    let profiles = open::existing(&open::settings(args.store)?).await?;
    let people = profiles.status().await?.profiles;
    ensure!(people > 0, "nobody is there; fill the database with `rondom bench fill` first");
    out::line(format!("{people} profiles"))?;
    let buyers = chosen(&profiles, args.requests, Some(1)).await?;
    let anybody = chosen(&profiles, args.requests, None).await?;
    let mut rows =
        vec![["who", "requests", "compared", "p50 ms", "p95 ms", "p99 ms", "slowest ms"].map(str::to_owned)];
    for (name, ids) in [("customers", buyers), ("last seen", anybody)] {
        rows.push(measure(&profiles, name, &ids).await?);
    }
    Ok(out::table(&rows)?)
}

/// So many people, the last seen first.
async fn chosen(profiles: &Profiles, count: u64, min_orders: Option<i64>) -> anyhow::Result<Vec<Uuid>> {
    let filter = Filter { min_orders, ..Filter::default() };
    let page = Page {
        sort: SortKey::LastSeen,
        descending: true,
        limit: count,
        after: None,
        before: None,
        from_end: false,
    };
    let (found, _) = profiles.list(&Reader::operator("bench"), &filter, &page).await?;
    Ok(found.into_iter().map(|(_, profile)| profile.id).collect())
}

async fn measure(profiles: &Profiles, name: &str, ids: &[Uuid]) -> anyhow::Result<[String; 7]> {
    let reader = Reader::operator("bench");
    let (mut times, mut compared): (Vec<Duration>, usize) = (Vec::new(), 0);
    for id in ids {
        let began = Instant::now();
        let found = profiles.similar_profiles(&reader, &ProfileRef::Id(*id), FIRST).await?;
        times.push(began.elapsed());
        compared += found.map_or(0, |found| found.compared);
    }
    times.sort_unstable();
    let percentile = |percent: usize| {
        let place = (times.len() * percent).div_ceil(100).max(1) - 1;
        times.get(place).map_or_else(String::new, |time| format!("{:.1}", time.as_secs_f64() * 1e3))
    };
    let mean = compared / times.len().max(1);
    let [p50, p95, p99, slowest] = [50, 95, 99, 100].map(percentile);
    Ok([name.to_owned(), times.len().to_string(), mean.to_string(), p50, p95, p99, slowest])
}
