use axum::extract::State;

use crate::auth::{Allowed, Viewer};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{BlockUse, Fleet};

const UPGRADES: u32 = 50;

/// Which pipelines are made of which blocks, and the upgrades that are or were on their way.
#[utoipa::path(get, path = "/api/v1/fleet", tag = "fleet", responses((status = 200, body = Fleet)))]
pub(crate) async fn handle(_: Allowed<Viewer>, State(state): State<ApiState>) -> Result<Json<Fleet>, Problem> {
    let uses = state.engine().fleet().await?.into_iter().map(|used| BlockUse {
        pipeline: used.name,
        release: used.release,
        block: used.block,
        digest: used.digest,
        pinned_over: used.pinned_over,
    });
    let upgrades = state.store().upgrades(UPGRADES).await?;
    Ok(Json(Fleet { uses: uses.collect(), upgrades: upgrades.into_iter().map(super::shown).collect() }))
}
