use axum::extract::State;
use engine::TrustPolicy;
use engine::store::EnteredBy;

use crate::auth::{Admin, Allowed};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::AccountPolicy;

/// The texts with which the account's owner lets this server in.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/policy", tag = "accounts", params(("account" = String, Path)), responses((status = 200, body = AccountPolicy)))]
pub(crate) async fn handle(
    _: Allowed<Admin>,
    State(state): State<ApiState>,
    Path(account): Path<String>,
) -> Result<Json<AccountPolicy>, Problem> {
    let (row, _) = state.engine().account(&account).await?;
    let policy = TrustPolicy::new(&row, &state.engine().trusted_by(&row).await?);
    Ok(Json(AccountPolicy {
        principal: policy.principal,
        external_id: (row.entered_by == EnteredBy::Principal).then_some(row.external_id),
        trust: policy.trust,
        cloudformation: policy.cloudformation,
        terraform: policy.terraform,
    }))
}
