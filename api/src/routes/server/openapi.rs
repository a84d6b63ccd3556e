use crate::auth::{Allowed, Anyone};
use crate::extract::Json;

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "server", responses((status = 200, body = Object)))]
pub(crate) async fn handle(_: Allowed<Anyone>) -> Json<serde_json::Value> {
    Json(crate::openapi::document())
}
