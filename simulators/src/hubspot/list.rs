//! Listing objects: pages by id, current or archived.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    Kind, Object, Portal,
    answer::Invalid,
    associations::{self, labels},
};
use crate::server::{Asked, Refusal, Shared, Vendor, json};

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

pub(super) async fn page(
    State(shared): State<Shared<Portal>>,
    kind: Kind,
    asked: Asked,
) -> Result<Response, Invalid> {
    let number = |text: String| Invalid(format!("{text} was not a valid long."));
    let limit = asked.number("limit", DEFAULT_LIMIT).map_err(number)?;
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Invalid(format!("limit must be between 1 and {MAX_LIMIT}, was {limit}")));
    }
    let after = asked.number("after", 0).map_err(|_| Invalid("Invalid paging cursor: 'after'".to_owned()))?;
    let archived = asked.flag("archived");
    let portal = shared.data();
    let mut rest = portal
        .all(kind)
        .range(after as u64 + 1..)
        .map(|(_, object)| object)
        .filter(|object| object.archived.is_some() == archived)
        .peekable();
    let mut results = Vec::new();
    let mut last = 0;
    while let Some(object) = rest.next_if(|_| results.len() < limit) {
        results.push(render(object, kind, &asked));
        last = object.id;
    }
    let mut answer = json!({"results": results});
    if rest.peek().is_some() {
        let query = format!("limit={limit}&after={last}");
        let link = format!("{}/crm/v3/objects/{}?{query}", shared.origin(), associations::plural(kind));
        answer["paging"] = json!({"next": {"after": last.to_string(), "link": link}});
    }
    Ok(json(StatusCode::OK, &answer))
}

pub(super) async fn one(
    State(shared): State<Shared<Portal>>,
    Path((_, id)): Path<(String, String)>,
    kind: Kind,
    asked: Asked,
) -> Response {
    let portal = shared.data();
    let wanted = id.parse().ok().and_then(|id: u64| portal.all(kind).get(&id));
    match wanted.filter(|object| object.archived.is_some() == asked.flag("archived")) {
        Some(object) => json(StatusCode::OK, &render(object, kind, &asked)),
        None => Portal::refuse(Refusal::NotFound, 0).into_response(),
    }
}

fn render(object: &Object, kind: Kind, asked: &Asked) -> Value {
    let mut rendered = object.render(kind, &asked.list("properties"));
    let associations: Map<String, Value> = asked
        .list("associations")
        .into_iter()
        .filter_map(|name| {
            let to = Kind::named(name)?;
            let others = object.associations.get(&to).filter(|others| !others.is_empty())?;
            let results: Vec<Value> = others
                .iter()
                .flat_map(|id| {
                    labels(kind, to)
                        .iter()
                        .map(move |(label, _)| json!({"id": id.to_string(), "type": label}))
                })
                .collect();
            Some((associations::plural(to).to_owned(), json!({"results": results})))
        })
        .collect();
    if !associations.is_empty() {
        rendered["associations"] = associations.into();
    }
    rendered
}
