//! Deriving orders, deals, companies and products: one row for the current version of each, none for what is
//! deleted. They hang on source identities, so a merge of people moves none of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use connectors::canonical::{self, Body, OrderStatus, OrderType, RecordKind};
use entities::{company, company_person, deal, deal_person, order, order_product, product};
use sea_orm::{
    DatabaseTransaction, EntityTrait, IntoActiveModel, Iterable, PrimaryKeyToColumn, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::{
    accounts, region,
    versions::{self, Version},
};
use crate::{
    error::{Error, Result},
    keys::Keys,
    store::{chunks, insert_all},
    view::{
        document::{Line, OrderDetails},
        money::to_micros,
    },
};

/// What deriving objects changed about people.
#[derive(Debug, Default)]
pub(super) struct Owners {
    /// Source identities whose orders or deals changed.
    pub(super) stale: BTreeSet<Uuid>,
    /// People that objects name, as (source, external id).
    pub(super) named: BTreeSet<(Uuid, String)>,
    /// Source identities that objects named until now, or whose events were replaced: perhaps nothing does any more.
    pub(super) former: BTreeSet<Uuid>,
    /// Products that are another thing now to whoever bought them.
    pub(super) products: BTreeSet<Uuid>,
    /// Companies that changed.
    pub(super) companies: accounts::Changes,
}

/// Derives the objects of one kind of one source.
pub(super) async fn derive(
    txn: &DatabaseTransaction,
    keys: &Keys,
    rules: &identity::Rules,
    source: Uuid,
    kind: RecordKind,
    external_ids: &BTreeSet<String>,
    owners: &mut Owners,
) -> Result<()> {
    let found = versions::load(txn, source, kind, external_ids.iter().cloned()).await?;
    let context = Context { keys, rules, source };
    let ids: Vec<Uuid> =
        external_ids.iter().map(|external_id| keys.object(kind.as_str(), source, external_id)).collect();
    let current = external_ids
        .iter()
        .zip(ids.iter().copied())
        .filter_map(|(external_id, id)| Some((external_id, id, found.get(external_id)?.last()?)))
        .filter(|(_, _, version)| !version.deleted);
    match kind {
        RecordKind::Order => {
            let (mut rows, mut bought) = (Vec::new(), Vec::new());
            for (external_id, id, version) in current {
                if let Body::Order(body) = version.body()? {
                    if let Some(person) = &body.person {
                        owners.named.insert((source, person.clone()));
                    }
                    bought.extend(context.bought(id, &body));
                    rows.push(context.order(id, external_id, body)?);
                }
            }
            owners.stale.extend(rows.iter().filter_map(|row| row.source_identity_id));
            for chunk in chunks(txn, ids.iter().copied()) {
                let before: Vec<Option<Uuid>> = order::Entity::find()
                    .select_only()
                    .column(order::Column::SourceIdentityId)
                    .filter(chunk.of(order::Column::Id))
                    .into_tuple()
                    .all(txn)
                    .await?;
                owners.stale.extend(before.iter().flatten());
                owners.former.extend(before.into_iter().flatten());
                let bought = order_product::Entity::delete_many();
                bought.filter(chunk.of(order_product::Column::OrderId)).exec(txn).await?;
            }
            insert_all::<order_product::Entity, _>(txn, bought, None).await?;
            replace::<order::Entity>(txn, &ids, rows).await
        }
        RecordKind::Deal => {
            let mut rows = Vec::new();
            let mut persons = Vec::new();
            for (external_id, id, version) in current {
                if let Body::Deal(body) = version.body()? {
                    for person in body.persons.iter().collect::<BTreeSet<_>>() {
                        owners.named.insert((source, person.clone()));
                        persons.push(deal_person::Model {
                            deal_id: id,
                            source_identity_id: keys.person(source, person),
                        });
                    }
                    rows.push(context.deal(id, external_id, version, body));
                }
            }
            owners.stale.extend(persons.iter().map(|row| row.source_identity_id));
            for chunk in chunks(txn, ids.iter().copied()) {
                let concerned = chunk.of(deal_person::Column::DealId);
                let before = deal_person::Entity::find().filter(concerned.clone()).all(txn).await?;
                owners.stale.extend(before.iter().map(|row| row.source_identity_id));
                owners.former.extend(before.iter().map(|row| row.source_identity_id));
                deal_person::Entity::delete_many().filter(concerned).exec(txn).await?;
            }
            insert_all::<deal_person::Entity, _>(txn, persons, None).await?;
            replace::<deal::Entity>(txn, &ids, rows).await
        }
        RecordKind::Company => {
            let mut rows = Vec::new();
            for (external_id, id, version) in current {
                if let Body::Company(body) = version.body()? {
                    let stated = found[external_id].iter().filter_map(|version| version.created_at);
                    let row = context.company(id, external_id, stated.min(), body);
                    owners.companies.now(&row);
                    rows.push(row);
                }
            }
            for chunk in chunks(txn, ids.iter().copied()) {
                for row in company::Entity::find().filter(chunk.of(company::Column::Id)).all(txn).await? {
                    owners.companies.before(&row);
                }
                let members = company_person::Entity::find()
                    .filter(chunk.of(company_person::Column::CompanyId))
                    .all(txn)
                    .await?;
                owners.stale.extend(members.iter().map(|row| row.source_identity_id));
            }
            replace::<company::Entity>(txn, &ids, rows).await
        }
        RecordKind::Product => {
            let mut rows = Vec::new();
            for (external_id, id, version) in current {
                if let Body::Product(body) = version.body()? {
                    rows.push(context.product(id, external_id, body)?);
                }
            }
            owners.products.extend(changed_products(txn, &ids, &rows).await?);
            replace::<product::Entity>(txn, &ids, rows).await
        }
        // People are derived in `persons`; campaigns are asked for by their events, which carry their names.
        RecordKind::Person | RecordKind::Campaign => Ok(()),
    }
}

/// Those of these products of which buyers are asked something else now: by their key and their categories.
async fn changed_products(
    txn: &DatabaseTransaction,
    ids: &[Uuid],
    rows: &[product::Model],
) -> Result<Vec<Uuid>> {
    let told = |row: product::Model| (row.id, (row.external_id, row.categories));
    let mut before: BTreeMap<_, _> = BTreeMap::new();
    for chunk in chunks(txn, ids.iter().copied()) {
        let found = product::Entity::find().filter(chunk.of(product::Column::Id)).all(txn).await?;
        before.extend(found.into_iter().map(told));
    }
    let after: BTreeMap<_, _> = rows.iter().cloned().map(told).collect();
    Ok(ids.iter().copied().filter(|id| before.get(id) != after.get(id)).collect())
}

struct Context<'a> {
    keys: &'a Keys,
    rules: &'a identity::Rules,
    source: Uuid,
}

impl Context<'_> {
    fn product_id(&self, external_id: &str) -> Uuid {
        self.keys.object(RecordKind::Product.as_str(), self.source, external_id)
    }

    /// The products that an order has lines of.
    fn bought(&self, order_id: Uuid, body: &canonical::Order) -> Vec<order_product::Model> {
        let products = body.lines.iter().filter_map(|line| line.product.as_deref());
        let products: BTreeSet<Uuid> = products.map(|product| self.product_id(product)).collect();
        products.into_iter().map(|product_id| order_product::Model { order_id, product_id }).collect()
    }

    fn order(&self, id: Uuid, external_id: &str, body: canonical::Order) -> Result<order::Model> {
        let lines: Vec<Line> = body
            .lines
            .into_iter()
            .map(|line| Line {
                product: line.product.map(|product| self.product_id(&product)),
                id: line.id,
                sku: line.sku,
                name: line.name,
                quantity: line.quantity.normalize(),
                unit_price: line.unit_price.map(|price| price.normalize()),
                total: line.total.normalize(),
            })
            .collect();
        let line_count = i32::try_from(lines.len()).unwrap_or(i32::MAX);
        let details = OrderDetails {
            tax: body.tax.map(|amount| amount.normalize()),
            shipping: body.shipping.map(|amount| amount.normalize()),
            discount: body.discount.map(|amount| amount.normalize()),
            coupons: body.coupons,
            lines,
        };
        let micros = |amount| to_micros(amount).ok_or_else(|| Error::stored("order", "amount out of range"));
        Ok(order::Model {
            id,
            source_id: self.source,
            external_id: external_id.to_owned(),
            source_identity_id: body.person.map(|person| self.keys.person(self.source, &person)),
            number: text(body.number),
            order_type: order_type(body.order_type).to_owned(),
            status: order_status(body.status).to_owned(),
            placed_at: body.placed_at.map(crate::clock::micros),
            currency: text(body.currency),
            total_micros: micros(body.total)?,
            refunded_micros: micros(body.refunded)?,
            line_count,
            details: json(&details)?,
        })
    }

    fn deal(&self, id: Uuid, external_id: &str, version: &Version, body: canonical::Deal) -> deal::Model {
        deal::Model {
            id,
            source_id: self.source,
            external_id: external_id.to_owned(),
            name: text(body.name),
            pipeline: text(body.pipeline),
            stage: text(body.stage),
            amount_micros: body.amount.and_then(to_micros),
            currency: text(body.currency),
            won: body.won,
            created_at: version.created_at,
            closes_at: body.closes_at.map(crate::clock::micros),
        }
    }

    fn company(
        &self,
        id: Uuid,
        external_id: &str,
        created_at: Option<DateTime<Utc>>,
        body: canonical::Company,
    ) -> company::Model {
        let country = body.country.as_deref().and_then(region::of);
        let number = |raw: &String| self.rules.register_number(raw, country.as_deref());
        company::Model {
            id,
            source_id: self.source,
            external_id: external_id.to_owned(),
            name: text(body.name),
            domain_key: body.domain.as_deref().and_then(|raw| self.rules.company_domain(raw)),
            domain: text(body.domain),
            register_key: body.register_number.as_ref().and_then(number),
            register_number: text(body.register_number),
            industry: text(body.industry),
            country: text(body.country),
            city: text(body.city),
            phone: text(body.phone),
            employees: body.employees,
            created_at,
            account_id: id,
        }
    }

    fn product(&self, id: Uuid, external_id: &str, body: canonical::Product) -> Result<product::Model> {
        Ok(product::Model {
            id,
            source_id: self.source,
            external_id: external_id.to_owned(),
            name: text(body.name),
            sku: text(body.sku),
            url: text(body.url),
            image_url: text(body.image_url),
            price_micros: body.price.and_then(to_micros),
            currency: text(body.currency),
            categories: json(&body.categories)?,
            in_stock: body.in_stock,
        })
    }
}

/// The stored name of an order's type.
pub(crate) fn order_type(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Sale => "sale",
        OrderType::Return => "return",
    }
}

/// The stored name of an order's status.
pub(crate) fn order_status(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Pending => "pending",
        OrderStatus::Processing => "processing",
        OrderStatus::Completed => "completed",
        OrderStatus::Cancelled => "cancelled",
        OrderStatus::Refunded => "refunded",
        OrderStatus::Failed => "failed",
    }
}

/// Text that both databases take: PostgreSQL refuses U+0000.
fn text(value: Option<String>) -> Option<String> {
    value.map(|text| text.replace('\0', "")).filter(|text| !text.is_empty())
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::stored("derived row", error))
}

/// Makes these rows the only ones among these ids.
async fn replace<E>(txn: &DatabaseTransaction, ids: &[Uuid], rows: Vec<E::Model>) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    if let Some(id) = E::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column) {
        for chunk in chunks(txn, ids.iter().copied()) {
            E::delete_many().filter(chunk.of(id)).exec(txn).await?;
        }
    }
    insert_all::<E, _>(txn, rows, None).await?;
    Ok(())
}
