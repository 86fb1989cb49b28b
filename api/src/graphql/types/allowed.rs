//! What a profile says about the use of its data: the same question to the one gate, asked of every purpose, of one, and
//! of the past.

use std::collections::BTreeSet;

use async_graphql::{Context, Result};
use chrono::{DateTime, Utc};
use profiles::IdentifierKind;
use profiles::consent;
use profiles::sources::Sources;
use profiles::view::catalogue::Group;
use profiles::view::read::Profile;
use uuid::Uuid;

use super::consent::{Consent, ConsentDecision, ConsentRecord, ContactPoint, Purpose};
use crate::graphql::error::{bad_input, top};
use crate::graphql::loaders::loaders;

/// The instant at which a profile is seen.
fn instant(ctx: &Context<'_>, profile: &Profile) -> DateTime<Utc> {
    profile.as_of.unwrap_or_else(|| loaders(ctx).profiles.now())
}

/// What was said, without contact points where its reader may not see them.
fn said(profile: &Profile, mut said: Vec<consent::Statement>) -> Vec<consent::Statement> {
    if profile.admission.to(Group::Identity).is_err() {
        for statement in &mut said {
            statement.point = None;
        }
    }
    said
}

/// The address or number at which the person would be reached, whether or not its reader may see it.
fn shown(profile: &Profile, channel: consent::Channel) -> Option<consent::ContactPoint> {
    let reached = profile.reached();
    let mut points = reached.shown.iter().chain(&reached.carried);
    points.find(|point| point.kind == channel.contact_kind()).cloned()
}

/// For every purpose, and for one with a channel at every address or number, which its reader may not see everywhere.
pub(super) async fn consents(
    ctx: &Context<'_>,
    profile: &Profile,
    sources: &Sources,
) -> Result<Vec<Consent>> {
    let purposes = loaders(ctx).profiles.purposes().await.map_err(top)?;
    let told = said(profile, profile.said.clone());
    let reached = profile.reached();
    let named = profile.admission.to(Group::Identity).is_ok();
    let mut consents = Vec::new();
    for defined in purposes.values() {
        let points = match defined.purpose.channel {
            None => vec![None],
            Some(channel) => {
                let kind = channel.contact_kind();
                reached.carried.iter().filter(|point| point.kind == kind).cloned().map(Some).collect()
            }
        };
        for point in points {
            let now = instant(ctx, profile);
            let decision = consent::decide(&defined.purpose, &profile.said, point.as_ref(), now);
            let decision = ConsentDecision::new(sources, &told, &decision).map_err(top)?;
            let contact_point = point.as_ref().filter(|_| named).map(ContactPoint::from);
            consents.push(Consent { purpose: Purpose(defined.clone()), contact_point, decision });
        }
    }
    Ok(consents)
}

/// For one purpose, now or at a past instant.
pub(super) async fn consent(
    ctx: &Context<'_>,
    profile: &Profile,
    sources: &Sources,
    purpose: &str,
    point: Option<(IdentifierKind, String)>,
    as_of: Option<DateTime<Utc>>,
) -> Result<ConsentDecision> {
    let profiles = &loaders(ctx).profiles;
    // A past decision was made under the purpose of then.
    let purpose = match as_of {
        None => profiles.purpose(purpose).await,
        Some(instant) => profiles.purpose_as_of(purpose, instant).await,
    };
    let purpose = purpose.map_err(top)?.purpose;
    let point = match point {
        Some((kind, raw)) => Some(profiles.contact_point(kind, &raw).map_err(top)?),
        None => purpose.channel.and_then(|channel| shown(profile, channel)),
    };
    let now = instant(ctx, profile);
    match as_of {
        None => {
            let decision = consent::decide(&purpose, &profile.said, point.as_ref(), now);
            ConsentDecision::new(sources, &said(profile, profile.said.clone()), &decision).map_err(top)
        }
        Some(instant) if instant > now => Err(bad_input("asOf: this instant is in the future")),
        Some(instant) => {
            let all = profiles.consent_history(profile, Some(instant)).await.map_err(top)?;
            let then: Vec<_> = all.into_iter().map(|details| details.statement).collect();
            let sources: Vec<Uuid> = then.iter().map(|statement| statement.source).collect();
            let sources = profiles.sources_with(&sources).await.map_err(top)?;
            let decision = consent::decide(&purpose, &then, point.as_ref(), instant);
            ConsentDecision::new(&sources, &said(profile, then), &decision).map_err(top)
        }
    }
}

/// Everything that was ever said, until the instant at which the profile is seen.
pub(super) async fn history(
    ctx: &Context<'_>,
    profile: &Profile,
    first: usize,
) -> Result<Vec<ConsentRecord>> {
    let profiles = &loaders(ctx).profiles;
    let mut all = profiles.consent_history(profile, profile.as_of).await.map_err(top)?;
    all.dedup_by(|next, kept| next.repeats(kept));
    all.truncate(first);
    let named: Vec<Uuid> = all.iter().map(|details| details.statement.source).collect();
    let sources = profiles.sources_with(&named).await.map_err(top)?;
    let shown = all.iter().filter(|details| details.notice.is_some());
    let shown: BTreeSet<&str> = shown.map(|details| details.statement.purpose.as_str()).collect();
    let published = if shown.is_empty() {
        Vec::new()
    } else {
        profiles.notices_of(&shown.into_iter().collect::<Vec<_>>()).await.map_err(top)?
    };
    let mut records = Vec::with_capacity(all.len());
    for details in all {
        let said = &details.statement;
        let purpose = match said.stated_at {
            Some(instant) => profiles.purpose_as_of(&said.purpose, instant).await,
            None => profiles.purpose(&said.purpose).await,
        };
        let basis = match purpose {
            Ok(defined) => Some(defined.purpose.basis),
            // A source may speak of a purpose that nobody has defined.
            Err(profiles::Error::Invalid { .. } | profiles::Error::NotFound { .. }) => None,
            Err(error) => return Err(top(error)),
        };
        records.push(ConsentRecord::new(&sources, basis, &published, details).map_err(top)?);
    }
    Ok(records)
}
