use axum::extract::State;

use crate::auth::{Allowed, Operator};
use crate::extract::Json;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{BlockVersion, Page, UpgradePreview};

/// What a version would change in the plan of every pipeline that uses another one. Changes nothing.
#[utoipa::path(post, path = "/api/v1/fleet/preview", tag = "fleet", responses((status = 200, body = Page<UpgradePreview>)))]
pub(crate) async fn handle(
    _: Allowed<Operator>,
    State(state): State<ApiState>,
    Json(body): Json<BlockVersion>,
) -> Result<Json<Page<UpgradePreview>>, Problem> {
    let seq = state.store().last_seq().await?;
    let previews = state.engine().preview_upgrade(&super::pin(body)?).await?;
    let shown = previews.into_iter().map(|preview| {
        let (difference, problem) = match preview.difference {
            Ok(difference) => (difference, None),
            Err(problem) => (String::new(), Some(problem)),
        };
        UpgradePreview { pipeline: preview.name, from: preview.from, difference, problem }
    });
    Ok(Json(Page::whole(shown.collect(), seq)))
}
