//! The pure mapping of objects: one row in, a person, company, product or part of an order out.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::{
    fields::{Fault, Mapped, Mapper, all, missing, named, text, whole},
    formats::boolean,
    mapping::{
        Address, CompanyFields, Identifiers, LineFields, OrderFields, PersonFields, ProductFields, Records,
    },
    rows::Row,
    value::{Condition, Value},
};
use crate::canonical::{
    Body, Company, Identifier, IdentifierKind, Order, OrderLine, OrderStatus, OrderType, Person, Product,
    address, traits,
};

/// A kind of object that rows describe, in the order in which a row's are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Company,
    Person,
    Product,
    Order,
}

impl Part {
    /// What the mapping calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Person => "person",
            Self::Product => "product",
            Self::Order => "order",
        }
    }
}

/// One object that a row describes.
#[derive(Debug)]
pub(super) struct Entity {
    pub(super) id: String,
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) deleted: bool,
    pub(super) body: Body,
}

/// What one row says about an order.
#[derive(Debug)]
pub(super) struct OrderRow {
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) created_at: Option<DateTime<Utc>>,
    pub(super) deleted: bool,
    /// As this row has it, with at most one line and without what follows here.
    pub(super) order: Order,
    pub(super) status: Option<OrderStatus>,
    /// The order's own total and refund, where the file has them.
    pub(super) total: Option<Decimal>,
    pub(super) refunded: Option<Decimal>,
}

impl Mapper {
    /// The id of the object that a row describes or belongs to.
    pub(super) fn id<'a>(&'a self, part: Part, row: &'a Row) -> Option<Cow<'a, str>> {
        let Records { company, person, product, order, .. } = &self.records;
        let (when, id) = match part {
            Part::Company => company.as_ref().map(|fields| (&fields.when, &fields.id)),
            Part::Person => person.as_ref().map(|fields| (&fields.when, &fields.id)),
            Part::Product => product.as_ref().map(|fields| (&fields.when, &fields.id)),
            Part::Order => order.as_ref().map(|fields| (&fields.when, &fields.id)),
        }?;
        if all(when, row) { id.text(row) } else { None }
    }

    /// The object itself. Orders are gathered from rows, see [`Mapper::order`].
    pub(super) fn entity(&self, part: Part, row: &Row) -> Mapped<Entity> {
        match part {
            Part::Company => self.company(row),
            Part::Person => self.person(row),
            Part::Product => self.product(row),
            Part::Order => Ok(None),
        }
    }

    fn person(&self, row: &Row) -> Mapped<Entity> {
        let (Some(fields), Some(id)) = (&self.records.person, self.id(Part::Person, row)) else {
            return Ok(None);
        };
        let PersonFields { updated_at, created_at, deleted_when, identifiers, address, company, .. } = fields;
        let mut person = Person::default();
        identify(&mut person, identifiers, row);
        person.set_value(traits::ADDRESS, postal_address(address, row));
        for (key, typed) in &fields.traits {
            person.set_value(key, self.json(Some(typed), row)?);
        }
        person.companies = if company.is_empty() {
            self.id(Part::Company, row).map(Cow::into_owned).into_iter().collect()
        } else {
            company.iter().filter_map(|value| text(Some(value), row)).collect()
        };
        self.dated(id, row, [updated_at, created_at], deleted_when.as_ref(), Body::Person(person)).map(Some)
    }

    fn company(&self, row: &Row) -> Mapped<Entity> {
        let (Some(fields), Some(id)) = (&self.records.company, self.id(Part::Company, row)) else {
            return Ok(None);
        };
        let CompanyFields { updated_at, created_at, deleted_when, .. } = fields;
        let employees = self.decimal(fields.employees.as_ref(), row)?;
        let company = Company {
            name: text(fields.name.as_ref(), row),
            domain: text(fields.domain.as_ref(), row),
            register_number: text(fields.register_number.as_ref(), row),
            industry: text(fields.industry.as_ref(), row),
            country: text(fields.country.as_ref(), row),
            city: text(fields.city.as_ref(), row),
            phone: text(fields.phone.as_ref(), row),
            employees: employees.map(|number| whole(number, fields.employees.as_ref())).transpose()?,
            annual_revenue: self.decimal(fields.annual_revenue.as_ref(), row)?,
        };
        self.dated(id, row, [updated_at, created_at], deleted_when.as_ref(), Body::Company(company)).map(Some)
    }

    fn product(&self, row: &Row) -> Mapped<Entity> {
        let (Some(fields), Some(id)) = (&self.records.product, self.id(Part::Product, row)) else {
            return Ok(None);
        };
        let ProductFields { updated_at, created_at, deleted_when, .. } = fields;
        let price = self.decimal(fields.price.as_ref(), row)?;
        let product = Product {
            name: text(fields.name.as_ref(), row),
            sku: text(fields.sku.as_ref(), row),
            url: text(fields.url.as_ref(), row),
            image_url: text(fields.image_url.as_ref(), row),
            currency: if price.is_some() { self.currency(fields.currency.as_ref(), row)? } else { None },
            price,
            categories: self.texts(&fields.categories, row)?,
            in_stock: self.parsed(fields.in_stock.as_ref(), row, |_, text| boolean(text))?,
        };
        self.dated(id, row, [updated_at, created_at], deleted_when.as_ref(), Body::Product(product)).map(Some)
    }

    /// What `row` says about the order that it belongs to.
    pub(super) fn order(&self, fields: &OrderFields, row: &Row) -> Result<OrderRow, Fault> {
        let line = fields.line.as_ref().map(|line| self.line(line, row)).transpose()?;
        let returned = fields.return_when.as_ref().is_some_and(|condition| condition.holds(row));
        let person = match &fields.person {
            Some(value) => value.text(row),
            None => self.id(Part::Person, row),
        };
        let order = Order {
            number: text(fields.number.as_ref(), row),
            order_type: if returned { OrderType::Return } else { OrderType::Sale },
            placed_at: self.instant(fields.placed_at.as_ref(), row)?,
            person: person.map(Cow::into_owned),
            currency: self.currency(fields.currency.as_ref(), row)?,
            tax: self.decimal(fields.tax.as_ref(), row)?,
            shipping: self.decimal(fields.shipping.as_ref(), row)?,
            discount: self.decimal(fields.discount.as_ref(), row)?,
            coupons: self.texts(&fields.coupons, row)?,
            lines: line.into_iter().collect(),
            ..Order::default()
        };
        Ok(OrderRow {
            updated_at: self.instant(fields.updated_at.as_ref(), row)?,
            created_at: self.instant(fields.created_at.as_ref(), row)?,
            deleted: fields.deleted_when.as_ref().is_some_and(|condition| condition.holds(row)),
            order,
            status: self.parsed(fields.status.as_ref(), row, |_, text| named(text, STATUSES))?,
            total: self.decimal(fields.total.as_ref(), row)?,
            refunded: self.decimal(fields.refunded.as_ref(), row)?,
        })
    }

    fn line(&self, fields: &LineFields, row: &Row) -> Result<OrderLine, Fault> {
        let quantity = match &fields.quantity {
            None => Decimal::ONE,
            value => {
                self.decimal(value.as_ref(), row)?.ok_or_else(|| missing(value.as_ref(), "a quantity"))?
            }
        };
        let unit_price = self.decimal(fields.unit_price.as_ref(), row)?;
        let total = match (self.decimal(fields.total.as_ref(), row)?, unit_price) {
            (Some(total), _) => total,
            (None, Some(price)) => quantity
                .checked_mul(price)
                .ok_or_else(|| missing(fields.unit_price.as_ref(), "an amount of at most 28 digits"))?,
            (None, None) => {
                return Err(missing(fields.total.as_ref().or(fields.unit_price.as_ref()), "an amount"));
            }
        };
        let product = match &fields.product {
            Some(value) => value.text(row),
            None => self.id(Part::Product, row),
        };
        Ok(OrderLine {
            id: row.number.to_string(),
            product: product.map(Cow::into_owned),
            sku: text(fields.sku.as_ref(), row),
            name: text(fields.name.as_ref(), row),
            quantity,
            unit_price,
            total,
        })
    }

    fn dated(
        &self,
        id: Cow<'_, str>,
        row: &Row,
        [updated_at, created_at]: [&Option<Value>; 2],
        deleted_when: Option<&Condition>,
        body: Body,
    ) -> Result<Entity, Fault> {
        Ok(Entity {
            id: id.into_owned(),
            updated_at: self.instant(updated_at.as_ref(), row)?,
            created_at: self.instant(created_at.as_ref(), row)?,
            deleted: deleted_when.is_some_and(|condition| condition.holds(row)),
            body,
        })
    }
}

const STATUSES: &str = "pending, processing, completed, cancelled, refunded, failed";

/// The first e-mail address and telephone number are the preferred ones unless `traits` says otherwise.
fn identify(person: &mut Person, fields: &Identifiers, row: &Row) {
    let kinds = [
        (IdentifierKind::Email, &fields.email, Some(traits::EMAIL)),
        (IdentifierKind::Phone, &fields.phone, Some(traits::PHONE)),
        (IdentifierKind::UserId, &fields.user_id, None),
        (IdentifierKind::Device, &fields.device, None),
        (IdentifierKind::AnonymousId, &fields.anonymous_id, None),
    ];
    for (kind, values, preferred) in kinds {
        let found: Vec<_> = values.iter().filter_map(|value| value.text(row)).collect();
        if let (Some(key), Some(first)) = (preferred, found.first()) {
            person.set(key, Some(first));
        }
        for value in found {
            person.identify(kind, Some(&value));
        }
    }
    for (source, value) in &fields.cross_source {
        if let Some(value) = text(Some(value), row) {
            let namespace = Some(source.clone());
            person.identifiers.push(Identifier { kind: IdentifierKind::CrossSource, value, namespace });
        }
    }
}

fn postal_address(fields: &Address, row: &Row) -> Option<Json> {
    let parts = [
        ("street", &fields.street),
        ("street2", &fields.street2),
        ("postal_code", &fields.postal_code),
        ("city", &fields.city),
        ("region", &fields.region),
        ("country", &fields.country),
        ("company", &fields.company),
    ]
    .map(|(key, value)| (key, value.as_ref().and_then(|value| value.text(row))));
    address(parts.iter().map(|(key, value)| (*key, value.as_deref())))
}
