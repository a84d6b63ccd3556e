use std::sync::Arc;

use axum::extract::State;
use engine::ports::{AppError, AppOrder, ForgeApp};
use engine::store::TokenRow;
use serde_json::json;

use crate::auth::accounts::scope;
use crate::auth::secret::{self, Kind};
use crate::auth::{Admin, Allowed, Caller, Role};
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{AppForm, OrderApp};

/// As long as GitHub's code counts.
const VALID_MS: u64 = 3_600_000;

/// Begins to make this server a GitHub App: answers what the browser posts to GitHub.
///
/// What comes back counts once, within an hour, and for the person who began only.
#[utoipa::path(post, path = "/api/v1/forges/github/app", tag = "server", responses((status = 200, body = AppForm)))]
pub(crate) async fn handle(
    allowed: Allowed<Admin>,
    State(state): State<ApiState>,
    Json(body): Json<OrderApp>,
) -> Result<Json<AppForm>, Problem> {
    let app = own_app(&state)?;
    let Caller::Person(person) = &allowed.caller else {
        return Err(Problem::new(Code::PersonNeeded, "GitHub leads a browser back; sign in as a person"));
    };
    let minted = secret::mint(Kind::ForgeApp, state.ids());
    let organisation = body.organisation.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let form = app.order(&AppOrder { organisation: organisation.clone(), name: body.name }, &minted.text).map_err(problem)?;
    let now = state.now();
    // Whoever begins again cannot come back from before.
    let store = state.store();
    for old in store.tokens().await?.iter().filter(|row| row.scope == scope::FORGE_APP && row.revoked_at.is_none()) {
        store.revoke_token(&old.id, now, None).await?;
    }
    let row = TokenRow {
        id: minted.id.clone(),
        name: "a GitHub App".to_owned(),
        role: Role::Admin.name().to_owned(),
        scope: scope::FORGE_APP.to_owned(),
        created_by: person.id.clone(),
        created_at: now,
        expires_at: Some(now + VALID_MS),
        revoked_at: None,
        last_used_at: None,
    };
    let note = super::super::note(&state, &allowed.caller, "forge_app.begin", "github", json!({ "organisation": organisation }));
    store.add_token(&row, &minted.hash, note).await?;
    Ok(Json(AppForm { action: form.action, manifest: form.manifest }))
}

pub(super) fn own_app(state: &ApiState) -> Result<Arc<dyn ForgeApp>, Problem> {
    let none = || Problem::new(Code::ForgeNotConfigured, "this server was started without GitHub");
    state.settings().forge_app.clone().ok_or_else(none)
}

pub(super) fn problem(error: AppError) -> Problem {
    match error {
        AppError::Configured(detail) => Problem::new(Code::AlreadyConfigured, detail),
        AppError::Invalid(detail) => Problem::new(Code::Invalid, detail),
        AppError::Refused(detail) => Problem::new(Code::ForgeRefused, detail),
        AppError::Unreachable(detail) => Problem::new(Code::ForgeUnavailable, detail).retry_after_ms(5_000),
        AppError::NotKept(detail) => Problem::new(Code::NotKept, detail),
    }
}
