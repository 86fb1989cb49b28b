//! What people are like: personas, and people who resemble one another.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use profiles::likeness::{self, Mark, NewPersona};
use profiles::view::catalogue::Group;

use super::prediction::PredictionStatus;
use super::profile::Profile;
use super::segment::SegmentExplanation;
use super::segment_rule::{SegmentRuleInput, errors as rule_errors};
use super::traits::TraitGroup;
use crate::graphql::error::{UserError, top};
use crate::graphql::loaders::{Loaders, loaders};
use crate::graphql::scalars::{Count, DateTime, Json, copy};

/// A pattern of traits under a name.
#[derive(Debug, Clone)]
pub(crate) struct Persona(pub(in crate::graphql) Arc<likeness::Persona>);

/// A pattern of traits under a name: marks, each a rule with a weight. `Profile.personas` tells which one somebody is
/// nearest to.
#[Object]
impl Persona {
    /// Its short name: lower-case letters, digits, `-` and `_`.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whom it means.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The least score, more than 0 and at most 1: below it nobody is held to be like this persona.
    async fn threshold(&self) -> f64 {
        self.0.threshold
    }

    /// What it is known by.
    async fn marks(&self, ctx: &Context<'_>) -> Result<Vec<PersonaMark>> {
        let groups = loaders(ctx).profiles.mark_groups(&self.0).await.map_err(top)?;
        let marks = self.0.marks.iter().zip(groups).map(|(mark, groups)| PersonaMark {
            text: mark.rule.to_string(),
            rule: Json(copy(&mark.rule.to_value())),
            weight: mark.weight,
            groups: groups.into_iter().map(TraitGroup::from).collect(),
        });
        Ok(marks.collect())
    }

    /// How often it was defined: 1, 2, 3, …
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was defined as it is.
    async fn defined_at(&self) -> DateTime {
        DateTime(self.0.defined_at)
    }

    /// By whom.
    async fn defined_by(&self) -> &str {
        &self.0.actor
    }
}

/// Something that a persona is known by.
#[derive(Debug, SimpleObject)]
struct PersonaMark {
    /// The rule, in words that can be given as a rule again.
    text: String,
    /// The rule, in the JSON form: an input of the type `SegmentCondition` as it stands.
    rule: Json,
    /// How much it counts; more than 0, at most 1,000.
    weight: f64,
    /// The groups of data of which it tells something. One that the purpose `profiling` may not use does not count.
    groups: Vec<TraitGroup>,
}

/// A persona that is to be defined.
#[derive(InputObject)]
pub(in crate::graphql) struct DefinePersonaInput {
    /// Its short name: 1 to 64 lower-case letters, digits, `-` or `_`.
    key: String,
    /// What people call it; 1 to 100 characters.
    name: String,
    /// Whom it means; at most 1,000 characters.
    #[graphql(default)]
    description: String,
    /// The least score, more than 0 and at most 1: below it nobody is held to be like this persona.
    #[graphql(default = 0.5)]
    threshold: f64,
    /// What it is known by; 1 to 20. Only data that the purpose `profiling` may use makes a mark.
    marks: Vec<PersonaMarkInput>,
}

/// Something that a persona is known by.
#[derive(InputObject)]
struct PersonaMarkInput {
    /// What holds of whoever has it: a rule as segments have them.
    rule: SegmentRuleInput,
    /// How much it counts; more than 0, at most 1,000.
    #[graphql(default = 1.0)]
    weight: f64,
}

impl DefinePersonaInput {
    /// # Errors
    /// Everything that is wrong with the rules.
    pub(in crate::graphql) fn read(self) -> Result<NewPersona, Vec<UserError>> {
        let (mut marks, mut errors) = (Vec::new(), Vec::new());
        for (place, mark) in self.marks.into_iter().enumerate() {
            match mark.rule.read() {
                Ok(rule) => marks.push(Mark { rule, weight: mark.weight }),
                Err(problems) => {
                    let root = ["input", "marks", &place.to_string(), "rule"];
                    errors.extend(rule_errors(problems, &root));
                }
            }
        }
        let Self { key, name, description, threshold, .. } = self;
        let new = NewPersona { key, name, description, threshold, marks };
        if errors.is_empty() { Ok(new) } else { Err(errors) }
    }
}

/// What personas come to for one person.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct PersonaMatches {
    /// `OK`; `NO_CONSENT` where the person's data may not be used for the purpose `profiling`.
    status: PredictionStatus,
    /// When it was worked out.
    computed_at: DateTime,
    /// The persona that the person is nearest to; null where the person reaches the least score of none.
    nearest: Option<PersonaMatch>,
    /// The personas that the person is nearest to, the nearest first, those of one score by key: also those whose least
    /// score the person does not reach, and none that is made of data which may not be seen.
    matches: Vec<PersonaMatch>,
}

/// How near somebody is to a persona.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct PersonaMatch {
    /// The persona.
    persona: Persona,
    /// The weights of the marks that hold of all that count, 0 to 1.
    score: f64,
    /// Whether that is the least score of the persona, or more.
    reached: bool,
    /// Why: every mark, in the order of the persona.
    reasons: Vec<PersonaReason>,
}

/// What a mark of a persona comes to for one person.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct PersonaReason {
    /// The mark, in words.
    text: String,
    /// Whether it holds; null where it is made of data that the purpose `profiling` may not use any more: then it does not
    /// count.
    holds: Option<bool>,
    /// How much it counts beside the others.
    weight: f64,
    /// What it adds to the score; all of them add up to it.
    contribution: f64,
    /// What each condition of it met; null where it does not count.
    why: Option<SegmentExplanation>,
}

impl PersonaMatches {
    /// As who may see data of these groups is told, of the first personas.
    pub(super) fn told(found: &likeness::Nearness, first: usize, may_see: impl Fn(Group) -> bool) -> Self {
        let told = found.personas.iter().filter(|one| one.groups.iter().all(|group| may_see(*group)));
        let told: Vec<&likeness::Resemblance> = told.collect();
        Self {
            status: found.status.into(),
            computed_at: DateTime(found.computed_at),
            nearest: told.iter().find(|one| one.is_reached()).map(|one| PersonaMatch::from(*one)),
            matches: told.into_iter().take(first).map(PersonaMatch::from).collect(),
        }
    }
}

impl From<&likeness::Resemblance> for PersonaMatch {
    fn from(found: &likeness::Resemblance) -> Self {
        let marks = found.persona.marks.iter().zip(&found.marks);
        let reasons = marks.map(|(mark, answer)| PersonaReason {
            text: mark.rule.to_string(),
            holds: answer.why.as_ref().map(|why| why.explanation.holds),
            weight: mark.weight,
            contribution: answer.contribution.unwrap_or_default(),
            why: answer.why.clone().map(SegmentExplanation),
        });
        Self {
            persona: Persona(Arc::clone(&found.persona)),
            score: found.score,
            reached: found.is_reached(),
            reasons: reasons.collect(),
        }
    }
}

/// People who resemble somebody.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct SimilarProfiles {
    /// `OK`; `NO_CONSENT` where the person's data may not be used for the purpose `profiling`.
    status: PredictionStatus,
    /// When it was worked out.
    computed_at: DateTime,
    /// How many people the person was compared with: those of at most 2,000 who allow it.
    compared: Count,
    /// Those most alike, the most alike first.
    nodes: Vec<SimilarProfile>,
}

/// Somebody who resembles another one.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct SimilarProfile {
    /// Who.
    profile: Profile,
    /// How alike they are, 0 to 1.
    similarity: f64,
    /// What they have in common, the weightiest first.
    reasons: Vec<SimilarityReason>,
}

/// Something that two people have in common.
#[derive(Debug, SimpleObject)]
pub(crate) struct SimilarityReason {
    /// `products`, `categories`, `segments`, `orders`, `spent`, `last_order`, `first_seen`, `last_seen`, `company`,
    /// `industry`, `job_title`, `lifecycle_stage`, `tags`, `language`, `city` or `country`.
    factor: &'static str,
    /// What it adds to the similarity; all of them add up to it.
    contribution: f64,
    /// What it would add if they did not differ in it.
    most: f64,
    /// What it is, in words: of the one who was asked about first, and of the one who was found.
    text: String,
}

impl SimilarProfiles {
    pub(in crate::graphql) async fn new(loaders: &Loaders, found: likeness::Similar) -> Result<Self> {
        let mut nodes = Vec::with_capacity(found.people.len());
        for one in found.people {
            let reasons = one.reasons.into_iter().map(|reason| SimilarityReason {
                factor: reason.factor,
                contribution: reason.contribution,
                most: reason.most,
                text: reason.text,
            });
            nodes.push(SimilarProfile {
                profile: Profile::new(&loaders.profiles, one.profile).await.map_err(top)?,
                similarity: one.similarity,
                reasons: reasons.collect(),
            });
        }
        Ok(Self {
            status: found.status.into(),
            computed_at: DateTime(found.computed_at),
            compared: Count(found.compared as u64),
            nodes,
        })
    }
}
