//! Whatever happens in whatever order, whatever fails: in the end the tool knows what one knows that is told at once.

use proptest::prelude::*;
use serde_json::json;

use super::{
    SECRET, fields,
    receiver::{Act, Receiver},
};
use crate::{
    Profiles,
    activation::NewDestination,
    tests::{
        fresh::in_fresh,
        worlds::{self, Recognised, drain},
    },
};

/// Work after so many steps, against a tool that does this.
fn a_moment() -> impl Strategy<Value = (usize, Vec<Act>)> {
    let act = prop_oneof![
        3 => Just(Act::Take),
        1 => Just(Act::Fail(500)),
        1 => Just(Act::HangUp),
        1 => Just(Act::Quiet(5)),
    ];
    (1..8_usize, prop::collection::vec(act, 0..4))
}

/// Three destinations: by our ids, by consent to e-mail, and by the users' own ids, of which two people may have one.
fn destinations(receivers: &[Receiver; 3], suffix: &str) -> [NewDestination; 3] {
    let mapping = fields(&[
        ("name", "traits.first_name"),
        ("orders", "totals.orders"),
        ("mail", "identifiers.email"),
        ("touches", "touchpoints.count"),
        ("in", "segments"),
    ]);
    let of = |place: usize, kind: &str, segment: &str, purpose: &str| NewDestination {
        kind: kind.to_owned(),
        key: Some(format!("{kind}-{place}-{suffix}")),
        segment: segment.to_owned(),
        purpose: purpose.to_owned(),
        mapping: Some(mapping.clone()),
        enabled: true,
        ..NewDestination::default()
    };
    let hook = |place: usize| (json!({ "url": receivers[place].url }), json!({ "signing_secret": SECRET }));
    let mut all = [
        of(0, "webhook", "everyone", "service"),
        of(1, "webhook", "mail", "email_marketing"),
        of(2, "segment", "everyone", "service"),
    ];
    for (place, new) in all.iter_mut().take(2).enumerate() {
        (new.config, new.secrets) = hook(place);
    }
    all[2].config = json!({ "base_url": receivers[2].url, "user_id": "user_id" });
    all[2].secrets = json!({ "write_key": "w" });
    all
}

async fn receivers() -> [Receiver; 3] {
    [Receiver::start().await, Receiver::start().await, Receiver::start().await]
}

async fn configure(profiles: &Profiles, receivers: &[Receiver; 3], suffix: &str) -> Vec<uuid::Uuid> {
    let mut ids = Vec::new();
    for new in destinations(receivers, suffix) {
        ids.push(profiles.create_destination(new).await.unwrap().id);
    }
    ids
}

#[tokio::test]
async fn any_order_of_facts_work_and_failures_ends_with_the_same_people_at_the_tool() {
    let moments = prop::collection::vec(a_moment(), 3..8);
    let worlds = (worlds::steps(15..30), moments, Recognised::any());
    in_fresh(worlds, 11, 12, async |[profiles], (steps, moments, recognised)| {
        worlds::rules(profiles, *recognised, 3).await;
        crate::tests::segments::define(profiles, "everyone", "first_name exists or did any event").await;
        crate::tests::segments::work_out(profiles).await;
        let told = receivers().await;
        let ids = configure(profiles, &told, "meanwhile").await;
        let mut rest = &steps[..];
        let mut clock = 0;
        for (count, acts) in moments.iter().cycle() {
            let (now, then) = rest.split_at((*count).min(rest.len()));
            worlds::happen(profiles, now).await;
            for receiver in &told {
                receiver.next(acts);
            }
            clock += 3;
            let present = super::later(profiles, clock).await;
            for id in &ids {
                present.work_on_destination(*id).await.unwrap();
            }
            rest = then;
            if rest.is_empty() {
                break;
            }
        }
        drain(profiles).await;
        for receiver in &told {
            receiver.calm();
        }
        for round in 1..5 {
            let present = super::later(profiles, clock + round * 40_000).await;
            for id in &ids {
                present.work_on_destination(*id).await.unwrap();
            }
        }
        let at_once = receivers().await;
        for id in configure(profiles, &at_once, "after").await {
            profiles.work_on_destination(id).await.unwrap();
        }
        for (one, other) in told.iter().zip(&at_once) {
            assert_eq!(one.people(), other.people());
        }
        for id in &ids {
            let info = profiles.destination(*id).await.unwrap();
            assert_eq!((info.waiting, info.dead), (0, 0), "{info:?}");
        }
        at_once.iter().map(|receiver| receiver.people().len()).sum::<usize>() > 2
    })
    .await;
}
