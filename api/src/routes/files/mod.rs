pub(super) mod plan;
pub(super) mod validate;

use std::collections::BTreeMap;

use pipelines::plan::Plan;
use pipelines::show::Difference;
use pipelines::{Diagnostic, Pipeline, SourceFile};

use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::PlanDifference;

/// The largest body: a file and all that it names.
pub(super) const BODY_BYTES: usize = 4 * 1024 * 1024;

/// Compiles off the request's thread: a hostile text may take 50 ms.
///
/// With what this server adds and offers; what its policy allows depends on whose file it is, which nobody says here.
async fn compile(
    state: &ApiState,
    file: String,
    text: String,
    files: BTreeMap<String, String>,
) -> Result<(Option<Pipeline>, Vec<Diagnostic>), Problem> {
    let source = SourceFile::new(file, text).with_files(files);
    let environment = state.engine().surroundings().await?;
    let compiled = tokio::task::spawn_blocking(move || pipelines::compile_in(&source, &environment)).await;
    Ok(compiled.unwrap_or_default())
}

/// How `plan` differs from the newest plan of a connected pipeline; none when that has no release yet.
async fn difference(state: &ApiState, pipeline: &str, plan: &Plan) -> Result<Option<PlanDifference>, Problem> {
    let id = state.engine().pipeline_id(pipeline).await?;
    let newest = state
        .engine()
        .view(&id, |pipeline| {
            pipeline.releases().max_by_key(|release| (release.row.order, release.row.number)).map(|release| release.plan.clone())
        })
        .await?;
    let Some(newest) = newest else { return Ok(None) };
    let difference = Difference::between(&newest, plan);
    let name = |risk| serde_json::to_value(risk).ok().and_then(|value| value.as_str().map(str::to_owned));
    Ok(Some(PlanDifference {
        text: difference.text(),
        risks: difference.risks().into_iter().filter_map(name).collect(),
        changes: serde_json::to_value(&difference.changes).unwrap_or_default(),
    }))
}
