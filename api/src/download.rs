//! Bytes that somebody else made: logs and artifacts.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use engine::ports::BlobError;
use futures::stream::BoxStream;

/// Streams bytes that no browser may take for a page of ours: downloaded, sandboxed, never sniffed (abuse case 13).
pub(crate) fn untrusted(bytes: BoxStream<'static, Result<Bytes, BlobError>>, content_type: &'static str, name: &str) -> Response {
    let mut response = Body::from_stream(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    let safe: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{safe}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
