//! A tool that fails, asks for quiet or hangs up, and a process that dies: each change has its effect once.

use std::sync::Arc;

use connectors::{Http, destination::Batch};
use entities::{delivery, destination};
use sea_orm::{ActiveValue::Unchanged, EntityTrait, Set};
use serde_json::json;

use super::{
    comes, effect, later, protocol,
    receiver::{Act, Receiver, header},
    says, told, webhook, work,
};
use crate::{
    Clock, Keys, Profiles,
    activation::{
        DeliveryState, DestinationChange, DestinationInfo, DestinationState, NewDestination, Replay,
    },
    tests::{
        segments::{define, work_out},
        support::{at, deliver, on_both, source},
        worlds::drain,
    },
};

async fn states(profiles: &Profiles, destination: &DestinationInfo) -> Vec<(DeliveryState, i32)> {
    let all = profiles.deliveries(destination.id, None, 100, None).await.unwrap();
    all.into_iter().map(|delivery| (delivery.state, delivery.attempts)).collect()
}

async fn lease(profiles: &Profiles, destination: &DestinationInfo, holder: Option<&str>) {
    let row = destination::ActiveModel {
        id: Unchanged(destination.id),
        lease_owner: Set(holder.map(str::to_owned)),
        lease_until: Set(holder.map(|_| profiles.now() + chrono::TimeDelta::seconds(60))),
        ..Default::default()
    };
    destination::Entity::update(row).exec(profiles.db()).await.unwrap();
}

#[tokio::test]
async fn what_fails_is_sent_again_under_the_same_id_later_and_later() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let ann = comes(profiles, "1", "Ann", 10).await;
        let destination = told(profiles, &receiver).await;
        receiver.next(&[Act::Fail(500), Act::HangUp, Act::Quiet(600)]);
        assert_eq!(work(profiles, &destination).await, 1);
        assert_eq!(states(profiles, &destination).await, [(DeliveryState::Retrying, 1)]);
        let info = profiles.destination(destination.id).await.unwrap();
        assert_eq!((info.state, info.waiting), (DestinationState::Failing, 1));
        assert!(info.last_error.unwrap().0.contains("HTTP 500"));
        assert_eq!(work(&later(profiles, 2).await, &destination).await, 0, "not at once");
        assert_eq!(work(&later(profiles, 20).await, &destination).await, 1, "hung up upon");
        assert_eq!(receiver.effects(), [effect("entered", ann)]);
        // The change came with somebody else's: the tool asked for ten minutes, whoever comes.
        let bo = comes(profiles, "22", "Bo", 20).await;
        assert_eq!(work(&later(profiles, 60).await, &destination).await, 1, "one first");
        assert_eq!(work(&later(profiles, 600).await, &destination).await, 0, "it is left in peace");
        assert_eq!(work(&later(profiles, 2_000).await, &destination).await, 2);
        assert_eq!(receiver.effects(), [effect("entered", bo)], "the repetition came to nothing");
        let ids: Vec<String> =
            receiver.requests().iter().map(|(head, _)| header(head, "webhook-id")).collect();
        let repeated = ids.iter().filter(|id| **id == ids[0]).count();
        assert!(repeated >= 3 && ids.len() >= 5, "{ids:?}");
        let info = profiles.destination(destination.id).await.unwrap();
        assert_eq!((info.state, info.last_error, info.waiting), (DestinationState::Active, None, 0));
    })
    .await;
}

#[tokio::test]
async fn a_process_that_dies_between_sending_and_writing_it_down_does_no_harm() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let ann = comes(profiles, "1", "Ann", 10).await;
        let destination = told(profiles, &receiver).await;
        lease(profiles, &destination, Some("dies")).await;
        let row = profiles.destination_row(destination.id).await.unwrap();
        let ready = profiles.ready(&row).unwrap();
        while {
            let row = profiles.destination_row(destination.id).await.unwrap();
            profiles.consider_next(&row, &ready, "dies").await.unwrap()
        } {}
        let claimed = profiles.claim(&ready, "dies").await.unwrap().unwrap();
        let http = Http::new(ready.kind.http_options()).unwrap();
        let batch = Batch { changes: &claimed.changes, now: profiles.now() };
        let outcomes = ready.tool.deliver(&http, batch).await;
        assert_eq!(receiver.effects(), [effect("entered", ann)]);
        // It has lost its lease, so what it says counts for nothing.
        lease(profiles, &destination, Some("other")).await;
        assert!(profiles.settle_batch(&ready, "dies", &claimed, &outcomes).await.is_err());
        assert!(profiles.work_on_destination(destination.id).await.is_err(), "another one is at it");
        let after = later(profiles, 100).await;
        assert_eq!(work(&after, &destination).await, 1, "once the lease is over");
        assert_eq!((receiver.effects(), receiver.times()), (vec![], vec![2]));
        assert_eq!(states(profiles, &destination).await, [(DeliveryState::Delivered, 2)]);
    })
    .await;
}

#[tokio::test]
async fn who_says_no_while_the_tool_is_away_is_not_sent_again_and_taken_out() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let ann = comes(profiles, "1", "Ann", 10).await;
        let destination = told(profiles, &receiver).await;
        receiver.next(&[Act::HangUp]);
        work(profiles, &destination).await;
        let crm = source(profiles, "crm", "crm").await;
        deliver(profiles, &crm, 40, &says("1", "advertising", false, 40, None, None)).await;
        drain(profiles).await;
        work(&later(profiles, 100).await, &destination).await;
        // It may have been taken, so it is taken back.
        assert_eq!(receiver.effects(), [effect("entered", ann), effect("left", ann)]);
        let expected = [(DeliveryState::Delivered, 1), (DeliveryState::Superseded, 1)];
        assert_eq!(states(profiles, &destination).await, expected);

        // Whoever was never sent needs no taking back.
        let bo = comes(profiles, "22", "Bo", 20).await;
        receiver.next(&[Act::Fail(500)]);
        let cas = comes(profiles, "333", "Cas", 20).await;
        work(&later(profiles, 200).await, &destination).await;
        for id in ["22", "333"] {
            deliver(profiles, &crm, 50, &says(id, "advertising", false, 50, None, None)).await;
        }
        drain(profiles).await;
        work(&later(profiles, 900).await, &destination).await;
        assert_eq!(receiver.people(), [].into());
        assert!(receiver.effects().iter().all(|(_, who)| *who == bo.to_string() || *who == cas.to_string()));
    })
    .await;
}

#[tokio::test]
async fn dead_letters_come_back_when_somebody_wants_them() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let ann = comes(profiles, "1", "Ann", 10).await;
        let destination = told(profiles, &receiver).await;
        receiver.next(&[Act::Fail(422)]);
        work(profiles, &destination).await;
        assert_eq!(states(profiles, &destination).await, [(DeliveryState::Dead, 1)]);
        let info = profiles.destination(destination.id).await.unwrap();
        assert_eq!((info.dead, info.waiting, info.waiting_since), (1, 0, None));
        assert_eq!(work(&later(profiles, 100_000).await, &destination).await, 0);
        let replay = profiles.replay_deliveries(destination.id, None).await.unwrap();
        assert_eq!(replay, Replay { replayed: 1, superseded: 0 });
        work(profiles, &destination).await;
        assert_eq!(receiver.effects(), [effect("entered", ann)]);
        assert_eq!(receiver.requests().len(), 2);

        // What only fails is given up after some two days, and what is newer by then is not brought back.
        receiver.next(&[Act::Fail(500); 30]);
        comes(profiles, "22", "Bo", 20).await;
        let mut clock = 0;
        while states(profiles, &destination).await[0].0 != DeliveryState::Dead {
            clock += 30_000;
            assert!(clock < 2_000_000);
            work(&later(profiles, clock).await, &destination).await;
        }
        assert!(clock > 86_400, "{clock}");
        let dead = profiles.deliveries(destination.id, Some(DeliveryState::Dead), 10, None).await.unwrap();
        assert_eq!(dead.len(), 1);
        let crm = source(profiles, "crm", "crm").await;
        deliver(profiles, &crm, 40, &says("22", "advertising", false, 40, None, None)).await;
        drain(profiles).await;
        work(&later(profiles, clock + 100_000).await, &destination).await;
        let replay = profiles.replay_deliveries(destination.id, Some(&[dead[0].id])).await.unwrap();
        assert_eq!(replay, Replay::default());

        // Journals do not grow for ever.
        let long_after = later(profiles, clock + 200 * 86_400).await;
        assert!(long_after.forget_deliveries().await.unwrap() > 0);
        let left = delivery::Entity::find().all(profiles.db()).await.unwrap();
        assert!(left.iter().all(|row| row.done_at.is_none()), "{left:?}");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_to_be_out_is_never_given_up() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        let ann = comes(profiles, "1", "Ann", 10).await;
        let destination = told(profiles, &receiver).await;
        work(profiles, &destination).await;
        receiver.effects();
        let crm = source(profiles, "crm", "crm").await;
        deliver(profiles, &crm, 40, &says("1", "advertising", false, 40, None, None)).await;
        drain(profiles).await;
        receiver.next(&[Act::Fail(410)]);
        work(&later(profiles, 10).await, &destination).await;
        assert_eq!(states(profiles, &destination).await[0], (DeliveryState::Retrying, 1));
        let info = profiles.destination(destination.id).await.unwrap();
        assert_eq!((info.state, info.waiting, info.dead), (DestinationState::Failing, 1, 0));
        // Somebody else is told, and it is still to be seen that one is not out.
        let bo = comes(profiles, "22", "Bo", 20).await;
        work(&later(profiles, 100).await, &destination).await;
        assert_eq!(receiver.effects(), [effect("entered", bo)]);
        let info = profiles.destination(destination.id).await.unwrap();
        assert_eq!(info.state, DestinationState::Failing);
        assert!(info.last_error.unwrap().0.starts_with("somebody could not be taken out yet: http"));

        // Nor where the tool is away for weeks, nor where the destination is deleted meanwhile.
        receiver.next(&[Act::Fail(500); 40]);
        let mut clock = 0;
        for _ in 0..40 {
            clock += 30_000;
            work(&later(profiles, clock).await, &destination).await;
        }
        assert_eq!(receiver.effects(), []);
        profiles.delete_destination(destination.id, false).await.unwrap();
        let after = later(profiles, clock + 200 * 86_400).await;
        after.forget_deliveries().await.unwrap();
        receiver.calm();
        for round in 0..5 {
            let after = later(profiles, clock + 200 * 86_400 + round * 30_000).await;
            let _ = after.work_on_destination(destination.id).await;
        }
        assert!(receiver.effects().contains(&effect("left", ann)));
        assert_eq!(receiver.people(), [].into());
        assert!(profiles.destination(destination.id).await.is_err(), "everybody is out");
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_for_all_makes_no_dead_letters_and_nobodys_name_is_kept() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        comes(profiles, "1", "Annabel", 10).await;
        comes(profiles, "22", "Casper", 10).await;
        define(profiles, "all", "email exists").await;
        work_out(profiles).await;
        let new = protocol(&receiver, "all", "advertising", "profile");
        let destination = profiles.create_destination(new).await.unwrap();
        // Of both, of the one and of the other.
        receiver.next(&[Act::Refuse("there is no field, as Casper has it"); 3]);
        work(profiles, &destination).await;
        assert_eq!(states(profiles, &destination).await, [(DeliveryState::Retrying, 1); 2]);
        let info = profiles.destination(destination.id).await.unwrap();
        let said = [info.last_error.map(|(error, _)| error)].into_iter();
        let all = profiles.deliveries(destination.id, None, 10, None).await.unwrap();
        for said in said.chain(all.into_iter().map(|delivery| delivery.last_error)) {
            let said = said.unwrap();
            assert!(said.ends_with("there is no field, as … has it"), "{said}");
        }
        // Nor does the one that is tried next die of it.
        receiver.next(&[Act::Refuse("there is no field, as Casper has it")]);
        assert_eq!(work(&later(profiles, 30).await, &destination).await, 1);
        assert_eq!(profiles.destination(destination.id).await.unwrap().dead, 0);
        for clock in [1_000, 2_000] {
            work(&later(profiles, clock).await, &destination).await;
        }
        assert_eq!(receiver.people().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_was_not_sent_because_of_others_was_not_tried() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        for n in 0..12 {
            comes(profiles, &format!("p{n}"), &format!("Ann{n}"), 10).await;
        }
        let destination = told(profiles, &receiver).await;
        receiver.next(&[Act::Quiet(60); 5]);
        assert_eq!(work(profiles, &destination).await, 5, "so many as were considered at once");
        // One is tried first, and taken; of the others some are under way when the tool asks for quiet again.
        receiver.next(&[Act::Take]);
        receiver.next(&[Act::Quiet(60); 11]);
        assert_eq!(work(&later(profiles, 100).await, &destination).await, 9);
        let states = states(profiles, &destination).await;
        let untried = states.iter().filter(|state| **state == (DeliveryState::Pending, 0)).count();
        assert_eq!(untried, 3, "{states:?}");
        receiver.calm();
        for clock in [300, 900] {
            work(&later(profiles, clock).await, &destination).await;
        }
        assert_eq!(receiver.people().len(), 12);
    })
    .await;
}

/// A clock that moves a little whenever somebody looks.
struct Ticking(std::sync::atomic::AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        let ticks = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        at(1_000_000) + chrono::TimeDelta::microseconds(ticks)
    }
}

#[tokio::test]
async fn some_are_told_while_others_are_still_considered() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        for n in 0..14 {
            comes(profiles, &format!("p{n}"), &format!("Ann{n}"), 10).await;
        }
        let destination = told(profiles, &receiver).await;
        let clock = Arc::new(Ticking(1.into()));
        let moving = Profiles::open(profiles.db().clone(), Keys::new(&[7; 32]), clock).await.unwrap();
        assert_eq!(work(&moving, &destination).await, 14);
        let all = profiles.deliveries(destination.id, None, 20, None).await.unwrap();
        let first_told = all.iter().filter_map(|delivery| delivery.done_at).min().unwrap();
        assert!(all.iter().any(|delivery| delivery.created_at > first_told));
    })
    .await;
}

#[tokio::test]
async fn whoever_stops_gives_the_lease_back_and_nobody_works_while_everybody_is_derived_anew() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        comes(profiles, "1", "Ann", 10).await;
        let destination = told(profiles, &receiver).await;
        // What is stored says that somebody has begun anew since it was read.
        let before = profiles.destination_row(destination.id).await.unwrap();
        lease(profiles, &destination, Some("one")).await;
        let txn = crate::store::begin_write(profiles.db()).await.unwrap();
        crate::resolution::rebuild::start_over(&txn).await.unwrap();
        txn.commit().await.unwrap();
        let ready = profiles.ready(&before).unwrap();
        assert!(!profiles.consider_next(&before, &ready, "one").await.unwrap());
        lease(profiles, &destination, None).await;
        drain(profiles).await;

        receiver.next(&[Act::Silence; 9]);
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let working = tokio::spawn({
            let profiles = profiles.clone();
            async move { profiles.run_destinations(stopped).await }
        });
        while receiver.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        let row = profiles.destination_row(destination.id).await.unwrap();
        assert!(row.lease_owner.is_some());
        stop.send(true).unwrap();
        working.await.unwrap();
        let row = profiles.destination_row(destination.id).await.unwrap();
        assert_eq!((row.lease_owner, row.lease_until), (None, None));
    })
    .await;
}

#[tokio::test]
async fn what_is_put_right_does_not_look_broken_any_more() {
    on_both(async |profiles| {
        let receiver = Receiver::start().await;
        comes(profiles, "1", "Ann", 10).await;
        let destination = told(profiles, &receiver).await;
        let state = async || profiles.destination(destination.id).await.unwrap().state;
        receiver.next(&[Act::Fail(500)]);
        work(profiles, &destination).await;
        assert_eq!(state().await, DestinationState::Failing);
        profiles.update_destination(destination.id, DestinationChange::default()).await.unwrap();
        assert_eq!(state().await, DestinationState::Active);
        work(&later(profiles, 30).await, &destination).await;

        // Without the folder nothing can be written, and nobody need be told for it to be seen that it is there again.
        let folder = tempfile::tempdir().unwrap();
        let with = later(profiles, 100).await.with_files_below(Some(folder.path().to_owned()));
        let file = NewDestination {
            kind: "file".to_owned(),
            config: json!({ "path": "x.csv" }),
            secrets: json!(null),
            ..webhook(&receiver, "all", "advertising", &[])
        };
        let file = with.create_destination(file).await.unwrap();
        work(&with, &file).await;
        let without = later(profiles, 200).await;
        assert!(without.work_on_destination(file.id).await.is_err());
        let info = with.destination(file.id).await.unwrap();
        assert!(info.last_error.unwrap().0.starts_with("the settings do not work: "));
        work(&with, &file).await;
        assert_eq!(with.destination(file.id).await.unwrap().last_error, None);
        assert!(without.work_on_destination(file.id).await.is_err());
        with.check_destination(file.id).await.unwrap();
        assert_eq!(with.destination(file.id).await.unwrap().state, DestinationState::Active);
    })
    .await;
}
