//! Worlds: the same for the same seed, and true to their truth.

use std::collections::BTreeSet;

use proptest::prelude::*;
use simulators::{
    Seed, Source, World,
    hubspot::Kind,
    mailchimp::{CampaignStatus, Status, member_id},
};

use crate::client::{now, world};

/// Every identity that the servers show, as the truth names it.
fn shown(world: &World) -> BTreeSet<(Source, String)> {
    let contacts = world.hubspot.all(Kind::Contact).keys().map(|id| (Source::HubSpot, id.to_string()));
    let shop = &world.woocommerce;
    let customers = shop.customers.keys().map(|id| (Source::WooCommerce, id.to_string()));
    let guests = shop.orders.values().filter(|order| order.customer_id == 0);
    let guests = guests.map(|order| format!("guest:{}", order.billing.email.trim().to_lowercase()));
    let members = world.mailchimp.members.iter();
    let members = members.flat_map(|(list, members)| members.iter().map(move |m| format!("{list}:{}", m.id)));
    contacts
        .chain(customers)
        .chain(guests.map(|id| (Source::WooCommerce, id)))
        .chain(members.map(|id| (Source::Mailchimp, id)))
        .collect()
}

fn known(world: &World) -> BTreeSet<(Source, String)> {
    world.truth().identities().map(|(source, id, _)| (source, id.to_owned())).collect()
}

#[test]
fn a_world_is_the_same_for_its_seed_and_another_for_another() {
    let seed = Seed { seed: 5, people: 120, now: now() };
    assert_eq!(World::generate(seed), World::generate(seed));
    assert_ne!(World::generate(seed).truth, World::generate(Seed { seed: 6, ..seed }).truth);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn truth_names_every_identity_and_no_other(seed in any::<u64>(), people in 0_usize..120) {
        let world = World::generate(Seed { seed, people, now: now() });
        prop_assert_eq!(shown(&world), known(&world));
        prop_assert_eq!(world.truth().people(), people);
    }
}

#[test]
fn each_vendor_knows_about_the_share_of_people_that_makes_a_good_demo() {
    let world = World::generate(Seed { seed: 1, people: 2_000, now: now() });
    let people = |source| {
        let all = world.truth().identities().filter(|(of, id, _)| *of == source && !id.starts_with("guest:"));
        all.map(|(_, _, person)| person).collect::<BTreeSet<_>>().len()
    };
    assert!((1_100..1_300).contains(&people(Source::HubSpot)));
    assert!((1_000..1_200).contains(&people(Source::WooCommerce)));
    assert!((1_200..1_400).contains(&people(Source::Mailchimp)));
    let guests = world.truth().identities().filter(|(_, id, _)| id.starts_with("guest:")).count();
    assert!((250..500).contains(&guests), "{guests}");
    let contacts = world.hubspot.all(Kind::Contact).len();
    assert!(contacts > people(Source::HubSpot), "the CRM has duplicates");
    assert!(world.hubspot.all(Kind::Contact).values().any(|contact| contact.archived.is_some()));
    let companies = world.hubspot.all(Kind::Company).len();
    assert!((60..=110).contains(&companies), "{companies}");
    assert!((100..400).contains(&world.hubspot.all(Kind::Deal).len()));
    let orders = world.woocommerce.orders.len();
    assert!((3_000..12_000).contains(&orders), "{orders}");
    assert_eq!(world.woocommerce.products.len(), 80);
    let sent = world.mailchimp.campaigns.iter().filter(|campaign| campaign.status == CampaignStatus::Sent);
    assert_eq!(sent.clone().count(), 12);
    assert!(sent.flat_map(|campaign| &campaign.unsubscribes).count() > 5);
}

#[test]
fn some_identities_are_nobody_in_particular() {
    let world = World::generate(Seed { seed: 1, people: 2_000, now: now() });
    let nobody = |id: &str| world.truth().person(Source::WooCommerce, id) >= Some(world.truth().people());
    assert!(nobody("guest:test@test.com"));
}

#[test]
fn orders_add_up_and_nothing_is_refunded_twice() {
    for order in world().woocommerce.orders.values() {
        assert!(!order.lines.is_empty() && order.total() > 0);
        assert!(order.remaining() >= 0, "order {}", order.id);
        assert!(order.lines.iter().all(|line| line.quantity > 0 && line.total <= line.subtotal));
        let discount = order.lines.iter().map(|line| line.subtotal - line.total).sum::<i64>();
        assert_eq!(order.coupon.as_ref().map_or(0, |coupon| coupon.discount), discount);
    }
}

#[test]
fn post_ids_are_unique_across_orders_and_refunds() {
    let world = world();
    let ids: Vec<u64> = world
        .woocommerce
        .orders
        .values()
        .flat_map(|o| o.refunds.iter().map(|r| r.id).chain([o.id]))
        .collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn nothing_lies_in_the_future_and_nothing_changes_before_it_exists() {
    let world = world();
    for kind in [Kind::Contact, Kind::Company, Kind::Deal] {
        for object in world.hubspot.all(kind).values() {
            assert!(object.created <= object.updated && object.updated <= now());
            assert!(object.archived.is_none_or(|at| object.updated <= at && at <= now()));
        }
    }
    for order in world.woocommerce.orders.values() {
        assert!(order.created <= order.modified && order.modified <= now());
    }
    for customer in world.woocommerce.customers.values() {
        assert!(customer.modified.is_none_or(|at| customer.created <= at && at <= now()));
    }
    for member in world.mailchimp.members.values().flatten() {
        assert!(member.changed <= now() && member.opted_in.is_none_or(|at| at <= member.changed));
    }
    for campaign in
        world.mailchimp.campaigns.iter().filter(|campaign| campaign.status == CampaignStatus::Sent)
    {
        let sent = campaign.sent.unwrap();
        let activity = campaign.recipients.iter().flat_map(|recipient| &recipient.activity);
        assert!(activity.map(|activity| activity.at).all(|at| sent <= at && at <= now()));
    }
}

#[test]
fn a_member_who_left_by_a_campaign_is_unsubscribed() {
    let world = world();
    for campaign in &world.mailchimp.campaigns {
        for left in &campaign.unsubscribes {
            let member =
                world.mailchimp.members_of(&campaign.list_id).iter().find(|m| m.id == left.id).unwrap();
            assert_eq!((member.status, member.changed), (Status::Unsubscribed, left.at));
            assert_eq!(left.id, member_id(&left.email));
        }
    }
}
