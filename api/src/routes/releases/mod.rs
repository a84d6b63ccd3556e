pub(super) mod additions;
pub(super) mod answer;
pub(super) mod approve;
pub(super) mod cancel;
pub(super) mod evidence;
pub(super) mod lift_quarantine;
pub(super) mod list;
pub(super) mod override_gate;
pub(super) mod plan;
pub(super) mod quarantine;
pub(super) mod reject;
pub(super) mod retry;
pub(super) mod show;

use engine::Error;
use engine::core::id::{PipelineId, ReleaseNumber};
use engine::core::{Actor, Input, Rejected};
use engine::store::ReleaseDetail;

use crate::auth::{Caller, Role};
use crate::extract::Json;
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::Applied;

/// Hands a person's input to the engine and tells what it did.
pub(super) async fn apply(state: &ApiState, caller: &Caller, pipeline: &str, input: Input) -> Result<Json<Applied>, Problem> {
    let id = state.engine().pipeline_id(pipeline).await?;
    match state.engine().input(&id, caller.actor(), input).await {
        Ok(applied) => Ok(Json(Applied::from(applied))),
        Err(Error::Rejected(Rejected::UnknownRelease(number))) => Err(ended(state, &id, number).await?.into()),
        Err(error) => Err(error.into()),
    }
}

/// A release that ended long ago is not in the pipeline's memory, but it is not unknown either.
async fn ended(state: &ApiState, id: &PipelineId, number: ReleaseNumber) -> Result<Rejected, Problem> {
    let row = state.store().release(id, number).await?.map(|detail| detail.release);
    Ok(match row.map(|row| row.superseded_by) {
        None => Rejected::UnknownRelease(number),
        Some(None) => Rejected::ReleaseEnded(number),
        Some(Some(by)) => Rejected::Superseded { release: number, by },
    })
}

/// Everything about one release, from the store, so that old ones are found too.
async fn detail(state: &ApiState, pipeline: &str, number: u64) -> Result<ReleaseDetail, Problem> {
    let id = state.engine().pipeline_id(pipeline).await?;
    let number = ReleaseNumber(number);
    state.store().release(&id, number).await?.ok_or_else(|| Problem::from(Rejected::UnknownRelease(number)))
}

/// Below an operator one cancels only what one started or had a part in.
async fn may_cancel(state: &ApiState, caller: &Caller, pipeline: &str, release: ReleaseNumber) -> Result<(), Problem> {
    if caller.role() >= Some(Role::Operator) {
        return Ok(());
    }
    let row = detail(state, pipeline, release.0).await?.release;
    let own = match (caller, &row.created_by) {
        (Caller::Person(person), Actor::Person { id, .. }) if id.as_str() == person.id => true,
        (Caller::Person(person), _) => row.involved.iter().any(|id| id.as_str() == person.id),
        (Caller::Token { id, .. }, Actor::Token { id: by, .. }) => id == by,
        _ => false,
    };
    if own {
        Ok(())
    } else {
        Err(Problem::new(
            Code::Forbidden,
            format!("{release} is not yours: a developer cancels what they made or started, an operator any release"),
        ))
    }
}
