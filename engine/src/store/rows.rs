//! One changed row → its key, the columns that are searched, and its body.

use crate::core::id::PipelineId;
use crate::core::row::{
    AttemptRow, AttemptState, GateRow, HoldRow, LaneRow, NodeRow, ReleaseRow, RolloutRow, TargetRow, WatchRow, WaveRow,
};

use super::Error;
use super::db::Insert;
use super::value::{Value, json, values, word};

pub(super) const RELEASES: Insert = Insert {
    into: "INSERT INTO releases (pipeline_id, number, state, digest, admission_key, created_at, ended_at, plan_digest, body)",
    columns: 9,
    before_first: "",
    // Whoever saves a release again does not bring its plan again.
    conflict: "ON CONFLICT (pipeline_id, number) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at, \
        plan_digest = COALESCE(excluded.plan_digest, releases.plan_digest), body = excluded.body",
};

pub(super) const WAVES: Insert = Insert {
    into: "INSERT INTO waves (pipeline_id, release, stage, wave, state, body)",
    columns: 6,
    before_first: "",
    conflict: "ON CONFLICT (pipeline_id, release, stage, wave) DO UPDATE SET state = excluded.state, body = excluded.body",
};

pub(super) const NODES: Insert = Insert {
    into: "INSERT INTO nodes (pipeline_id, release, node, state, body)",
    columns: 5,
    before_first: "",
    conflict: "ON CONFLICT (pipeline_id, release, node) DO UPDATE SET state = excluded.state, body = excluded.body",
};

pub(super) const ATTEMPTS: Insert = Insert {
    into: "INSERT INTO attempts (id, pipeline_id, release, node, number, kind, state, urgent, target, runner, queued_at, lease_until, \
        ended_at, body)",
    columns: 14,
    before_first: "",
    conflict: "ON CONFLICT (id) DO UPDATE SET state = excluded.state, urgent = excluded.urgent, runner = excluded.runner, \
        lease_until = excluded.lease_until, ended_at = excluded.ended_at, body = excluded.body",
};

pub(super) const GATES: Insert = Insert {
    into: "INSERT INTO gates (pipeline_id, release, node, state, body)",
    columns: 5,
    before_first: "",
    conflict: "ON CONFLICT (pipeline_id, release, node) DO UPDATE SET state = excluded.state, body = excluded.body",
};

pub(super) const LANES: Insert = Insert {
    into: "INSERT INTO lanes (pipeline_id, key, body)",
    columns: 3,
    before_first: "",
    conflict: "ON CONFLICT (pipeline_id, key) DO UPDATE SET body = excluded.body",
};

pub(super) const TARGETS: Insert = Insert {
    into: "INSERT INTO targets (pipeline_id, name, fence, body)",
    columns: 4,
    before_first: "",
    conflict: "ON CONFLICT (pipeline_id, name) DO UPDATE SET fence = excluded.fence, body = excluded.body",
};

pub(super) const ROLLOUTS: Insert = Insert {
    into: "INSERT INTO rollouts (pipeline_id, target, number, release, state, body)",
    columns: 6,
    before_first: "",
    conflict: "ON CONFLICT (pipeline_id, target, number) DO UPDATE SET state = excluded.state, body = excluded.body",
};

/// When it is polled next belongs to whoever polls, not to whoever saves.
pub(super) const WATCHES: Insert = Insert {
    into: "INSERT INTO watches (pipeline_id, id, next_poll_at, signal, body)",
    columns: 5,
    before_first: "",
    conflict: "ON CONFLICT (pipeline_id, id) DO UPDATE SET signal = excluded.signal, body = excluded.body",
};

pub(super) const HOLDS: Insert = Insert {
    into: "INSERT INTO holds (pipeline_id, id, lifted_at, body)",
    columns: 4,
    before_first: "",
    conflict: "ON CONFLICT (pipeline_id, id) DO UPDATE SET lifted_at = excluded.lifted_at, body = excluded.body",
};

/// What a release used under a name: the last attempt that made it counts.
pub(super) const ARTIFACT_USES: Insert = Insert {
    into: "INSERT INTO artifact_uses (pipeline_id, release, name, digest, attempt)",
    columns: 5,
    before_first: "",
    conflict: "ON CONFLICT (pipeline_id, release, name) DO UPDATE SET digest = excluded.digest, attempt = excluded.attempt",
};

pub(super) const INSERTS: &[&Insert] =
    &[&RELEASES, &WAVES, &NODES, &ATTEMPTS, &GATES, &LANES, &TARGETS, &ROLLOUTS, &WATCHES, &HOLDS, &ARTIFACT_USES];

pub(super) fn release(pipeline: &PipelineId, row: &ReleaseRow, plan_digest: Option<&str>) -> Result<Vec<Value>, Error> {
    Ok(values![pipeline, row.number, word(&row.state)?, &row.digest, &row.key, row.created_at, row.ended_at, plan_digest, json(row)?])
}

pub(super) fn wave(pipeline: &PipelineId, row: &WaveRow) -> Result<Vec<Value>, Error> {
    Ok(values![pipeline, row.release, row.wave.stage.0, row.wave.wave, word(&row.state)?, json(row)?])
}

pub(super) fn node(pipeline: &PipelineId, row: &NodeRow) -> Result<Vec<Value>, Error> {
    Ok(values![pipeline, row.release, row.node.0, word(&row.state)?, json(row)?])
}

pub(super) fn attempt(pipeline: &PipelineId, row: &AttemptRow) -> Result<Vec<Value>, Error> {
    Ok(values![
        &row.id,
        pipeline,
        row.release,
        row.node.0,
        row.number,
        word(&row.kind)?,
        word(&row.state)?,
        row.urgent,
        row.target.as_ref().map(|target| target.as_str()),
        row.runner.as_ref().map(|runner| runner.as_str()),
        row.queued_at,
        row.lease_until,
        row.ended_at,
        json(row)?
    ])
}

/// The artifacts that an attempt left behind, once it has ended.
pub(super) fn artifact_uses(pipeline: &PipelineId, row: &AttemptRow) -> Vec<Vec<Value>> {
    if row.state != AttemptState::Ended {
        return Vec::new();
    }
    row.artifacts.iter().map(|artifact| values![pipeline, row.release, &artifact.name, &artifact.digest, &row.id]).collect()
}

pub(super) fn gate(pipeline: &PipelineId, row: &GateRow) -> Result<Vec<Value>, Error> {
    Ok(values![pipeline, row.release, row.node.0, word(&row.state)?, json(row)?])
}

pub(super) fn lane(pipeline: &PipelineId, row: &LaneRow) -> Result<Vec<Value>, Error> {
    Ok(values![pipeline, &row.key, json(row)?])
}

pub(super) fn target(pipeline: &PipelineId, row: &TargetRow) -> Result<Vec<Value>, Error> {
    Ok(values![pipeline, &row.name, row.fence, json(row)?])
}

pub(super) fn rollout(pipeline: &PipelineId, row: &RolloutRow) -> Result<Vec<Value>, Error> {
    Ok(values![pipeline, &row.target, row.number, row.release, word(&row.state)?, json(row)?])
}

/// A new watch is due at once.
pub(super) fn watch(pipeline: &PipelineId, row: &WatchRow) -> Result<Vec<Value>, Error> {
    Ok(values![pipeline, &row.id, row.since, row.monitor.signal(), json(row)?])
}

pub(super) fn hold(pipeline: &PipelineId, row: &HoldRow) -> Result<Vec<Value>, Error> {
    Ok(values![pipeline, &row.id, row.lifted.as_ref().map(|lifted| lifted.at), json(row)?])
}
