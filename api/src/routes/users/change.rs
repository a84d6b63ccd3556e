use axum::extract::State;
use engine::core::id::PersonId;
use serde_json::json;

use crate::auth::{Admin, Allowed};
use crate::extract::{Json, Path};
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{ChangeUser, User};

/// Changes a person's role, groups or password, or disables them.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "users", params(("id" = String, Path)), responses((status = 200, body = User)))]
pub(crate) async fn handle(
    allowed: Allowed<Admin>,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Json(body): Json<ChangeUser>,
) -> Result<Json<User>, Problem> {
    let unknown = || Problem::new(Code::UnknownUser, format!("there is no user with the id {id:?}; GET /api/v1/users lists them"));
    let mut row = state.store().user(&PersonId(id.clone())).await?.ok_or_else(unknown)?;
    let was_admin = super::is_admin(&row);
    let mut changed = Vec::new();
    if let Some(role) = body.role {
        role.name().clone_into(&mut row.role);
        changed.push("role");
    }
    if let Some(groups) = body.groups {
        row.groups = super::groups(groups)?;
        changed.push("groups");
    }
    if let Some(password) = &body.password {
        row.password_hash = Some(state.passwords().hash(password, state.ids()).await?);
        changed.push("password");
    }
    if let Some(disabled) = body.disabled {
        row.disabled_at = disabled.then(|| row.disabled_at.unwrap_or(state.now()));
        changed.push("disabled");
    }
    if was_admin && !super::is_admin(&row) && super::admins(&state).await? <= 1 {
        return Err(Problem::new(Code::LastAdmin, "this is the last admin: make somebody else an admin first"));
    }
    let note = super::super::note(&state, &allowed.caller, "user.change", &id, json!({ "changed": changed, "role": row.role }));
    if !state.store().change_user(&row, note).await? {
        return Err(unknown());
    }
    Ok(Json(super::user(row)?))
}
