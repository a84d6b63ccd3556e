//! One of every row.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::core::id::{HoldId, LaneKey, MonitorId, PersonId, PipelineId, ReleaseNumber, SourceOrder, TargetName};
use engine::core::input::{HoldScope, Reading, Revision};
use engine::core::row::{
    ApprovalGiven, AttemptKind, AttemptRow, AttemptState, Direction, GateRow, GateState, Good, HoldRow, LaneRow, NodeRow, NodeState,
    PipelineRow, ReleaseRow, ReleaseState, RolloutRow, RolloutState, Row, TargetRow, WaitReason, WatchRow, WaveRow, WaveState,
};
use engine::core::{Actor, Changes, Event, EventKind, Time, Trust};
use pipelines::plan::{Class, Monitor, MonitorKind, NodeIx, Plan, RunsOn, StageIx, WaveIx};
use protocol::{Artifact, ArtifactDigest, AttemptId, Outcome, TargetFence};

use super::NOW;

pub(crate) fn pipeline(id: &str, name: &str) -> PipelineRow {
    PipelineRow {
        id: PipelineId::from(id),
        name: name.to_owned(),
        next_release: 1,
        keys: Vec::new(),
        upstream: Vec::new(),
        pull_request: None,
    }
}

pub(crate) fn person(name: &str) -> Actor {
    Actor::Person { id: PersonId(format!("local:{name}")), name: name.to_owned(), groups: vec!["release managers".to_owned()] }
}

pub(crate) fn plan(pipeline: &str) -> Arc<Plan> {
    Arc::new(Plan {
        pipeline: pipeline.to_owned(),
        stages: Vec::new(),
        nodes: Vec::new(),
        accounts: BTreeMap::new(),
        triggers: Vec::new(),
        inputs: BTreeMap::new(),
        notify: Vec::new(),
        blocks: BTreeMap::from([("process/in-place".to_owned(), "ab12".to_owned())]),
        ..Plan::default()
    })
}

pub(crate) fn release(number: u64, state: ReleaseState) -> ReleaseRow {
    ReleaseRow {
        number: ReleaseNumber(number),
        digest: format!("digest-{number}"),
        order: SourceOrder { epoch: 0, position: number },
        revisions: vec![Revision {
            source: "app".to_owned(),
            commit: format!("{number:040}"),
            reference: "main".to_owned(),
            title: "Größere Änderung \u{1f680} 'quoted' \"twice\"".to_owned(),
            author: "Ada".to_owned(),
            committed_at: NOW,
        }],
        inputs: BTreeMap::from([("colour".to_owned(), "green".to_owned())]),
        trust: Trust::Branch,
        trigger: "push".to_owned(),
        involved: vec![PersonId("local:ada".to_owned())],
        key: format!("push {number}"),
        created_at: NOW,
        created_by: Actor::Trigger { source: "app".to_owned() },
        state,
        reason: String::new(),
        ended_at: None,
        superseded_by: None,
        quarantine: None,
        overrides: Vec::new(),
    }
}

/// A release and the plan that comes with its first row.
pub(crate) fn admitted(number: u64, state: ReleaseState) -> Vec<Row> {
    vec![Row::Release(Box::new(release(number, state))), Row::Plan(ReleaseNumber(number), plan("shop"))]
}

pub(crate) fn attempt(pipeline: &str, release: u64, node: u32, state: AttemptState) -> AttemptRow {
    AttemptRow {
        id: format!("{pipeline}.{release}.{node}.1").parse().unwrap(),
        release: ReleaseNumber(release),
        node: NodeIx(node),
        number: 1,
        kind: AttemptKind::Forward,
        class: Class::Target,
        target: Some(TargetName::from("local/a")),
        fence: Some(TargetFence(7)),
        runs_on: RunsOn { pool: "default".to_owned(), labels: BTreeMap::from([("os".to_owned(), "linux".to_owned())]) },
        state,
        urgent: false,
        queued_at: NOW,
        runner: (state != AttemptState::Queued).then(|| "runner-1".parse().unwrap()),
        token: None,
        leased_at: None,
        lease_until: None,
        credentials_until: None,
        stop: None,
        ended_at: (state == AttemptState::Ended).then_some(NOW),
        outcome: (state == AttemptState::Ended).then_some(Outcome::Succeeded),
        steps: Vec::new(),
        outputs: BTreeMap::from([("url".to_owned(), "https://example.test/\u{0}".to_owned())]),
        summary: "# Summary\n\u{0}".to_owned(),
        artifacts: vec![Artifact { name: "app".to_owned(), digest: artifact(), size_bytes: 12, is_folder: false, mode: 0o755 }],
        log_bytes: 0,
        log_digest: String::new(),
    }
}

pub(crate) fn artifact() -> ArtifactDigest {
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".parse().unwrap()
}

pub(crate) fn attempt_id(text: &str) -> AttemptId {
    text.parse().unwrap()
}

pub(crate) fn node(release: u64, node: u32) -> NodeRow {
    NodeRow {
        release: ReleaseNumber(release),
        node: NodeIx(node),
        state: NodeState::Running,
        since: NOW,
        attempts: 1,
        retries_used: vec![0],
        not_before: None,
        outputs: BTreeMap::new(),
        reason: String::new(),
        bake: None,
    }
}

pub(crate) fn monitor(url: &str) -> Monitor {
    Monitor { kind: MonitorKind::Command { run: format!("curl {url}") }, interval_ms: 10_000, timeout_ms: 1_000 }
}

pub(crate) fn watch(id: &str, since: Time) -> WatchRow {
    WatchRow {
        wanted_at: None,
        id: MonitorId::from(id),
        monitor: monitor(id),
        since,
        watchers: vec!["prod/wave-1/local/a/bake".to_owned()],
        last: Some(Reading::Ok { value: Some(0.25), detail: "fine".to_owned() }),
        last_at: Some(NOW),
        bad_since: None,
        dark_since: None,
        fired: false,
        recent: Vec::new(),
    }
}

pub(crate) fn target(name: &str) -> TargetRow {
    TargetRow {
        name: TargetName::from(name),
        fence: 7,
        holder: None,
        live: Some(ReleaseNumber(1)),
        live_since: Some(NOW),
        partly: None,
        good: vec![Good { release: ReleaseNumber(1), order: SourceOrder { epoch: 0, position: 1 }, at: NOW }],
        bad: Vec::new(),
        unknown: None,
        rollouts: 1,
        barriers: std::collections::BTreeMap::new(),
        glass: None,
        flag: None,
    }
}

pub(crate) fn rollout(number: u64, target: &str, release: u64, state: RolloutState) -> RolloutRow {
    RolloutRow {
        number,
        target: TargetName::from(target),
        release: ReleaseNumber(release),
        wave: WaveIx { stage: StageIx(1), wave: 0 },
        direction: Direction::Forward,
        state,
        started_at: NOW,
        deployed_at: None,
        ended_at: None,
        reason: String::new(),
    }
}

pub(crate) fn lane(key: &str, inside: &[u64]) -> LaneRow {
    LaneRow { key: LaneKey::from(key), inside: inside.iter().copied().map(ReleaseNumber).collect(), newest_entered: None, rollback: None }
}

pub(crate) fn hold(id: &str) -> HoldRow {
    HoldRow { id: HoldId::from(id), scope: HoldScope::Pipeline, by: person("ada"), since: NOW, reason: "audit".to_owned(), lifted: None }
}

pub(crate) fn gate(release: u64, node: u32) -> GateRow {
    GateRow {
        release: ReleaseNumber(release),
        node: NodeIx(node),
        state: GateState::Open,
        since: NOW,
        reason: "approved".to_owned(),
        opens_at: None,
        closes_at: None,
        asked_at: Some(NOW),
        expires_at: None,
        approvals: vec![ApprovalGiven { by: person("grace"), at: NOW, reason: "looks good".to_owned(), digest: "digest-1".to_owned() }],
        rejected: None,
        answered_at: None,
        overridden: false,
    }
}

pub(crate) fn wave(release: u64) -> WaveRow {
    WaveRow {
        release: ReleaseNumber(release),
        wave: WaveIx { stage: StageIx(1), wave: 0 },
        state: WaveState::Waiting,
        arrived_at: NOW,
        entered_at: None,
        ended_at: None,
        waits_for: vec![WaitReason {
            kind: "window".to_owned(),
            detail: "window opens Monday".to_owned(),
            since: NOW,
            until: Some(NOW + 1000),
            subject: None,
        }],
        failure: None,
    }
}

pub(crate) fn event(kind: EventKind, release: Option<u64>, actor: Actor) -> Event {
    Event {
        at: NOW,
        kind,
        actor,
        reason: "because".to_owned(),
        release: release.map(ReleaseNumber),
        place: Some("prod".to_owned()),
        target: Some(TargetName::from("local/a")),
        node: None,
        attempt: None,
        data: BTreeMap::from([("value".to_owned(), serde_json::json!({"a": [1, 2.5, null]}))]),
    }
}

pub(crate) fn created(release: u64) -> Event {
    event(EventKind::ReleaseCreated, Some(release), Actor::Trigger { source: "app".to_owned() })
}

/// One row of each kind for release 1, with two events.
pub(crate) fn everything() -> Changes {
    let mut rows = admitted(1, ReleaseState::Moving);
    rows.extend([
        Row::Pipeline(PipelineRow { next_release: 2, ..pipeline("p-1", "shop") }),
        Row::Wave(wave(1)),
        Row::Node(node(1, 4)),
        Row::Attempt(Box::new(attempt("p-1", 1, 4, AttemptState::Queued))),
        Row::Gate(gate(1, 2)),
        Row::Lane(lane("prod", &[1])),
        Row::Target(target("local/a")),
        Row::Rollout(rollout(1, "local/a", 1, RolloutState::Running)),
        Row::Watch(Box::new(watch("m-1", NOW))),
        Row::Hold(hold("h-1")),
    ]);
    Changes { rows, events: vec![created(1), event(EventKind::ReleaseWaiting, Some(1), Actor::Engine)], effects: Vec::new() }
}

pub(crate) fn only(events: Vec<Event>) -> Changes {
    Changes { rows: Vec::new(), events, effects: Vec::new() }
}

pub(crate) fn rows(rows: Vec<Row>) -> Changes {
    Changes { rows, events: Vec::new(), effects: Vec::new() }
}
