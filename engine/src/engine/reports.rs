//! A release as people see it beside its commit, at a forge.

use pipelines::plan::Stage;

use crate::core::Pipeline;
use crate::core::id::ReleaseNumber;
use crate::core::row::{AttemptState, ReleaseRow, ReleaseState, RolloutRow, RolloutState, WaveState};
use crate::ports::forge::{DeploymentState, Report, ReportState, ReportedDeployment};

/// What there is to say of a release now. None when it is not in memory any more (nothing changes then), or when no
/// forge knows where its revision comes from.
pub(crate) fn report(pipeline: &Pipeline, number: ReleaseNumber, public_url: &str, knows: impl Fn(&str) -> bool) -> Option<Report> {
    let release = pipeline.release(number)?;
    let revision = release.row.revisions.iter().find(|revision| knows(&revision.source))?;
    let name = &pipeline.row().name;
    let state = state(pipeline, &release.row);
    Some(Report {
        repository: revision.source.clone(),
        commit: revision.commit.clone(),
        pipeline: name.clone(),
        release: number.0,
        state,
        title: title(pipeline, &release.row, state),
        summary: summary(pipeline, number, &release.plan.stages),
        url: format!("{public_url}/p/{name}/releases/{}", number.0),
        deployments: deployments(pipeline, number, &release.plan.stages),
    })
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

fn deployments(pipeline: &Pipeline, number: ReleaseNumber, stages: &[Stage]) -> Vec<ReportedDeployment> {
    let name = &pipeline.row().name;
    let mut found = Vec::new();
    for stage in stages {
        for target in stage.waves.iter().flat_map(|wave| &wave.rollouts).map(|rollout| &rollout.target) {
            if let Some(rollout) = newest(pipeline, number, target) {
                let state = deployment_state(pipeline, number, rollout);
                let environment = format!("{name}/{target}");
                found.push(ReportedDeployment { environment, state, is_production: stage.production });
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
