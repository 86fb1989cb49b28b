//! Random worlds: deliveries about a handful of people in two sources, and what somebody decides about them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::LazyLock,
};

use chrono::{DateTime, Utc};
use connectors::{
    Page,
    canonical::{
        Body, ConsentStatement, ConsentStatus, Deal, IdentifierKind as Canonical, Person, Record, RecordKind,
        traits,
    },
    tracking::{self, Endpoint},
};
use entities::{consent_statement, correction, decision, event, source_identity, touched};
use identity::{
    IdentifierKind, IdentifierRule, Verdict,
    linkage::{Field, Model, Sheet, Table},
};
use proptest::prelude::*;
use sea_orm::{ActiveValue::NotSet, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::segments;
use super::support::{admitted, at, deliver, event as happening, order, page, reader, source};
use crate::{
    Profiles,
    behaviour::{NewMeaning, Parameter},
    decisions::{self, Decided, Word, fact::Fact},
    error::{Error, Result},
    privacy::rectify,
    sources,
    store::begin_write,
    view::{read::ProfileRef, timeline::Stretch},
};

/// What somebody does to people who are picked by number.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Merge(Vec<usize>),
    Split(usize, u32),
    Verdict(usize, usize, bool),
    Undo(usize),
}

/// What happens to a world.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Deliver(usize, Page),
    Correct(Correct),
    Decide(Act),
    Drain,
}

/// What somebody says is right of a person of a source.
#[derive(Debug, Clone)]
pub(super) struct Correct {
    pub(super) source: usize,
    pub(super) person: String,
    pub(super) when: i64,
    /// When it is taken back.
    pub(super) ends: Option<i64>,
    pub(super) request: u128,
    pub(super) key: &'static str,
    pub(super) value: &'static str,
}

const EMAILS: [&str; 5] =
    ["a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org"];

/// The version of a person: number, e-mail addresses, user id, update and creation time, name.
fn a_person() -> impl Strategy<Value = Record> {
    let emails = prop::collection::vec(0..EMAILS.len(), 0..3);
    let when = prop::option::weighted(0.8, 0..100_i64);
    let created = prop::option::weighted(0.6, -50..50_i64);
    let user = prop::option::weighted(0.2, 0..3_u8);
    (0..6_u8, emails, user, when, created, (0..3_usize, any::<u32>()), prop::bool::weighted(0.1)).prop_map(
        |(id, emails, user, updated, created, (name, about), deleted)| {
            let mut person = Person::default();
            person.set(traits::FIRST_NAME, Some(["Ann", "Anne", "Bo"][name]));
            tell(&mut person, about);
            for email in &emails {
                person.set(traits::EMAIL, Some(EMAILS[*email]));
                person.identify(Canonical::Email, Some(EMAILS[*email]));
            }
            if let Some(user) = user {
                person.identify(Canonical::UserId, Some(&format!("user-{user}")));
            }
            let payload =
                json!([id, emails, user, updated, created, name, about, deleted]).to_string().into_bytes();
            Record {
                external_id: id.to_string(),
                updated_at: updated.map(at),
                created_at: created.map(at),
                deleted,
                body: Body::Person(person),
                payload,
            }
        },
    )
}

/// What else is said of somebody, picked by the bits of a number.
fn tell(person: &mut Person, mut about: u32) {
    let mut pick = |of: &[&'static str]| {
        let place = usize::try_from(about % 5).unwrap();
        about /= 5;
        of.get(place).copied()
    };
    person.set(traits::LAST_NAME, pick(&["Smit", "Smith", "Jensen", "de Vries"]));
    person.set(traits::BIRTH_DATE, pick(&["1980-02-01", "1980-01-02", "1991-12-30"]));
    let phone = pick(&["+31201234567", "+31201234568", "+4533123456"]);
    person.set(traits::PHONE, phone);
    person.identify(Canonical::Phone, phone);
    let home = [("street", pick(&["Kade 1", "Kade 12", "Lange Voorhout 8"])), ("city", pick(&["Delft"]))];
    person.set_value(traits::ADDRESS, connectors::canonical::address(home));
}

/// A delivery to one of the two sources.
pub(super) fn a_delivery() -> impl Strategy<Value = (usize, Page)> {
    let who = || (0..7_u8).prop_map(|who| who.to_string());
    let bought = (0..4_u8, who(), 1..9_i64, 0..100_i64, prop::bool::weighted(0.2)).prop_map(
        |(id, who, total, placed, undated)| {
            let mut record = order(&format!("o{id}"), Some(&who), total, placed);
            if let Body::Order(order) = &mut record.body
                && undated
            {
                order.placed_at = None;
            }
            record
        },
    );
    let sold = (0..3_u8, prop::collection::vec(who(), 1..3), prop::option::weighted(0.8, 0..100_i64))
        .prop_map(|(id, persons, created)| Record {
            external_id: format!("d{id}"),
            updated_at: None,
            created_at: created.map(at),
            deleted: false,
            payload: json!([id, persons, created]).to_string().into_bytes(),
            body: Body::Deal(Deal { name: Some("Mugs".to_owned()), persons, ..Deal::default() }),
        });
    let opened =
        (0..6_u8, who(), 0..100_i64).prop_map(|(id, who, when)| happening(&format!("e{id}"), &who, when));
    let said = (who(), 0..100_i64, prop::bool::ANY).prop_map(|(person, when, granted)| ConsentStatement {
        person,
        contact_point: None,
        purpose: "email_marketing".to_owned(),
        status: if granted { ConsentStatus::Granted } else { ConsentStatus::Withdrawn },
        stated_at: Some(at(when)),
        expires_at: None,
        method: None,
        notice: None,
        evidence: BTreeMap::default(),
    });
    let a_page = prop_oneof![
        3 => a_message(),
        6 => a_person().prop_map(|record| page(vec![record], vec![])),
        1 => bought.prop_map(|record| page(vec![record], vec![])),
        1 => sold.prop_map(|record| page(vec![record], vec![])),
        1 => opened.prop_map(|event| page(vec![], vec![event])),
        1 => said.prop_map(|statement| Page { consents: vec![statement], ..Page::default() }),
    ];
    (0..2_usize, a_page)
}

/// What a site sends of visitors and users, some of whom share a browser.
fn a_message() -> impl Strategy<Value = Page> {
    let kind = prop::sample::select(vec!["track", "identify", "identify", "alias", "page"]);
    let (user, visitor) = (prop::option::of(0..3_u8), prop::option::of(0..3_u8));
    let traits = (0..3_usize, prop::option::of(0..EMAILS.len()), prop::option::of(0..3_usize));
    let campaign = prop::option::of(0..CAMPAIGNS.len());
    (kind, user, visitor, 0..100_i64, (traits, campaign), any::<u32>()).prop_map(
        |(kind, user, visitor, when, ((name, email, plan), campaign), id)| {
            let named = |number: Option<u8>, name: &str| number.map(|number| format!("{name}-{number}"));
            let name = ["Ann", "Anne", "Bo"][name];
            let mut traits = json!({ "firstName": name });
            if let Some(email) = email {
                traits["email"] = EMAILS[email].into();
            }
            if let Some(plan) = plan {
                traits["plan"] = [json!("free"), json!("pro"), json!(null)][plan].clone();
            }
            let message = json!({
                "type": kind,
                "messageId": id.to_string(),
                "userId": named(user, "user"),
                "anonymousId": named(visitor, "anon"),
                "previousId": named(visitor, "anon"),
                "event": "product_viewed",
                "context": campaign.map_or_else(|| json!({}), |campaign| campaigned(CAMPAIGNS[campaign])),
                "traits": traits,
                "timestamp": at(when),
            });
            let body = json!({ "batch": [message] }).to_string();
            let page = tracking::read(body.as_bytes(), Endpoint::Batch, at(100)).unwrap().page;
            // Who names nobody is rejected, and that is told elsewhere.
            Page { rejected: Vec::new(), ..page }
        },
    )
}

/// Campaigns: source and content.
const CAMPAIGNS: [(&str, &str); 4] =
    [("news", "ceo-automotive"), ("news", "cto-banking"), ("search", "ceo-banking"), ("search", "")];

fn campaigned((source, content): (&str, &str)) -> serde_json::Value {
    json!({ "campaign": { "source": source, "medium": "email", "content": content } })
}

/// What campaigns tell: pattern, trait, value, confidence.
const MEANINGS: [(&str, &str, &str, u16); 4] = [
    ("ceo-*", "job_level", "ceo", 600),
    ("cto-*", "job_level", "cto", 600),
    ("*-banking", "industry", "banking", 400),
    ("ceo-banking", "web.plan", "free", 100),
];

fn a_correction() -> impl Strategy<Value = Correct> {
    let right = prop_oneof![
        2 => (0..3_usize).prop_map(|n| (traits::FIRST_NAME, ["Ann", "Anne", "Bo"][n])),
        1 => (0..2_usize).prop_map(|n| (traits::BIRTH_DATE, ["1980-02-01", "1980-01-02"][n])),
        1 => (0..2_usize).prop_map(|n| (traits::EMAIL, EMAILS[n])),
        1 => Just((traits::JOB_TITLE, "Baker")),
    ];
    let lasts = prop::option::weighted(0.2, 1..50_i64);
    (0..2_usize, 0..7_u8, (0..100_i64, lasts), any::<u128>(), right).prop_map(
        |(source, person, (when, lasts), request, (key, value))| Correct {
            source,
            person: person.to_string(),
            when,
            ends: lasts.map(|lasts| when + lasts),
            request,
            key,
            value,
        },
    )
}

pub(super) fn an_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => prop::collection::vec(0..12_usize, 2..5).prop_map(Act::Merge),
        4 => (0..12_usize, any::<u32>()).prop_map(|(profile, mask)| Act::Split(profile, mask)),
        2 => (0..14_usize, 0..14_usize, any::<bool>()).prop_map(|(a, b, same)| Act::Verdict(a, b, same)),
        4 => (0..20_usize).prop_map(Act::Undo),
    ]
}

pub(super) fn steps(count: Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => a_delivery().prop_map(|(source, page)| Step::Deliver(source, page)),
        1 => a_correction().prop_map(Step::Correct),
        4 => an_act().prop_map(Step::Decide),
        2 => Just(Step::Drain),
    ];
    prop::collection::vec(step, count)
}

/// How people are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recognised {
    ByIdentifiers,
    ByModel,
}

impl Recognised {
    pub(super) fn any() -> impl Strategy<Value = Self> {
        any::<bool>().prop_map(|model| if model { Self::ByModel } else { Self::ByIdentifiers })
    }
}

/// A user id is one person's, and an address is somebody's own while no more than `cap` carry it.
pub(super) async fn rules(profiles: &Profiles, recognised: Recognised, cap: usize) {
    let mut rules = (*profiles.ruleset()).clone();
    let identifiers = &mut rules.identity.identifiers;
    identifiers.insert(IdentifierKind::Email, IdentifierRule { cap, ..IdentifierRule::default() });
    identifiers.insert(IdentifierKind::UserId, IdentifierRule { unique: true, ..IdentifierRule::default() });
    if recognised == Recognised::ByModel {
        rules.identity.model = Some(profiles.keep_model(&MODEL, "test").await.unwrap());
    }
    profiles.adopt(rules).await.unwrap();
    for (place, (pattern, name, value, confidence)) in MEANINGS.into_iter().enumerate() {
        let traits = BTreeMap::from([(name.to_owned(), json!(value))]);
        let says =
            NewMeaning { parameter: Parameter::Content, pattern: pattern.to_owned(), traits, confidence };
        profiles.define_campaign_meaning(&place.to_string(), says, "test").await.unwrap();
    }
    for (key, rule) in SEGMENTS {
        segments::define(profiles, key, rule).await;
    }
    segments::work_out(profiles).await;
}

/// Segments of every kind, so that any order gives the same stays.
const SEGMENTS: [(&str, &str); 9] = [
    ("ann", r#"first_name is "Ann" and not email exists"#),
    ("buyer", "count of orders >= 1 and total of orders in EUR > 5"),
    ("free", r#"web.plan is "free" or birth_date before 1985-01-01"#),
    ("mail", "email_marketing is allowed"),
    ("campaign", r#"first_touch.source is "news" and last_touch.content is "ceo-banking""#),
    ("ceo", r#"job_level is "ceo" or industry is "banking""#),
    (
        "opener",
        r#"did "Email Opened" at least 2 times or did "Identified" then not "Product Viewed" within 20 seconds"#,
    ),
    ("recent", r#"did "Product Viewed" within the last 30 seconds or last order more than 50 seconds ago"#),
    ("chain", r#"in segment "ann" or (in segment "buyer" and not in segment "recent")"#),
];

/// Learned from 150 couples, each person recorded twice with a slip or a gap here and there.
pub(super) static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let first = ["Ann", "Anne", "Bo", "Cas", "Dirk", "Eva", "Fien", "Gijs", "Hugo", "Iris"];
    let last = ["Smit", "Smith", "Jensen", "de Vries", "Bakker", "Visser", "Mulder", "Bos", "Vos"];
    let mut sheet = Sheet::default();
    for couple in 0..150_usize {
        for (half, copy) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let (person, family) = (couple * 2 + half, last[couple * 5 % last.len()]);
            let name = first[(person * 7 + couple) % first.len()];
            let slip = copy == 1 && couple % 4 == 0;
            let born = format!("19{}-0{}-1{}", 50 + person % 47, 1 + person % 9, couple % 10);
            let email = format!("{name}.{person}@example.org").to_lowercase();
            let phone =
                format!("+3120{:07}", 1_000_000 + couple * 37 + if couple % 3 == 0 { half } else { 0 });
            let values = [
                (Field::GivenName, if slip { &name[..2] } else { name }),
                (Field::FamilyName, family),
                (Field::BirthDate, if slip { "" } else { born.as_str() }),
                (Field::Email, if copy == 1 && couple % 5 == 0 { "" } else { email.as_str() }),
                (Field::Phone, if copy == 0 && couple % 2 == 0 { "" } else { phone.as_str() }),
                (Field::Street, &format!("Kade {couple}")),
                (Field::City, "Delft"),
            ];
            sheet.push(&format!("{person} {copy}"), values);
        }
    }
    Model::train(&Table::read(&sheet), &[]).0
});

pub(super) async fn send(profiles: &Profiles, which: usize, stamp: usize, page: &Page) {
    let (key, category) = [("crm", "crm"), ("shop", "ecommerce")][which];
    let source = source(profiles, key, category).await;
    deliver(profiles, &source, i64::try_from(stamp).unwrap(), page).await;
}

/// Stores what is said to be right.
pub(super) async fn correct(profiles: &Profiles, said: &Correct) {
    let (key, category) = [("crm", "crm"), ("shop", "ecommerce")][said.source];
    let source = source(profiles, key, category).await;
    let txn = begin_write(profiles.db()).await.unwrap();
    let row = correction::Model {
        id: 0,
        source_id: sources::ourselves(&txn, profiles).await.unwrap(),
        request_id: Uuid::from_u128(said.request),
        source_identity_id: profiles.keys().person(source.id, &said.person),
        person_source_id: source.id,
        person: said.person.clone(),
        key: said.key.to_owned(),
        value: json!(said.value).to_string(),
        stated_at: at(said.when),
        ended_at: said.ends.map(at),
        actor: "test".to_owned(),
    };
    rectify::store(&txn, vec![row]).await.unwrap();
    let key = touched::Model {
        id: 0,
        source_id: source.id,
        kind: RecordKind::Person.as_str().to_owned(),
        external_id: said.person.clone(),
    };
    let row = touched::ActiveModel { id: NotSet, ..key.into_active_model() };
    touched::Entity::insert(row).exec(&txn).await.unwrap();
    txn.commit().await.unwrap();
}

pub(super) async fn drain(profiles: &Profiles) {
    profiles.drain(at(2_000_000)).await.unwrap();
}

pub(super) fn word(at: DateTime<Utc>) -> Word {
    Word { actor: "test".to_owned(), at, note: None }
}

/// Lets `steps` happen. Two neighbouring steps share an instant.
pub(super) async fn happen(profiles: &Profiles, steps: &[Step]) {
    for (place, step) in steps.iter().enumerate() {
        match step {
            Step::Deliver(source, page) => send(profiles, *source, place, page).await,
            Step::Correct(said) => correct(profiles, said).await,
            Step::Drain => drain(profiles).await,
            Step::Decide(act) => {
                let instant = at(1_000 + i64::try_from(place / 2).unwrap());
                // What cannot be is refused, and is no fact.
                if let Err(error) = decide(profiles, act, instant).await {
                    assert!(matches!(error, Error::Invalid { .. } | Error::Conflict(_)), "{act:?}: {error}");
                }
            }
        }
    }
    drain(profiles).await;
}

async fn decide(profiles: &Profiles, act: &Act, instant: DateTime<Utc>) -> Result<Option<Decided>> {
    let word = word(instant);
    let people = people(profiles).await;
    let ids: Vec<Uuid> = grouped(&people).into_keys().collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let pick = |number: &usize| ids[number % ids.len()];
    let decided = match act {
        Act::Merge(numbers) => {
            let different: BTreeSet<Uuid> = numbers.iter().map(pick).collect();
            profiles.merge(&different.into_iter().collect::<Vec<_>>(), &word).await?
        }
        Act::Split(number, mask) => {
            let members = grouped(&people).remove(&pick(number)).unwrap();
            let mut groups: [Vec<Uuid>; 2] = Default::default();
            for (place, member) in members.iter().enumerate() {
                // Two bits a member: the first group, the second, or the rest.
                if let Some(group) = groups.get_mut((mask >> (2 * place % 32) & 3) as usize) {
                    group.push(*member);
                }
            }
            let groups: Vec<_> = groups.into_iter().filter(|group| !group.is_empty()).collect();
            profiles.split(pick(number), &groups, &word).await?
        }
        Act::Verdict(a, b, same) => {
            let (a, b) = (people[a % people.len()].id, people[b % people.len()].id);
            let verdict = if *same { Verdict::Same } else { Verdict::Different };
            profiles.decide_pair(a, b, verdict, &word).await?
        }
        Act::Undo(number) => {
            let made = facts(profiles).await;
            let Some(fact) = made.get(number % made.len().max(1)) else { return Ok(None) };
            profiles.undo(fact.decision.id, &word).await?
        }
    };
    Ok(Some(decided))
}

pub(super) async fn people(profiles: &Profiles) -> Vec<source_identity::Model> {
    let all = source_identity::Entity::find().order_by_asc(source_identity::Column::Id);
    all.all(profiles.db()).await.unwrap()
}

/// The members of each profile.
pub(super) fn grouped(people: &[source_identity::Model]) -> BTreeMap<Uuid, Vec<Uuid>> {
    let mut groups: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for person in people {
        groups.entry(person.profile_id).or_default().push(person.id);
    }
    groups
}

/// Everything that was decided.
pub(super) async fn facts(profiles: &Profiles) -> Vec<Fact> {
    let mut rows =
        decision::Entity::find().order_by_asc(decision::Column::Id).all(profiles.db()).await.unwrap();
    rows.sort_by_key(|row| row.decided_at);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut pairs = profiles.decided_pairs(&ids, 100_000).await.unwrap();
    let made = profiles.decisions_by_id(&ids).await.unwrap();
    ids.iter()
        .map(|id| Fact {
            decision: made[id].clone(),
            pairs: pairs.remove(id).unwrap_or_default().into_iter().collect(),
        })
        .collect()
}

/// Stores a decision as it was made elsewhere.
pub(super) async fn deliver_decision(profiles: &Profiles, fact: &Fact) {
    let txn = begin_write(profiles.db()).await.unwrap();
    let people = decisions::store::store(&txn, fact).await.unwrap();
    for key in decisions::store::keys_of(&txn, &people).await.unwrap() {
        let row = touched::ActiveModel { id: NotSet, ..key.into_active_model() };
        touched::Entity::insert(row).exec(&txn).await.unwrap();
    }
    txn.commit().await.unwrap();
}

/// Everything that a profile shows, but for when it was derived.
pub(super) async fn canonical(profiles: &Profiles, id: Uuid) -> String {
    let profile = profiles.profile(&reader(), &ProfileRef::Id(id)).await.unwrap().unwrap();
    let whole = Stretch { first: 1_000, after: None, until: None };
    let orders =
        profiles.orders(&[admitted(profile.id)], &whole).await.unwrap().remove(&admitted(profile.id));
    let timeline =
        profiles.timeline(&[admitted(profile.id)], &whole).await.unwrap().remove(&admitted(profile.id));
    let members: Vec<Uuid> =
        people(profiles).await.iter().filter(|row| row.profile_id == profile.id).map(|row| row.id).collect();
    let of_them = consent_statement::Column::SourceIdentityId.is_in(members.clone());
    let said = consent_statement::Entity::find()
        .filter(of_them)
        .order_by_asc(consent_statement::Column::ContentHash);
    let said: Vec<_> = said
        .all(profiles.db())
        .await
        .unwrap()
        .into_iter()
        .map(|row| (row.content_hash, row.status))
        .collect();
    let of_them = event::Column::SourceIdentityId.is_in(members.clone());
    let events = event::Entity::find().filter(of_them).order_by_asc(event::Column::MessageId);
    let events: Vec<_> =
        events.all(profiles.db()).await.unwrap().into_iter().map(|row| row.message_id).collect();
    let shown = json!([
        profile.id,
        members,
        profile.display_name,
        profile.created_at,
        profile.first_seen,
        profile.last_seen,
        profile.active,
        profile.limited,
        profile.traits,
        profile.identifiers,
        profile.totals,
        said,
        events
    ]);
    format!("{shown} {orders:?} {timeline:?}")
}
