//! Who is told of whom: coming, changing, leaving, saying no, merging, being erased.

use connectors::Page;
use entities::{delivery, destination, destination_member};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use uuid::Uuid;

use super::{
    SECRET, by_ids, comes, effect, fields, known, later, protocol,
    receiver::{Act, Receiver},
    says, told, webhook, work,
};
use crate::{
    Error, Profiles,
    activation::{DestinationChange, DestinationState, NewDestination},
    journey::Stage,
    tests::{
        erasure,
        segments::{define, work_out},
        support::{at, by_email, deliver, event, on_both, order, page, person, reader, source},
        worlds::{drain, word},
    },
};

async fn rows(profiles: &Profiles) -> (u64, u64) {
    let members = destination_member::Entity::find().count(profiles.db()).await.unwrap();
    (members, delivery::Entity::find().count(profiles.db()).await.unwrap())
}

#[tokio::test]
async fn who_comes_changes_leaves_or_says_no_is_told_once_and_nobody_else() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let ann = comes(profiles, "1", "Ann", 10).await;
        let destination = told(profiles, &receiver).await;
        assert_eq!(work(profiles, &destination).await, 1);
        assert_eq!(receiver.effects(), [effect("entered", ann)]);
        assert_eq!(work(profiles, &destination).await, 0, "nothing has changed");

        // Who never said yes is nobody's business; who does is told of.
        let crm = source(profiles, "crm", "crm").await;
        deliver(profiles, &crm, 20, &page(vec![person("2", "Bo", Some("bo@example.org"), Some(20))], vec![]))
            .await;
        drain(profiles).await;
        assert_eq!(work(profiles, &destination).await, 0);
        deliver(profiles, &crm, 21, &says("2", "advertising", true, 21, Some(2_000_000), None)).await;
        drain(profiles).await;
        let bo = by_email(profiles, "bo@example.org").await.unwrap().id;
        work(profiles, &destination).await;
        assert_eq!(receiver.effects(), [effect("entered", bo)]);

        // A name changes, which is mapped; an order comes, which is not.
        let renamed =
            vec![person("1", "Anna", Some("ann@example.org"), Some(30)), order("o", Some("1"), 5, 31)];
        deliver(profiles, &crm, 31, &page(renamed, vec![])).await;
        drain(profiles).await;
        assert_eq!(work(profiles, &destination).await, 1);
        assert_eq!(receiver.effects(), [effect("updated", ann)]);
        assert_eq!(receiver.people()[&ann.to_string()], known("Anna"));

        // One takes the yes back, the other one's ends by itself.
        deliver(profiles, &crm, 40, &says("1", "advertising", false, 40, None, None)).await;
        drain(profiles).await;
        work(profiles, &destination).await;
        assert_eq!(receiver.effects(), [effect("left", ann)]);
        assert_eq!(work(&later(profiles, 999_999).await, &destination).await, 0);
        work(&later(profiles, 1_000_000).await, &destination).await;
        assert_eq!(receiver.effects(), [effect("left", bo)]);
        assert_eq!(receiver.people(), [].into());
        assert!(receiver.times().iter().all(|times| *times == 1));
        let info = profiles.destination(destination.id).await.unwrap();
        assert_eq!((info.members, info.waiting, info.dead), (0, 0, 0));
        assert_eq!(info.state, DestinationState::Active);
        assert_eq!(rows(profiles).await, (0, 5), "the journal stays, and nothing of who is out");
    })
    .await;
}

#[tokio::test]
async fn leaving_the_segment_or_another_rule_takes_people_out() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let mut people = Vec::new();
        for (n, name) in ["Ann", "Bo", "Cas", "Dirk", "Eva", "Fien", "Gijs"].iter().enumerate() {
            people.push(comes(profiles, &format!("p{n}"), name, 10).await);
        }
        let destination = told(profiles, &receiver).await;
        assert_eq!(work(profiles, &destination).await, 7, "in more than one part");
        define(profiles, "all", r#"email exists and first_name is "Ann""#).await;
        assert_eq!(work(profiles, &destination).await, 0, "not before it is worked out");
        work_out(profiles).await;
        assert_eq!(work(profiles, &destination).await, 6);
        assert_eq!(receiver.people().len(), 1);
        let taken = profiles.remove_segment("all", "test").await;
        assert!(matches!(taken, Err(Error::Conflict(_))), "{taken:?}");
        let crm = source(profiles, "crm", "crm").await;
        deliver(profiles, &crm, 50, &page(vec![person("p0", "Ann", None, Some(50))], vec![])).await;
        drain(profiles).await;
        work(profiles, &destination).await;
        assert_eq!(receiver.people(), [].into());
    })
    .await;
}

#[tokio::test]
async fn two_who_turn_out_to_be_one_are_one_and_two_again() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let (ann, bo) = (comes(profiles, "1", "Ann", 10).await, comes(profiles, "22", "Bo", 10).await);
        let destination = told(profiles, &receiver).await;
        work(profiles, &destination).await;
        receiver.effects();
        let decided = profiles.merge(&[ann, bo], &word(at(1_000_000))).await.unwrap();
        drain(profiles).await;
        work(profiles, &destination).await;
        let one = by_email(profiles, "ann@example.org").await.unwrap().id;
        let other = if one == ann { bo } else { ann };
        assert!(receiver.effects().contains(&effect("left", other)));
        assert_eq!(receiver.people().keys().collect::<Vec<_>>(), [&one.to_string()]);
        profiles.undo(decided.decision.id, &word(at(1_000_000))).await.unwrap();
        drain(profiles).await;
        work(profiles, &destination).await;
        assert_eq!(receiver.people().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn two_with_one_name_at_the_tool_are_one_there_until_one_is_left() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let crm = source(profiles, "crm", "crm").await;
        let body = r#"{ "batch": [
            { "type": "identify", "messageId": "1", "userId": "u", "traits": { "firstName": "Ann", "email": "ann@example.org" } } ] }"#;
        let read = |text: &str| {
            connectors::tracking::read(text.as_bytes(), connectors::tracking::Endpoint::Batch, at(9)).unwrap().page
        };
        let (web, app) = (source(profiles, "web", "web").await, source(profiles, "app", "web").await);
        deliver(profiles, &web, 10, &read(body)).await;
        deliver(profiles, &app, 10, &read(&body.replace("Ann", "Bo").replace("ann@", "bo@"))).await;
        deliver(profiles, &crm, 10, &Page::default()).await;
        drain(profiles).await;
        let shared = by_email(profiles, "ann@example.org").await.unwrap();
        let split = by_email(profiles, "bo@example.org").await.unwrap();
        if shared.id == split.id {
            let members = profiles.members(&[crate::tests::support::admitted(shared.id)]).await.unwrap();
            let ids: Vec<Vec<Uuid>> = members.into_values().flatten().map(|member| vec![member.id]).collect();
            profiles.split(shared.id, &ids, &word(at(1_000_000))).await.unwrap();
            drain(profiles).await;
        }
        define(profiles, "all", "email exists").await;
        work_out(profiles).await;
        let mut new = webhook(&receiver, "all", "service", &[("name", "traits.first_name")]);
        new.kind = "segment".to_owned();
        new.config = json!({ "base_url": receiver.url, "user_id": "user_id" });
        new.secrets = json!({ "write_key": "w" });
        let destination = profiles.create_destination(new).await.unwrap();
        work(profiles, &destination).await;
        let first = receiver.people();
        assert_eq!(first.len(), 1);
        assert_eq!(first.keys().collect::<Vec<_>>(), ["u"]);
        // Whoever it is goes: the other one is known instead, and nobody is taken out.
        let (gone, stays) = if first["u"] == known("Ann") { ("app", "Bo") } else { ("web", "Ann") };
        let leaving = if gone == "app" { &web } else { &app };
        let nobody = body.replace("\"1\"", "\"2\"").replace("\"ann@example.org\"", "null");
        let nobody = nobody.replace("Ann", if stays == "Bo" { "Ann" } else { "Bo" });
        deliver(profiles, leaving, 20, &{
            connectors::tracking::read(nobody.as_bytes(), connectors::tracking::Endpoint::Batch, at(20)).unwrap().page
        })
        .await;
        drain(profiles).await;
        work(profiles, &destination).await;
        assert_eq!(receiver.people(), [("u".to_owned(), known(stays))].into());
        assert!(!receiver.effects().iter().any(|(what, _)| what == "tracked out"));
    })
    .await;
}

#[tokio::test]
async fn of_an_erased_person_the_tool_is_told_and_then_nothing_is_left() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        erasure::world(profiles).await;
        drain(profiles).await;
        define(profiles, "all", "last_name exists").await;
        work_out(profiles).await;
        let mapping = [("mail", "identifiers.email"), ("name", "traits.last_name")];
        let new = webhook(&receiver, "all", "service", &mapping);
        let destination = profiles.create_destination(new).await.unwrap();
        let anna = by_email(profiles, "anna@example.org").await.unwrap().id;
        receiver.next(&[Act::Take, Act::Take, Act::Fail(500)]);
        let mut clock = 0;
        while !receiver.people().contains_key(&anna.to_string()) && clock < 50_000 {
            clock += 1_000;
            work(&later(profiles, clock).await, &destination).await;
        }
        assert!(receiver.people().contains_key(&anna.to_string()));
        let receipt = erasure::erase(profiles, anna, false).await;
        assert!(format!("{receipt:?}").contains("destination_members"), "{receipt:?}");
        erasure::assert_nothing_of_anna(&erasure::dump(profiles).await);
        // The tool is away for a moment.
        receiver.next(&[Act::Fail(503)]);
        work(&later(profiles, clock + 1).await, &destination).await;
        erasure::assert_nothing_of_anna(&erasure::dump(profiles).await);
        work(&later(profiles, clock + 1_000).await, &destination).await;
        assert!(!receiver.people().contains_key(&anna.to_string()));
        let left = delivery::Entity::find().all(profiles.db()).await.unwrap();
        assert!(left.iter().all(|row| row.profile_id != anna));
        let left = destination_member::Entity::find().all(profiles.db()).await.unwrap();
        assert!(left.iter().all(|row| row.profile_id != anna) && !left.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_message_goes_to_those_addresses_for_which_somebody_said_yes() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let crm = source(profiles, "crm", "crm").await;
        let mut both = person("1", "Ann", Some("ann@example.org"), Some(10));
        if let connectors::canonical::Body::Person(person) = &mut both.body {
            person.identify(connectors::canonical::IdentifierKind::Email, Some("ann@work.example"));
            person.identify(connectors::canonical::IdentifierKind::Phone, Some("+31207940801"));
            person.set(connectors::canonical::traits::PHONE, Some("+31 20 794 0801"));
            let ways = json!(["tea", "+31 20-794 08 01", { "at home": "Ann@Example.org" }, "ann@work.example"]);
            person.traits.insert("ways".to_owned(), ways);
        }
        let yes = says("1", "email_marketing", true, 10, None, Some("ann@work.example"));
        let mut looked = event("e", "1", 5);
        looked.properties.insert("category".to_owned(), json!("Tea"));
        let happened = vec![looked, event("f", "1", 7)];
        deliver(profiles, &crm, 10, &Page { records: vec![both], events: happened, ..yes }).await;
        drain(profiles).await;
        define(profiles, "all", "email exists").await;
        work_out(profiles).await;
        let mapping = [
            ("to", "identifiers.email"),
            ("shown", "traits.email"),
            ("call", "traits.phone"),
            ("ways", "traits.ways"),
            ("reason", "traits.nobody"),
            ("touches", "touchpoints.count"),
            ("by", "touchpoints.channels"),
            ("opened", "events.Email Opened.count"),
            ("revenue", "totals.revenue.EUR"),
            ("in", "segments"),
            ("likes", "interests"),
            ("tea", "interests.Tea"),
            ("mugs", "interests.mugs"),
        ];
        let new = webhook(&receiver, "all", "email_marketing", &mapping);
        let destination = profiles.create_destination(new).await.unwrap();
        work(profiles, &destination).await;
        let people = receiver.people();
        let expected = json!({
            "to": "ann@work.example", "shown": null, "call": null, "reason": null,
            "ways": ["tea", { "at home": null }, "ann@work.example"], "touches": 2, "by": ["crm"], "opened": 2,
            "revenue": "0", "in": ["all"], "likes": ["tea"], "tea": 0.44, "mugs": 0.0,
        });
        assert_eq!(people.values().collect::<Vec<_>>(), [&expected]);
        let (_, body) = receiver.requests().pop().unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["data"]["identifiers"], json!({ "email": ["ann@work.example"] }));
        let seen = profiles.preview_destination(&reader(), destination.id, 5).await.unwrap();
        assert_eq!(json!(seen[0].fields), expected);
        deliver(profiles, &crm, 20, &says("1", "email_marketing", false, 20, None, Some("ann@work.example")))
            .await;
        drain(profiles).await;
        work(profiles, &destination).await;
        assert_eq!(receiver.people(), [].into());
    })
    .await;
}

#[tokio::test]
async fn stages_are_told_as_soon_as_somebody_defines_them() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        comes(profiles, "1", "Ann", 10).await;
        define(profiles, "all", "email exists").await;
        work_out(profiles).await;
        let new = webhook(&receiver, "all", "advertising", &[("stage", "stage")]);
        let destination = profiles.create_destination(new).await.unwrap();
        work(profiles, &destination).await;
        let told = || receiver.people().into_values().collect::<Vec<_>>();
        assert_eq!(told(), [json!({ "stage": null })]);
        let stage = Stage { key: "lead".into(), name: "Lead".into(), segment: "all".into() };
        profiles.define_lifecycle(vec![stage], "test").await.unwrap();
        work(profiles, &destination).await;
        assert_eq!(told(), [json!({ "stage": "lead" })]);
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_takes_nobody_out_and_a_destination_that_goes_takes_everybody_out() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        comes(profiles, "1", "Ann", 10).await;
        comes(profiles, "22", "Bo", 10).await;
        let destination = told(profiles, &receiver).await;
        work(profiles, &destination).await;
        receiver.effects();
        let txn = crate::store::begin_write(profiles.db()).await.unwrap();
        crate::resolution::rebuild::start_over(&txn).await.unwrap();
        txn.commit().await.unwrap();
        assert_eq!(work(profiles, &destination).await, 0, "nobody is there, because nobody is there yet");
        drain(profiles).await;
        assert_eq!(work(profiles, &destination).await, 0);
        assert_eq!(receiver.effects(), []);

        let pause = |enabled| DestinationChange { enabled: Some(enabled), ..DestinationChange::default() };
        let paused = profiles.update_destination(destination.id, pause(false)).await.unwrap();
        assert_eq!(paused.state, DestinationState::Paused);
        let cas = comes(profiles, "3", "Cas", 50).await;
        assert_eq!(work(profiles, &destination).await, 0);
        profiles.update_destination(destination.id, pause(true)).await.unwrap();
        work(profiles, &destination).await;
        assert_eq!(receiver.effects(), [effect("entered", cas)]);

        let mapping = Some(fields(&[("first", "traits.first_name")]));
        let change = DestinationChange { mapping, ..DestinationChange::default() };
        profiles.update_destination(destination.id, change).await.unwrap();
        assert_eq!(work(profiles, &destination).await, 3, "everybody is told anew");
        assert_eq!(receiver.people()[&cas.to_string()], json!({ "first": "Cas" }));

        assert!(profiles.delete_destination(destination.id, false).await.unwrap());
        work(profiles, &destination).await;
        assert_eq!(receiver.people(), [].into());
        assert_eq!(destination::Entity::find().count(profiles.db()).await.unwrap(), 0);
        assert_eq!(rows(profiles).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_place_and_secrets_are_sealed() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        comes(profiles, "1", "Ann", 10).await;
        let destination = told(profiles, &receiver).await;
        let good = || webhook(&receiver, "all", "advertising", &[]);
        let mut wrong = Vec::new();
        wrong.push(profiles.create_destination(good()).await.unwrap_err().to_string());
        let mut other = good();
        other.key = Some("other".to_owned());
        for (segment, purpose) in [("none", "advertising"), ("all", "none"), ("all", "profiling")] {
            let mut new = webhook(&receiver, segment, purpose, &[]);
            new.key.clone_from(&other.key);
            wrong.push(profiles.create_destination(new).await.unwrap_err().to_string());
        }
        other.secrets = json!({ "signing_secret": "short" });
        wrong.push(profiles.create_destination(other).await.unwrap_err().to_string());
        let parts =
            ["already a destination", "segment: there is no", "purpose: there is no", "Identity", "24 bytes"];
        for (error, part) in wrong.iter().zip(parts) {
            assert!(error.contains(part), "{error}");
        }
        let row = destination::Entity::find_by_id(destination.id).one(profiles.db()).await.unwrap().unwrap();
        assert!(!format!("{row:?}").contains(SECRET));

        // Whoever is in an audience is in it under the name of its segment.
        define(profiles, "others", "email exists").await;
        let to = |segment: &str| DestinationChange {
            segment: Some(segment.to_owned()),
            ..DestinationChange::default()
        };
        let refused =
            profiles.update_destination(destination.id, to("others")).await.unwrap_err().to_string();
        assert!(refused.starts_with("segment: ") && refused.contains("make another one"), "{refused}");
        profiles.update_destination(destination.id, to("all")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_file_is_begun_where_there_is_none_and_gone_on_with_as_it_was_begun() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        comes(profiles, "1", "Ann", 10).await;
        define(profiles, "all", "email exists").await;
        work_out(profiles).await;
        let folder = tempfile::tempdir().unwrap();
        let profiles = &profiles.clone().with_files_below(Some(folder.path().to_owned()));
        std::fs::write(folder.path().join("theirs.csv"), "id,salary\n1,2\n").unwrap();
        let file = |path: &str| NewDestination {
            kind: "file".to_owned(),
            config: json!({ "path": path }),
            secrets: json!(null),
            ..webhook(&receiver, "all", "advertising", &[("name", "traits.first_name")])
        };
        let taken = profiles.create_destination(file("theirs.csv")).await.unwrap_err().to_string();
        assert!(taken.contains("there is a file already"), "{taken}");
        let ours = profiles.create_destination(file("ours.csv")).await.unwrap();
        work(profiles, &ours).await;
        let read = || std::fs::read_to_string(folder.path().join("ours.csv")).unwrap();
        assert_eq!(read().lines().count(), 2);
        for config in [json!({ "path": "theirs.csv" }), json!({ "path": "ours.csv", "format": "jsonl" })] {
            let change = DestinationChange { config: Some(config), ..DestinationChange::default() };
            let refused = profiles.update_destination(ours.id, change).await.unwrap_err().to_string();
            assert!(refused.contains("there is a file already"), "{refused}");
        }
        let same = DestinationChange { config: Some(json!({ "path": "ours.csv" })), ..Default::default() };
        profiles.update_destination(ours.id, same).await.unwrap();
        comes(profiles, "22", "Bo", 20).await;
        work(profiles, &ours).await;
        assert_eq!(read().lines().count(), 3, "it goes on with its own");
        assert_eq!(std::fs::read_to_string(folder.path().join("theirs.csv")).unwrap(), "id,salary\n1,2\n");
    })
    .await;
}

/// Somebody whom a shop knows by an id of its own.
async fn ann_of_the_shop(profiles: &Profiles) -> Uuid {
    let crm = source(profiles, "crm", "crm").await;
    let mut ann = person("1", "Ann", Some("ann@example.org"), Some(10));
    if let connectors::canonical::Body::Person(person) = &mut ann.body {
        person.identify(connectors::canonical::IdentifierKind::UserId, Some("u-77"));
    }
    let yes = says("1", "advertising", true, 10, None, None);
    deliver(profiles, &crm, 10, &Page { records: vec![ann], ..yes }).await;
    drain(profiles).await;
    define(profiles, "all", "email exists").await;
    work_out(profiles).await;
    by_email(profiles, "ann@example.org").await.unwrap().id
}

#[tokio::test]
async fn whoever_gets_another_name_at_the_tool_is_taken_out_under_the_first() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let ann = ann_of_the_shop(profiles).await;
        let new = protocol(&receiver, "all", "advertising", "profile");
        let destination = profiles.create_destination(new).await.unwrap();
        work(profiles, &destination).await;
        let by = |by: &str| DestinationChange {
            config: Some(by_ids(&receiver, by)),
            ..DestinationChange::default()
        };
        profiles.update_destination(destination.id, by("user_id")).await.unwrap();
        work(profiles, &destination).await;
        let out = |name: &str| ("tracked out".to_owned(), name.to_owned());
        assert!(receiver.effects().contains(&out(&ann.to_string())), "our id");
        assert_eq!(receiver.people().keys().collect::<Vec<_>>(), ["u-77"]);

        // The tool is away while she gets another name again and is then erased: of both names it hears, and nothing is left.
        receiver.next(&[Act::Fail(500); 50]);
        profiles.update_destination(destination.id, by("profile")).await.unwrap();
        work(&later(profiles, 100).await, &destination).await;
        erasure::erase(profiles, ann, false).await;
        receiver.calm();
        for clock in [100_000, 200_000] {
            work(&later(profiles, clock).await, &destination).await;
        }
        assert!(receiver.effects().contains(&out("u-77")));
        assert_eq!(receiver.people(), [].into());
        assert_eq!(rows(profiles).await.0, 0);
        let left = delivery::Entity::find().all(profiles.db()).await.unwrap();
        assert!(left.iter().all(|row| row.profile_id != ann), "{left:?}");
    })
    .await;
}

#[tokio::test]
async fn segments_and_stages_are_told_as_they_change_also_by_time_alone() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        comes(profiles, "1", "Ann", 10).await;
        let crm = source(profiles, "crm", "crm").await;
        deliver(profiles, &crm, 20, &page(vec![], vec![event("e", "1", 999_000)])).await;
        profiles.drain(profiles.now()).await.unwrap();
        define(profiles, "all", "email exists").await;
        define(profiles, "recent", r#"did "Email Opened" within the last 1 hour"#).await;
        work_out(profiles).await;
        let stage = Stage { key: "warm".into(), name: "Warm".into(), segment: "recent".into() };
        profiles.define_lifecycle(vec![stage], "test").await.unwrap();
        let mut destinations = Vec::new();
        for (key, path) in [("in", "segments"), ("stage", "stage")] {
            let new = webhook(&receiver, "all", "advertising", &[(key, path)]);
            let new = NewDestination { key: Some(key.to_owned()), ..new };
            destinations.push(profiles.create_destination(new).await.unwrap());
        }
        let told = async |profiles: &Profiles, place: usize| {
            work(profiles, &destinations[place]).await;
            receiver.people().into_values().next().unwrap()
        };
        assert_eq!(told(profiles, 0).await, json!({ "in": ["all", "recent"] }));
        assert_eq!(told(profiles, 1).await, json!({ "stage": "warm" }));
        let after = later(profiles, 10_000).await;
        after.drain(after.now()).await.unwrap();
        assert_eq!(told(&after, 0).await, json!({ "in": ["all"] }));
        assert_eq!(told(&after, 1).await, json!({ "stage": null }));
        // Of a segment that is new nobody is said to have come in.
        define(&after, "new", "first_name exists").await;
        work_out(&after).await;
        assert_eq!(told(&after, 0).await, json!({ "in": ["all", "new"] }));
    })
    .await;
}

#[tokio::test]
async fn addresses_are_sent_as_they_were_said_and_compared_as_the_rules_have_it() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let mut rules = (*profiles.ruleset()).clone();
        rules.identity.email.ignore_dots_for.insert("example.org".to_owned());
        rules.identity.email.strip_plus_tags_for.insert("example.org".to_owned());
        profiles.adopt(rules).await.unwrap();
        let crm = source(profiles, "crm", "crm").await;
        let ann = person("1", "Ann", Some(" A.Nn+Shop@Example.org"), Some(10));
        let yes = says("1", "email_marketing", true, 10, None, Some("ann@example.org"));
        deliver(profiles, &crm, 10, &Page { records: vec![ann], ..yes }).await;
        drain(profiles).await;
        define(profiles, "all", "email exists").await;
        work_out(profiles).await;
        let new = webhook(&receiver, "all", "email_marketing", &[("mail", "traits.email")]);
        let destination = profiles.create_destination(new).await.unwrap();
        work(profiles, &destination).await;
        let people = receiver.people();
        assert_eq!(people.values().collect::<Vec<_>>(), [&json!({ "mail": "a.nn+shop@example.org" })]);
        let (_, body) = receiver.requests().pop().unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["data"]["identifiers"], json!({ "email": ["a.nn+shop@example.org"] }));
    })
    .await;
}
