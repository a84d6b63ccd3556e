use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{Page, Token};

/// API tokens: one's own, or for an admin everybody's, newest first.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens", responses((status = 200, body = Page<Token>)))]
pub(crate) async fn handle(allowed: Allowed<Viewer>, State(state): State<ApiState>) -> Result<Json<Page<Token>>, Problem> {
    let seq = state.store().last_seq().await?;
    let mut items = Vec::new();
    for row in state.store().tokens().await? {
        if super::is_api_token(&row) && super::may_see(&allowed.caller, &row) {
            items.push(super::token(row)?);
        }
    }
    Ok(Json(Page::whole(items, seq)))
}
