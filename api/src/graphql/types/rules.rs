//! The rules under which profiles are derived, and what a change of them would do.

use async_graphql::{ID, Object, SimpleObject};
use profiles::matching::TrainedModel;
use profiles::rules::{Origin, Preview, Sample, Version};

use super::identity::bits;
use crate::graphql::error::UserError;
use crate::graphql::ids::{self, Kind};
use crate::graphql::scalars::{Count, DateTime, Json};

/// One version of the rules under which profiles are derived.
#[derive(Debug)]
pub(crate) struct IdentityRules {
    pub(in crate::graphql) version: Version,
    pub(in crate::graphql) waiting: u64,
}

/// The rules under which profiles are derived: who is the same person, and which value of a trait survives.
#[Object]
impl IdentityRules {
    /// 1, 2, 3, …; each change is one more.
    async fn version(&self) -> i32 {
        self.version.version
    }

    /// All rules, as `applyIdentityRules` takes them.
    async fn rules(&self) -> async_graphql::Result<Json> {
        Ok(Json(async_graphql::Value::from_json(serde_json::to_value(&self.version.ruleset)?)?))
    }

    /// When they came into force.
    async fn adopted_at(&self) -> DateTime {
        DateTime(self.version.adopted_at)
    }

    /// The name of the API key or the person that brought them into force; null if the configuration did.
    async fn actor(&self) -> Option<&str> {
        match &self.version.origin {
            Origin::Configuration => None,
            Origin::Person(actor) => Some(actor),
        }
    }

    /// Keys that wait to be derived again, after a change of the rules or of facts: 0 when every profile follows them.
    async fn waiting(&self) -> Count {
        Count(self.waiting)
    }
}

/// What a change of the rules would do.
#[derive(SimpleObject)]
pub(crate) struct IdentityRulesPreview {
    /// New profiles that would hold people of several present ones.
    merges: Count,
    /// Present profiles whose people would be in several new ones.
    splits: Count,
    /// Present profiles that would be merged or split.
    affected_profiles: Count,
    /// Present profiles altogether.
    profiles: Count,
    /// Some of the changes, those of most source identities first.
    samples: Vec<IdentityRulesSample>,
}

/// Some present profiles, and what would become of them.
#[derive(SimpleObject)]
struct IdentityRulesSample {
    /// The ids of the present profiles.
    before: Vec<ID>,
    /// The ids of the source identities of each new profile.
    after: Vec<Vec<ID>>,
    /// The strongest links that would bring people of different present profiles together, one for each new profile
    /// where there is one.
    because: Vec<IdentityRulesReason>,
}

/// A model by which people can be compared.
#[derive(SimpleObject)]
pub(in crate::graphql) struct IdentityModel {
    /// Its number: what `identity.model` in the rules names.
    version: i32,
    /// When it was learned.
    trained_at: DateTime,
    /// Who had it learned.
    actor: String,
}

impl From<TrainedModel> for IdentityModel {
    fn from(model: TrainedModel) -> Self {
        Self { version: model.version, trained_at: DateTime(model.trained_at), actor: model.actor }
    }
}

/// A link that would bring people together.
#[derive(SimpleObject)]
struct IdentityRulesReason {
    /// What both carry: `email`, `phone`, …; `similarity` where a model weighs.
    rule: String,
    /// How much it counts; as in `Link`.
    weight: f64,
}

impl From<Preview> for IdentityRulesPreview {
    fn from(preview: Preview) -> Self {
        Self {
            merges: Count(preview.merges),
            splits: Count(preview.splits),
            affected_profiles: Count(preview.affected),
            profiles: Count(preview.profiles),
            samples: preview.samples.into_iter().map(IdentityRulesSample::from).collect(),
        }
    }
}

impl From<Sample> for IdentityRulesSample {
    fn from(sample: Sample) -> Self {
        let people =
            |ids: Vec<uuid::Uuid>| ids.into_iter().map(|id| ids::id(Kind::SourceIdentity, id)).collect();
        Self {
            before: sample.before.into_iter().map(|id| ids::id(Kind::Profile, id)).collect(),
            after: sample.after.into_iter().map(people).collect(),
            because: sample
                .because
                .into_iter()
                .map(|(rule, weight)| IdentityRulesReason { rule, weight: bits(weight) })
                .collect(),
        }
    }
}

/// What a change of the rules would do, or why they cannot be used.
#[derive(SimpleObject)]
pub(crate) struct PreviewIdentityRulesPayload {
    /// What would change; null if the rules cannot be used.
    pub(in crate::graphql) preview: Option<IdentityRulesPreview>,
    /// Why the rules cannot be used; empty if they can.
    pub(in crate::graphql) errors: Vec<UserError>,
}

/// What came of a change of the rules.
#[derive(SimpleObject)]
pub(crate) struct IdentityRulesPayload {
    /// The rules in force now, as they were if these are the same; null if these cannot be used.
    pub(in crate::graphql) rules: Option<IdentityRules>,
    /// Why the rules cannot be used; empty if they can.
    pub(in crate::graphql) errors: Vec<UserError>,
}
