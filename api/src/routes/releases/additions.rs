use axum::extract::State;
use engine::core::id::ReleaseNumber;
use engine::core::row::AdditionRow;
use engine::core::view;
use engine::store::ReleaseDetail;
use pipelines::dynamic;

use crate::auth::{Allowed, Viewer};
use crate::extract::{Json, Path};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{AdditionAnswer, LastTime};

/// Earlier releases that are looked at for what the same job added last time.
const LOOKED_AT: u32 = 20;

/// What jobs added to the plan of a release, as it came, and what is different from what the same job added last time.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/releases/{number}/additions", tag = "releases", params(("pipeline" = String, Path), ("number" = u64, Path)), responses((status = 200, body = Vec<AdditionAnswer>)))]
pub(crate) async fn handle(
    _: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
) -> Result<Json<Vec<AdditionAnswer>>, Problem> {
    let id = state.engine().pipeline_id(&pipeline).await?;
    let detail = super::detail(&state, &pipeline, number).await?;
    let mut earlier = Vec::new();
    if !detail.additions.is_empty() {
        for release in state.store().releases_that_grew(&id, ReleaseNumber(number), LOOKED_AT).await? {
            earlier.extend(state.store().release(&id, release).await?);
        }
    }
    let mut answers = Vec::new();
    for (row, addition) in detail.additions.iter().zip(view::additions(&detail.plan)) {
        let text = state.store().addition_text(&id, detail.release.number, row.number).await?.unwrap_or_default();
        let last_time = earlier.iter().find_map(|before| compared(&pipeline, &detail, row, before));
        answers.push(AdditionAnswer { addition, at: row.at, text, last_time });
    }
    Ok(Json(answers))
}

/// What is different from what the same job added at the same place of its uploads.
fn compared(pipeline: &str, detail: &ReleaseDetail, row: &AdditionRow, before: &ReleaseDetail) -> Option<LastTime> {
    let key = &detail.plan.node(row.node)?.key;
    let place = of_job(detail, key).position(|own| own.number == row.number)?;
    let previous = of_job(before, key).nth(place)?;
    let stage = detail.plan.node(row.node).and_then(|node| detail.plan.stage(node.stage)).map(|stage| stage.name.as_str());
    let difference = dynamic::difference(pipeline, stage.unwrap_or_default(), &previous.fragment, &row.fragment);
    Some(LastTime { release: before.release.number, is_same: difference.is_empty(), difference: difference.text() })
}

/// What the last attempt of a job added, in order.
fn of_job<'d>(detail: &'d ReleaseDetail, key: &str) -> impl Iterator<Item = &'d AdditionRow> + use<'d> {
    let node = detail.additions.iter().map(|row| row.node).find(|node| detail.plan.node(*node).is_some_and(|node| node.key == key));
    let last = detail.additions.iter().filter(|row| Some(row.node) == node).map(|row| row.attempt).max();
    detail.additions.iter().filter(move |row| Some(row.node) == node && Some(row.attempt) == last)
}
