//! Answers of some size go out compressed to those who accept it. Streams are left alone: they must not be held back.

use std::io::Write as _;

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Below this the header costs more than it saves.
const SMALLEST: u64 = 1_024;
const LARGEST: u64 = 16 * 1024 * 1024;

/// Whether a request accepts gzip.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    crate::ui::accepts(headers, "gzip")
}

/// The same answer, compressed when it is JSON or text of a known length.
pub(crate) async fn pack(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_text = kind.contains("json") || kind.starts_with("text/plain");
    let is_packed = response.headers().contains_key(header::CONTENT_ENCODING);
    let known = response.body().size_hint().exact().filter(|bytes| (SMALLEST..=LARGEST).contains(bytes));
    if !is_text || is_packed || known.is_none() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let known = parts.extensions.remove::<Packed>();
    let Ok(bytes) = to_bytes(body, usize::try_from(LARGEST).unwrap_or(usize::MAX)).await else {
        return Response::from_parts(parts, Body::empty());
    };
    let body = match known.or_else(|| packed(&bytes)) {
        Some(Packed(packed)) => {
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            parts.headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
            parts.headers.remove(header::CONTENT_LENGTH);
            Body::from(packed)
        }
        None => Body::from(bytes),
    };
    Response::from_parts(parts, body)
}

/// An answer's body as gzip; with a response that has it nothing is compressed again.
#[derive(Debug, Clone)]
pub(crate) struct Packed(Bytes);

pub(crate) fn packed(bytes: &[u8]) -> Option<Packed> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::default());
    let done = encoder.write_all(bytes).and_then(|()| encoder.finish());
    done.inspect_err(|error| tracing::debug!(%error, "an answer goes out as it is")).ok().map(|packed| Packed(packed.into()))
}
