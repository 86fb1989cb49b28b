//! How long it takes until a new record is part of its profile, where a model weighs: on records of invented people, or
//! on those of a file.

use std::time::{Duration, Instant};

use anyhow::Context;
use connectors::{
    Page,
    canonical::{Body, IdentifierKind, Person, Record, address, traits},
    file::{FileReader, Mapping},
};
use profiles::{
    Profiles,
    intake::Delivery,
    sources::{NewSource, Source, default_trust},
};
use sha2::{Digest, Sha256};
use simulators::{Seed, World, people::Person as Human};

use super::Resolve;
use crate::cli::{open, out};

/// Records on a page.
const PAGE: usize = 1000;
const SOURCES: [&str; 3] = ["crm", "ecommerce", "email"];

pub(super) async fn run(args: Resolve) -> anyhow::Result<()> {
    let profiles = open::ready(&open::settings(args.store.clone())?).await?;
    let status = profiles.status().await?;
    anyhow::ensure!(status.records == 0, "the database is not empty; the benchmark fills one of its own");
    let source = source(&profiles).await?;
    let wanted = args.present + args.stream + args.single;
    let mut records = match (&args.records, &args.mapping) {
        (Some(file), Some(mapping)) => read(file, mapping)?,
        _ => invented(wanted),
    };
    anyhow::ensure!(records.len() >= wanted, "{wanted} records are needed; there are {}", records.len());
    // In an order of their own: those of one person come at different times.
    records.sort_by_cached_key(|record| Sha256::digest(record.external_id.as_bytes()));
    let mut records = records.into_iter();

    let began = Instant::now();
    feed(&profiles, &source, records.by_ref().take(args.present)).await?;
    out::line(format!(
        "{} records stored, by identifiers alone: {}",
        args.present,
        rate(args.present, began)
    ))?;

    let began = Instant::now();
    let trained = profiles.train_model("bench").await?;
    out::line(format!("model learned from them in {:.1} s", began.elapsed().as_secs_f64()))?;
    let began = Instant::now();
    let mut rules = (*profiles.ruleset()).clone();
    rules.identity.model = Some(trained.version);
    profiles.apply_rules(rules, "bench").await?;
    profiles.drain(profiles.now()).await?;
    out::line(format!("everybody resolved again by the model: {}", rate(args.present, began)))?;
    tell(&profiles).await?;

    let began = Instant::now();
    feed(&profiles, &source, records.by_ref().take(args.stream)).await?;
    out::line(format!("{} further records: {}", args.stream, rate(args.stream, began)))?;

    let mut times = Vec::with_capacity(args.single);
    for record in records.take(args.single) {
        let began = Instant::now();
        let page = Page { records: vec![record], ..Page::default() };
        deliver(&profiles, &source, &page).await?;
        profiles.drain(profiles.now()).await?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    out::line(format!(
        "{} records one by one, from the delivery to the profile: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, slowest {:.1} ms",
        args.single,
        percentile(&times, 50),
        percentile(&times, 95),
        percentile(&times, 99),
        percentile(&times, 100),
    ))?;
    tell(&profiles).await
}

async fn tell(profiles: &Profiles) -> anyhow::Result<()> {
    let quality = profiles.identity_quality().await?;
    let largest = quality.sizes.last_key_value().map_or(0, |(size, _)| *size);
    let candidates = profiles.count_match_candidates().await?;
    Ok(out::line(format!(
        "{} source identities in {} profiles, the largest of {largest}; {candidates} match candidates",
        quality.source_identities, quality.profiles
    ))?)
}

fn rate(records: usize, began: Instant) -> String {
    let seconds = began.elapsed().as_secs_f64();
    format!("{seconds:.1} s, {:.0} records/s", records as f64 / seconds)
}

fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(place).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

async fn source(profiles: &Profiles) -> anyhow::Result<Source> {
    let new = NewSource {
        key: "bench".to_owned(),
        name: "bench".to_owned(),
        kind: "bench".to_owned(),
        category: "crm".to_owned(),
        trust: default_trust("crm"),
    };
    Ok(profiles.ensure_source(new).await?)
}

async fn deliver(profiles: &Profiles, source: &Source, page: &Page) -> anyhow::Result<()> {
    let delivery = Delivery { source: source.id, stream: "bench", stamp: profiles.now(), page };
    profiles.deliver(&delivery).await?;
    Ok(())
}

async fn feed(
    profiles: &Profiles,
    source: &Source,
    records: impl Iterator<Item = Record>,
) -> anyhow::Result<()> {
    let mut records = records.peekable();
    while records.peek().is_some() {
        let page = Page { records: records.by_ref().take(PAGE).collect(), ..Page::default() };
        // As in a sync: a page is stored while those before it are derived.
        let (stored, drained) =
            tokio::join!(deliver(profiles, source, &page), profiles.drain(profiles.now()));
        stored?;
        drained?;
    }
    profiles.drain(profiles.now()).await?;
    Ok(())
}

/// The people of a file.
fn read(file: &std::path::Path, mapping: &std::path::Path) -> anyhow::Result<Vec<Record>> {
    let text = std::fs::read_to_string(mapping).with_context(|| mapping.display().to_string())?;
    let mapping = Mapping::from_yaml(&text).context("the mapping")?;
    let mut pages = FileReader::open(file, mapping).with_context(|| file.display().to_string())?;
    let mut records = Vec::new();
    for page in &mut pages {
        records.extend(page?.records.into_iter().filter(|record| matches!(record.body, Body::Person(_))));
    }
    Ok(records)
}

/// What a CRM, a shop and a newsletter know of invented people, at least so many records.
fn invented(wanted: usize) -> Vec<Record> {
    // Three of four people are known to each.
    let seed = Seed { seed: 1, people: wanted * 4 / 9 + 1, now: chrono::DateTime::UNIX_EPOCH };
    let world = World::generate(seed);
    let mut records = Vec::with_capacity(wanted);
    for human in &world.population.people {
        for (place, source) in SOURCES.into_iter().enumerate() {
            let chance = Sha256::digest(format!("{} {source}", human.index));
            if !chance[0].is_multiple_of(4) {
                let id = format!("{source}-{}", human.index);
                records.push(record(id, known(human, place, chance[1])));
            }
        }
    }
    records
}

/// What one of them knows; `chance` decides what is missing or out of date.
fn known(human: &Human, source: usize, chance: u8) -> Person {
    let mut person = Person::default();
    let home = &human.home;
    let birth = human.birth.to_string();
    let private = if chance.is_multiple_of(5) { human.former_email.as_ref() } else { None };
    let private = private.unwrap_or(&human.email);
    let email = if source == 0 { human.work_email.as_ref().unwrap_or(private) } else { private };
    if source != 0 || !chance.is_multiple_of(3) {
        person.set(traits::EMAIL, Some(email));
        person.identify(IdentifierKind::Email, Some(email));
    }
    person.set(traits::FIRST_NAME, Some(&human.given));
    if source != 2 || chance.is_multiple_of(2) {
        person.set(traits::LAST_NAME, Some(&human.family));
    }
    if source != 2 {
        let phone = if chance.is_multiple_of(4) { human.landline.as_ref() } else { None };
        let phone = phone.unwrap_or(&human.mobile).e164();
        person.set(traits::PHONE, Some(&phone));
        person.identify(IdentifierKind::Phone, Some(&phone));
        let parts = [
            ("street", Some(home.street.as_str())),
            ("postal_code", Some(home.postcode.as_str())),
            ("city", Some(home.city)),
        ];
        person.set_value(traits::ADDRESS, address(parts));
    }
    if source == 0 || chance.is_multiple_of(3) {
        person.set(traits::BIRTH_DATE, Some(&birth));
    }
    person
}

fn record(external_id: String, person: Person) -> Record {
    let body = Body::Person(person);
    let payload = serde_json::json!({ "id": external_id, "body": body }).to_string().into_bytes();
    Record { external_id, updated_at: None, created_at: None, deleted: false, body, payload }
}
