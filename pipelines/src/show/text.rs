use std::collections::{BTreeMap, BTreeSet};

use super::describe;
use crate::plan::{Milestone, NodeIx, NodeKind, Plan, Rollout, Stage, StageIx, Wave, WaveIx};

/// The whole path for a newcomer: stages, waves, targets, gates, jobs, bakes, alarms, lanes and rollback, as an indented tree.
#[must_use]
pub fn text(plan: &Plan) -> String {
    let mut tree = Tree { plan, out: String::new() };
    tree.line(0, &format!("pipeline {}", plan.pipeline));
    for trigger in &plan.triggers {
        tree.line(1, &format!("starts on {}", describe::trigger(trigger)));
    }
    for (name, account) in &plan.accounts {
        tree.line(1, &format!("account {name}: {}, role {}", account.id, account.role));
    }
    if !plan.blocks.is_empty() {
        tree.line(1, &format!("made of {}", plan.blocks.keys().map(String::as_str).collect::<Vec<_>>().join(", ")));
    }
    for (name, source) in &plan.sources {
        tree.line(1, &format!("takes {name}: {}", describe::source(source)));
    }
    for notify in &plan.notify {
        tree.line(1, &describe::notify(notify));
    }
    for barrier in &plan.barriers {
        tree.line(1, &format!("barrier {barrier}: no rollback goes behind it"));
    }
    for barrier in &plan.needs_barriers {
        tree.line(1, &format!("needs barrier {barrier} at every target that it enters"));
    }
    for (ix, stage) in plan.stages_on_path() {
        tree.stage(stage, ix);
    }
    tree.out
}

struct Tree<'p> {
    plan: &'p Plan,
    out: String,
}

impl Tree<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        self.out.push_str(&"  ".repeat(depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn stage(&mut self, stage: &Stage, ix: StageIx) {
        let production = if stage.production { " (production)" } else { "" };
        let by = self.plan.added.iter().find(|addition| addition.stages.contains_key(&ix)).and_then(|addition| self.plan.node(addition.by));
        let added = by.map_or_else(String::new, |by| format!(", added by {}", by.key));
        self.out.push('\n');
        self.line(0, &format!("stage {}{production}{added}", stage.name));
        let shared: Vec<NodeIx> = stage.waves.first().map_or_else(Vec::new, |wave| {
            wave.gates.iter().copied().filter(|gate| self.plan.node(*gate).is_some_and(|node| node.wave.is_none())).collect()
        });
        self.gates(1, &shared);
        if stage.waves.iter().any(|wave| !wave.rollouts.is_empty()) {
            self.line(1, &describe::rollback(&stage.rollback));
        }
        for (name, aspect) in self.plan.aspects.iter().filter(|(_, aspect)| aspect.stages.contains(&stage.name)) {
            self.line(1, &format!("the server adds {name}.*: {}", aspect.description));
        }
        if let Some(derivation) = self.plan.derived.get(&stage.name) {
            if !derivation.rule.is_empty() {
                self.line(1, &format!("targets: {}", derivation.rule));
            }
            for (target, condition) in &derivation.left_out {
                self.line(1, &format!("left out: {target}, because {condition} is false"));
            }
        }
        self.jobs_of(1, |node| node.stage == ix && node.wave.is_none(), &[&stage.on_failure, &stage.finally]);
        for notify in &stage.notify {
            self.line(1, &describe::notify(notify));
        }
        for (wave, position) in stage.waves.iter().zip(0..) {
            self.wave(wave, WaveIx { stage: ix, wave: position }, &shared);
        }
        self.outside(1, "if the stage fails", &stage.on_failure);
        self.outside(1, "however the stage ends", &stage.finally);
    }

    fn wave(&mut self, wave: &Wave, ix: WaveIx, shared: &[NodeIx]) {
        let depth = if wave.name.is_empty() {
            1
        } else {
            self.line(1, &format!("wave {}", wave.name));
            2
        };
        self.line(depth, &describe::lane(&wave.lane));
        let own: Vec<NodeIx> = wave.gates.iter().copied().filter(|gate| !shared.contains(gate)).collect();
        self.gates(depth, &own);
        self.alarms(depth, wave);
        self.jobs_of(depth, |node| node.wave == Some(ix) && node.target.is_none(), &[&wave.on_failure, &wave.finally]);
        self.pace(depth, wave);
        let derivation = self.plan.stage(ix.stage).and_then(|stage| self.plan.derived.get(&stage.name));
        for rollout in &wave.rollouts {
            if let Some(reason) = derivation.and_then(|derivation| derivation.reasons.get(&rollout.target)) {
                self.line(depth, &format!("{} is here: {reason}", rollout.target));
            }
        }
        self.rollouts(depth, &wave.rollouts);
        self.outside(depth, "if the wave fails", &wave.on_failure);
        self.outside(depth, "however the wave ends", &wave.finally);
    }

    /// An alarm that each target has of its own is shown once where it is the same for all of them.
    fn alarms(&mut self, depth: usize, wave: &Wave) {
        let targets: BTreeSet<&str> = wave.rollouts.iter().map(|rollout| rollout.target.as_str()).collect();
        let mut own: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for alarm in &wave.alarms {
            if let Some((name, target)) = describe::own_target(&alarm.name, &targets) {
                own.entry(name).or_default().insert(describe::of_any_target(&describe::alarm(alarm), target));
            }
        }
        for alarm in &wave.alarms {
            let line = describe::alarm(alarm);
            match describe::own_target(&alarm.name, &targets) {
                None => self.line(depth, &line),
                Some((_, target)) if targets.len() == 1 => self.line(depth, &line.replacen(&format!(" ({target})"), "", 1)),
                Some((name, _)) => match own.get_mut(name) {
                    // The first of them stands for all; the others find the set empty.
                    Some(same) if same.len() <= 1 => {
                        if let Some(line) = same.pop_first() {
                            self.line(depth, &line.replacen(" (<target>)", "", 1));
                        }
                    }
                    _ => self.line(depth, &line),
                },
            }
        }
    }

    fn pace(&mut self, depth: usize, wave: &Wave) {
        let targets = wave.rollouts.len();
        if targets > 1 && wave.max_parallel > 0 {
            self.line(depth, &format!("{}, {} at once", describe::count(targets, "target"), wave.max_parallel));
        } else if targets > 1 {
            self.line(depth, &format!("{}, all at once", describe::count(targets, "target")));
        }
        if let Some(at_least) = wave.at_least {
            self.line(depth, &format!("complete when {} of {targets} are", at_least));
        }
    }

    /// Targets that go through the same steps are shown together.
    fn rollouts(&mut self, depth: usize, rollouts: &[Rollout]) {
        let mut groups: Vec<(Vec<&Rollout>, Vec<String>)> = Vec::new();
        for rollout in rollouts {
            let lines = self.rollout_lines(rollout);
            match groups.iter_mut().find(|(_, other)| *other == lines) {
                Some((same, _)) => same.push(rollout),
                None => groups.push((vec![rollout], lines)),
            }
        }
        for (same, lines) in groups {
            let targets: Vec<&str> = same.iter().map(|rollout| rollout.target.as_str()).collect();
            let contents: BTreeSet<String> = same.iter().map(|rollout| self.rollout_content(rollout)).collect();
            let differ = if contents.len() > 1 { " (with different settings)" } else { "" };
            self.line(depth, &format!("target {}{differ}", targets.join(", ")));
            for line in lines {
                self.line(depth + 1, &line);
            }
        }
    }

    fn rollout_lines(&self, rollout: &Rollout) -> Vec<String> {
        let mut lines: Vec<String> = rollout.nodes.iter().filter_map(|node| self.describe(*node)).collect();
        for (when, nodes) in [("if it fails", &rollout.on_failure), ("however it ends", &rollout.finally)] {
            lines.extend(nodes.iter().filter_map(|node| self.describe(*node)).map(|line| format!("{when}: {line}")));
        }
        // What the target's own name changes in a text is not a difference in kind.
        for line in &mut lines {
            *line = describe::of_any_target(line, &rollout.target).replace(" (<target>)", "");
        }
        lines
    }

    /// What the jobs of a rollout are made of, without the target's own name, region and account.
    fn rollout_content(&self, rollout: &Rollout) -> String {
        let jobs =
            rollout.nodes.iter().chain(&rollout.on_failure).chain(&rollout.finally).filter_map(|ix| match &self.plan.node(*ix)?.kind {
                NodeKind::Job(job) => Some(serde_json::json!([job.steps, job.env, job.runs_on]).to_string()),
                NodeKind::Gate(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => None,
            });
        describe::of_any_target(&jobs.collect::<Vec<_>>().join("\n"), &rollout.target)
    }

    fn gates(&mut self, depth: usize, gates: &[NodeIx]) {
        for gate in gates {
            if let Some(line) = self.describe(*gate) {
                self.line(depth, &line);
            }
        }
    }

    /// Jobs and bakes of the DAG that `belongs` picks, in the order of the plan, with what they wait for.
    fn jobs_of(&mut self, depth: usize, belongs: impl Fn(&crate::plan::Node) -> bool, outside: &[&Vec<NodeIx>]) {
        let plan = self.plan;
        for (node, ix) in plan.nodes.iter().zip(0..) {
            if !belongs(node) || outside.iter().any(|nodes| nodes.contains(&NodeIx(ix))) || matches!(node.kind, NodeKind::Gate(_)) {
                continue;
            }
            let Some(line) = self.describe(NodeIx(ix)) else { continue };
            let needs: Vec<&str> = node.needs.iter().filter_map(|need| job_name(plan, *need)).collect();
            let after = if needs.is_empty() { String::new() } else { format!(", after {}", needs.join(", ")) };
            self.line(depth, &format!("{line}{after}{}", self.added_by(NodeIx(ix))));
        }
    }

    fn added_by(&self, ix: NodeIx) -> String {
        let Some(addition) = self.plan.added.iter().rev().find(|a| a.jobs.contains_key(&ix) || a.withdrawn.contains(&ix)) else {
            return String::new();
        };
        let by = self.plan.node(addition.by).map_or("", |by| by.key.as_str());
        let how = match (addition.withdrawn.contains(&ix), addition.replaced.contains(&ix)) {
            (true, _) => "withdrawn",
            (false, true) => "replaced",
            (false, false) => "added",
        };
        format!(", {how} by {by}")
    }

    fn outside(&mut self, depth: usize, when: &str, nodes: &[NodeIx]) {
        for node in nodes {
            if let Some(line) = self.describe(*node) {
                self.line(depth, &format!("{when}: {line}"));
            }
        }
    }

    fn describe(&self, ix: NodeIx) -> Option<String> {
        match &self.plan.node(ix)?.kind {
            NodeKind::Job(job) => Some(describe::job(job)),
            NodeKind::Gate(gate) => Some(describe::gate(gate)),
            NodeKind::Bake(bake) => Some(describe::bake(bake)),
            NodeKind::Milestone(
                Milestone::StageStart
                | Milestone::StageEnd
                | Milestone::WaveStart
                | Milestone::WaveEnd
                | Milestone::TargetStart
                | Milestone::TargetEnd,
            ) => None,
        }
    }
}

fn job_name(plan: &Plan, ix: NodeIx) -> Option<&str> {
    match &plan.node(ix)?.kind {
        NodeKind::Job(job) => Some(&job.name),
        NodeKind::Gate(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => None,
    }
}
