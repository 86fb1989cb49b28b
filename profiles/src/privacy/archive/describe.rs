//! Putting what is kept of a person into the words of an archive. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use connectors::canonical::Body;
use entities::record_version;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    FORMAT,
    about::about,
    document::{
        Archive, CameOfIt, Company, Correction, Deal, Decision, Event, Household, Identifier, KnownAs, Link,
        Listed, Named, Notice, Order, Origin, Person, Record, Rejected, Request, Source, Stated, Statement,
        Stay, Suggested, Total, Trait, Use,
    },
    kept::Kept,
};
use crate::{
    actions::FEATURES,
    audiences,
    consent::{self, ContactPoint, DefinedPurpose, Ground, Refusal, StatementDetails, decide},
    decisions::Verdict,
    error::{Error, Result},
    retention::Rules,
    view::{
        catalogue,
        document::{self as stored, ProfileIdentifier, Totals},
        money::from_micros,
        read::{self, Reached, json},
    },
};

/// What the household follows from.
const HOUSEHOLD: &str = "everybody of the same family name at the same address is counted in one household";

pub(super) struct Describing<'a> {
    pub(super) kept: &'a Kept,
    pub(super) purposes: &'a BTreeMap<String, DefinedPurpose>,
    pub(super) retention: &'a Rules,
    pub(super) segments: &'a audiences::All,
    pub(super) now: DateTime<Utc>,
}

impl Describing<'_> {
    pub(super) fn archive(&self, request: Uuid) -> Result<Archive> {
        let kept = self.kept;
        let profile = &kept.profile;
        let identifiers: Vec<ProfileIdentifier> = json("identifiers", &profile.identifiers)?;
        let traits = read::traits(profile)?;
        let totals: Totals = json("totals", &profile.totals)?;
        let said: Vec<consent::Statement> = json("consents", &profile.consents)?;
        let reached = Reached::of(&identifiers, &traits);
        let traits = traits.iter().map(|found| self.found(found)).collect::<Result<Vec<_>>>()?;
        Ok(Archive {
            format: FORMAT.to_owned(),
            made_at: self.now,
            request,
            about: about(self.categories(&traits), self.sources(), self.retention),
            person: Person {
                profile: profile.id,
                name: profile.display_name.clone(),
                created_at: profile.created_at,
                first_seen: profile.first_seen,
                last_seen: profile.last_seen,
                active: profile.active,
            },
            known_as: self.known_as(),
            uses: self.uses(&reached.carried, &said)?,
            identifiers: identifiers.into_iter().map(|found| self.identifier(found)).collect(),
            traits,
            corrections: self.corrections(),
            totals: totals.currencies.iter().map(total).collect(),
            orders: self.orders()?,
            deals: self.deals(),
            companies: self.companies(),
            events: self.events()?,
            segments: self.stays(),
            lists: self.listed(),
            actions: self.suggested()?,
            statements: kept.said.iter().map(|details| self.statement(details)).collect(),
            links: self.links(),
            decisions: self.decisions(),
            household: profile.household_id.map(|id| Household { id, basis: HOUSEHOLD.to_owned() }),
            requests: self.requests()?,
            records: self.records()?,
            rejected: self.rejected(),
        })
    }

    fn source(&self, id: Uuid) -> String {
        self.kept.sources.get(&id).map_or_else(|| id.to_string(), |source| source.key.clone())
    }

    /// A record of the person.
    fn named(&self, id: Uuid) -> Option<Named> {
        let member = self.kept.members.iter().find(|member| member.id == id)?;
        Some(Named { source: self.source(member.source_id), key: member.external_id.clone() })
    }

    fn categories(&self, traits: &[Trait]) -> BTreeSet<String> {
        let named = traits.iter().filter_map(|found| found.group.as_str()).map(str::to_owned);
        let others = [
            (!self.kept.orders.is_empty(), "orders"),
            (!self.kept.deals.is_empty(), "deals"),
            (!self.kept.events.is_empty(), "events"),
            (!self.kept.said.is_empty(), "consent"),
            (!self.kept.stays.is_empty(), "segments"),
        ];
        let others = others.into_iter().filter(|(is_kept, _)| *is_kept).map(|(_, name)| name.to_owned());
        named.chain(others).collect()
    }

    fn sources(&self) -> Vec<Source> {
        let members = self.kept.members.iter().map(|member| member.source_id);
        let said = self.kept.said.iter().map(|details| details.statement.source);
        let corrected = self.kept.corrections.iter().map(|correction| correction.source);
        let used: BTreeSet<Uuid> = members.chain(said).chain(corrected).collect();
        let used = used.iter().filter_map(|id| self.kept.sources.get(id));
        used.map(|source| Source {
            key: source.key.clone(),
            name: source.name.clone(),
            category: source.category.clone(),
            party: source.party.clone(),
        })
        .collect()
    }

    fn known_as(&self) -> Vec<KnownAs> {
        let members = self.kept.members.iter().map(|member| KnownAs {
            source: self.source(member.source_id),
            key: member.external_id.clone(),
            created_at: member.created_at,
            updated_at: member.updated_at,
            deleted: member.deleted,
            described: member.known,
        });
        members.collect()
    }

    fn identifier(&self, found: ProfileIdentifier) -> Identifier {
        let sources = found.sources.iter().map(|id| self.source(*id)).collect();
        Identifier { kind: found.kind, value: found.value, sources }
    }

    fn origin(&self, origin: &stored::Origin) -> Origin {
        let record = self.named(origin.identity).map(|named| named.key).unwrap_or_default();
        Origin { source: self.source(origin.source), record, since: origin.at }
    }

    fn found(&self, found: &stored::Trait) -> Result<Trait> {
        let losers = found.losers.iter();
        let losers =
            losers.map(|loser| Stated { value: loser.value.clone(), origin: self.origin(&loser.origin) });
        Ok(Trait {
            name: found.key.clone(),
            group: word(&catalogue::group(&found.key))?,
            value: found.value.clone(),
            winner: self.origin(&found.winner),
            rule: word(&found.rule)?,
            corrected_by: found.corrected_by,
            confirmed_by: found.confirmed_by.iter().map(|origin| self.origin(origin)).collect(),
            losers: losers.collect(),
        })
    }

    fn orders(&self) -> Result<Vec<Order>> {
        let orders = self.kept.orders.iter().map(|row| {
            Ok(Order {
                source: self.source(row.source_id),
                key: row.external_id.clone(),
                number: row.number.clone(),
                kind: row.order_type.clone(),
                status: row.status.clone(),
                placed_at: row.placed_at,
                currency: row.currency.clone(),
                total: from_micros(row.total_micros).to_string(),
                refunded: from_micros(row.refunded_micros).to_string(),
                details: json("order", &row.details)?,
            })
        });
        orders.collect()
    }

    fn deals(&self) -> Vec<Deal> {
        let deals = self.kept.deals.iter().map(|row| Deal {
            source: self.source(row.source_id),
            key: row.external_id.clone(),
            name: row.name.clone(),
            pipeline: row.pipeline.clone(),
            stage: row.stage.clone(),
            amount: row.amount_micros.map(|micros| from_micros(micros).to_string()),
            currency: row.currency.clone(),
            won: row.won,
            created_at: row.created_at,
        });
        deals.collect()
    }

    fn companies(&self) -> Vec<Company> {
        let companies = self.kept.companies.iter().map(|row| Company {
            source: self.source(row.source_id),
            key: row.external_id.clone(),
            name: row.name.clone(),
            domain: row.domain.clone(),
        });
        companies.collect()
    }

    fn events(&self) -> Result<Vec<Event>> {
        let events = self.kept.events.iter().map(|row| {
            Ok(Event {
                source: self.source(row.source_id),
                key: row.message_id.clone(),
                name: row.name.clone(),
                occurred_at: row.occurred_at,
                received_at: row.received_at,
                properties: json("event", &row.properties)?,
                context: json("event", &row.context)?,
            })
        });
        events.collect()
    }

    fn stays(&self) -> Vec<Stay> {
        let stays = self.kept.stays.iter().map(|stay| {
            let segment = self.segments.get(&stay.segment);
            let description = segment.map(|segment| segment.description.clone());
            Stay {
                segment: stay.segment.clone(),
                name: segment.map(|segment| segment.name.clone()),
                description: description.filter(|description| !description.is_empty()),
                entered_at: stay.entered_at,
                left_at: stay.left_at,
            }
        });
        stays.collect()
    }

    /// What is kept for each of those who are the person, told once.
    fn listed(&self) -> Vec<Listed> {
        let mut listed: Vec<Listed> = Vec::new();
        for entry in &self.kept.listed {
            let told = Listed { list: entry.list.clone(), added: entry.added, at: entry.at };
            if !listed.contains(&told) {
                listed.push(told);
            }
        }
        listed
    }

    /// What was chosen to be done, and what came of it: also of choices of which no more is kept.
    fn suggested(&self) -> Result<Vec<Suggested>> {
        let mut all = Vec::new();
        for row in &self.kept.chosen {
            all.push(Suggested {
                decision: row.id,
                at: Some(row.decided_at),
                chosen: Some(json("action decision", &row.answer)?),
                situation: Some(json("action decision", &row.situation)?),
                features: FEATURES.map(str::to_owned).into(),
                outcomes: Vec::new(),
            });
        }
        for row in &self.kept.outcomes {
            let came = CameOfIt {
                action: row.action.clone(),
                outcome: row.outcome.clone(),
                value: row.value_micros.map(|micros| from_micros(micros).to_string()),
                at: row.at,
            };
            let decision = row.decision_id;
            match all.iter_mut().find(|one| one.decision == decision) {
                Some(one) => one.outcomes.push(came),
                None => all.push(Suggested {
                    decision,
                    at: None,
                    chosen: None,
                    situation: None,
                    features: Vec::new(),
                    outcomes: vec![came],
                }),
            }
        }
        Ok(all)
    }

    /// For each purpose, at each address or number where it has a channel, whether the data may be used.
    fn uses(&self, reached: &[ContactPoint], said: &[consent::Statement]) -> Result<Vec<Use>> {
        let mut uses = Vec::new();
        for DefinedPurpose { purpose, .. } in self.purposes.values() {
            let kind = purpose.channel.map(consent::Channel::contact_kind);
            let points = reached.iter().filter(|point| Some(point.kind) == kind);
            let mut points: Vec<Option<ContactPoint>> = points.cloned().map(Some).collect();
            if points.is_empty() {
                points.push(None);
            }
            for point in points {
                let decision = decide(purpose, said, point.as_ref(), self.now);
                let (reason, since) = because(&decision);
                uses.push(Use {
                    purpose: purpose.key.clone(),
                    name: purpose.name.clone(),
                    description: purpose.description.clone(),
                    basis: word(&purpose.basis)?,
                    groups: word(&purpose.data_groups)?,
                    contact_point: point.map(|point| point.value),
                    allowed: decision.is_allowed(),
                    reason: reason.to_owned(),
                    since,
                });
            }
        }
        Ok(uses)
    }

    fn statement(&self, details: &StatementDetails) -> Statement {
        let said = &details.statement;
        Statement {
            source: self.source(said.source),
            purpose: said.purpose.clone(),
            status: said.status.as_str().to_owned(),
            contact_point: said.point.as_ref().map(|point| point.value.clone()),
            stated_at: said.stated_at,
            expires_at: said.expires_at,
            method: details.method.clone(),
            evidence: Value::Object(details.evidence.clone()),
            notice: details.notice.as_ref().map(|version| self.notice(details, version)),
        }
    }

    /// The notice that was shown, in the language that is known to have been shown; else in English, else in any.
    fn notice(&self, details: &StatementDetails, version: &str) -> Notice {
        let shown = details.evidence.get("notice_language").and_then(Value::as_str);
        let notices = self.kept.notices.iter();
        let of_it =
            notices.filter(|notice| notice.purpose == details.statement.purpose && notice.version == version);
        let best = of_it.min_by_key(|notice| {
            (Some(notice.language.as_str()) != shown, notice.language != "en", &notice.language)
        });
        Notice {
            version: version.to_owned(),
            language: best.map(|notice| notice.language.clone()),
            text: best.map(|notice| notice.body.clone()),
        }
    }

    fn links(&self) -> Vec<Link> {
        let links = self.kept.links.iter().filter_map(|link| {
            let (rule, value) = (link.rule.clone(), link.value.clone());
            Some(Link { a: self.named(link.a)?, b: self.named(link.b)?, rule, value })
        });
        links.collect()
    }

    /// Who decided and what they noted is told to nobody: it may name others.
    fn decisions(&self) -> Vec<Decision> {
        let words = &self.kept.words;
        let standing: BTreeSet<Uuid> = words.standing(None).iter().map(|decision| decision.id).collect();
        let pairs = words.pairs.iter().filter_map(|(id, pair)| {
            let decision = words.decisions.get(id)?;
            let (a, b) = (self.named(pair.a), self.named(pair.b));
            let (record, other) = if a.is_some() { (a, b) } else { (b, None) };
            let verdict = match pair.verdict {
                Verdict::Same => "same",
                Verdict::Different => "different",
            };
            Some(Decision {
                decided_at: decision.decided_at,
                kind: decision.kind.as_str().to_owned(),
                verdict: verdict.to_owned(),
                stands: standing.contains(id),
                record: record?,
                other,
            })
        });
        let mut decisions: Vec<Decision> = pairs.collect();
        decisions.sort_by_key(|decision| decision.decided_at);
        decisions
    }

    fn corrections(&self) -> Vec<Correction> {
        let corrections = self.kept.corrections.iter().map(|kept| Correction {
            request: kept.request,
            name: kept.key.clone(),
            value: kept.value.clone(),
            stated_at: kept.stated_at,
            ended_at: kept.ended_at,
        });
        corrections.collect()
    }

    fn requests(&self) -> Result<Vec<Request>> {
        let requests = self.kept.requests.iter().map(|row| {
            Ok(Request {
                id: row.id,
                kind: row.kind.clone(),
                state: row.state.clone(),
                received_at: row.received_at,
                due_at: row.due_at,
                closed_at: row.closed_at,
                reason: row.reason.clone(),
                lifted_at: row.lifted_at,
                detail: Some(json("subject request", &row.detail)?)
                    .filter(|detail| *detail != Value::Object(Map::new())),
            })
        });
        requests.collect()
    }

    fn records(&self) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        for row in &self.kept.versions {
            let Some((understood, is_shared)) = self.own_part(row)? else { continue };
            records.push(Record {
                source: self.source(row.source_id),
                kind: row.kind.clone(),
                key: row.external_id.clone(),
                updated_at: row.updated_at,
                last_seen: row.last_seen,
                deleted: row.deleted,
                understood: word(&understood)?,
                delivered: (!is_shared).then(|| payload(&row.payload)),
            });
        }
        Ok(records)
    }

    /// What a version says of the person, and whether it is about others as well; nothing where it is about others alone.
    fn own_part(&self, row: &record_version::Model) -> Result<Option<(Body, bool)>> {
        let is_own = |key: &String| {
            let mut members = self.kept.members.iter();
            members.any(|member| member.source_id == row.source_id && member.external_id == *key)
        };
        Ok(match json("record body", &row.body)? {
            body @ (Body::Person(_) | Body::Company(_) | Body::Product(_) | Body::Campaign(_)) => {
                Some((body, false))
            }
            Body::Order(order) if order.person.as_ref().is_some_and(is_own) => {
                Some((Body::Order(order), false))
            }
            Body::Order(_) => None,
            Body::Deal(mut deal) => {
                let all = deal.persons.len();
                deal.persons.retain(is_own);
                let own = deal.persons.len();
                (own > 0).then_some((Body::Deal(deal), own < all))
            }
        })
    }

    fn rejected(&self) -> Vec<Rejected> {
        let rejected = self.kept.rejected.iter().map(|row| Rejected {
            source: self.source(row.source_id),
            key: row.external_id.clone().unwrap_or_default(),
            reason: row.reason.clone(),
            delivered: payload(&row.payload),
        });
        rejected.collect()
    }
}

fn total(total: &stored::CurrencyTotal) -> Total {
    Total {
        currency: total.currency.clone(),
        orders: total.orders,
        revenue: from_micros(total.revenue_micros).to_string(),
        refunded: from_micros(total.refunded_micros).to_string(),
    }
}

/// A value as it is written in JSON.
fn word(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| Error::stored("archive", error))
}

fn payload(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into())
}

/// Why data may or may not be used, in plain words, and since when.
fn because(decision: &consent::Decision) -> (&'static str, Option<DateTime<Utc>>) {
    match decision {
        consent::Decision::Allowed { ground: Ground::Consented, since, .. } => ("you agreed", *since),
        consent::Decision::Allowed { ground: Ground::Basis(_), since, .. } => {
            ("the ground of this purpose needs no consent, and you have not objected", *since)
        }
        consent::Decision::Refused { reason, since, .. } => {
            let reason = match reason {
                Refusal::Restricted => "any use was restricted at your request",
                Refusal::Denied => "you said no",
                Refusal::Withdrawn => "you took your consent back",
                Refusal::Objected => "you objected",
                Refusal::Expired => "your consent has ended",
                Refusal::Unconfirmed => "your consent was never confirmed",
                Refusal::NotWritten => "text messages need consent in writing",
                Refusal::NeverAsked => "you were never asked",
                Refusal::NoContactPoint => "no address or number is known at which you could be reached",
            };
            (reason, *since)
        }
    }
}
