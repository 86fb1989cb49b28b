//! Campaigns: how they brought people, and what they tell of them.

use async_graphql::{Enum, InputObject, SimpleObject};
use profiles::behaviour;
use profiles::view::document::Inference;

use crate::graphql::scalars::{DateTime, Json, copy};

/// A UTM parameter of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "behaviour::Parameter")]
pub(crate) enum CampaignParameter {
    /// `utm_source`: where the link stood.
    Source,
    /// `utm_medium`: how it reached people.
    Medium,
    /// `utm_campaign`: the name of the campaign.
    Campaign,
    /// `utm_term`: the words that were searched for.
    Term,
    /// `utm_content`: which of several links.
    Content,
}

/// How a campaign brought somebody: the UTM parameters of the link, at most 160 bytes of each.
#[derive(Debug, SimpleObject)]
pub(crate) struct CampaignTouch {
    /// `utm_source`: where the link stood.
    source: Option<String>,
    /// `utm_medium`: how it reached people, `email` or `cpc`.
    medium: Option<String>,
    /// `utm_campaign`: the name of the campaign.
    campaign: Option<String>,
    /// `utm_term`: the words that were searched for.
    term: Option<String>,
    /// `utm_content`: which of several links.
    content: Option<String>,
    /// The kind of click id that came along: `gclid`.
    click: Option<String>,
}

impl From<behaviour::Touch> for CampaignTouch {
    fn from(touch: behaviour::Touch) -> Self {
        let behaviour::Touch { source, medium, campaign, term, content, click } = touch;
        Self { source, medium, campaign, term, content, click }
    }
}

/// By what a value follows from a campaign.
#[derive(Debug, SimpleObject)]
pub(crate) struct TraitInference {
    /// The key of the campaign meaning.
    meaning: String,
    /// How sure it is, more than 0 and at most 1.
    confidence: f64,
    /// The campaign that brought the person; null where the purpose may not use the group `QUANTITATIVE`, of which visits are.
    touch: Option<CampaignTouch>,
    /// The message id of the event by which it did; null as before.
    message_id: Option<String>,
}

impl From<&Inference> for TraitInference {
    fn from(inference: &Inference) -> Self {
        Self {
            meaning: inference.meaning.clone(),
            confidence: shown(inference.confidence),
            touch: inference.touch.clone().map(Into::into),
            message_id: inference.message_id.clone(),
        }
    }
}

/// Thousandths as a number.
fn shown(confidence: u16) -> f64 {
    f64::from(confidence) / 1_000.0
}

/// What a campaign tells of those whom it brings.
#[derive(Debug, SimpleObject)]
pub(crate) struct CampaignMeaning {
    /// Its short name.
    key: String,
    /// Which parameter of a touch is looked at.
    parameter: CampaignParameter,
    /// The value that it must have, in any case; `*` stands for any text.
    pattern: String,
    /// The traits that it gives, by key.
    traits: Vec<CampaignTrait>,
    /// How sure it is, more than 0 and at most 1.
    confidence: f64,
    /// How often it was defined: 1, 2, 3, …
    version: i32,
    /// When it was defined as it is.
    defined_at: DateTime,
    /// By whom.
    defined_by: String,
}

/// A trait that a campaign gives.
#[derive(Debug, SimpleObject)]
pub(crate) struct CampaignTrait {
    /// The key of the trait.
    key: String,
    /// Its value.
    value: Json,
}

impl From<behaviour::Meaning> for CampaignMeaning {
    fn from(meaning: behaviour::Meaning) -> Self {
        let behaviour::Meaning { key, version, says, defined_at, actor } = meaning;
        let traits = says
            .traits
            .iter()
            .map(|(key, value)| CampaignTrait { key: key.clone(), value: Json(copy(value)) });
        Self {
            key,
            parameter: says.parameter.into(),
            traits: traits.collect(),
            pattern: says.pattern,
            confidence: shown(says.confidence),
            version,
            defined_at: DateTime(defined_at),
            defined_by: actor,
        }
    }
}

/// A campaign meaning that is to be defined.
#[derive(Debug, InputObject)]
pub(crate) struct DefineCampaignMeaningInput {
    /// Its short name: 1 to 64 lower-case letters, digits, `-` or `_`.
    pub(in crate::graphql) key: String,
    /// Which parameter of a touch is looked at.
    parameter: CampaignParameter,
    /// The value that it must have, in any case; `*` stands for any text. 1 to 160 bytes.
    pattern: String,
    /// The traits that it gives, 1 to 20: none of the group `IDENTITY`, and none of touches.
    traits: Vec<CampaignTraitInput>,
    /// How sure it is, more than 0 and at most 1; three decimals are kept.
    confidence: f64,
}

/// A trait that a campaign gives.
#[derive(Debug, InputObject)]
pub(crate) struct CampaignTraitInput {
    /// The key of the trait, 1 to 100 bytes.
    key: String,
    /// Its value: a text, a number, true or false, or a list of such; at most 1,000 bytes of JSON.
    value: Json,
}

impl DefineCampaignMeaningInput {
    /// What it says; a confidence that cannot be is one of 0, which is refused.
    pub(in crate::graphql) fn read(self) -> serde_json::Result<behaviour::NewMeaning> {
        let traits = self.traits.into_iter().map(|given| Ok((given.key, given.value.0.into_json()?)));
        let thousandths = (self.confidence * 1_000.0).round();
        let is_confidence = (1.0..=1_000.0).contains(&thousandths) && self.confidence <= 1.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it lies between 1 and 1,000"
        )]
        let confidence = if is_confidence { thousandths as u16 } else { 0 };
        Ok(behaviour::NewMeaning {
            parameter: self.parameter.into(),
            pattern: self.pattern.trim().to_owned(),
            traits: traits.collect::<serde_json::Result<_>>()?,
            confidence,
        })
    }
}
