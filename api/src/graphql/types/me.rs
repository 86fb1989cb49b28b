//! What a page may know of its visitor. Nothing else hangs on it, so that nothing else can be reached from it.

use std::collections::BTreeSet;

use async_graphql::{Context, Object, Result, SimpleObject};
use profiles::consent::Withheld;
use profiles::view::catalogue::{self, Group};
use profiles::view::read::Profile;

use super::consent::ConsentReason;
use super::withheld::WithheldField;
use crate::graphql::scalars::JsonRef;

/// The keys of the traits that a page may see.
#[derive(Debug, Clone)]
pub(in crate::graphql) struct VisitorTraits(pub(in crate::graphql) BTreeSet<String>);

/// What a page may know of its visitor.
#[derive(Debug)]
pub(crate) struct Me(pub(in crate::graphql) Option<Box<Profile>>);

/// A field of a visitor.
#[derive(Debug, SimpleObject)]
pub(crate) struct MyTrait<'a> {
    /// Its name, such as `first_name`.
    key: &'a str,
    /// Its value; what names a person directly is masked.
    value: JsonRef<'a>,
}

/// What a page may know of its visitor: as much as the person allows for the purpose `personalisation`.
#[Object]
impl Me {
    /// What to call the person; an address or number masked. Null if nothing is known, or where `withheld` says why.
    async fn display_name(&self) -> Option<&str> {
        self.0.as_ref()?.display_name.as_deref()
    }

    /// The traits that the setting `privacy.visitor_traits` names, by key.
    async fn traits(&self, ctx: &Context<'_>) -> Result<Vec<MyTrait<'_>>> {
        let shown = &ctx.data::<VisitorTraits>()?.0;
        let traits = self.0.iter().flat_map(|profile| &profile.traits);
        let traits = traits.filter(|found| shown.contains(&found.key));
        Ok(traits.map(|found| MyTrait { key: &found.key, value: JsonRef(&found.value) }).collect())
    }

    /// What is kept back, and why.
    async fn withheld(&self, ctx: &Context<'_>) -> Result<Vec<WithheldField>> {
        let fields = ["displayName", "traits"];
        let Some(profile) = &self.0 else {
            return Ok(fields.map(|field| WithheldField::because(field, ConsentReason::Identified)).into());
        };
        if let Some((refusal, since)) = profile.admission.refused() {
            let whole = |field| WithheldField::whole(field, Withheld::Person(refusal), since);
            return Ok(fields.map(whole).into());
        }
        let name = profile.admission.to(Group::Identity).err();
        let name = name.map(|why| WithheldField::whole("displayName", why, None));
        let shown = &ctx.data::<VisitorTraits>()?.0;
        let wanted: BTreeSet<Group> = shown.iter().map(|key| catalogue::group(key)).collect();
        let parts = wanted.into_iter().filter_map(|group| {
            Some(WithheldField::part("traits", group, profile.admission.to(group).err()?))
        });
        Ok(name.into_iter().chain(parts).collect())
    }
}
