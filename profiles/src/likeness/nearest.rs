//! Which persona somebody is nearest to, and why.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use segments::Rule;
use uuid::Uuid;

use super::{
    allows,
    persona::{Mark, Persona},
    profiling,
};
use crate::{
    Profiles,
    audiences::{self, Explained},
    consent::{Admitted, Purpose, Statement},
    error::Result,
    insights::Status,
    store::over,
    view::{catalogue::Group, read::json},
};

/// People in one statement.
const STEP: usize = 1024;

/// What personas come to for one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearness {
    /// [`Status::Ok`], or [`Status::NoConsent`] where the person's data may not be used for profiling.
    pub status: Status,
    /// When it was worked out.
    pub computed_at: DateTime<Utc>,
    /// Every persona, the nearest first.
    pub personas: Vec<Resemblance>,
}

/// How near somebody is to a persona.
#[derive(Debug, Clone, PartialEq)]
pub struct Resemblance {
    /// The persona.
    pub persona: Arc<Persona>,
    /// The weights of the marks that hold of all that count, 0 to 1.
    pub score: f64,
    /// Every mark, in the order of the persona.
    pub marks: Vec<MarkAnswer>,
    /// The groups of data of which the marks tell something.
    pub groups: BTreeSet<Group>,
}

impl Resemblance {
    /// Whether the score is at least what the persona wants.
    pub fn is_reached(&self) -> bool {
        self.score >= self.persona.threshold
    }
}

/// What a mark comes to for one person.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkAnswer {
    /// What it adds to the score, 0 to 1; `None` where it is made of data that may not be used for profiling any more, and
    /// does not count.
    pub contribution: Option<f64>,
    /// Why it holds, or does not; `None` as before.
    pub why: Option<Explained>,
}

impl Profiles {
    /// What all personas come to for these people.
    pub async fn personas_of(&self, people: &[Admitted]) -> Result<HashMap<Admitted, Arc<Nearness>>> {
        let now = self.now();
        let purposes = self.purposes().await?;
        let purpose = profiling(&purposes);
        let known = self.personas().await?;
        let people = Admitted::ids(people);
        let allowing = self.allowing(purpose, &people, now).await?;
        let mut asked = Vec::with_capacity(known.len());
        for persona in known.values() {
            let groups = self.mark_groups(persona).await?;
            asked.push(Asked::new(persona, groups, purpose));
        }
        let rules: Vec<&Rule> = asked.iter().flat_map(Asked::rules).collect();
        let mut explained = audiences::explained(self, &rules, &allowing, now).await?;
        let allowing: HashSet<Uuid> = allowing.into_iter().collect();
        let mut found = HashMap::with_capacity(people.len());
        for id in people {
            let nothing = |status| Nearness { status, computed_at: now, personas: Vec::new() };
            let nearness = if allowing.contains(&id) {
                let mut answers = explained
                    .remove(&id)
                    .unwrap_or_default()
                    .into_iter()
                    .map(|explanation| Explained { at: now, explanation });
                let mut personas: Vec<_> =
                    asked.iter().filter_map(|one| one.resemblance(&mut answers)).collect();
                // Those of one score stay in the order of their keys.
                personas.sort_by(|a, b| b.score.total_cmp(&a.score));
                Nearness { personas, ..nothing(Status::Ok) }
            } else {
                nothing(Status::NoConsent)
            };
            found.insert(Admitted::again(id), Arc::new(nearness));
        }
        Ok(found)
    }

    /// Those of these people who may be compared.
    async fn allowing(
        &self,
        purpose: Option<&Purpose>,
        people: &[Uuid],
        now: DateTime<Utc>,
    ) -> Result<Vec<Uuid>> {
        let mut allowing = Vec::with_capacity(people.len());
        let sql = "SELECT id, consents FROM profile WHERE id = {}";
        for step in people.chunks(STEP) {
            for row in self.db().query_all_raw(over(self.db(), sql, step, [])).await? {
                let said: Vec<Statement> = json("consents", &row.try_get::<String>("", "consents")?)?;
                if allows(purpose, &said, now) {
                    allowing.push(row.try_get("", "id")?);
                }
            }
        }
        Ok(allowing)
    }
}

/// A persona as it is asked about people.
struct Asked<'a> {
    persona: &'a Arc<Persona>,
    /// Each mark, and whether it counts.
    marks: Vec<(&'a Mark, bool)>,
    groups: BTreeSet<Group>,
    /// The sum of the weights that count.
    weight: f64,
}

impl<'a> Asked<'a> {
    fn new(persona: &'a Arc<Persona>, groups: Vec<BTreeSet<Group>>, purpose: Option<&Purpose>) -> Self {
        let usable =
            |groups: &BTreeSet<Group>| purpose.is_some_and(|purpose| groups.is_subset(&purpose.data_groups));
        let marks: Vec<(&Mark, bool)> =
            persona.marks.iter().zip(&groups).map(|(mark, groups)| (mark, usable(groups))).collect();
        let weight = marks.iter().filter(|(_, counts)| *counts).map(|(mark, _)| mark.weight).sum();
        Self { persona, marks, groups: groups.into_iter().flatten().collect(), weight }
    }

    fn rules(&self) -> impl Iterator<Item = &'a Rule> {
        self.marks.iter().filter(|(_, counts)| *counts).map(|(mark, _)| &mark.rule)
    }

    /// Takes the answers to its rules. Nothing where no mark counts.
    fn resemblance(&self, answers: &mut impl Iterator<Item = Explained>) -> Option<Resemblance> {
        let mut score = 0.0;
        let mut marks = Vec::with_capacity(self.marks.len());
        for (mark, counts) in &self.marks {
            let why = if *counts { Some(answers.next()?) } else { None };
            let holds = why.as_ref().is_some_and(|why| why.explanation.holds);
            let contribution = if holds { mark.weight } else { 0.0 };
            score += contribution;
            marks.push(MarkAnswer { contribution: counts.then_some(contribution / self.weight), why });
        }
        let persona = Arc::clone(self.persona);
        let groups = self.groups.clone();
        (self.weight > 0.0).then_some(Resemblance { persona, score: score / self.weight, marks, groups })
    }
}
