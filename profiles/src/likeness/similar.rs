//! Who is most like somebody, past the gate.
//!
//! 1. Up to 2,000 people are drawn by way of indexes ([`super::candidates`]), and whoever is not active, or may not be
//!    shown to the reader, or does not allow profiling, is left out.
//! 2. They are compared by all that is read at once: their row and their segments.
//! 3. The 200 (of no more than 5,000 orders) who are nearest by that, and by how many of the person's products they were found by, are compared by what
//!    they bought, too.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entities::profile;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{
    alike::{Likeness, Portrait, compare, count},
    allows,
    candidates::Drawn,
    portraits::{self, Bought, MOST_ORDERS, May},
    words::Names,
};
use crate::{
    Profiles, audiences,
    consent::{Gate, Purpose, Reader, Statement},
    error::{Error, Result},
    insights::{Status, profiling},
    store::{chunks, over},
    view::{
        catalogue::Group,
        read::{Profile, ProfileRef, json},
    },
};

/// The most people that are told.
const MOST: usize = 50;
/// How many are compared by what they bought, and how many orders they may have together.
const FINALISTS: usize = 200;
const FINAL_ORDERS: i64 = 5_000;
/// What a product counts by which somebody was found, of all products that were drawn from, before what they bought is known.
const FOUND: f64 = 0.25;
/// The most companies of one person.
const MOST_COMPANIES: i64 = 40;

/// Who is like somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// [`Status::Ok`], or [`Status::NoConsent`] where the person's data may not be used for profiling.
    pub status: Status,
    /// When it was worked out.
    pub computed_at: DateTime<Utc>,
    /// How many people were drawn and might be compared.
    pub compared: usize,
    /// Those most alike, the most alike first.
    pub people: Vec<LookAlike>,
}

/// Somebody who is like the person.
#[derive(Debug, Clone, PartialEq)]
pub struct LookAlike {
    /// Who.
    pub profile: Profile,
    /// 0 to 1.
    pub similarity: f64,
    /// What they have in common, the weightiest first.
    pub reasons: Vec<Shared>,
}

/// Something that two people have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Shared {
    /// `products`, `segments`, `orders`, …
    pub factor: &'static str,
    /// What it adds to the similarity; all reasons add up to it.
    pub contribution: f64,
    /// What it would add if they did not differ in it.
    pub most: f64,
    /// What it is, in words.
    pub text: String,
}

/// Somebody with whom the person is compared.
struct Candidate {
    row: profile::Model,
    portrait: Portrait,
    /// By how many of the person's products.
    found_by: usize,
}

impl Profiles {
    /// Who is most like somebody, of those who may be shown to the reader. Nothing where nobody of that name is known, and
    /// where the reader may not know what the person did.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more than 50.
    pub async fn similar_profiles(
        &self,
        reader: &Reader,
        by: &ProfileRef,
        first: usize,
    ) -> Result<Option<Similar>> {
        if first > MOST {
            return Err(Error::invalid("first", format!("expected at most {MOST}")));
        }
        let Some(row) = self.profile_row(by).await? else { return Ok(None) };
        let now = self.now();
        let gate = self.gate(reader).await?;
        let said: Vec<Statement> = json("consents", &row.consents)?;
        let admission = gate.admit(&said);
        if admission.to(Group::Quantitative).is_err() {
            return Ok(None);
        }
        gate.note(row.id);
        let purposes = self.purposes().await?;
        let purpose = profiling(&purposes);
        let nothing =
            Similar { status: Status::NoConsent, computed_at: now, compared: 0, people: Vec::new() };
        let Some(purpose) = purpose.filter(|purpose| allows(Some(purpose), &said, now)) else {
            return Ok(Some(nothing));
        };
        let groups: BTreeSet<Group> =
            purpose.data_groups.iter().copied().filter(|group| admission.to(*group).is_ok()).collect();
        let all = audiences::known(self).await?;
        let told = all.in_order().filter(|segment| all.groups(&segment.key).is_subset(&groups));
        let segments: BTreeSet<String> = told.map(|segment| segment.key.clone()).collect();
        let may = May { groups: &groups, segments: &segments, now };

        let mut bought = Bought::default();
        let (asked, drawn) = self.asked_about(&row, &may, &mut bought).await?;
        let candidates = self.candidates(&drawn, &gate, purpose, &may).await?;
        let compared = candidates.len();
        let candidates = self.finalists(&asked, &drawn, candidates, &mut bought).await?;
        let mut alike: Vec<(Likeness, Candidate)> =
            candidates.into_iter().map(|one| (compare(&asked, &one.portrait), one)).collect();
        alike.retain(|(likeness, _)| likeness.similarity > 0.0);
        alike.sort_by(|(a, one), (b, other)| {
            b.similarity.total_cmp(&a.similarity).then(one.row.id.cmp(&other.row.id))
        });
        let names = Names { bought: &bought, segments: &all };
        let people = alike.into_iter().take(first).map(|(likeness, found)| {
            let reasons = shared(&likeness, &names, &asked, &found.portrait);
            let profile = Profile::read(found.row, &gate)?;
            Ok(LookAlike { profile, similarity: likeness.similarity, reasons })
        });
        Ok(Some(Similar { status: Status::Ok, compared, people: people.collect::<Result<_>>()?, ..nothing }))
    }

    /// What is compared of the person, and by what others are drawn.
    async fn asked_about(
        &self,
        row: &profile::Model,
        may: &May<'_>,
        bought: &mut Bought,
    ) -> Result<(Portrait, Drawn)> {
        let id = row.id;
        let mut portrait = portraits::of_row(row, may)?;
        portrait.segments = portraits::segments(self.db(), &[id], may).await?.remove(&id).unwrap_or_default();
        if row.order_count <= MOST_ORDERS {
            bought.read(self.db(), &[id]).await?;
            bought.complete(id, &mut portrait);
        }
        let mut products: Vec<(Uuid, f64)> =
            portrait.products.iter().map(|(product, orders)| (*product, *orders)).collect();
        // Those of as many orders stay in the order of their ids.
        products.sort_by(|a, b| b.1.total_cmp(&a.1));
        let companies =
            if may.groups.contains(&Group::Descriptive) { self.companies_by(id).await? } else { Vec::new() };
        let drawn = Drawn {
            id,
            products: products.into_iter().map(|(product, _)| product).collect(),
            segments: portrait.segments.iter().cloned().collect(),
            companies,
            last_seen: row.last_seen,
            orders: row.order_count,
        };
        Ok((portrait, drawn))
    }

    async fn companies_by(&self, id: Uuid) -> Result<Vec<Uuid>> {
        let sql = format!(
            "SELECT DISTINCT c.company_id FROM source_identity s \
             JOIN company_person c ON c.source_identity_id = s.id WHERE s.profile_id = {{}} \
             ORDER BY c.company_id LIMIT {MOST_COMPANIES}"
        );
        let rows = self.db().query_all_raw(over(self.db(), &sql, &[id], [])).await?;
        Ok(rows.iter().map(|row| row.try_get("", "company_id")).collect::<Result<_, _>>()?)
    }

    /// Those who were drawn, are active, may be shown and may be compared, by id.
    async fn candidates(
        &self,
        drawn: &Drawn,
        gate: &Gate,
        purpose: &Purpose,
        may: &May<'_>,
    ) -> Result<Vec<Candidate>> {
        let found = drawn.people(self.db()).await?;
        let mut rows: BTreeMap<Uuid, profile::Model> = BTreeMap::new();
        for ids in chunks(self.db(), found.keys().copied()) {
            use profile::Column as P;
            let active = profile::Entity::find().filter(ids.of(P::Id)).filter(P::Active.eq(true));
            for row in active.all(self.db()).await? {
                let said: Vec<Statement> = json("consents", &row.consents)?;
                if gate.admit(&said).refused().is_none() && allows(Some(purpose), &said, may.now) {
                    rows.insert(row.id, row);
                }
            }
        }
        let ids: Vec<Uuid> = rows.keys().copied().collect();
        let mut segments = portraits::segments(self.db(), &ids, may).await?;
        let candidates = rows.into_values().map(|row| {
            let mut portrait = portraits::of_row(&row, may)?;
            portrait.segments = segments.remove(&row.id).unwrap_or_default();
            let found_by = found.get(&row.id).copied().unwrap_or_default();
            Ok(Candidate { row, portrait, found_by })
        });
        candidates.collect()
    }

    /// The nearest of them by what is known so far, with what they bought.
    async fn finalists(
        &self,
        asked: &Portrait,
        drawn: &Drawn,
        candidates: Vec<Candidate>,
        bought: &mut Bought,
    ) -> Result<Vec<Candidate>> {
        let so_far = Portrait { products: BTreeMap::new(), categories: BTreeMap::new(), ..asked.clone() };
        let lists = count(drawn.lists_of_buyers().max(1));
        let mut ranked: Vec<(f64, Candidate)> = candidates
            .into_iter()
            .map(|one| {
                let found = FOUND * count(one.found_by) / lists;
                (compare(&so_far, &one.portrait).similarity + found, one)
            })
            .collect();
        ranked.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.row.id.cmp(&other.row.id)));
        ranked.truncate(FINALISTS);
        // Nobody resembles in what they bought whose own was not looked at.
        let few = |orders: i64| (1..=MOST_ORDERS).contains(&orders) && drawn.orders <= MOST_ORDERS;
        let mut left = FINAL_ORDERS;
        ranked.retain(|(_, one)| {
            left -= if few(one.row.order_count) { one.row.order_count } else { 0 };
            left >= 0
        });
        let buyers: Vec<Uuid> = ranked
            .iter()
            .map(|(_, one)| &one.row)
            .filter(|row| few(row.order_count))
            .map(|row| row.id)
            .collect();
        bought.read(self.db(), &buyers).await?;
        Ok(ranked
            .into_iter()
            .map(|(_, mut one)| {
                bought.complete(one.row.id, &mut one.portrait);
                one
            })
            .collect())
    }
}

/// What two people have in common, the weightiest first.
fn shared(likeness: &Likeness, names: &Names<'_>, asked: &Portrait, found: &Portrait) -> Vec<Shared> {
    let mut parts: Vec<_> = likeness.parts.iter().filter(|part| part.contribution > 0.0).collect();
    // Those that add as much stay in the order of the factors.
    parts.sort_by(|a, b| b.contribution.total_cmp(&a.contribution));
    let told = parts.into_iter().map(|part| Shared {
        factor: part.factor.name(),
        contribution: part.contribution,
        most: part.most,
        text: names.tell(part, asked, found),
    });
    told.collect()
}
