//! Single calls, made once and never repeated: what an identity provider is asked.
//!
//! Whoever asks says in the request what is to be sent; the rules of this room hold here as well: nothing goes
//! unencrypted to another machine, no redirect is followed, and no answer is believed to be as small as it says.

use std::time::Duration;

use ::http::{Request, Response};
use reqwest::redirect;
use url::Url;

use super::{client, request::is_safe_place};
use crate::error::Error;

/// The largest answer that is accepted, in bytes.
const MAX_BODY: usize = 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client for single calls.
#[derive(Debug, Clone)]
pub struct Once {
    client: reqwest::Client,
}

impl Once {
    /// A client.
    ///
    /// # Errors
    /// [`Error::Configuration`] when this machine's certificate store cannot be used.
    pub fn new() -> Result<Self, Error> {
        let client = client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| client::unbuilt(&error))?;
        Ok(Self { client })
    }

    /// Makes one call; an answer of any status is an answer.
    ///
    /// # Errors
    /// * [`Error::Exhausted`] when there is no whole answer;
    /// * [`Error::TooLarge`] when the body is beyond the limit;
    /// * [`Error::Configuration`] when the address is not encrypted and not on this machine.
    pub async fn call(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Error> {
        let unsafe_place =
            |message: &str| Error::Configuration { path: "address".to_owned(), message: message.to_owned() };
        let url = Url::parse(&request.uri().to_string()).ok().filter(is_safe_place).ok_or_else(|| {
            unsafe_place("must begin with https:// (http:// is allowed for this machine only)")
        })?;
        let place = format!("{}{}", url.origin().ascii_serialization(), url.path());
        let failed = |error: reqwest::Error| Error::Exhausted {
            url: place.clone(),
            attempts: 1,
            last: client::root(&error.without_url()),
            retry_after: None,
        };
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut response = self.client.execute(request).await.map_err(failed)?;
        let mut answer = Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            headers.clone_from(response.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(Error::TooLarge { url: place, limit: MAX_BODY });
            }
            body.extend_from_slice(&chunk);
        }
        answer.body(body).map_err(|_| unsafe_place("gives an answer that is none"))
    }
}

#[cfg(test)]
mod tests {
    use ::http::StatusCode;
    use axum::{Router, response::Redirect, routing::get};
    use tokio::net::TcpListener;

    use super::*;

    async fn server() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/missing", get(async || StatusCode::NOT_FOUND))
            .route("/away", get(async || Redirect::to("/missing")))
            .route("/large", get(async || "x".repeat(MAX_BODY + 1)))
            .route("/largest", get(async || "x".repeat(MAX_BODY)));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    async fn call(url: &str) -> Result<Response<Vec<u8>>, Error> {
        Once::new().unwrap().call(Request::get(url).body(Vec::new()).unwrap()).await
    }

    #[tokio::test]
    async fn every_status_is_an_answer_and_no_redirect_is_followed() {
        let url = server().await;
        assert_eq!(call(&format!("{url}/missing")).await.unwrap().status(), StatusCode::NOT_FOUND);
        let away = call(&format!("{url}/away")).await.unwrap();
        assert_eq!(
            (away.status(), &away.headers()["location"]),
            (StatusCode::SEE_OTHER, &"/missing".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn an_answer_is_cut_off_where_it_passes_the_limit() {
        let url = server().await;
        assert_eq!(call(&format!("{url}/largest")).await.unwrap().body().len(), MAX_BODY);
        let error = call(&format!("{url}/large?code=secret")).await.unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }) && !error.to_string().contains("secret"), "{error}");
    }

    #[tokio::test]
    async fn nothing_goes_unencrypted_to_another_machine() {
        for url in ["http://192.0.2.1/", "http://sso.example/", "ftp://127.0.0.1/", "/keys"] {
            assert!(matches!(call(url).await, Err(Error::Configuration { .. })), "{url}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_told_once_and_without_the_query() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token?code=secret", listener.local_addr().unwrap());
        drop(listener);
        let error = call(&url).await.unwrap_err();
        assert!(matches!(error, Error::Exhausted { attempts: 1, .. }), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
