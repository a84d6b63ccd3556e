use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

use crate::auth::{Allowed, Anyone};
use crate::extract::Json;
use crate::state::ApiState;

/// This server as an OpenID provider (OpenID Connect Discovery 1.0).
#[utoipa::path(get, path = "/.well-known/openid-configuration", tag = "server", responses((status = 200, body = Object)))]
pub(crate) async fn handle(_: Allowed<Anyone>, State(state): State<ApiState>) -> impl IntoResponse {
    let issuer = &state.engine().settings().public_url;
    let document = json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid"],
        "claims_supported": [
            "iss", "sub", "aud", "iat", "nbf", "exp", "jti", "pipeline", "pipeline_id", "stage", "target", "job", "release", "attempt",
            "trust", "repository", "ref", "commit",
        ],
    });
    (super::FOR_FIVE_MINUTES, Json(document))
}
