use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use engine::ports::AppError;
use engine::store::TokenRow;
use serde_json::json;

use super::order_app::{own_app, problem};
use crate::auth::accounts::scope;
use crate::auth::secret::{self, Kind};
use crate::auth::{Admin, Allowed, Caller};
use crate::extract::Query;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::AppBack;

/// The one page that it leads to, whatever came with the request.
const PAGE: &str = "/settings?tab=github";

/// GitHub leads back here with a code: it is exchanged for the App, which this server is from then on.
///
/// A browser that is refused is led to the page of settings, with the code of the refusal.
#[utoipa::path(get, path = "/api/v1/forges/github/app/back", tag = "server", params(AppBack), responses((status = 303)))]
pub(crate) async fn handle(
    allowed: Allowed<Admin>,
    State(state): State<ApiState>,
    headers: HeaderMap,
    Query(query): Query<AppBack>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let is_page = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accepts| accepts.contains("text/html"));
    match made(&state, &allowed.caller, &query).await {
        Ok(()) => Ok((StatusCode::SEE_OTHER, leading(PAGE))),
        // The page that says so can be loaded again while GitHub's code counts.
        Err(problem) if is_page && problem.code != Code::ForgeUnavailable => {
            tracing::warn!(code = problem.code.name(), detail = problem.detail, "no GitHub App was made");
            Ok((StatusCode::SEE_OTHER, leading(&format!("{PAGE}&refused={}", problem.code.name()))))
        }
        Err(problem) => Err(problem),
    }
}

async fn made(state: &ApiState, caller: &Caller, query: &AppBack) -> Result<(), Problem> {
    let app = own_app(state)?;
    let began = began(state, caller, query.state.as_deref().unwrap_or_default()).await?;
    let code = query.code.as_deref().unwrap_or_default();
    let outcome = match code {
        "" => Err(AppError::Refused("GitHub led back without a code; begin again".to_owned())),
        code => app.make(code).await,
    };
    let (store, now) = (state.store(), state.now());
    match outcome {
        Ok(made) => {
            let note = super::super::note(state, caller, "forge_app.make", "github", json!({ "app": made.id, "name": made.name }));
            store.revoke_token(&began.id, now, note).await?;
            tracing::info!(app.id = made.id, "this server is a GitHub App from now on");
            Ok(())
        }
        Err(AppError::Unreachable(detail)) => {
            let detail = format!("{detail}; load this page again within the hour, or begin again and delete that App at GitHub");
            Err(problem(AppError::Unreachable(detail)))
        }
        Err(error) => {
            store.revoke_token(&began.id, now, None).await?;
            Err(problem(error))
        }
    }
}

/// What came back counts once, and for whoever began.
async fn began(state: &ApiState, caller: &Caller, came_back: &str) -> Result<TokenRow, Problem> {
    let unknown = || {
        let detail = "this did not begin on the page of settings within the last hour, or was done already; begin again there";
        Problem::new(Code::LinkUsed, detail)
    };
    let Caller::Person(person) = caller else { return Err(unknown()) };
    let presented = secret::parse(Kind::ForgeApp, came_back).ok_or_else(unknown)?;
    let row = state.store().token_by_hash(&presented.hash(), state.now()).await?;
    row.filter(|row| row.id == presented.id && row.scope == scope::FORGE_APP && row.created_by == person.id).ok_or_else(unknown)
}

fn leading(place: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static(PAGE)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
}
