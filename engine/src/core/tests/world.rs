//! Runners, people, monitors and time around one pipeline.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipelines::plan::{Monitor, Plan, WaveIx};
use protocol::{AttemptId, Fences, LeaseToken, Outcome, Report};

use super::plan::{SECOND, alarm};
use crate::core::id::{HoldId, LaneKey, MonitorId, PersonId, PipelineId, ReleaseNumber, SourceOrder, TargetName};
use crate::core::input::{Admission, HoldScope, Place, Reading, Revision};
use crate::core::row::{
    AdditionRow, AttemptRow, AttemptState, GateRow, HoldRow, LaneRow, NodeRow, NodeState, PipelineRow, ReleaseRow, ReleaseState,
    RolloutRow, Row, TargetRow, WatchRow, WaveRow, WaveState,
};
use crate::core::{Actor, Changes, Effect, Event, EventKind, Input, Loaded, Pipeline, Rejected, Settings, Time, Trust, monitor_id};

/// How long a lease lasts in tests.
pub(super) const LEASE_MS: u64 = 60 * SECOND;

/// Monday 2026-11-02, 10:00 UTC.
pub(super) const START: Time = Time(1_793_613_600_000);

pub(super) struct World {
    pub(super) pipeline: Pipeline,
    pub(super) now: Time,
    pub(super) events: Vec<Event>,
    pub(super) effects: Vec<Effect>,
    store: Store,
    tokens: u64,
    commits: u64,
    keys: u64,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(super) fn with(settings: Settings) -> Self {
        let pipeline = Pipeline::new(PipelineId("p-1".to_owned()), "orders".to_owned(), settings);
        let store = Store::new(pipeline.row().clone());
        Self { pipeline, now: START, events: Vec::new(), effects: Vec::new(), store, tokens: 0, commits: 0, keys: 0 }
    }

    /// An input by somebody; afterwards a restart must know the same.
    pub(super) fn give(&mut self, actor: &Actor, input: Input) -> Result<Changes, Rejected> {
        let changes = self.pipeline.handle(self.now, actor, input)?;
        self.store.save(&changes);
        self.events.extend(changes.events.iter().cloned());
        self.effects.extend(changes.effects.iter().cloned());
        self.restart_changes_nothing();
        Ok(changes)
    }

    fn restart_changes_nothing(&self) {
        let loaded = Pipeline::load(self.store.loaded(), *self.pipeline.settings()).expect("saved rows load");
        assert_eq!(snapshot(&loaded), snapshot(&self.pipeline), "a restart knows something else than the pipeline in memory");
    }

    /// Goes on with what the store has, as after a restart.
    pub(super) fn restart(&mut self) {
        self.pipeline = Pipeline::load(self.store.loaded(), *self.pipeline.settings()).expect("saved rows load");
    }

    pub(super) fn loaded(&self) -> Loaded {
        self.store.loaded()
    }

    // Releases

    /// The next commit on the main line.
    pub(super) fn push(&mut self, plan: &Arc<Plan>) -> ReleaseNumber {
        self.commits += 1;
        self.push_at(plan, self.commits)
    }

    /// A commit at a given place of the main line (P4).
    pub(super) fn push_at(&mut self, plan: &Arc<Plan>, position: u64) -> ReleaseNumber {
        self.keys += 1;
        let admission = admission(plan, position, &format!("key-{}", self.keys));
        self.give(&Actor::Trigger { source: "main".to_owned() }, Input::Admit(Box::new(admission))).expect("the release is admitted");
        ReleaseNumber(self.pipeline.row().next_release - 1)
    }

    /// A commit that goes all the way, monitors being well.
    pub(super) fn ship(&mut self, plan: &Arc<Plan>) -> ReleaseNumber {
        let number = self.push(plan);
        self.run();
        assert_eq!(self.state(number), ReleaseState::Completed, "{}", self.story());
        number
    }

    // Runners

    /// Runs everything that is queued to success, reads all monitors as OK and lets time pass, until
    /// nothing is left to do.
    pub(super) fn run(&mut self) {
        for _ in 0..2_000 {
            if self.succeed_all() {
                continue;
            }
            let Some(next) = self.pipeline.next_deadline() else {
                if self.read_all_ok() {
                    continue;
                }
                return;
            };
            if self.is_quiet() {
                return;
            }
            let step = Time(next.0.min((self.now + 30 * SECOND).0));
            self.now = step.max(self.now);
            self.read_all_ok();
            self.tick();
        }
        panic!("it never comes to rest:\n{}", self.story());
    }

    /// Whether only far deadlines are left, such as the end of an approval.
    fn is_quiet(&self) -> bool {
        let busy =
            |row: &NodeRow| matches!(row.state, NodeState::Baking | NodeState::Queued | NodeState::Running) || row.not_before.is_some();
        let unread = self.pipeline.watches().any(|w| w.last_at.is_none());
        !unread && !self.pipeline.releases().any(|r| self.pipeline.nodes(r.row.number).any(busy))
    }

    /// Leases and finishes everything that is queued; false when nothing was.
    pub(super) fn succeed_all(&mut self) -> bool {
        let queued: Vec<String> = self.queued();
        for key in &queued {
            // What ended one attempt may have taken another back.
            if self.find_attempt(key, AttemptState::Queued).is_some() {
                self.succeed(key);
            }
        }
        !queued.is_empty()
    }

    /// Keys of jobs that wait for a runner, with their release: `#1 build/package`; in alphabetical order.
    pub(super) fn queued(&self) -> Vec<String> {
        let attempts = self.pipeline.queued().map(|q| self.pipeline.attempt(&q.attempt).expect("a queued attempt"));
        let mut keys: Vec<String> = attempts.map(|a| self.key_of(a)).collect();
        keys.sort();
        keys
    }

    fn key_of(&self, attempt: &AttemptRow) -> String {
        let plan = self.pipeline.plan(attempt.release).expect("its plan");
        format!("{} {}", attempt.release, plan.node(attempt.node).expect("its node").key)
    }

    fn find_attempt(&self, key: &str, state: AttemptState) -> Option<AttemptRow> {
        self.pipeline.attempts().find(|a| a.state == state && self.key_of(a) == key).cloned()
    }

    /// A runner takes a job: `#1 build/package`. Answers the proof of its lease.
    pub(super) fn lease(&mut self, key: &str) -> Fences {
        let attempt = self
            .find_attempt(key, AttemptState::Queued)
            .unwrap_or_else(|| panic!("{key} is not queued; queued: {:?}\n{}", self.queued(), self.story()));
        self.lease_attempt(&attempt.id).unwrap_or_else(|e| panic!("{key} cannot be leased: {e}"))
    }

    pub(super) fn lease_attempt(&mut self, id: &AttemptId) -> Result<Fences, Rejected> {
        self.tokens += 1;
        let token: LeaseToken = format!("token-{}", self.tokens).parse().expect("a token");
        let runner = "runner-1".parse().expect("a runner id");
        self.give(&runner_actor(), Input::Lease { attempt: id.clone(), runner, token: token.clone(), lease_ms: LEASE_MS })?;
        let fence = self.pipeline.attempt(id).expect("the attempt").fence;
        Ok(Fences { generation: self.pipeline.settings().generation, attempt: id.clone(), lease_token: token, fence })
    }

    pub(super) fn report(&mut self, fences: &Fences, outcome: Outcome) -> Result<Changes, Rejected> {
        self.report_with(fences, outcome, &[])
    }

    pub(super) fn report_with(&mut self, fences: &Fences, outcome: Outcome, outputs: &[(&str, &str)]) -> Result<Changes, Rejected> {
        let report = Report {
            fences: fences.clone(),
            outcome,
            outputs: outputs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            summary: String::new(),
            artifacts: Vec::new(),
            steps: Vec::new(),
            log_bytes: 0,
            log_digest: String::new(),
            log: None,
            log_times: Vec::new(),
        };
        self.give(&runner_actor(), Input::Report(Box::new(report)))
    }

    pub(super) fn heartbeat(&mut self, fences: &Fences) -> Result<Changes, Rejected> {
        self.give(&runner_actor(), Input::Heartbeat { fences: fences.clone(), lease_ms: LEASE_MS, steps: Vec::new() })
    }

    pub(super) fn succeed(&mut self, key: &str) {
        let fences = self.lease(key);
        self.report(&fences, Outcome::Succeeded).expect("the report is taken");
    }

    pub(super) fn fail(&mut self, key: &str) {
        let fences = self.lease(key);
        self.report(&fences, failed(1)).expect("the report is taken");
    }

    // Time and monitors

    pub(super) fn pass(&mut self, ms: u64) {
        self.now = self.now + ms;
        self.tick();
    }

    pub(super) fn tick(&mut self) {
        self.give(&Actor::Engine, Input::Tick).expect("a tick is never refused");
    }

    /// Time passes in steps of 30 s, and all monitors are read as OK meanwhile.
    pub(super) fn pass_well(&mut self, ms: u64) {
        let until = self.now + ms;
        while self.now < until {
            self.now = Time((self.now + 30 * SECOND).0.min(until.0));
            self.read_all_ok();
            self.tick();
        }
    }

    pub(super) fn read(&mut self, monitor: &Monitor, reading: Reading) {
        self.give(&Actor::Engine, Input::Observe { monitor: monitor_id(monitor), reading }).expect("a reading is never refused");
    }

    /// One reading of the alarm of that name.
    pub(super) fn is_ok(&mut self, name: &str) {
        self.read(&alarm(name).monitor, Reading::Ok { value: Some(0.0), detail: "0".to_owned() });
    }

    pub(super) fn is_bad(&mut self, name: &str) {
        self.read(&alarm(name).monitor, Reading::Bad { value: Some(9.0), detail: "9 errors".to_owned() });
    }

    pub(super) fn is_unreadable(&mut self, name: &str) {
        self.read(&alarm(name).monitor, Reading::Unreadable { detail: "no answer".to_owned() });
    }

    /// Reads what has not been read at this moment; false when nothing was left.
    pub(super) fn read_all_ok(&mut self) -> bool {
        let due: Vec<Monitor> = self.pipeline.watches().filter(|w| w.last_at != Some(self.now)).map(|w| w.monitor.clone()).collect();
        for monitor in &due {
            self.read(monitor, Reading::Ok { value: Some(0.0), detail: "0".to_owned() });
        }
        !due.is_empty()
    }

    // People

    pub(super) fn approve(&mut self, who: &Actor, number: ReleaseNumber) -> Result<Changes, Rejected> {
        let digest = self.pipeline.release(number).expect("the release").seen_digest();
        self.give(who, Input::Approve { release: number, gate: "approval".to_owned(), digest, reason: "looks good".to_owned() })
    }

    /// Approves what may be there and may ask.
    pub(super) fn approve_if_there(&mut self, who: &Actor, number: ReleaseNumber) -> Result<Changes, Rejected> {
        if self.pipeline.release(number).is_none() {
            return Err(Rejected::UnknownRelease(number));
        }
        self.approve(who, number)
    }

    pub(super) fn hold(&mut self, scope: HoldScope) -> HoldId {
        self.keys += 1;
        let id = HoldId(format!("hold-{}", self.keys));
        self.give(&person("olga"), Input::Hold { id: id.clone(), scope, reason: "incident 7".to_owned() }).expect("a hold is taken");
        id
    }

    pub(super) fn lift(&mut self, id: &HoldId) {
        self.give(&person("olga"), Input::Lift { id: id.clone(), reason: "over".to_owned() }).expect("the hold is lifted");
    }

    pub(super) fn roll_back(&mut self, place: Place, to: Option<ReleaseNumber>) -> Result<Changes, Rejected> {
        self.keys += 1;
        let key = format!("rollback-{}", self.keys);
        self.give(&person("olga"), Input::Rollback { key, place, to, reason: "customers complain".to_owned() })
    }

    // What is seen

    pub(super) fn state(&self, number: ReleaseNumber) -> ReleaseState {
        self.store.releases[&number].state
    }

    pub(super) fn wave_state(&self, number: ReleaseNumber, key: &str) -> Option<WaveState> {
        self.store.waves.get(&(number, self.wave_ix(number, key))).map(|row| row.state)
    }

    pub(super) fn wave_ix(&self, number: ReleaseNumber, key: &str) -> WaveIx {
        let plan = &self.store.plans[&number];
        let name = |s: &str, w: &str| if w.is_empty() { s.to_owned() } else { format!("{s}/{w}") };
        plan.waves().find(|(_, s, w)| name(&s.name, &w.name) == key).unwrap_or_else(|| panic!("no wave {key}")).0
    }

    pub(super) fn node_state(&self, number: ReleaseNumber, key: &str) -> Option<NodeState> {
        self.node_row(number, key).map(|row| row.state)
    }

    pub(super) fn node_row(&self, number: ReleaseNumber, key: &str) -> Option<&NodeRow> {
        self.pipeline.nodes(number).find(|row| self.pipeline.plan(number).expect("the plan").node(row.node).is_some_and(|n| n.key == key))
    }

    pub(super) fn gate_row(&self, number: ReleaseNumber, name: &str) -> Option<&GateRow> {
        let plan = self.pipeline.plan(number).expect("the plan");
        self.pipeline.gates(number).find(|row| plan.node(row.node).is_some_and(|n| n.key.ends_with(&format!("gate/{name}"))))
    }

    /// What a release waits for at a wave, as `kind: detail`.
    pub(super) fn waits_for(&self, number: ReleaseNumber, key: &str) -> Vec<String> {
        let row = self.pipeline.wave(number, self.wave_ix(number, key));
        row.map(|row| row.waits_for.iter().map(|r| format!("{}: {}", r.kind, r.detail)).collect()).unwrap_or_default()
    }

    /// The release that a target runs.
    pub(super) fn runs(&self, target: &str) -> Option<ReleaseNumber> {
        self.pipeline.target(&target.into()).and_then(|row| row.live)
    }

    pub(super) fn target(&self, target: &str) -> &TargetRow {
        self.pipeline.target(&target.into()).unwrap_or_else(|| panic!("no target {target}"))
    }

    pub(super) fn lane(&self, key: &str) -> &LaneRow {
        self.pipeline.lane(&key.into()).unwrap_or_else(|| panic!("no lane {key}"))
    }

    /// Who is inside a lane.
    pub(super) fn inside(&self, key: &str) -> Vec<ReleaseNumber> {
        self.pipeline.lane(&key.into()).map(|row| row.inside.clone()).unwrap_or_default()
    }

    pub(super) fn attempt(&self, id: &AttemptId) -> &AttemptRow {
        self.pipeline.attempt(id).expect("the attempt")
    }

    pub(super) fn holds(&self) -> Vec<String> {
        self.pipeline.holds().map(|h| h.reason.clone()).collect()
    }

    /// Events of a kind, in order.
    pub(super) fn events_of(&self, kind: EventKind) -> Vec<&Event> {
        self.events.iter().filter(|e| e.kind == kind).collect()
    }

    pub(super) fn count(&self, kind: EventKind) -> usize {
        self.events_of(kind).len()
    }

    /// Everything that happened, for a failing test.
    pub(super) fn story(&self) -> String {
        let line = |e: &Event| {
            let about = [e.release.map(|r| r.to_string()), e.place.clone(), e.node.clone(), e.target.clone().map(|t| t.0)];
            let about: Vec<String> = about.into_iter().flatten().collect();
            format!("{:>9} {:?} {}: {}", e.at.since_ms(START) / 1000, e.kind, about.join(" "), e.reason)
        };
        self.events.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

pub(super) fn admission(plan: &Arc<Plan>, position: u64, key: &str) -> Admission {
    let commit = format!("{position:040}");
    Admission {
        revisions: vec![Revision {
            source: "main".to_owned(),
            commit: commit.clone(),
            reference: "main".to_owned(),
            title: format!("change {position}"),
            author: "a".to_owned(),
            committed_at: START,
        }],
        order: SourceOrder { epoch: 0, position },
        plan: Arc::clone(plan),
        digest: format!("digest-{position}"),
        inputs: BTreeMap::new(),
        trust: Trust::Branch,
        trigger: "push".to_owned(),
        involved: vec![PersonId("u-ada".to_owned())],
        key: key.to_owned(),
    }
}

pub(super) fn failed(exit_code: i32) -> Outcome {
    Outcome::Failed { exit_code, step: "run".to_owned() }
}

/// A person in the group `oncall`; `ada` authored every commit.
pub(super) fn person(name: &str) -> Actor {
    Actor::Person { id: PersonId(format!("u-{name}")), name: name.to_owned(), groups: vec!["oncall".to_owned()] }
}

pub(super) fn runner_actor() -> Actor {
    Actor::Runner { id: "runner-1".to_owned() }
}

/// Everything by which two pipelines could behave differently.
fn snapshot(p: &Pipeline) -> String {
    let rows: Vec<String> = p
        .releases()
        .map(|r| {
            format!(
                "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
                r.row,
                r.plan.added.is_empty().then_some(()).ok_or(&r.plan),
                r.plan.added.is_empty().then_some(()).ok_or(&r.shape),
                r.waves,
                r.nodes,
                r.gates,
                r.unmet,
                nonzero(&r.open),
                nonzero(&r.started)
            )
        })
        .collect();
    let mut index = format!("{:#?}", p.index);
    // Counters that came down to nothing are the same as none.
    index.retain(|c| c != ' ');
    format!(
        "{:?}\n{}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{index}",
        p.row(),
        rows.join("\n"),
        p.attempts,
        p.lanes,
        p.targets,
        p.rollouts,
        p.watches,
        p.holds().collect::<Vec<_>>()
    )
}

fn nonzero(counters: &BTreeMap<WaveIx, u32>) -> Vec<(WaveIx, u32)> {
    counters.iter().filter(|(_, n)| **n > 0).map(|(w, n)| (*w, *n)).collect()
}

/// Rows by their keys, as a database has them.
struct Store {
    pipeline: PipelineRow,
    releases: BTreeMap<ReleaseNumber, ReleaseRow>,
    plans: BTreeMap<ReleaseNumber, Arc<Plan>>,
    additions: Vec<AdditionRow>,
    waves: BTreeMap<(ReleaseNumber, WaveIx), WaveRow>,
    nodes: BTreeMap<(ReleaseNumber, u32), NodeRow>,
    attempts: BTreeMap<AttemptId, AttemptRow>,
    gates: BTreeMap<(ReleaseNumber, u32), GateRow>,
    lanes: BTreeMap<LaneKey, LaneRow>,
    targets: BTreeMap<TargetName, TargetRow>,
    rollouts: BTreeMap<(TargetName, u64), RolloutRow>,
    watches: BTreeMap<MonitorId, WatchRow>,
    holds: BTreeMap<HoldId, HoldRow>,
}

impl Store {
    fn new(pipeline: PipelineRow) -> Self {
        Self {
            pipeline,
            releases: BTreeMap::new(),
            plans: BTreeMap::new(),
            additions: Vec::new(),
            waves: BTreeMap::new(),
            nodes: BTreeMap::new(),
            attempts: BTreeMap::new(),
            gates: BTreeMap::new(),
            lanes: BTreeMap::new(),
            targets: BTreeMap::new(),
            rollouts: BTreeMap::new(),
            watches: BTreeMap::new(),
            holds: BTreeMap::new(),
        }
    }

    fn save(&mut self, changes: &Changes) {
        for row in changes.rows.iter().cloned() {
            match row {
                Row::Pipeline(row) => self.pipeline = row,
                Row::Release(row) => drop(self.releases.insert(row.number, *row)),
                Row::Plan(number, plan) => drop(self.plans.insert(number, plan)),
                Row::Addition(row) => self.additions.push(*row),
                Row::Wave(row) => drop(self.waves.insert((row.release, row.wave), row)),
                Row::Node(row) => drop(self.nodes.insert((row.release, row.node.0), row)),
                Row::Attempt(row) => drop(self.attempts.insert(row.id.clone(), *row)),
                Row::Gate(row) => drop(self.gates.insert((row.release, row.node.0), row)),
                Row::Lane(row) => drop(self.lanes.insert(row.key.clone(), row)),
                Row::Target(row) => drop(self.targets.insert(row.name.clone(), row)),
                Row::Rollout(row) => drop(self.rollouts.insert((row.target.clone(), row.number), row)),
                Row::Watch(row) => drop(self.watches.insert(row.id.clone(), *row)),
                Row::WatchEnded(id) => drop(self.watches.remove(&id)),
                Row::Hold(row) => drop(self.holds.insert(row.id.clone(), row)),
            }
        }
    }

    /// All releases: more than the pipeline needs does no harm.
    fn loaded(&self) -> Loaded {
        Loaded {
            pipeline: self.pipeline.clone(),
            releases: self.releases.values().map(|row| (row.clone(), Arc::clone(&self.plans[&row.number]))).collect(),
            additions: self.additions.clone(),
            waves: self.waves.values().cloned().collect(),
            nodes: self.nodes.values().cloned().collect(),
            attempts: self.attempts.values().cloned().collect(),
            gates: self.gates.values().cloned().collect(),
            lanes: self.lanes.values().cloned().collect(),
            targets: self.targets.values().cloned().collect(),
            rollouts: self.rollouts.values().cloned().collect(),
            watches: self.watches.values().cloned().collect(),
            holds: self.holds.values().cloned().collect(),
        }
    }
}
