//! Visits: what somebody did on sites and in apps without a pause of half an hour. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use connectors::event_names::{PAGE_VIEWED, SCREEN_VIEWED};
use serde_json::{Map, Value};

use super::{
    Touch,
    device::Device,
    doings::{Doing, MOST},
    referrer::Referrer,
};

/// After so long without an event a session has ended.
const PAUSE: TimeDelta = TimeDelta::minutes(30);
/// What the context of an event holds that a browser or an app sent.
const SENT_BY_A_PERSON: [&str; 5] = ["page", "userAgent", "screen", "device", "app"];
/// The longest entry page in bytes.
const LONGEST: usize = 500;

/// A visit to a site or an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its first event.
    pub started_at: DateTime<Utc>,
    /// Its last event.
    pub ended_at: DateTime<Utc>,
    /// Pages and screens that were seen.
    pub page_views: u32,
    /// All events.
    pub events: u32,
    /// The first page, without its query, or the name of the first screen.
    pub entry_page: Option<String>,
    /// Where the visitor came from.
    pub referrer: Referrer,
    /// The campaign that brought the visitor.
    pub touch: Option<Touch>,
    /// On what kind of device it was.
    pub device: Option<Device>,
}

/// The sessions that these events come to, oldest first; the events are in order of time. Events that no browser or app sent,
/// such as those of e-mail, belong to none. Where there are as many events as are looked at, the first session may have
/// begun earlier, and is left out.
pub(crate) fn sessions(doings: &[Doing]) -> Vec<Session> {
    let visits: Vec<&Doing> = doings.iter().filter(|doing| is_of_visit(doing)).collect();
    let parts = visits.chunk_by(|before, next| next.at - before.at < PAUSE);
    let mut sessions: Vec<Session> = parts.filter_map(session).collect();
    if doings.len() >= MOST && sessions.len() > 1 {
        sessions.remove(0);
    }
    sessions
}

fn is_of_visit(doing: &Doing) -> bool {
    is_view(doing) || SENT_BY_A_PERSON.iter().any(|key| doing.context.contains_key(*key))
}

fn is_view(doing: &Doing) -> bool {
    matches!(doing.name.as_str(), PAGE_VIEWED | SCREEN_VIEWED)
}

fn session(events: &[&Doing]) -> Option<Session> {
    let (first, last) = (events.first()?, events.last()?);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let page = events.iter().find_map(|doing| address(doing));
    let screen = || {
        events
            .iter()
            .find(|doing| doing.name == SCREEN_VIEWED)
            .and_then(|doing| text(&doing.properties, "name"))
    };
    let touch = events.iter().find_map(|doing| doing.touch.clone());
    let from = events.iter().find_map(|doing| referring(doing));
    Some(Session {
        started_at: first.at,
        ended_at: last.at,
        page_views: count(events.iter().filter(|doing| is_view(doing)).count()),
        events: count(events.len()),
        entry_page: page.or_else(screen).map(entry),
        referrer: Referrer::of(from, page, touch.as_ref()),
        touch,
        device: events.iter().find_map(|doing| Device::of(&doing.context)),
    })
}

/// The address of the page on which something was done.
fn address(doing: &Doing) -> Option<&str> {
    let page = doing.context.get("page").and_then(Value::as_object);
    let within = |name: &str| page.and_then(|page| text(page, name));
    let stated = || (doing.name == PAGE_VIEWED).then(|| text(&doing.properties, "url")).flatten();
    within("url").or_else(stated).or_else(|| within("path"))
}

/// The address of the page that led to it.
fn referring(doing: &Doing) -> Option<&str> {
    let within = |key: &str, names: &[&str]| {
        let object = doing.context.get(key)?.as_object()?;
        names.iter().find_map(|name| text(object, name))
    };
    within("referrer", &["url", "domain"])
        .or_else(|| within("page", &["referrer"]))
        .or_else(|| text(&doing.properties, "referrer"))
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// A page without its query, which may hold secrets.
fn entry(page: &str) -> String {
    let page = page.split(['?', '#']).next().unwrap_or_default();
    page[..page.floor_char_boundary(LONGEST)].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::referrer::Kind, *};

    fn doing(minute: i64, name: &str, context: Value) -> Doing {
        let context: Map<String, Value> = serde_json::from_value(context).unwrap();
        let of = context.clone().into_iter().collect();
        Doing {
            source: uuid::Uuid::nil(),
            name: name.to_owned(),
            at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
            properties: Map::new(),
            touch: Touch::of(&of),
            context,
        }
    }

    #[test]
    fn a_session_ends_after_thirty_minutes_without_an_event() {
        let page = |url: &str| json!({"page": {"url": url, "referrer": "https://www.google.nl/"}});
        let phone = json!({"page": {"url": "https://a.example/c"}, "campaign": {"name": "spring"},
            "userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"});
        let all = [
            doing(0, PAGE_VIEWED, page("https://a.example/?token=x")),
            doing(29, "Product Viewed", page("https://a.example/b")),
            // Nobody was there.
            doing(40, "Email Opened", json!({})),
            doing(59, PAGE_VIEWED, phone.clone()),
            doing(200, PAGE_VIEWED, phone),
        ];
        let found = sessions(&all);
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.events, one.page_views, one.entry_page.as_deref(), one.referrer.kind, one.device))
            .collect();
        assert_eq!(
            told,
            [
                (2, 1, Some("https://a.example/"), Kind::Search, None),
                (1, 1, Some("https://a.example/c"), Kind::Campaign, Some(Device::Smartphone)),
                (1, 1, Some("https://a.example/c"), Kind::Campaign, Some(Device::Smartphone)),
            ]
        );
        assert_eq!(found[1].touch.as_ref().unwrap().campaign.as_deref(), Some("spring"));
        assert_eq!(found[0].referrer.host.as_deref(), Some("www.google.nl"));
        assert_eq!(sessions(&[]), []);
    }

    #[test]
    fn a_session_whose_beginning_may_be_missing_is_left_out() {
        let minute = |n: usize| i64::try_from(n).unwrap();
        let mut all: Vec<Doing> = (0..MOST - 1).map(|n| doing(minute(n), PAGE_VIEWED, json!({}))).collect();
        assert_eq!(sessions(&all).len(), 1);
        all.push(doing(minute(MOST) + 60, PAGE_VIEWED, json!({})));
        assert_eq!(sessions(&all).len(), 1, "the newest alone");
    }
}
