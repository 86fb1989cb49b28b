//! Which objects belong together: batch reading, in the interface's versions 3 and 4.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Kind, Portal,
    answer::{Invalid, unknown_kind},
    object::instant,
};
use crate::server::{Shared, json};

#[derive(Deserialize)]
pub(super) struct Batch {
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    id: Value,
}

/// Inputs that one batch may have.
const MAX_INPUTS: usize = 1_000;

/// The association types between two kinds: name in version 3 and number in version 4.
pub(super) fn labels(from: Kind, to: Kind) -> &'static [(&'static str, u64)] {
    match (from, to) {
        (Kind::Contact, Kind::Company) => &[("contact_to_company", 1), ("contact_to_company_unlabeled", 279)],
        (Kind::Company, Kind::Contact) => &[("company_to_contact", 2), ("company_to_contact_unlabeled", 280)],
        (Kind::Deal, Kind::Contact) => &[("deal_to_contact", 3)],
        (Kind::Contact, Kind::Deal) => &[("contact_to_deal", 4)],
        (Kind::Deal, Kind::Company) => &[("deal_to_company", 5), ("deal_to_company_unlabeled", 341)],
        (Kind::Company, Kind::Deal) => &[("company_to_deal", 6), ("company_to_deal_unlabeled", 342)],
        _ => &[],
    }
}

/// The name of a kind in a listing's path and associations.
pub(super) fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::Contact => "contacts",
        Kind::Company => "companies",
        Kind::Deal => "deals",
    }
}

pub(super) async fn version_3(
    State(shared): State<Shared<Portal>>,
    Path((from, to)): Path<(String, String)>,
    Json(batch): Json<Batch>,
) -> Response {
    read(&shared, &from, &to, &batch, |from, to, id| {
        let label = labels(from, to).first().map_or("", |(label, _)| label);
        json!({"id": id.to_string(), "type": label})
    })
}

pub(super) async fn version_4(
    State(shared): State<Shared<Portal>>,
    Path((from, to)): Path<(String, String)>,
    Json(batch): Json<Batch>,
) -> Response {
    read(&shared, &from, &to, &batch, |from, to, id| {
        let types: Vec<Value> = labels(from, to)
            .iter()
            .map(|(label, number)| {
                let shown = (!label.ends_with("unlabeled") && to == Kind::Company).then_some("Primary");
                json!({"category": "HUBSPOT_DEFINED", "typeId": number, "label": shown})
            })
            .collect();
        json!({"toObjectId": id, "associationTypes": types})
    })
}

fn read(
    shared: &Shared<Portal>,
    from: &str,
    to: &str,
    batch: &Batch,
    render: impl Fn(Kind, Kind, u64) -> Value,
) -> Response {
    let Some(from) = Kind::named(from) else { return unknown_kind(from) };
    let Some(to) = Kind::named(to) else { return unknown_kind(to) };
    if batch.inputs.len() > MAX_INPUTS {
        return Invalid(format!("The maximum number of inputs supported in a batch request is {MAX_INPUTS}"))
            .into_response();
    }
    let now = instant(shared.now());
    let portal = shared.data();
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for input in &batch.inputs {
        let id = input.id.as_str().map_or_else(|| input.id.to_string(), str::to_owned);
        let object = id.parse().ok().and_then(|id: u64| portal.all(from).get(&id));
        match object.and_then(|object| object.associations.get(&to)).filter(|others| !others.is_empty()) {
            Some(others) => {
                let others: Vec<Value> = others.iter().map(|other| render(from, to, *other)).collect();
                results.push(json!({"from": {"id": id}, "to": others}));
            }
            None => errors.push(json!({
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                "message": format!("No {} is associated with {} {id}.", to.singular(), from.singular()),
                "context": {
                    "fromObjectId": [id],
                    "fromObjectType": [from.singular()],
                    "toObjectType": [to.singular()],
                },
            })),
        }
    }
    let mut answer = json!({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now});
    if errors.is_empty() {
        return json(StatusCode::OK, &answer);
    }
    answer["numErrors"] = errors.len().into();
    answer["errors"] = errors.into();
    json(StatusCode::MULTI_STATUS, &answer)
}
