//! Hillstrom's e-mail experiment: 64,000 customers got an e-mail about men's clothes, one about women's, or none, at random.
#![expect(clippy::print_stdout, reason = "who runs tests wants to know what was not tested")]

use predictions::actions::{Chooses, NOTHING, Rehearsal};
use predictions::evidence::{Bootstrap, Verdict};

#[path = "data/hillstrom.rs"]
mod hillstrom;
use hillstrom::{MENS, WOMENS, catalogue, played, qinis};

#[test]
fn a_learned_policy_is_no_worse_than_the_best_single_action_and_says_when_it_is_no_better() {
    let Some(played) = played() else { return };
    assert_eq!(played.len(), 64_000);
    for chooses in [Chooses::Greatest, Chooses::Draw] {
        let rehearsal = Rehearsal::of(&catalogue(), &played, 5, chooses).expect("a rehearsal");
        let against =
            rehearsal.log.against_fixed(|row, action| rehearsal.target[row][action]).expect("values");
        assert_eq!(rehearsal.actions, [NOTHING, MENS, WOMENS]);
        assert!(against.policy.thin.is_empty(), "{:?}", against.policy.thin);
        // What the issue gives for a part of the customers, ± 0.003.
        for (evaluation, known) in against.fixed.iter().zip([0.1049, 0.1832, 0.1523]) {
            for estimate in [evaluation.doubly_robust, evaluation.inverse_propensity] {
                assert!((estimate.value - known).abs() < 0.003, "{estimate:?} is not {known}");
                assert!(
                    estimate.interval.low < known && known < estimate.interval.high,
                    "{estimate:?} is not {known}"
                );
            }
        }
        assert_eq!(rehearsal.actions[against.best], MENS);
        if chooses == Chooses::Greatest {
            let best = against.fixed[against.best].doubly_robust.interval;
            assert!(against.policy.doubly_robust.value >= best.low, "{:?}", against.policy);
            assert!(against.difference.interval.high >= 0.0, "{:?}", against.difference);
        }
        let is_better = against.difference.interval.low > 0.0;
        assert_eq!(against.verdict == Verdict::Yes, is_better);
        assert_eq!(against.sentence(MENS).starts_with("The policy beats"), is_better);
    }
}

#[test]
fn whom_womens_changes_is_found_as_well_as_by_others() {
    let Some(played) = played() else { return };
    let bootstrap = Bootstrap { replicates: 100, ..Bootstrap::new(7) };
    let qinis = qinis(&played, &bootstrap);
    let [two_models, transformed, rule] = qinis.map(|(_, qini)| qini.interval.expect("an interval"));
    // 0.0038 and 0.0039 for a part of the customers.
    assert!(two_models.low < 0.0038 && 0.0038 < two_models.high, "{two_models:?}");
    assert!(rule.low < 0.0039 && 0.0039 < rule.high, "{rule:?}");
    assert!(two_models.low > 0.0 && transformed.low > 0.0, "{two_models:?} {transformed:?}");
}
