//! The mapping file: which columns become which canonical fields. `docs/mappings/README.md` explains it to
//! its writer; the names here are the names there.

use std::{collections::BTreeMap, str::FromStr as _};

use serde::{Deserialize, Deserializer, de};
use sha2::{Digest as _, Sha256};

use super::{
    error::FileError,
    formats::{DateFormat, Formats},
    value::{Column, Columns, Condition, Typed, Value, one_or_many},
};

/// A mapping file that was read and checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    #[serde(default, deserialize_with = "source")]
    source: Option<String>,
    pub(super) format: Option<Format>,
    #[serde(default)]
    pub(super) csv: CsvOptions,
    #[serde(default)]
    pub(super) encoding: Encoding,
    #[serde(default, deserialize_with = "time_zone")]
    time_zone: chrono_tz::Tz,
    #[serde(default = "DateFormat::common", deserialize_with = "date_formats")]
    date_formats: Vec<DateFormat>,
    #[serde(default)]
    decimal_comma: bool,
    #[serde(default, deserialize_with = "currency")]
    pub(super) currency: Option<String>,
    pub(super) records: Records,
    /// Of the text, so that a cursor made with another mapping is recognised.
    #[serde(skip)]
    pub(super) digest: [u8; 32],
}

/// How rows are separated from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    Csv,
    Jsonl,
}

/// How bytes are letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Encoding {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "windows-1252", alias = "latin1", alias = "iso-8859-1")]
    Windows1252,
}

/// How a CSV file is punctuated.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CsvOptions {
    #[serde(default = "comma", deserialize_with = "ascii_letter")]
    pub(super) delimiter: u8,
    #[serde(default = "double_quote", deserialize_with = "ascii_letter")]
    pub(super) quote: u8,
    /// The columns' names where the file has no header line.
    pub(super) columns: Option<Vec<String>>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { delimiter: comma(), quote: double_quote(), columns: None }
    }
}

/// Declares a part of the mapping together with the walk over its columns, so that none is forgotten.
macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($(#[$meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$meta])* pub(super) $field: $type,)*
        }

        impl Columns for $name {
            fn columns<'a>(&'a mut self, found: &mut Vec<&'a mut Column>) {
                $(self.$field.columns(found);)*
            }
        }
    };
}

fields! {
    /// What the rows yield.
    Records {
        person: Option<PersonFields>,
        company: Option<CompanyFields>,
        product: Option<ProductFields>,
        order: Option<OrderFields>,
        #[serde(default, deserialize_with = "one_or_many")]
        event: Vec<EventFields>,
        #[serde(default, deserialize_with = "one_or_many")]
        consent: Vec<ConsentFields>,
    }
}

fields! {
    /// See [`crate::canonical::Person`].
    PersonFields {
        id: Value,
        #[serde(default, deserialize_with = "one_or_many")]
        when: Vec<Condition>,
        deleted_when: Option<Condition>,
        updated_at: Option<Value>,
        created_at: Option<Value>,
        #[serde(default)]
        identifiers: Identifiers,
        #[serde(default)]
        traits: BTreeMap<String, Typed>,
        #[serde(default)]
        address: Address,
        #[serde(default, deserialize_with = "one_or_many")]
        company: Vec<Value>,
    }
}

fields! {
    /// By what a person can be recognised.
    #[derive(Default)]
    Identifiers {
        #[serde(default, deserialize_with = "one_or_many")]
        email: Vec<Value>,
        #[serde(default, deserialize_with = "one_or_many")]
        phone: Vec<Value>,
        #[serde(default, deserialize_with = "one_or_many")]
        user_id: Vec<Value>,
        #[serde(default, deserialize_with = "one_or_many")]
        device: Vec<Value>,
        #[serde(default, deserialize_with = "one_or_many")]
        anonymous_id: Vec<Value>,
        #[serde(default)]
        cross_source: BTreeMap<String, Value>,
    }
}

fields! {
    /// The parts of a postal address, see [`crate::canonical::address`].
    #[derive(Default)]
    Address {
        street: Option<Value>,
        street2: Option<Value>,
        postal_code: Option<Value>,
        city: Option<Value>,
        region: Option<Value>,
        country: Option<Value>,
        company: Option<Value>,
    }
}

fields! {
    /// See [`crate::canonical::Company`].
    CompanyFields {
        id: Value,
        #[serde(default, deserialize_with = "one_or_many")]
        when: Vec<Condition>,
        deleted_when: Option<Condition>,
        updated_at: Option<Value>,
        created_at: Option<Value>,
        name: Option<Value>,
        domain: Option<Value>,
        register_number: Option<Value>,
        industry: Option<Value>,
        country: Option<Value>,
        city: Option<Value>,
        phone: Option<Value>,
        employees: Option<Value>,
        annual_revenue: Option<Value>,
    }
}

fields! {
    /// See [`crate::canonical::Product`].
    ProductFields {
        id: Value,
        #[serde(default, deserialize_with = "one_or_many")]
        when: Vec<Condition>,
        deleted_when: Option<Condition>,
        updated_at: Option<Value>,
        created_at: Option<Value>,
        name: Option<Value>,
        sku: Option<Value>,
        url: Option<Value>,
        image_url: Option<Value>,
        price: Option<Value>,
        currency: Option<Value>,
        #[serde(default, deserialize_with = "one_or_many")]
        categories: Vec<Typed>,
        in_stock: Option<Value>,
    }
}

fields! {
    /// See [`crate::canonical::Order`].
    OrderFields {
        id: Value,
        #[serde(default, deserialize_with = "one_or_many")]
        when: Vec<Condition>,
        deleted_when: Option<Condition>,
        updated_at: Option<Value>,
        created_at: Option<Value>,
        number: Option<Value>,
        status: Option<Value>,
        return_when: Option<Condition>,
        placed_at: Option<Value>,
        person: Option<Value>,
        currency: Option<Value>,
        total: Option<Value>,
        tax: Option<Value>,
        shipping: Option<Value>,
        discount: Option<Value>,
        refunded: Option<Value>,
        #[serde(default, deserialize_with = "one_or_many")]
        coupons: Vec<Typed>,
        line: Option<LineFields>,
    }
}

fields! {
    /// See [`crate::canonical::OrderLine`]. Its id is the number of its row.
    LineFields {
        product: Option<Value>,
        sku: Option<Value>,
        name: Option<Value>,
        quantity: Option<Value>,
        unit_price: Option<Value>,
        total: Option<Value>,
    }
}

fields! {
    /// See [`crate::canonical::Event`].
    EventFields {
        id: Option<Value>,
        #[serde(default, deserialize_with = "one_or_many")]
        when: Vec<Condition>,
        person: Option<Value>,
        name: Value,
        occurred_at: Value,
        #[serde(default)]
        properties: BTreeMap<String, Typed>,
        #[serde(default)]
        context: BTreeMap<String, Typed>,
    }
}

fields! {
    /// See [`crate::canonical::ConsentStatement`].
    ConsentFields {
        #[serde(default, deserialize_with = "one_or_many")]
        when: Vec<Condition>,
        person: Option<Value>,
        purpose: Value,
        status: Value,
        email: Option<Value>,
        phone: Option<Value>,
        stated_at: Option<Value>,
        expires_at: Option<Value>,
        method: Option<Value>,
        notice: Option<Value>,
        #[serde(default)]
        evidence: BTreeMap<String, Typed>,
    }
}

/// How the YAML reader says that the whole file is something else.
const NO_MAPPING: &str = "expected struct Mapping";
const NO_MAPPING_FILE: &str = "this is no mapping file: expected source, format, records and so on";

impl Mapping {
    /// Reads a mapping file. The error names the line and the field, and says what is expected.
    pub fn from_yaml(text: &str) -> Result<Self, FileError> {
        let mut mapping: Self = serde_norway::from_str(text).map_err(|error| {
            let message = error.to_string();
            // The place stands in front, where it is read first.
            let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
            // What is no mapping at all may be a file of customers: it must not be repeated.
            let message = if what.ends_with(NO_MAPPING) { NO_MAPPING_FILE } else { what }.to_owned();
            FileError::Mapping { line: error.location().map(|place| place.line()), message }
        })?;
        mapping.check().map_err(|message| FileError::Mapping { line: None, message: message.to_owned() })?;
        mapping.digest = Sha256::digest(text).into();
        Ok(mapping)
    }

    /// The key of the source that the records belong to, where the mapping names one: lower-case letters,
    /// digits, `_` and `-`, 1..64 of them.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    pub(super) fn formats(&self) -> Formats {
        Formats { zone: self.time_zone, dates: self.date_formats.clone(), decimal_comma: self.decimal_comma }
    }

    fn check(&self) -> Result<(), &'static str> {
        let Records { person, company, product, order, event, consent } = &self.records;
        let objects = person.is_some() || company.is_some() || product.is_some() || order.is_some();
        if !objects && event.is_empty() && consent.is_empty() {
            return Err("records: expected at least one of person, company, product, order, event, consent");
        }
        if person.is_none() && event.iter().any(|event| event.person.is_none()) {
            return Err("records.event.person: expected a column, since the mapping has no records.person");
        }
        if person.is_none() && consent.iter().any(|consent| consent.person.is_none()) {
            return Err("records.consent.person: expected a column, since the mapping has no records.person");
        }
        if person.as_ref().is_some_and(|person| person.traits.contains_key("address")) {
            return Err(
                "records.person.traits.address: write the parts of an address under records.person.address",
            );
        }
        if let Some(order) = order {
            match &order.line {
                None if order.total.is_none() => {
                    return Err(
                        "records.order.total: expected a column, since the mapping has no records.order.line",
                    );
                }
                Some(line) if line.total.is_none() && line.unit_price.is_none() => {
                    return Err("records.order.line: expected unit_price or total");
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn comma() -> u8 {
    b','
}

fn double_quote() -> u8 {
    b'"'
}

fn ascii_letter<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    let text = String::deserialize(from)?;
    match text.as_bytes() {
        [letter] if letter.is_ascii() && !b"\r\n".contains(letter) => Ok(*letter),
        _ => {
            Err(de::Error::custom(format!("expected one ASCII character such as `;` or `\\t`, not `{text}`")))
        }
    }
}

fn source<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let key = String::deserialize(from)?;
    let allowed =
        |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || b"_-".contains(&letter);
    if (1..=64).contains(&key.len()) && key.bytes().all(allowed) {
        Ok(Some(key))
    } else {
        Err(de::Error::custom("expected 1 to 64 lower-case letters, digits, `_` or `-`, such as `web_shop`"))
    }
}

fn time_zone<'de, D: Deserializer<'de>>(from: D) -> Result<chrono_tz::Tz, D::Error> {
    let name = String::deserialize(from)?;
    chrono_tz::Tz::from_str(&name).map_err(|_| {
        de::Error::custom(format!("expected an IANA time zone such as `Europe/London`, not `{name}`"))
    })
}

fn date_formats<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<DateFormat>, D::Error> {
    let texts: Vec<String> = one_or_many(from)?;
    texts.iter().map(|text| DateFormat::parse(text).map_err(de::Error::custom)).collect()
}

fn currency<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let code = String::deserialize(from)?;
    if is_currency(&code) {
        Ok(Some(code))
    } else {
        Err(de::Error::custom(format!("expected an ISO 4217 code such as `EUR`, not `{code}`")))
    }
}

/// Whether `code` has the form of an ISO 4217 code.
pub(super) fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase())
}
