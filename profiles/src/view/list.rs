//! Lists of profiles: filters, orders, pages by key.

use chrono::{DateTime, Utc};
use entities::{identifier, profile, profile::Column as C, source_identity};
use identity::{IdentifierKind, Normalised};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select, Value,
    sea_query::{Expr, NullOrdering, Order},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::read::{Profile, json};
use crate::{
    Keys, Profiles,
    consent::{self, Gate, Reader},
    error::{Error, Result},
};

/// What the values of places are sealed for.
const PLACE: &[u8] = b"place in a list";
/// How many rows are looked at at a time where some were left out, and about how many at most.
const LOOK: u64 = if cfg!(test) { 3 } else { 500 };
const MOST_LOOKED_AT: usize = if cfg!(test) { 12 } else { 20_000 };

/// Which profiles. Everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The beginning of the name (given or family name first), in any case and without accents.
    pub name_prefix: Option<String>,
    /// An identifier in any spelling.
    pub identifier: Option<(IdentifierKind, String)>,
    /// Members from this source.
    pub source: Option<Uuid>,
    /// At least so many orders that count.
    pub min_orders: Option<i64>,
    /// Last seen at or after this instant.
    pub seen_since: Option<DateTime<Utc>>,
    /// Changed here at or after this instant.
    pub updated_since: Option<DateTime<Utc>>,
    /// Also people whose every member is deleted at its source.
    pub include_inactive: bool,
}

/// By what a list is sorted; ties by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// Folded name, given name first.
    Name,
    /// When the eldest member was created; unknown last.
    CreatedAt,
    /// Latest update, event or order; unknown last.
    LastSeen,
    /// Number of orders that count.
    Orders,
}

/// A place in a sorted list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPlace {
    /// The sort value there, as [`place`] gives it.
    pub value: Option<String>,
    /// The profile there.
    pub id: Uuid,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// By what it is sorted.
    pub sort: SortKey,
    /// Greatest first.
    pub descending: bool,
    /// At most so many.
    pub limit: u64,
    /// Only after this place.
    pub after: Option<ListPlace>,
    /// Only before this place.
    pub before: Option<ListPlace>,
    /// The last ones rather than the first ones.
    pub from_end: bool,
}

/// The place of a profile in a list.
fn place(sort: SortKey, row: &profile::Model) -> ListPlace {
    let micros =
        |instant: Option<DateTime<Utc>>| instant.map(|instant| instant.timestamp_micros().to_string());
    let value = match sort {
        SortKey::Name => Some(row.search_name.clone()),
        SortKey::CreatedAt => micros(row.created_at),
        SortKey::LastSeen => micros(row.last_seen),
        SortKey::Orders => Some(row.order_count.to_string()),
    };
    ListPlace { value, id: row.id }
}

/// A place whose value was sealed.
fn opened(keys: &Keys, place: &ListPlace) -> Result<ListPlace> {
    let open = |value: &String| {
        let sealed = hex::decode(value).ok()?;
        String::from_utf8(keys.open(PLACE, &sealed).ok()?).ok()
    };
    let value = place.value.as_ref().map(|value| open(value).ok_or_else(no_cursor)).transpose()?;
    Ok(ListPlace { value, id: place.id })
}

fn no_cursor() -> Error {
    Error::invalid("after", "the cursor is not one of this list")
}

fn column(sort: SortKey) -> C {
    match sort {
        SortKey::Name => C::SearchName,
        SortKey::CreatedAt => C::CreatedAt,
        SortKey::LastSeen => C::LastSeen,
        SortKey::Orders => C::OrderCount,
    }
}

fn sort_value(sort: SortKey, text: &str) -> Result<Value> {
    Ok(match sort {
        SortKey::Name => text.into(),
        SortKey::Orders => text.parse::<i64>().map_err(|_| no_cursor())?.into(),
        SortKey::CreatedAt | SortKey::LastSeen => {
            text.parse().ok().and_then(DateTime::<Utc>::from_timestamp_micros).ok_or_else(no_cursor)?.into()
        }
    })
}

/// Rows strictly beyond a place, in the direction of the sort. Unknown values stand at the end of either
/// direction.
fn beyond(page: &Page, place: &ListPlace, forward: bool) -> Result<Condition> {
    let column = column(page.sort);
    let ascending = page.descending != forward;
    let id = if ascending { C::Id.gt(place.id) } else { C::Id.lt(place.id) };
    Ok(match &place.value {
        Some(text) => {
            let value = sort_value(page.sort, text)?;
            let further = if ascending { column.gt(value.clone()) } else { column.lt(value.clone()) };
            let tie = Condition::all().add(column.eq(value)).add(id);
            let any = Condition::any().add(further).add(tie);
            if forward { any.add(column.is_null()) } else { any }
        }
        None => {
            let tie = Condition::all().add(column.is_null()).add(id);
            if forward { tie } else { Condition::any().add(tie).add(column.is_not_null()) }
        }
    })
}

impl Profiles {
    /// A page of the profiles that pass the filter, in the order of the list, each with its place, and whether there are
    /// more beyond it in the direction of reading. Those whose data its reader may not use are left out as if they were not
    /// there: others stand in their places.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor of another list, and where so many are left out that looking on would take too long.
    pub async fn list(
        &self,
        reader: &Reader,
        filter: &Filter,
        page: &Page,
    ) -> Result<(Vec<(ListPlace, Profile)>, bool)> {
        let gate = self.gate(reader).await?;
        // Who has no name stands in the list by an address.
        let sealed = reader.masked && page.sort == SortKey::Name;
        let mut page = page.clone();
        for place in [&mut page.after, &mut page.before].into_iter().flatten().filter(|_| sealed) {
            *place = opened(self.keys(), place)?;
        }
        let mut found: Vec<(ListPlace, Profile)> = Vec::new();
        let (mut wanted, mut looked_at) = (page.limit + 1, 0);
        let more = 'page: loop {
            let rows = self.next_rows(&gate, filter, &page, wanted).await?;
            let is_last = (rows.len() as u64) < wanted;
            looked_at += rows.len();
            // On from there, where some were left out.
            let onward = rows.last().map(|row| place(page.sort, row));
            for row in rows {
                // Where somebody stands in a list tells what they are called, or when they last bought.
                let said: Vec<consent::Statement> = json("consents", &row.consents)?;
                if gate.admit(&said).refused().is_some() {
                    continue;
                }
                if found.len() as u64 == page.limit {
                    break 'page true;
                }
                found.push((place(page.sort, &row), Profile::read(row, &gate)?));
            }
            if is_last {
                break false;
            }
            if looked_at >= MOST_LOOKED_AT {
                if found.is_empty() {
                    let message = "too many people who pass it may not be shown; narrow it down";
                    return Err(Error::invalid("filter", message));
                }
                break true;
            }
            wanted = LOOK;
            if page.from_end {
                page.before = onward;
            } else {
                page.after = onward;
            }
        };
        if page.from_end {
            found.reverse();
        }
        for (place, _) in found.iter_mut().filter(|_| sealed) {
            if let Some(value) = &mut place.value {
                *value = hex::encode(self.keys().seal(PLACE, value.as_bytes())?);
            }
        }
        Ok((found, more))
    }

    /// The first rows of a stretch of the list, in the direction of reading.
    async fn next_rows(
        &self,
        gate: &Gate,
        filter: &Filter,
        page: &Page,
        wanted: u64,
    ) -> Result<Vec<profile::Model>> {
        let mut query = self.filtered(filter)?;
        if let Some(purpose) = gate.asks_for_consent() {
            // Who never said anything of it has not said yes: most people are left out before they are read.
            query = query.filter(C::Consents.contains(format!("\"{purpose}\"")));
        }
        for (place, forward) in [(&page.after, true), (&page.before, false)] {
            if let Some(place) = place {
                query = query.filter(beyond(page, place, forward)?);
            }
        }
        let descending = page.descending != page.from_end;
        let order = if descending { Order::Desc } else { Order::Asc };
        let nulls = if page.from_end { NullOrdering::First } else { NullOrdering::Last };
        let query = query.order_by_with_nulls(column(page.sort), order.clone(), nulls).order_by(C::Id, order);
        Ok(query.limit(wanted).all(self.db()).await?)
    }

    /// How many profiles pass the filter; nothing for who reads for a purpose: it would count those who refuse.
    pub async fn count(&self, reader: &Reader, filter: &Filter) -> Result<Option<u64>> {
        if !self.gate(reader).await?.is_open() {
            return Ok(None);
        }
        Ok(Some(self.filtered(filter)?.count(self.db()).await?))
    }

    fn filtered(&self, filter: &Filter) -> Result<Select<profile::Entity>> {
        let mut query = profile::Entity::find();
        if !filter.include_inactive {
            query = query.filter(C::Active.eq(true));
        }
        if let Some(prefix) = &filter.name_prefix {
            let from = identity::fold_name(prefix);
            // A range, not LIKE: the same on both databases, and the index serves it.
            let range = |column: C| match successor(&from) {
                Some(to) => Condition::all().add(column.gte(from.as_str())).add(column.lt(to)),
                None => Condition::all().add(column.gte(from.as_str())),
            };
            query = query.filter(Condition::any().add(range(C::SearchName)).add(range(C::SearchFamily)));
        }
        if let Some((kind, raw)) = &filter.identifier {
            let value = match self.ruleset().identity.normalise(*kind, raw, None) {
                Normalised::Value(value) => value,
                Normalised::Placeholder => String::new(),
                Normalised::Invalid(reason) => {
                    return Err(Error::invalid(format!("filter.{}", kind.as_str()), reason));
                }
            };
            let carriers = identifier::Entity::find()
                .select_only()
                .column(identifier::Column::SourceIdentityId)
                .filter(identifier::Column::Kind.eq(kind.as_str()))
                .filter(identifier::Column::Value.eq(value))
                .into_query();
            query = query.filter(members(source_identity::Column::Id.in_subquery(carriers)));
        }
        if let Some(source) = filter.source {
            query = query.filter(members(source_identity::Column::SourceId.eq(source)));
        }
        if let Some(count) = filter.min_orders {
            query = query.filter(C::OrderCount.gte(count));
        }
        if let Some(since) = filter.seen_since {
            query = query.filter(C::LastSeen.gte(since));
        }
        if let Some(since) = filter.updated_since {
            query = query.filter(C::UpdatedAt.gte(since));
        }
        Ok(query)
    }
}

/// Profiles with a member that meets the condition.
fn members(condition: Expr) -> Expr {
    let profiles = source_identity::Entity::find()
        .select_only()
        .column(source_identity::Column::ProfileId)
        .filter(condition)
        .filter(source_identity::Column::Deleted.eq(false))
        .into_query();
    C::Id.in_subquery(profiles)
}

/// The least text that is greater than every text beginning with `prefix`.
fn successor(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        if let Some(next) = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::successor;

    #[test]
    fn the_successor_of_a_prefix_ends_its_range() {
        assert_eq!(successor("ann").as_deref(), Some("ano"));
        assert_eq!(successor("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(successor("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor(""), None);
    }
}
