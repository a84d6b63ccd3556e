use engine::core::id::{HoldId, PersonId, ReleaseNumber, TargetName};
use engine::core::input::{HoldScope, Place, Retry, Verdict};
use engine::core::row::{GateState, ReleaseState, TargetRow};
use engine::core::{Actor, Input, Pipeline};
use pipelines::plan::{GateCondition, NodeIx, NodeKind};

use super::World;
use crate::sim::plans::UPSTREAM;
use crate::sim::step::What;

/// `ada` is the author of everything; `sam` is in no group.
pub(super) fn all() -> Vec<Actor> {
    let person = |name: &str, group: &str| Actor::Person {
        id: PersonId(format!("u-{name}")),
        name: name.to_owned(),
        groups: vec![group.to_owned()],
    };
    vec![person("zoe", "oncall"), person("yan", "oncall"), person("ada", "oncall"), person("sam", "guests")]
}

impl World {
    /// Somebody clicks.
    pub(super) fn click(&mut self, pipeline: &Pipeline) -> Option<What> {
        if self.random.chance(self.temper.rough) { self.rough_click(pipeline) } else { self.gentle_click(pipeline) }
    }

    /// What keeps things going: approvals, answers, lifted holds, retries.
    pub(super) fn gentle_click(&mut self, pipeline: &Pipeline) -> Option<What> {
        match self.random.below(7) {
            6 => self.upstream(pipeline),
            0..3 => self.decide(pipeline),
            3 => self.lift(pipeline),
            4 => self.resolve(pipeline),
            _ => self.retry(pipeline).or_else(|| self.decide(pipeline)),
        }
    }

    fn rough_click(&mut self, pipeline: &Pipeline) -> Option<What> {
        match self.random.below(10) {
            9 => self.break_glass(pipeline),
            0 | 1 => self.hold(pipeline),
            2 => self.cancel(pipeline),
            3 | 4 => self.roll_back(pipeline),
            5 => self.quarantine(pipeline),
            6 => self.override_gate(pipeline),
            7 => self.lift_quarantine(pipeline),
            _ => self.resolve(pipeline),
        }
    }

    /// What only a person can let in: it waits for a barrier whose release will not come any more.
    pub(super) fn let_past_barrier(&mut self, pipeline: &Pipeline) -> Option<What> {
        let moving = pipeline.releases().filter(|r| r.row.state == ReleaseState::Moving);
        let waits = |number| pipeline.waves(number).flat_map(|w| &w.waits_for).any(|reason| reason.kind == "barrier");
        let release = moving.into_iter().map(|r| r.row.number).find(|number| waits(*number))?;
        self.say(Input::Override { release, gate: "barrier".to_owned(), reason: "it is in the old release, too".to_owned() })
    }

    /// Approvals and answers that are wanted now, of releases that still move.
    fn wanted(&self, pipeline: &Pipeline) -> Vec<(ReleaseNumber, NodeIx, GateState)> {
        let moving = pipeline.releases().filter(|r| r.row.state == ReleaseState::Moving);
        moving
            .flat_map(|r| pipeline.gates(r.row.number))
            .filter(|g| matches!(g.state, GateState::Closed | GateState::Rejected))
            .map(|g| (g.release, g.node, g.state))
            .collect()
    }

    pub(super) fn decide(&mut self, pipeline: &Pipeline) -> Option<What> {
        let mut wanted = self.wanted(pipeline);
        if self.calm {
            wanted.retain(|(release, node, _)| asks_somebody(pipeline, *release, *node));
        }
        let (release, node, state) = *self.random.pick(&wanted)?;
        let found = pipeline.release(release)?;
        let node = found.plan.node(node)?;
        let NodeKind::Gate(gate) = &node.kind else { return None };
        let reason = "seen".to_owned();
        let input = match &gate.condition {
            GateCondition::Check(_) => {
                let passed = self.calm || self.random.chance(75);
                let actor = Actor::Token { id: "t-1".to_owned(), name: "tickets".to_owned() };
                return Some(What::Give { actor, input: Input::Answer { release, gate: node.key.clone(), passed, detail: reason } });
            }
            GateCondition::Approval(_) if self.calm && state == GateState::Rejected => {
                Input::Override { release, gate: node.key.clone(), reason }
            }
            GateCondition::Approval(_) if !self.calm && self.random.chance(12) => Input::Reject { release, gate: node.key.clone(), reason },
            GateCondition::Approval(_) => {
                let digest = if self.calm || self.random.chance(93) { found.seen_digest() } else { "of another release".to_owned() };
                Input::Approve { release, gate: node.key.clone(), digest, reason }
            }
            GateCondition::DependsOn(_) | GateCondition::Alarms(_) | GateCondition::Window(_) | GateCondition::Metric(_) => return None,
        };
        let count = if self.calm { 2 } else { self.people.len() };
        let actor = self.people.get(self.random.below(count)).cloned()?;
        Some(What::Give { actor, input })
    }

    fn hold(&mut self, pipeline: &Pipeline) -> Option<What> {
        let targets: Vec<&TargetRow> = pipeline.targets().collect();
        let target = self.random.pick(&targets).map(|t| t.name.0.clone());
        let lanes: Vec<String> = pipeline.lanes().map(|l| l.key.0.clone()).collect();
        let scope = match self.random.below(7) {
            0 => HoldScope::Everywhere,
            1 => HoldScope::Pipeline,
            2 => HoldScope::Stage("prod".to_owned()),
            3 => HoldScope::Lane(self.random.pick(&lanes)?.clone()),
            4 => HoldScope::Target(target?),
            5 => HoldScope::Account("a0".to_owned()),
            _ => HoldScope::Region("r1".to_owned()),
        };
        let id = HoldId(format!("hold-{}", self.serial()));
        self.say(Input::Hold { id, scope, reason: "incident".to_owned() })
    }

    pub(super) fn lift(&mut self, pipeline: &Pipeline) -> Option<What> {
        let holds: Vec<HoldId> = pipeline.holds().map(|h| h.id.clone()).collect();
        let id = self.random.pick(&holds)?.clone();
        self.say(Input::Lift { id, reason: "over".to_owned() })
    }

    fn cancel(&mut self, pipeline: &Pipeline) -> Option<What> {
        let release = self.some_release(pipeline)?;
        self.say(Input::Cancel { release, reason: "not wanted".to_owned() })
    }

    fn retry(&mut self, pipeline: &Pipeline) -> Option<What> {
        let failed: Vec<ReleaseNumber> =
            pipeline.releases().filter(|r| r.row.state == ReleaseState::Failed).map(|r| r.row.number).collect();
        let release = *self.random.pick(&failed)?;
        let what = match self.random.below(4) {
            0 => Retry::Stage { stage: self.random.one_of(&["build", "beta", "prod"], "prod").to_owned() },
            1 => {
                let plan = pipeline.plan(release)?;
                Retry::Job { key: self.random.pick(&plan.nodes)?.key.clone() }
            }
            _ => Retry::FailedJobs,
        };
        self.say(Input::Retry { release, what })
    }

    fn roll_back(&mut self, pipeline: &Pipeline) -> Option<What> {
        let targets: Vec<TargetName> = pipeline.targets().map(|t| t.name.clone()).collect();
        let target = self.random.pick(&targets)?.clone();
        let good: Vec<ReleaseNumber> = pipeline.target(&target)?.good.iter().map(|g| g.release).collect();
        let to = if self.random.chance(40) { self.random.pick(&good).copied() } else { None };
        let place = match self.random.below(3) {
            0 => Place::Target { target: target.0 },
            1 => Place::Wave { stage: "prod".to_owned(), wave: self.random.one_of(&["", "wave-1", "wave-2"], "").to_owned() },
            _ => Place::Stage { stage: "prod".to_owned() },
        };
        let key = format!("rollback-{}", self.serial());
        self.say(Input::Rollback { key, place, to, reason: "customers complain".to_owned() })
    }

    fn quarantine(&mut self, pipeline: &Pipeline) -> Option<What> {
        let release = self.some_release(pipeline)?;
        self.say(Input::Quarantine { release, reason: "it leaks".to_owned() })
    }

    fn lift_quarantine(&mut self, pipeline: &Pipeline) -> Option<What> {
        let bad: Vec<ReleaseNumber> = pipeline.releases().filter(|r| r.row.quarantine.is_some()).map(|r| r.row.number).collect();
        let release = *self.random.pick(&bad)?;
        self.say(Input::LiftQuarantine { release, reason: "it was the network".to_owned() })
    }

    fn override_gate(&mut self, pipeline: &Pipeline) -> Option<What> {
        let release = self.some_release(pipeline)?;
        let gates: Vec<String> =
            pipeline.plan(release)?.nodes.iter().filter(|n| matches!(n.kind, NodeKind::Gate(_))).map(|n| n.key.clone()).collect();
        let gate = self.random.pick(&gates).cloned().unwrap_or_else(|| "alarms".to_owned());
        self.say(Input::Override { release, gate, reason: "the house burns".to_owned() })
    }

    /// People look before they say that it is done.
    pub(super) fn resolve(&mut self, pipeline: &Pipeline) -> Option<What> {
        let unknown: Vec<&TargetRow> = pipeline.targets().filter(|t| t.unknown.is_some()).collect();
        let row = *self.random.pick(&unknown)?;
        let lost = pipeline.attempt(&row.unknown.as_ref()?.attempt)?;
        if self.operations.iter().any(|op| op.act.target == row.name) {
            return None;
        }
        let verdict = if self.runs(&row.name) == Some(lost.release) {
            Verdict::Succeeded
        } else if self.calm || self.random.chance(50) {
            Verdict::Again
        } else {
            Verdict::Failed
        };
        self.say(Input::Resolve { target: row.name.clone(), verdict, reason: "looked".to_owned() })
    }

    /// Another pipeline comes to the end of a stage or of its path, mostly with the commit that ours is at.
    pub(super) fn upstream(&mut self, pipeline: &Pipeline) -> Option<What> {
        let release = pipeline.releases().next_back()?;
        let mut revisions = release.row.revisions.clone();
        if !self.calm && self.random.chance(30) {
            revisions.iter_mut().for_each(|revision| revision.commit.push_str("-other"));
        }
        let number = ReleaseNumber(self.serial());
        let stage = self.random.chance(50).then(|| "prod".to_owned());
        let input = Input::Upstream { pipeline: UPSTREAM.to_owned(), stage, release: number, revisions };
        Some(What::Give { actor: Actor::Trigger { source: UPSTREAM.to_owned() }, input })
    }

    /// What a release waits for of another pipeline, where one does.
    pub(super) fn awaited_upstream(&mut self, pipeline: &Pipeline) -> Option<What> {
        let moving = pipeline.releases().filter(|r| r.row.state == ReleaseState::Moving);
        let waits = |number| pipeline.waves(number).flat_map(|w| &w.waits_for).any(|reason| reason.kind == "depends_on");
        let release = moving.into_iter().find(|r| waits(r.row.number))?;
        let revisions = release.row.revisions.clone();
        let (number, stage) = (ReleaseNumber(self.serial()), self.random.chance(50).then(|| "prod".to_owned()));
        let input = Input::Upstream { pipeline: UPSTREAM.to_owned(), stage, release: number, revisions };
        Some(What::Give { actor: Actor::Trigger { source: UPSTREAM.to_owned() }, input })
    }

    /// Somebody takes a target from an attempt that may still act; mostly somebody else agrees (IF12).
    fn break_glass(&mut self, pipeline: &Pipeline) -> Option<What> {
        let unknown: Vec<&TargetRow> = pipeline.targets().filter(|t| t.unknown.is_some()).collect();
        let row = *self.random.pick(&unknown)?;
        // They have seen to it that nothing is in progress there.
        if self.operations.iter().any(|op| op.act.target == row.name) {
            return None;
        }
        let verdict = match &row.glass {
            Some(asked) if self.random.chance(80) => asked.verdict.clone(),
            _ if self.random.chance(50) => Verdict::Failed,
            _ => Verdict::Again,
        };
        self.say(Input::BreakGlass { target: row.name.clone(), verdict, reason: "it burns".to_owned() })
    }

    fn some_release(&mut self, pipeline: &Pipeline) -> Option<ReleaseNumber> {
        let all: Vec<ReleaseNumber> = pipeline.releases().map(|r| r.row.number).collect();
        // Mostly one of the newest.
        let from = if self.random.chance(70) { all.len().saturating_sub(3) } else { 0 };
        self.random.pick(all.get(from..)?).copied()
    }

    fn say(&mut self, input: Input) -> Option<What> {
        let actor = self.random.pick(&self.people).cloned()?;
        Some(What::Give { actor, input })
    }
}

/// The gate waits for people, not for monitors, the time of day or another pipeline.
fn asks_somebody(pipeline: &Pipeline, release: ReleaseNumber, node: NodeIx) -> bool {
    let kind = pipeline.plan(release).and_then(|plan| plan.node(node)).map(|node| &node.kind);
    matches!(kind, Some(NodeKind::Gate(gate)) if matches!(gate.condition, GateCondition::Approval(_) | GateCondition::Check(_)))
}
