//! A release as people see it beside its commit, at a forge.

use pipelines::plan::{GateCondition, NodeKind, Plan, Stage};
use sha2::{Digest as _, Sha256};

use crate::core::id::ReleaseNumber;
use crate::core::row::{AttemptState, GateState, ReleaseRow, ReleaseState, RolloutRow, RolloutState, WaveState};
use crate::core::{Pipeline, Trust};
use crate::ports::forge::{Button, Comment, DeploymentState, Report, ReportState, ReportedDeployment};

/// What there is to say of a release now. None when it is not in memory any more (nothing changes then), or when no
/// forge knows where its revision comes from.
pub(crate) fn report(
    pipeline: &Pipeline,
    number: ReleaseNumber,
    public_url: &str,
    approves: bool,
    knows: impl Fn(&str) -> bool,
) -> Option<Report> {
    let release = pipeline.release(number)?;
    let revision = release.row.revisions.iter().find(|revision| knows(&revision.source))?;
    let name = &pipeline.row().name;
    let state = state(pipeline, &release.row);
    Some(Report {
        repository: revision.source.clone(),
        commit: revision.commit.clone(),
        check: match &pipeline.row().pull_request {
            Some(pull) => format!("{} (pull request)", pull.parent_name),
            None => name.clone(),
        },
        pipeline: name.clone(),
        release: number.0,
        state,
        title: title(pipeline, &release.row, state),
        summary: summary(pipeline, number, &release.plan.stages),
        url: format!("{public_url}/p/{name}/releases/{}", number.0),
        deployments: deployments(pipeline, number, &release.plan),
        buttons: buttons(pipeline, &release.row, approves),
        annotations: Vec::new(),
    })
}

/// Names of buttons.
pub(crate) const RETRY: &str = "retry";
pub(crate) const TRUST: &str = "trust";
/// GitHub takes three.
const MOST_BUTTONS: usize = 3;

/// An approval that is asked for.
pub(crate) struct Asked {
    pub(crate) gate: String,
    pub(crate) digest: String,
    /// Of this question and no other.
    pub(crate) button: String,
}

/// The approvals that a release waits for.
pub(crate) fn asked(pipeline: &Pipeline, number: ReleaseNumber) -> Vec<Asked> {
    let Some(release) = pipeline.release(number) else { return Vec::new() };
    let asks = pipeline.gates(number).filter_map(|row| {
        let node = release.plan.node(row.node)?;
        let NodeKind::Gate(gate) = &node.kind else { return None };
        let is_asked = matches!(gate.condition, GateCondition::Approval(_)) && row.state == GateState::Closed;
        let asked_at = row.asked_at.filter(|_| is_asked)?;
        let question = Sha256::digest(format!("{} {} {}", node.key, release.row.digest, asked_at.0));
        let button = format!("approve:{}", hex::encode(&question[..6]));
        Some(Asked { gate: node.key.clone(), digest: release.row.digest.clone(), button })
    });
    asks.collect()
}

fn buttons(pipeline: &Pipeline, row: &ReleaseRow, approves: bool) -> Vec<Button> {
    let button = |label: &str, description: String, name: &str| Button {
        label: label.to_owned(),
        description: description.chars().take(40).collect(),
        name: name.to_owned(),
    };
    let mut all = Vec::new();
    if row.state == ReleaseState::Failed {
        all.push(button("Run failed jobs", "Again, in the same release".to_owned(), RETRY));
    }
    if approves {
        all.extend(asked(pipeline, row.number).iter().map(|asked| button("Approve", asked.gate.clone(), &asked.button)));
        if row.trust == Trust::Fork {
            all.push(button("Trust this commit", "Gives it a preview, as one of our own".to_owned(), TRUST));
        }
    }
    all.truncate(MOST_BUTTONS);
    all
}

/// What is said at a pull request, from what is true of all its releases. None: the pipeline is of a branch, or nothing has begun.
pub(crate) fn comment(pipeline: &Pipeline, public_url: &str) -> Option<Comment> {
    let pull = pipeline.row().pull_request.as_ref()?;
    let newest = pipeline.releases().next_back()?;
    let number = newest.row.number;
    let url = format!("{public_url}/p/{}/releases/{}", pipeline.row().name, number.0);
    let commit: String = newest.row.revisions.first().map(|revision| revision.commit.chars().take(8).collect()).unwrap_or_default();
    let rollout = newest.plan.preview.as_ref().and_then(|preview| self::newest(pipeline, number, &preview.target));
    let says = match (&newest.plan.preview, rollout.map(|rollout| rollout.state)) {
        (Some(preview), Some(RolloutState::Succeeded)) if preview.removal.is_some() => match &preview.address {
            Some(address) => format!("The preview runs `{commit}` at <{address}>."),
            None => format!("The preview runs `{commit}`."),
        },
        (Some(preview), Some(RolloutState::Succeeded)) if preview.removal.is_none() => sentence(&newest.row.trigger),
        (Some(_), Some(RolloutState::Failed | RolloutState::Unknown)) => format!("The preview could not be changed by `{commit}`."),
        (None, _) if newest.row.trust == Trust::Fork => format!(
            "`{commit}` comes from a fork: its checks run without secrets, and there is no preview until somebody who may has approved it."
        ),
        (Some(preview), _) if preview.removal.is_none() => "The preview is being removed.".to_owned(),
        _ if newest.row.state == ReleaseState::Failed => format!("`{commit}` failed before there was a preview of it."),
        _ => format!("A preview of `{commit}` is on its way."),
    };
    Some(Comment {
        pull_request: pull.number,
        mark: format!("tidegate:{}", pipeline.row().id),
        text: format!("**{}** · {says}\n\n[Release {number}]({url})", cell(&pull.parent_name)),
    })
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>() + ".").unwrap_or_default()
}

fn state(pipeline: &Pipeline, row: &ReleaseRow) -> ReportState {
    match row.state {
        ReleaseState::Completed => ReportState::Succeeded,
        ReleaseState::Failed => ReportState::Failed,
        ReleaseState::Cancelled | ReleaseState::Superseded | ReleaseState::Outdated => ReportState::Dropped,
        ReleaseState::Moving => {
            let leased = pipeline.attempts_of(row.number).any(|attempt| attempt.state == AttemptState::Leased);
            let baking = rollouts(pipeline, row.number).any(|rollout| rollout.state == RolloutState::Baking);
            if leased || baking { ReportState::Running } else { ReportState::Waiting }
        }
    }
}

fn title(pipeline: &Pipeline, row: &ReleaseRow, state: ReportState) -> String {
    let number = row.number;
    match state {
        ReportState::Succeeded => format!("{number} is everywhere"),
        ReportState::Failed if row.reason.is_empty() => format!("{number} failed"),
        ReportState::Failed => format!("{number} failed: {}", row.reason),
        ReportState::Dropped => match row.superseded_by {
            Some(by) => format!("{number} is carried by {by}"),
            None if row.reason.is_empty() => format!("{number} goes no further"),
            None => format!("{number} goes no further: {}", row.reason),
        },
        ReportState::Running | ReportState::Waiting => {
            let waits = pipeline.waves(number).find(|wave| wave.state == WaveState::Waiting).and_then(|wave| wave.waits_for.first());
            match waits {
                Some(reason) if state == ReportState::Waiting => format!("{number} waits: {}", reason.detail),
                _ => format!("{number} is on its way"),
            }
        }
    }
}

/// A table of stages and waves, with what each of their targets runs of this release.
fn summary(pipeline: &Pipeline, number: ReleaseNumber, stages: &[Stage]) -> String {
    let mut text = String::from("| stage | wave | state | targets |\n|---|---|---|---|\n");
    for (stage, stage_ix) in stages.iter().zip(0_u32..) {
        for (wave, wave_ix) in stage.waves.iter().zip(0_u32..) {
            let found = pipeline.waves(number).find(|row| row.wave.stage.0 == stage_ix && row.wave.wave == wave_ix);
            let state = found.map_or("not reached", |row| wave_words(row.state));
            let targets: Vec<String> = wave.rollouts.iter().map(|rollout| target_words(pipeline, number, &rollout.target)).collect();
            let name = if wave.name.is_empty() { "–" } else { &wave.name };
            let (stage, wave, targets) = (cell(&stage.name), cell(name), cell(&targets.join(", ")));
            text += &format!("| {stage} | {wave} | {state} | {targets} |\n");
        }
    }
    text
}

fn target_words(pipeline: &Pipeline, number: ReleaseNumber, target: &str) -> String {
    match newest(pipeline, number, target) {
        Some(rollout) => format!("{target} {}", deployment_words(deployment_state(pipeline, number, rollout))),
        None => target.to_owned(),
    }
}

fn deployments(pipeline: &Pipeline, number: ReleaseNumber, plan: &Plan) -> Vec<ReportedDeployment> {
    let name = pipeline.scope();
    let preview = plan.preview.as_ref();
    let mut found = Vec::new();
    for stage in &plan.stages {
        for target in stage.waves.iter().flat_map(|wave| &wave.rollouts).map(|rollout| &rollout.target) {
            if let Some(rollout) = newest(pipeline, number, target) {
                let state = deployment_state(pipeline, number, rollout);
                let environment = format!("{name}/{target}");
                let preview = preview.filter(|preview| preview.target == *target);
                found.push(ReportedDeployment {
                    environment,
                    state: if preview.is_some_and(|preview| preview.removal.is_none()) { DeploymentState::Inactive } else { state },
                    is_production: stage.production,
                    is_preview: preview.is_some(),
                    address: preview.and_then(|preview| preview.address.clone()),
                });
            }
        }
    }
    found
}

fn newest<'p>(pipeline: &'p Pipeline, number: ReleaseNumber, target: &str) -> Option<&'p RolloutRow> {
    rollouts(pipeline, number).filter(|rollout| rollout.target.as_str() == target).max_by_key(|rollout| rollout.number)
}

fn rollouts(pipeline: &Pipeline, number: ReleaseNumber) -> impl Iterator<Item = &RolloutRow> {
    pipeline.rollouts().filter(move |rollout| rollout.release == number)
}

fn deployment_state(pipeline: &Pipeline, number: ReleaseNumber, rollout: &RolloutRow) -> DeploymentState {
    match rollout.state {
        RolloutState::Running | RolloutState::Baking => DeploymentState::InProgress,
        RolloutState::Succeeded if pipeline.target(&rollout.target).is_none_or(|target| target.live == Some(number)) => {
            DeploymentState::Succeeded
        }
        RolloutState::Succeeded | RolloutState::Cancelled | RolloutState::RolledBack => DeploymentState::Inactive,
        RolloutState::Failed => DeploymentState::Failed,
        RolloutState::Unknown => DeploymentState::Unknown,
    }
}

fn wave_words(state: WaveState) -> &'static str {
    match state {
        WaveState::Waiting => "waits",
        WaveState::Entered => "under way",
        WaveState::Completed => "complete",
        WaveState::Failing | WaveState::Failed => "failed",
        WaveState::RolledBack => "rolled back",
        WaveState::Cancelled => "cancelled",
        WaveState::Left => "left to a newer release",
    }
}

fn deployment_words(state: DeploymentState) -> &'static str {
    match state {
        DeploymentState::InProgress => "(under way)",
        DeploymentState::Succeeded => "(runs it)",
        DeploymentState::Failed => "(failed)",
        DeploymentState::Unknown => "(unknown)",
        DeploymentState::Inactive => "(not any more)",
    }
}

/// Names come from pipeline files: nothing of them may end the cell or become markup.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '@' | '!' | '~' => {
                out.push('\\');
                out.push(character);
            }
            character if character.is_control() => out.push(' '),
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_cell() {
        assert_eq!(cell("a|b\n<img src=x> [x](javascript:y) @all"), "a\\|b \\<img src=x\\> \\[x\\](javascript:y) \\@all");
    }
}
