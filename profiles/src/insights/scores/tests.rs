//! Invented worlds whose truth is known, and what cannot be learned from.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    super::{kind::Model, progress::Progress},
    demand::Demand,
    features::{FEATURES, Facts},
    gather::{Asked, HORIZON, chance},
    lead::Leads,
    pairs::{self, Pair, touched},
    propensity::Pairs,
    story::{Bought, Did, Story, Thing, What},
    words,
};
use crate::view::catalogue::Group;

/// Today, from 1 January 1970.
const TODAY: i64 = 20_000;
/// Months of 30 days that are over, of which the last ends with yesterday.
const MONTHS: i64 = 8;

fn at(day: i64, share: f64) -> DateTime<Utc> {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a day")]
    let seconds = (share * 86_399.0) as i64;
    DateTime::UNIX_EPOCH + TimeDelta::days(day) + TimeDelta::seconds(seconds)
}

fn now() -> DateTime<Utc> {
    at(TODAY, 0.0) - TimeDelta::microseconds(1)
}

fn groups() -> BTreeSet<Group> {
    Group::ALL.into_iter().collect()
}

fn asked() -> Asked {
    let days = [3, 2, 1].map(|horizons| TODAY - horizons * i64::from(HORIZON));
    Asked { days, refusing: HashSet::new(), groups: groups(), currency: "EUR".to_owned() }
}

fn did(at: DateTime<Utc>, what: What, things: &[Thing]) -> Did {
    let things = things.iter().cloned().collect();
    Did { at, source: Uuid::nil(), what, things, campaign: None, ticket: String::new() }
}

fn bought(at: DateTime<Utc>, micros: i64, things: &[Thing]) -> Bought {
    let things = things.iter().cloned().collect();
    Bought { at, micros, currency: "EUR".to_owned(), paid_back: false, things }
}

fn in_order(mut story: Story) -> Story {
    story.did.sort_by_key(|did| did.at);
    story.bought.sort_by_key(|bought| bought.at);
    story
}

fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Chance that follows from who, when, and what it is for.
fn dice(who: u32, month: i64, what: &str) -> f64 {
    chance(Uuid::from_u128(who.into()), format!("{month} {what}").as_bytes())
}

#[expect(clippy::cast_possible_truncation, reason = "days of a month")]
fn day_of(month: i64, share: f64) -> i64 {
    TODAY - 30 * (MONTHS - month) + (share * 30.0) as i64
}

/// How many of a kind in a month: 0 to 4, fewer more often.
fn many(share: f64) -> u32 {
    [0.5, 0.75, 0.88, 0.95].into_iter().filter(|limit| share > *limit).count().try_into().unwrap_or_default()
}

/// A lead who looks at products and clicks in e-mails, and buys in the month after by what it was. With the true probability for the next month.
fn lead(who: u32) -> (Story, f64) {
    let mut story =
        Story { known: vec![(at(day_of(0, dice(who, 0, "known")), 0.5), Uuid::nil())], ..Story::default() };
    let mut truth = 0.0;
    for month in 0..MONTHS {
        let (views, clicks) = (many(dice(who, month, "views")), many(dice(who, month, "clicks")));
        for (n, what) in
            (0..views).map(|n| (n, What::ProductViewed)).chain((0..clicks).map(|n| (n, What::Clicked)))
        {
            let day = day_of(month, dice(who, month, &format!("{n} {what:?}")));
            story.did.push(did(at(day, dice(who, month, &format!("{n} time"))), what, &[]));
        }
        for n in 0..3 {
            story.did.push(did(at(day_of(month, f64::from(n) / 3.0), 0.4), What::Sent, &[]));
            // Whoever is anywhere is known to visit.
            story.did.push(did(at(day_of(month, f64::from(n) / 3.0), 0.6), What::Page, &[]));
        }
        truth = probability(-3.2 + 0.7 * f64::from(views) + 0.9 * f64::from(clicks));
        if month + 1 < MONTHS && dice(who, month, "buys") < truth {
            story.bought.push(bought(at(day_of(month + 1, dice(who, month, "day")), 0.7), 20_000_000, &[]));
            break;
        }
    }
    (in_order(story), truth)
}

#[test]
fn a_lead_score_is_as_probable_as_what_comes() {
    let people: Vec<(Story, f64)> = (0..6_000).map(lead).collect();
    let mut leads = Leads::new(asked());
    for (story, _) in &people {
        leads.take(story);
    }
    let (model, learned) = leads.fit(&Progress::default()).unwrap();
    let evidence = learned.evidence.as_ref().unwrap();
    let figure = |name: &str| evidence.figures.iter().find(|figure| figure.name == name).unwrap();
    assert!(figure("auc").value > 0.7, "{:?}", figure("auc"));
    assert!(figure("ece").value < 0.05, "{:?}", figure("ece"));
    assert_eq!(evidence.beats_baseline, Some(super::super::Verdict::Yes));
    assert_eq!(evidence.lift.len(), 10);

    let (mut off, mut asked, mut least, mut most) = (0.0, 0, 1.0_f64, 0.0_f64);
    for (story, truth) in people.iter().filter(|(story, _)| story.bought.is_empty()) {
        let said = model.of(story, now(), &groups()).unwrap();
        let sum: f64 = said.reasons.iter().map(|reason| reason.contribution).sum();
        assert!((said.base + sum - said.log_odds).abs() < 1e-9, "{said:?}");
        assert!((0.0..=1.0).contains(&said.probability) && (0.0..=1.0).contains(&said.percentile.unwrap()));
        (off, asked) = (off + (said.probability - truth).abs(), asked + 1);
        (least, most) = (least.min(said.probability), most.max(said.probability));
    }
    assert!(asked > 1_000 && off / f64::from(asked) < 0.05, "{} of {asked}", off / f64::from(asked));
    assert!(least < 0.08 && most > 0.5, "{least} {most}");

    // More views never lower it, and what was learned is the same again and when it was kept.
    let (story, _) = people.iter().find(|(story, _)| story.bought.is_empty()).unwrap();
    let before = model.of(story, now(), &groups()).unwrap().probability;
    let mut more = story.clone();
    more.did.push(did(now() - TimeDelta::hours(1), What::ProductViewed, &[]));
    assert!(model.of(&in_order(more), now(), &groups()).unwrap().probability >= before);
    let kept: super::lead::LeadScore = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
    assert_eq!(kept, model);
}

fn thing(place: u32) -> Thing {
    Thing::Category(format!("c{place:02}"))
}

const THINGS: u32 = 12;

/// What makes somebody buy a thing in the next month.
fn taste(place: u32, bought: bool, views: u32) -> f64 {
    probability(-4.0 + 0.08 * f64::from(place) + if bought { 1.5 } else { 0.0 } + 0.9 * f64::from(views))
}

/// Somebody who buys what they bought and looked at, with the true probability of each thing for the next month.
fn buyer(who: u32) -> (Story, Vec<f64>) {
    let mut story = Story { known: vec![(at(day_of(0, 0.0), 0.5), Uuid::nil())], ..Story::default() };
    let mut has: BTreeSet<u32> = BTreeSet::new();
    let mut truth = Vec::new();
    for month in 0..MONTHS {
        story.did.push(did(at(day_of(month, 0.1), 0.4), What::Page, &[]));
        truth.clear();
        let mut buys = Vec::new();
        for place in 0..THINGS {
            let views = if dice(who, month, &format!("{place} looks")) < 0.1 { 1 + who % 2 } else { 0 };
            for n in 0..views {
                let day = day_of(month, dice(who, month, &format!("{place} {n} view")));
                story.did.push(did(at(day, 0.5), What::ProductViewed, &[thing(place)]));
            }
            let is = taste(place, has.contains(&place), views);
            truth.push(is);
            if month + 1 < MONTHS && dice(who, month, &format!("{place} buys")) < is {
                buys.push(place);
            }
        }
        for place in buys {
            let day = day_of(month + 1, dice(who, month, &format!("{place} day")));
            story.bought.push(bought(at(day, 0.7), 10_000_000, &[thing(place)]));
            has.insert(place);
        }
    }
    (in_order(story), truth)
}

/// The demand at the three instants and now.
fn demand(people: &[(Story, Vec<f64>)]) -> [Demand; 4] {
    let [first, middle, last] = asked().instants();
    [first, middle, last, now()].map(|instant| {
        let mut counts: BTreeMap<Thing, f64> = BTreeMap::new();
        let mut orders = 0.0;
        for one in people.iter().flat_map(|(story, _)| story.bought_by(instant)) {
            if one.at > instant - TimeDelta::days(90) {
                orders += 1.0;
                for thing in &one.things {
                    *counts.entry(thing.clone()).or_default() += 1.0;
                }
            }
        }
        Demand::of(counts.into_iter().map(|(thing, count)| (thing, 1_000.0 * count / orders)))
    })
}

#[test]
fn propensities_hold_over_all_people_and_things_whatever_was_drawn_to_learn_from() {
    let people: Vec<(Story, Vec<f64>)> = (0..3_000).map(buyer).collect();
    let mut pairs = Pairs::new(asked(), demand(&people));
    for (who, (story, _)) in (0_u32..).zip(&people) {
        pairs.take(Uuid::from_u128(who.into()), story);
    }
    let (model, learned) = pairs.fit(&Progress::default()).unwrap();
    let evidence = learned.evidence.as_ref().unwrap();
    let auc = evidence.figures.iter().find(|figure| figure.name == "auc").unwrap();
    assert!(auc.value > 0.7 && evidence.beats_baseline == Some(super::super::Verdict::Yes), "{auc:?}");
    model.check().unwrap();

    // All pairs of every tenth person, by what was said of them.
    let mut said: Vec<(f64, f64)> = Vec::new();
    for (story, truth) in people.iter().step_by(10) {
        for (place, truth) in (0..THINGS).zip(truth) {
            let score = model.of(story, &thing(place), now(), &groups()).unwrap().unwrap();
            let sum: f64 = score.reasons.iter().map(|reason| reason.contribution).sum();
            assert!((score.base + sum - score.log_odds).abs() < 1e-9, "{score:?}");
            said.push((score.probability, *truth));
        }
    }
    said.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (all, truth): (f64, f64) = said.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!((all / truth - 1.0).abs() < 0.15, "{all} of {truth}");
    for fifth in said.chunks(said.len() / 5) {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let count = fifth.len() as f64;
        let (all, truth): (f64, f64) =
            fifth.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert!(
            (all - truth).abs() / count < 0.02 + 0.2 * truth / count,
            "{} {}",
            all / count,
            truth / count
        );
    }
    let nowhere = Thing::category("no such").unwrap();
    assert_eq!(model.of(&people[0].0, &nowhere, now(), &groups()).unwrap(), None, "nobody knows it");
    assert!(model.of(&people[0].0, &Thing::Product(Uuid::nil()), now(), &groups()).unwrap().is_some());
}

#[test]
fn what_cannot_be_learned_from_is_said() {
    let one = |story: Story| {
        let mut leads = Leads::new(asked());
        leads.take(&story);
        leads.learn(&Progress::default()).map(drop).unwrap_err().to_string()
    };
    let nothing = Leads::new(asked()).learn(&Progress::default()).map(drop).unwrap_err().to_string();
    assert!(nothing.contains("0 of 0 leads"), "{nothing}");
    let known = Story { known: vec![(at(TODAY - 200, 0.0), Uuid::nil())], ..Story::default() };
    assert!(one(known.clone()).contains("0 of 1 leads"));
    // Everybody alike: nothing tells them apart, and the score is the share of all.
    let mut leads = Leads::new(asked());
    for who in 0..400_u32 {
        let mut story = known.clone();
        if who.is_multiple_of(2) {
            let month = i64::from(who / 2 % 3);
            story.bought.push(bought(at(TODAY - 1 - 30 * month, 0.5), i64::MAX, &[]));
        }
        leads.take(&story);
    }
    let learned = leads.learn(&Progress::default()).map(drop);
    assert!(
        learned.as_ref().is_err_and(|why| why.to_string().contains("no column says anything")),
        "{learned:?}"
    );
}

#[test]
fn nothing_of_what_came_later_is_known() {
    let (story, _) = buyer(7);
    let then = asked().instants()[0];
    let mut shorter = story.clone();
    shorter.did.retain(|did| did.at <= then);
    shorter.bought.retain(|bought| bought.at <= then);
    shorter.known.retain(|(at, _)| *at <= then);
    assert_eq!(Facts::at(&story, then, "EUR"), Facts::at(&shorter, then, "EUR"));
    assert_eq!(touched(&story, then, 10), touched(&shorter, then, 10));
    for place in 0..THINGS {
        assert_eq!(Pair::at(&story, then, &thing(place), 1.0), Pair::at(&shorter, then, &thing(place), 1.0));
    }
}

#[test]
fn features_are_what_their_names_say_and_are_told_in_words() {
    let tea = thing(1);
    let day = |ago: i64| at(TODAY - ago, 0.5);
    let mut opened = did(day(20), What::TicketOpened, &[]);
    opened.ticket = "t".to_owned();
    let mut came = did(day(300), What::Page, &[]);
    came.campaign = Some([Some("google".to_owned()), Some("cpc".to_owned())]);
    let story = in_order(Story {
        known: vec![(day(500), Uuid::nil())],
        bought: vec![
            bought(day(100), 30_000_000, std::slice::from_ref(&tea)),
            bought(day(40), 10_000_000, std::slice::from_ref(&tea)),
        ],
        did: vec![
            did(day(400), What::Page, &[]),
            came,
            did(day(25), What::Sent, &[]),
            did(day(24), What::Sent, &[]),
            did(day(24), What::Opened, &[]),
            opened,
            did(day(5), What::Page, &[]),
            did(day(5) + TimeDelta::minutes(20), What::ProductViewed, std::slice::from_ref(&tea)),
            did(day(5) + TimeDelta::minutes(60), What::Added, std::slice::from_ref(&tea)),
        ],
        ..Story::default()
    });
    let facts = Facts::at(&story, at(TODAY, 0.9), "EUR");
    assert_eq!(
        (facts.orders, facts.first_order, facts.last_order, facts.interval),
        (2, Some(100), Some(40), Some(60.0))
    );
    assert_eq!((facts.spent, facts.last_90, facts.before_90), (Some(40.0), 1, 1));
    assert_eq!((facts.visits, facts.products, facts.added), (Some([2, 2, 2]), Some([1; 3]), Some([1; 3])));
    assert_eq!((facts.sent, facts.opened, facts.clicked), (Some([0, 2, 2]), Some([0, 1, 1]), Some([0; 3])));
    assert_eq!((facts.tickets, facts.open_tickets), (Some(1), Some(1)));
    assert_eq!(
        (facts.seen, facts.tenure, facts.campaign_source.as_deref()),
        (Some(5), Some(500), Some("google"))
    );
    for (factor, expected) in [
        ("frequency", "ordered 2 times, usually every 60 days"),
        ("recency", "last order 40 days ago, first order 100 days ago"),
        ("spend", "has spent 40.00 EUR in 2 orders"),
        ("trend", "1 order in the last 90 days, 1 in the 90 before"),
        ("visits", "visited 2 times in the last 30 days, 2 of them in the last 7"),
        ("emails", "opened 1 of 2 e-mails in the last 30 days and clicked none"),
        ("tickets", "opened 1 ticket in the last 90 days, 1 open now"),
        ("campaign", "first came by google (cpc)"),
        ("seen", "last seen 5 days ago"),
        ("language", "language is not known"),
    ] {
        assert_eq!(words::of_person(factor, &facts), expected);
    }
    let pair = Pair::at(&story, at(TODAY, 0.9), &tea, 12.5);
    assert_eq!((pair.times, pair.since, pair.interval), (2, Some(40), Some(60.0)));
    assert_eq!((pair.viewed, pair.in_cart, pair.share), (Some(1), Some(true), Some(1.0)));
    let bought = words::of_pair("bought", &pair).unwrap();
    assert_eq!(bought, "bought something of it 2 times, usually every 60 days, last 40 days ago");

    // Of whom nothing is known nothing is 0 that is not.
    let nobody = Facts::at(&Story::default(), now(), "EUR");
    assert_eq!((nobody.visits, nobody.opened, nobody.tickets, nobody.tenure), (None, None, None, None));
    assert!(
        nobody
            .row(&BTreeSet::new(), &super::features::features(false))
            .iter()
            .all(|value| *value == predictions::scores::Value::Missing)
    );
    for factor in FEATURES.iter().map(|one| one.factor) {
        assert_ne!(words::of_person(factor, &nobody), factor, "{factor} has no words");
    }
    for factor in pairs::FEATURES.iter().map(|one| one.factor) {
        assert!(words::of_pair(factor, &pair).is_some(), "{factor} has no words");
    }
    let names: BTreeSet<&str> =
        FEATURES.iter().map(|one| one.name).chain(pairs::FEATURES.iter().map(|one| one.name)).collect();
    assert_eq!(names.len(), FEATURES.len() + pairs::FEATURES.len());
}

#[test]
fn the_readme_has_the_table_of_features() {
    let readme = include_str!("../../../../README.md");
    let table = super::markdown_table();
    assert!(readme.contains(&table), "README.md lacks this table:\n{table}");
}
