//! Which contender to trust with the future, by what each would have said in the past.

use super::backtest::Plan;
use super::contender::{Contender, Learned};
use super::metrics::{auc, log_loss, number};
use super::transactions::{Case, Past};
use crate::btyd::{Kind, Options};

/// How well a contender did inside the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tried {
    /// Who.
    pub contender: Contender,
    /// The mean of its [`auc`] over the origins.
    pub auc: f64,
    /// The mean of its [`log_loss`] over the origins.
    pub log_loss: f64,
}

/// Which contender was chosen, and from among whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Who puts customers in the best order; the first of equals.
    pub contender: Contender,
    /// From where they were asked.
    pub plan: Plan,
    /// All who could be tried from every origin, in the order they were given.
    pub tried: Vec<Tried>,
}

/// The contender that puts customers in the best order, by the mean [`auc`] over three rolling origins inside the past
/// alone. They look as far ahead as they will have to, but at most a third of the time that is known: of a year of data and
/// for a year ahead, 4 months from the ends of months 4, 6 and 8. Nothing if no contender can be tried.
///
/// Costs three fits of each model, and as many scores of each distinct history.
pub fn choose(past: &Past, horizon: u32, contenders: &[Contender], options: &Options) -> Option<Choice> {
    let (first, _) = past.transactions.days()?;
    let known = u32::try_from(past.at.saturating_sub(first)).unwrap_or(u32::MAX);
    let plan = Plan::rolling(past.at, horizon.min(known / 3).max(1), 3);
    let trials: Vec<Trial> =
        plan.origins.iter().map(|origin| Trial::of(past, *origin, plan.horizon)).collect();
    let mut tried = Vec::new();
    for kind in Kind::ALL {
        if contenders.iter().all(|contender| contender.kind != kind) {
            continue;
        }
        let learned = |trial: &Trial| Contender { kind, ..contenders[0] }.learn(&trial.past, options).ok();
        let Some(learned) = trials.iter().map(learned).collect::<Option<Vec<Learned>>>() else { continue };
        for (at, contender) in contenders.iter().enumerate().filter(|(_, contender)| contender.kind == kind) {
            let of = |(trial, learned): (&Trial, &Learned)| {
                trial.figures(&Learned { reading: contender.reading, ..*learned }, plan.horizon)
            };
            let figures: Option<Vec<(f64, f64)>> = trials.iter().zip(&learned).map(of).collect();
            let Some(figures) = figures else { continue };
            let mean =
                |of: fn(&(f64, f64)) -> f64| figures.iter().map(of).sum::<f64>() / number(figures.len());
            tried
                .push((at, Tried { contender: *contender, auc: mean(|of| of.0), log_loss: mean(|of| of.1) }));
        }
    }
    tried.sort_by_key(|(at, _)| *at);
    let tried: Vec<Tried> = tried.into_iter().map(|(_, tried)| tried).collect();
    let best = tried.iter().reduce(|best, next| if next.auc > best.auc { next } else { best })?;
    Some(Choice { contender: best.contender, plan, tried })
}

/// A window inside the past.
struct Trial {
    past: Past,
    cases: Vec<Case>,
    came: Vec<bool>,
}

impl Trial {
    fn of(past: &Past, origin: i64, horizon: u32) -> Self {
        let before = past.transactions.before(origin);
        let cases = before.cases();
        let outcomes = past.transactions.outcomes(&cases, origin, origin.saturating_add(i64::from(horizon)));
        let came = outcomes.iter().map(|outcome| outcome.purchases > 0.0).collect();
        Self { past: before, cases, came }
    }

    fn figures(&self, learned: &Learned, horizon: u32) -> Option<(f64, f64)> {
        let forecasts = learned.forecast(&self.cases, f64::from(horizon));
        let active: Vec<f64> = forecasts.iter().map(|forecast| forecast.active).collect();
        Some((auc(&active, &self.came)?, log_loss(&active, &self.came)?))
    }
}
