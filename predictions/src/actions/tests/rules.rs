//! What stands against an action, and that it is said.

use super::simulate::{catalogue, situation};
use crate::actions::{
    Action, Barred, Catalogue, ChosenBy, Contact, Learned, NOTHING, NextBestActions, Policy, Responded,
    Response, Rule, Situation,
};

const HOUR: u64 = 3_600;
const DAY: i64 = 86_400;

fn decide(catalogue: &Catalogue, situation: &Situation) -> NextBestActions {
    Policy::new(catalogue.clone(), Learned::default()).unwrap().decide(situation).unwrap()
}

/// What stands against the first action once both catalogue and situation are changed.
fn against(change: impl Fn(&mut Action, &mut Situation)) -> Option<(Rule, String)> {
    let mut catalogue = catalogue(3);
    let mut situation = situation(&catalogue, 1, Vec::new());
    change(&mut catalogue.actions[0], &mut situation);
    let decided = decide(&catalogue, &situation);
    assert!(decided.excluded.len() <= 1, "{:?}", decided.excluded);
    let excluded = decided.excluded.into_iter().next()?;
    assert_eq!(excluded.action, "a");
    Some((excluded.rule, excluded.reason))
}

fn contact(situation: &mut Situation, action: &str, ago: i64) {
    let at = situation.at - ago;
    situation.contacts.push(Contact { action: action.to_owned(), channel: Some("e-mail".to_owned()), at });
}

fn response(situation: &mut Situation, action: &str, responded: Responded, ago: i64) {
    let at = situation.at - ago;
    situation.responses.push(Response { action: action.to_owned(), responded, at });
}

#[test]
fn what_the_caller_bars_is_not_done() {
    assert_eq!(against(|_, _| {}), None);
    let no = "no consent to e-mail".to_owned();
    let barred = against(|_, situation| situation.candidates[0].barred = Some(Barred::Consent(no.clone())));
    assert_eq!(barred, Some((Rule::Consent, no.clone())));
    let barred =
        against(|_, situation| situation.candidates[0].barred = Some(Barred::Eligibility(no.clone())));
    assert_eq!(barred, Some((Rule::Eligibility, no)));
    let unchecked = against(|_, situation| drop(situation.candidates.remove(0)));
    assert_eq!(unchecked.unwrap().0, Rule::Unchecked);
}

#[test]
fn what_was_accepted_or_refused_is_not_done_again() {
    for (responded, rule) in [(Responded::Accepted, Rule::Accepted), (Responded::Refused, Rule::Refused)] {
        let forever = against(|_, situation| response(situation, "a", responded, 4_000 * DAY));
        assert_eq!(forever.as_ref().unwrap().0, rule);
        assert!(forever.unwrap().1.contains("4000 days ago"));
        let pause = Some(30 * 24 * HOUR);
        let early = against(|action, situation| {
            action.again_after = pause;
            response(situation, "a", responded, 29 * DAY);
        });
        let (found, reason) = early.unwrap();
        assert!(
            found == rule && reason.contains("29 days ago") && reason.contains("within 30 days"),
            "{reason}"
        );
        let late = against(|action, situation| {
            action.again_after = pause;
            response(situation, "a", responded, 30 * DAY);
        });
        assert_eq!(late, None);
    }
}

#[test]
fn an_action_cools_down() {
    let done = |ago: i64| {
        against(move |action, situation| {
            action.cool_down = 48 * HOUR;
            contact(situation, "a", 100 * DAY);
            contact(situation, "a", ago);
        })
    };
    let (rule, reason) = done(2 * DAY - 1).unwrap();
    assert!(
        rule == Rule::CoolDown && reason.contains("47 hours ago") && reason.contains("2 days"),
        "{reason}"
    );
    assert_eq!(done(2 * DAY), None);
    // One that is planned counts as if it were made just now, and no instant is too far off.
    assert_eq!(done(-5 * DAY).unwrap().0, Rule::CoolDown);
    assert_eq!(done(i64::MIN / 4).unwrap().0, Rule::CoolDown);
}

#[test]
fn of_a_group_one_is_done() {
    let mut catalogue = catalogue(3);
    for action in &mut catalogue.actions[..2] {
        action.group = Some("discounts".to_owned());
        action.cool_down = 10 * 24 * HOUR;
    }
    let rules = |change: &dyn Fn(&mut Situation)| {
        let mut situation = situation(&catalogue, 1, Vec::new());
        change(&mut situation);
        let excluded = decide(&catalogue, &situation).excluded.into_iter();
        excluded.map(|one| (one.action, one.rule)).collect::<Vec<_>>()
    };
    let [a, b] = ["a", "b"].map(str::to_owned);
    assert_eq!(rules(&|_| {}), []);
    let under_way = rules(&|situation| contact(situation, "b", 9 * DAY));
    assert_eq!(under_way, [(a.clone(), Rule::Group), (b.clone(), Rule::CoolDown)]);
    assert_eq!(rules(&|situation| contact(situation, "b", 10 * DAY)), []);
    let accepted = rules(&|situation| response(situation, "b", Responded::Accepted, 500 * DAY));
    assert_eq!(accepted, [(a, Rule::Group), (b.clone(), Rule::Accepted)]);
    // Who refused one may have another.
    let refused = rules(&|situation| response(situation, "b", Responded::Refused, DAY));
    assert_eq!(refused, [(b, Rule::Refused)]);
}

#[test]
fn a_channel_has_a_cap() {
    let mut catalogue = catalogue(2);
    catalogue.actions[0].channel = Some("e-mail".to_owned());
    catalogue.weekly.insert("e-mail".to_owned(), 2);
    let after = |ago: &[i64]| {
        let mut situation = situation(&catalogue, 1, Vec::new());
        // Contacts count whichever action they were for, also one that the catalogue has lost since.
        for ago in ago {
            contact(&mut situation, "lost", *ago);
        }
        decide(&catalogue, &situation).excluded
    };
    assert_eq!(after(&[DAY, 7 * DAY]), []);
    let excluded = after(&[DAY, 7 * DAY - 1]);
    assert_eq!((excluded[0].action.as_str(), excluded[0].rule), ("a", Rule::ChannelCap));
    assert!(
        excluded[0].reason.contains("2 contacts by e-mail") && excluded[0].reason.contains("2 are allowed")
    );
}

#[test]
fn what_is_out_of_stock_or_unknown_is_said_so() {
    assert_eq!(against(|_, situation| situation.candidates[0].stock = Some(0)).unwrap().0, Rule::Stock);
    assert_eq!(against(|_, situation| situation.candidates[0].stock = Some(1)), None);
    let mut situation = situation(&catalogue(1), 1, Vec::new());
    situation.candidates[0].action = "gone".to_owned();
    let excluded = decide(&catalogue(0), &situation).excluded;
    assert_eq!((excluded[0].action.as_str(), excluded[0].rule), ("gone", Rule::Unknown));
}

#[test]
fn where_nothing_else_is_possible_nothing_is_done() {
    for actions in [0, 3] {
        let catalogue = catalogue(actions);
        let mut situation = situation(&catalogue, 1, Vec::new());
        situation.candidates.iter_mut().for_each(|candidate| candidate.stock = Some(0));
        let decided = decide(&catalogue, &situation);
        assert_eq!(decided.chosen.action, NOTHING);
        assert!((decided.propensity.value - 1.0).abs() < 1e-15 && decided.alternatives.is_empty());
        assert_eq!(decided.excluded.len(), actions);
    }
}

#[test]
fn what_costs_more_than_it_can_bring_is_never_done() {
    let mut catalogue = catalogue(2);
    catalogue.actions[0].cost = 1.5;
    catalogue.actions[1].cost = 1.0;
    for number in 0..100 {
        let decided = decide(&catalogue, &situation(&catalogue, number, Vec::new()));
        assert_eq!((decided.chosen.action.as_str(), decided.by), (NOTHING, ChosenBy::Draw));
        assert_eq!(decided.alternatives[0].action, "b");
        assert!((decided.alternatives[1].score - (0.5 - 1.5)).abs() < 1e-9);
    }
}

#[test]
fn a_share_of_customers_gets_anything_at_random() {
    let mut catalogue = catalogue(3);
    catalogue.control = 0.25;
    // Without the control group nobody would get this.
    catalogue.actions[0].cost = 2.0;
    let policy = Policy::new(catalogue.clone(), Learned::default()).unwrap();
    let (mut control, mut worst) = (0, 0);
    for number in 0..4_000 {
        let situation = situation(&catalogue, number, Vec::new());
        let decided = policy.decide(&situation).unwrap();
        assert_eq!(decided.by == ChosenBy::Control, policy.is_control(situation.customer));
        if decided.by == ChosenBy::Control {
            control += 1;
            worst += u32::from(decided.chosen.action == "a");
            assert!((decided.propensity.value - 0.25).abs() < 1e-15 && decided.propensity.error <= 0.0);
            assert!(decided.overall.value >= 0.0625);
        }
    }
    // Within four standard errors.
    assert!((890..1_110).contains(&control), "{control}");
    assert!((worst * 4).abs_diff(control) < 4 * 55, "{worst} of {control}");
}
