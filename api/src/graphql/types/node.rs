//! Anything that has a global id.

use async_graphql::{Context, ID, Interface, Result};
use profiles::Error;
use uuid::Uuid;

use super::{
    Account, ActionDecision, ApiKey, Company, Connector, Deal, Decision, Destination, Household,
    MatchCandidate, Order, Product, Profile, RejectedRecord, Segment, Source, SourceIdentity, SubjectRequest,
    SyncRun, Training, WriteKey,
};
use crate::graphql::access;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Key, Kind};
use crate::graphql::loaders::{Loaders, loaders};

/// Anything that has a global id, and can be asked for again by it.
#[derive(Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global id. Pass it on as it is."))]
pub(crate) enum Node {
    Profile(Profile),
    SourceIdentity(SourceIdentity),
    Order(Order),
    Product(Product),
    Company(Company),
    Account(Account),
    Household(Household),
    Deal(Deal),
    Decision(Decision),
    ActionDecision(ActionDecision),
    MatchCandidate(MatchCandidate),
    Source(Source),
    Connector(Connector),
    SyncRun(SyncRun),
    RejectedRecord(RejectedRecord),
    ApiKey(ApiKey),
    SubjectRequest(SubjectRequest),
    Segment(Segment),
    WriteKey(WriteKey),
    Destination(Destination),
    Training(Training),
}

impl Node {
    /// The very object of that id.
    pub(in crate::graphql) async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Self>> {
        let (kind, key) = ids::read("id", id)?;
        access::check(ctx, kind.name())?;
        let loaders = loaders(ctx);
        match key {
            Key::Uuid(id) => named(loaders, kind, id).await,
            Key::Number(id) => numbered(loaders, kind, id).await,
            Key::Name(key) => {
                loaders.profiles.segment(&key).await.map(|found| found.map(|one| Node::Segment(Segment(one))))
            }
        }
        .map_err(top)
    }
}

async fn numbered(loaders: &Loaders, kind: Kind, id: i64) -> profiles::Result<Option<Node>> {
    let profiles = &loaders.profiles;
    Ok(match kind {
        Kind::SyncRun => profiles.run(id).await?.map(|run| Node::SyncRun(SyncRun(run))),
        _ => profiles.rejected_record(id).await?.map(|row| Node::RejectedRecord(RejectedRecord(row))),
    })
}

async fn named(loaders: &Loaders, kind: Kind, id: Uuid) -> profiles::Result<Option<Node>> {
    let (profiles, reader) = (&loaders.profiles, &*loaders.reader);
    let sources = profiles.sources().await?;
    Ok(match kind {
        Kind::Profile => match profiles.profiles_by_id(reader, &[id]).await?.remove(&id) {
            Some(found) => Some(Node::Profile(Profile::new(profiles, found).await?)),
            None => None,
        },
        Kind::SourceIdentity => {
            let found = profiles.identities_by_id(reader, &[id]).await?.remove(&id);
            found.map(|row| SourceIdentity::new(&sources, row).map(Node::SourceIdentity)).transpose()?
        }
        Kind::Order => {
            let found = profiles.orders_by_id(reader, &[id]).await?.remove(&id);
            found.map(|row| Order::new(&sources, row).map(Node::Order)).transpose()?
        }
        Kind::Product => {
            let found = profiles.products_by_id(&[id]).await?.remove(&id);
            found.map(|row| Product::new(&sources, row).map(Node::Product)).transpose()?
        }
        Kind::Company => {
            let found = profiles.companies_by_id(&[id]).await?.remove(&id);
            found.map(|row| Company::new(&sources, row).map(Node::Company)).transpose()?
        }
        Kind::Account => {
            let found = profiles.accounts_by_id(&[id]).await?.remove(&id);
            found.map(|found| Account::new(&sources, found).map(Node::Account)).transpose()?
        }
        Kind::Household => {
            let found = profiles.households_by_id(reader, &[id]).await?.remove(&id);
            found.map(|found| Node::Household(Household(found.into())))
        }
        Kind::Deal => {
            let found = profiles.deals_by_id(reader, &[id]).await?.remove(&id);
            found.map(|row| Deal::new(&sources, row).map(Node::Deal)).transpose()?
        }
        Kind::Decision => profiles
            .decisions_by_id(&[id])
            .await?
            .remove(&id)
            .map(|found| Node::Decision(Decision(found.into()))),
        Kind::ActionDecision => {
            let found = profiles.action_decision(reader, id).await?;
            found.map(|found| Node::ActionDecision(ActionDecision(found.into())))
        }
        Kind::MatchCandidate => {
            let found = profiles.match_candidate(id).await?;
            found.map(|found| Node::MatchCandidate(MatchCandidate(found)))
        }
        Kind::Source => profiles.source(id).await?.map(|source| Node::Source(Source(source.into()))),
        Kind::Connector => match profiles.connector(id).await {
            Ok(info) => Some(Node::Connector(Connector(info))),
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        },
        Kind::Destination => match profiles.destination(id).await {
            Ok(info) => Some(Node::Destination(Destination(info))),
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        },
        Kind::Training => match profiles.training(id).await {
            Ok(training) => Some(Node::Training(Training(training))),
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        },
        Kind::ApiKey => {
            let found = profiles.list_keys().await?.into_iter().find(|key| key.id == id);
            found.map(|key| Node::ApiKey(key.into()))
        }
        Kind::SubjectRequest => {
            profiles.request(id).await?.map(|request| Node::SubjectRequest(SubjectRequest(request)))
        }
        Kind::WriteKey => {
            let found = profiles.write_key(id).await?;
            found.map(|key| WriteKey::new(&sources, key).map(Node::WriteKey)).transpose()?
        }
        Kind::SyncRun | Kind::RejectedRecord | Kind::Segment => None,
    })
}
