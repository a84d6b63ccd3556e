pub(super) mod drain;
pub(super) mod issue_token;
pub(super) mod list;
pub(super) mod queue;
pub(super) mod revoke;

use std::collections::BTreeMap;

use engine::core::Time;
use engine::core::dispatch::Queued;
use engine::store::{Busy, RunnerRow};
use protocol::RunnerId;

use crate::problem::{Code, Problem};
use crate::types::RunnerState;

/// Contact lost is shown within a minute (R5).
const LOST_AFTER_MS: u64 = 60_000;

fn id(text: &str) -> Result<RunnerId, Problem> {
    text.parse().map_err(|error| Problem::new(Code::InvalidPath, format!("{error}; GET /api/v1/runners lists them")))
}

fn unknown(runner: &str) -> Problem {
    Problem::new(Code::UnknownRunner, format!("there is no runner {runner:?}, or it was revoked; GET /api/v1/runners lists them"))
}

fn state_of(row: &RunnerRow, now: Time) -> RunnerState {
    if row.revoked_at.is_some() {
        RunnerState::Revoked
    } else if now.since_ms(row.last_seen_at) > LOST_AFTER_MS {
        RunnerState::Lost
    } else if row.draining {
        RunnerState::Draining
    } else {
        RunnerState::Online
    }
}

/// Why a job has no runner yet, in words.
fn why(job: &Queued, runners: &[RunnerRow], busy: &BTreeMap<RunnerId, Busy>, now: Time) -> String {
    let labels: Vec<String> = job.runs_on.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let needs = if labels.is_empty() {
        format!("pool {}", job.runs_on.pool)
    } else {
        format!("pool {} with {}", job.runs_on.pool, labels.join(", "))
    };
    let in_pool: Vec<&RunnerRow> = runners.iter().filter(|runner| runner.pool == job.runs_on.pool).collect();
    let matching: Vec<&&RunnerRow> =
        in_pool.iter().filter(|runner| job.runs_on.labels.iter().all(|(name, value)| runner.labels.get(name) == Some(value))).collect();
    if matching.is_empty() {
        return format!("needs {needs}: none of the {} runners there matches; register one, or change runs_on", in_pool.len());
    }
    let online: Vec<&&&RunnerRow> = matching.iter().filter(|runner| state_of(runner, now) == RunnerState::Online).collect();
    if online.is_empty() {
        return format!("needs {needs}: {} match, but none is online and takes work", matching.len());
    }
    let used = |runner: &RunnerRow| busy.get(&runner.id).map_or(0, |busy| busy.ordinary.values().sum::<u32>());
    let free: u32 = online.iter().map(|runner| runner.slots.saturating_sub(used(runner))).sum();
    if free == 0 {
        return format!("needs {needs}: {} match and are online, all busy", online.len());
    }
    format!("needs {needs}: it goes out with the next request of a runner")
}
