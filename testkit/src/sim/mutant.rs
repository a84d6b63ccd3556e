//! Planted bugs: a core that breaks a promise, by changing what goes in or what comes out of the right one.

use std::sync::Arc;

use engine::core::id::LaneKey;
use engine::core::row::{AttemptState, GateState, Row};
use engine::core::{Changes, Effect, EventKind, Input, Loaded, Pipeline};
use pipelines::plan::{GateCondition, Job, Node, NodeIx, NodeKind, Plan};

use super::rows::Rows;

macro_rules! mutants {
    ($($name:ident = $words:literal),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mutant { $($name),+ }

        impl Mutant {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            #[must_use]
            pub fn in_words(self) -> &'static str {
                match self { $(Self::$name => $words),+ }
            }
        }
    };
}

mutants!(
    TakesStale = "takes the message of an old lease or fence as if it were current",
    ForgetsHolder = "forgets who holds a target",
    FenceStands = "grants a target without a new fence",
    SecondIn = "lets a second release into a lane",
    ForgetsQuarantine = "forgets that a release is quarantined",
    ForgetsBad = "forgets that a release was rolled back from a target",
    SkipsApproval = "opens an approval that nobody gave",
    ShortBake = "ends a bake before its time",
    LosesEvent = "changes a state without an event",
    LosesEffect = "forgets to tell the runners of a new attempt",
    ForgetsStop = "forgets that an attempt was told to stop",
    ForgetsRollback = "forgets the targets that have still to go back",
    ForgetsUnknown = "takes an unknown target for a free one",
    RunsLostAgain = "takes a lost attempt for one that has ended",
    ForgetsGood = "forgets the last good release of a target",
    CallsHalfGood = "calls a release good at a target before its bake",
    RewritesRelease = "changes the digest of a release",
    ForgetsHold = "forgets holds",
    DropsLease = "forgets when a lease ends",
    RaisesDead = "changes an attempt that has ended",
    ForgetsEntered = "forgets who has entered a lane",
    IgnoresReadings = "takes no data for OK",
    InspectsEarly = "inspects before the last credentials have ended",
    LeavesEarly = "forgets who is inside the lane of a stage",
    DecidesOnOld = "commits what a server decided on an old version",
    IgnoresHold = "does not look at holds",
    IgnoresQuarantine = "does not look at quarantines",
    IgnoresBad = "does not look at what was rolled back from a target",
    IgnoresInside = "does not look at who is inside a lane",
    IgnoresEntered = "does not look at who has entered a lane",
    IgnoresWindow = "does not look at windows",
    IgnoresUpstream = "does not wait for other pipelines",
    IgnoresWaveAlarms = "does not look at a wave's alarms",
    IgnoresMaxParallel = "starts all targets of a wave at once",
    IgnoresRetryRules = "never tries a job again by a rule",
    IgnoresBudget = "forgets how often a job was tried",
    IgnoresBarrier = "forgets barriers of targets",
    IgnoresAggregate = "takes an aggregate alarm for that of one wave",
    IgnoresConditions = "runs jobs whose condition is false",
    TellsNobody = "tells nobody",
    TellsAll = "tells people of what they did not ask for",
    SelfApproves = "lets the author approve",
    NeverExpires = "forgets when answers get old",
    ShortTolerance = "forgets when a monitor was last read",
    PassesUnread = "takes a bake's alarms away",
    GoesToOldest = "goes back to the oldest good release",
    ForgetsCredentials = "forgets how long credentials live",
    AcceptsOldGeneration = "takes messages of an older generation",
    OnePersonBreaksGlass = "lets one person break the glass",
    MixesRevisions = "makes a release of revisions that do not go together",
    KeepsLaneHeldOpen = "forgets that a lane is under rollback",
);

impl Mutant {
    /// What the core is given in place of an input.
    pub(crate) fn input(self, pipeline: &Pipeline, mut input: Input) -> Input {
        match (self, &mut input) {
            (Self::TakesStale, Input::Report(report)) => {
                if let Some(row) = pipeline.attempt(&report.fences.attempt) {
                    report.fences.generation = pipeline.settings().generation;
                    report.fences.fence = row.fence;
                    report.fences.lease_token = row.token.clone().unwrap_or_else(|| report.fences.lease_token.clone());
                }
            }
            (Self::AcceptsOldGeneration, Input::Report(report)) => report.fences.generation = pipeline.settings().generation,
            (Self::AcceptsOldGeneration, Input::Heartbeat { fences, .. }) => fences.generation = pipeline.settings().generation,
            (Self::IgnoresReadings, Input::Observe { reading, .. }) => {
                *reading = engine::core::input::Reading::Ok { value: Some(0.0), detail: String::new() };
            }
            _ => {}
        }
        input
    }

    /// Changes what the core decided. True when it has to live with that: it is loaded anew.
    pub(crate) fn changes(self, before: &Rows, changes: &mut Changes) -> bool {
        match self {
            Self::LosesEvent => {
                changes.events.retain(|event| !matches!(event.kind, EventKind::ReleaseEntered | EventKind::JobStarted));
                return false;
            }
            Self::LosesEffect => {
                changes.effects.retain(|effect| !matches!(effect, Effect::Queue(_)));
                return false;
            }
            Self::TellsNobody => {
                changes.effects.retain(|effect| !matches!(effect, Effect::Tell { .. }));
                return false;
            }
            Self::TellsAll => {
                let to = pipelines::plan::NotifyTo::Slack("#all".to_owned());
                changes.effects.extend((0..changes.events.len()).map(|event| Effect::Tell { to: to.clone(), event }));
                return false;
            }
            _ => {}
        }
        let mut changed = false;
        for row in &mut changes.rows {
            changed |= self.row(before, row);
        }
        changed
    }

    /// Changes what the core remembers, while the rows stay right. True when something was forgotten.
    pub(crate) fn memory(self, loaded: &mut Loaded) -> bool {
        match self {
            Self::IgnoresHold => !std::mem::take(&mut loaded.holds).is_empty(),
            Self::IgnoresQuarantine => any(&mut loaded.releases, |(row, _)| row.quarantine.take().is_some()),
            Self::IgnoresBad => {
                let quarantines = any(&mut loaded.releases, |(row, _)| row.quarantine.take().is_some());
                any(&mut loaded.targets, |row| !std::mem::take(&mut row.bad).is_empty()) | quarantines
            }
            Self::IgnoresInside => any(&mut loaded.lanes, |row| !std::mem::take(&mut row.inside).is_empty()),
            Self::IgnoresEntered => any(&mut loaded.lanes, |row| row.newest_entered.take().is_some()),
            Self::KeepsLaneHeldOpen => any(&mut loaded.lanes, |row| row.rollback.take().is_some()),
            Self::IgnoresBudget => any(&mut loaded.nodes, |row| !std::mem::take(&mut row.retries_used).is_empty()),
            Self::IgnoresBarrier => any(&mut loaded.targets, |row| !std::mem::take(&mut row.barriers).is_empty()),
            Self::SelfApproves => any(&mut loaded.releases, |(row, _)| !std::mem::take(&mut row.involved).is_empty()),
            Self::NeverExpires => any(&mut loaded.gates, |row| row.expires_at.take().is_some()),
            Self::ShortTolerance => any(&mut loaded.nodes, |row| {
                let Some(bake) = &mut row.bake else { return false };
                let late = bake.started_at < bake.ends_at && bake.last_read_at.values().any(|at| *at < bake.ends_at);
                let ends_at = bake.ends_at;
                bake.last_read_at.values_mut().for_each(|at| *at = ends_at);
                late
            }),
            Self::GoesToOldest => any(&mut loaded.targets, |row| {
                let several = row.good.len() > 1;
                row.good.truncate(1);
                several
            }),
            Self::ForgetsCredentials => any(&mut loaded.attempts, |row| row.credentials_until.take().is_some()),
            Self::OnePersonBreaksGlass => any(&mut loaded.targets, |row| {
                let Some(asked) = &mut row.glass else { return false };
                let nobody = engine::core::Actor::Engine;
                std::mem::replace(&mut asked.by, nobody.clone()) != nobody
            }),
            _ => any(&mut loaded.releases, |(_, plan)| {
                let mut changed = Plan::clone(plan);
                let is_changed = self.plan(&mut changed);
                if is_changed {
                    *plan = Arc::new(changed);
                }
                is_changed
            }),
        }
    }

    /// Changes a plan in memory.
    fn plan(self, plan: &mut Plan) -> bool {
        let kinds = plan.nodes.iter_mut().map(|node| &mut node.kind);
        let waves = plan.stages.iter_mut().flat_map(|stage| &mut stage.waves);
        match self {
            Self::IgnoresWindow => {
                let windows = gates(&plan.nodes, |condition| matches!(condition, GateCondition::Window(_)));
                let mut waves = plan.stages.iter_mut().flat_map(|stage| &mut stage.waves);
                any(&mut waves, |wave| drop_all(&mut wave.gates, |gate| windows.contains(gate)))
            }
            Self::IgnoresUpstream => {
                let upstream = gates(&plan.nodes, |condition| matches!(condition, GateCondition::DependsOn(_)));
                let mut waves = plan.stages.iter_mut().flat_map(|stage| &mut stage.waves);
                any(&mut waves, |wave| drop_all(&mut wave.gates, |gate| upstream.contains(gate)))
            }
            Self::IgnoresWaveAlarms => any(waves, |wave| !std::mem::take(&mut wave.alarms).is_empty()),
            Self::IgnoresMaxParallel => any(waves, |wave| std::mem::take(&mut wave.max_parallel) > 0),
            Self::IgnoresAggregate => {
                let in_bakes = any(kinds, |kind| match kind {
                    NodeKind::Bake(bake) => any(&mut bake.alarms, |alarm| alarm.aggregate.take().is_some()),
                    NodeKind::Job(_) | NodeKind::Gate(_) | NodeKind::Milestone(_) => false,
                });
                let waves = plan.stages.iter_mut().flat_map(|stage| &mut stage.waves);
                any(waves, |wave| any(&mut wave.alarms, |alarm| alarm.aggregate.take().is_some())) | in_bakes
            }
            Self::PassesUnread => any(kinds, |kind| match kind {
                NodeKind::Bake(bake) => {
                    bake.min_data_points = 0;
                    !std::mem::take(&mut bake.alarms).is_empty()
                }
                NodeKind::Job(_) | NodeKind::Gate(_) | NodeKind::Milestone(_) => false,
            }),
            Self::IgnoresRetryRules => any(kinds, |kind| in_job(kind, |job| !std::mem::take(&mut job.retry).is_empty())),
            Self::IgnoresConditions => any(kinds, |kind| in_job(kind, |job| job.condition.take().is_some())),
            _ => false,
        }
    }

    fn row(self, before: &Rows, row: &mut Row) -> bool {
        match (self, row) {
            (Self::ForgetsHolder, Row::Target(row)) => row.holder.take().is_some(),
            (Self::FenceStands, Row::Target(row)) => {
                let old = before.targets.get(&row.name).map_or(0, |t| t.fence);
                let grown = row.fence > old;
                row.fence = row.fence.min(old);
                grown
            }
            (Self::SecondIn, Row::Lane(row)) => !std::mem::take(&mut row.inside).is_empty(),
            (Self::ForgetsQuarantine, Row::Release(row)) => row.quarantine.take().is_some(),
            (Self::ForgetsBad, Row::Target(row)) => !std::mem::take(&mut row.bad).is_empty(),
            (Self::SkipsApproval, Row::Gate(row)) if row.asked_at.is_some() && row.state == GateState::Closed => {
                row.state = GateState::Open;
                true
            }
            (Self::ShortBake, Row::Node(row)) => row.bake.as_mut().is_some_and(|bake| {
                let long = bake.ends_at > bake.started_at;
                bake.ends_at = bake.started_at;
                long
            }),
            (Self::ForgetsStop, Row::Attempt(row)) => row.stop.take().is_some(),
            (Self::ForgetsRollback, Row::Lane(row)) => row.rollback.as_mut().is_some_and(|r| !std::mem::take(&mut r.waiting).is_empty()),
            (Self::ForgetsUnknown, Row::Target(row)) => {
                let was = row.unknown.take().is_some();
                if was {
                    row.holder = None;
                }
                was
            }
            (Self::RunsLostAgain, Row::Attempt(row)) if row.state == AttemptState::Unknown => {
                row.state = AttemptState::Ended;
                row.ended_at = row.lease_until;
                true
            }
            (Self::ForgetsGood, Row::Target(row)) => row.good.pop().is_some(),
            (Self::CallsHalfGood, Row::Target(row)) => match (row.live, row.good.iter().any(|g| Some(g.release) == row.live)) {
                (Some(live), false) => {
                    let Some((order, _)) = before.order(live) else { return false };
                    row.good.push(engine::core::row::Good { release: live, order, at: row.live_since.unwrap_or_default() });
                    true
                }
                _ => false,
            },
            (Self::RewritesRelease, Row::Release(row)) if before.releases.contains_key(&row.number) => {
                row.digest.push('x');
                true
            }
            (Self::ForgetsHold, Row::Hold(row)) if row.lifted.is_none() => {
                row.lifted = Some(engine::core::row::Lifted { by: row.by.clone(), at: row.since, reason: String::new() });
                true
            }
            (Self::DropsLease, Row::Attempt(row)) if row.state == AttemptState::Leased => row.lease_until.take().is_some(),
            (Self::RaisesDead, Row::Target(row)) => {
                row.fence = 0;
                true
            }
            (Self::ForgetsEntered, Row::Lane(row)) => row.newest_entered.take().is_some(),
            (Self::InspectsEarly, Row::Target(row)) => row.unknown.as_mut().is_some_and(|unknown| {
                let late = unknown.inspect_after > unknown.since;
                unknown.inspect_after = unknown.since;
                late
            }),
            (Self::MixesRevisions, Row::Release(row)) if !before.releases.contains_key(&row.number) => {
                let Some(last) = row.revisions.last_mut() else { return false };
                last.commit.push_str("-other");
                true
            }
            (Self::LeavesEarly, Row::Lane(row)) => {
                let key = LaneKey("prod".to_owned());
                row.key == key && row.inside.pop().is_some()
            }
            _ => false,
        }
    }
}

/// Changes all of them; true when any was changed.
fn any<'a, T: 'a>(rows: impl IntoIterator<Item = &'a mut T>, mut change: impl FnMut(&mut T) -> bool) -> bool {
    let mut changed = false;
    for row in rows {
        changed |= change(row);
    }
    changed
}

fn drop_all(list: &mut Vec<NodeIx>, which: impl Fn(&NodeIx) -> bool) -> bool {
    let before = list.len();
    list.retain(|ix| !which(ix));
    list.len() < before
}

fn gates(nodes: &[Node], which: impl Fn(&GateCondition) -> bool) -> Vec<NodeIx> {
    let is_one = |node: &Node| matches!(&node.kind, NodeKind::Gate(gate) if which(&gate.condition));
    nodes.iter().zip((0..).map(NodeIx)).filter(|(node, _)| is_one(node)).map(|(_, ix)| ix).collect()
}

fn in_job(kind: &mut NodeKind, change: impl FnOnce(&mut Job) -> bool) -> bool {
    match kind {
        NodeKind::Job(job) => change(job),
        NodeKind::Gate(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => false,
    }
}
