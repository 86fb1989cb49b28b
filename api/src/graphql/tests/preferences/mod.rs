//! The preference centre: links to it, and the page behind them against what GraphQL says afterwards.

mod links;
mod page;
mod refusals;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use chrono::TimeDelta;
use profiles::consent::{LINK_LIFE, Reader};
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

use super::World;
use crate::preferences::pages;

const FORM: &str = "application/x-www-form-urlencoded";

/// The global id of Anna.
async fn anna(world: &World) -> String {
    let found = world.ask(r#"{ profile(by: { email: "anna@example.com" }) { id } }"#).await;
    found["profile"]["id"].as_str().unwrap().to_owned()
}

/// The page behind a link of somebody's.
struct Link {
    router: Router,
    path: String,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The names and values of everything in the form whose name begins so, in the order of the page.
    fn fields(&self, beginning: &str) -> Vec<(String, String)> {
        let inputs = self.text.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap());
        let attribute = |input: &str, name: &str| {
            let rest = input.split(&format!("{name}=\"")).nth(1)?;
            Some(rest.split('"').next()?.to_owned())
        };
        let fields = inputs.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)));
        fields.filter(|(name, _)| name.starts_with(beginning)).collect()
    }

    /// The value that stands filled in for a field.
    fn checked(&self, field: &str) -> Option<String> {
        let inputs = self.text.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap());
        let mine = inputs.filter(|input| input.contains(&format!("name=\"{field}\"")));
        let mut checked = mine.filter(|input| input.contains(" checked"));
        checked
            .next()
            .map(|input| input.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
    }
}

impl Link {
    async fn of(world: &World, id: &str) -> Self {
        let id: Uuid = id.trim_start_matches("Profile:").parse().unwrap();
        let reader = Reader::operator("test");
        let link = world.profiles.preference_link(&reader, id, LINK_LIFE).await.unwrap();
        Self::to(world, &link.token)
    }

    /// To Anna's.
    async fn annas(world: &World) -> Self {
        Self::of(world, &anna(world).await).await
    }

    async fn for_a_minute(world: &World) -> Self {
        let id: Uuid = anna(world).await.trim_start_matches("Profile:").parse().unwrap();
        let reader = Reader::operator("test");
        let life = TimeDelta::minutes(1);
        Self::to(world, &world.profiles.preference_link(&reader, id, life).await.unwrap().token)
    }

    fn to(world: &World, token: &str) -> Self {
        Self { router: pages(world.profiles.clone()), path: format!("/preferences/{token}") }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(body).unwrap() }
    }

    async fn get(&self, query: &str) -> Answer {
        self.send(Request::get(format!("{}{query}", self.path)).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, content_type: &str, body: String) -> Answer {
        let peer: std::net::SocketAddr = "192.0.2.77:4711".parse().unwrap();
        let request = Request::post(format!("{}?lang=nl", self.path))
            .header(header::CONTENT_TYPE, content_type)
            .extension(ConnectInfo(peer));
        self.send(request.body(body.into()).unwrap()).await
    }

    /// Sends fields as a browser does.
    async fn submit(&self, fields: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        self.post(FORM, body.extend_pairs(fields).finish()).await
    }
}

/// The decision about Anna that GraphQL gives.
async fn decision(world: &World, arguments: &str) -> Value {
    let query = format!(
        r#"{{ profile(by: {{ email: "anna@example.com" }}) {{ consent({arguments}) {{ allowed reason }} }} }}"#
    );
    world.ask(&query).await["profile"]["consent"].take()
}

/// Everything that was said, newest first.
async fn history(world: &World) -> Vec<Value> {
    let query = r#"{ profile(by: { email: "anna@example.com" }) { consentHistory {
        statement { purpose status contactPoint { email phone } } method notice evidence recordedBy } } }"#;
    world.ask(query).await["profile"]["consentHistory"].as_array().unwrap().clone()
}
