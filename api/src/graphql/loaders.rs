//! How resolvers read: everything that hangs below something else is loaded for all who ask at once.
//!
//! Loaders belong to one operation, since they read for its caller. A key is what the thing hangs on, together with
//! the field's arguments; each set of arguments is one statement.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::Context;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::try_join_all;
use profiles::actions::NextBest;
use profiles::audiences::{Audience, Stay};
use profiles::behaviour::{Interest, Session};
use profiles::consent::{Admitted, Channel, Reader};
use profiles::decisions::Pair;
use profiles::insights::{Among, Bought, Purchase, Recommending, Story};
use profiles::likeness::Nearness;
use profiles::matching::WaterfallStep;
use profiles::sync::{RejectedRecord, Run, StreamState};
use profiles::view::document::Totals;
use profiles::view::groups::{Group, MembersPage};
use profiles::view::household::Household;
use profiles::view::rows;
use profiles::view::timeline::Stretch;
use profiles::{Profiles, Result};
use uuid::Uuid;

use super::batch::{Batch, Failure};
use super::types::{
    Account, Company, Deal, Decision, Order, Product, Profile, SourceIdentity, TimelineEntry,
};

/// A page of rejected records: how many, and after which place.
pub(super) type RejectedPage = (u64, Option<(DateTime<Utc>, i64)>);

/// The loaders of one operation.
pub(super) struct Loaders {
    pub(super) profiles: Profiles,
    pub(super) reader: Arc<Reader>,
    profile: Batch<Uuid, Arc<Profile>>,
    members: Batch<Admitted, Arc<Vec<SourceIdentity>>>,
    identity: Batch<Uuid, Arc<SourceIdentity>>,
    links: Batch<(Admitted, u64), Arc<Vec<rows::Link>>>,
    orders: Batch<(Admitted, Stretch), Vec<Order>>,
    order: Batch<Uuid, Order>,
    timeline: Batch<(Admitted, Stretch), Vec<TimelineEntry>>,
    companies: Batch<Admitted, Arc<Vec<Company>>>,
    audience: Batch<String, Audience>,
    list_size: Batch<String, u64>,
    stays: Batch<(Admitted, bool), Arc<Vec<Stay>>>,
    sessions: Batch<Admitted, Arc<Vec<Session>>>,
    interests: Batch<(Admitted, TimeDelta), Arc<Vec<Interest>>>,
    purchases: Batch<Admitted, Arc<Vec<Purchase>>>,
    next_best: Batch<(Admitted, Option<Channel>), Arc<NextBest>>,
    personas: Batch<Admitted, Arc<Nearness>>,
    story: Batch<Admitted, Arc<Story>>,
    bought: Batch<Admitted, Arc<Vec<Bought>>>,
    recommending: Batch<(), Recommending>,
    popular_among: Batch<String, Among>,
    household: Batch<Uuid, Arc<Household>>,
    account: Batch<Uuid, Account>,
    accounts_of: Batch<Admitted, Arc<Vec<Uuid>>>,
    group_size: Batch<(Uuid, Group), u64>,
    group_members: Batch<(Uuid, (Group, MembersPage)), Vec<Profile>>,
    group_totals: Batch<(Uuid, Group), Option<Arc<Totals>>>,
    deals: Batch<Admitted, Arc<Vec<Deal>>>,
    product: Batch<Uuid, Arc<Product>>,
    decisions: Batch<(Admitted, u64), Arc<Vec<Decision>>>,
    decision: Batch<Uuid, Decision>,
    undone: Batch<Uuid, Decision>,
    pairs: Batch<(Uuid, u64), Arc<Vec<Pair>>>,
    waterfall: Batch<(Uuid, Uuid), Arc<Vec<WaterfallStep>>>,
    runs: Batch<(Uuid, u64), Arc<Vec<Run>>>,
    streams: Batch<Uuid, Arc<Vec<StreamState>>>,
    rejected: Batch<(Uuid, RejectedPage), Arc<Vec<RejectedRecord>>>,
    rejected_count: Batch<Uuid, i64>,
}

/// The loaders of the operation under way.
pub(super) fn loaders<'a>(ctx: &Context<'a>) -> &'a Arc<Loaders> {
    ctx.data_unchecked()
}

impl Loaders {
    pub(super) fn new(profiles: Profiles, reader: Reader) -> Self {
        Self {
            profiles,
            reader: Arc::new(reader),
            profile: Batch::default(),
            members: Batch::default(),
            identity: Batch::default(),
            links: Batch::default(),
            orders: Batch::default(),
            order: Batch::default(),
            timeline: Batch::default(),
            companies: Batch::default(),
            audience: Batch::default(),
            list_size: Batch::default(),
            stays: Batch::default(),
            sessions: Batch::default(),
            interests: Batch::default(),
            purchases: Batch::default(),
            next_best: Batch::default(),
            personas: Batch::default(),
            story: Batch::default(),
            bought: Batch::default(),
            recommending: Batch::default(),
            popular_among: Batch::default(),
            household: Batch::default(),
            account: Batch::default(),
            accounts_of: Batch::default(),
            group_size: Batch::default(),
            group_members: Batch::default(),
            group_totals: Batch::default(),
            deals: Batch::default(),
            product: Batch::default(),
            decisions: Batch::default(),
            decision: Batch::default(),
            undone: Batch::default(),
            pairs: Batch::default(),
            waterfall: Batch::default(),
            runs: Batch::default(),
            streams: Batch::default(),
            rejected: Batch::default(),
            rejected_count: Batch::default(),
        }
    }

    /// What a load takes with it.
    fn reading(&self) -> (Profiles, Arc<Reader>) {
        (self.profiles.clone(), Arc::clone(&self.reader))
    }

    /// The profile of that present id.
    pub(super) async fn profile(&self, id: Uuid) -> Result<Option<Arc<Profile>>, Failure> {
        let (profiles, reader) = self.reading();
        let load = |ids: Vec<Uuid>| async move {
            let found = profiles.profiles_by_id(&reader, &ids).await?;
            let mut all = HashMap::with_capacity(found.len());
            for (id, profile) in found {
                all.insert(id, Arc::new(Profile::new(&profiles, profile).await?));
            }
            Ok(all)
        };
        self.profile.load(id, load).await
    }

    /// The members of a profile, eldest first.
    pub(super) async fn members(&self, profile: Admitted) -> Result<Arc<Vec<SourceIdentity>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Admitted>| async move {
            let found = profiles.members(&ids).await?;
            let named: Vec<Uuid> = found.values().flatten().map(|row| row.source_id).collect();
            let sources = profiles.sources_with(&named).await?;
            lists(found, |row| SourceIdentity::new(&sources, row))
        };
        self.members.load(profile, load).await.map(Option::unwrap_or_default)
    }

    /// The source identity of that id.
    pub(super) async fn identity(&self, id: Uuid) -> Result<Option<Arc<SourceIdentity>>, Failure> {
        let (profiles, reader) = self.reading();
        let load = |ids: Vec<Uuid>| async move {
            let found = profiles.identities_by_id(&reader, &ids).await?;
            let named: Vec<Uuid> = found.values().map(|row| row.source_id).collect();
            let sources = profiles.sources_with(&named).await?;
            found
                .into_iter()
                .map(|(id, row)| Ok((id, Arc::new(SourceIdentity::new(&sources, row)?))))
                .collect()
        };
        self.identity.load(id, load).await
    }

    /// The links that hold a profile together, strongest first.
    pub(super) async fn links(&self, profile: Admitted, first: u64) -> Result<Arc<Vec<rows::Link>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys| {
            by_arguments(keys, move |ids, first| {
                let profiles = profiles.clone();
                async move { lists(profiles.links(&ids, first).await?, Ok) }
            })
        };
        self.links.load((profile, first), load).await.map(Option::unwrap_or_default)
    }

    /// Orders of a profile, newest first.
    pub(super) async fn orders(&self, profile: Admitted, stretch: Stretch) -> Result<Vec<Order>, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys| {
            by_arguments(keys, move |ids, stretch| {
                let profiles = profiles.clone();
                async move {
                    let found = profiles.orders(&ids, &stretch).await?;
                    let named: Vec<Uuid> = found.values().flatten().map(|row| row.source_id).collect();
                    let sources = profiles.sources_with(&named).await?;
                    each(found, |row| Order::new(&sources, row))
                }
            })
        };
        self.orders.load((profile, stretch), load).await.map(Option::unwrap_or_default)
    }

    /// The order of that id.
    pub(super) async fn order(&self, id: Uuid) -> Result<Option<Order>, Failure> {
        let (profiles, reader) = self.reading();
        let load = |ids: Vec<Uuid>| async move {
            let found = profiles.orders_by_id(&reader, &ids).await?;
            let named: Vec<Uuid> = found.values().map(|row| row.source_id).collect();
            let sources = profiles.sources_with(&named).await?;
            found.into_iter().map(|(id, row)| Ok((id, Order::new(&sources, row)?))).collect()
        };
        self.order.load(id, load).await
    }

    /// A stretch of a profile's timeline, newest first.
    pub(super) async fn timeline(
        &self,
        profile: Admitted,
        stretch: Stretch,
    ) -> Result<Vec<TimelineEntry>, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys| {
            by_arguments(keys, move |ids, stretch| {
                let profiles = profiles.clone();
                async move {
                    let found = profiles.timeline(&ids, &stretch).await?;
                    let named: Vec<Uuid> = found.values().flatten().map(|entry| entry.source_id).collect();
                    let sources = profiles.sources_with(&named).await?;
                    each(found, |entry| TimelineEntry::new(&sources, entry))
                }
            })
        };
        self.timeline.load((profile, stretch), load).await.map(Option::unwrap_or_default)
    }

    /// The companies that a profile belongs to.
    pub(super) async fn companies(&self, profile: Admitted) -> Result<Arc<Vec<Company>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Admitted>| async move {
            let found = profiles.companies(&ids).await?;
            let named: Vec<Uuid> = found.values().flatten().map(|row| row.source_id).collect();
            let sources = profiles.sources_with(&named).await?;
            lists(found, |row| Company::new(&sources, row))
        };
        self.companies.load(profile, load).await.map(Option::unwrap_or_default)
    }

    /// How many are in the segment of that key, and whether everybody has been asked.
    pub(super) async fn audience(&self, key: String) -> Result<Option<Audience>, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys: Vec<String>| async move { profiles.audiences(&keys).await };
        self.audience.load(key, load).await
    }

    /// How many people are on the list of that key.
    pub(super) async fn list_size(&self, key: String) -> Result<u64, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys: Vec<String>| async move { profiles.list_sizes(&keys).await };
        self.list_size.load(key, load).await.map(Option::unwrap_or_default)
    }

    /// The segments that somebody is in; with `ever` those that the person has left, too.
    pub(super) async fn stays(&self, profile: Admitted, ever: bool) -> Result<Arc<Vec<Stay>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys| {
            by_arguments(keys, move |ids, ever| {
                let profiles = profiles.clone();
                async move { lists(profiles.stays(&ids, ever).await?, Ok) }
            })
        };
        self.stays.load((profile, ever), load).await.map(Option::unwrap_or_default)
    }

    /// The sessions of a profile, newest first.
    pub(super) async fn sessions(&self, profile: Admitted) -> Result<Arc<Vec<Session>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Admitted>| async move { lists(profiles.sessions(&ids).await?, Ok) };
        self.sessions.load(profile, load).await.map(Option::unwrap_or_default)
    }

    /// What somebody cares about, by a half-life, most first.
    pub(super) async fn interests(
        &self,
        profile: Admitted,
        half_life: TimeDelta,
    ) -> Result<Arc<Vec<Interest>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys| {
            by_arguments(keys, move |ids, half_life| {
                let profiles = profiles.clone();
                async move { lists(profiles.interests(&ids, half_life).await?, Ok) }
            })
        };
        self.interests.load((profile, half_life), load).await.map(Option::unwrap_or_default)
    }

    /// What predictions of a profile are made of, oldest first.
    pub(super) async fn purchases(&self, profile: Admitted) -> Result<Arc<Vec<Purchase>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Admitted>| async move { lists(profiles.purchases(&ids).await?, Ok) };
        self.purchases.load(profile, load).await.map(Option::unwrap_or_default)
    }

    /// What to do for somebody through a channel, or any. Asked again in another operation it is another decision.
    pub(super) async fn next_best(
        &self,
        profile: Admitted,
        channel: Option<Channel>,
    ) -> Result<Option<Arc<NextBest>>, Failure> {
        let (profiles, reader) = self.reading();
        let load = |keys| {
            by_arguments(keys, move |ids, channel| {
                let (profiles, reader) = (profiles.clone(), Arc::clone(&reader));
                async move {
                    let found = profiles.next_best_actions(&ids, channel, &reader.caller).await?;
                    Ok(found.into_iter().map(|(id, next)| (id, Arc::new(next))).collect())
                }
            })
        };
        self.next_best.load((profile, channel), load).await
    }

    /// What personas come to for a profile.
    pub(super) async fn personas(&self, profile: Admitted) -> Result<Option<Arc<Nearness>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Admitted>| async move { profiles.personas_of(&ids).await };
        self.personas.load(profile, load).await
    }

    /// What somebody did, as far as scores go by it.
    pub(super) async fn story(&self, profile: Admitted) -> Result<Arc<Story>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Admitted>| async move {
            let found = profiles.stories(&ids).await?;
            Ok(found.into_iter().map(|(id, story)| (id, Arc::new(story))).collect())
        };
        self.story.load(profile, load).await.map(Option::unwrap_or_default)
    }

    /// What a profile has bought and kept, oldest first.
    pub(super) async fn bought(&self, profile: Admitted) -> Result<Arc<Vec<Bought>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Admitted>| async move { lists(profiles.bought(&ids).await?, Ok) };
        self.bought.load(profile, load).await.map(Option::unwrap_or_default)
    }

    /// What recommends now.
    pub(super) async fn recommending(&self) -> Result<Option<Recommending>, Failure> {
        let profiles = self.profiles.clone();
        let load =
            |_| async move { Ok(profiles.recommending().await?.map(|by| ((), by)).into_iter().collect()) };
        self.recommending.load((), load).await
    }

    /// What is popular in the segment of that key.
    pub(super) async fn popular_among(&self, by: Recommending, segment: String) -> Result<Among, Failure> {
        let profiles = self.profiles.clone();
        let load = |segments: Vec<String>| async move {
            let mut found = HashMap::new();
            for segment in segments {
                let among = profiles.popular_among(&by, &segment).await?;
                found.insert(segment, among);
            }
            Ok(found)
        };
        self.popular_among.load(segment, load).await.map(Option::flatten)
    }

    /// The household of that id.
    pub(super) async fn household(&self, id: Uuid) -> Result<Option<Arc<Household>>, Failure> {
        let (profiles, reader) = self.reading();
        let load = |ids: Vec<Uuid>| async move {
            let found = profiles.households_by_id(&reader, &ids).await?;
            Ok(found.into_iter().map(|(id, household)| (id, Arc::new(household))).collect())
        };
        self.household.load(id, load).await
    }

    /// The account of that present id.
    pub(super) async fn account(&self, id: Uuid) -> Result<Option<Account>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Uuid>| async move {
            let found = profiles.accounts_by_id(&ids).await?;
            let rows = found.values().flat_map(|account| &account.companies);
            let named: Vec<Uuid> = rows.map(|row| row.source_id).collect();
            let sources = profiles.sources_with(&named).await?;
            found.into_iter().map(|(id, account)| Ok((id, Account::new(&sources, account)?))).collect()
        };
        self.account.load(id, load).await
    }

    /// The ids of the accounts that a profile belongs to.
    pub(super) async fn accounts_of(&self, profile: Admitted) -> Result<Arc<Vec<Uuid>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Admitted>| async move { lists(profiles.accounts_of(&ids).await?, Ok) };
        self.accounts_of.load(profile, load).await.map(Option::unwrap_or_default)
    }

    /// How many members a group has.
    pub(super) async fn group_size(&self, id: Uuid, group: Group) -> Result<u64, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys| {
            by_arguments(keys, move |ids, group| {
                let profiles = profiles.clone();
                async move { profiles.group_sizes(group, &ids).await }
            })
        };
        self.group_size.load((id, group), load).await.map(Option::unwrap_or_default)
    }

    /// A page of the members of a group.
    pub(super) async fn group_members(
        &self,
        id: Uuid,
        group: Group,
        page: MembersPage,
    ) -> Result<Vec<Profile>, Failure> {
        let (profiles, reader) = self.reading();
        let load = |keys| {
            by_arguments(keys, move |ids, (group, page)| {
                let (profiles, reader) = (profiles.clone(), Arc::clone(&reader));
                async move {
                    let mut all = HashMap::new();
                    for (id, members) in profiles.group_members(&reader, group, &ids, page).await? {
                        let members = members.into_iter().map(|member| Profile::new(&profiles, member));
                        all.insert(id, try_join_all(members).await?);
                    }
                    Ok(all)
                }
            })
        };
        self.group_members.load((id, (group, page)), load).await.map(Option::unwrap_or_default)
    }

    /// What the orders of the members of a group sum up to; nothing where one of them may not be told.
    pub(super) async fn group_totals(&self, id: Uuid, group: Group) -> Result<Option<Arc<Totals>>, Failure> {
        let (profiles, reader) = self.reading();
        let load = |keys| {
            by_arguments(keys, move |ids, group| {
                let (profiles, reader) = (profiles.clone(), Arc::clone(&reader));
                async move {
                    let found = profiles.group_totals(&reader, group, &ids).await?;
                    Ok(found.into_iter().map(|(id, totals)| (id, totals.map(Arc::new))).collect())
                }
            })
        };
        let found = self.group_totals.load((id, group), load).await?;
        // Without members there is nothing to sum up.
        Ok(found.unwrap_or_else(|| Some(Arc::default())))
    }

    /// The deals that concern a profile, newest first.
    pub(super) async fn deals(&self, profile: Admitted) -> Result<Arc<Vec<Deal>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Admitted>| async move {
            let found = profiles.deals(&ids).await?;
            let named: Vec<Uuid> = found.values().flatten().map(|row| row.source_id).collect();
            let sources = profiles.sources_with(&named).await?;
            lists(found, |row| Deal::new(&sources, row))
        };
        self.deals.load(profile, load).await.map(Option::unwrap_or_default)
    }

    /// The product of that id.
    pub(super) async fn product(&self, id: Uuid) -> Result<Option<Arc<Product>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Uuid>| async move {
            let found = profiles.products_by_id(&ids).await?;
            let named: Vec<Uuid> = found.values().map(|row| row.source_id).collect();
            let sources = profiles.sources_with(&named).await?;
            found.into_iter().map(|(id, row)| Ok((id, Arc::new(Product::new(&sources, row)?)))).collect()
        };
        self.product.load(id, load).await
    }

    /// The decisions that name members of a profile, newest first.
    pub(super) async fn decisions(
        &self,
        profile: Admitted,
        first: u64,
    ) -> Result<Arc<Vec<Decision>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys| {
            by_arguments(keys, move |ids, first| {
                let profiles = profiles.clone();
                async move { lists(profiles.decisions(&ids, first).await?, |found| Ok(Decision(Arc::new(found)))) }
            })
        };
        self.decisions.load((profile, first), load).await.map(Option::unwrap_or_default)
    }

    /// The decision of that id.
    pub(super) async fn decision(&self, id: Uuid) -> Result<Option<Decision>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Uuid>| async move {
            let found = profiles.decisions_by_id(&ids).await?;
            Ok(found.into_iter().map(|(id, found)| (id, Decision(Arc::new(found)))).collect())
        };
        self.decision.load(id, load).await
    }

    /// The decision that takes another back.
    pub(super) async fn undone_by(&self, id: Uuid) -> Result<Option<Decision>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Uuid>| async move {
            let found = profiles.undone_by(&ids).await?;
            Ok(found.into_iter().map(|(id, found)| (id, Decision(Arc::new(found)))).collect())
        };
        self.undone.load(id, load).await
    }

    /// What a decision says of pairs.
    pub(super) async fn pairs(&self, decision: Uuid, first: u64) -> Result<Arc<Vec<Pair>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys| {
            by_arguments(keys, move |ids, first| {
                let profiles = profiles.clone();
                async move { lists(profiles.decided_pairs(&ids, first).await?, Ok) }
            })
        };
        self.pairs.load((decision, first), load).await.map(Option::unwrap_or_default)
    }

    /// Why two source identities weigh what they weigh.
    pub(super) async fn waterfall(&self, pair: (Uuid, Uuid)) -> Result<Arc<Vec<WaterfallStep>>, Failure> {
        let (profiles, reader) = self.reading();
        let load = |pairs: Vec<_>| async move {
            let found = profiles.waterfalls(&reader, &pairs).await?;
            Ok(found.into_iter().map(|(pair, steps)| (pair, Arc::new(steps))).collect())
        };
        self.waterfall.load(pair, load).await.map(Option::unwrap_or_default)
    }

    /// The latest runs of a connector, newest first.
    pub(super) async fn runs(&self, connector: Uuid, first: u64) -> Result<Arc<Vec<Run>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys| {
            by_arguments(keys, move |ids, first| {
                let profiles = profiles.clone();
                async move { lists(profiles.runs_of(&ids, first).await?, Ok) }
            })
        };
        self.runs.load((connector, first), load).await.map(Option::unwrap_or_default)
    }

    /// Where the streams of a connector stand.
    pub(super) async fn streams(&self, connector: Uuid) -> Result<Arc<Vec<StreamState>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Uuid>| async move { lists(profiles.streams_of(&ids).await?, Ok) };
        self.streams.load(connector, load).await.map(Option::unwrap_or_default)
    }

    /// What could not be understood of a connector, latest first.
    pub(super) async fn rejected(
        &self,
        connector: Uuid,
        page: RejectedPage,
    ) -> Result<Arc<Vec<RejectedRecord>>, Failure> {
        let profiles = self.profiles.clone();
        let load = |keys| {
            by_arguments(keys, move |ids, (first, after)| {
                let profiles = profiles.clone();
                async move { lists(profiles.rejected_of(&ids, first, after).await?, Ok) }
            })
        };
        self.rejected.load((connector, page), load).await.map(Option::unwrap_or_default)
    }

    /// How much could not be understood of a connector.
    pub(super) async fn rejected_count(&self, connector: Uuid) -> Result<i64, Failure> {
        let profiles = self.profiles.clone();
        let load = |ids: Vec<Uuid>| async move { profiles.rejected_counts(&ids).await };
        self.rejected_count.load(connector, load).await.map(Option::unwrap_or_default)
    }
}

/// Loads keys that differ in their arguments: one call for each set of arguments.
async fn by_arguments<K, A, V, R>(
    keys: Vec<(K, A)>,
    load: impl Fn(Vec<K>, A) -> R,
) -> Result<HashMap<(K, A), V>>
where
    K: Eq + Hash,
    A: Clone + Eq + Hash,
    R: Future<Output = Result<HashMap<K, V>>>,
{
    let mut calls: HashMap<A, Vec<K>> = HashMap::new();
    for (id, arguments) in keys {
        calls.entry(arguments).or_default().push(id);
    }
    let calls = calls.into_iter().map(|(arguments, ids)| {
        let found = load(ids, arguments.clone());
        async move { found.await.map(|found| (arguments, found)) }
    });
    let found = try_join_all(calls).await?;
    Ok(found
        .into_iter()
        .flat_map(|(arguments, found)| {
            found.into_iter().map(move |(id, value)| ((id, arguments.clone()), value))
        })
        .collect())
}

/// Turns every entry of every list into what resolvers speak of.
fn each<K: Eq + Hash, T, V>(
    found: HashMap<K, Vec<T>>,
    turn: impl Fn(T) -> Result<V>,
) -> Result<HashMap<K, Vec<V>>> {
    found
        .into_iter()
        .map(|(id, entries)| Ok((id, entries.into_iter().map(&turn).collect::<Result<_>>()?)))
        .collect()
}

/// As [`each`], for lists that are passed on whole.
fn lists<K: Eq + Hash, T, V>(
    found: HashMap<K, Vec<T>>,
    turn: impl Fn(T) -> Result<V>,
) -> Result<HashMap<K, Arc<Vec<V>>>> {
    Ok(each(found, turn)?.into_iter().map(|(id, list)| (id, Arc::new(list))).collect())
}
