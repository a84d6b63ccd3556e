use axum::extract::State;
use engine::ports::forge::ForgeError;
use engine::ports::{AppDelivery, AppInstallation, AppPermission};

use super::order_app::own_app;
use crate::auth::{Allowed, Operator};
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{AppDeliveryView, AppInstallationView, AppPermissionView, AppView};

/// How GitHub sees this server's App: its permissions, its installations, and what became of its last web hooks. Asks GitHub.
#[utoipa::path(get, path = "/api/v1/forges/github/app", tag = "server", responses((status = 200, body = AppView)))]
pub(crate) async fn handle(_: Allowed<Operator>, State(state): State<ApiState>) -> Result<Json<AppView>, Problem> {
    let seen = own_app(&state)?.look().await.map_err(|error| match error {
        ForgeError::Later { detail, after_ms } => Problem::new(Code::ForgeUnavailable, detail).retry_after_ms(after_ms.unwrap_or(5_000)),
        ForgeError::Never(detail) => Problem::new(Code::ForgeRefused, detail),
    })?;
    Ok(Json(AppView {
        id: seen.id,
        name: seen.name,
        owner: seen.owner,
        url: seen.url,
        install_url: seen.install_url,
        permissions: seen.permissions.into_iter().map(permission).collect(),
        installations: seen.installations.into_iter().map(installation).collect(),
        deliveries: seen.deliveries.map(|all| all.into_iter().map(delivery).collect()),
    }))
}

fn permission(permission: AppPermission) -> AppPermissionView {
    let is_lacking = permission.is_lacking();
    let AppPermission { name, granted, needed } = permission;
    AppPermissionView { name, granted, needed, is_lacking }
}

fn installation(installation: AppInstallation) -> AppInstallationView {
    let AppInstallation { account, url, every_repository, suspended, lacks } = installation;
    AppInstallationView { account, url, every_repository, suspended, lacks }
}

fn delivery(delivery: AppDelivery) -> AppDeliveryView {
    let has_failed = delivery.has_failed();
    let AppDelivery { id, at, event, outcome, status, is_again } = delivery;
    AppDeliveryView { id, at, event, outcome, status, has_failed, is_again }
}
