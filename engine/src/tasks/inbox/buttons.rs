//! What people pressed beside a check. The signature of the web hook proves that the forge says so; who pressed is the forge's number
//! of a person who has signed in here before, and what they may do here is what counts.

use std::collections::BTreeSet;
use std::sync::Arc;

use tracing::{info, warn};

use crate::core::id::{PersonId, PipelineId, ReleaseNumber};
use crate::core::input::Retry;
use crate::core::row::ReleaseState;
use crate::core::{Actor, Input, Pipeline, Rejected};
use crate::engine::{Engine, Error, reports};
use crate::ports::forge::Pressed;
use crate::store::{ROLES, UserRow};

/// Deals with one; `near` are the pipelines of that repository.
pub(super) async fn pressed(engine: &Arc<Engine>, near: &BTreeSet<PipelineId>, pressed: &Pressed) -> Result<(), Error> {
    for id in near {
        for (pipeline, release) in releases(engine, id, pressed).await? {
            match act(engine, &pipeline, release, pressed).await {
                Ok(()) => {
                    info!(pipeline.id = %pipeline, release.number = release.0, button = pressed.button, person = %pressed.person, "pressed at a check")
                }
                Err(error @ (Error::Store(_) | Error::Conflict | Error::ShuttingDown)) => return Err(error),
                Err(error) => {
                    warn!(pipeline.id = %pipeline, release.number = release.0, button = pressed.button, person = %pressed.person, %error, "what was pressed at a check has no effect");
                }
            }
        }
    }
    Ok(())
}

/// The release whose very check it was; or, for a whole suite, those of the commit that failed.
async fn releases(engine: &Arc<Engine>, id: &PipelineId, pressed: &Pressed) -> Result<Vec<(PipelineId, ReleaseNumber)>, Error> {
    let Some((name, number)) = pressed.check_name.as_deref().and_then(|check| check.rsplit_once('#')) else {
        let failed = |state: &Pipeline| {
            let of_commit = state.releases().filter(|release| {
                release.row.state == ReleaseState::Failed && release.row.revisions.iter().any(|revision| revision.commit == pressed.commit)
            });
            of_commit.map(|release| release.row.number).collect::<Vec<_>>()
        };
        return match engine.view(id, failed).await {
            Ok(numbers) => Ok(numbers.into_iter().map(|number| (id.clone(), number)).collect()),
            Err(Error::Parked { .. } | Error::UnknownPipeline(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        };
    };
    let Ok(number) = number.parse().map(ReleaseNumber) else { return Ok(Vec::new()) };
    let is_own = engine.view(id, |state| state.row().name == name).await.unwrap_or(false);
    let mark = engine.store().forge_mark(&format!("show:{id}:{}", number.0)).await?;
    // Anybody may write our id into a check of their own.
    let is_ours = is_own && mark.is_some_and(|known| known.mark.check.is_some() && known.mark.check == pressed.check);
    Ok(if is_ours { vec![(id.clone(), number)] } else { Vec::new() })
}

async fn act(engine: &Arc<Engine>, pipeline: &PipelineId, release: ReleaseNumber, pressed: &Pressed) -> Result<(), Error> {
    let refused = |detail: String| Error::Invalid { what: "button", detail };
    let user = engine.store().user(&pressed.person).await?.filter(|user| user.disabled_at.is_none());
    let user = user.ok_or_else(|| refused(format!("{} has never signed in here", pressed.person)))?;
    let needs = |least: &str| {
        let place = |role: &str| ROLES.iter().position(|known| *known == role);
        if place(&user.role) >= place(least) { Ok(()) } else { Err(refused(format!("{} is no {least}", user.name))) }
    };
    let actor = actor(&user);
    if pressed.button == reports::RETRY {
        needs("developer")?;
        return match engine.input(pipeline, actor, Input::Retry { release, what: Retry::FailedJobs }).await {
            // A replay, or somebody was faster.
            Ok(_) | Err(Error::Rejected(Rejected::NothingToRetry(..))) => Ok(()),
            Err(error) => Err(error),
        };
    }
    if !engine.settings().approves_at_checks {
        return Err(refused("approvals at checks are not switched on (github.approve_at_checks)".to_owned()));
    }
    needs("approver")?;
    let reason = "pressed at the check";
    if pressed.button == reports::TRUST {
        return engine.approve_pull_request(&actor, pipeline, &pressed.commit, reason).await.map(drop);
    }
    // The button names gate, digest and question, so that an old one opens nothing that was asked later.
    let gate =
        engine.view(pipeline, |state| reports::asked(state, release).into_iter().find(|asked| asked.button == pressed.button)).await?;
    let gate = gate.ok_or_else(|| refused("no gate asks for it any more".to_owned()))?;
    let input = Input::Approve { release, gate: gate.gate, digest: gate.digest, reason: reason.to_owned() };
    engine.input(pipeline, actor, input).await.map(drop)
}

/// As the API names a person: roles and the own name count as groups.
fn actor(user: &UserRow) -> Actor {
    let place = ROLES.iter().position(|role| *role == user.role).map_or(0, |at| at + 1);
    let mut groups: Vec<String> = user.groups.iter().cloned().collect();
    groups.extend(ROLES[..place].iter().map(|role| (*role).to_owned()));
    groups.push(user.name.clone());
    Actor::Person { id: PersonId(user.id.0.clone()), name: user.name.clone(), groups }
}
