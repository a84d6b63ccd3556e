use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::auth::{Allowed, Viewer};
use crate::state::ApiState;

/// The process's metrics as Prometheus text.
#[utoipa::path(get, path = "/metrics", tag = "server", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn handle(_: Allowed<Viewer>, State(state): State<ApiState>) -> Response {
    let text = state.metrics().map(|render| render()).unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
