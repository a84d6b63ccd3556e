//! Planted bugs: a core that breaks a promise, by changing what goes in or what comes out of the right one.

use engine::core::id::LaneKey;
use engine::core::row::{AttemptState, GateState, Row};
use engine::core::{Changes, Effect, EventKind, Input, Pipeline};

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
    NeverRetries = "leaves a wave's end out",
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
                let count = changes.events.len();
                changes.events.retain(|event| !matches!(event.kind, EventKind::ReleaseEntered | EventKind::JobStarted));
                return changes.events.len() != count && false;
            }
            Self::LosesEffect => {
                changes.effects.retain(|effect| !matches!(effect, Effect::Queue(_)));
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
            (Self::NeverRetries, Row::Lane(row)) => {
                let key = LaneKey("prod".to_owned());
                row.key == key && row.inside.pop().is_some()
            }
            _ => false,
        }
    }
}
