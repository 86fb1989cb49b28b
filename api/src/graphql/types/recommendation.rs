//! Which products people are most interested in, why, and which products belong together.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use predictions::recommend::Purpose;
use profiles::insights::{self, Asked, Bought, Recommended, Relation};
use profiles::view::read;
use uuid::Uuid;

use super::prediction::{ModelVersion, PredictionStatus};
use super::product::Product;
use crate::graphql::error::{bad_input, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::DateTime;

/// What recommendations are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum RecommendationPurpose {
    /// What the person is most interested in, bought before or not.
    All,
    /// What the person never bought.
    New,
    /// What the person bought before and may want again.
    Again,
}

impl From<RecommendationPurpose> for Purpose {
    fn from(purpose: RecommendationPurpose) -> Self {
        match purpose {
            RecommendationPurpose::All => Self::All,
            RecommendationPurpose::New => Self::New,
            RecommendationPurpose::Again => Self::Again,
        }
    }
}

/// What a recommendation rests on most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum RecommendationBasis {
    /// The person's own purchases of the very product.
    Own,
    /// What those buy who bought the same as the person.
    Others,
    /// What many buy: all there is to say of somebody new.
    Popular,
}

impl From<insights::Basis> for RecommendationBasis {
    fn from(basis: insights::Basis) -> Self {
        match basis {
            insights::Basis::Own => Self::Own,
            insights::Basis::Others => Self::Others,
            insights::Basis::Popular => Self::Popular,
        }
    }
}

/// Why a product is not recommended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum NotRecommended {
    /// Nobody who is learned from has bought it, so that nothing is known of it; or it is not among the 20,000 products that
    /// were bought most often.
    Unknown,
    /// Its source has not delivered it, so that it is not known to be sold.
    NotForSale,
    /// It is out of stock.
    OutOfStock,
    /// It is of another category than was asked for.
    OtherCategory,
    /// The person bought it before, and `NEW` ones were asked for.
    Bought,
    /// The person never bought it, and those to buy `AGAIN` were asked for.
    NeverBought,
    /// The person bought it within the last `restDays`.
    BoughtLately,
    /// It might be recommended, but others have a greater score, or it would be too much of the same.
    OthersAreBetter,
}

impl From<insights::Excluded> for NotRecommended {
    fn from(why: insights::Excluded) -> Self {
        match why {
            insights::Excluded::Unknown => Self::Unknown,
            insights::Excluded::NotForSale => Self::NotForSale,
            insights::Excluded::OutOfStock => Self::OutOfStock,
            insights::Excluded::OtherCategory => Self::OtherCategory,
            insights::Excluded::Bought => Self::Bought,
            insights::Excluded::NeverBought => Self::NeverBought,
            insights::Excluded::BoughtLately => Self::BoughtLately,
            insights::Excluded::OthersAreBetter => Self::OthersAreBetter,
        }
    }
}

/// The products that a person is most interested in. It is an object and no list, so that an empty one says why it is empty, and
/// so that it can be asked why a product is missing.
#[derive(Debug, Clone)]
pub(crate) struct Recommendations {
    status: PredictionStatus,
    computed_at: DateTime,
    model: Option<ModelVersion>,
    said: Option<Arc<Recommended>>,
}

/// How products are asked for.
pub(super) struct Wanted {
    pub(super) first: i32,
    pub(super) purpose: RecommendationPurpose,
    pub(super) category: Option<String>,
    pub(super) segment: Option<String>,
    pub(super) diversity: f64,
    pub(super) rest_days: i32,
}

impl Recommendations {
    pub(super) async fn of(
        ctx: &Context<'_>,
        profile: &read::Profile,
        bought: Arc<Vec<Bought>>,
        wanted: Wanted,
    ) -> Result<Self> {
        let count = |name: &str, count: i32| {
            usize::try_from(count).map_err(|_| bad_input(format!("{name}: {count} is less than 0")))
        };
        let loaders = loaders(ctx);
        let by = loaders.recommending().await.map_err(top)?;
        let among = match (&by, wanted.segment) {
            (Some(by), Some(segment)) => loaders.popular_among(by.clone(), segment).await.map_err(top)?,
            _ => None,
        };
        let asked = Asked {
            first: count("first", wanted.first)?,
            purpose: wanted.purpose.into(),
            category: wanted.category,
            diversity: wanted.diversity,
            rest: u32::try_from(count("restDays", wanted.rest_days)?).unwrap_or(u32::MAX),
            among,
        };
        let answer = loaders.profiles.recommendations(by, bought, &profile.said, asked).await.map_err(top)?;
        Ok(Self {
            status: answer.status.into(),
            computed_at: DateTime(answer.computed_at),
            model: answer.model.map(ModelVersion),
            said: answer.said.map(Arc::new),
        })
    }
}

/// The products that a person is most interested in. It is an object and no list, so that an empty one says why it is empty, and
/// so that it can be asked why a product is missing.
#[Object(crate = "crate::graphql::quick")]
impl Recommendations {
    /// Whether there are any, or why there are none: of somebody who has bought nothing, those are what is popular, and the status is
    /// `OK`. `STALE` by a model that was learned more than 7 days ago, as what is in demand changes.
    async fn status(&self) -> PredictionStatus {
        self.status
    }

    /// When they were worked out.
    async fn computed_at(&self) -> DateTime {
        self.computed_at
    }

    /// The model that says it; null where none was asked.
    async fn model(&self) -> Option<ModelVersion> {
        self.model.clone()
    }

    /// The best first; they may be fewer than asked for.
    async fn items(&self) -> Vec<Recommendation> {
        let items = self.said.iter().flat_map(|said| &said.items);
        items.map(|item| Recommendation(item.clone())).collect()
    }

    /// Why a product is not among them; null where it is, and where nothing is recommended at all.
    async fn why_not(
        &self,
        #[graphql(desc = "The product's id.")] product: ID,
    ) -> Result<Option<NotRecommended>> {
        let product = ids::expect("product", &product, &[Kind::Product])?;
        let Some(said) = &self.said else { return Ok(None) };
        Ok(said.why_not(product).map_err(top)?.map(Into::into))
    }
}

/// A recommended product.
#[derive(Debug, Clone)]
pub(crate) struct Recommendation(insights::Recommendation);

/// A recommended product.
#[Object(crate = "crate::graphql::quick")]
impl Recommendation {
    /// Which; null where its source has taken it away within the last seconds.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Arc<Product>>> {
        loaders(ctx).product(self.0.product).await.map_err(top)
    }

    /// Puts the products of one answer in order, above 0; it is no probability and has no unit.
    async fn score(&self) -> f64 {
        self.0.score
    }

    /// What it rests on most.
    async fn basis(&self) -> RecommendationBasis {
        self.0.basis.into()
    }

    /// How many times as often as usual it was bought by all, the days before the model was learned; it is multiplied into every
    /// contribution, to a power that was learned.
    async fn demand(&self) -> f64 {
        self.0.demand
    }

    /// Why, the strongest first. Their contributions add up to the score.
    async fn reasons(&self) -> Vec<RecommendationReason> {
        self.0.reasons.iter().map(Into::into).collect()
    }
}

/// One thing that makes a recommendation.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex, crate = "crate::graphql::quick")]
pub(crate) struct RecommendationReason {
    /// `own` (the product itself was bought before), `others` (another product was bought, and who buys that buys this), `more` (what
    /// further purchases add together), `popularity`.
    factor: &'static str,
    /// What it adds to the score.
    contribution: f64,
    /// What it is, in words.
    text: String,
    #[graphql(skip)]
    bought: Option<Uuid>,
}

impl From<&insights::RecommendationReason> for RecommendationReason {
    fn from(reason: &insights::RecommendationReason) -> Self {
        Self {
            factor: reason.factor,
            contribution: reason.contribution,
            text: reason.text.clone(),
            bought: reason.product,
        }
    }
}

#[ComplexObject]
impl RecommendationReason {
    /// What was bought; null where it is not one product, and where its source has not delivered it.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Arc<Product>>> {
        match self.bought {
            Some(product) => loaders(ctx).product(product).await.map_err(top),
            None => Ok(None),
        }
    }
}

/// How a product belongs to another one. Nothing is told that fewer than five people did. (Agrawal, Imieliński & Swami 1993; Brin,
/// Motwani, Ullman & Tsur 1997.)
#[derive(Debug, Clone, Copy)]
pub(crate) struct RelatedProduct(insights::Related);

/// How a product belongs to another one. Nothing is told that fewer than five people did. (Agrawal, Imieliński & Swami 1993; Brin,
/// Motwani, Ullman & Tsur 1997.)
#[Object(crate = "crate::graphql::quick")]
impl RelatedProduct {
    /// The other one; null where its source has taken it away within the last seconds.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Arc<Product>>> {
        loaders(ctx).product(self.0.product).await.map_err(top)
    }

    /// How many orders (`boughtTogether`) or customers (`upSell`, `similar`) have both; 5 or more.
    async fn count(&self) -> u32 {
        self.0.count
    }

    /// The share of all orders, or customers, that have both, 0 to 1.
    async fn support(&self) -> f64 {
        self.0.support
    }

    /// The share of those with this product that have the other one too, 0 to 1.
    async fn confidence(&self) -> f64 {
        self.0.confidence
    }

    /// How many times as often the other one stands with this product as anywhere; 1 or more.
    async fn lift(&self) -> f64 {
        self.0.lift
    }

    /// The cosine of the two, 0 to 1: how many have both, divided by the root of how many have the one times how many have the
    /// other.
    async fn similarity(&self) -> f64 {
        self.0.similarity
    }
}

/// The products that are related to one, the best first.
pub(super) async fn related(
    ctx: &Context<'_>,
    product: Uuid,
    relation: Relation,
    first: i32,
) -> Result<Vec<RelatedProduct>> {
    /// As many are kept.
    const MOST: usize = 20;
    let first = usize::try_from(first).ok().filter(|first| *first <= MOST);
    let first = first.ok_or_else(|| bad_input(format!("first: expected 0 to {MOST}")))?;
    let by = loaders(ctx).recommending().await.map_err(top)?;
    let related = by.map(|by| by.related(product, relation, first)).unwrap_or_default();
    Ok(related.into_iter().map(RelatedProduct).collect())
}
