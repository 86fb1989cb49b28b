//! Counting how far people come through some steps.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use segments::{Event, Events};
use serde_json::Value;
use uuid::Uuid;

use super::{
    funnel::{Frame, Way, way},
    people::{FEW, People},
    quantiles::Durations,
};
use crate::{
    Profiles,
    behaviour::doings::{self, Span, Whose},
    consent::Reader,
    error::{Error, Result},
    view::{
        catalogue::{Group, group},
        read::traits,
    },
};

/// The most steps.
const MOST_STEPS: usize = 10;
/// The most groups that are kept apart while people are counted; and of those, the most that are told of.
const MOST_GROUPS: usize = 1_000;
const MOST_TOLD: usize = 50;
/// The longest time for all steps.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// What is asked of a funnel.
#[derive(Debug, Clone)]
pub struct FunnelQuery {
    /// What is done in each step; 2 to 10 of them.
    pub steps: Vec<Events>,
    /// How long after the first step the others count; at most 366 days.
    pub within: TimeDelta,
    /// From when on the first step counts.
    pub from: DateTime<Utc>,
    /// Until just before when.
    pub to: DateTime<Utc>,
    /// The trait by whose value people are told apart; none of who somebody is.
    pub by: Option<String>,
}

/// How many came how far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funnel {
    /// Everybody.
    pub all: Vec<FunnelStep>,
    /// Those of each value of the trait, the most first; `None` for those without.
    pub groups: Vec<(Option<String>, Vec<FunnelStep>)>,
    /// Those of all other values together, where there are others.
    pub others: Option<Vec<FunnelStep>>,
}

/// A step of a funnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelStep {
    /// How many came so far; `None` where it is not told.
    pub people: Option<u64>,
    /// How long it took a quarter of them, half of them and three quarters since the step before, within 1 percent; `None`
    /// for the first step, of nobody, and where it is not told.
    pub quartiles: Option<[TimeDelta; 3]>,
}

/// People who are counted together.
#[derive(Debug, Clone)]
struct Counted(Vec<(u64, Durations)>);

impl Counted {
    fn new(steps: usize) -> Self {
        Self(vec![Default::default(); steps])
    }

    fn add(&mut self, way: &Way) {
        for (place, (people, durations)) in self.0.iter_mut().enumerate().take(way.len()) {
            *people += 1;
            if let Some(before) = place.checked_sub(1) {
                durations.add(way[place] - way[before]);
            }
        }
    }

    fn join(&mut self, other: &Self) {
        for ((people, durations), (more, others)) in self.0.iter_mut().zip(&other.0) {
            *people += more;
            durations.join(others);
        }
    }

    fn size(&self) -> u64 {
        self.0.first().map_or(0, |(people, _)| *people)
    }

    fn told(&self) -> Vec<FunnelStep> {
        let quartiles = |durations: &Durations| {
            Some([durations.quantile(25)?, durations.quantile(50)?, durations.quantile(75)?])
        };
        let told = self.0.iter();
        told.map(|(people, durations)| FunnelStep { people: Some(*people), quartiles: quartiles(durations) })
            .collect()
    }
}

impl Profiles {
    /// How many people come through some steps in order, and how long it takes them: of everybody whom the reader may see
    /// counted, by the newest 2,000 events of each that any step may be. Numbers below 10 are not told to who reads for a purpose, nor is what they could be
    /// counted from.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what cannot be asked.
    pub async fn funnel(&self, reader: &Reader, asked: &FunnelQuery) -> Result<Funnel> {
        check(asked)?;
        let mut people =
            People::new(self, self.gate(reader).await?, (asked.from, asked.to), ("", Vec::new()));
        if let Some(name) = asked.steps.first().and_then(|step| step.event.clone()) {
            people.event = (" AND e.name = $4", vec![name.into()]);
        }
        people.groups.extend(asked.by.iter().map(|key| group(key)));
        let frame = Frame { from: asked.from, to: asked.to, within: asked.within };
        let names = asked.steps.iter().map(|step| step.event.clone()).collect::<Option<Vec<_>>>();
        let names = names.unwrap_or_default();
        let to = asked.to.checked_add_signed(asked.within + TimeDelta::microseconds(1)).unwrap_or(asked.to);
        let span = Span { from: Some(asked.from), to: Some(to), names };
        let mut groups: BTreeMap<Option<String>, Counted> = BTreeMap::new();
        let mut others = Counted::new(asked.steps.len());
        while let Some(page) = people.next().await? {
            let mut values: BTreeMap<Uuid, Option<String>> = BTreeMap::new();
            for row in &page {
                let value = match &asked.by {
                    Some(key) => traits(row)?.into_iter().find(|found| found.key == *key),
                    None => None,
                };
                values.insert(row.id, value.and_then(|found| written(&found.value)));
            }
            let ids: Vec<Uuid> = values.keys().copied().collect();
            doings::each(self.db(), Whose::Profiles(&ids), span.clone(), |id, doings| {
                let events: Vec<Event> = doings
                    .into_iter()
                    .map(|doing| Event {
                        name: doing.name,
                        occurred_at: doing.at,
                        properties: doing.properties,
                    })
                    .collect();
                let way = way(&asked.steps, &events, frame);
                let value = values.remove(&id).flatten();
                if way.is_empty() {
                } else if groups.len() < MOST_GROUPS || groups.contains_key(&value) {
                    groups.entry(value).or_insert_with(|| Counted::new(asked.steps.len())).add(&way);
                } else {
                    others.add(&way);
                }
            })
            .await?;
        }
        Ok(told(groups, others, asked.by.is_some(), reader.purpose.is_some()))
    }
}

fn check(asked: &FunnelQuery) -> Result<()> {
    if !(2..=MOST_STEPS).contains(&asked.steps.len()) {
        return Err(Error::invalid("steps", format!("expected 2 to {MOST_STEPS} of them")));
    }
    if asked.to <= asked.from {
        return Err(Error::invalid("to", "expected an instant after `from`"));
    }
    if asked.within <= TimeDelta::zero() || asked.within > LONGEST {
        return Err(Error::invalid("within", "expected more than no time and at most 366 days"));
    }
    if asked.by.as_ref().is_some_and(|key| group(key) == Group::Identity) {
        return Err(Error::invalid("by", "expected a trait that does not tell who somebody is"));
    }
    Ok(())
}

/// A value by which people are told apart; none that is made of others.
fn written(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text.len() <= 200).then_some(text)
}

/// What is told of those who were counted.
fn told(groups: BTreeMap<Option<String>, Counted>, mut others: Counted, apart: bool, few: bool) -> Funnel {
    let steps = others.0.len();
    let mut all = others.clone();
    for counted in groups.values() {
        all.join(counted);
    }
    let mut groups: Vec<(Option<String>, Counted)> = groups.into_iter().collect();
    groups.sort_by(|one, other| other.1.size().cmp(&one.1.size()).then_with(|| one.0.cmp(&other.0)));
    if !apart {
        groups.clear();
        others = Counted::new(steps);
    }
    let is_few = |counted: &Counted| few && counted.size() < FEW;
    while groups.len() > MOST_TOLD || groups.last().is_some_and(|(_, last)| is_few(last)) {
        groups.pop().inspect(|(_, last)| others.join(last));
    }
    // What is left of everybody is the others: where they are few, they are told of with somebody else.
    while others.size() > 0 && is_few(&others) && !groups.is_empty() {
        groups.pop().inspect(|(_, last)| others.join(last));
    }
    let mut told = Funnel {
        all: all.told(),
        groups: groups.iter().map(|(value, counted)| (value.clone(), counted.told())).collect(),
        others: (others.size() > 0).then(|| others.told()),
    };
    if few {
        for place in 0..steps {
            hide(&mut told, place);
        }
    }
    told
}

/// Hides the numbers of a step that are few, and where a number that is few could be counted from the others, all of its groups.
fn hide(funnel: &mut Funnel, place: usize) {
    let is_few = |steps: &Vec<FunnelStep>| steps[place].people.is_some_and(|people| people < FEW);
    let is_any_few = funnel.groups.iter().map(|(_, steps)| steps).chain(&funnel.others).any(is_few);
    let hidden = FunnelStep { people: None, quartiles: None };
    if is_any_few {
        for steps in funnel.groups.iter_mut().map(|(_, steps)| steps).chain(&mut funnel.others) {
            steps[place] = hidden.clone();
        }
    }
    if is_few(&funnel.all) {
        funnel.all[place] = hidden;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(people: &[u64]) -> Counted {
        Counted(people.iter().map(|people| (*people, Durations::default())).collect())
    }

    fn people(steps: &[FunnelStep]) -> Vec<Option<u64>> {
        steps.iter().map(|step| step.people).collect()
    }

    #[test]
    fn few_are_told_of_with_others_and_can_be_counted_from_nothing() {
        let groups = |sizes: &[(&str, [u64; 2])]| -> BTreeMap<_, _> {
            sizes.iter().map(|(name, people)| (Some((*name).to_owned()), counted(people))).collect()
        };
        let none = || Counted::new(2);
        let open = told(groups(&[("a", [30, 3]), ("b", [2, 1])]), none(), true, false);
        assert_eq!(
            open.groups.iter().map(|(_, steps)| people(steps)).collect::<Vec<_>>(),
            [[Some(30), Some(3)], [Some(2), Some(1)]]
        );
        // Two are few, and with thirty others they are all.
        let few = told(groups(&[("a", [30, 20]), ("b", [2, 1])]), none(), true, true);
        assert_eq!(
            (few.groups.len(), few.others.as_deref().map(people)),
            (0, Some(vec![Some(32), Some(21)]))
        );
        // Of a later step few are left in one group: no group is told of there.
        let few = told(groups(&[("a", [30, 20]), ("b", [12, 1])]), none(), true, true);
        assert_eq!(people(&few.groups[0].1), [Some(30), None]);
        assert_eq!(
            (people(&few.groups[1].1), people(&few.all)),
            (vec![Some(12), None], vec![Some(42), Some(21)])
        );
        let few = told(groups(&[("a", [9, 0])]), none(), false, true);
        assert_eq!((people(&few.all), few.groups.len()), (vec![None, None], 0));
    }
}
