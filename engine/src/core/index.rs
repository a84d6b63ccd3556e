//! Derived from rows, never stored: who is found where. Every entry is made and removed in `table.rs`.

use std::collections::{BTreeMap, BTreeSet};

use pipelines::plan::{NodeIx, WaveIx};
use protocol::AttemptId;

use super::Time;
use super::id::{HoldId, LaneKey, MonitorId, ReleaseNumber, SourceOrder, TargetName};

#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Releases in front of each lane, in the order of the source (P4).
    pub(crate) doors: BTreeMap<LaneKey, BTreeSet<(SourceOrder, ReleaseNumber, WaveIx)>>,
    /// Nodes that stand ready behind an obstacle.
    pub(crate) ready: BTreeSet<(ReleaseNumber, NodeIx)>,
    /// The same, by the target that they wait for.
    pub(crate) ready_at: BTreeMap<TargetName, BTreeSet<(ReleaseNumber, NodeIx)>>,
    /// Jobs that share a limit: those that wait for a runner or run, and those that stand ready.
    pub(crate) busy_of: BTreeMap<(ReleaseNumber, String), BTreeSet<NodeIx>>,
    pub(crate) ready_of: BTreeMap<(ReleaseNumber, String), BTreeSet<NodeIx>>,
    pub(crate) queued: BTreeSet<AttemptId>,
    /// The attempt of each node that has not ended.
    pub(crate) attempt_of: BTreeMap<(ReleaseNumber, NodeIx), AttemptId>,
    /// Attempts that may touch a target and have not ended.
    pub(crate) attempts_at: BTreeMap<TargetName, BTreeSet<AttemptId>>,
    /// Attempts in memory, by release.
    pub(crate) attempts: BTreeMap<ReleaseNumber, BTreeSet<AttemptId>>,
    /// The newest forward rollout of each release at each target.
    pub(crate) rollout_of: BTreeMap<(ReleaseNumber, TargetName), u64>,
    /// The newest rollout of each target.
    pub(crate) newest_rollout: BTreeMap<TargetName, u64>,
    /// Targets that a release runs at, wholly or in part.
    pub(crate) runs_at: BTreeMap<ReleaseNumber, BTreeSet<TargetName>>,
    /// How often a release is named by target and lane rows.
    pub(crate) named: BTreeMap<ReleaseNumber, u32>,
    /// Targets that go back, and the lane whose rollback it is.
    pub(crate) going_back: BTreeMap<TargetName, LaneKey>,
    /// Releases that failed or were cancelled: the newest 50 stay.
    pub(crate) ended_badly: BTreeSet<ReleaseNumber>,
    /// Holds in force.
    pub(crate) holds: BTreeSet<HoldId>,
    /// Who watches what.
    pub(crate) watchers: BTreeMap<MonitorId, BTreeSet<Watcher>>,
    pub(crate) watched: BTreeMap<Watcher, BTreeSet<MonitorId>>,
    pub(crate) deadlines: BTreeSet<(Time, Deadline)>,
    pub(crate) deadline_of: BTreeMap<Deadline, Time>,
}

/// Somebody who needs readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Watcher {
    /// A release at a wave: its door's evidence, then the wave's alarms.
    Wave(ReleaseNumber, WaveIx),
    Bake(ReleaseNumber, NodeIx),
}

/// What a moment is for. At most one moment per key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deadline {
    /// The end of a lease.
    Lease(AttemptId),
    /// A retry's backoff, or a bake's next decision.
    Node(ReleaseNumber, NodeIx),
    /// A gate opens, closes or gets old.
    Gate(ReleaseNumber, NodeIx),
    /// A lost target may be inspected.
    Inspect(TargetName),
    /// A wave's alarms stop acting by themselves (X9).
    Within(ReleaseNumber, WaveIx),
}

impl Index {
    pub(crate) fn set_deadline(&mut self, key: Deadline, at: Option<Time>) {
        if let Some(old) = self.deadline_of.remove(&key) {
            self.deadlines.remove(&(old, key.clone()));
        }
        if let Some(at) = at.filter(|at| *at < Time::NEVER) {
            self.deadlines.insert((at, key.clone()));
            self.deadline_of.insert(key, at);
        }
    }

    pub(crate) fn name(&mut self, release: ReleaseNumber) {
        let count = self.named.entry(release).or_default();
        *count = count.saturating_add(1);
    }

    /// Answers whether nothing names it any more.
    pub(crate) fn unname(&mut self, release: ReleaseNumber) -> bool {
        let Some(count) = self.named.get_mut(&release) else { return true };
        *count = count.saturating_sub(1);
        let gone = *count == 0;
        if gone {
            self.named.remove(&release);
        }
        gone
    }
}

/// Adds or removes one entry of a map of sets, dropping empty sets.
pub(crate) fn set_member<K: Ord + Clone, V: Ord + Clone>(map: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: &V, member: bool) {
    if member {
        map.entry(key.clone()).or_default().insert(value.clone());
    } else if let Some(set) = map.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            map.remove(key);
        }
    }
}
