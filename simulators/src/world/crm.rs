//! Fills the CRM: contacts, with duplicates and archived ones, their companies and deals.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{
    Seed,
    record::{Addresses, NO_EMAILS, address, between, days_before, entered, phone},
};
use crate::{
    chance::Chance,
    hubspot::{Kind, Object, Portal},
    people::{Company, Country, Person, Population},
    truth::{Source, Truth},
};

const FIRST_CONTACT: u64 = 24_000_000_101;
const FIRST_COMPANY: u64 = 9_100_000_001;
const FIRST_DEAL: u64 = 17_300_000_007;

const STAGES: [&str; 7] = [
    "appointmentscheduled",
    "qualifiedtobuy",
    "presentationscheduled",
    "decisionmakerboughtin",
    "contractsent",
    "closedwon",
    "closedlost",
];

type Properties = BTreeMap<String, String>;

struct Draft {
    person: usize,
    properties: Properties,
    created: DateTime<Utc>,
    updated: DateTime<Utc>,
    archived: Option<DateTime<Utc>>,
}

struct Writer<'a> {
    chance: Chance,
    seed: Seed,
    population: &'a Population,
    /// An address belongs to one contact, as in HubSpot.
    taken: HashSet<String>,
    /// The instant of an import that touched many contacts at once.
    import: DateTime<Utc>,
}

pub(super) fn fill(seed: Seed, population: &Population, truth: &mut Truth) -> Portal {
    let mut chance = Chance::new(seed.seed, "crm");
    let token = format!("pat-eu1-{}-{}-{}", chance.hex(8), chance.hex(4), chance.hex(12));
    let import = days_before(&mut chance, seed.now, 20, 40);
    let mut writer = Writer { chance, seed, population, taken: HashSet::new(), import };

    let mut drafts = Vec::new();
    for person in &population.people {
        if writer.chance.hit(0.6) {
            drafts.push(writer.contact(person, false));
            if writer.chance.hit(0.08) {
                drafts.push(writer.contact(person, true));
            }
        }
    }
    drafts.sort_by_key(|draft| draft.created);

    let mut contacts = BTreeMap::new();
    let mut companies = BTreeMap::new();
    let mut deals = Vec::new();
    for (position, draft) in (0_u64..).zip(drafts) {
        let id = FIRST_CONTACT + position * 53;
        truth.record(Source::HubSpot, id.to_string(), draft.person);
        let person = &population.people[draft.person];
        let mut contact = Object {
            id,
            properties: draft.properties,
            created: draft.created,
            updated: draft.updated,
            archived: draft.archived,
            associations: BTreeMap::new(),
        };
        let mut company_id = None;
        if let Some(employer) =
            person.employer.filter(|_| contact.archived.is_none() && writer.chance.hit(0.85))
        {
            let number = FIRST_COMPANY + employer as u64 * 11;
            let company = companies
                .entry(number)
                .or_insert_with(|| writer.company(number, &population.companies[employer], draft.created));
            associate(&mut contact, Kind::Contact, company, Kind::Company);
            contact.properties.insert("associatedcompanyid".to_owned(), number.to_string());
            company_id = Some(number);
        }
        if contact.archived.is_none() && writer.chance.hit(if company_id.is_some() { 0.3 } else { 0.06 }) {
            let number = FIRST_DEAL + deals.len() as u64 * 17;
            let mut deal = writer.deal(number, person, draft.created);
            associate(&mut contact, Kind::Contact, &mut deal, Kind::Deal);
            if let Some(company) = company_id.and_then(|id| companies.get_mut(&id)) {
                associate(&mut deal, Kind::Deal, company, Kind::Company);
            }
            deals.push((number, deal));
        }
        contacts.insert(id, contact);
    }
    let objects = BTreeMap::from([
        (Kind::Contact, contacts),
        (Kind::Company, companies),
        (Kind::Deal, deals.into_iter().collect()),
    ]);
    Portal { id: 139_000_000 + seed.seed % 1_000_000, token, currency: "EUR".to_owned(), objects }
}

fn associate(left: &mut Object, left_kind: Kind, right: &mut Object, right_kind: Kind) {
    left.associations.entry(right_kind).or_default().insert(right.id);
    right.associations.entry(left_kind).or_default().insert(left.id);
}

impl Writer<'_> {
    fn contact(&mut self, person: &Person, duplicate: bool) -> Draft {
        let created = days_before(&mut self.chance, self.seed.now, 5, 900);
        let imported = created < self.import && self.chance.hit(0.15);
        let updated = if imported { self.import } else { between(&mut self.chance, created, self.seed.now) };
        let archived = self.chance.hit(0.03).then(|| between(&mut self.chance, updated, self.seed.now));
        let mut properties = Properties::new();
        let mut set = |name: &str, value: String| {
            if !value.is_empty() {
                properties.insert(name.to_owned(), value);
            }
        };
        let chance = &mut self.chance;
        set("firstname", entered(chance, &person.given));
        set("lastname", entered(chance, &person.family));
        set("email", email(chance, &mut self.taken, self.population, person, duplicate));
        if chance.hit(0.5) {
            set("phone", phone(chance, person));
        }
        if chance.hit(0.45) {
            set("mobilephone", person.mobile.typed(chance));
        }
        if let Some(employer) = person.employer {
            set("company", self.population.companies[employer].name.clone());
            set("jobtitle", person.job.to_owned());
        }
        let home = &person.home;
        if chance.hit(0.85) {
            let spelt = if chance.hit(0.7) { home.country.name() } else { home.country.code() };
            set("country", spelt.to_owned());
            set("hs_country_region_code", home.country.code().to_owned());
        }
        if chance.hit(0.6) {
            set("address", home.street.clone());
            set("zip", home.postcode.clone());
            set("city", entered(chance, home.city));
        }
        let stages =
            ["subscriber", "lead", "lead", "marketingqualifiedlead", "opportunity", "customer", "customer"];
        set("lifecyclestage", (*chance.pick(&stages)).to_owned());
        set(
            "hs_lead_status",
            (*chance.pick(&["", "", "NEW", "OPEN", "IN_PROGRESS", "CONNECTED"])).to_owned(),
        );
        if chance.hit(0.7) {
            let language = if home.country == Country::Britain { "en-gb" } else { home.country.language() };
            set("hs_language", language.to_owned());
        }
        if chance.hit(0.2) {
            set("date_of_birth", birth(chance, person.birth));
        }
        if chance.hit(0.04) {
            set("hs_email_optout", "true".to_owned());
        }
        if chance.hit(0.02) {
            // Contacts that were merged into this one are gone; only their ids are left.
            set(
                "hs_merged_object_ids",
                format!("{};{}", chance.between(1_000, 99_999), chance.between(1_000, 99_999)),
            );
        }
        Draft { person: person.index, properties, created, updated, archived }
    }

    fn company(&mut self, id: u64, company: &Company, created: DateTime<Utc>) -> Object {
        let chance = &mut self.chance;
        let home = &company.home;
        let mut properties = text([
            ("name", &company.name),
            ("domain", &company.domain),
            ("website", &format!("https://www.{}", company.domain)),
            ("industry", company.industry),
            ("city", home.city),
            ("country", home.country.name()),
            ("phone", &company.phone.typed(chance)),
            ("numberofemployees", &company.employees.to_string()),
            ("lifecyclestage", "lead"),
        ]);
        if chance.hit(0.6) {
            let revenue = company.employees * chance.between(60, 240) * 1_000;
            properties.insert("annualrevenue".to_owned(), revenue.to_string());
        }
        let updated = between(chance, created, self.seed.now);
        Object { id, properties, created, updated, archived: None, associations: BTreeMap::new() }
    }

    fn deal(&mut self, id: u64, person: &Person, known: DateTime<Utc>) -> Object {
        let chance = &mut self.chance;
        let created = between(chance, known, self.seed.now);
        let updated = between(chance, created, self.seed.now);
        let stage = *chance.pick(&STAGES);
        let closes = if stage.starts_with("closed") { updated } else { updated + TimeDelta::days(45) };
        let close = closes.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let occasion =
            *chance.pick(&["Office kitchen", "Client gifts", "Showroom", "Staff presents", "Canteen"]);
        let mut properties = text([
            ("dealname", &format!("{occasion} for {}", person.family)),
            ("dealstage", stage),
            ("pipeline", "default"),
            ("closedate", &close),
            ("deal_currency_code", person.home.country.currency()),
            ("dealtype", "newbusiness"),
        ]);
        if chance.hit(0.9) {
            let amount = chance.between(200, 40_000) * 25;
            properties.insert("amount".to_owned(), format!("{}.{:02}", amount / 100, amount % 100));
        }
        Object { id, properties, created, updated, archived: None, associations: BTreeMap::new() }
    }
}

/// An address that no other contact has, or none.
fn email(
    chance: &mut Chance,
    taken: &mut HashSet<String>,
    population: &Population,
    person: &Person,
    duplicate: bool,
) -> String {
    let shares = if duplicate {
        Addresses { work: 0.5, former: 0.3, household: 0.0 }
    } else {
        Addresses { work: 0.55, former: 0.1, household: 0.03 }
    };
    let wanted = match chance.below(100) {
        0..6 => return String::new(),
        6 => (*chance.pick(&NO_EMAILS)).to_owned(),
        7 if person.employer.is_some() => {
            format!("info@{}", population.companies[person.employer.unwrap_or_default()].domain)
        }
        _ => address(chance, population, person, &shares).to_owned(),
    };
    if taken.insert(wanted.clone()) { wanted } else { String::new() }
}

/// A date of birth in one of the notations that a free text field collects.
fn birth(chance: &mut Chance, date: NaiveDate) -> String {
    let notation = *chance.pick(&["%Y-%m-%d", "%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y"]);
    date.format(notation).to_string()
}

fn text<const N: usize>(pairs: [(&str, &str); N]) -> Properties {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
