//! The objects of a HubSpot portal.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

/// A CRM object type that the portal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A person.
    Contact,
    /// An organisation.
    Company,
    /// A sale in the making.
    Deal,
}

/// One object. Properties are text, as HubSpot sends them; an absent one is `null` there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Record id.
    pub id: u64,
    /// All properties but the ones that follow from the other fields.
    pub properties: BTreeMap<String, String>,
    /// Creation time.
    pub created: DateTime<Utc>,
    /// Time of the last change.
    pub updated: DateTime<Utc>,
    /// Time of archiving, if it is in the recycling bin.
    pub archived: Option<DateTime<Utc>>,
    /// Associated objects.
    pub associations: BTreeMap<Kind, BTreeSet<u64>>,
}

/// A HubSpot account with its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portal {
    /// Account number.
    pub id: u64,
    /// Access token of a private app.
    pub token: String,
    /// Currency of the account, ISO 4217.
    pub currency: String,
    /// All objects.
    pub objects: BTreeMap<Kind, BTreeMap<u64, Object>>,
}

const CONTACT: &[&str] = &[
    "address",
    "associatedcompanyid",
    "city",
    "company",
    "country",
    "createdate",
    "date_of_birth",
    "email",
    "firstname",
    "hs_country_region_code",
    "hs_email_optout",
    "hs_language",
    "hs_lead_status",
    "hs_merged_object_ids",
    "hs_object_id",
    "jobtitle",
    "lastmodifieddate",
    "lastname",
    "lifecyclestage",
    "mobilephone",
    "phone",
    "salutation",
    "state",
    "website",
    "zip",
];
const COMPANY: &[&str] = &[
    "address",
    "annualrevenue",
    "city",
    "country",
    "createdate",
    "domain",
    "hs_lastmodifieddate",
    "hs_merged_object_ids",
    "hs_object_id",
    "industry",
    "lifecyclestage",
    "name",
    "numberofemployees",
    "phone",
    "state",
    "website",
    "zip",
];
const DEAL: &[&str] = &[
    "amount",
    "closedate",
    "createdate",
    "deal_currency_code",
    "dealname",
    "dealstage",
    "dealtype",
    "description",
    "hs_is_closed",
    "hs_is_closed_won",
    "hs_lastmodifieddate",
    "hs_merged_object_ids",
    "hs_object_id",
    "pipeline",
];

impl Kind {
    /// The type that a path or body names: singular, plural, capitals or numeric type id.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "contacts" | "contact" | "0-1" => Some(Self::Contact),
            "companies" | "company" | "0-2" => Some(Self::Company),
            "deals" | "deal" | "0-3" => Some(Self::Deal),
            _ => None,
        }
    }

    /// Its name in one word, as in `deal_to_contact`.
    pub(crate) fn singular(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Company => "company",
            Self::Deal => "deal",
        }
    }

    /// The properties that exist.
    pub(crate) fn properties(self) -> &'static [&'static str] {
        match self {
            Self::Contact => CONTACT,
            Self::Company => COMPANY,
            Self::Deal => DEAL,
        }
    }

    /// The properties that come unasked if none are named.
    pub(crate) fn defaults(self) -> &'static [&'static str] {
        match self {
            Self::Contact => {
                &["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"]
            }
            Self::Company => &["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"],
            Self::Deal => &[
                "amount",
                "closedate",
                "createdate",
                "dealname",
                "dealstage",
                "hs_lastmodifieddate",
                "hs_object_id",
                "pipeline",
            ],
        }
    }

    /// The property with the time of the last change.
    pub(crate) fn modified(self) -> &'static str {
        if self == Self::Contact { "lastmodifieddate" } else { "hs_lastmodifieddate" }
    }
}

impl Portal {
    /// All objects of a type by id.
    pub fn all(&self, kind: Kind) -> &BTreeMap<u64, Object> {
        static NONE: BTreeMap<u64, Object> = BTreeMap::new();
        self.objects.get(&kind).unwrap_or(&NONE)
    }
}

impl Object {
    /// The value of a property, those included that follow from the fields.
    pub(crate) fn value(&self, kind: Kind, property: &str) -> Option<String> {
        match property {
            "hs_object_id" => Some(self.id.to_string()),
            "createdate" => Some(instant(self.created)),
            modified if modified == kind.modified() => Some(instant(self.updated)),
            "hs_is_closed" if kind == Kind::Deal => Some(self.stage().starts_with("closed").to_string()),
            "hs_is_closed_won" if kind == Kind::Deal => Some((self.stage() == "closedwon").to_string()),
            other => self.properties.get(other).cloned(),
        }
    }

    fn stage(&self) -> &str {
        self.properties.get("dealstage").map_or("", String::as_str)
    }

    /// The object with these properties, or the default ones if there are none. A name that does not exist is
    /// passed over in silence; three properties always come.
    pub(crate) fn render(&self, kind: Kind, properties: &[&str]) -> Value {
        let names: Vec<&str> = if properties.is_empty() {
            kind.defaults().to_vec()
        } else {
            let known = kind.properties().iter().filter(|name| properties.contains(name));
            known.copied().chain(["createdate", kind.modified(), "hs_object_id"]).collect()
        };
        let values: Map<String, Value> =
            names.into_iter().map(|name| (name.to_owned(), self.value(kind, name).into())).collect();
        let mut object = json!({
            "id": self.id.to_string(),
            "properties": values,
            "createdAt": instant(self.created),
            "updatedAt": instant(self.updated),
            "archived": self.archived.is_some(),
        });
        if let Some(archived) = self.archived {
            object["archivedAt"] = instant(archived).into();
        }
        object
    }
}

/// `2026-01-02T03:04:05.678Z`
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
