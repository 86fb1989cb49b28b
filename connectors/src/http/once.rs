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
