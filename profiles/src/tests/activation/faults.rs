//! A tool that fails, asks for quiet or hangs up, and a process that dies: each change has its effect once.

use connectors::{Http, destination::Batch};
use entities::{delivery, destination};
use sea_orm::{ActiveValue::Unchanged, EntityTrait, Set};

use super::{
    comes, effect, later,
    receiver::{Act, Receiver, header},
    says, told, work,
};
use crate::{
    Profiles,
    activation::{DeliveryState, DestinationInfo, DestinationState, Replay},
    tests::{
        support::{deliver, on_both, source},
        worlds::drain,
    },
};

async fn states(profiles: &Profiles, destination: &DestinationInfo) -> Vec<(DeliveryState, i32)> {
    let all = profiles.deliveries(destination.id, None, 100, None).await.unwrap();
    all.into_iter().map(|delivery| (delivery.state, delivery.attempts)).collect()
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
        let lease = async |holder: Option<&str>| {
            let row = destination::ActiveModel {
                id: Unchanged(destination.id),
                lease_owner: Set(holder.map(str::to_owned)),
                lease_until: Set(holder.map(|_| profiles.now() + chrono::TimeDelta::seconds(60))),
                ..Default::default()
            };
            destination::Entity::update(row).exec(profiles.db()).await.unwrap();
        };
        lease(Some("dies")).await;
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
        lease(Some("other")).await;
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
