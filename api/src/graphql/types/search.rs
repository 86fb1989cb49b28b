//! Naming one profile, and lists of them.

use async_graphql::connection::Edge;
use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, Result};
use profiles::IdentifierKind;
use profiles::view::list::{Filter, Page, SortKey};
use profiles::view::read;

use super::connection;
use super::profile::Profile;
use crate::graphql::error::{bad_input, top};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging;
use crate::graphql::scalars::{Count, DateTime};

/// How a profile is named.
#[derive(Debug, OneofObject)]
pub(crate) enum ProfileRef {
    /// Any id that ever was this profile's, or the one of a source identity.
    Id(ID),
    /// An e-mail address, in any spelling.
    Email(String),
    /// A telephone number, with its country code, in any spelling.
    Phone(String),
    /// The id under which the customer's own systems know the person.
    UserId(String),
    /// An anonymous visitor's id.
    AnonymousId(String),
    /// An object of a source, such as a CRM contact.
    Record(RecordRef),
}

/// An object of a source.
#[derive(Debug, InputObject)]
pub(crate) struct RecordRef {
    /// The source's key, such as `hubspot-eu`.
    source: String,
    /// The object's id in that source.
    external_id: String,
}

impl ProfileRef {
    pub(in crate::graphql) fn read(self) -> Result<read::ProfileRef> {
        let identifier = |kind, value| Ok(read::ProfileRef::Identifier(kind, value));
        match self {
            Self::Id(id) => {
                ids::expect("by.id", &id, &[Kind::Profile, Kind::SourceIdentity]).map(read::ProfileRef::Id)
            }
            Self::Email(value) => identifier(IdentifierKind::Email, value),
            Self::Phone(value) => identifier(IdentifierKind::Phone, value),
            Self::UserId(value) => identifier(IdentifierKind::UserId, value),
            Self::AnonymousId(value) => identifier(IdentifierKind::AnonymousId, value),
            Self::Record(record) => {
                Ok(read::ProfileRef::Record { source: record.source, external_id: record.external_id })
            }
        }
    }
}

/// Which profiles. Everything that is given must hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct ProfileFilter {
    /// The beginning of the name, given or family name first, in any case and without accents.
    name_prefix: Option<String>,
    /// An e-mail address, in any spelling. At most one of `email`, `phone` and `userId` may be given.
    email: Option<String>,
    /// A telephone number, with its country code, in any spelling.
    phone: Option<String>,
    /// The id under which the customer's own systems know the person.
    user_id: Option<String>,
    /// The id of a source that knows the person.
    source_id: Option<ID>,
    /// At least so many orders that count; 0 or more.
    min_orders: Option<i32>,
    /// Last seen at or after this instant.
    seen_since: Option<DateTime>,
    /// Changed here at or after this instant.
    updated_since: Option<DateTime>,
    /// Also people who are deleted at every source.
    #[graphql(default)]
    include_inactive: bool,
}

impl ProfileFilter {
    fn read(self) -> Result<Filter> {
        let given = [
            (IdentifierKind::Email, self.email),
            (IdentifierKind::Phone, self.phone),
            (IdentifierKind::UserId, self.user_id),
        ];
        let mut given = given.into_iter().filter_map(|(kind, value)| Some((kind, value?)));
        let identifier = given.next();
        if given.next().is_some() {
            return Err(bad_input("filter: give at most one of email, phone and userId"));
        }
        if self.name_prefix.as_ref().is_some_and(|prefix| prefix.contains('\0')) {
            return Err(bad_input("filter.namePrefix: no name contains U+0000"));
        }
        let source = self.source_id.map(|id| ids::expect("filter.sourceId", &id, &[Kind::Source]));
        Ok(Filter {
            name_prefix: self.name_prefix,
            identifier,
            source: source.transpose()?,
            min_orders: self.min_orders.map(i64::from),
            seen_since: self.seen_since.map(|instant| instant.0),
            updated_since: self.updated_since.map(|instant| instant.0),
            include_inactive: self.include_inactive,
        })
    }
}

/// By what profiles are sorted. Ties are broken by id, so that an order is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "SortKey")]
pub(crate) enum ProfileOrderField {
    /// The name, given name first, in any case and without accents.
    Name,
    /// When the eldest source identity was created; unknown last.
    CreatedAt,
    /// The latest update, event or order; unknown last.
    LastSeen,
    /// The number of orders that count.
    Orders,
}

/// In which direction a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum OrderDirection {
    /// Least first.
    Asc,
    /// Greatest first.
    Desc,
}

/// The order of a list of profiles.
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct ProfileOrder {
    /// By what it is sorted.
    field: ProfileOrderField,
    /// In which direction.
    #[graphql(default_with = "OrderDirection::Asc")]
    direction: OrderDirection,
}

impl Default for ProfileOrder {
    fn default() -> Self {
        Self { field: ProfileOrderField::LastSeen, direction: OrderDirection::Desc }
    }
}

impl ProfileOrder {
    /// The name of a list in this order: a cursor of one is none of another.
    fn list(self) -> &'static str {
        use OrderDirection::{Asc, Desc};
        use ProfileOrderField::{CreatedAt, LastSeen, Name, Orders};
        match (self.field, self.direction) {
            (Name, Asc) => "profiles by NAME ASC",
            (Name, Desc) => "profiles by NAME DESC",
            (CreatedAt, Asc) => "profiles by CREATED_AT ASC",
            (CreatedAt, Desc) => "profiles by CREATED_AT DESC",
            (LastSeen, Asc) => "profiles by LAST_SEEN ASC",
            (LastSeen, Desc) => "profiles by LAST_SEEN DESC",
            (Orders, Asc) => "profiles by ORDERS ASC",
            (Orders, Desc) => "profiles by ORDERS DESC",
        }
    }
}

/// A page of a list of profiles that somebody asks for.
pub(crate) struct ProfileList {
    pub(in crate::graphql) filter: Option<ProfileFilter>,
    pub(in crate::graphql) order: Option<ProfileOrder>,
    pub(in crate::graphql) first: Option<i32>,
    pub(in crate::graphql) after: Option<String>,
    pub(in crate::graphql) last: Option<i32>,
    pub(in crate::graphql) before: Option<String>,
}

impl ProfileList {
    pub(in crate::graphql) async fn load(self, ctx: &Context<'_>) -> Result<connection::Profiles> {
        if self.first.is_some() && self.last.is_some() {
            return Err(bad_input("give first or last, not both"));
        }
        let filter = self.filter.unwrap_or_default().read()?;
        let order = self.order.unwrap_or_default();
        let from_end = self.last.is_some();
        let page = Page {
            sort: order.field.into(),
            descending: order.direction == OrderDirection::Desc,
            limit: if from_end {
                paging::size(ctx, "last", self.last)?
            } else {
                paging::size(ctx, "first", self.first)?
            },
            after: paging::place("after", order.list(), self.after.as_deref())?,
            before: paging::place("before", order.list(), self.before.as_deref())?,
            from_end,
        };
        let loaders = loaders(ctx);
        let (found, more) = loaders.profiles.list(&loaders.reader, &filter, &page).await.map_err(top)?;
        let (earlier, later) =
            if from_end { (more, page.before.is_some()) } else { (page.after.is_some(), more) };
        let mut connection =
            connection::Profiles::with_additional_fields(earlier, later, ProfileCount::Filtered(filter));
        connection.edges.reserve(found.len());
        for (place, profile) in found {
            let profile = Profile::new(&loaders.profiles, profile).await.map_err(top)?;
            connection.edges.push(Edge::new(paging::cursor(order.list(), place), profile));
        }
        Ok(connection)
    }
}

/// What a list of profiles says beside its page.
#[derive(Debug)]
pub(crate) enum ProfileCount {
    Filtered(Filter),
    Known(Count),
}

/// What a list of profiles says beside its page.
#[Object(crate = "crate::graphql::quick")]
impl ProfileCount {
    /// How many profiles the list has, on all pages. Counted only if asked for; null in a search by who reads for a purpose:
    /// it would count people whose data may not be used for it.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Option<Count>> {
        match self {
            Self::Filtered(filter) => {
                let loaders = loaders(ctx);
                let count = loaders.profiles.count(&loaders.reader, filter).await.map_err(top)?;
                Ok(count.map(Count))
            }
            Self::Known(count) => Ok(Some(*count)),
        }
    }
}
