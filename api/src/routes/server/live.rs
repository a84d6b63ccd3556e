use crate::auth::{Allowed, Anyone};

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "server", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn handle(_: Allowed<Anyone>) -> &'static str {
    "ok\n"
}
