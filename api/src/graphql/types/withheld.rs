//! What is kept back, and why.

use async_graphql::SimpleObject;
use profiles::consent::Withheld;
use profiles::view::catalogue::Group;

use super::consent::ConsentReason;
use super::traits::TraitGroup;
use crate::graphql::scalars::DateTime;

/// A field that is null, or lacks something, because the data may not be used for the purpose of the key.
#[derive(Debug, SimpleObject)]
pub(crate) struct WithheldField {
    /// The name of the field.
    field: &'static str,
    /// Of which group the data is that it lacks; null where the whole field is withheld.
    group: Option<TraitGroup>,
    /// Why.
    reason: ConsentReason,
    /// Since when, where it is known.
    since: Option<DateTime>,
}

impl WithheldField {
    pub(super) fn whole(
        field: &'static str,
        why: Withheld,
        since: Option<chrono::DateTime<chrono::Utc>>,
    ) -> Self {
        Self { field, group: None, reason: why.into(), since: since.map(DateTime) }
    }

    pub(super) fn because(field: &'static str, reason: ConsentReason) -> Self {
        Self { field, group: None, reason, since: None }
    }

    pub(super) fn part(field: &'static str, group: Group, why: Withheld) -> Self {
        Self { field, group: Some(group.into()), reason: why.into(), since: None }
    }
}
