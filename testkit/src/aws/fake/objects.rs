//! S3, as far as blocks use it: objects by path.

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::Known;

pub(super) fn call(known: &mut Known, method: &Method, path: &str, body: Bytes) -> Response {
    match method.as_str() {
        "PUT" => {
            known.objects.insert(path.to_owned(), body);
            StatusCode::OK.into_response()
        }
        "HEAD" if known.objects.contains_key(path) => StatusCode::OK.into_response(),
        "GET" => match known.objects.get(path) {
            Some(bytes) => bytes.clone().into_response(),
            None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>")
                .into_response(),
        },
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
