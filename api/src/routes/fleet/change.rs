use axum::extract::State;
use engine::store::UpgradeState;

use crate::auth::{Admin, Allowed};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{ChangeUpgrade, Upgrade, UpgradeChange};

/// Holds an upgrade, lets it go on, or rolls it back.
#[utoipa::path(post, path = "/api/v1/fleet/upgrades/{upgrade}", tag = "fleet", params(("upgrade" = String, Path)), responses((status = 200, body = Upgrade)))]
pub(crate) async fn handle(
    allowed: Allowed<Admin>,
    State(state): State<ApiState>,
    Path(upgrade): Path<String>,
    Json(body): Json<ChangeUpgrade>,
) -> Result<Json<Upgrade>, Problem> {
    let to = match body.what {
        UpgradeChange::Hold => UpgradeState::Held,
        UpgradeChange::Resume => UpgradeState::Rolling,
        UpgradeChange::RollBack => UpgradeState::RollingBack,
    };
    let changed = state.engine().change_upgrade(&allowed.caller.actor(), &upgrade, to, &body.reason).await?;
    Ok(Json(super::shown(changed)))
}
