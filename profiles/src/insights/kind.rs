//! The kinds of model there are, and what they have in common.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::model::About;
use crate::{
    error::{Error, Result},
    view::read::json,
};

/// What is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Who will buy how often, and for how much: the risk of churn and the lifetime value.
    Purchases,
    /// What that says of everybody at once.
    Fleet,
    /// How likely leads are to buy for the first time.
    LeadScore,
    /// How likely people are to buy a product, or something of a category.
    Propensity,
    /// What somebody is most interested in, and what goes together.
    Recommendations,
}

impl Kind {
    /// All of them, each after those that it goes by.
    pub const ALL: [Self; 5] =
        [Self::Purchases, Self::Fleet, Self::Recommendations, Self::LeadScore, Self::Propensity];

    /// The name that it is stored under.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Purchases => "purchases",
            Self::Fleet => "fleet",
            Self::LeadScore => "lead_score",
            Self::Propensity => "propensity",
            Self::Recommendations => "recommendations",
        }
    }

    /// The kind of this name.
    pub(super) fn of(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| Error::stored("prediction model", format!("unknown kind {name}")))
    }

    /// How often it is learned anew by itself.
    pub(super) const fn anew(self) -> TimeDelta {
        match self {
            Self::Purchases | Self::Fleet | Self::LeadScore | Self::Propensity => TimeDelta::days(7),
            // What is in demand is that of the day of training.
            Self::Recommendations => TimeDelta::days(1),
        }
    }

    /// How many of them are kept beside the one in force; all of them where nothing is said.
    pub(super) const fn kept(self) -> Option<u64> {
        match self {
            Self::Purchases | Self::Fleet | Self::LeadScore | Self::Propensity => None,
            // They are large, and nobody is told what an old one would have said.
            Self::Recommendations => Some(7),
        }
    }
}

/// What was learned of one kind, as it is kept.
pub(crate) trait Model:
    std::fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Which kind.
    const KIND: Kind;

    /// # Errors
    /// [`Error::Stored`] where nothing can be predicted with it.
    fn check(&self) -> Result<()>;
}

/// What was learned, ready to be kept.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) about: About,
    /// The model as it is stored.
    pub(super) text: String,
}

impl Draft {
    /// # Errors
    /// A model that could not be read again would stop whatever asks for it.
    pub(super) fn new<M: Model>(about: About, model: &M) -> Result<Self, Unlearned> {
        let text = serde_json::to_string(model).map_err(|error| Error::stored("prediction model", error));
        let text = text.and_then(|text| {
            json::<M>("prediction model", &text)?.check()?;
            Ok(text)
        });
        let text =
            text.map_err(|error| Unlearned::Unfit(format!("nothing that can be kept was learned: {error}")))?;
        Ok(Self { kind: M::KIND, about, text })
    }
}

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unlearned {
    /// Too little is known.
    #[error("{0}")]
    TooLittle(String),
    /// What is known cannot be learned from.
    #[error("{0}")]
    Unfit(String),
    /// Somebody wanted it to stop, or the process stops.
    #[error("it was given up")]
    GivenUp,
    /// Something else went wrong.
    #[error(transparent)]
    Failed(#[from] Error),
}
