//! Which actions are not possible for a customer now, and why: the first rule that stands against one, in this order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::catalogue::{Action, Catalogue, NOTHING};
use super::error::BadData;
use super::situation::{Barred, Candidate, Responded, Situation};

const DAY: u64 = 86_400;

/// What stands against an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The catalogue has no such action.
    Unknown,
    /// Nobody looked whether the customer may have it.
    Unchecked,
    /// The customer does not allow it.
    Consent,
    /// The customer is not whom it is for.
    Eligibility,
    /// The customer has accepted it already.
    Accepted,
    /// The customer has refused it already.
    Refused,
    /// It was done too lately.
    CoolDown,
    /// Another of its group stands against it.
    Group,
    /// The customer was contacted often enough through its channel.
    ChannelCap,
    /// There is none left.
    Stock,
}

/// An action that is not possible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Its id.
    pub action: String,
    /// What stands against it.
    pub rule: Rule,
    /// That in words and numbers.
    pub reason: String,
}

/// The places in the catalogue of what is possible, and what is not.
pub(super) fn sift(
    catalogue: &Catalogue,
    situation: &Situation,
) -> Result<(Vec<usize>, Vec<Excluded>), BadData> {
    let mut candidates: BTreeMap<&str, &Candidate> = BTreeMap::new();
    for candidate in &situation.candidates {
        if candidates.insert(&candidate.action, candidate).is_some() {
            return Err(BadData::Twice(format!("the candidate `{}`", candidate.action)));
        }
    }
    let (mut possible, mut excluded) = (Vec::new(), Vec::new());
    for (place, action) in catalogue.actions.iter().enumerate() {
        let candidate = candidates.remove(action.id.as_str());
        let against =
            if action.id == NOTHING { None } else { against(action, candidate, catalogue, situation) };
        match against {
            None => possible.push(place),
            Some((rule, reason)) => excluded.push(Excluded { action: action.id.clone(), rule, reason }),
        }
    }
    candidates.remove(NOTHING);
    excluded.extend(candidates.into_keys().map(|action| Excluded {
        action: action.to_owned(),
        rule: Rule::Unknown,
        reason: "the catalogue has no such action".to_owned(),
    }));
    Ok((possible, excluded))
}

fn against(
    action: &Action,
    candidate: Option<&Candidate>,
    catalogue: &Catalogue,
    situation: &Situation,
) -> Option<(Rule, String)> {
    let Some(candidate) = candidate else {
        return Some((Rule::Unchecked, "neither eligibility nor consent was looked at".to_owned()));
    };
    match &candidate.barred {
        Some(Barred::Consent(why)) => return Some((Rule::Consent, why.clone())),
        Some(Barred::Eligibility(why)) => return Some((Rule::Eligibility, why.clone())),
        None => {}
    }
    let responded = [(Responded::Accepted, Rule::Accepted), (Responded::Refused, Rule::Refused)];
    for (responded, rule) in responded {
        if let Some(reason) = closed(action, responded, situation) {
            return Some((rule, reason));
        }
    }
    if let Some(reason) = cooling(action, situation) {
        return Some((Rule::CoolDown, reason));
    }
    if let Some(group) = &action.group {
        let others = catalogue.actions.iter().filter(|other| other.group.as_ref() == Some(group));
        for other in others.filter(|other| other.id != action.id) {
            let why = closed(other, Responded::Accepted, situation).or_else(|| cooling(other, situation));
            if let Some(why) = why {
                return Some((Rule::Group, format!("`{}` is of the group `{group}` too: {why}", other.id)));
            }
        }
    }
    if let Some(channel) = &action.channel
        && let Some(most) = catalogue.weekly.get(channel)
    {
        let contacts = situation.contacts.iter().filter(|contact| contact.channel.as_ref() == Some(channel));
        let contacts = contacts.filter(|contact| since(situation, contact.at) < 7 * DAY).count();
        if contacts >= usize::try_from(*most).unwrap_or(usize::MAX) {
            return Some((
                Rule::ChannelCap,
                format!("{contacts} contacts by {channel} within 7 days, and {most} are allowed"),
            ));
        }
    }
    (candidate.stock == Some(0)).then(|| (Rule::Stock, "0 are left".to_owned()))
}

/// Why an action is not to be done again after what the customer responded.
fn closed(action: &Action, responded: Responded, situation: &Situation) -> Option<String> {
    let all = situation.responses.iter();
    let same = all.filter(|response| response.action == action.id && response.responded == responded);
    let ago = same.map(|response| since(situation, response.at)).min()?;
    let word = match responded {
        Responded::Accepted => "accepted",
        Responded::Refused => "refused",
    };
    match action.again_after {
        None => Some(format!("{word} {} ago, and not to be done again", span(ago))),
        Some(pause) if ago < pause => {
            Some(format!("{word} {} ago, and not to be done again within {}", span(ago), span(pause)))
        }
        Some(_) => None,
    }
}

/// Why an action is not to be done again so soon.
fn cooling(action: &Action, situation: &Situation) -> Option<String> {
    let contacts = situation.contacts.iter().filter(|contact| contact.action == action.id);
    let ago = contacts.map(|contact| since(situation, contact.at)).min()?;
    let cool_down = action.cool_down;
    (ago < cool_down).then(|| format!("last done {} ago, with a cool-down of {}", span(ago), span(cool_down)))
}

/// Seconds since an instant; 0 for one that is still to come.
fn since(situation: &Situation, at: i64) -> u64 {
    u64::try_from(situation.at.saturating_sub(at)).unwrap_or(0)
}

/// A length of time in words, cut to the greatest unit of which there are two or more.
fn span(seconds: u64) -> String {
    let units = [(DAY, "days"), (3_600, "hours"), (60, "minutes")];
    let unit = units.into_iter().find(|(length, _)| seconds >= 2 * length);
    let (length, name) = unit.unwrap_or((1, "seconds"));
    format!("{} {name}", seconds / length)
}
