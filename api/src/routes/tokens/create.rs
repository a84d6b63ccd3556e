use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use engine::store::TokenRow;
use serde_json::json;

use crate::auth::accounts::scope;
use crate::auth::secret::{self, Kind};
use crate::auth::{Allowed, Viewer};
use crate::auth::{Caller, Role};
use crate::extract::Json;
use crate::idempotency::ShownOnce;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{CreateToken, TokenCreated};

const DAY_MS: u64 = 24 * 3_600 * 1_000;
const VALID_MS: u64 = 90 * DAY_MS;
const MOST_VALID_MS: u64 = 366 * DAY_MS;

/// Makes an API token. Its secret is shown once.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", responses((status = 201, body = TokenCreated)))]
pub(crate) async fn handle(
    allowed: Allowed<Viewer>,
    State(state): State<ApiState>,
    Json(body): Json<CreateToken>,
) -> Result<(StatusCode, Extension<ShownOnce>, Json<TokenCreated>), Problem> {
    let own = allowed.caller.role();
    if Some(body.role) > own {
        return Err(Problem::new(Code::Forbidden, format!("a token can have at most your own role, not {}", body.role)));
    }
    if body.name.is_empty() || body.name.chars().count() > 100 {
        return Err(Problem::new(Code::Invalid, "name must have 1 to 100 characters; say what the token is for"));
    }
    let valid_ms = body.valid_ms.unwrap_or(VALID_MS);
    if valid_ms == 0 || valid_ms > MOST_VALID_MS {
        return Err(Problem::new(Code::Invalid, format!("valid_ms must be 1 to {MOST_VALID_MS} (366 days)")));
    }
    let (scope, created_by) = match &allowed.caller {
        Caller::Person(person) if !body.is_service => (scope::PERSONAL, person.id.clone()),
        Caller::Person(_) if own < Some(Role::Admin) => {
            return Err(Problem::new(Code::Forbidden, "only an admin makes tokens that act for themselves; leave is_service out"));
        }
        Caller::Person(person) => (scope::SERVICE, person.id.clone()),
        // A token that makes tokens would outlive its own end.
        Caller::Token { .. } | Caller::Runner(_) | Caller::Nobody => {
            return Err(Problem::new(Code::PersonNeeded, "a token that acts for itself cannot make tokens; sign in as a person"));
        }
    };
    let now = state.now();
    let minted = secret::mint(Kind::Api, state.ids());
    let row = TokenRow {
        id: minted.id.clone(),
        name: body.name,
        role: body.role.name().to_owned(),
        scope: scope.to_owned(),
        created_by,
        created_at: now,
        expires_at: Some(now + valid_ms),
        revoked_at: None,
        last_used_at: None,
    };
    let detail = json!({ "name": row.name, "role": row.role, "scope": row.scope });
    let note = super::super::note(&state, &allowed.caller, "token.create", &row.id, detail);
    state.store().add_token(&row, &minted.hash, note).await?;
    Ok((StatusCode::CREATED, Extension(ShownOnce), Json(TokenCreated { token: super::token(row)?, secret: minted.text })))
}
