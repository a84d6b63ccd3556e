use std::collections::{BTreeMap, BTreeSet};

use super::alarms::{self, Alarms};
use super::guards;
use super::nodes::{Home, Nodes};
use super::rollout;
use crate::model;
use crate::plan::{Account, Class, Gate, GateCondition, Job, Lane, Milestone, NodeIx, Stage, StageIx, Wave, WaveIx};

pub(super) fn expand_all(pipeline: &model::Pipeline, inputs: &BTreeMap<String, String>, nodes: &mut Nodes) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::with_capacity(pipeline.stages.len());
    for (stage, ix) in pipeline.stages.iter().zip(0..) {
        let after = stages.last().map(|before| before.end);
        stages.push(
            Expansion { stage, ix: StageIx(ix), inputs, regional: &pipeline.regional, accounts: &pipeline.accounts, nodes }.run(after),
        );
    }
    stages
}

/// How many nodes the plan will have, known before the first is made.
pub(super) fn count(pipeline: &model::Pipeline) -> usize {
    let stage = |stage: &model::Stage| {
        let waves = stage.waves.iter().map(|wave| {
            let of_target = |deploy| wave.targets.iter().map(move |target| rollout::count(stage, wave, deploy, target)).sum::<usize>();
            2 + wave.gates.len() + wave.hooks.count() + stage.deploy.as_ref().map_or(0, of_target)
        });
        2 + stage.gates.len() + stage.jobs.len() + stage.hooks.count() + waves.sum::<usize>()
    };
    pipeline.stages.iter().map(stage).sum()
}

struct Expansion<'e> {
    stage: &'e model::Stage,
    ix: StageIx,
    inputs: &'e BTreeMap<String, String>,
    regional: &'e model::Regional,
    accounts: &'e BTreeMap<String, Account>,
    nodes: &'e mut Nodes,
}

impl Expansion<'_> {
    fn run(mut self, after: Option<NodeIx>) -> Stage {
        let home = Home { stage: self.ix, wave: None, target: None };
        let name = &self.stage.name;
        let start = self.nodes.milestone(format!("{name}/start"), home, &Vec::from_iter(after), Milestone::StageStart);
        let gates = self.gates(name, home, &self.stage.gates);
        let mut waves: Vec<Wave> = Vec::with_capacity(self.stage.waves.len());
        for (wave, at) in self.stage.waves.iter().zip(0..) {
            let before = waves.last().map_or(start, |wave| wave.end);
            waves.push(self.wave(wave, at, before, &gates));
        }
        let last = waves.last().map_or(start, |wave| wave.end);
        let end = self.nodes.milestone(format!("{name}/end"), home, &[last], Milestone::StageEnd);
        let on_failure = self.detached(name, home, &self.stage.hooks.on_failure);
        let finally = self.detached(name, home, &self.stage.hooks.finally);
        Stage {
            name: name.clone(),
            production: self.stage.production,
            start,
            end,
            waves,
            rollback: self.stage.rollback.clone(),
            notify: self.stage.notify.clone(),
            on_failure,
            finally,
        }
    }

    fn wave(&mut self, wave: &model::Wave, at: u32, before: NodeIx, stage_gates: &[NodeIx]) -> Wave {
        let wave_ix = WaveIx { stage: self.ix, wave: at };
        let home = Home { stage: self.ix, wave: Some(wave_ix), target: None };
        let stage = self.stage;
        let is_first = at == 0;
        let is_last = at as usize + 1 == stage.waves.len();
        // The one wave of a stage without waves has no name of its own, and its targets stand below the stage.
        let prefix = if wave.name.is_empty() { stage.name.clone() } else { format!("{}/{}", stage.name, wave.name) };
        let milestones = if wave.name.is_empty() { format!("{}/wave", stage.name) } else { prefix.clone() };
        let start = self.nodes.milestone(format!("{milestones}/start"), home, &[before], Milestone::WaveStart);
        let mut gates = stage_gates.to_vec();
        gates.extend(self.gates(&prefix, home, &wave.gates));

        let mut front = vec![start];
        if is_first {
            front = self.hooks(&stage.name, home, front, &stage.hooks.before);
            front = self.jobs(home, front);
        }
        front = self.hooks(&prefix, home, front, &wave.hooks.before);
        let alarms = alarms::insert(stage, wave, self.inputs, self.accounts);
        let rollouts: Vec<_> = match &stage.deploy {
            Some(deploy) => {
                let place = rollout::Place { stage, wave, deploy, regional: self.regional, prefix: &prefix, home, front: &front };
                wave.targets.iter().map(|target| rollout::expand(&place, target, &alarms, self.nodes)).collect()
            }
            None => Vec::new(),
        };
        if !rollouts.is_empty() {
            front = rollouts.iter().map(|rollout| rollout.end).collect();
        }
        front = self.hooks(&prefix, home, front, &wave.hooks.after);
        if is_last {
            front = self.hooks(&stage.name, home, front, &stage.hooks.after);
        }
        let end = self.nodes.milestone(format!("{milestones}/end"), home, &front, Milestone::WaveEnd);
        let on_failure = self.detached(&prefix, home, &wave.hooks.on_failure);
        let finally = self.detached(&prefix, home, &wave.hooks.finally);
        let Alarms { all: mut alarms, .. } = alarms;
        alarms.extend(guards::of_wave(stage, wave, self.accounts));
        Wave {
            name: wave.name.clone(),
            lane: Lane { key: if stage.lane_per_stage { stage.name.clone() } else { prefix }, policy: stage.lane },
            start,
            end,
            gates,
            rollouts,
            max_parallel: wave.max_parallel,
            at_least: wave.at_least,
            alarms,
            on_failure,
            finally,
        }
    }

    fn gates(&mut self, prefix: &str, home: Home<'_>, gates: &[Gate]) -> Vec<NodeIx> {
        let mut made = Vec::with_capacity(gates.len());
        for gate in gates {
            let mut gate = gate.clone();
            match &mut gate.condition {
                GateCondition::Alarms(list) => {
                    for alarm in list {
                        alarms::insert_for_gate(&mut alarm.monitor, &self.stage.name, self.inputs, self.accounts);
                    }
                }
                GateCondition::Metric(metric) => alarms::insert_for_gate(&mut metric.monitor, &self.stage.name, self.inputs, self.accounts),
                GateCondition::DependsOn(_) | GateCondition::Window(_) | GateCondition::Check(_) | GateCondition::Approval(_) => {}
            }
            made.push(self.nodes.gate(format!("{prefix}/gates/{}", gate.name), home, gate));
        }
        made
    }

    /// The stage's own jobs; answers what must end before anything later starts.
    fn jobs(&mut self, home: Home<'_>, front: Vec<NodeIx>) -> Vec<NodeIx> {
        let mut made: Vec<NodeIx> = Vec::with_capacity(self.stage.jobs.len());
        let mut needed: BTreeSet<NodeIx> = BTreeSet::new();
        for job in &self.stage.jobs {
            let needs: Vec<NodeIx> = job.needs.iter().filter_map(|need| made.get(*need).copied()).collect();
            needed.extend(&needs);
            let needs = if needs.is_empty() { &front } else { &needs };
            let ix = self.nodes.job(format!("{}/{}", self.stage.name, job.job.name), home, needs, job.job.clone());
            made.push(ix);
        }
        let ends: Vec<NodeIx> = made.into_iter().filter(|made| !needed.contains(made)).collect();
        if ends.is_empty() { front } else { ends }
    }

    fn hooks(&mut self, prefix: &str, home: Home<'_>, mut front: Vec<NodeIx>, hooks: &[Job]) -> Vec<NodeIx> {
        for job in hooks {
            front = vec![self.nodes.job(format!("{prefix}/{}", job.name), home, &front, job.clone())];
        }
        front
    }

    fn detached(&mut self, prefix: &str, home: Home<'_>, hooks: &[Job]) -> Vec<NodeIx> {
        hooks.iter().map(|job| self.nodes.job(format!("{prefix}/{}", job.name), home, &[], job.clone())).collect()
    }
}

/// A job at a target: it never goes out again by itself (A2), it has the target's account (A8), and of what was
/// built once per region it starts with that of its own (P2).
pub(super) fn at_target(mut job: Job, target: &model::Target, regional: &model::Regional) -> Job {
    job.class = Class::Target;
    job.account.clone_from(&target.account);
    for artifact in &mut job.artifacts_in {
        if let Some(own) = regional.get(&artifact.name).and_then(|regions| regions.get(target.region())) {
            artifact.name.clone_from(own);
        }
    }
    job
}
