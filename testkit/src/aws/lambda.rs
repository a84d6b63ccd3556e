//! Invocations, which the emulator cannot do without containers: code that holds a file `sick` fails.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use serde_json::Value;

use super::front::Shared;

pub(super) async fn invoke(shared: &Shared, uri: &Uri, headers: HeaderMap) -> Response {
    let path = uri.path_and_query().map(|path| path.as_str().replace("/invocations", "/configuration")).unwrap_or_default();
    let mut headers = headers;
    for name in ["content-type", "x-amz-invocation-type", "x-amz-log-type"] {
        headers.remove(name);
    }
    let configuration: Uri = path.parse().expect("a path");
    let (status, _, answer) = shared.forward(Method::GET, &configuration, headers, Bytes::new()).await;
    if !status.is_success() {
        return (status, answer).into_response();
    }
    if digest(&answer).is_some_and(|digest| shared.is_sick(&digest)) {
        let body = r#"{"errorMessage": "no such luck", "errorType": "Exception"}"#;
        return ([("x-amz-function-error", "Unhandled"), ("x-amz-executed-version", "1")], body).into_response();
    }
    ([("x-amz-executed-version", "1")], r#"{"ok": true}"#).into_response()
}

/// A zip file holds the names of its files in the clear.
pub(super) fn holds_sick(body: &[u8]) -> bool {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = request["ZipFile"].as_str().and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    code.is_some_and(|code| code.windows(4).any(|window| window == b"sick"))
}

pub(super) fn digest(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    answer["CodeSha256"].as_str().map(str::to_owned)
}
