//! Answering: who is behind the link, what they see, and what becomes of what they send.
//!
//! Every answer is a page in the person's language, refusals too, and none of them is kept by anybody on the way.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use maud::Markup;
use profiles::Profiles;
use profiles::audit::Deed;
use profiles::consent::{Choice, LinkRefusal, NewStatement, Notice, Opened, Reader};
use profiles::view::read::{Profile, ProfileRef};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Language;
use super::form::Form;
use super::page::{self, Choices, POLICY};
use super::words::{Heading, Words};

/// The largest form that is read. The largest page writes a few kilobytes.
const LARGEST: usize = 64 << 10;
/// Who records what is said here, and who does it.
const CENTRE: &str = "preference centre";
const PERSON: &str = "the person";

/// What stands in the path; what is no text was not made here.
type Token = Result<Path<String>, PathRejection>;

/// The pages of the preference centre.
pub fn pages(profiles: Profiles) -> Router {
    let methods = get(show).post(save).fallback(other);
    Router::new()
        .route("/preferences/{token}", methods.layer(DefaultBodyLimit::max(LARGEST)))
        .with_state(profiles)
}

/// What may stand behind the path.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    lang: Option<String>,
    saved: Option<String>,
}

impl Asked {
    /// Reads a query; one that cannot be read asks for nothing.
    fn read(request: &Request) -> (Self, Language) {
        let asked = Query::<Self>::try_from_uri(request.uri()).map(|query| query.0).unwrap_or_default();
        let language = asked.lang.as_deref().and_then(Language::of_tag);
        let language = language.unwrap_or_else(|| Language::negotiate(request.headers()));
        (asked, language)
    }
}

/// `GET`: the choices.
async fn show(State(profiles): State<Profiles>, token: Token, request: Request) -> Response {
    let (asked, language) = Asked::read(&request);
    let drawn = async {
        let person = Person::behind(&profiles, token).await?;
        let notices = person.notices(&profiles).await?;
        let page = Choices {
            language,
            all: &person.choices,
            notices: &notices,
            expires_at: person.link.expires_at,
            saved: asked.saved.is_some(),
        };
        Ok(page.draw())
    };
    match drawn.await {
        Ok(page) => answer(StatusCode::OK, &page),
        Err(refusal) => refused(language, refusal),
    }
}

/// `POST`: records what the person changed.
async fn save(
    State(profiles): State<Profiles>,
    token: Token,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    request: Request,
) -> Response {
    let (_, language) = Asked::read(&request);
    let saved = async {
        let person = Person::behind(&profiles, token).await?;
        if !is_form(request.headers()) {
            return Err(Refusal::Unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let body = Bytes::from_request(request, &())
            .await
            .map_err(|rejection| Refusal::Unreadable(rejection.status()))?;
        let form = Form::read(&body).ok_or(Refusal::Changed)?;
        let mut evidence = Map::from_iter([("language".to_owned(), Value::from(language.tag()))]);
        // The address is the person's own and would outlive them in the audit log: its keyed hash tells as much there.
        let origin = peer.map(|Extension(ConnectInfo(peer))| profiles.address_hash(peer.ip()));
        evidence.extend(origin.clone().map(|hash| ("address_hash".to_owned(), hash.into())));
        person.record(&profiles, &form, &evidence, origin).await
    };
    match saved.await {
        // Relative, so that it holds behind whatever a proxy puts before the path. Loading it again sends nothing twice.
        Ok(()) => {
            let target = format!("?lang={}&saved=1", language.tag());
            dressed((StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response())
        }
        Err(refusal) => refused(language, refusal),
    }
}

/// Any other method.
async fn other(request: Request) -> Response {
    let (_, language) = Asked::read(&request);
    let mut response = refused(language, Refusal::Unreadable(StatusCode::METHOD_NOT_ALLOWED));
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
    response
}

/// Why a person does not see or change their choices.
#[derive(Clone, Copy)]
enum Refusal {
    Link(LinkRefusal),
    /// Nobody is there any more whom the link could mean.
    Gone,
    /// What was sent is not what can be chosen.
    Changed,
    /// What was sent is no form, or too large.
    Unreadable(StatusCode),
    /// A fault of ours.
    Failed,
}

impl From<profiles::Error> for Refusal {
    fn from(error: profiles::Error) -> Self {
        tracing::error!(%error, "the preference centre cannot answer");
        Self::Failed
    }
}

/// The person behind a link, and what they can choose.
struct Person {
    link: Opened,
    profile: Profile,
    choices: Vec<Choice>,
}

impl Person {
    async fn behind(profiles: &Profiles, token: Token) -> Result<Self, Refusal> {
        let token = token.map_err(|_| Refusal::Link(LinkRefusal::Forged))?;
        let link = profiles.open_link(&token).map_err(Refusal::Link)?;
        // People read of themselves by right, and for no purpose of ours.
        let reader = Reader::operator(CENTRE);
        let profile = profiles.profile(&reader, &ProfileRef::Id(link.profile)).await?.ok_or(Refusal::Gone)?;
        let choices = profiles.choices(&profile).await?;
        Ok(Self { link, profile, choices })
    }

    async fn notices(&self, profiles: &Profiles) -> profiles::Result<Vec<Notice>> {
        let mut keys: Vec<&str> =
            self.choices.iter().map(|choice| choice.purpose.purpose.key.as_str()).collect();
        keys.dedup();
        profiles.notices_of(&keys).await
    }

    /// Records what a form changes, all of it or nothing.
    async fn record(
        &self,
        profiles: &Profiles,
        form: &Form,
        evidence: &Map<String, Value>,
        origin: Option<String>,
    ) -> Result<(), Refusal> {
        let notices = self.notices(profiles).await?;
        let mut shown = form.notices.keys().map(|purpose| form.shown(&notices, purpose));
        let known = |name: &String| self.choices.iter().any(|choice| choice.name == *name);
        let is_ours =
            form.answers.keys().chain(&form.left).all(known) && shown.all(|notice| notice.is_some());
        if !is_ours {
            return Err(Refusal::Changed);
        }
        let deed = Deed {
            actor: PERSON.to_owned(),
            action: "preferences".to_owned(),
            subject: Some(format!("Profile:{}", self.profile.id)),
            origin,
            ..Deed::default()
        };
        profiles.audit(deed).await?;
        let said = if form.refuses_everything { self.refusals(profiles).await? } else { self.changes(form) };
        let prove = |mut statement: NewStatement| {
            statement.evidence.clone_from(evidence);
            if let Some(notice) = form.shown(&notices, &statement.purpose) {
                statement.notice = Some(notice.version.clone());
                statement.evidence.insert("notice_language".to_owned(), notice.language.clone().into());
                statement.evidence.insert("notice_hash".to_owned(), notice.hash.clone().into());
            }
            statement
        };
        let said: Vec<NewStatement> = said.into_iter().map(prove).collect();
        if !said.is_empty() {
            profiles.record_consents(self.profile.id, &said, CENTRE).await?;
        }
        Ok(())
    }

    /// What the answers change, as things stand now: however old the page was, the person is taken at their word.
    fn changes(&self, form: &Form) -> Vec<NewStatement> {
        let answered = self.choices.iter().filter_map(|choice| {
            form.answers
                .get(&choice.name)
                .copied()
                .filter(|yes| choice.is_changed_by(*yes))
                .map(|yes| (choice, yes))
        });
        answered.map(|(choice, yes)| choice.statement(yes)).collect()
    }

    /// A no to everything, for each of those who are this person.
    async fn refusals(&self, profiles: &Profiles) -> profiles::Result<Vec<NewStatement>> {
        let reader = Reader::operator(CENTRE);
        let own = reader.operates(self.profile.id);
        let members = profiles.members(own.as_slice()).await?;
        let members: Vec<_> = members.into_values().flatten().map(|member| member.id).collect();
        let now = profiles.now();
        let open =
            self.choices.iter().filter(|choice| choice.is_open_to_any(&members, &self.profile.said, now));
        Ok(open.map(|choice| choice.statement(false)).collect())
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

fn refused(language: Language, refusal: Refusal) -> Response {
    let words = Words::of(language);
    let (status, heading, leads_back): (_, &Heading, _) = match refusal {
        Refusal::Link(LinkRefusal::Forged) => (StatusCode::NOT_FOUND, &words.forged, false),
        Refusal::Link(LinkRefusal::Expired) => (StatusCode::GONE, &words.ended, false),
        Refusal::Gone => (StatusCode::GONE, &words.gone, false),
        Refusal::Changed => (StatusCode::UNPROCESSABLE_ENTITY, &words.changed, true),
        Refusal::Unreadable(status) => (status, &words.unreadable, true),
        Refusal::Failed => (StatusCode::SERVICE_UNAVAILABLE, &words.failed, true),
    };
    answer(status, &page::message(language, heading, leads_back))
}

fn answer(status: StatusCode, page: &Markup) -> Response {
    dressed((status, Html(page.0.clone())).into_response())
}

/// Headers of every answer: nobody keeps, frames, lists or is told of the address.
fn dressed(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ];
    let headers = response.headers_mut();
    headers.extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
