//! What is bought with a product, and what better one instead. Tells of no person.

use predictions::recommend::Rule;
use uuid::Uuid;

use super::read::Recommending;

/// How two products may be related.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// In one order.
    Together,
    /// Bought by the same people, of the same category, and dearer.
    Better,
    /// Bought by the same people.
    Similar,
}

/// A product that is related to another one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Related {
    /// Which.
    pub product: Uuid,
    /// How many orders, or people, have both.
    pub count: u32,
    /// The share of all orders, or customers, with both, 0 to 1.
    pub support: f64,
    /// The share of those with the one who have the other too, 0 to 1.
    pub confidence: f64,
    /// How many times as often the other is found with the one as anywhere.
    pub lift: f64,
    /// The cosine of the two: 1 if each is found with the other alone.
    pub similarity: f64,
}

impl From<Rule<Uuid>> for Related {
    fn from(rule: Rule<Uuid>) -> Self {
        let Rule { item, count, support, confidence, lift } = rule;
        // n / √(a b), as support is n / N and lift n N / (a b).
        Self { product: item, count, support, confidence, lift, similarity: (support * lift).sqrt().min(1.0) }
    }
}

impl Recommending {
    /// The products in stock that are related to this one so, the best first: by confidence, similar ones by similarity.
    pub fn related(&self, product: Uuid, relation: Relation, first: usize) -> Vec<Related> {
        let learned = &self.held.model;
        let rules = match relation {
            Relation::Together => &learned.together,
            Relation::Better | Relation::Similar => &learned.by_people,
        };
        let fits = |rule: &Rule<Uuid>| {
            self.shelf.offers(rule.item)
                && (relation != Relation::Better || self.shelf.is_better(rule.item, product))
        };
        let mut related: Vec<Related> =
            rules.of_item(&product).into_iter().filter(fits).map(Related::from).collect();
        if relation == Relation::Similar {
            related.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.product.cmp(&b.product)));
        }
        related.truncate(first);
        related
    }
}
