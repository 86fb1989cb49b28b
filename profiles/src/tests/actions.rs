//! What to do for whom, as it is chosen on real databases.

use std::{collections::BTreeSet, sync::Arc};

use chrono::TimeDelta;
use connectors::{
    Page,
    canonical::{Body, ConsentStatement, ConsentStatus, Identifier, IdentifierKind, Product, Record},
};
use segments::Rule as SegmentRule;
use serde_json::json;
use uuid::Uuid;

use super::{
    archive,
    erasure::{dump, erase},
    segments::{define, work_out},
    support::{Fixed, admitted, at, by_email, deliver, event, on_both, order, page, person, reader, source},
    worlds::word,
};
use crate::{
    Error, Keys, Profiles,
    actions::{
        Action, Change, Chosen, ChosenBy, Draft, FEATURES, Limits, NOTHING, NewOutcome, NextBest, Outcome,
        Rule, Status,
    },
    consent::{Channel, Reader},
    privacy::{NewRequest, RequestKind},
};

const DAY: i64 = 86_400;

fn email(who: u32) -> String {
    format!("c{who}@example.org")
}

fn says(who: u32, purpose: &str, granted: bool, when: i64) -> ConsentStatement {
    let point = (purpose == "email_marketing").then(|| Identifier::new(IdentifierKind::Email, email(who)));
    ConsentStatement {
        person: who.to_string(),
        contact_point: point,
        purpose: purpose.to_owned(),
        status: if granted { ConsentStatus::Granted } else { ConsentStatus::Withdrawn },
        stated_at: Some(at(when)),
        expires_at: None,
        method: None,
        notice: None,
        evidence: [].into(),
    }
}

fn product(id: &str, in_stock: bool) -> Record {
    let body = Product { name: Some(id.to_owned()), in_stock: Some(in_stock), ..Product::default() };
    Record {
        external_id: id.to_owned(),
        updated_at: Some(at(i64::from(!in_stock))),
        created_at: Some(at(0)),
        deleted: false,
        payload: json!({ "id": id, "in_stock": in_stock }).to_string().into_bytes(),
        body: Body::Product(body),
    }
}

/// So many people who allow profiling and e-mails, the first with an order of `p`, and the product `q`.
async fn world(profiles: &Profiles, people: u32) {
    let mut records = vec![product("p", true), product("q", true)];
    let mut consents = Vec::new();
    for who in 0..people {
        records.push(person(&who.to_string(), "Ann", Some(&email(who)), Some(1)));
        consents.extend([says(who, "profiling", true, 10), says(who, "email_marketing", true, 10)]);
    }
    records.push(order("o", Some("0"), 70, -30 * DAY));
    say(profiles, Page { records, consents, ..Page::default() }).await;
}

async fn say(profiles: &Profiles, page: Page) {
    let shop = source(profiles, "shop", "ecommerce").await;
    deliver(profiles, &shop, 1_000_000, &page).await;
    profiles.drain(profiles.now()).await.unwrap();
}

fn of_product(profiles: &Profiles, id: &str) -> Uuid {
    profiles.keys().object("product", profiles.keys().source("shop"), id)
}

fn action(key: &str) -> Action {
    Action {
        key: key.to_owned(),
        name: key.to_uppercase(),
        channel: None,
        purpose: None,
        cost: 1.into(),
        benefit: 100.into(),
        eligibility: None,
        product: None,
        cool_down: 0,
        again_after: None,
        group: None,
        expected_rate: 0.5,
        certainty: 1_000.0,
    }
}

fn mail(key: &str) -> Action {
    Action { channel: Some(Channel::Email), purpose: Some("email_marketing".to_owned()), ..action(key) }
}

async fn offer(profiles: &Profiles, actions: impl IntoIterator<Item = Action>) {
    for action in actions {
        profiles.define_action(action, "test").await.unwrap();
    }
}

async fn id(profiles: &Profiles, who: u32) -> Uuid {
    by_email(profiles, &email(who)).await.unwrap().id
}

async fn ask(profiles: &Profiles, who: u32, channel: Option<Channel>) -> NextBest {
    let who = admitted(id(profiles, who).await);
    profiles.next_best_actions(&[who], channel, "test").await.unwrap().remove(&who).unwrap()
}

async fn chosen(profiles: &Profiles, who: u32) -> Chosen {
    let asked = ask(profiles, who, None).await;
    assert_eq!(asked.status, Status::Ok);
    asked.chosen.unwrap()
}

/// Which rule stands against an action, and why.
fn against<'a>(chosen: &'a Chosen, action: &str) -> Option<(Rule, &'a str)> {
    let found = chosen.answer.excluded.iter().find(|one| one.action == action)?;
    Some((found.rule, &found.reason))
}

fn rule(chosen: &Chosen, action: &str) -> Option<Rule> {
    against(chosen, action).map(|(rule, _)| rule)
}

fn came(decision: Uuid, outcome: Outcome) -> NewOutcome {
    NewOutcome { decision, outcome, value: None, action: None }
}

async fn report(profiles: &Profiles, new: &NewOutcome) {
    profiles.record_action_outcome(new, "test").await.unwrap();
}

/// As it is so many seconds later.
async fn later(profiles: &Profiles, seconds: i64) -> Profiles {
    let clock = Arc::new(Fixed(profiles.now() + TimeDelta::seconds(seconds)));
    Profiles::open(profiles.db().clone(), Keys::new(&[7; 32]), clock).await.unwrap()
}

async fn same(profiles: &Profiles, decision: Uuid) -> bool {
    profiles.action_decision(&reader(), decision).await.unwrap().unwrap().same
}

#[tokio::test]
async fn nothing_is_chosen_or_kept_for_whom_does_not_allow_profiling() {
    on_both(async |profiles| {
        world(profiles, 2).await;
        let asked = ask(profiles, 0, None).await;
        assert_eq!((asked.status, asked.chosen.is_some()), (Status::NoActions, false));
        offer(profiles, [mail("mail")]).await;
        say(profiles, Page { consents: vec![says(1, "profiling", false, 20)], ..Page::default() }).await;
        let asked = ask(profiles, 1, None).await;
        assert_eq!((asked.status, asked.chosen.is_some()), (Status::NoConsent, false));
        assert!(!dump(profiles).await.contains("action_decision."), "nothing is kept");
        let known = chosen(profiles, 0).await;
        assert_eq!(known.answer.chosen.action, "mail");
        assert!(same(profiles, known.id).await);
        assert_eq!(chosen(profiles, 0).await.id, known.id, "the same question at the same instant is one");
        // Who has no leave to read of purchases reads of no decision.
        let ads = Reader { purpose: Some("third_party_sharing".into()), ..reader() };
        assert!(profiles.action_decision(&ads, known.id).await.unwrap().is_none());
        assert!(profiles.action_decision(&reader(), Uuid::nil()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_done_says_why() {
    on_both(async |profiles| {
        world(profiles, 2).await;
        define(profiles, "buyers", "count of orders >= 1").await;
        work_out(profiles).await;
        let for_whom = |key: &str, rule: &str| Action {
            eligibility: Some(SegmentRule::parse(rule).unwrap()),
            ..action(key)
        };
        let sells = |key: &str, id: &str| Action { product: Some(of_product(profiles, id)), ..action(key) };
        offer(
            profiles,
            [
                for_whom("rich", "total of orders in EUR >= 500"),
                for_whom("buyers", r#"in segment "buyers""#),
                for_whom("others", r#"not in segment "buyers""#),
                sells("again", "p"),
                sells("new", "q"),
                mail("mail"),
                Action {
                    channel: Some(Channel::Phone),
                    purpose: Some("phone_marketing".to_owned()),
                    ..action("call")
                },
            ],
        )
        .await;
        let first = chosen(profiles, 0).await;
        let (why, words) = against(&first, "rich").unwrap();
        assert_eq!((why, words), (Rule::Eligibility, "`total of orders in EUR >= 500` does not hold"));
        assert_eq!(rule(&first, "others"), Some(Rule::Eligibility));
        assert_eq!(rule(&first, "again"), Some(Rule::Accepted), "it was bought");
        assert_eq!(
            against(&first, "call").unwrap(),
            (Rule::Consent, "the customer does not allow `phone_marketing`")
        );
        for possible in ["buyers", "new", "mail"] {
            assert_eq!(rule(&first, possible), None, "{possible}");
        }
        let second = chosen(profiles, 1).await;
        assert_eq!((rule(&second, "buyers"), rule(&second, "others")), (Some(Rule::Eligibility), None));
        assert_eq!(rule(&second, "again"), None);
        let by_mail = ask(profiles, 0, Some(Channel::Email)).await.chosen.unwrap();
        assert_eq!(by_mail.answer.chosen.action, "mail");
        assert!(by_mail.answer.alternatives.iter().all(|one| one.action == NOTHING));

        let said = vec![says(0, "email_marketing", false, 30)];
        say(profiles, Page { records: vec![product("q", false)], consents: said, ..Page::default() }).await;
        let then = chosen(profiles, 0).await;
        assert_eq!(against(&then, "new").unwrap(), (Rule::Stock, "0 are left"));
        assert_eq!(rule(&then, "mail"), Some(Rule::Consent));
        assert!(matches!(profiles.remove_segment("buyers", "test").await, Err(Error::Conflict(_))));
    })
    .await;
}

#[tokio::test]
async fn what_came_of_it_counts_at_once() {
    on_both(async |profiles| {
        world(profiles, 1).await;
        let limits = Limits { weekly: [(Channel::Email, 2)].into(), ..Limits::default() };
        profiles.set_action_limits(limits, "test").await.unwrap();
        let grouped = |key: &str| Action {
            cool_down: 3 * DAY.unsigned_abs(),
            again_after: Some(30 * DAY.unsigned_abs()),
            group: Some("offers".to_owned()),
            benefit: if key == "a" { 1_000.into() } else { 100.into() },
            ..mail(key)
        };
        let plain = Action { benefit: 50.into(), ..mail("c") };
        offer(profiles, [grouped("a"), grouped("b"), plain]).await;
        let first = chosen(profiles, 0).await;
        assert_eq!(first.answer.chosen.action, "a");
        report(profiles, &came(first.id, Outcome::Taken)).await;
        report(profiles, &came(first.id, Outcome::Taken)).await;
        let kept = profiles.action_decision(&reader(), first.id).await.unwrap().unwrap();
        assert_eq!(kept.outcomes.len(), 1, "the same report twice is one");

        let day = later(profiles, DAY).await;
        let second = chosen(&day, 0).await;
        assert_eq!(rule(&second, "a"), Some(Rule::CoolDown));
        assert_eq!(rule(&second, "b"), Some(Rule::Group));
        assert_eq!(second.answer.chosen.action, "c");
        report(&day, &came(second.id, Outcome::Declined)).await;
        let third = chosen(&day, 0).await;
        assert_eq!(rule(&third, "c"), Some(Rule::ChannelCap), "two contacts within a week");

        let week = later(profiles, 9 * DAY).await;
        let again = chosen(&week, 0).await;
        assert_eq!(again.answer.chosen.action, "a", "nobody has answered it, and its time is over");
        report(&week, &came(again.id, Outcome::Refused)).await;
        let hour = later(&week, 3_600).await;
        assert_eq!(rule(&chosen(&hour, 0).await, "a"), Some(Rule::Refused));
        let week = later(&week, 10 * DAY).await;
        let refused = chosen(&week, 0).await;
        assert_eq!((rule(&refused, "a"), rule(&refused, "b")), (Some(Rule::Refused), None));
        // Something else was done, and accepted.
        let other = NewOutcome {
            action: Some("c".to_owned()),
            value: Some("12.50".parse().unwrap()),
            ..came(refused.id, Outcome::Accepted)
        };
        report(&week, &other).await;
        assert_eq!(rule(&chosen(&later(&week, 1).await, 0).await, "c"), Some(Rule::Accepted));
        let month = later(&week, 31 * DAY).await;
        assert_eq!(rule(&chosen(&month, 0).await, "a"), None, "the refusal has had its time");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_is_told_with_its_field() {
    on_both(async |profiles| {
        world(profiles, 1).await;
        let wrong: [(&str, Action); 13] = [
            ("key", action("No")),
            ("key", action(NOTHING)),
            ("name", Action { name: " ".to_owned(), ..action("a") }),
            ("cost", Action { cost: (-1).into(), ..action("a") }),
            ("benefit", Action { benefit: "0.0000001".parse().unwrap(), ..action("a") }),
            ("expectedRate", Action { expected_rate: f64::NAN, ..action("a") }),
            ("certainty", Action { certainty: 0.0, ..action("a") }),
            ("againAfter", Action { again_after: Some(u64::MAX), ..action("a") }),
            ("group", Action { group: Some(String::new()), ..action("a") }),
            ("purpose", Action { channel: Some(Channel::Email), ..action("a") }),
            ("purpose", Action { channel: Some(Channel::Sms), ..mail("a") }),
            ("product", Action { product: Some(Uuid::nil()), ..action("a") }),
            // The purpose `profiling` may not use who somebody is.
            ("eligibility", Action { eligibility: SegmentRule::parse("email exists").ok(), ..action("a") }),
        ];
        for (field, action) in wrong {
            match profiles.define_action(action, "test").await {
                Err(Error::Invalid { path, .. }) => assert_eq!(path, field),
                other => panic!("{field}: {other:?}"),
            }
        }
        for (field, limits) in [
            ("currency", Limits { currency: "eur".to_owned(), ..Limits::default() }),
            ("control", Limits { control: 101, ..Limits::default() }),
            ("weekly", Limits { weekly: [(Channel::Sms, 101)].into(), ..Limits::default() }),
        ] {
            let refused = profiles.set_action_limits(limits, "test").await;
            assert!(matches!(refused, Err(Error::Invalid { path, .. }) if path == field), "{field}");
        }
        assert_eq!(profiles.action_catalogue().await.unwrap().version, 0, "nothing was defined");
        offer(profiles, [action("a")]).await;
        assert_eq!(profiles.define_action(action("a"), "test").await.unwrap().version, 1, "no new version");

        let decision = chosen(profiles, 0).await.id;
        let valued = |value: &str| NewOutcome {
            value: Some(value.parse().unwrap()),
            ..came(decision, Outcome::Accepted)
        };
        let elsewhere = |action: &str| NewOutcome { action: Some(action.to_owned()), ..valued("1") };
        let taken = NewOutcome { outcome: Outcome::Taken, ..valued("1") };
        for (field, new) in
            [("value", valued("-1")), ("value", valued("1e10")), ("value", taken), ("action", elsewhere("b"))]
        {
            let refused = profiles.record_action_outcome(&new, "test").await;
            assert!(matches!(refused, Err(Error::Invalid { path, .. }) if path == field), "{field}");
        }
        let unknown = profiles.record_action_outcome(&came(Uuid::nil(), Outcome::Taken), "test").await;
        assert!(matches!(unknown, Err(Error::NotFound { .. })));
        for outcome in [Outcome::Taken, Outcome::Declined].into_iter().cycle().take(20) {
            report(profiles, &came(decision, outcome)).await;
        }
        let more = profiles.record_action_outcome(&came(decision, Outcome::Taken), "test").await;
        assert!(matches!(more, Err(Error::Conflict(_))), "{more:?}");
        assert!(matches!(profiles.remove_action("b", "test").await, Err(Error::NotFound { .. })));
    })
    .await;
}

/// Reports that whoever is asked accepts what they like, until so many were asked; everybody twice or more.
async fn play(profiles: &Profiles, people: u32, likes: impl Fn(u32) -> &'static str) {
    for who in 0..people {
        let decision = chosen(profiles, who).await;
        let action = decision.answer.chosen.action;
        let outcome = match action.as_str() {
            NOTHING => Outcome::Taken,
            action if action == likes(who) => Outcome::Accepted,
            _ => Outcome::Declined,
        };
        report(profiles, &came(decision.id, outcome)).await;
    }
}

fn eager(key: &str) -> Action {
    Action { expected_rate: 0.5, certainty: 2.0, again_after: Some(0), cost: 10.into(), ..action(key) }
}

#[tokio::test]
async fn outcomes_teach_and_every_decision_is_repeated_to_the_byte() {
    on_both(async |profiles| {
        world(profiles, 60).await;
        profiles.set_action_limits(Limits { control: 20, ..Limits::default() }, "test").await.unwrap();
        offer(profiles, [eager("a"), eager("b")]).await;
        assert_eq!(profiles.learn_from_outcomes().await.unwrap(), None, "there is nothing to learn");
        let before = chosen(profiles, 0).await;
        assert_eq!(before.model, None);
        play(profiles, 60, |_| "b").await;
        assert_eq!(profiles.learn_from_outcomes().await.unwrap(), Some(1));
        assert_eq!(profiles.learn_from_outcomes().await.unwrap(), None, "nothing has come since");

        let hour = later(profiles, 3_600).await;
        let mut counts = [0, 0];
        let mut by_chance = 0;
        let mut made = vec![before.id];
        for who in 0..60 {
            let decision = chosen(&hour, who).await;
            assert_eq!(decision.model, Some(1));
            made.push(decision.id);
            by_chance += usize::from(decision.answer.by == ChosenBy::Control);
            if decision.answer.by == ChosenBy::Draw {
                counts[usize::from(decision.answer.chosen.action == "b")] += 1;
            }
            let scored = std::iter::once(&decision.answer.chosen).chain(&decision.answer.alternatives);
            let b = scored.into_iter().find(|one| one.action == "b").unwrap();
            assert!(b.accept.mean > 0.8 && b.accepted > 10, "{b:?}");
        }
        assert!(counts[1] > 10 * counts[0], "what is accepted is chosen: {counts:?}");
        assert!((3..30).contains(&by_chance), "a share of 20 % of 60 is drawn: {by_chance}");

        // The catalogue changes, more is learned, and an action goes.
        offer(&hour, [Action { benefit: 900.into(), ..eager("a") }, eager("c")]).await;
        play(&hour, 60, |_| "a").await;
        assert_eq!(hour.learn_from_outcomes().await.unwrap(), Some(2));
        hour.remove_action("b", "test").await.unwrap();
        made.push(chosen(&hour, 3).await.id);
        erase(&hour, id(&hour, 1).await, false).await;
        let gone = made.remove(2);
        assert!(hour.action_decision(&reader(), gone).await.unwrap().is_none(), "it was hers");
        for decision in made {
            assert!(same(&hour, decision).await, "{decision}");
        }
        // A model that nothing names goes once it is old.
        let years = later(profiles, 800 * DAY).await;
        let removed = years.forget_old_decisions().await.unwrap();
        assert!(removed > 100, "{removed}");
        let text = dump(&years).await;
        assert!(!text.contains("action_decision.") && text.contains("action_outcome."));
    })
    .await;
}

#[tokio::test]
async fn a_choice_that_nobody_answered_is_kept_for_ninety_days() {
    on_both(async |profiles| {
        world(profiles, 2).await;
        offer(profiles, [action("a")]).await;
        let (silent, told) = (chosen(profiles, 0).await.id, chosen(profiles, 1).await.id);
        report(profiles, &came(told, Outcome::Declined)).await;
        let soon = later(profiles, 89 * DAY).await;
        assert_eq!(soon.forget_old_decisions().await.unwrap(), 0);
        let then = later(profiles, 91 * DAY).await;
        assert_eq!(then.forget_old_decisions().await.unwrap(), 1);
        assert!(then.action_decision(&reader(), silent).await.unwrap().is_none());
        assert!(same(&then, told).await);
    })
    .await;
}

#[tokio::test]
async fn what_is_said_of_one_is_said_of_whom_they_are_merged_with_and_parts_with_them() {
    on_both(async |profiles| {
        world(profiles, 2).await;
        offer(profiles, [action("a")]).await;
        let (one, other) = (id(profiles, 0).await, id(profiles, 1).await);
        let decision = chosen(profiles, 1).await;
        assert_eq!(decision.person, other);
        report(profiles, &came(decision.id, Outcome::Refused)).await;
        assert_eq!(rule(&chosen(profiles, 0).await, "a"), None);
        let merged = profiles.merge(&[one, other], &word(at(1_000_000))).await.unwrap();
        for who in [0, 1] {
            assert_eq!(rule(&chosen(profiles, who).await, "a"), Some(Rule::Refused), "{who}");
        }
        assert!(same(profiles, decision.id).await);
        profiles.undo(merged.decision.id, &word(at(1_000_001))).await.unwrap();
        assert_eq!(rule(&chosen(profiles, 0).await, "a"), None);
        assert_eq!(rule(&chosen(profiles, 1).await, "a"), Some(Rule::Refused));
    })
    .await;
}

#[tokio::test]
async fn who_is_erased_leaves_no_choice_behind_and_who_asks_is_told_of_all() {
    on_both(async |profiles| {
        world(profiles, 2).await;
        offer(profiles, [action("a")]).await;
        let decision = chosen(profiles, 0).await.id;
        report(profiles, &NewOutcome { value: Some(30.into()), ..came(decision, Outcome::Accepted) }).await;
        let others = chosen(profiles, 1).await.id;
        let who = id(profiles, 0).await;
        let request =
            profiles.receive_request(&NewRequest::new(RequestKind::Access, who), "till").await.unwrap();
        profiles.fulfil_request(request.id, false, "till").await.unwrap();
        profiles.work_on_requests().await.unwrap();
        let told = serde_json::to_value(profiles.archive(request.id).await.unwrap()).unwrap();
        archive::assert_valid(&told);
        let suggested = &told["actions"][0];
        assert_eq!(suggested["decision"], json!(decision));
        assert_eq!(suggested["chosen"]["chosen"]["action"], "a");
        assert_eq!(suggested["features"].as_array().unwrap().len(), FEATURES.len());
        assert_eq!(
            (&suggested["outcomes"][0]["outcome"], &suggested["outcomes"][0]["value"]),
            (&json!("accepted"), &json!("30"))
        );
        assert_eq!(told["actions"].as_array().unwrap().len(), 1);

        let done = erase(profiles, who, false).await;
        let removed: Vec<_> = done.receipt.iter().map(ToString::to_string).collect();
        let text = dump(profiles).await;
        assert!(!text.contains(&decision.to_string()), "{removed:?}");
        assert!(!text.contains("action_outcome."), "what came of it goes, too");
        assert!(same(profiles, others).await);
        let late = profiles.record_action_outcome(&came(decision, Outcome::Taken), "test").await;
        assert!(matches!(late, Err(Error::NotFound { .. })), "{late:?}");
    })
    .await;
}

#[tokio::test]
async fn a_policy_is_judged_before_it_goes_live() {
    on_both(async |profiles| {
        world(profiles, 50).await;
        profiles.set_action_limits(Limits { control: 50, ..Limits::default() }, "test").await.unwrap();
        offer(profiles, [eager("a"), eager("b")]).await;
        let nothing = profiles.evaluate_actions(Draft::default()).await.unwrap();
        assert_eq!((nothing.choices, nothing.found.is_none()), (0, true));
        for round in 0..4 {
            let then = later(profiles, round * 60).await;
            play(&then, 50, |_| "b").await;
            then.learn_from_outcomes().await.unwrap();
        }
        let judged = profiles.evaluate_actions(Draft::default()).await.unwrap();
        assert_eq!(judged.choices, 200);
        let found = judged.found.unwrap();
        assert_eq!(found.best, "b", "{}", found.sentence);
        let always: Vec<(&str, f64)> =
            found.fixed.iter().map(|(key, value)| (key.as_str(), value.doubly_robust.value)).collect();
        let of = |key: &str| always.iter().find(|(known, _)| *known == key).unwrap().1;
        assert!((of("b") - 90.0).abs() < 10.0 && (of("a") + 10.0).abs() < 10.0, "{always:?}");
        assert!(found.policy.doubly_robust.value > 60.0, "{:?}", found.policy);
        assert!(found.sentence.contains("always `b`"), "{}", found.sentence);

        // It would cost more than it brings.
        let change =
            |key: &str| Change { key: key.to_owned(), cost: Some(500.into()), benefit: None, removed: false };
        let draft = Draft { actions: vec![change("a"), change("b")], limits: None };
        let dear = profiles.evaluate_actions(draft).await.unwrap().found.unwrap();
        assert_eq!(dear.best, NOTHING, "{}", dear.sentence);
        let unknown = Draft { actions: vec![change("c")], limits: None };
        assert!(matches!(profiles.evaluate_actions(unknown).await, Err(Error::Invalid { .. })));

        // Who says no by now says nothing.
        let said = (0..49).map(|who| says(who, "profiling", false, 50)).collect();
        say(profiles, Page { consents: said, ..Page::default() }).await;
        let few = profiles.evaluate_actions(Draft::default()).await.unwrap();
        assert_eq!((few.choices, few.found.is_none()), (4, true));
    })
    .await;
}

#[tokio::test]
async fn many_are_asked_about_as_one_by_one() {
    on_both(async |profiles| {
        world(profiles, 5).await;
        say(profiles, page(vec![], vec![event("e", "1", 0)])).await;
        let rule = SegmentRule::parse("count of orders >= 1").ok();
        let eligible = Action { eligibility: rule, product: Some(of_product(profiles, "p")), ..action("b") };
        offer(profiles, [mail("a"), eligible]).await;
        let mut people = Vec::new();
        for who in 0..5 {
            people.push(admitted(id(profiles, who).await));
        }
        let all = profiles.next_best_actions(&people, None, "test").await.unwrap();
        let mut ids = BTreeSet::new();
        for who in 0..5 {
            let alone = chosen(profiles, who).await;
            let together = all[&admitted(alone.person)].chosen.as_ref().unwrap();
            assert_eq!((together.id, &together.answer), (alone.id, &alone.answer));
            ids.insert(alone.id);
        }
        assert_eq!(ids.len(), 5);
        let kept = profiles.action_decision(&reader(), chosen(profiles, 1).await.id).await.unwrap().unwrap();
        let features = kept.situation["features"].as_array().unwrap();
        assert_eq!(features.len(), FEATURES.len());
        assert!(
            (features[6].as_f64().unwrap() - 2_f64.ln()).abs() < 1e-12,
            "one e-mail was opened: {features:?}"
        );
    })
    .await;
}
