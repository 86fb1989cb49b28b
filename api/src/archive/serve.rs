//! `GET /requests/{id}/archive.json`, `.html` and `.schema.json`, for administrators.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use profiles::access::{Caller, Role};
use profiles::audit::Deed;
use profiles::privacy::Archive;
use profiles::{Error, Profiles};
use uuid::Uuid;

use super::page::{POLICY, draw};
use crate::http::{Problem, code, only};

/// The paths, for whoever comes with a key or a session.
pub fn paths(profiles: Profiles) -> Router {
    Router::new().route("/requests/{id}/{file}", only(get(show), "GET")).with_state(profiles)
}

type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

async fn show(
    State(profiles): State<Profiles>,
    Extension(caller): Extension<Arc<Caller>>,
    peer: Peer,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    if caller.role != Role::Admin {
        let message = format!("the role {} may not fetch an archive", caller.role.as_str());
        return Err(Problem::new(StatusCode::FORBIDDEN, code::FORBIDDEN, message));
    }
    let nothing = || Problem::new(StatusCode::NOT_FOUND, code::NOT_FOUND, "there is nothing at this path");
    let id: Uuid = id.strip_prefix("SubjectRequest:").unwrap_or(&id).parse().map_err(|_| nothing())?;
    let body = match file.as_str() {
        "archive.schema.json" => Json(Archive::schema()).into_response(),
        "archive.json" => Json(fetch(&profiles, &caller, peer, id).await?).into_response(),
        "archive.html" => {
            let archive = fetch(&profiles, &caller, peer, id).await?;
            Html(draw(&archive).map_err(|error| failed(&error))?).into_response()
        }
        _ => return Err(nothing()),
    };
    // Nobody on the way keeps it, and a browser saves it rather than to show it on this origin.
    let headers = [
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// The archive, once the log tells who fetches it.
async fn fetch(profiles: &Profiles, caller: &Caller, peer: Peer, id: Uuid) -> Result<Archive, Problem> {
    let deed = Deed {
        actor: caller.actor(),
        action: "archive".to_owned(),
        subject: Some(format!("SubjectRequest:{id}")),
        origin: peer.map(|Extension(ConnectInfo(peer))| peer.ip().to_string()),
        ..Deed::default()
    };
    profiles.audit(deed).await.map_err(|error| failed(&error))?;
    profiles.archive(id).await.map_err(|error| {
        let (status, code) = match &error {
            Error::NotFound { .. } => (StatusCode::NOT_FOUND, code::NOT_FOUND),
            Error::Erased { .. } => (StatusCode::GONE, code::ERASED),
            Error::Conflict(_) => (StatusCode::CONFLICT, code::BAD_REQUEST),
            error => return failed(error),
        };
        Problem::new(status, code, error.to_string())
    })
}

fn failed(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "an archive cannot be made");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        code::INTERNAL,
        "the archive cannot be made; the log says why",
    )
}
