//! The client: one request, its attempts, and what they cost. The only file that speaks to `reqwest`.

use std::{
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Method, Response, StatusCode,
    header::{HeaderMap, LOCATION},
    redirect,
};
use secrecy::ExposeSecret;
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::sleep;
use url::Url;

use super::{
    answer::{Answer, message},
    limit::{Limit, Limiter},
    request::{Credentials, Request, is_safe_place},
    retry::{Cause, Failure, Retry, cause, retry_after},
};
use crate::error::Error;

/// How much of an unsuccessful answer is read for its message, in bytes.
const MESSAGE_BYTES: usize = 16 * 1024;
/// How many redirects are followed.
const REDIRECTS: usize = 4;

/// How a client behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpOptions {
    /// How long a connection may take to stand.
    pub connect_timeout: Duration,
    /// How long one attempt may take, from the request to the last byte of the body.
    pub timeout: Duration,
    /// The largest body that is accepted, in bytes after decompression.
    pub max_body: usize,
    /// How fast the vendor may be asked.
    pub limit: Limit,
    /// How often and how patiently a failed request is repeated.
    pub retry: Retry,
    /// Where the jitter of the waits begins. Processes that share a vendor should have different seeds.
    pub seed: u64,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_mins(1),
            max_body: 32 * 1024 * 1024,
            limit: Limit { per_second: 5.0, burst: 10, concurrency: 4 },
            retry: Retry::default(),
            seed: 0,
        }
    }
}

/// What a client has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct HttpStats {
    /// Requests sent, repeated ones included.
    pub calls: u64,
    /// How many of them were repetitions.
    pub retries: u64,
    /// Milliseconds spent waiting: for the rate limit, and before repetitions.
    pub waited_ms: u64,
    /// Bytes of body received, after decompression.
    pub bytes: u64,
}

/// The client of one connector. Cheap to keep, and meant to be kept for a whole run: the rate limit is its.
#[derive(Debug)]
pub struct Http {
    client: reqwest::Client,
    options: HttpOptions,
    limiter: Limiter,
    chance: Mutex<u64>,
    calls: AtomicU64,
    retries: AtomicU64,
    waited_ms: AtomicU64,
    bytes: AtomicU64,
}

impl Http {
    /// A client with these options.
    ///
    /// # Errors
    /// [`Error::Configuration`] when this machine's certificate store cannot be used.
    pub fn new(options: HttpOptions) -> Result<Self, Error> {
        let client = builder()
            .user_agent(concat!("rondom/", env!("CARGO_PKG_VERSION"), " (+connector)"))
            .connect_timeout(options.connect_timeout)
            .timeout(options.timeout)
            .redirect(redirect::Policy::custom(same_request))
            .build()
            .map_err(|error| unbuilt(&error))?;
        Ok(Self {
            client,
            limiter: Limiter::new(options.limit),
            chance: Mutex::new(options.seed),
            options,
            calls: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            waited_ms: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    /// What this client has done so far.
    pub fn stats(&self) -> HttpStats {
        HttpStats {
            calls: self.calls.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            waited_ms: self.waited_ms.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// Asks until there is an answer whose body is the JSON of a `T`, or until asking is no use.
    ///
    /// # Errors
    /// * [`Error::Unauthorized`] for 401 and 403, [`Error::Status`] for any other status that does not pass;
    /// * [`Error::Exhausted`] when a passing failure did not pass in time;
    /// * [`Error::Malformed`] when a success came three times with something else than a `T`;
    /// * [`Error::TooLarge`] when the body is beyond the limit;
    /// * [`Error::Configuration`] when the address is not encrypted and not on this machine.
    pub async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<Answer<T>, Error> {
        let place = safe(request)?;
        let mut attempt = 1;
        loop {
            let failure = match self.attempt(request, &place).await {
                Ok((headers, body)) => match serde_json::from_slice(&body) {
                    Ok(body) => return Ok(Answer { body, headers, place }),
                    Err(error) => malformed(&body, &error),
                },
                Err(Stop::Final(error)) => return Err(error),
                Err(Stop::Passing(failure)) => failure,
            };
            let Some(wait) = self.options.retry.wait(attempt, &failure, self.chance()) else {
                return Err(given_up(place, attempt, failure));
            };
            tracing::debug!(%place, attempt, cause = ?failure.cause, wait_ms = millis(wait), "asking again");
            if failure.cause == Cause::Limited {
                self.limiter.hold(wait);
            }
            self.retries.fetch_add(1, Ordering::Relaxed);
            self.waited_ms.fetch_add(millis(wait), Ordering::Relaxed);
            sleep(wait).await;
            attempt += 1;
        }
    }

    /// Sends a write, once: whoever sends it again, or not, is who knows whether that does any harm.
    ///
    /// # Errors
    /// As of [`Http::json`]; what may pass by itself is an [`Error::Exhausted`] after one attempt.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer<Vec<u8>>, Error> {
        let place = safe(request)?;
        match self.attempt(request, &place).await {
            Ok((headers, body)) => Ok(Answer { body, headers, place }),
            Err(Stop::Final(error)) => Err(error),
            Err(Stop::Passing(failure)) => Err(given_up(place, 1, failure)),
        }
    }

    /// Asks once.
    async fn attempt(&self, request: &Request, place: &str) -> Result<(HeaderMap, Vec<u8>), Stop> {
        let (_permit, waited) = self.limiter.admit(request.weight).await;
        self.waited_ms.fetch_add(millis(waited), Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
        let response = self.dispatch(request).await.map_err(|error| broken(error, request, place))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_success() {
            let body = self.body(response, request, place).await?;
            return Ok((headers, body));
        }
        let said = request.redact(&message(&self.first_words(response).await));
        Err(refused(status, &headers, said, place))
    }

    async fn dispatch(&self, request: &Request) -> Result<Response, reqwest::Error> {
        let mut url = request.url.clone();
        if let Credentials::Query(pairs) = &request.credentials {
            url.query_pairs_mut().extend_pairs(pairs.iter().map(|(k, value)| (k, value.expose_secret())));
        }
        let mut response = self.call(request, url).await?;
        for _ in 0..REDIRECTS {
            let Some(next) = moved(request, &response) else { break };
            response = self.call(request, next).await?;
        }
        Ok(response)
    }

    async fn call(&self, request: &Request, url: Url) -> Result<Response, reqwest::Error> {
        let mut call = self.client.request(request.method.clone(), url);
        if let Some(body) = &request.body {
            call = call.header("content-type", "application/json").body(body.clone());
        }
        for (name, value) in &request.headers {
            call = call.header(*name, value);
        }
        let call = match &request.credentials {
            Credentials::None | Credentials::Query(_) => call,
            Credentials::Bearer(token) => call.bearer_auth(token.expose_secret()),
            Credentials::Basic(user, password) => {
                call.basic_auth(user.expose_secret(), Some(password.expose_secret()))
            }
        };
        call.header("accept", "application/json").send().await
    }

    /// The whole body, cut off where it passes the limit: a body is never believed to be as small as it says.
    async fn body(&self, mut response: Response, request: &Request, place: &str) -> Result<Vec<u8>, Stop> {
        let limit = self.options.max_body;
        let too_large = || Stop::Final(Error::TooLarge { url: place.to_owned(), limit });
        let announced = response.content_length().unwrap_or(0);
        if announced > limit as u64 {
            return Err(too_large());
        }
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(error, request, place))? {
            self.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The beginning of an unsuccessful answer; whatever can be had of it.
    async fn first_words(&self, mut response: Response) -> Vec<u8> {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            self.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            body.extend_from_slice(&chunk);
            if body.len() >= MESSAGE_BYTES {
                break;
            }
        }
        body.truncate(MESSAGE_BYTES);
        body
    }

    /// The next of a fixed row of numbers in 0..1 (`SplitMix64`, Steele, Lea and Flood, OOPSLA 2014).
    fn chance(&self) -> f64 {
        let mut state = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let top = u32::try_from(z >> 32).unwrap_or(u32::MAX);
        f64::from(top) / (f64::from(u32::MAX) + 1.0)
    }
}

/// The place that is asked, if credentials and personal data may travel there.
fn safe(request: &Request) -> Result<String, Error> {
    if is_safe_place(&request.url) {
        return Ok(request.place());
    }
    let message = "must begin with https:// (http:// is allowed for this machine only)".to_owned();
    Err(Error::Configuration { path: "base_url".to_owned(), message })
}

/// What every client of this room begins with.
pub(super) fn builder() -> reqwest::ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Refused only when the program has chosen a provider already, and then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    #[expect(clippy::disallowed_methods, reason = "this is the room that owns the HTTP client")]
    let builder = reqwest::Client::builder();
    builder.referer(false)
}

/// What it means that there is no client.
pub(super) fn unbuilt(error: &reqwest::Error) -> Error {
    Error::Configuration { path: "http".to_owned(), message: root(error) }
}

/// Why an attempt brought nothing.
enum Stop {
    Final(Error),
    Passing(Failure),
}

/// A redirect is followed within the origin, where the credentials belong, and nowhere else; by the client itself only where the
/// very same request is to be made again.
fn same_request(attempt: redirect::Attempt) -> redirect::Action {
    let repeats =
        [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT].contains(&attempt.status());
    let same = attempt.previous().last().is_some_and(|from| from.origin() == attempt.url().origin());
    if repeats && same && attempt.previous().len() <= REDIRECTS { attempt.follow() } else { attempt.stop() }
}

/// Where a redirect leads that asks for another place by GET, whatever was asked: only a GET is still the same there. A write
/// would lose its body, and what is answered then says nothing of it.
fn moved(request: &Request, response: &Response) -> Option<Url> {
    const MOVED: [StatusCode; 3] = [StatusCode::MOVED_PERMANENTLY, StatusCode::FOUND, StatusCode::SEE_OTHER];
    if request.method != Method::GET || !MOVED.contains(&response.status()) {
        return None;
    }
    let next = response.url().join(response.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    (next.origin() == response.url().origin()).then_some(next)
}

/// Whether a failure says that it is no use to make other calls now: the place does not answer, asks for quiet, or does not
/// know who asks. Only trouble of its own may be about the one call.
pub(crate) fn concerns_all(error: &Error) -> bool {
    match error {
        Error::Unauthorized { .. } => true,
        Error::Exhausted { last, retry_after, .. } => retry_after.is_some() || !last.starts_with("HTTP 5"),
        _ => false,
    }
}

/// What an unsuccessful status means.
fn refused(status: StatusCode, headers: &HeaderMap, said: String, place: &str) -> Stop {
    let url = place.to_owned();
    let code = status.as_u16();
    if let Some(cause) = cause(status) {
        let text = format!("HTTP {code}: {said}");
        return Stop::Passing(Failure { cause, text, retry_after: retry_after(headers) });
    }
    Stop::Final(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Error::Unauthorized { url, status: code, message: said }
        }
        _ if status.is_redirection() => Error::Status {
            url,
            status: code,
            message: "redirects to another place; correct the base address".to_owned(),
        },
        _ => Error::Status { url, status: code, message: said },
    })
}

/// What it means that no answer, or not the whole of it, came.
fn broken(error: reqwest::Error, request: &Request, place: &str) -> Stop {
    let error = error.without_url();
    if error.is_builder() {
        let message = "contain characters that cannot be sent".to_owned();
        return Stop::Final(Error::Configuration { path: "secrets".to_owned(), message });
    }
    let text = if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        format!("cannot connect: {}", root(&error))
    } else if error.is_body() || error.is_decode() {
        "the answer broke off".to_owned()
    } else {
        root(&error)
    };
    let text = request.redact(&text);
    tracing::debug!(%place, %text, "the attempt failed");
    Stop::Passing(Failure { cause: Cause::Transport, text, retry_after: None })
}

/// What it means that a success is not the JSON that was expected. Says nothing of the body's contents.
fn malformed(body: &[u8], error: &serde_json::Error) -> Failure {
    let text = if body.trim_ascii_start().starts_with(b"<") {
        "expected JSON, got a page of HTML".to_owned()
    } else if body.trim_ascii().is_empty() {
        "expected JSON, got nothing".to_owned()
    } else if error.is_eof() {
        format!("the JSON breaks off after {} bytes", body.len())
    } else if error.is_data() {
        format!("unexpected JSON: {}", crate::objects::expectation(&error.to_string()))
    } else {
        format!("not JSON at line {} column {}", error.line(), error.column())
    };
    Failure { cause: Cause::Malformed, text, retry_after: None }
}

fn given_up(url: String, attempts: u32, failure: Failure) -> Error {
    match failure.cause {
        Cause::Malformed => Error::Malformed { url, message: failure.text },
        _ => Error::Exhausted { url, attempts, last: failure.text, retry_after: failure.retry_after },
    }
}

/// The innermost cause, which is the one that tells something.
pub(super) fn root(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
