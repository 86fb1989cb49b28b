//! The canonical form: what every source's objects are turned into before anyone else sees them.
//!
//! A connector's pure mapping produces these values and nothing downstream knows a vendor. They are stored
//! as JSON beside the payload, so their shape is part of the database: fields may be added (with
//! `#[serde(default)]`), never renamed. Nothing here is normalised: an e-mail address stays as the source
//! wrote it, so that better normalisation can be applied to old facts.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One version of one object of a source, as delivered.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The object's id in the source, unique together with [`Body::kind`].
    pub external_id: String,
    /// When the source says it last changed this object. `None` where the source does not date it.
    pub updated_at: Option<DateTime<Utc>>,
    /// When the source says it created this object.
    pub created_at: Option<DateTime<Utc>>,
    /// The object is archived or deleted at the source.
    pub deleted: bool,
    /// The canonical mapping. A tombstone that carries no fields has the default body of its kind.
    pub body: Body,
    /// The bytes of this object exactly as the source delivered them (JSON).
    pub payload: Vec<u8>,
}

/// What kind of object a record is, with its canonical fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A person-like object: CRM contact, shop customer, guest, newsletter member.
    Person(Person),
    /// A company or account.
    Company(Company),
    /// A sales opportunity.
    Deal(Deal),
    /// A thing that can be bought.
    Product(Product),
    /// A purchase or a return.
    Order(Order),
    /// An e-mail or other campaign.
    Campaign(Campaign),
}

/// The kinds of record, without their fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// See [`Body::Person`].
    Person,
    /// See [`Body::Company`].
    Company,
    /// See [`Body::Deal`].
    Deal,
    /// See [`Body::Product`].
    Product,
    /// See [`Body::Order`].
    Order,
    /// See [`Body::Campaign`].
    Campaign,
}

impl RecordKind {
    /// Every kind, in the order in which they are rebuilt.
    pub const ALL: [Self; 6] =
        [Self::Person, Self::Company, Self::Deal, Self::Product, Self::Order, Self::Campaign];

    /// The name that is stored and shown: `person`, `company`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Company => "company",
            Self::Deal => "deal",
            Self::Product => "product",
            Self::Order => "order",
            Self::Campaign => "campaign",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl Body {
    /// Which kind this is.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Person(_) => RecordKind::Person,
            Self::Company(_) => RecordKind::Company,
            Self::Deal(_) => RecordKind::Deal,
            Self::Product(_) => RecordKind::Product,
            Self::Order(_) => RecordKind::Order,
            Self::Campaign(_) => RecordKind::Campaign,
        }
    }
}

/// A person-like object of one source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// How much of the person this tells.
    #[serde(skip_serializing_if = "Extent::is_whole")]
    pub extent: Extent,
    /// Values by which the person can be recognised, as the source wrote them.
    pub identifiers: Vec<Identifier>,
    /// Fields of the person by trait key (see [`traits`]). Absent and empty values are left out.
    pub traits: BTreeMap<String, Value>,
    /// External ids (same source) of the companies that the person belongs to.
    pub companies: Vec<String>,
    /// Of a visitor ([`visitor_id`]): the external id (same source) of the person who logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
}

/// How much of a person one record tells, and for how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Everything that the source has: what is left out is not so any more.
    #[default]
    Whole,
    /// Only what is named; everything else stays as it was. A trait that is null is so no more.
    Part,
    /// As [`Extent::Part`]; however often it is said, only the first time counts.
    Since,
}

impl Extent {
    /// Whether this is all that the source has.
    pub fn is_whole(&self) -> bool {
        *self == Self::Whole
    }
}

/// A value by which a person can be recognised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identifier {
    /// What the value is.
    pub kind: IdentifierKind,
    /// The value as the source wrote it.
    pub value: String,
    /// For [`IdentifierKind::CrossSource`]: the key of the source whose external id this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl Identifier {
    /// An identifier without a namespace.
    pub fn new(kind: IdentifierKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into(), namespace: None }
    }
}

/// The kinds of identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// An e-mail address.
    Email,
    /// A telephone number, in any spelling.
    Phone,
    /// The id under which the customer's own systems know the person (a login, an account number).
    UserId,
    /// A device or advertising id.
    Device,
    /// An anonymous visitor's id.
    AnonymousId,
    /// The external id of a person in another source, named by the namespace.
    CrossSource,
}

/// A company or account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Company {
    /// Its name.
    pub name: Option<String>,
    /// Its web domain.
    pub domain: Option<String>,
    /// Its number in the register of a chamber of commerce or a court, or for value added tax, as the source writes it.
    pub register_number: Option<String>,
    /// Its industry as the source calls it.
    pub industry: Option<String>,
    /// Its country, name or ISO code as delivered.
    pub country: Option<String>,
    /// Its city.
    pub city: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// How many people work there.
    pub employees: Option<i64>,
    /// Yearly revenue in the account's currency.
    pub annual_revenue: Option<Decimal>,
}

/// A sales opportunity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deal {
    /// Its title.
    pub name: Option<String>,
    /// The pipeline's id or name.
    pub pipeline: Option<String>,
    /// The stage's id or name.
    pub stage: Option<String>,
    /// Its value.
    pub amount: Option<Decimal>,
    /// ISO 4217 code of the amount.
    pub currency: Option<String>,
    /// `Some(true)` won, `Some(false)` lost, `None` still open.
    pub won: Option<bool>,
    /// When it was, or is expected to be, closed.
    pub closes_at: Option<DateTime<Utc>>,
    /// External ids (same source) of the people concerned.
    pub persons: Vec<String>,
    /// External ids (same source) of the companies concerned.
    pub companies: Vec<String>,
}

/// A thing that can be bought.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Product {
    /// Its name.
    pub name: Option<String>,
    /// Stock-keeping unit.
    pub sku: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// Its picture.
    pub image_url: Option<String>,
    /// Price of one.
    pub price: Option<Decimal>,
    /// ISO 4217 code of the price.
    pub currency: Option<String>,
    /// Names of its categories.
    pub categories: Vec<String>,
    /// Whether it can be bought now.
    pub in_stock: Option<bool>,
}

/// A purchase or a return.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    /// The number that the customer sees.
    pub number: Option<String>,
    /// Sale or return.
    pub order_type: OrderType,
    /// Where it stands.
    pub status: OrderStatus,
    /// When the customer placed it.
    pub placed_at: Option<DateTime<Utc>>,
    /// External id (same source) of the person record that bought; `None` for an order of no person.
    pub person: Option<String>,
    /// ISO 4217 code of every amount in this order.
    pub currency: Option<String>,
    /// What the customer pays in all, taxes and shipping included. Negative for a return.
    pub total: Decimal,
    /// The part of `total` that is tax.
    pub tax: Option<Decimal>,
    /// The part of `total` that is shipping.
    pub shipping: Option<Decimal>,
    /// What was taken off.
    pub discount: Option<Decimal>,
    /// What was paid back, as a positive amount.
    pub refunded: Decimal,
    /// Coupon codes used.
    pub coupons: Vec<String>,
    /// What was bought.
    pub lines: Vec<OrderLine>,
}

/// Whether goods went to the customer or came back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderType {
    /// A purchase.
    #[default]
    Sale,
    /// A credit note: goods or money went back; its total is negative or zero.
    Return,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Placed, not paid.
    Pending,
    /// Paid or being delivered.
    Processing,
    /// Paid and delivered.
    #[default]
    Completed,
    /// Taken back before it was fulfilled; counts for no revenue.
    Cancelled,
    /// Fully refunded.
    Refunded,
    /// Payment failed; counts for no revenue.
    Failed,
}

/// One line of an order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderLine {
    /// The line's id in the source.
    pub id: String,
    /// External id (same source) of the product.
    pub product: Option<String>,
    /// Stock-keeping unit.
    pub sku: Option<String>,
    /// The product's name as sold.
    pub name: Option<String>,
    /// How many.
    pub quantity: Decimal,
    /// Price of one.
    pub unit_price: Option<Decimal>,
    /// What the line costs after its discount.
    pub total: Decimal,
}

/// An e-mail or other campaign.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Campaign {
    /// Its name inside the tool.
    pub name: Option<String>,
    /// The subject line.
    pub subject: Option<String>,
    /// `email`, `sms`, …
    pub channel: Option<String>,
    /// When it went out.
    pub sent_at: Option<DateTime<Utc>>,
}

/// Something that happened to or was done by a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Unique within the source; the same message delivered twice is one event.
    pub message_id: String,
    /// External id (same source) of the person record.
    pub person: String,
    /// The event's name, in the words of the Segment specifications where one fits: `Email Opened`.
    pub name: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// What it was about.
    #[serde(default)]
    pub properties: BTreeMap<String, Value>,
    /// Where it was done.
    #[serde(default)]
    pub context: BTreeMap<String, Value>,
}

/// What a person said about the use of their data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsentStatement {
    /// External id (same source) of the person record.
    pub person: String,
    /// What the data may be used for: `email_marketing`, `sms_marketing`, `profiling`, …
    pub purpose: String,
    /// The address or number that the statement is about; `None` where it is about the person.
    pub contact_point: Option<Identifier>,
    /// What was said.
    pub status: ConsentStatus,
    /// When it was said. `None` where the source does not know.
    pub stated_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// How it was given: `form`, `import`, `api`, `double_opt_in`, …
    pub method: Option<String>,
    /// The version of the notice that was shown.
    #[serde(default)]
    pub notice: Option<String>,
    /// What proves it (form, address hash, time of the double opt-in). Never a secret.
    #[serde(default)]
    pub evidence: BTreeMap<String, Value>,
}

/// The state that a consent statement declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentStatus {
    /// Allowed.
    Granted,
    /// Refused when asked.
    Denied,
    /// Allowed once, taken back.
    Withdrawn,
    /// Asked, and not yet confirmed (double opt-in).
    Pending,
    /// Allowed once, ended.
    Expired,
    /// Nothing any more: takes back what this source said undated.
    Unstated,
}

/// The well-known trait keys. A connector maps to these where one fits; a source's own fields keep their
/// name behind the source's kind (`hubspot.favourite_colour`).
pub mod traits {
    /// Given name.
    pub const FIRST_NAME: &str = "first_name";
    /// Family name.
    pub const LAST_NAME: &str = "last_name";
    /// The whole name, where the source has it in one field.
    pub const FULL_NAME: &str = "full_name";
    /// Preferred e-mail address.
    pub const EMAIL: &str = "email";
    /// Preferred telephone number.
    pub const PHONE: &str = "phone";
    /// Date of birth, `YYYY-MM-DD`.
    pub const BIRTH_DATE: &str = "birth_date";
    /// `female`, `male`, or as the source says it.
    pub const GENDER: &str = "gender";
    /// Language tag, BCP 47 where the source has one.
    pub const LANGUAGE: &str = "language";
    /// Postal address: an object built by [`super::address`].
    pub const ADDRESS: &str = "address";
    /// Job title.
    pub const JOB_TITLE: &str = "job_title";
    /// Employer's name as written on the person.
    pub const COMPANY_NAME: &str = "company_name";
    /// Industry as written on the person.
    pub const INDUSTRY: &str = "industry";
    /// Web site.
    pub const WEBSITE: &str = "website";
    /// CRM life-cycle stage.
    pub const LIFECYCLE_STAGE: &str = "lifecycle_stage";
    /// CRM lead status.
    pub const LEAD_STATUS: &str = "lead_status";
    /// Labels: an array of strings.
    pub const TAGS: &str = "tags";
    /// The user name in the source.
    pub const USERNAME: &str = "username";
    /// The picture's URL.
    pub const AVATAR_URL: &str = "avatar_url";
    /// E-mail engagement rating of the e-mail tool, 0..5.
    pub const EMAIL_RATING: &str = "email_rating";
    /// Average open rate of the e-mail tool, 0..1.
    pub const EMAIL_OPEN_RATE: &str = "email_open_rate";
    /// Average click rate of the e-mail tool, 0..1.
    pub const EMAIL_CLICK_RATE: &str = "email_click_rate";
    /// Time zone, IANA name.
    pub const TIME_ZONE: &str = "time_zone";
    /// How likely the person is to recommend the company, 0..10: the answer to the question of the Net Promoter Score.
    pub const NPS_SCORE: &str = "nps_score";
    /// How satisfied the person is, 1..5.
    pub const CSAT_SCORE: &str = "csat_score";
    /// What the person wrote last in a survey.
    pub const SURVEY_COMMENT: &str = "survey_comment";
    /// Why the person came, bought or left, in the person's own words or as a survey names it.
    pub const REASON: &str = "reason";
    /// How the person's last ticket sounds: `positive`, `neutral` or `negative`.
    pub const TICKET_SENTIMENT: &str = "ticket_sentiment";
    /// How many tickets of the person are open.
    pub const OPEN_TICKETS: &str = "open_tickets";
    /// The profile on `LinkedIn`: its address.
    pub const LINKEDIN: &str = "linkedin";
    /// The handle on X, once Twitter, without `@`.
    pub const TWITTER: &str = "twitter";
    /// The handle on Instagram, without `@`.
    pub const INSTAGRAM: &str = "instagram";
    /// The profile on Facebook: its address or name.
    pub const FACEBOOK: &str = "facebook";
    /// The handle on `TikTok`, without `@`.
    pub const TIKTOK: &str = "tiktok";
    /// The channel on `YouTube`: its address or handle.
    pub const YOUTUBE: &str = "youtube";
    /// The user name on `GitHub`.
    pub const GITHUB: &str = "github";

    /// All of them.
    pub const ALL: [&str; 35] = [
        FIRST_NAME,
        LAST_NAME,
        FULL_NAME,
        EMAIL,
        PHONE,
        BIRTH_DATE,
        GENDER,
        LANGUAGE,
        ADDRESS,
        JOB_TITLE,
        COMPANY_NAME,
        INDUSTRY,
        WEBSITE,
        LIFECYCLE_STAGE,
        LEAD_STATUS,
        TAGS,
        USERNAME,
        AVATAR_URL,
        EMAIL_RATING,
        EMAIL_OPEN_RATE,
        EMAIL_CLICK_RATE,
        TIME_ZONE,
        NPS_SCORE,
        CSAT_SCORE,
        SURVEY_COMMENT,
        REASON,
        TICKET_SENTIMENT,
        OPEN_TICKETS,
        LINKEDIN,
        TWITTER,
        INSTAGRAM,
        FACEBOOK,
        TIKTOK,
        YOUTUBE,
        GITHUB,
    ];
}

/// A postal address as one trait value, so that street and city always come from the same source.
/// Empty parts are left out; `None` when nothing is left. Keys: `street`, `street2`, `postal_code`,
/// `city`, `region`, `country`, `company`.
pub fn address<'a>(parts: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Option<Value> {
    let map: serde_json::Map<String, Value> = parts
        .into_iter()
        .filter_map(|(key, value)| {
            let value = value?.trim();
            (!value.is_empty()).then(|| (key.to_owned(), Value::from(value)))
        })
        .collect();
    (!map.is_empty()).then_some(Value::Object(map))
}

impl Person {
    /// Sets a text trait unless the value is empty.
    pub fn set(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) {
            self.traits.insert(key.to_owned(), Value::from(value));
        }
    }

    /// Sets a trait of any shape unless it is null, an empty text or an empty list.
    pub fn set_value(&mut self, key: &str, value: Option<Value>) {
        let empty = match &value {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(_) => false,
        };
        if let (false, Some(value)) = (empty, value) {
            self.traits.insert(key.to_owned(), value);
        }
    }

    /// Sets a date trait.
    pub fn set_date(&mut self, key: &str, value: Option<NaiveDate>) {
        if let Some(date) = value {
            self.traits.insert(key.to_owned(), Value::from(date.to_string()));
        }
    }

    /// Adds an identifier unless its value is empty.
    pub fn identify(&mut self, kind: IdentifierKind, value: Option<&str>) {
        if let Some(value) = value.map(str::trim).filter(|value| !value.is_empty()) {
            let identifier = Identifier::new(kind, value);
            if !self.identifiers.contains(&identifier) {
                self.identifiers.push(identifier);
            }
        }
    }
}

/// The external id of a guest: a shop's buyer without an account is one person per e-mail address, in a
/// fixed, coarse spelling (trimmed, lower case) that follows no configuration.
pub fn guest_id(email: &str) -> String {
    format!("guest:{}", email.trim().to_lowercase())
}

/// What the external ids of visitors, and of users, of a site or an app begin with.
const VISITOR: &str = "visitor:";
const USER: &str = "user:";

/// The external id of a visitor whom nobody knows yet, by the anonymous id that the browser or the app made up.
pub fn visitor_id(anonymous_id: &str) -> String {
    format!("{VISITOR}{anonymous_id}")
}

/// The external id of a user of a site or an app, by the id under which the user logs in.
pub fn user_id(id: &str) -> String {
    format!("{USER}{id}")
}

/// Whether this external id is a visitor's.
pub fn is_visitor(external_id: &str) -> bool {
    external_id.starts_with(VISITOR)
}

/// What an external id itself says of a person: no record need tell it again.
pub fn told_by_id(external_id: &str) -> Option<Identifier> {
    let told = |prefix, kind| Some(Identifier::new(kind, external_id.strip_prefix(prefix)?));
    told(VISITOR, IdentifierKind::AnonymousId).or_else(|| told(USER, IdentifierKind::UserId))
}
