use axum::extract::State;
use axum::http::HeaderMap;
use engine::core::Actor;
use engine::store::AuditNote;
use serde_json::json;

use crate::auth::Role;
use crate::auth::accounts::scope;
use crate::auth::secret::{self, Kind};
use crate::auth::{Allowed, Anyone};
use crate::extract::{Address, Json};
use crate::problem::{Code, Problem};
use crate::routes::{session, users};
use crate::state::ApiState;
use crate::types::{FirstStart, Me};

/// Makes the first admin, by the one-time link that the server printed. Works once.
#[utoipa::path(post, path = "/api/v1/first-start", tag = "first_start", responses((status = 200, body = Me)))]
pub(crate) async fn handle(
    _: Allowed<Anyone>,
    State(state): State<ApiState>,
    Address(address): Address,
    Json(body): Json<FirstStart>,
) -> Result<(HeaderMap, Json<Me>), Problem> {
    let used = || {
        Problem::new(Code::LinkUsed, "the link was used or has expired; restart the server for another one as long as nobody can sign in")
    };
    let (limit, now) = (state.login_limit(), state.now());
    limit.check(&address, "", now)?;
    let presented = secret::parse(Kind::FirstStart, &body.token);
    let row = match presented {
        Some(presented) => state
            .store()
            .token_by_hash(&presented.hash(), now)
            .await?
            .filter(|row| row.id == presented.id && row.scope == scope::FIRST_START),
        None => None,
    };
    let Some(row) = row else {
        limit.failed(&address, "", now);
        return Err(used());
    };
    if state.store().count_users().await? > 0 {
        return Err(used());
    }
    // A name or password that is refused leaves the link as it is; what follows happens once.
    let prepared = users::prepare(&state, &body.name, &body.password, Role::Admin, Vec::new()).await?;
    if !state.store().revoke_token(&row.id, now, None).await? {
        return Err(used());
    }
    let detail = json!({ "name": prepared.name, "role": prepared.role, "by": "first start" });
    let note = AuditNote::new(Actor::Engine, "user.create", prepared.id.as_str(), detail, now);
    let user = users::add(&state, prepared, note).await?;
    session::open(&state, user).await
}
