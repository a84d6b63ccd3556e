//! Plans for tests, in the shape in which the language crate makes them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pipelines::plan::{
    AfterRollback, Alarm, Approval, Bake, Check, Class, DependsOn, Gate, GateCondition, Job, Lane, LanePolicy, Metric, Milestone, Monitor,
    MonitorKind, Node, NodeIx, NodeKind, Notify, NotifyTo, Plan, Purpose, RetryRule, RollbackPolicy, RollbackScope, Rollout, RunsOn, Stage,
    StageIx, Wave, WaveIx, WhenUnclear, Window,
};

pub(super) const SECOND: u64 = 1_000;
pub(super) const MINUTE: u64 = 60 * SECOND;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// A stage to be built.
#[derive(Clone)]
pub(super) struct StageSpec {
    pub(super) name: &'static str,
    pub(super) jobs: Vec<Job>,
    /// The second job needs the first, and so on.
    pub(super) jobs_in_order: bool,
    pub(super) gates: Vec<Gate>,
    pub(super) waves: Vec<WaveSpec>,
    pub(super) lane: LanePolicy,
    pub(super) lane_per_stage: bool,
    pub(super) rollback: RollbackPolicy,
    pub(super) on_failure: Vec<&'static str>,
    pub(super) finally: Vec<&'static str>,
    pub(super) notify: Vec<&'static str>,
}

#[derive(Clone)]
pub(super) struct WaveSpec {
    pub(super) name: &'static str,
    pub(super) targets: Vec<&'static str>,
    pub(super) gates: Vec<Gate>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) bake: Option<Bake>,
    /// Percent of each increment; the last is 100. Between increments a bake of the same kind.
    pub(super) increments: Vec<u8>,
    pub(super) max_parallel: u32,
    pub(super) at_least: Option<u32>,
    pub(super) retry: Vec<RetryRule>,
    pub(super) verify: bool,
    pub(super) on_failure: Vec<&'static str>,
    pub(super) finally: Vec<&'static str>,
}

pub(super) fn stage(name: &'static str) -> StageSpec {
    StageSpec {
        name,
        jobs: Vec::new(),
        jobs_in_order: false,
        gates: Vec::new(),
        waves: Vec::new(),
        lane: LanePolicy::Supersede,
        lane_per_stage: false,
        rollback: RollbackPolicy {
            scope: RollbackScope::Wave,
            on_alarm: true,
            on_failure: true,
            after: AfterRollback::Next,
            within_ms: 20 * MINUTE,
            max_parallel: 0,
        },
        on_failure: Vec::new(),
        finally: Vec::new(),
        notify: Vec::new(),
    }
}

/// A wave with targets; no name: the one wave of its stage.
pub(super) fn wave(name: &'static str, targets: &[&'static str]) -> WaveSpec {
    WaveSpec {
        name,
        targets: targets.to_vec(),
        gates: Vec::new(),
        alarms: Vec::new(),
        bake: None,
        increments: vec![100],
        max_parallel: 0,
        at_least: None,
        retry: Vec::new(),
        verify: false,
        on_failure: Vec::new(),
        finally: Vec::new(),
    }
}

impl StageSpec {
    pub(super) fn job(mut self, name: &str) -> Self {
        self.jobs.push(job(name, Purpose::Job, Class::BuildTest));
        self
    }

    pub(super) fn with_job(mut self, job: Job) -> Self {
        self.jobs.push(job);
        self
    }

    pub(super) fn in_order(mut self) -> Self {
        self.jobs_in_order = true;
        self
    }

    pub(super) fn gate(mut self, gate: Gate) -> Self {
        self.gates.push(gate);
        self
    }

    pub(super) fn wave(mut self, wave: WaveSpec) -> Self {
        self.waves.push(wave);
        self
    }

    pub(super) fn targets(self, targets: &[&'static str]) -> Self {
        self.wave(wave("", targets))
    }

    pub(super) fn lane(mut self, policy: LanePolicy) -> Self {
        self.lane = policy;
        self
    }

    pub(super) fn one_lane(mut self) -> Self {
        self.lane_per_stage = true;
        self
    }

    pub(super) fn rollback(mut self, edit: impl FnOnce(&mut RollbackPolicy)) -> Self {
        edit(&mut self.rollback);
        self
    }

    pub(super) fn notify(mut self, on: &'static str) -> Self {
        self.notify.push(on);
        self
    }
}

impl WaveSpec {
    pub(super) fn bake(mut self, bake: Bake) -> Self {
        self.bake = Some(bake);
        self
    }

    pub(super) fn alarm(mut self, alarm: Alarm) -> Self {
        self.alarms.push(alarm);
        self
    }

    pub(super) fn edit(mut self, edit: impl FnOnce(&mut Self)) -> Self {
        edit(&mut self);
        self
    }
}

/// An alarm that is read every 30 s and fires at the first bad reading.
pub(super) fn alarm(name: &str) -> Alarm {
    let kind = MonitorKind::Command { run: name.to_owned() };
    Alarm {
        name: name.to_owned(),
        monitor: Monitor { kind, interval_ms: 30 * SECOND, timeout_ms: 10 * SECOND },
        for_ms: 0,
        target: None,
        aggregate: None,
    }
}

/// A bake that watches one alarm, tolerates gaps of two minutes and waits five for missing data.
pub(super) fn bake(duration_ms: u64, alarms: &[&str]) -> Bake {
    Bake {
        duration_ms,
        min_data_points: 0,
        patience_ms: 5 * MINUTE,
        tolerance_ms: 2 * MINUTE,
        alarms: alarms.iter().map(|name| alarm(name)).collect(),
        on_error: WhenUnclear::Stop,
        on_inconclusive: WhenUnclear::Stop,
    }
}

pub(super) fn approval(from: &[&str], count: u32) -> Gate {
    let from = from.iter().map(|&name| name.to_owned()).collect();
    let condition = GateCondition::Approval(Approval { from, count, no_self_approval: true, expires_ms: 7 * DAY });
    Gate { name: "approval".to_owned(), condition }
}

pub(super) fn alarms_gate(name: &str) -> Gate {
    Gate { name: "alarms".to_owned(), condition: GateCondition::Alarms(vec![alarm(name)]) }
}

pub(super) fn window(window: Window) -> Gate {
    Gate { name: "window".to_owned(), condition: GateCondition::Window(window) }
}

pub(super) fn check(expires_ms: Option<u64>) -> Gate {
    Gate {
        name: "check".to_owned(),
        condition: GateCondition::Check(Check { description: "is the change ticket open?".to_owned(), expires_ms }),
    }
}

pub(super) fn metric(name: &str, bound: f64) -> Gate {
    let condition = GateCondition::Metric(Metric { monitor: alarm(name).monitor, comparison: pipelines::plan::Comparison::AtMost, bound });
    Gate { name: "metric".to_owned(), condition }
}

pub(super) fn depends_on(pipeline: &str, stage: Option<&str>) -> Gate {
    let condition = GateCondition::DependsOn(DependsOn { pipeline: pipeline.to_owned(), stage: stage.map(str::to_owned) });
    Gate { name: "depends_on".to_owned(), condition }
}

pub(super) fn job(name: &str, purpose: Purpose, class: Class) -> Job {
    Job {
        name: name.to_owned(),
        purpose,
        class,
        steps: Vec::new(),
        finally: Vec::new(),
        env: BTreeMap::new(),
        condition: None,
        runs_on: RunsOn { pool: "default".to_owned(), labels: BTreeMap::new() },
        container: None,
        timeout_ms: 30 * MINUTE,
        grace_ms: 10 * SECOND,
        retry: Vec::new(),
        artifacts_in: Vec::new(),
        artifacts_out: Vec::new(),
        secrets: Vec::new(),
        vars: Vec::new(),
        checkout: false,
        ..Job::default()
    }
}

/// `build` with one job, then the stages given.
pub(super) fn after_build(stages: Vec<StageSpec>) -> Arc<Plan> {
    let mut all = vec![stage("build").job("package")];
    all.extend(stages);
    plan(all)
}

pub(super) fn plan(stages: Vec<StageSpec>) -> Arc<Plan> {
    Arc::new(Builder::default().build(stages))
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    stage: u32,
    wave: Option<u32>,
}

impl Builder {
    fn build(mut self, specs: Vec<StageSpec>) -> Plan {
        let mut stages = Vec::new();
        let mut front: Vec<NodeIx> = Vec::new();
        for (at, spec) in (0..).zip(specs) {
            self.stage = at;
            let stage = self.stage(&spec, &front);
            front = vec![stage.end];
            stages.push(stage);
        }
        Plan {
            pipeline: "orders".to_owned(),
            stages,
            nodes: self.nodes,
            accounts: BTreeMap::new(),
            triggers: Vec::new(),
            notify: Vec::new(),
            blocks: BTreeMap::new(),
            inputs: BTreeMap::new(),
            ..Plan::default()
        }
    }

    fn stage(&mut self, spec: &StageSpec, front: &[NodeIx]) -> Stage {
        self.wave = None;
        let start = self.add(format!("{}/start", spec.name), None, front, NodeKind::Milestone(Milestone::StageStart));
        let gates: Vec<NodeIx> = spec.gates.iter().map(|gate| self.gate(spec.name, gate)).collect();
        let mut waves = Vec::new();
        let mut front = vec![start];
        let specs = if spec.waves.is_empty() { vec![wave("", &[])] } else { spec.waves.clone() };
        for (at, wave_spec) in (0..).zip(&specs) {
            self.wave = Some(at);
            let wave = self.wave(spec, wave_spec, &gates, &front);
            front = vec![wave.end];
            waves.push(wave);
        }
        self.wave = None;
        let end = self.add(format!("{}/end", spec.name), None, &front, NodeKind::Milestone(Milestone::StageEnd));
        let on_failure = self.hooks(spec.name, None, &spec.on_failure, Purpose::OnFailure);
        let finally = self.hooks(spec.name, None, &spec.finally, Purpose::Finally);
        let notify = spec
            .notify
            .iter()
            .map(|on| Notify { to: NotifyTo::Slack("#orders".to_owned()), on: BTreeSet::from([(*on).to_owned()]) })
            .collect();
        Stage {
            name: spec.name.to_owned(),
            production: false,
            start,
            end,
            waves,
            rollback: spec.rollback.clone(),
            notify,
            on_failure,
            finally,
        }
    }

    fn wave(&mut self, stage: &StageSpec, spec: &WaveSpec, stage_gates: &[NodeIx], front: &[NodeIx]) -> Wave {
        let key = if spec.name.is_empty() { stage.name.to_owned() } else { format!("{}/{}", stage.name, spec.name) };
        let own: Vec<NodeIx> = spec.gates.iter().map(|gate| self.gate(&key, gate)).collect();
        let start = self.add(format!("{key}/enter"), None, front, NodeKind::Milestone(Milestone::WaveStart));
        let mut ends = Vec::new();
        let mut before = vec![start];
        for job in &stage.jobs {
            let ix = self.add(format!("{key}/{}", job.name), None, &before, NodeKind::Job(Box::new(job.clone())));
            if stage.jobs_in_order {
                before = vec![ix];
                ends = vec![ix];
            } else {
                ends.push(ix);
            }
        }
        let front = if ends.is_empty() { vec![start] } else { ends.clone() };
        let rollouts: Vec<Rollout> = spec.targets.iter().map(|target| self.rollout(&key, target, spec, &front)).collect();
        if !rollouts.is_empty() {
            ends = rollouts.iter().map(|r| r.end).collect();
        }
        let needs = if ends.is_empty() { vec![start] } else { ends };
        let end = self.add(format!("{key}/complete"), None, &needs, NodeKind::Milestone(Milestone::WaveEnd));
        let lane_key = if stage.lane_per_stage { stage.name.to_owned() } else { key.clone() };
        Wave {
            name: spec.name.to_owned(),
            lane: Lane { key: lane_key, policy: stage.lane },
            start,
            end,
            gates: stage_gates.iter().copied().chain(own).collect(),
            rollouts,
            max_parallel: spec.max_parallel,
            at_least: spec.at_least,
            alarms: spec.alarms.clone(),
            on_failure: self.hooks(&key, None, &spec.on_failure, Purpose::OnFailure),
            finally: self.hooks(&key, None, &spec.finally, Purpose::Finally),
        }
    }

    fn rollout(&mut self, wave: &str, target: &str, spec: &WaveSpec, front: &[NodeIx]) -> Rollout {
        let key = |name: &str| format!("{wave}/{target}/{name}");
        let on = Some(target);
        let start = self.add(key("start"), on, front, NodeKind::Milestone(Milestone::TargetStart));
        let (mut nodes, mut last, mut deployed) = (Vec::new(), start, start);
        for percent in &spec.increments {
            let name = if *percent == 100 { "deploy".to_owned() } else { format!("shift-{percent}") };
            let mut deploy = job(&name, Purpose::Deploy { percent: *percent }, Class::Target);
            deploy.retry.clone_from(&spec.retry);
            deployed = self.add(key(&name), on, &[last], NodeKind::Job(Box::new(deploy)));
            nodes.push(deployed);
            last = deployed;
            if *percent == 100 && spec.verify {
                last = self.add(key("verify"), on, &[last], NodeKind::Job(Box::new(job("verify", Purpose::Verify, Class::BuildTest))));
                nodes.push(last);
            }
            if let Some(bake) = &spec.bake {
                let name = if *percent == 100 { "bake".to_owned() } else { format!("bake-{percent}") };
                last = self.add(key(&name), on, &[last], NodeKind::Bake(Box::new(bake.clone())));
                nodes.push(last);
            }
        }
        let end = self.add(key("end"), on, &[last], NodeKind::Milestone(Milestone::TargetEnd));
        let rollback = self.add(key("rollback"), on, &[], NodeKind::Job(Box::new(job("rollback", Purpose::Rollback, Class::Target))));
        let inspect = self.add(key("inspect"), on, &[], NodeKind::Job(Box::new(job("inspect", Purpose::Inspect, Class::Target))));
        Rollout { target: target.to_owned(), start, end, nodes, deployed, rollback, inspect, on_failure: Vec::new(), finally: Vec::new() }
    }

    fn gate(&mut self, place: &str, gate: &Gate) -> NodeIx {
        self.add(format!("{place}/gate/{}", gate.name), None, &[], NodeKind::Gate(Box::new(gate.clone())))
    }

    fn hooks(&mut self, place: &str, target: Option<&str>, names: &[&'static str], purpose: Purpose) -> Vec<NodeIx> {
        names
            .iter()
            .map(|name| self.add(format!("{place}/{name}"), target, &[], NodeKind::Job(Box::new(job(name, purpose, Class::BuildTest)))))
            .collect()
    }

    fn add(&mut self, key: String, target: Option<&str>, needs: &[NodeIx], kind: NodeKind) -> NodeIx {
        let ix = NodeIx(u32::try_from(self.nodes.len()).expect("a small plan"));
        let stage = StageIx(self.stage);
        let wave = self.wave.map(|wave| WaveIx { stage, wave });
        self.nodes.push(Node { key, stage, wave, target: target.map(str::to_owned), needs: needs.to_vec(), kind });
        ix
    }
}
