//! What stands in an archive. Its JSON Schema is made from these very types, so that the two cannot part.
//!
//! Fields may be added, never renamed; whatever does not exist is left out.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// Everything that is kept of one person, and what the law wants them told about it (Articles 15 and 20 of the GDPR).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Archive {
    /// The name of this format.
    pub format: String,
    /// The instant whose state this is.
    pub made_at: DateTime<Utc>,
    /// The request that this answers.
    pub request: Uuid,
    /// What the data is used for, where it comes from, how long it is kept, and which rights there are.
    pub about: About,
    /// Who the person is held to be.
    pub person: Person,
    /// The records and names under which sources know the person; together they are the profile.
    pub known_as: Vec<KnownAs>,
    /// The addresses, numbers and ids by which the person is recognised.
    pub identifiers: Vec<Identifier>,
    /// What is held to be true of the person: of what sources say, the value that a rule chose.
    pub traits: Vec<Trait>,
    /// What the person put right.
    pub corrections: Vec<Correction>,
    /// What the orders come to, by currency.
    pub totals: Vec<Total>,
    /// Orders and returns as they are now.
    pub orders: Vec<Order>,
    /// Deals that concern the person, as they are now. Nothing is told of others whom they concern.
    pub deals: Vec<Deal>,
    /// Companies that the person belongs to.
    pub companies: Vec<Company>,
    /// What the person did or what happened to them.
    pub events: Vec<Event>,
    /// Groups of people in which the person is or was.
    pub segments: Vec<Stay>,
    /// Lists on which somebody put the person by hand.
    pub lists: Vec<Listed>,
    /// What was suggested to be done for the person, and what came of it.
    pub actions: Vec<Suggested>,
    /// For each purpose whether the data may be used now, and why.
    pub uses: Vec<Use>,
    /// What was said about the use of the data.
    pub statements: Vec<Statement>,
    /// Why the records are held to be of one person.
    pub links: Vec<Link>,
    /// What people decided about who is who.
    pub decisions: Vec<Decision>,
    /// The household that the person is counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub household: Option<Household>,
    /// What the person asked for before, this request included.
    pub requests: Vec<Request>,
    /// Every version of every record, as it was understood and as it was delivered.
    pub records: Vec<Record>,
    /// What sources delivered of the person and could not be understood.
    pub rejected: Vec<Rejected>,
}

/// What the law wants a person told (Article 15(1) of the GDPR).
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// How to read this.
    pub note: String,
    /// The groups of data that are kept of the person.
    pub categories: Vec<String>,
    /// Where the data comes from.
    pub sources: Vec<Source>,
    /// To whom the data was disclosed.
    pub recipients: String,
    /// How long the data is kept.
    pub retention: String,
    /// What the person may ask for.
    pub rights: Vec<String>,
    /// Whether anything is decided about the person by a machine alone.
    pub automated_decisions: String,
}

/// A system from which data comes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// The name by which this archive calls it.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// What sort of system it is.
    pub category: String,
    /// Whose data it is: `first`, `second` or `third` party's.
    pub party: String,
}

/// Who the person is held to be.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The id of the profile.
    pub profile: Uuid,
    /// What the person is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When the eldest record was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// The first that is known of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<DateTime<Utc>>,
    /// The last that is known of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<DateTime<Utc>>,
    /// False where every source has deleted its record.
    pub active: bool,
}

/// A record or name under which a source knows the person.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownAs {
    /// The source.
    pub source: String,
    /// The key there.
    pub key: String,
    /// When the source says it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// When the source says it last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<DateTime<Utc>>,
    /// Whether the source has deleted it.
    pub deleted: bool,
    /// Whether a record was delivered; otherwise only orders, events or statements name it.
    pub described: bool,
}

/// A value by which the person is recognised.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identifier {
    /// `email`, `phone`, …
    pub kind: String,
    /// The value.
    pub value: String,
    /// The sources that carry it.
    pub sources: Vec<String>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The source.
    pub source: String,
    /// The key of the record there.
    pub record: String,
    /// Since when the source has carried the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

/// A value with where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stated {
    /// The value.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// A field of the person.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Trait {
    /// Its name.
    pub name: String,
    /// Its group: `identity`, `descriptive`, …
    pub group: Value,
    /// The value that is held to be true.
    pub value: Value,
    /// Who said it.
    pub winner: Origin,
    /// The rule that chose.
    pub rule: Value,
    /// The request by which the person put this right, where the value stands against what sources say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<Uuid>,
    /// Who else says so.
    pub confirmed_by: Vec<Origin>,
    /// What others said instead.
    pub losers: Vec<Stated>,
}

/// What the person says is right of a trait.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    /// The request that it fulfils.
    pub request: Uuid,
    /// The name of the trait.
    pub name: String,
    /// What is right.
    pub value: Value,
    /// From when on it counts.
    pub stated_at: DateTime<Utc>,
    /// When it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
}

/// What the orders in one currency come to.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Total {
    /// ISO 4217 code; empty where the source gave none.
    pub currency: String,
    /// How many sales count.
    pub orders: i64,
    /// What they come to, less refunds and returns; a decimal number.
    pub revenue: String,
    /// What was paid back; a decimal number.
    pub refunded: String,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Where it was placed.
    pub source: String,
    /// Its key there.
    pub key: String,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// `sale` or `return`.
    pub kind: String,
    /// Where it stands.
    pub status: String,
    /// When it was placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<DateTime<Utc>>,
    /// ISO 4217 code of the amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What it costs; a decimal number.
    pub total: String,
    /// What was paid back; a decimal number.
    pub refunded: String,
    /// Taxes, shipping, coupons and what was bought.
    pub details: Value,
}

/// A deal.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deal {
    /// Where it is kept.
    pub source: String,
    /// Its key there.
    pub key: String,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// Its stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// What it is worth; a decimal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// ISO 4217 code of the amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Whether it was won; left out while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub won: Option<bool>,
    /// When it was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
}

/// A company.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// Where it is kept.
    pub source: String,
    /// Its key there.
    pub key: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its web domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Who told.
    pub source: String,
    /// Its key there.
    pub key: String,
    /// Its name.
    pub name: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When it was told.
    pub received_at: DateTime<Utc>,
    /// What is known of it.
    pub properties: Value,
    /// Under which circumstances: device, page, network.
    pub context: Value,
}

/// Whether the data may be used for a purpose.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// The purpose.
    pub purpose: String,
    /// What it is called.
    pub name: String,
    /// What is done with the data.
    pub description: String,
    /// The ground of Article 6(1) of the GDPR.
    pub basis: Value,
    /// The groups of data that it may use.
    pub groups: Value,
    /// The address or number that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_point: Option<String>,
    /// Whether the data may be used now.
    pub allowed: bool,
    /// Why.
    pub reason: String,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

/// What was said about the use of the data.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// Who reported it.
    pub source: String,
    /// The purpose.
    pub purpose: String,
    /// `granted`, `denied`, `withdrawn`, …
    pub status: String,
    /// The address or number that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_point: Option<String>,
    /// When it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// How it was collected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What proves it.
    pub evidence: Value,
    /// The notice that was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// What the person was told before they agreed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Its version.
    pub version: String,
    /// The language of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The text, where it was published here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Why two records are held to be of one person.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The one.
    pub a: Named,
    /// The other.
    pub b: Named,
    /// The rule.
    pub rule: String,
    /// The value that they share.
    pub value: String,
}

/// A record of the person.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// The source.
    pub source: String,
    /// The key there.
    pub key: String,
}

/// What somebody decided about who is who.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// When.
    pub decided_at: DateTime<Utc>,
    /// What sort of decision it was.
    pub kind: String,
    /// `same` or `different`.
    pub verdict: String,
    /// Whether it still counts.
    pub stands: bool,
    /// Of which record of the person.
    pub record: Named,
    /// The other record; left out where it is another person's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Named>,
}

/// The household that the person is counted in.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Household {
    /// A keyed hash of the family name and the address.
    pub id: Uuid,
    /// What it follows from.
    pub basis: String,
}

/// A stay in a group of people that a rule makes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stay {
    /// The key of the group.
    pub segment: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Since when; left out where it is ever since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entered_at: Option<DateTime<Utc>>,
    /// Until when; left out where the person is in it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<DateTime<Utc>>,
}

/// A word about the person and a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// The key of the list.
    pub list: String,
    /// Whether the person was put on it, or else taken off.
    pub added: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// A choice of what to do for the person, made by a computer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suggested {
    /// Its id.
    pub decision: Uuid,
    /// When it was made; absent where no more is kept of it than what came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// What was chosen, what else could have been, and what not and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Value>,
    /// All that it followed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub situation: Option<Value>,
    /// What each number in the situation is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// What came of it, as it was reported.
    pub outcomes: Vec<CameOfIt>,
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CameOfIt {
    /// The action that was done.
    pub action: String,
    /// `taken`, `accepted`, `declined` or `refused`.
    pub outcome: String,
    /// What it brought, in the currency of the actions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// When that was reported.
    pub at: DateTime<Utc>,
}

/// What the person asked for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Its id.
    pub id: Uuid,
    /// What was asked for.
    pub kind: String,
    /// Where it stands.
    pub state: String,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// By when it must be answered.
    pub due_at: DateTime<Utc>,
    /// When it was done or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When what it brought about was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifted_at: Option<DateTime<Utc>>,
    /// What was asked in particular: of a rectification, what is right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
}

/// One version of a record.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Who delivered it.
    pub source: String,
    /// `person`, `order` or `deal`.
    pub kind: String,
    /// Its key there.
    pub key: String,
    /// When the source says it came to be so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<DateTime<Utc>>,
    /// When it was last delivered.
    pub last_seen: DateTime<Utc>,
    /// Whether the source had deleted it.
    pub deleted: bool,
    /// As it was understood.
    pub understood: Value,
    /// As it was delivered: JSON, or a text where it is none. Left out where it is about others as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Value>,
}

/// Something that could not be understood.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rejected {
    /// Who delivered it.
    pub source: String,
    /// Its key there.
    pub key: String,
    /// Why it was not understood.
    pub reason: String,
    /// As it was delivered.
    pub delivered: Value,
}
