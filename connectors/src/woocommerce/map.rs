//! Turns a shop's objects into canonical ones. Pure.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    config::ConsentMeta,
    consent::{Speaker, statements},
};
use crate::{
    canonical::{
        Body, ConsentStatement, Identifier, IdentifierKind, Order, OrderLine, OrderStatus, OrderType, Person,
        Product, Record, address, guest_id, traits,
    },
    lenient::{Amount, Id, Instant, Reference, Text},
    objects::{Mapped, Reason, parse, payload},
};

#[derive(Deserialize)]
struct WooProduct {
    id: Id,
    #[serde(default)]
    name: Text,
    #[serde(default)]
    sku: Text,
    #[serde(default)]
    permalink: Text,
    #[serde(default)]
    price: Amount,
    #[serde(default)]
    status: Text,
    #[serde(default)]
    stock_status: Text,
    #[serde(default)]
    categories: Vec<Named>,
    #[serde(default)]
    images: Vec<Image>,
    #[serde(default)]
    date_created_gmt: Instant,
    #[serde(default)]
    date_modified_gmt: Instant,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    name: Text,
}

#[derive(Deserialize)]
struct Image {
    #[serde(default)]
    src: Text,
}

/// Whether an object is in the trash, as far as that can be read.
pub(super) fn is_trashed(row: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Status<'a> {
        status: &'a str,
    }
    serde_json::from_str::<Status<'_>>(row.get()).is_ok_and(|row| row.status == "trash")
}

/// A product. Its price is in the shop's currency, which only the configuration knows.
pub(super) fn product(row: &RawValue, currency: Option<&str>) -> Result<Mapped, Reason> {
    let product: WooProduct = parse(row)?;
    let body = Product {
        name: product.name.0,
        sku: product.sku.0,
        url: product.permalink.0,
        image_url: product.images.into_iter().find_map(|image| image.src.0),
        price: product.price.0,
        currency: product.price.0.and(currency).map(str::to_owned),
        categories: product.categories.into_iter().filter_map(|category| category.name.0).collect(),
        in_stock: product.stock_status.get().map(|status| status != "outofstock"),
    };
    Ok(Record {
        external_id: product.id.0,
        updated_at: product.date_modified_gmt.0,
        created_at: product.date_created_gmt.0,
        deleted: product.status.get() == Some("trash"),
        body: Body::Product(body),
        payload: payload(row),
    }
    .into())
}

#[derive(Deserialize)]
struct WooCustomer {
    id: Id,
    #[serde(default)]
    email: Text,
    #[serde(default)]
    first_name: Text,
    #[serde(default)]
    last_name: Text,
    #[serde(default)]
    username: Text,
    #[serde(default)]
    avatar_url: Text,
    #[serde(default)]
    billing: Option<Box<RawValue>>,
    #[serde(default)]
    meta_data: Option<Box<RawValue>>,
    #[serde(default)]
    date_created_gmt: Instant,
    #[serde(default)]
    date_modified_gmt: Instant,
}

/// Who pays.
#[derive(Default, Deserialize)]
struct Billing {
    #[serde(default)]
    first_name: Text,
    #[serde(default)]
    last_name: Text,
    #[serde(default)]
    company: Text,
    #[serde(default)]
    address_1: Text,
    #[serde(default)]
    address_2: Text,
    #[serde(default)]
    postcode: Text,
    #[serde(default)]
    city: Text,
    #[serde(default)]
    state: Text,
    #[serde(default)]
    country: Text,
    #[serde(default)]
    email: Text,
    #[serde(default)]
    phone: Text,
}

impl Billing {
    /// Reads a billing address. PHP writes an empty object as an empty list, so only an object is one.
    fn read(raw: Option<&RawValue>) -> Result<Option<(Self, &RawValue)>, Reason> {
        let Some(raw) = raw.filter(|raw| raw.get().starts_with('{')) else { return Ok(None) };
        let billing = parse(raw).map_err(|reason| format!("billing.{reason}"))?;
        Ok(Some((billing, raw)))
    }

    /// The person that this address alone describes.
    fn person(&self) -> Person {
        let mut person = Person::default();
        person.identify(IdentifierKind::Email, self.email.get());
        person.identify(IdentifierKind::Phone, self.phone.get());
        person.set(traits::FIRST_NAME, self.first_name.get());
        person.set(traits::LAST_NAME, self.last_name.get());
        person.set(traits::EMAIL, self.email.get());
        person.set(traits::PHONE, self.phone.get());
        person.set(traits::COMPANY_NAME, self.company.get());
        person.set_value(
            traits::ADDRESS,
            address([
                ("street", self.address_1.get()),
                ("street2", self.address_2.get()),
                ("postal_code", self.postcode.get()),
                ("city", self.city.get()),
                ("region", self.state.get()),
                ("country", self.country.get()),
            ]),
        );
        person
    }
}

/// A customer with an account. What the account says goes before what the billing address says.
pub(super) fn customer(row: &RawValue, consent_meta: &[ConsentMeta]) -> Result<Mapped, Reason> {
    let customer: WooCustomer = parse(row)?;
    let billing = Billing::read(customer.billing.as_deref())?;
    let mut person = billing.map(|(billing, _)| billing.person()).unwrap_or_default();
    if let Some(email) = customer.email.get() {
        // The billing address may be somebody else's, an office for instance.
        person.identifiers.retain(|identifier| identifier.kind != IdentifierKind::Email);
        person.identifiers.insert(0, Identifier::new(IdentifierKind::Email, email));
    }
    person.set(traits::EMAIL, customer.email.get());
    person.set(traits::FIRST_NAME, customer.first_name.get());
    person.set(traits::LAST_NAME, customer.last_name.get());
    person.set(traits::USERNAME, customer.username.get());
    person.set(traits::AVATAR_URL, customer.avatar_url.get());
    let speaker = Speaker {
        person: &customer.id.0,
        described: &person,
        // Whatever was changed in the account dates it anew: an old yes would outweigh a no that came after it.
        stated_at: None,
        method: Some("account"),
        object: ("customer", &customer.id.0),
    };
    let consents = statements(consent_meta, customer.meta_data.as_deref(), &speaker);
    let record = Record {
        external_id: customer.id.0,
        updated_at: customer.date_modified_gmt.0,
        created_at: customer.date_created_gmt.0,
        deleted: false,
        body: Body::Person(person),
        payload: payload(row),
    };
    Ok(Mapped { records: vec![record], consents, ..Mapped::default() })
}

#[derive(Deserialize)]
struct WooOrder {
    id: Id,
    #[serde(default)]
    number: Text,
    #[serde(default)]
    status: Text,
    #[serde(default)]
    currency: Text,
    #[serde(default)]
    created_via: Text,
    #[serde(default)]
    customer_id: Reference,
    #[serde(default)]
    billing: Option<Box<RawValue>>,
    #[serde(default)]
    meta_data: Option<Box<RawValue>>,
    total: Amount,
    #[serde(default)]
    total_tax: Amount,
    #[serde(default)]
    shipping_total: Amount,
    #[serde(default)]
    discount_total: Amount,
    #[serde(default)]
    line_items: Vec<WooLine>,
    #[serde(default)]
    coupon_lines: Vec<Coupon>,
    #[serde(default)]
    refunds: Vec<Refund>,
    #[serde(default)]
    date_created_gmt: Instant,
    #[serde(default)]
    date_modified_gmt: Instant,
}

#[derive(Deserialize)]
struct WooLine {
    id: Id,
    #[serde(default)]
    product_id: Reference,
    #[serde(default)]
    sku: Text,
    #[serde(default)]
    name: Text,
    quantity: Amount,
    #[serde(default)]
    price: Amount,
    total: Amount,
}

#[derive(Deserialize)]
struct Coupon {
    #[serde(default)]
    code: Text,
}

#[derive(Deserialize)]
struct Refund {
    total: Amount,
}

/// An order, and the guest who placed it if the buyer has no account.
pub(super) fn order(row: &RawValue, consent_meta: &[ConsentMeta]) -> Result<Mapped, Reason> {
    let order: WooOrder = parse(row)?;
    let deleted = order.status.get() == Some("trash");
    let guest = if order.customer_id.0.is_none() { guest(&order)? } else { None };
    let person =
        order.customer_id.0.clone().or_else(|| guest.as_ref().map(|guest| guest.external_id.clone()));
    let consents = match &person {
        Some(person) if !consent_meta.is_empty() => opt_ins(&order, person, consent_meta),
        _ => Vec::new(),
    };
    let lines = order.line_items.into_iter().enumerate().map(|(at, line)| {
        Ok(OrderLine {
            id: line.id.0,
            product: line.product_id.0,
            sku: line.sku.0,
            name: line.name.0,
            quantity: amount(&line.quantity, || format!("line_items[{at}].quantity"))?,
            unit_price: line.price.0,
            total: amount(&line.total, || format!("line_items[{at}].total"))?,
        })
    });
    let body = Order {
        number: order.number.0,
        order_type: OrderType::Sale,
        status: status(order.status.get()),
        placed_at: order.date_created_gmt.0,
        person,
        currency: order.currency.0,
        total: amount(&order.total, || "total".to_owned())?,
        tax: order.total_tax.0,
        shipping: order.shipping_total.0,
        discount: order.discount_total.0,
        // A refund is written as a negative amount.
        refunded: order.refunds.iter().filter_map(|refund| refund.total.0).map(|part| part.abs()).sum(),
        coupons: order.coupon_lines.into_iter().filter_map(|coupon| coupon.code.0).collect(),
        lines: lines.collect::<Result<_, Reason>>()?,
    };
    let record = Record {
        external_id: order.id.0,
        updated_at: order.date_modified_gmt.0,
        created_at: order.date_created_gmt.0,
        deleted,
        body: Body::Order(body),
        payload: payload(row),
    };
    Ok(Mapped { records: guest.into_iter().chain([record]).collect(), consents, ..Mapped::default() })
}

/// What was ticked when the order was placed. A draft was not placed, what is in the trash counts for nothing, and the
/// renewal of a subscription only carries on what was ticked at its beginning.
fn opt_ins(order: &WooOrder, person: &str, consent_meta: &[ConsentMeta]) -> Vec<ConsentStatement> {
    let method = match (order.status.get(), order.created_via.get()) {
        (Some("checkout-draft" | "auto-draft" | "trash"), _) | (_, Some("subscription")) => {
            return Vec::new();
        }
        (_, Some("checkout" | "store-api")) => Some("checkout"),
        (_, Some("rest-api")) => Some("api"),
        // Somebody of the shop wrote it down: that is nothing in writing from the buyer.
        _ => None,
    };
    // An order of a customer with an account is not refused for its billing address.
    let billing = Billing::read(order.billing.as_deref()).ok().flatten();
    let described = billing.map(|(billing, _)| billing.person()).unwrap_or_default();
    let speaker = Speaker {
        person,
        described: &described,
        stated_at: order.date_created_gmt.0,
        method,
        object: ("order", &order.id.0),
    };
    statements(consent_meta, order.meta_data.as_deref(), &speaker)
}

/// The person behind an order without an account, if there is an e-mail address. All that is known of them is
/// the billing address, so that is the payload.
fn guest(order: &WooOrder) -> Result<Option<Record>, Reason> {
    let Some((billing, raw)) = Billing::read(order.billing.as_deref())? else { return Ok(None) };
    Ok(billing.email.get().map(|email| Record {
        external_id: guest_id(email),
        updated_at: order.date_modified_gmt.0,
        created_at: order.date_created_gmt.0,
        deleted: false,
        body: Body::Person(billing.person()),
        payload: payload(raw),
    }))
}

/// An amount that an order cannot do without.
fn amount(amount: &Amount, path: impl Fn() -> String) -> Result<Decimal, Reason> {
    amount.0.ok_or_else(|| format!("{}: expected a decimal number", path()))
}

/// Where an order stands. Shops add statuses of their own, and those are steps on the way (packed, in production).
fn status(status: Option<&str>) -> OrderStatus {
    match status {
        Some("pending" | "on-hold" | "checkout-draft" | "auto-draft") => OrderStatus::Pending,
        Some("completed") => OrderStatus::Completed,
        Some("cancelled" | "trash") => OrderStatus::Cancelled,
        Some("refunded") => OrderStatus::Refunded,
        Some("failed") => OrderStatus::Failed,
        _ => OrderStatus::Processing,
    }
}
