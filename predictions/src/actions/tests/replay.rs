//! A decision is repeated to the same bytes.

use proptest::prelude::*;

use super::simulate::{Chance, catalogue, outcomes, situation};
use crate::actions::{Catalogue, Contact, Learned, Policy, Responded, Response, Situation};

fn bytes(policy: &Policy, situation: &Situation) -> Vec<u8> {
    serde_json::to_vec(&policy.decide(situation).unwrap()).unwrap()
}

fn policy() -> (Catalogue, Policy) {
    let mut catalogue = catalogue(3);
    catalogue.control = 0.1;
    catalogue.actions[2].cost = 0.1 + 0.2;
    let policy = Policy::new(catalogue.clone(), Learned::of(outcomes(600, 1)).unwrap()).unwrap();
    (catalogue, policy)
}

#[test]
fn what_was_kept_as_json_is_decided_to_the_same_bytes() {
    let (catalogue, policy) = policy();
    let learned = Learned::of(outcomes(600, 1)).unwrap();
    let kept = (serde_json::to_string(&catalogue).unwrap(), serde_json::to_string(&learned).unwrap());
    let again: Learned = serde_json::from_str(&kept.1).unwrap();
    assert_eq!(again, learned);
    let again = Policy::new(serde_json::from_str(&kept.0).unwrap(), again).unwrap();
    let mut chance = Chance::new(2);
    for number in 0..300 {
        let features = vec![chance.uniform() * 1e3, chance.uniform() / 3.0];
        let mut situation = situation(&catalogue, number, features);
        situation.candidates[1].stock = Some(3);
        let kept = serde_json::to_string(&situation).unwrap();
        let read: Situation = serde_json::from_str(&kept).unwrap();
        assert_eq!(read, situation);
        assert_eq!(bytes(&again, &read), bytes(&policy, &situation));
    }
}

#[test]
fn another_id_or_seed_draws_anew() {
    let (mut catalogue, policy) = policy();
    let first = situation(&catalogue, 1, vec![0.0, 0.0]);
    let drawn = |policy: &Policy, situation: &Situation| policy.decide(situation).unwrap().chosen.drawn;
    let mut second = first.clone();
    second.id = uuid::Uuid::from_u128(2);
    assert!((drawn(&policy, &first) - drawn(&policy, &second)).abs() > 0.0);
    catalogue.seed += 1;
    let other = Policy::new(catalogue, Learned::of(outcomes(600, 1)).unwrap()).unwrap();
    assert!((drawn(&policy, &first) - drawn(&other, &first)).abs() > 0.0);
}

proptest! {
    #[test]
    fn lists_may_stand_in_any_order(
        number in any::<u128>(),
        contacts in proptest::collection::vec((0..4_usize, -3_000_000_i64..10_000), 0..12),
        responses in proptest::collection::vec((0..4_usize, -3_000_000_i64..10_000, any::<bool>()), 0..4),
    ) {
        let (mut catalogue, _) = policy();
        catalogue.weekly.insert("post".to_owned(), 3);
        for action in &mut catalogue.actions {
            action.channel = Some("post".to_owned());
            action.cool_down = 90_000;
            action.again_after = Some(200_000);
            action.group = (action.id != "a").then(|| "group".to_owned());
        }
        let policy = Policy::new(catalogue.clone(), Learned::default()).unwrap();
        let mut situation = situation(&catalogue, number, Vec::new());
        let name = |at: usize| ["a", "b", "c", "lost"][at].to_owned();
        let at = situation.at;
        situation.contacts = contacts
            .into_iter()
            .map(|(action, ago)| Contact { action: name(action), channel: Some("post".to_owned()), at: at + ago })
            .collect();
        let responded = |yes| if yes { Responded::Accepted } else { Responded::Refused };
        situation.responses = responses
            .into_iter()
            .map(|(action, ago, yes)| Response { action: name(action), responded: responded(yes), at: at + ago })
            .collect();
        let expected = bytes(&policy, &situation);
        situation.candidates.reverse();
        situation.contacts.reverse();
        situation.responses.reverse();
        prop_assert_eq!(bytes(&policy, &situation), expected);
    }
}
