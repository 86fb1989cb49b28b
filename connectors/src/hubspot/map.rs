//! Turns HubSpot's objects into canonical ones. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{
    canonical::{
        Body, Company, ConsentStatement, ConsentStatus, Deal, Identifier, IdentifierKind, Person, Record,
        address, traits,
    },
    lenient::{self, Flag, Id, Instant, Text},
    objects::{Mapped, Reason, parse, payload},
};

/// What is read of a company.
pub(super) const COMPANY_PROPERTIES: [&str; 8] =
    ["name", "domain", "industry", "country", "city", "phone", "numberofemployees", "annualrevenue"];

/// What is read of every contact.
pub(super) const CONTACT_PROPERTIES: [&str; 23] = [
    "email",
    "hs_additional_emails",
    "phone",
    "mobilephone",
    "firstname",
    "lastname",
    "jobtitle",
    "company",
    "industry",
    "website",
    "lifecyclestage",
    "hs_lead_status",
    "hs_language",
    "date_of_birth",
    "gender",
    "address",
    "city",
    "state",
    "zip",
    "country",
    "associatedcompanyid",
    "hs_merged_object_ids",
    OPTED_OUT,
];

/// What every opt-out of all e-mail is about.
const PURPOSE: &str = "email_marketing";

/// Whether a contact has opted out of all e-mail.
const OPTED_OUT: &str = "hs_email_optout";

/// The property that says whether a contact has opted out of one subscription type. HubSpot makes one for every type and
/// labels it `Opted out of email: …`; the number at its end is the type's id, and `true` and `false` are its values.
pub(super) fn opted_out_of(subscription: &str) -> String {
    format!("{OPTED_OUT}_{subscription}")
}

/// What is read of a deal.
pub(super) const DEAL_PROPERTIES: [&str; 8] = [
    "dealname",
    "pipeline",
    "dealstage",
    "amount",
    "deal_currency_code",
    "closedate",
    "hs_is_closed",
    "hs_is_closed_won",
];

/// The ids of associated objects by the id of the object that has them.
pub(super) type Associations = BTreeMap<String, BTreeSet<String>>;

/// What of a contact depends on the configuration.
pub(super) struct ContactOptions<'a> {
    pub(super) more_properties: &'a [String],
    pub(super) user_id_property: Option<&'a str>,
    /// The purposes of subscription types, by [`opted_out_of`].
    pub(super) opt_outs: &'a BTreeMap<String, String>,
}

/// Any object of the CRM.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    id: Id,
    properties: BTreeMap<String, Text>,
    #[serde(default)]
    created_at: Instant,
    #[serde(default)]
    updated_at: Instant,
    #[serde(default)]
    archived: Flag,
    #[serde(default)]
    archived_at: Instant,
}

impl Object {
    fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.get()
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// The property as another type; `expected` says which, in the reason for refusing the object.
    fn read<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Reason> {
        let Some(text) = self.text(name) else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| format!("properties.{name}: expected {expected}"))
    }

    fn decimal(&self, name: &str) -> Result<Option<Decimal>, Reason> {
        self.read(name, "a decimal number", lenient::decimal)
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Reason> {
        self.read(name, "true or false", |text| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
    }

    /// The items of a list that HubSpot keeps in one text.
    fn items(&self, name: &str) -> impl Iterator<Item = &str> {
        self.text(name).unwrap_or_default().split(';').map(str::trim).filter(|item| !item.is_empty())
    }

    fn record(&self, row: &RawValue, body: Body) -> Record {
        let deleted = self.archived.0.unwrap_or(false);
        let updated_at = if deleted { self.archived_at.0.or(self.updated_at.0) } else { self.updated_at.0 };
        Record {
            external_id: self.id.0.clone(),
            updated_at,
            created_at: self.created_at.0,
            deleted,
            body,
            payload: payload(row),
        }
    }
}

/// A company.
pub(super) fn company(row: &RawValue) -> Result<Mapped, Reason> {
    let object: Object = parse(row)?;
    let company = Company {
        name: object.owned("name"),
        domain: object.owned("domain"),
        // HubSpot has no property of its own for it.
        register_number: None,
        industry: object.owned("industry"),
        country: object.owned("country"),
        city: object.owned("city"),
        phone: object.owned("phone"),
        employees: object.read("numberofemployees", "a whole number", lenient::whole)?,
        annual_revenue: object.decimal("annualrevenue")?,
    };
    Ok(object.record(row, Body::Company(company)).into())
}

/// A contact, with its word about e-mail where it has opted out of some or all.
pub(super) fn contact(
    row: &RawValue,
    companies: &Associations,
    options: &ContactOptions<'_>,
) -> Result<Mapped, Reason> {
    let object: Object = parse(row)?;
    let mut person = Person::default();
    person.identify(IdentifierKind::Email, object.text("email"));
    for email in object.items("hs_additional_emails") {
        person.identify(IdentifierKind::Email, Some(email));
    }
    person.identify(IdentifierKind::Phone, object.text("phone"));
    person.identify(IdentifierKind::Phone, object.text("mobilephone"));
    if let Some(property) = options.user_id_property {
        person.identify(IdentifierKind::UserId, object.text(property));
    }
    for (key, property) in [
        (traits::FIRST_NAME, "firstname"),
        (traits::LAST_NAME, "lastname"),
        (traits::EMAIL, "email"),
        (traits::JOB_TITLE, "jobtitle"),
        (traits::COMPANY_NAME, "company"),
        (traits::INDUSTRY, "industry"),
        (traits::WEBSITE, "website"),
        (traits::LIFECYCLE_STAGE, "lifecyclestage"),
        (traits::LEAD_STATUS, "hs_lead_status"),
        (traits::LANGUAGE, "hs_language"),
        (traits::BIRTH_DATE, "date_of_birth"),
        (traits::GENDER, "gender"),
    ] {
        person.set(key, object.text(property));
    }
    person.set(traits::PHONE, object.text("phone").or(object.text("mobilephone")));
    person.set_value(
        traits::ADDRESS,
        address([
            ("street", object.text("address")),
            ("postal_code", object.text("zip")),
            ("city", object.text("city")),
            ("region", object.text("state")),
            ("country", object.text("country")),
        ]),
    );
    let merged: Vec<Value> = object.items("hs_merged_object_ids").map(Value::from).collect();
    person.set_value("hubspot.merged_ids", Some(Value::Array(merged)));
    for property in options.more_properties {
        person.set(&format!("hubspot.{property}"), object.text(property));
    }
    person.companies = companies_of(&object, companies);
    let consents = opt_outs(&object, options.opt_outs)?;
    Ok(Mapped { records: vec![object.record(row, Body::Person(person))], consents, ..Mapped::default() })
}

/// The primary company first, then the others.
fn companies_of(contact: &Object, associated: &Associations) -> Vec<String> {
    let primary = contact.text("associatedcompanyid");
    let others = associated.get(&contact.id.0).into_iter().flatten().map(String::as_str);
    primary.into_iter().chain(others.filter(|id| Some(*id) != primary)).map(str::to_owned).collect()
}

/// What a contact has opted out of: all e-mail, which is every purpose that stands for some, and single subscription types.
/// Where several flags are about one purpose, the raised one counts.
fn opt_outs(
    contact: &Object,
    properties: &BTreeMap<String, String>,
) -> Result<Vec<ConsentStatement>, Reason> {
    let purposes: BTreeSet<&str> =
        iter::once(PURPOSE).chain(properties.values().map(String::as_str)).collect();
    let of_all = purposes.into_iter().map(|purpose| (OPTED_OUT, purpose));
    let of_one = properties.iter().map(|(property, purpose)| (property.as_str(), purpose.as_str()));
    let said = of_all.chain(of_one).map(|(property, purpose)| opt_out(contact, property, purpose));
    said.filter_map(Result::transpose).collect()
}

/// Only the opt-out is a statement: HubSpot has no flag for having asked and been told yes. Where the flag was lowered
/// again, the opt-out is taken back.
fn opt_out(contact: &Object, property: &str, purpose: &str) -> Result<Option<ConsentStatement>, Reason> {
    let opted_out = contact.flag(property)?;
    Ok(opted_out.map(|opted_out| ConsentStatement {
        person: contact.id.0.clone(),
        purpose: purpose.to_owned(),
        contact_point: contact.text("email").map(|email| Identifier::new(IdentifierKind::Email, email)),
        status: if opted_out { ConsentStatus::Withdrawn } else { ConsentStatus::Unstated },
        stated_at: None,
        expires_at: None,
        method: None,
        notice: None,
        evidence: BTreeMap::from([("property".to_owned(), Value::from(property))]),
    }))
}

/// A deal.
pub(super) fn deal(
    row: &RawValue,
    persons: &Associations,
    companies: &Associations,
) -> Result<Mapped, Reason> {
    let object: Object = parse(row)?;
    // An account that hides the two flags still has the stages that every first pipeline begins with.
    let stage = object.text("dealstage");
    let won = object.flag("hs_is_closed_won")?.unwrap_or(stage == Some("closedwon"));
    let closed = won || object.flag("hs_is_closed")?.unwrap_or(stage == Some("closedlost"));
    let ids = |associated: &Associations| {
        associated.get(&object.id.0).into_iter().flatten().cloned().collect::<Vec<_>>()
    };
    let deal = Deal {
        name: object.owned("dealname"),
        pipeline: object.owned("pipeline"),
        stage: object.owned("dealstage"),
        amount: object.decimal("amount")?,
        currency: object.owned("deal_currency_code"),
        won: closed.then_some(won),
        closes_at: object.read("closedate", "a time (RFC 3339)", lenient::instant)?,
        persons: ids(persons),
        companies: ids(companies),
    };
    Ok(object.record(row, Body::Deal(deal)).into())
}
