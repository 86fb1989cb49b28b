//! Intervals are as wide as theory says, the same for the same seed, and verdicts follow from them.

use crate::btyd::tests::simulate::Chance;
use crate::evidence::metrics::number;
use crate::evidence::{Bootstrap, Interval, Verdict, judge};

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / number(values.len())
}

fn of_the_mean(values: &[f64], bootstrap: &Bootstrap) -> Interval {
    let of = |sample: &[usize]| vec![Some(mean(&sample.iter().map(|at| values[*at]).collect::<Vec<_>>()))];
    bootstrap.intervals(values.len(), of)[0].expect("an interval")
}

#[test]
fn a_mean_is_as_uncertain_as_its_standard_error_says_also_when_few_are_drawn() {
    let mut chance = Chance(5);
    let values: Vec<f64> = (0..1500).map(|_| chance.exponential(0.5)).collect();
    let middle = mean(&values);
    let variance = mean(&values.iter().map(|value| (value - middle).powi(2)).collect::<Vec<_>>());
    let expected = 2.0 * 1.96 * (variance / number(values.len())).sqrt();
    for most in [10_000, 400] {
        let Interval { low, high } = of_the_mean(&values, &Bootstrap { most, ..Bootstrap::new(3) });
        assert!(low < middle && middle < high, "{low} {middle} {high}");
        assert!(((high - low) / expected - 1.0).abs() < 0.08, "{most}: {} is not {expected}", high - low);
    }
    let narrow = of_the_mean(&values, &Bootstrap { level: 0.5, ..Bootstrap::new(3) });
    assert!(((narrow.high - narrow.low) / expected - 0.6745 / 1.96).abs() < 0.04, "{narrow:?}");
}

#[test]
fn intervals_depend_on_the_seed_and_on_nothing_else() {
    let values: Vec<f64> = (0..50).map(f64::from).collect();
    let of = |bootstrap: Bootstrap| of_the_mean(&values, &bootstrap);
    let one = Bootstrap { replicates: 101, ..Bootstrap::new(1) };
    for threads in [0, 1, 2, 3, 1000] {
        assert_eq!(of(one), of(Bootstrap { threads, ..one }), "{threads}");
    }
    assert_ne!(of(one), of(Bootstrap { seed: 2, ..one }));
}

#[test]
fn what_is_seldom_defined_has_no_interval() {
    let bootstrap = Bootstrap { replicates: 200, ..Bootstrap::new(1) };
    // Defined for about two samples of three: those that have customer 0 in them.
    let found = bootstrap.intervals(30, |sample| vec![sample.contains(&0).then_some(1.0), Some(2.0), None]);
    assert_eq!(found, [None, Some(Interval { low: 2.0, high: 2.0 }), None]);
    assert_eq!(bootstrap.intervals(0, |_| vec![Some(1.0)]), []);
    for level in [f64::NAN, -1.0, 0.0, 1.0, f64::INFINITY] {
        let Interval { low, high } = of_the_mean(&[1.0, 2.0, 6.0], &Bootstrap { level, ..bootstrap });
        assert!(low <= high && low >= 1.0 && high <= 6.0, "{level}: {low} {high}");
    }
}

#[test]
fn a_verdict_is_what_the_interval_of_the_gain_says() {
    let verdict = |low: f64, high: f64| Verdict::of(Some(Interval { low, high }));
    assert_eq!(verdict(0.01, 0.02), Verdict::Yes);
    assert_eq!(verdict(-0.02, -0.01), Verdict::No);
    assert_eq!(verdict(0.0, 0.0), Verdict::No);
    assert_eq!(verdict(-0.01, 0.02), Verdict::Unclear);
    assert_eq!(Verdict::of(None), Verdict::Unclear);
}

#[test]
fn who_knows_more_beats_who_knows_less_and_nobody_beats_themselves() {
    let mut chance = Chance(9);
    let (mut truth, mut labels, mut blurred) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..800 {
        let probability = chance.uniform();
        truth.push(probability);
        labels.push(chance.uniform() < probability);
        blurred.push(probability + chance.exponential(1.0));
    }
    let bootstrap = Bootstrap { replicates: 200, ..Bootstrap::new(4) };
    let against = |scores: &[f64], rule: &[f64]| {
        judge(scores, &labels, Some(rule), &bootstrap).expect("a judgement").verdict.expect("a verdict")
    };
    let squeezed: Vec<f64> = blurred.iter().map(|score| score / (1.0 + score)).collect();
    assert_eq!(against(&truth, &blurred), Verdict::Yes);
    assert_eq!(against(&squeezed, &truth), Verdict::No);
    // The same order is the same ranking, however it is written.
    assert_eq!(against(&squeezed, &blurred), Verdict::No);

    let found = judge(&truth, &labels, None, &bootstrap).expect("a judgement");
    assert_eq!(found.verdict, None);
    assert_eq!(found.metric("auc").map(|metric| (metric.baseline, metric.gain)), Some((None, None)));
    assert_eq!(found.metric("brier").and_then(|metric| metric.verdict), Some(Verdict::Yes));
    assert!(found.metrics.iter().all(|metric| !metric.name.starts_with("value")), "{found:?}");
    assert!((found.lift.iter().map(|decile| decile.value).sum::<f64>() - 1.0).abs() < 1e-12);
    assert_eq!(judge(&[0.5, f64::NAN], &[true, false], None, &bootstrap), None);
    for rule in [&[][..], &[1.0], &[1.0, f64::NAN]] {
        assert_eq!(judge(&[0.5, 0.2], &[true, false], Some(rule), &bootstrap), None);
    }
    // One class only: what is defined is there, what is not is left out.
    let all_came = judge(&[0.5, 0.7], &[true, true], None, &bootstrap).expect("a judgement");
    assert_eq!((all_came.metric("auc"), all_came.metric("brier").is_some()), (None, true));
}
