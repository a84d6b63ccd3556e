//! Plans made by hand, in the shape that expansion gives them.

use std::collections::BTreeMap;

use crate::plan::{
    Account, AfterRollback, Alarm, Approval, ArtifactOut, Bake, Class, Comparison, Gate, GateCondition, Job, Lane, LanePolicy, Milestone,
    Monitor, MonitorKind, Node, NodeIx, NodeKind, Plan, Purpose, RollbackPolicy, RollbackScope, Rollout, Stage, StageIx, Step, Trigger,
    Wave, WaveIx, WhenUnclear, Window,
};
use crate::window;

pub(super) const HOUR_MS: u64 = 3_600_000;

/// A stage in few words; `waves` are (name, targets, bake).
pub(super) struct StageSample {
    pub(super) name: &'static str,
    pub(super) production: bool,
    pub(super) gates: Vec<Gate>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) waves: Vec<(&'static str, Vec<&'static str>, u64)>,
}

/// Build, beta (one wave) and prod (two waves, approval, window, alarm, bakes).
pub(super) fn orders() -> Vec<StageSample> {
    vec![
        StageSample { name: "build", production: false, gates: vec![], alarms: vec![], waves: vec![("", vec![], 0)] },
        StageSample { name: "beta", production: false, gates: vec![], alarms: vec![], waves: vec![("", vec!["beta/us-east-1"], 0)] },
        StageSample {
            name: "prod",
            production: true,
            gates: vec![window_gate(), approval_gate()],
            alarms: vec![errors_alarm()],
            waves: vec![
                ("wave-1", vec!["prod/us-west-2"], 12 * HOUR_MS),
                ("wave-2", vec!["prod/eu-west-1", "prod/ap-south-1"], 2 * HOUR_MS),
            ],
        },
    ]
}

pub(super) fn approval_gate() -> Gate {
    let approval = Approval { from: vec!["oncall".to_owned()], count: 2, no_self_approval: true, expires_ms: 168 * HOUR_MS };
    Gate { name: "approval".to_owned(), condition: GateCondition::Approval(approval) }
}

pub(super) fn window_gate() -> Gate {
    let allow = vec![window::parse_weekly("MON-THU 09:00-16:00").unwrap()];
    let deny = vec![window::parse_dates("2026-12-20..2027-01-03").unwrap()];
    let window = Window { timezone: "Europe/Athens".to_owned(), allow, deny, deny_calendars: vec![] };
    Gate { name: "window".to_owned(), condition: GateCondition::Window(window) }
}

pub(super) fn errors_alarm() -> Alarm {
    let kind = MonitorKind::Prometheus {
        server: "http://prometheus:9090".to_owned(),
        query: "rate(http_5xx[1m])".to_owned(),
        comparison: Comparison::Above,
        threshold: 5.0,
    };
    Alarm {
        name: "errors".to_owned(),
        target: None,
        monitor: Monitor { kind, interval_ms: 15_000, timeout_ms: 5_000 },
        for_ms: 180_000,
        aggregate: None,
    }
}

pub(super) fn plan(stages: Vec<StageSample>) -> Plan {
    let mut builder = Builder { nodes: Vec::new() };
    let mut done: Vec<Stage> = Vec::new();
    for (sample, ix) in stages.into_iter().zip(0..) {
        let before = done.last().map(|stage| stage.end);
        done.push(builder.stage(sample, StageIx(ix), before));
    }
    Plan {
        inputs: BTreeMap::new(),
        pipeline: "orders".to_owned(),
        stages: done,
        nodes: builder.nodes,
        accounts: BTreeMap::from([(
            "prod".to_owned(),
            Account { id: "222222222222".to_owned(), role: "tidegate-deploy".to_owned(), external_id: None },
        )]),
        triggers: vec![
            Trigger::Push { branch: "main".to_owned(), paths: vec!["services/orders/**".to_owned()] },
            Trigger::Schedule { cron: "0 6 * * MON-FRI".to_owned(), timezone: "Europe/Athens".to_owned() },
        ],
        notify: vec![],
        blocks: BTreeMap::new(),
        ..Plan::default()
    }
}

pub(super) fn job(name: &str, purpose: Purpose, class: Class, run: &str) -> Job {
    Job {
        name: name.to_owned(),
        purpose,
        class,
        steps: vec![Step {
            name: run.to_owned(),
            run: run.to_owned(),
            shell: vec!["sh".to_owned(), "-c".to_owned()],
            env: BTreeMap::new(),
            working_directory: String::new(),
            timeout_ms: None,
            files: BTreeMap::new(),
            condition: None,
        }],
        timeout_ms: HOUR_MS / 2,
        ..Job::default()
    }
}

struct Builder {
    nodes: Vec<Node>,
}

/// Where a node belongs.
#[derive(Clone, Copy)]
struct At<'a> {
    stage: StageIx,
    wave: Option<WaveIx>,
    target: Option<&'a str>,
}

impl Builder {
    fn add(&mut self, at: At<'_>, key: String, needs: Vec<NodeIx>, kind: NodeKind) -> NodeIx {
        let ix = NodeIx(u32::try_from(self.nodes.len()).unwrap());
        self.nodes.push(Node { key, stage: at.stage, wave: at.wave, target: at.target.map(str::to_owned), needs, kind });
        ix
    }

    fn stage(&mut self, sample: StageSample, ix: StageIx, before: Option<NodeIx>) -> Stage {
        let name = sample.name;
        let at = At { stage: ix, wave: None, target: None };
        let gates: Vec<NodeIx> = sample
            .gates
            .into_iter()
            .map(|gate| self.add(at, format!("{name}/gates/{}", gate.name), vec![], NodeKind::Gate(Box::new(gate))))
            .collect();
        let start = self.add(at, format!("{name}/start"), before.into_iter().collect(), NodeKind::Milestone(Milestone::StageStart));
        let mut waves: Vec<Wave> = Vec::new();
        for ((wave, targets, bake_ms), position) in sample.waves.into_iter().zip(0..) {
            let after = waves.last().map_or(start, |wave| wave.end);
            waves.push(self.wave(name, wave, &targets, bake_ms, &sample.alarms, &gates, (WaveIx { stage: ix, wave: position }, after)));
        }
        let last = waves.last().map_or(start, |wave| wave.end);
        let end = self.add(at, format!("{name}/end"), vec![last], NodeKind::Milestone(Milestone::StageEnd));
        let rollback = RollbackPolicy {
            scope: RollbackScope::Wave,
            on_alarm: true,
            on_failure: true,
            after: AfterRollback::Next,
            within_ms: HOUR_MS / 3,
            max_parallel: 0,
        };
        Stage {
            name: name.to_owned(),
            production: sample.production,
            start,
            end,
            waves,
            rollback,
            notify: vec![],
            on_failure: vec![],
            finally: vec![],
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a sample wave is written once, above")]
    fn wave(
        &mut self,
        stage: &str,
        name: &str,
        targets: &[&str],
        bake_ms: u64,
        alarms: &[Alarm],
        gates: &[NodeIx],
        (ix, after): (WaveIx, NodeIx),
    ) -> Wave {
        let key = if name.is_empty() { stage.to_owned() } else { format!("{stage}/{name}") };
        let at = At { stage: ix.stage, wave: Some(ix), target: None };
        let start = self.add(at, format!("{key}/wave-start"), vec![after], NodeKind::Milestone(Milestone::WaveStart));
        let mut ends = Vec::new();
        if targets.is_empty() {
            let mut package = job("package", Purpose::Job, Class::BuildTest, "make package");
            package.artifacts_out = vec![ArtifactOut { name: "orders".to_owned(), path: "target/orders".to_owned() }];
            let package = self.add(at, format!("{key}/package"), vec![start], NodeKind::Job(Box::new(package)));
            let lint = job("lint", Purpose::Job, Class::BuildTest, "make lint");
            ends.push(self.add(at, format!("{key}/lint"), vec![package], NodeKind::Job(Box::new(lint))));
        }
        let rollouts: Vec<Rollout> =
            targets.iter().map(|target| self.rollout(&format!("{key}/{target}"), target, bake_ms, alarms, (ix, start))).collect();
        ends.extend(rollouts.iter().map(|rollout| rollout.end));
        let end = self.add(at, format!("{key}/wave-end"), ends, NodeKind::Milestone(Milestone::WaveEnd));
        Wave {
            name: name.to_owned(),
            lane: Lane { key, policy: LanePolicy::Supersede },
            start,
            end,
            gates: gates.to_vec(),
            rollouts,
            max_parallel: 0,
            at_least: None,
            alarms: alarms.to_vec(),
            on_failure: vec![],
            finally: vec![],
        }
    }

    fn rollout(&mut self, key: &str, target: &str, bake_ms: u64, alarms: &[Alarm], (wave, after): (WaveIx, NodeIx)) -> Rollout {
        let at = At { stage: wave.stage, wave: Some(wave), target: Some(target) };
        let run = |name: &str, purpose: Purpose| NodeKind::Job(Box::new(job(name, purpose, Class::Target, &format!("./{name}.sh"))));
        let start = self.add(at, format!("{key}/start"), vec![after], NodeKind::Milestone(Milestone::TargetStart));
        let deployed = self.add(at, format!("{key}/deploy"), vec![start], run("deploy", Purpose::Deploy { percent: 100 }));
        let verify = self.add(at, format!("{key}/verify"), vec![deployed], run("verify", Purpose::Verify));
        let mut nodes = vec![deployed, verify];
        if bake_ms > 0 {
            let bake = Bake {
                duration_ms: bake_ms,
                min_data_points: 0,
                patience_ms: 0,
                tolerance_ms: 60_000,
                alarms: alarms.to_vec(),
                on_error: WhenUnclear::Stop,
                on_inconclusive: WhenUnclear::Stop,
            };
            nodes.push(self.add(at, format!("{key}/bake"), vec![verify], NodeKind::Bake(Box::new(bake))));
        }
        let last = *nodes.last().unwrap();
        let end = self.add(at, format!("{key}/end"), vec![last], NodeKind::Milestone(Milestone::TargetEnd));
        let rollback = self.add(at, format!("{key}/rollback"), vec![], run("rollback", Purpose::Rollback));
        let inspect = self.add(at, format!("{key}/inspect"), vec![], run("inspect", Purpose::Inspect));
        Rollout { target: target.to_owned(), start, end, nodes, deployed, rollback, inspect, on_failure: vec![], finally: vec![] }
    }
}
