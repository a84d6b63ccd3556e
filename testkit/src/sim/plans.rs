//! Random pipelines, in the shape in which the language crate makes plans.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pipelines::plan::{
    AfterRollback, Aggregate, Alarm, Approval, Bake, Check, Class, Comparison, DependsOn, Gate, GateCondition, Job, Lane, LanePolicy,
    Metric, Milestone, Monitor, MonitorKind, Node, NodeIx, NodeKind, Notify, NotifyTo, Plan, Purpose, RetryOn, RetryRule, RollbackPolicy,
    RollbackScope, Rollout, RunsOn, Stage, StageIx, Wave, WaveIx, WhenUnclear, Window, WindowRule,
};

use super::random::Random;

pub(crate) const SECOND: u64 = 1_000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;

/// Everything that may differ between two pipelines, drawn once for each.
#[derive(Debug, Clone)]
struct Style {
    bake: Option<Bake>,
    alarms: Vec<Alarm>,
    increments: Vec<u8>,
    retry: Vec<RetryRule>,
    verify: Option<Class>,
    hooks: bool,
    max_parallel: u32,
    at_least: bool,
    rollback: RollbackPolicy,
}

/// The other pipeline, which a gate may wait for.
pub(crate) const UPSTREAM: &str = "base";

/// Words that a file may name in `notify.on`.
const TOLD_OF: [&str; 8] = ["started", "completed", "failed", "rolled_back", "superseded", "waiting_approval", "held", "unclear"];

/// What a history's commits say: mostly one pipeline, sometimes a second one, sometimes a change in two phases.
pub(crate) fn of_history(random: &mut Random) -> Vec<Arc<Plan>> {
    let first = self::random(random);
    match random.below(100) {
        0..12 => vec![first, self::random(random)],
        12..24 => {
            let phase = |brings: bool, needs: bool| {
                let name = || BTreeSet::from(["prices-in-cents".to_owned()]);
                let mut plan = Plan::clone(&first);
                plan.barriers = if brings { name() } else { BTreeSet::new() };
                plan.needs_barriers = if needs { name() } else { BTreeSet::new() };
                Arc::new(plan)
            };
            vec![Arc::clone(&first), phase(true, false), phase(true, true)]
        }
        _ => vec![first],
    }
}

/// A pipeline: build, beta, perhaps gamma, and production in one to three waves.
pub(crate) fn random(random: &mut Random) -> Arc<Plan> {
    let watches_regions = random.chance(10);
    let mut builder = Builder { random, nodes: Vec::new(), stage: 0, wave: None, target: 0, watches_regions };
    Arc::new(builder.plan())
}

struct Builder<'r> {
    random: &'r mut Random,
    nodes: Vec<Node>,
    stage: u32,
    wave: Option<u32>,
    target: usize,
    /// The team's aggregate alarm of each region stands beside the others (X12).
    watches_regions: bool,
}

impl Builder<'_> {
    fn plan(&mut self) -> Plan {
        let mut stages = vec![self.build()];
        if self.random.chance(60) {
            stages.push(self.deploying("beta", 1, stages.last().map(|s| s.end)));
        }
        if self.random.chance(10) {
            stages.push(self.deploying("gamma", 1, stages.last().map(|s| s.end)));
        }
        let waves = 1 + self.random.below(3);
        stages.push(self.deploying("prod", waves, stages.last().map(|s| s.end)));
        Plan {
            pipeline: "orders".to_owned(),
            stages,
            nodes: std::mem::take(&mut self.nodes),
            notify: self.notify(),
            accounts: BTreeMap::new(),
            triggers: Vec::new(),
            blocks: BTreeMap::new(),
            inputs: BTreeMap::new(),
            ..Plan::default()
        }
    }

    fn build(&mut self) -> Stage {
        let jobs = 1 + self.random.below(2);
        let policy = if self.random.chance(50) { LanePolicy::Parallel } else { LanePolicy::Queue };
        let start = self.add("build/start", None, &[], NodeKind::Milestone(Milestone::StageStart));
        self.wave = Some(0);
        let door = self.add("build/enter", None, &[start], NodeKind::Milestone(Milestone::WaveStart));
        let retry = self.retry();
        let mut ends = Vec::new();
        for at in 0..jobs {
            let mut work = job(&format!("job-{at}"), Purpose::Job, Class::BuildTest);
            work.retry.clone_from(&retry);
            work.condition = self.condition();
            let needs = if self.random.chance(50) { ends.last().copied().unwrap_or(door) } else { door };
            ends.push(self.add(&format!("build/job-{at}"), None, &[needs], NodeKind::Job(Box::new(work))));
        }
        let end = self.add("build/complete", None, &ends, NodeKind::Milestone(Milestone::WaveEnd));
        self.wave = None;
        let last = self.add("build/end", None, &[end], NodeKind::Milestone(Milestone::StageEnd));
        let lane = Lane { key: "build".to_owned(), policy };
        let wave = Wave {
            name: String::new(),
            lane,
            start: door,
            end,
            gates: Vec::new(),
            rollouts: Vec::new(),
            max_parallel: 0,
            at_least: None,
            alarms: Vec::new(),
            on_failure: Vec::new(),
            finally: Vec::new(),
        };
        let rollback = self.rollback();
        self.stage += 1;
        Stage {
            name: "build".to_owned(),
            production: false,
            start,
            end: last,
            waves: vec![wave],
            rollback,
            notify: Vec::new(),
            on_failure: Vec::new(),
            finally: Vec::new(),
        }
    }

    fn deploying(&mut self, name: &str, waves: usize, before: Option<NodeIx>) -> Stage {
        let style = self.style();
        let policy = if self.random.chance(75) { LanePolicy::Supersede } else { LanePolicy::Queue };
        let per_stage = self.random.chance(20);
        let needs: Vec<NodeIx> = before.into_iter().collect();
        let start = self.add(&format!("{name}/start"), None, &needs, NodeKind::Milestone(Milestone::StageStart));
        let gates = self.gates(name);
        let (mut front, mut made) = (start, Vec::new());
        for at in 0..waves {
            self.wave = Some(u32::try_from(at).unwrap_or(0));
            let wave_name = if waves > 1 { format!("wave-{}", at + 1) } else { String::new() };
            let wave = self.deploy_wave(name, &wave_name, &style, &gates, front, if per_stage { None } else { Some(policy) }, policy);
            front = wave.end;
            made.push(wave);
        }
        self.wave = None;
        let end = self.add(&format!("{name}/end"), None, &[front], NodeKind::Milestone(Milestone::StageEnd));
        let on_failure = self.hook(&format!("{name}/on-failure"), None, Purpose::OnFailure, style.hooks);
        let finally = self.hook(&format!("{name}/finally"), None, Purpose::Finally, style.hooks);
        let notify = self.notify();
        self.stage += 1;
        Stage {
            name: name.to_owned(),
            production: name == "prod",
            start,
            end,
            waves: made,
            rollback: style.rollback,
            notify,
            on_failure,
            finally,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one wave is made from all of this, at one place")]
    fn deploy_wave(
        &mut self,
        stage: &str,
        name: &str,
        style: &Style,
        gates: &[NodeIx],
        front: NodeIx,
        own_lane: Option<LanePolicy>,
        policy: LanePolicy,
    ) -> Wave {
        let key = if name.is_empty() { stage.to_owned() } else { format!("{stage}/{name}") };
        let start = self.add(&format!("{key}/enter"), None, &[front], NodeKind::Milestone(Milestone::WaveStart));
        let most = if self.random.chance(30) { 4 } else { 2 };
        let targets = 1 + self.random.below(most);
        let rollouts: Vec<Rollout> = (0..targets).map(|_| self.rollout(&key, start, style)).collect();
        let ends: Vec<NodeIx> = rollouts.iter().map(|r| r.end).collect();
        let mut alarms = style.alarms.clone();
        if self.watches_regions {
            alarms.extend(rollouts.iter().map(|r| of_region(&r.target)));
        }
        let end = self.add(&format!("{key}/complete"), None, &ends, NodeKind::Milestone(Milestone::WaveEnd));
        let lane = Lane { key: if own_lane.is_some() { key.clone() } else { stage.to_owned() }, policy };
        Wave {
            name: name.to_owned(),
            lane,
            start,
            end,
            gates: gates.to_vec(),
            rollouts,
            max_parallel: style.max_parallel,
            at_least: (style.at_least && targets > 1).then(|| u32::try_from(targets - 1).unwrap_or(1)),
            alarms,
            on_failure: self.hook(&format!("{key}/on-failure"), None, Purpose::OnFailure, style.hooks),
            finally: self.hook(&format!("{key}/finally"), None, Purpose::Finally, style.hooks),
        }
    }

    fn rollout(&mut self, wave: &str, front: NodeIx, style: &Style) -> Rollout {
        // Two accounts, two regions each, so that holds of both kinds meet some targets and not others.
        let at = self.target;
        self.target += 1;
        let target = format!("a{}/r{}/u{at}", at % 2, (at / 2) % 2);
        let on = Some(target.as_str());
        let key = |name: &str| format!("{wave}/{target}/{name}");
        let start = self.add(&key("start"), on, &[front], NodeKind::Milestone(Milestone::TargetStart));
        let (mut nodes, mut last, mut deployed) = (Vec::new(), start, start);
        for percent in &style.increments {
            let mut deploy = job(&format!("deploy-{percent}"), Purpose::Deploy { percent: *percent }, Class::Target);
            deploy.retry.clone_from(&style.retry);
            deployed = self.add(&key(&format!("deploy-{percent}")), on, &[last], NodeKind::Job(Box::new(deploy)));
            nodes.push(deployed);
            last = deployed;
            let bake = bake_at(style, &target, self.watches_regions);
            if let Some(bake) = bake.as_ref().filter(|_| *percent < 100) {
                last = self.add(&key(&format!("bake-{percent}")), on, &[last], NodeKind::Bake(Box::new(bake.clone())));
                nodes.push(last);
            }
        }
        if let Some(class) = style.verify {
            let mut verify = job("verify", Purpose::Verify, class);
            verify.condition = self.condition();
            last = self.add(&key("verify"), on, &[last], NodeKind::Job(Box::new(verify)));
            nodes.push(last);
        }
        if let Some(bake) = &bake_at(style, &target, self.watches_regions) {
            last = self.add(&key("bake"), on, &[last], NodeKind::Bake(Box::new(bake.clone())));
            nodes.push(last);
        }
        let end = self.add(&key("end"), on, &[last], NodeKind::Milestone(Milestone::TargetEnd));
        let mut back = job("rollback", Purpose::Rollback, Class::Target);
        back.retry.clone_from(&style.retry);
        let rollback = self.add(&key("rollback"), on, &[], NodeKind::Job(Box::new(back)));
        let inspect = self.add(&key("inspect"), on, &[], NodeKind::Job(Box::new(job("inspect", Purpose::Inspect, Class::Target))));
        let on_failure = self.hook(&key("on-failure"), on, Purpose::OnFailure, style.hooks);
        let finally = self.hook(&key("finally"), on, Purpose::Finally, style.hooks);
        Rollout { target, start, end, nodes, deployed, rollback, inspect, on_failure, finally }
    }

    fn hook(&mut self, key: &str, target: Option<&str>, purpose: Purpose, wanted: bool) -> Vec<NodeIx> {
        if !wanted || self.random.chance(60) {
            return Vec::new();
        }
        let class = if target.is_some() && self.random.chance(50) { Class::Target } else { Class::BuildTest };
        vec![self.add(key, target, &[], NodeKind::Job(Box::new(job("hook", purpose, class))))]
    }

    fn add(&mut self, key: &str, target: Option<&str>, needs: &[NodeIx], kind: NodeKind) -> NodeIx {
        let ix = NodeIx(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let stage = StageIx(self.stage);
        let wave = self.wave.map(|wave| WaveIx { stage, wave });
        self.nodes.push(Node { key: key.to_owned(), stage, wave, target: target.map(str::to_owned), needs: needs.to_vec(), kind });
        ix
    }

    fn style(&mut self) -> Style {
        let alarms = if self.random.chance(60) { vec![self.alarm("errors")] } else { Vec::new() };
        let bake = self.random.chance(60).then(|| self.bake());
        let increments: &[u8] = match self.random.below(100) {
            0..18 => &[10, 100],
            18..25 => &[34, 67, 100],
            _ => &[100],
        };
        Style {
            bake,
            alarms,
            increments: increments.to_vec(),
            retry: self.retry(),
            verify: self.random.chance(25).then(|| self.random.one_of(&[Class::Target, Class::BuildTest], Class::BuildTest)),
            hooks: self.random.chance(25),
            max_parallel: u32::try_from(self.random.below(3)).unwrap_or(0),
            at_least: self.random.chance(20),
            rollback: self.rollback(),
        }
    }

    fn rollback(&mut self) -> RollbackPolicy {
        RollbackPolicy {
            scope: self.random.one_of(&[RollbackScope::Target, RollbackScope::Wave, RollbackScope::Stage], RollbackScope::Wave),
            on_alarm: self.random.chance(85),
            on_failure: self.random.chance(80),
            after: if self.random.chance(70) { AfterRollback::Next } else { AfterRollback::Hold },
            within_ms: self.random.one_of(&[0, 5 * MINUTE, 20 * MINUTE], 20 * MINUTE),
            max_parallel: u32::try_from(self.random.below(2)).unwrap_or(0),
        }
    }

    fn retry(&mut self) -> Vec<RetryRule> {
        if self.random.chance(60) {
            return Vec::new();
        }
        let on = match self.random.below(4) {
            0 => RetryOn::Any,
            1 => RetryOn::ExitCodes(vec![75]),
            2 => RetryOn::Timeout,
            _ => RetryOn::RunnerLost,
        };
        vec![RetryRule { on, limit: 1 + u32::try_from(self.random.below(2)).unwrap_or(0), backoff_ms: 20 * SECOND }]
    }

    fn gates(&mut self, stage: &str) -> Vec<NodeIx> {
        let mut conditions = Vec::new();
        if self.random.chance(35) {
            let from = if self.random.chance(50) { vec!["oncall".to_owned()] } else { Vec::new() };
            let count = 1 + u32::try_from(self.random.below(2)).unwrap_or(0);
            let expires_ms = self.random.one_of(&[30 * MINUTE, 7 * 24 * HOUR], HOUR);
            conditions.push((
                "approval",
                GateCondition::Approval(Approval { from, count, no_self_approval: self.random.chance(70), expires_ms }),
            ));
        }
        if self.random.chance(20) {
            let allow = vec![WindowRule::Weekly { days: (1..=7).collect(), from_minute: 8 * 60, to_minute: 11 * 60 }];
            let window = Window { timezone: "UTC".to_owned(), allow, deny: Vec::new(), deny_calendars: Vec::new() };
            conditions.push(("window", GateCondition::Window(window)));
        }
        if self.random.chance(15) {
            conditions.push(("alarms", GateCondition::Alarms(vec![self.alarm("latency")])));
        }
        if self.random.chance(10) {
            let metric = Metric { monitor: self.alarm("load").monitor, comparison: Comparison::AtMost, bound: 1.0 };
            conditions.push(("metric", GateCondition::Metric(metric)));
        }
        if self.random.chance(12) {
            let expires_ms = self.random.chance(50).then_some(30 * MINUTE);
            conditions.push(("check", GateCondition::Check(Check { description: "is the ticket open?".to_owned(), expires_ms })));
        }
        if self.random.chance(8) {
            let stage = self.random.chance(50).then(|| "prod".to_owned());
            conditions.push(("depends-on", GateCondition::DependsOn(DependsOn { pipeline: UPSTREAM.to_owned(), stage })));
        }
        let add = |(name, condition): (&str, GateCondition)| {
            let gate = Gate { name: name.to_owned(), condition };
            self.add(&format!("{stage}/gate/{name}"), None, &[], NodeKind::Gate(Box::new(gate)))
        };
        conditions.into_iter().map(add).collect()
    }

    fn notify(&mut self) -> Vec<Notify> {
        if self.random.chance(70) {
            return Vec::new();
        }
        let on = (0..3).map(|_| self.random.one_of(&TOLD_OF, "failed").to_owned()).collect();
        vec![Notify { to: NotifyTo::Slack("#orders".to_owned()), on }]
    }

    /// Mostly none; of the others most are true.
    fn condition(&mut self) -> Option<String> {
        let text = match self.random.below(100) {
            0..4 => "release.branch == 'main'",
            4..7 => "release.trigger == 'rerun'",
            7..9 => "release.branch == 'other'",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn alarm(&mut self, name: &str) -> Alarm {
        let monitor = Monitor { kind: MonitorKind::Command { run: name.to_owned() }, interval_ms: MINUTE, timeout_ms: 10 * SECOND };
        Alarm { name: name.to_owned(), target: None, monitor, for_ms: self.random.one_of(&[0, 0, 90 * SECOND], 0), aggregate: None }
    }

    fn bake(&mut self) -> Bake {
        let unclear = [WhenUnclear::Stop, WhenUnclear::Rollback, WhenUnclear::Pass];
        let alarms = if self.random.chance(85) { vec![self.alarm("errors")] } else { Vec::new() };
        Bake {
            duration_ms: self.random.one_of(&[0, 2 * MINUTE, 5 * MINUTE], MINUTE),
            min_data_points: if alarms.is_empty() { 0 } else { u32::try_from(self.random.below(3)).unwrap_or(0) },
            patience_ms: 3 * MINUTE,
            tolerance_ms: 4 * MINUTE,
            alarms,
            on_error: self.random.one_of(&unclear, WhenUnclear::Stop),
            on_inconclusive: self.random.one_of(&unclear, WhenUnclear::Stop),
        }
    }
}

/// A bake watches what its wave watches of its target.
fn bake_at(style: &Style, target: &str, watches_regions: bool) -> Option<Bake> {
    let mut bake = style.bake.clone()?;
    bake.alarms.extend(watches_regions.then(|| of_region(target)));
    Some(bake)
}

/// The team's aggregate alarm of the region that a target is in.
fn of_region(target: &str) -> Alarm {
    let region = target.split('/').nth(1).unwrap_or_default();
    let monitor = Monitor { kind: MonitorKind::Command { run: format!("team-{region}") }, interval_ms: MINUTE, timeout_ms: 10 * SECOND };
    Alarm { name: format!("team ({target})"), target: Some(target.to_owned()), monitor, for_ms: 0, aggregate: Some(Aggregate::Region) }
}

fn job(name: &str, purpose: Purpose, class: Class) -> Job {
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
