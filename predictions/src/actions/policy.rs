//! Choosing an action.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::belief::{Belief, Chance};
use super::catalogue::{Action, Catalogue};
use super::error::BadData;
use super::learn::Learned;
use super::propensity::{Propensity, Stake, propensity};
use super::random::{generator, lot, normal, uniform};
use super::rehearsal::Chooses;
use super::rules::{Excluded, sift};
use super::situation::Situation;
use crate::matrix::count;

/// A catalogue and what was learned of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    catalogue: Catalogue,
    learned: Learned,
    /// What is thought of each action's acceptance by anybody.
    rates: Vec<Belief>,
}

/// What to do, what else could be done, and what not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NextBestActions {
    /// The id of the decision.
    pub id: Uuid,
    /// What to do.
    pub chosen: Scored,
    /// By what it was chosen.
    pub by: ChosenBy,
    /// How probable it was that this action be chosen by who chose. This is right whatever happens, but a draw that the
    /// policy hardly ever makes counts enormously in an evaluation: use it for the control group alone.
    pub propensity: Propensity,
    /// How probable it was before it was known who chooses: of n possible actions at least the control share / n, so that
    /// no choice counts too much (the balance heuristic: Veach & Guibas, *Optimally Combining Sampling Techniques for Monte
    /// Carlo Rendering*, 1995). This is what to evaluate policies by, as long as the features do not tell who is in the control
    /// group. They come to tell a little, as customers stay in it and other things happen to them.
    pub overall: Propensity,
    /// What else is possible, the greatest score first.
    pub alternatives: Vec<Scored>,
    /// What is not possible.
    pub excluded: Vec<Excluded>,
}

/// Who chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenBy {
    /// The policy: the action that drew the greatest score.
    Draw,
    /// The customer is in the control group: each possible action, *nothing* among them, is as probable.
    Control,
}

/// A possible action with the parts of its score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// Its id.
    pub action: String,
    /// `accept.mean · value − cost`: what it is expected to bring.
    pub score: f64,
    /// The probability that this customer accepts.
    pub accept: Chance,
    /// What it brings when accepted.
    pub value: f64,
    /// What it costs.
    pub cost: f64,
    /// What the probability is known from.
    pub basis: Basis,
    /// How often it was accepted, by anybody.
    pub accepted: u32,
    /// How often it was not.
    pub declined: u32,
    /// The score it drew: as `score`, with a probability drawn from what is thought of it.
    pub drawn: f64,
}

/// What a probability of acceptance is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// How often the action is accepted by anybody: there are too few outcomes for more.
    Rate,
    /// What is known of this customer.
    Customer,
}

/// A possible action: its place in the catalogue, what it may bring, and from what that is known.
struct Possible {
    place: usize,
    stake: Stake,
    basis: Basis,
}

/// What a policy makes of a possible action.
pub(super) struct Rehearsed {
    pub(super) place: usize,
    pub(super) score: f64,
    pub(super) probability: f64,
}

impl Policy {
    /// Puts a catalogue and what was learned together.
    ///
    /// # Errors
    /// A catalogue or something learned that cannot be.
    pub fn new(catalogue: Catalogue, learned: Learned) -> Result<Self, BadData> {
        let catalogue = catalogue.checked()?;
        learned.check()?;
        let rates = catalogue.actions.iter().map(|action| learned.rate(&action.id, action.prior)).collect();
        Ok(Self { catalogue, learned, rates })
    }

    /// Chooses an action. The same policy answers the same situation with the same bytes, and its candidates, contacts and
    /// responses may stand in any order. Costs actions · (features² + 64) operations for the scores and at most 257 · actions
    /// for the propensity, and actions · (contacts + responses) for the rules, times the actions of a group.
    ///
    /// # Errors
    /// Features that are no numbers, or not as many as were learned from; a candidate that is there twice.
    pub fn decide(&self, situation: &Situation) -> Result<NextBestActions, BadData> {
        let (possible, excluded) = self.possible(situation)?;
        let mut chance = generator(situation.id, self.catalogue.seed, *b"decision");
        let drawn: Vec<f64> = possible.iter().map(|one| one.stake.at(normal(&mut chance))).collect();
        let stakes: Vec<Stake> = possible.iter().map(|one| one.stake).collect();
        let even = 1.0 / count(possible.len());
        let (place, by) = if self.is_control(situation.customer) {
            (lot(&mut chance, possible.len()), ChosenBy::Control)
        } else {
            (greatest(&drawn), ChosenBy::Draw)
        };
        let by_draw = propensity(&stakes, place);
        let propensity = match by {
            ChosenBy::Control => Propensity { value: even, error: 0.0 },
            ChosenBy::Draw => by_draw,
        };
        let control = self.catalogue.control;
        let overall = Propensity {
            value: control * even + (1.0 - control) * by_draw.value,
            error: (1.0 - control) * by_draw.error,
        };
        let mut scored: Vec<Scored> =
            possible.iter().zip(&drawn).map(|(one, drawn)| self.scored(one, *drawn)).collect();
        let chosen = scored.remove(place);
        scored.sort_by(|one, other| other.score.total_cmp(&one.score));
        Ok(NextBestActions {
            id: situation.id,
            chosen,
            by,
            propensity,
            overall,
            alternatives: scored,
            excluded,
        })
    }

    /// The actions, *nothing* first.
    pub fn actions(&self) -> &[Action] {
        &self.catalogue.actions
    }

    /// What is expected of each possible action, and how probably it is chosen; the probabilities add up to 1.
    pub(super) fn rehearse(
        &self,
        situation: &Situation,
        chooses: Chooses,
    ) -> Result<Vec<Rehearsed>, BadData> {
        let (possible, _) = self.possible(situation)?;
        let scores: Vec<f64> = possible.iter().map(|one| one.stake.expected()).collect();
        let probabilities = match chooses {
            Chooses::Greatest => {
                let best = greatest(&scores);
                (0..scores.len()).map(|at| f64::from(u8::from(at == best))).collect()
            }
            Chooses::Draw => propensities(&possible),
        };
        let sum: f64 = probabilities.iter().sum();
        let all = possible.iter().zip(scores).zip(probabilities);
        Ok(all
            .map(|((one, score), probability)| Rehearsed {
                place: one.place,
                score,
                probability: probability / sum,
            })
            .collect())
    }

    /// Whether a customer is in the control group.
    pub fn is_control(&self, customer: Uuid) -> bool {
        uniform(&mut generator(customer, self.catalogue.seed, *b"customer")) < self.catalogue.control
    }

    fn possible(&self, situation: &Situation) -> Result<(Vec<Possible>, Vec<Excluded>), BadData> {
        let scaled = self.learned.scaled(&situation.features)?;
        let (possible, excluded) = sift(&self.catalogue, situation)?;
        let of = |place: usize| {
            let action = &self.catalogue.actions[place];
            let (belief, basis) = match self.learned.personal(&action.id, &scaled) {
                Some(belief) => (belief, Basis::Customer),
                None => (self.rates[place], Basis::Rate),
            };
            let stake = Stake { belief, benefit: action.benefit, cost: action.cost };
            Possible { place, stake, basis }
        };
        Ok((possible.into_iter().map(of).collect(), excluded))
    }

    fn scored(&self, one: &Possible, drawn: f64) -> Scored {
        let action = &self.catalogue.actions[one.place];
        let accept = one.stake.belief.chance();
        let (accepted, declined) = self.learned.outcomes(&action.id);
        Scored {
            action: action.id.clone(),
            score: accept.mean * action.benefit - action.cost,
            accept,
            value: action.benefit,
            cost: action.cost,
            basis: one.basis,
            accepted,
            declined,
            drawn,
        }
    }
}

/// The place of the greatest, and of equal ones the first. There is always one: nothing.
fn greatest(scores: &[f64]) -> usize {
    let better = |best: usize, at: usize| if scores[at] > scores[best] { at } else { best };
    (0..scores.len()).reduce(better).unwrap_or(0)
}

/// Which of so many parts somebody belongs to.
pub(super) fn fold(customer: Uuid, seed: u64, parts: usize) -> usize {
    lot(&mut generator(customer, seed, *b"rehearse"), parts)
}

/// How probably each draws the greatest score.
fn propensities(possible: &[Possible]) -> Vec<f64> {
    let stakes: Vec<Stake> = possible.iter().map(|one| one.stake).collect();
    (0..stakes.len()).map(|at| propensity(&stakes, at).value).collect()
}
