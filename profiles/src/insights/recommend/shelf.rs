//! What is there to be sold.

use std::collections::HashMap;

use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{error::Result, store::over, view::read::json};

/// Products in one statement.
const STEP: usize = 1024;

/// The products that a recommender knows, as far as their sources have delivered them.
#[derive(Debug, Default)]
pub(crate) struct Shelf(HashMap<Uuid, Product>);

#[derive(Debug)]
struct Product {
    in_stock: bool,
    categories: Vec<String>,
    price: Option<(i64, String)>,
}

impl Shelf {
    pub(super) async fn of<C: ConnectionTrait>(db: &C, products: &[Uuid]) -> Result<Self> {
        let sql = "SELECT id, in_stock, categories, price_micros, currency FROM product WHERE id = {}";
        let mut shelf = HashMap::with_capacity(products.len());
        for step in products.chunks(STEP) {
            for row in db.query_all_raw(over(db, sql, step, [])).await? {
                let price: Option<i64> = row.try_get("", "price_micros")?;
                let currency: Option<String> = row.try_get("", "currency")?;
                let product = Product {
                    // Of what a source does not say, it is taken to have some.
                    in_stock: row.try_get::<Option<bool>>("", "in_stock")?.unwrap_or(true),
                    categories: json("product categories", &row.try_get::<String>("", "categories")?)?,
                    price: price.zip(currency),
                };
                shelf.insert(row.try_get("", "id")?, product);
            }
        }
        Ok(Self(shelf))
    }

    /// Whether a source has delivered it.
    pub(super) fn knows(&self, product: Uuid) -> bool {
        self.0.contains_key(&product)
    }

    /// Whether it is known, and not told to be out of stock.
    pub(super) fn offers(&self, product: Uuid) -> bool {
        self.0.get(&product).is_some_and(|product| product.in_stock)
    }

    /// Whether it is of a category, in any case of letters.
    pub(super) fn is_of(&self, product: Uuid, category: &str) -> bool {
        let category = category.to_lowercase();
        let categories = self.0.get(&product).map(|product| &product.categories);
        categories.is_some_and(|all| all.iter().any(|one| one.to_lowercase() == category))
    }

    /// Whether another one shares a category with a product and costs more in the same currency.
    pub(super) fn is_better(&self, other: Uuid, than: Uuid) -> bool {
        let (Some(other), Some(than)) = (self.0.get(&other), self.0.get(&than)) else { return false };
        let shares = other.categories.iter().any(|category| than.categories.contains(category));
        let dearer = match (&other.price, &than.price) {
            (Some((costs, currency)), Some((less, same))) => currency == same && costs > less,
            _ => false,
        };
        shares && dearer
    }
}
