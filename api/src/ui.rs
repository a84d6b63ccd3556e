//! The web UI, embedded into the binary when `ui/dist` was there at build time.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$TIDEGATE_UI_DIST"]
#[allow_missing = true]
struct Files;

/// What a browser gets when the binary was built without the UI.
const STUB: &str = "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Tidegate</title></head>\n<body>\n\
<h1>Tidegate is running</h1>\n<p>This binary was built without its web UI. To build it with the UI:</p>\n\
<pre>cd ui &amp;&amp; npm ci &amp;&amp; npm run build\ncargo build</pre>\n\
<p>The command line and the <a href=\"/api/v1/openapi.json\">API</a> work without it.</p>\n</body>\n</html>\n";

/// The file at `path`, or the application's page for a path that only the application knows.
pub fn serve(path: &str, headers: &HeaderMap) -> Response {
    let wanted = path.trim_start_matches('/');
    if !wanted.is_empty()
        && let Some(response) = file(wanted, headers)
    {
        return response;
    }
    if wanted.starts_with("assets/") {
        return (StatusCode::NOT_FOUND, "no such file").into_response();
    }
    file("index.html", headers).unwrap_or_else(|| ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], STUB).into_response())
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let plain = Files::get(path)?;
    let encodings = [("br", ".br"), ("gzip", ".gz")];
    let packed = encodings
        .iter()
        .filter(|(name, _)| accepts(headers, name))
        .find_map(|(name, end)| Some((*name, Files::get(&format!("{path}{end}"))?)));
    let tag = format!("\"{}\"", hex::encode(&plain.metadata.sha256_hash()[..12]));
    let mut response = if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let (encoding, found): (Option<&str>, EmbeddedFile) = packed.map_or((None, plain), |(name, file)| (Some(name), file));
        let bytes = match found.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        let mut response = Body::from(bytes).into_response();
        if let Some(encoding) = encoding {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_str(encoding).ok()?);
        }
        response
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    out.insert(header::ETAG, HeaderValue::from_str(&tag).ok()?);
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // Names of assets hold a digest of their content; all others may change with the next binary.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    Some(response)
}

pub(crate) fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(|list| {
        list.split(',').any(|item| {
            item.split(';').next().is_some_and(|name| name.trim() == encoding) && !item.contains("q=0,") && !item.ends_with("q=0")
        })
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_that_is_refused_is_not_used() {
        let headers = |value: &str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().expect("a header"))]);
        assert!(accepts(&headers("gzip, br"), "br"));
        assert!(accepts(&headers("br;q=0.9"), "br"));
        assert!(!accepts(&headers("gzip"), "br"));
        assert!(!accepts(&headers("gzip, br;q=0"), "br"));
    }

    #[test]
    fn a_page_that_only_the_application_knows_gets_the_application() {
        assert_eq!(serve("/p/orders/commits", &HeaderMap::new()).status(), StatusCode::OK);
        assert_eq!(serve("/assets/gone.js", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }
}
