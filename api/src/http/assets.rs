//! The GraphiQL page, from the binary alone.
//!
//! GraphiQL and React lie gzipped in `api/assets/graphiql`, where `update` fetches and packs them. The path of every
//! file holds a digest of all of them, so that browsers may keep them for ever.

use std::io::Read;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use super::errors::code;
use super::problem::Problem;

/// What the page may do: load from this origin and talk to it. Styles in elements are how its editor places things.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; font-src data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: Content,
}

#[derive(Clone, Copy)]
enum Content {
    Gzip(&'static [u8]),
    Plain(&'static [u8]),
}

impl Content {
    fn bytes(self) -> &'static [u8] {
        let (Self::Gzip(bytes) | Self::Plain(bytes)) = self;
        bytes
    }
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const STYLES: &str = "text/css; charset=utf-8";

macro_rules! packed {
    ($name:literal, $content_type:expr) => {
        Asset {
            name: $name,
            content_type: $content_type,
            content: Content::Gzip(include_bytes!(concat!("../../assets/graphiql/", $name, ".gz"))),
        }
    };
}

macro_rules! plain {
    ($name:literal, $content_type:expr) => {
        Asset {
            name: $name,
            content_type: $content_type,
            content: Content::Plain(include_bytes!(concat!("../../assets/graphiql/", $name))),
        }
    };
}

static ASSETS: [Asset; 6] = [
    packed!("react.js", JAVASCRIPT),
    packed!("react-dom.js", JAVASCRIPT),
    packed!("graphiql.js", JAVASCRIPT),
    packed!("graphiql.css", STYLES),
    plain!("page.js", JAVASCRIPT),
    plain!("page.css", STYLES),
];

static DIGEST: LazyLock<String> = LazyLock::new(|| {
    let all = ASSETS.iter().fold(Sha256::new(), |hash, asset| hash.chain_update(asset.content.bytes()));
    let digest = all.finalize();
    digest.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
});

static PAGE: LazyLock<String> =
    LazyLock::new(|| include_str!("../../assets/graphiql/index.html").replace("{digest}", &DIGEST));

/// `/graphiql`.
pub(super) async fn page() -> Response {
    let headers = [(header::CONTENT_SECURITY_POLICY, POLICY), (header::CACHE_CONTROL, "no-cache")];
    (headers, Html(PAGE.as_str())).into_response()
}

/// `/graphiql/{digest}/{file}`.
pub(super) async fn file(
    Path((digest, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == name && digest == *DIGEST).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, code::NOT_FOUND, "there is nothing at this path")
    })?;
    let common: [(HeaderName, &str); 3] = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
    ];
    let gzip = match asset.content {
        Content::Plain(bytes) => return Ok((common, Bytes::from_static(bytes)).into_response()),
        Content::Gzip(bytes) => bytes,
    };
    if takes_gzip(&headers) {
        let encoding = [(header::CONTENT_ENCODING, "gzip")];
        return Ok((common, encoding, Bytes::from_static(gzip)).into_response());
    }
    let mut plain = Vec::new();
    GzDecoder::new(gzip).read_to_end(&mut plain).map_err(|error| {
        tracing::error!(name, %error, "an asset in the binary cannot be unpacked");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL, "this file cannot be unpacked")
    })?;
    Ok((common, plain).into_response())
}

/// Whether a client takes a body that is packed with gzip.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip") || name == "*");
        let refused =
            |weight: &str| weight.trim_start_matches("q=").parse::<f32>().is_ok_and(|weight| weight <= 0.0);
        named && !parts.any(refused)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_file_and_nothing_outside() {
        for asset in &ASSETS {
            assert!(PAGE.contains(&format!("\"/graphiql/{}/{}\"", *DIGEST, asset.name)), "{}", asset.name);
        }
        assert!(
            !PAGE.contains("http:") && !PAGE.contains("https:"),
            "the page loads from its own origin alone"
        );
        assert!(
            !PAGE.contains("<script>") && !PAGE.contains("<style"),
            "the policy forbids scripts in the page"
        );
    }

    #[test]
    fn compression_is_used_only_where_it_is_taken() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]))
        };
        assert!(takes("br, gzip") && takes("*") && takes("gzip;q=0.5"));
        assert!(!takes("br") && !takes("gzip;q=0") && !takes_gzip(&HeaderMap::new()));
    }
}
