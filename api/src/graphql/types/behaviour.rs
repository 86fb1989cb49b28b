//! What somebody does: visits, and what they care about.

use async_graphql::{Enum, SimpleObject};
use profiles::behaviour;

use super::campaign::CampaignTouch;
use crate::graphql::scalars::DateTime;

/// The kinds of places from which visitors come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "behaviour::ReferrerKind")]
pub(crate) enum ReferrerKind {
    /// A link of a campaign, in no e-mail.
    Campaign,
    /// A link in an e-mail, or a page on which people read theirs.
    Email,
    /// A search engine.
    Search,
    /// A social network.
    Social,
    /// None is known: the address was typed, kept, or came from an app.
    Direct,
    /// Another page.
    Other,
}

/// The kinds of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "behaviour::Device")]
pub(crate) enum DeviceClass {
    /// A computer.
    Pc,
    /// A telephone.
    Smartphone,
    /// A tablet.
    Tablet,
    /// A television, a console, a watch.
    Appliance,
    /// A program that reads pages by itself.
    Crawler,
    /// Anything else.
    Other,
}

/// A visit to a site or an app: what was done without a pause of 30 minutes. Events that no browser or app sent, such as those
/// of e-mail, belong to none.
#[derive(Debug, SimpleObject)]
pub(crate) struct Session {
    /// Its first event.
    started_at: DateTime,
    /// Its last event.
    ended_at: DateTime,
    /// How many pages and screens were seen.
    page_views: u32,
    /// How many events it has.
    events: u32,
    /// The first page, without its query, or the name of the first screen; null where it is not known.
    entry_page: Option<String>,
    /// Where the visitor came from.
    referrer: Referrer,
    /// The campaign that brought the visitor; null where none did.
    campaign: Option<CampaignTouch>,
    /// On what kind of device it was; null where it is not known.
    device: Option<DeviceClass>,
}

impl From<behaviour::Session> for Session {
    fn from(session: behaviour::Session) -> Self {
        Self {
            started_at: DateTime(session.started_at),
            ended_at: DateTime(session.ended_at),
            page_views: session.page_views,
            events: session.events,
            entry_page: session.entry_page,
            referrer: Referrer { host: session.referrer.host, kind: session.referrer.kind.into() },
            campaign: session.touch.map(Into::into),
            device: session.device.map(Into::into),
        }
    }
}

/// Where a visitor came from.
#[derive(Debug, SimpleObject)]
pub(crate) struct Referrer {
    /// The host of the page that led there; null where it is not known, or was the site itself.
    host: Option<String>,
    /// Of which kind it is.
    kind: ReferrerKind,
}

/// Something that somebody cares about.
#[derive(Debug, SimpleObject)]
pub(crate) struct Interest {
    /// What, in small letters.
    topic: String,
    /// How much, from 0 to 1, neither included: `w / (w + 1)`, where `w` adds up the events that tell of it, each weighing 1 when
    /// it happens and half as much after every half-life.
    score: f64,
    /// How many events tell of it.
    events: u32,
    /// When the last of them happened.
    last_at: DateTime,
}

impl From<behaviour::Interest> for Interest {
    fn from(interest: behaviour::Interest) -> Self {
        let behaviour::Interest { topic, score, events, last_at } = interest;
        Self { topic, score, events, last_at: DateTime(last_at) }
    }
}
