//! `GET /rondom.js`: the script of a page, built from `browser/` and part of the binary.

use std::io::Write;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::http::takes_gzip;

const SCRIPT: &[u8] = include_bytes!("../../assets/rondom.js");

/// Changes with the script.
static TAG: LazyLock<String> =
    LazyLock::new(|| format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(SCRIPT)[..9])));

static PACKED: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(SCRIPT).ok()?;
    packed.finish().ok()
});

/// The script. Pages of any origin load it; browsers ask once an hour whether it is still the same.
pub(super) async fn script(headers: HeaderMap) -> Response {
    let common = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::VARY, "accept-encoding"),
        (header::ETAG, TAG.as_str()),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if known.is_some_and(|tags| tags.contains(TAG.as_str())) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    match PACKED.as_ref().filter(|_| takes_gzip(&headers)) {
        Some(packed) => {
            let encoding = [(header::CONTENT_ENCODING, "gzip")];
            (common, encoding, Bytes::from_static(packed)).into_response()
        }
        None => (common, Bytes::from_static(SCRIPT)).into_response(),
    }
}
