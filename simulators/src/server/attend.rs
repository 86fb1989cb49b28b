//! The way of a request: counted, checked, answered, damaged if a fault says so, signed and logged.

use std::sync::atomic::Ordering;

use axum::{
    body::{Body, to_bytes},
    extract::{Request as HttpRequest, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use futures_util::StreamExt;

use super::{
    asked::Asked,
    damage,
    faults::{Fault, RetryAfter},
    log::{Request, public},
    running::Shared,
    vendor::{Allowance, Refusal, Vendor, typed},
};

/// Larger request bodies arrive empty: no vendor's search needs more, and the log keeps them.
const LONGEST_BODY: usize = 256 << 10;

pub(super) async fn attend<V: Vendor>(
    State(shared): State<Shared<V>>,
    request: HttpRequest,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
    let (method, path, asked) = (parts.method.clone(), parts.uri.path().to_owned(), Asked::of(&parts.uri));
    let mut entry = Request {
        method,
        path: path.clone(),
        query: parts.uri.query().map(public).unwrap_or_default(),
        body: String::from_utf8_lossy(&body).into_owned(),
        status: 0,
        fault: shared.faults().decide(&path, &asked),
    };
    let served = shared.served().fetch_add(1, Ordering::Relaxed) + 1;
    let (remaining, max) = {
        let mut bucket = shared.bucket();
        (bucket.take(), bucket.capacity())
    };
    let (under_way, crowded) = UnderWay::enter(shared.clone(), V::CONCURRENCY);

    let mut response =
        if let Some(refused) = entry.fault.as_ref().and_then(|fault| refused::<V>(fault, served)) {
            refused
        } else if crowded || remaining.is_none() {
            V::refuse(Refusal::TooMany, served)
        } else if !shared.data().knows(&parts.headers, &asked) {
            V::refuse(Refusal::Unauthorized, served)
        } else {
            let answer = next.run(HttpRequest::from_parts(parts, Body::from(body))).await;
            match &entry.fault {
                Some(fault) => damage::apply(&shared, fault, &path, &asked, answer).await,
                None => answer,
            }
        };
    if matches!(entry.fault, Some(Fault::SlowBody(_))) {
        // Under way until the last piece is out. Other bodies leave at once.
        response = response.map(|body| under_way.until_read(body));
    } else {
        drop(under_way);
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the capacity was a u32")]
    let allowance = Allowance { max: max as u64, remaining: remaining.unwrap_or(0), served };
    V::sign(response.headers_mut(), &path, allowance);
    let now = std::time::SystemTime::from(shared.now());
    set(&mut response, header::DATE, &httpdate::fmt_http_date(now));
    if let Some(Fault::TooManyRequests(wait)) = &entry.fault {
        let wait = match wait {
            RetryAfter::Missing => None,
            RetryAfter::Seconds(seconds) => Some(seconds.to_string()),
            RetryAfter::Date(seconds) => {
                Some(httpdate::fmt_http_date(now + std::time::Duration::from_secs(u64::from(*seconds))))
            }
        };
        if let Some(wait) = wait {
            set(&mut response, header::RETRY_AFTER, &wait);
        }
    }
    entry.status = response.status().as_u16();
    shared.log().add(entry);
    response
}

/// A request being answered; counted until it is dropped, also when the client goes away in the middle.
struct UnderWay<V>(Shared<V>);

impl<V> UnderWay<V> {
    /// Counts a request and says whether there are too many now.
    fn enter(shared: Shared<V>, most: usize) -> (Self, bool) {
        let before = shared.under_way().fetch_add(1, Ordering::Relaxed);
        (Self(shared), before >= most)
    }

    /// Goes on counting until the body was read or given up.
    fn until_read(self, body: Body) -> Body
    where
        V: Send + 'static,
    {
        Body::from_stream(body.into_data_stream().inspect(move |_| {
            let _held = &self;
        }))
    }
}

impl<V> Drop for UnderWay<V> {
    fn drop(&mut self) {
        self.0.under_way().fetch_sub(1, Ordering::Relaxed);
    }
}

/// The answer that a fault puts in place of the vendor's.
fn refused<V: Vendor>(fault: &Fault, number: u64) -> Option<Response> {
    match fault {
        Fault::TooManyRequests(_) => Some(V::refuse(Refusal::TooMany, number)),
        Fault::ServerError => Some(V::refuse(Refusal::Broken, number)),
        Fault::Unauthorized => Some(V::refuse(Refusal::Unauthorized, number)),
        Fault::CursorRefused => Some(V::refuse(Refusal::Cursor, number)),
        Fault::HtmlPage(status) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            Some(typed(status, "text/html; charset=UTF-8", HTML))
        }
        Fault::HugeBody(bytes) => Some(damage::huge(*bytes)),
        _ => None,
    }
}

const HTML: &str = "<!DOCTYPE html>\n<html><head><title>One moment, please</title></head>\
                    <body><h1>We will be back shortly</h1></body></html>\n";

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
