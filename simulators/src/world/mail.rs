//! Fills the e-mail platform: two audiences that overlap, a year of campaigns, and what their readers did.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::{
    Seed,
    catalogue::CATALOGUE,
    record::{Addresses, address, between, days, days_before, entered},
};
use crate::{
    chance::Chance,
    mailchimp::{
        Account, Action, Activity, Campaign, CampaignStatus, List, Member, Recipient, Status, Unsubscribe,
        member_id,
    },
    people::{Person, Population, ascii, shouted},
    truth::{Source, Truth},
};

const CAMPAIGNS: [&str; 12] = [
    "Winter warmers",
    "For the host",
    "Spring cleaning, kindly",
    "New in the kitchen",
    "Garden days",
    "Picnic season",
    "The summer table",
    "Back to school",
    "Harvest and jam",
    "Candles and covers",
    "Gifts under 30",
    "The big sale",
];

pub(super) fn fill(seed: Seed, population: &Population, truth: &mut Truth) -> Account {
    let mut chance = Chance::new(seed.seed, "mail");
    let api_key = format!("{}-us6", chance.hex(32));
    let lists: Vec<List> = ["Newsletter", "Loyalty club"]
        .into_iter()
        .map(|name| List {
            id: chance.hex(10),
            name: name.to_owned(),
            created: days_before(&mut chance, seed.now, 1_200, 1_500),
        })
        .collect();

    let mut members: BTreeMap<String, Vec<Member>> =
        lists.iter().map(|list| (list.id.clone(), Vec::new())).collect();
    let mut taken = HashSet::new();
    // How eagerly the reader behind a member id reads.
    let mut readers: HashMap<String, f64> = HashMap::new();
    for person in &population.people {
        if !chance.hit(0.65) {
            continue;
        }
        let usual = usual_address(&mut chance, population, person).to_owned();
        let (newsletter, club) = (chance.hit(0.75), chance.hit(0.45));
        for (list, joins) in lists.iter().zip([newsletter, club || !newsletter]) {
            // Another address for another audience, at times.
            let own = if chance.hit(0.1) { &person.email } else { &usual };
            let member = member(&mut chance, seed, person, own);
            if joins && taken.insert((list.id.clone(), member.id.clone())) {
                truth.record(Source::Mailchimp, format!("{}:{}", list.id, member.id), person.index);
                readers.insert(member.id.clone(), person.interest);
                members.entry(list.id.clone()).or_default().push(member);
            }
        }
    }
    for (members, start) in members.values_mut().zip([400_000_001_u64, 500_000_001]) {
        members.sort_by_key(|member| member.opted_in.unwrap_or(member.changed));
        for (member, number) in members.iter_mut().zip(start..) {
            member.web_id = number;
        }
    }

    let mut campaigns = Vec::new();
    // One a month, the newest some days ago; every third goes to the club.
    for (months, subject) in (0_i64..12).rev().zip(CAMPAIGNS) {
        let sent = days_before(&mut chance, seed.now, 30 * months + 4, 30 * months + 7);
        let list = &lists[usize::from(months % 3 == 1)];
        let audience = members.get_mut(&list.id).map_or(&mut [][..], Vec::as_mut_slice);
        campaigns.push(send(&mut chance, seed, &list.id, subject, sent, audience, &readers));
    }
    rate(&mut members, &campaigns);
    campaigns.push(Campaign {
        id: chance.hex(10),
        web_id: 9_001,
        list_id: lists[0].id.clone(),
        subject: "Still a secret".to_owned(),
        status: CampaignStatus::Save,
        created: days_before(&mut chance, seed.now, 1, 2),
        sent: None,
        recipients: Vec::new(),
        unsubscribes: Vec::new(),
    });
    Account { api_key, lists, members, campaigns }
}

fn usual_address<'a>(chance: &mut Chance, population: &'a Population, person: &'a Person) -> &'a str {
    let shares = Addresses { work: 0.08, former: 0.1, household: 0.02 };
    address(chance, population, person, &shares)
}

fn member(chance: &mut Chance, seed: Seed, person: &Person, own: &str) -> Member {
    let email = if chance.hit(0.1) { shouted(chance, own).trim().to_owned() } else { own.to_owned() };
    let joined = days_before(chance, seed.now, 3, 1_000);
    let imported = chance.hit(0.2);
    let status = match chance.below(100) {
        0..8 => Status::Unsubscribed,
        8..11 => Status::Cleaned,
        11..13 => Status::Pending,
        13 => Status::Transactional,
        14..16 => Status::Archived,
        _ => Status::Subscribed,
    };
    let confirmed = (status != Status::Pending && status != Status::Transactional)
        .then(|| joined + TimeDelta::seconds(chance.between(30, 7_200)));
    let id = member_id(&email);
    let named = chance.below(100);
    let home = &person.home;
    let addressed = chance.hit(0.15);
    Member {
        unique_email_id: id[..10].to_owned(),
        contact_id: member_id(&format!("contact {id}")),
        id,
        email,
        web_id: 0,
        status,
        first_name: if named < 75 { entered(chance, &person.given) } else { String::new() },
        last_name: if named < 60 { entered(chance, &person.family) } else { String::new() },
        phone: if chance.hit(0.2) { person.mobile.typed(chance) } else { String::new() },
        address: addressed.then(|| {
            [home.street.clone(), home.city.to_owned(), home.postcode.clone(), home.country.code().to_owned()]
        }),
        birthday: if chance.hit(0.15) { person.birth.format("%m/%d").to_string() } else { String::new() },
        open_rate: 0.0,
        click_rate: 0.0,
        signed_up: (!imported).then_some(joined),
        opted_in: confirmed,
        opt_in_ip: if imported || confirmed.is_none() { String::new() } else { ip(chance) },
        rating: u8::try_from(chance.between(1, 5)).unwrap_or(1),
        changed: between(chance, confirmed.unwrap_or(joined), seed.now).trunc_subsecs(0),
        language: if chance.hit(0.6) { home.country.language().to_owned() } else { String::new() },
        tags: ["vip", "fair 2025", "b2b", "baby", "outlet"]
            .into_iter()
            .filter(|_| chance.hit(0.07))
            .map(str::to_owned)
            .collect(),
        unsubscribe_reason: if status == Status::Unsubscribed { reason(chance) } else { String::new() },
    }
}

fn send(
    chance: &mut Chance,
    seed: Seed,
    list: &str,
    subject: &str,
    sent: DateTime<Utc>,
    audience: &mut [Member],
    readers: &HashMap<String, f64>,
) -> Campaign {
    let (mut recipients, mut unsubscribes) = (Vec::new(), Vec::new());
    for member in audience {
        let wanted = match member.status {
            Status::Subscribed => true,
            // Still there when it was sent.
            Status::Unsubscribed | Status::Cleaned | Status::Archived => member.changed > sent,
            Status::Pending | Status::Transactional => false,
        };
        if !wanted || member.opted_in.is_none_or(|at| at > sent) {
            continue;
        }
        let interest = readers.get(&member.id).copied().unwrap_or(0.5);
        let activity = reactions(chance, sent, seed.now, interest);
        let opened =
            activity.iter().rev().find(|activity| activity.action == Action::Open).map(|open| open.at);
        if let Some(opened) = opened
            && member.status == Status::Subscribed
            && chance.hit(0.012)
        {
            let at = (opened + TimeDelta::seconds(chance.between(10, 600))).min(seed.now).trunc_subsecs(0);
            let reason = reason(chance);
            member.status = Status::Unsubscribed;
            member.changed = at;
            member.unsubscribe_reason.clone_from(&reason);
            unsubscribes.push(Unsubscribe { id: member.id.clone(), email: member.email.clone(), at, reason });
        }
        recipients.push(Recipient { id: member.id.clone(), email: member.email.clone(), activity });
    }
    Campaign {
        id: chance.hex(10),
        web_id: 8_000 + chance.between(0, 999).unsigned_abs(),
        list_id: list.to_owned(),
        subject: subject.to_owned(),
        status: CampaignStatus::Sent,
        created: sent - TimeDelta::days(2),
        sent: Some(sent),
        recipients,
        unsubscribes,
    }
}

fn reactions(chance: &mut Chance, sent: DateTime<Utc>, now: DateTime<Utc>, interest: f64) -> Vec<Activity> {
    if chance.hit(0.015) {
        let at = sent + TimeDelta::seconds(chance.between(2, 90));
        return vec![Activity { action: Action::Bounce { hard: chance.hit(0.2) }, at, ip: String::new() }];
    }
    let mut activity = Vec::new();
    let mut likely = 0.12 + 0.5 * interest;
    let mut at = sent + days(chance.exponential(0.4));
    while at < now && chance.hit(likely) {
        let ip = ip(chance);
        activity.push(Activity { action: Action::Open, at: at.trunc_subsecs(0), ip: ip.clone() });
        if chance.hit(0.1 + 0.2 * interest) {
            let category = chance.pick(&CATALOGUE);
            let (product, _) = *chance.pick(&category.products);
            let slug = product.split(' ').map(ascii).collect::<Vec<_>>().join("-");
            let clicked = (at + TimeDelta::seconds(chance.between(5, 120))).min(now).trunc_subsecs(0);
            let url = format!("https://lantern-loom.example/product/{slug}/");
            activity.push(Activity { action: Action::Click(url), at: clicked, ip });
        }
        likely = 0.25;
        at += days(0.01 + chance.exponential(1.5));
    }
    activity
}

/// Sets the members' rates to what the campaigns show.
fn rate(members: &mut BTreeMap<String, Vec<Member>>, campaigns: &[Campaign]) {
    let mut counts: HashMap<(&str, &str), [f64; 3]> = HashMap::new();
    for campaign in campaigns {
        for recipient in &campaign.recipients {
            let [received, opened, clicked] =
                counts.entry((campaign.list_id.as_str(), recipient.id.as_str())).or_default();
            let did = |wanted: fn(&Action) -> bool| {
                recipient.activity.iter().any(|activity| wanted(&activity.action))
            };
            *received += 1.0;
            *opened += f64::from(u8::from(did(|action| *action == Action::Open)));
            *clicked += f64::from(u8::from(did(|action| matches!(action, Action::Click(_)))));
        }
    }
    for (list, members) in members {
        for member in members {
            if let Some([received, opened, clicked]) = counts.get(&(list.as_str(), member.id.as_str())) {
                let rounded = |share: f64| (share * 10_000.0).round() / 10_000.0;
                member.open_rate = rounded(opened / received);
                member.click_rate = rounded(clicked / received);
            }
        }
    }
}

/// An address from the ranges that are kept for documentation.
fn ip(chance: &mut Chance) -> String {
    format!("{}.{}", chance.pick(&["192.0.2", "198.51.100", "203.0.113"]), chance.between(1, 254))
}

fn reason(chance: &mut Chance) -> String {
    let reasons = ["", "NORMAL", "No longer interested", "Too many emails", "Did not sign up for this"];
    (*chance.pick(&reasons)).to_owned()
}
