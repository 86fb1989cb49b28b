//! How fast models of purchases are fitted and asked, beside other libraries: `cargo bench -p predictions --bench btyd`.
//!
//! Customers are simulated from a seed. A time is the middle one of five, on two threads.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::error::Error;
use std::time::Instant;

use predictions::btyd::{
    GammaGamma, Histories, History, Horizon, Kind, Model, Options, Spend, Spends, residual_value,
};

#[path = "../src/btyd/tests/simulate.rs"]
#[expect(dead_code, reason = "shared with the tests, which simulate more")]
mod simulate;
use simulate::Chance;

const CDNOW: [f64; 4] = [0.243, 4.414, 0.793, 2.426];
const CDNOW_PARETO: [f64; 4] = [0.553, 10.578, 0.606, 11.669];
const CDNOW_SPEND: [f64; 3] = [6.25, 3.74, 15.44];

/// The seconds that a thing may take, and those that Python's `lifetimes` and `pymc-marketing` were measured to take for it,
/// the faster first.
struct Beside {
    aim: f64,
    others: Option<[f64; 2]>,
}

const BG_NBD: Beside = Beside { aim: 0.5, others: Some([6.0, 10.6]) };
const GAMMA_GAMMA: Beside = Beside { aim: 0.1, others: Some([1.5, 2.05]) };
const PARETO_NBD: Beside = Beside { aim: 2.0, others: Some([35.0, 57.0]) };
const SCORES: Beside = Beside { aim: 0.5, others: None };

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::default();
    println!(
        "{:60} {:>8} {:>5} {:>14} {:>12}",
        "two threads", "seconds", "aim", "others' time", "times faster"
    );
    for (in_days, unit) in [(true, "days"), (false, "to the instant")] {
        let customers =
            base(1_000_000, in_days, |chance, age| simulate::geometric(chance, CDNOW, false, age));
        let what = |doing: &str| format!("1,000,000 customers, {unit}: {doing}");
        let histories =
            timed(&what("put equal ones together"), None, || Histories::of(customers.iter().copied()));
        println!("    {} distinct histories", histories.rows().len());
        for (kind, beside) in [(Kind::BgNbd, Some(BG_NBD)), (Kind::MbgNbd, None)] {
            let doing = what(&format!("{} fit", kind.name()));
            let fit = timed(&doing, beside.as_ref(), || Model::fit(kind, &histories, &options))?;
            let at = |parameters| Ok(Model::new(kind, parameters)?.log_likelihood(&histories));
            told(&fit.estimates, at)?;
            let doing = what(&format!("{} scores", kind.name()));
            timed(&doing, Some(&SCORES), || fit.model.scores(&histories, 39.0, options.threads));
        }
    }

    let customers = base(100_000, true, |chance, age| simulate::pareto(chance, CDNOW_PARETO, age));
    let histories = Histories::of(customers);
    let kind = Kind::ParetoNbd;
    let fit = timed("100,000 customers, days: Pareto/NBD fit", Some(&PARETO_NBD), || {
        Model::fit(kind, &histories, &options)
    })?;
    told(&fit.estimates, |parameters| Ok(Model::new(kind, parameters)?.log_likelihood(&histories)))?;
    timed("100,000 customers, days: Pareto/NBD scores", None, || {
        fit.model.scores(&histories, 39.0, options.threads)
    });

    let mut chance = Chance(8);
    let spends = (0..1_000_000_u32).filter_map(|at| {
        let purchases = 1 + at % 9;
        Spend::new(purchases, simulate::spend(&mut chance, CDNOW_SPEND, purchases)).ok()
    });
    let spends: Vec<Spend> = spends.collect();
    let spends =
        timed("1,000,000 spends: put equal ones together", None, || Spends::of(spends.iter().copied()));
    let fit = timed("1,000,000 spends: Gamma-Gamma fit", Some(&GAMMA_GAMMA), || {
        GammaGamma::fit(&spends, &options)
    })?;
    told(&fit.estimates, |parameters| Ok(GammaGamma::new(parameters)?.log_likelihood(&spends)))?;

    let model = Model::new(Kind::BgNbd, CDNOW)?;
    let horizon = Horizon { window: 52.0, rate: 0.002, level: 0.8 };
    let spend = Spend::new(2, 35.0).ok();
    timed("10,000 customers: value with interval, one thread", None, || {
        let one = |history: &History| residual_value(&model, &fit.model, *history, spend, &horizon);
        histories.rows().iter().take(10_000).filter_map(|row| one(&row.history)).count()
    });
    Ok(())
}

/// The first purchases of simulated customers fall into twelve weeks, and all are watched until the end of week 39; in
/// weeks, which are cut to days if so wished.
fn base(customers: u32, in_days: bool, purchases: impl Fn(&mut Chance, f64) -> Vec<f64>) -> Vec<History> {
    let mut chance = Chance(7);
    let cut = |time: f64| if in_days { (7.0 * time).floor() / 7.0 } else { time };
    let one = |_| {
        let age = cut(27.0 + 12.0 * chance.uniform());
        let mut times = purchases(&mut chance, age);
        for time in &mut times {
            *time = cut(*time);
        }
        times.retain(|time| *time > 0.0);
        times.dedup();
        let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
        History::new(count, times.last().copied().unwrap_or(0.0), age).ok()
    };
    (0..customers).filter_map(one).collect()
}

/// Does a thing five times and tells the middle time.
fn timed<T>(what: &str, beside: Option<&Beside>, thing: impl Fn() -> T) -> T {
    let run = || {
        let start = Instant::now();
        let done = thing();
        (start.elapsed().as_secs_f64(), done)
    };
    let (first, done) = run();
    let mut times: Vec<f64> = std::iter::once(first).chain((0..4).map(|_| run().0)).collect();
    times.sort_unstable_by(f64::total_cmp);
    let seconds = times[times.len() / 2];
    let aim = beside.map_or(String::new(), |beside| format!("{:.1}", beside.aim));
    let others = beside.and_then(|beside| beside.others);
    let times = others.map_or(String::new(), |[fast, slow]| format!("{fast} – {slow}"));
    let ratios =
        others.map_or(String::new(), |[fast, slow]| format!("{:.0} – {:.0}", fast / seconds, slow / seconds));
    println!("{what:60} {seconds:8.3} {aim:>5} {times:>14} {ratios:>12}");
    done
}

/// The parameters, and how far below the top of the log-likelihood they lie: ½ gᵀ C g, with its slopes g over the logarithms of
/// the parameters by differences, and their covariance C.
fn told<const N: usize>(
    estimates: &predictions::btyd::Estimates<N>,
    log_likelihood: impl Fn([f64; N]) -> Result<f64, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    const STEP: f64 = 1e-4;
    let mut slopes = [0.0; N];
    for (at, slope) in slopes.iter_mut().enumerate() {
        let moved = |by: f64| {
            let mut parameters = estimates.parameters;
            parameters[at] *= f64::exp(by);
            log_likelihood(parameters)
        };
        *slope = (moved(STEP)? - moved(-STEP)?) / (2.0 * STEP);
    }
    let below = estimates.covariance.map_or("?".to_owned(), |covariance| {
        let along =
            covariance.iter().map(|row| row.iter().zip(slopes).map(|(c, slope)| c * slope).sum::<f64>());
        format!("{:.6}", 0.5 * along.zip(slopes).map(|(along, slope)| along * slope).sum::<f64>())
    });
    let parameters: Vec<String> = estimates.parameters.iter().map(|value| format!("{value:.4}")).collect();
    println!(
        "    {}  LL {:.4}, {below} below the top, {:?}, {} evaluations",
        parameters.join("  "),
        estimates.log_likelihood,
        estimates.status,
        estimates.evaluations
    );
    Ok(())
}
