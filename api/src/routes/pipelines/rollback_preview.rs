use axum::extract::State;
use engine::core::id::ReleaseNumber;
use engine::core::input::Place;
use engine::core::view;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path, Query};
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{RollbackPreview, RollbackQuery};

/// What a rollback would do now: which targets go back to what, which stay and why, and which commits leave.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/rollback", tag = "pipelines", params(("pipeline" = String, Path), RollbackQuery), responses((status = 200, body = RollbackPreview)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path(pipeline): Path<String>,
    Query(query): Query<RollbackQuery>,
) -> Result<Json<RollbackPreview>, Problem> {
    let seq = state.store().last_seq().await?;
    let id = state.engine().pipeline_id(&pipeline).await?;
    let (place, to) = (place(&query)?, query.to.map(ReleaseNumber));
    let planned = state.engine().view(&id, |pipeline| view::rollback(pipeline, &place, to)).await??;
    let (leaves_out, is_cut) = match planned.span {
        Some((from, to)) if from < to => super::commits_between(&state, &id, from, to).await?,
        Some(_) | None => (Vec::new(), false),
    };
    let view::RollbackPlan { refused, targets, choices, quarantines, holds, usually_ms } = planned.plan;
    Ok(Json(RollbackPreview { place, refused, targets, choices, quarantines, holds, usually_ms, leaves_out, is_cut, seq }))
}

fn place(query: &RollbackQuery) -> Result<Place, Problem> {
    match (&query.target, &query.stage, &query.wave) {
        (Some(target), None, None) => Ok(Place::Target { target: target.clone() }),
        (None, Some(stage), None) => Ok(Place::Stage { stage: stage.clone() }),
        (None, Some(stage), Some(wave)) => Ok(Place::Wave { stage: stage.clone(), wave: wave.clone() }),
        _ => Err(Problem::new(Code::InvalidQuery, "give `target`, or `stage`, or `stage` and `wave`")),
    }
}
