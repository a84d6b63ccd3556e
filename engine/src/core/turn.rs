//! What one input has changed so far.

use std::collections::{BTreeMap, BTreeSet};

use pipelines::plan::{NodeIx, WaveIx};
use protocol::AttemptId;

use super::effect::Effect;
use super::event::{Event, EventKind};
use super::id::{HoldId, LaneKey, MonitorId, ReleaseNumber, TargetName};
use super::row::{AdditionRow, Row};
use super::{Actor, Time};

/// One call of `handle`: its time and actor, what it touched, and what is still to be looked at.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) now: Time,
    pub(crate) actor: Actor,
    pub(crate) touched: BTreeSet<Touched>,
    /// What was added to plans; kept nowhere else in memory than in the plans.
    pub(crate) additions: Vec<AdditionRow>,
    /// The touched rows, once everything has settled.
    pub(crate) rows: Vec<Row>,
    pub(crate) events: Vec<Event>,
    pub(crate) effects: Vec<Effect>,
    /// Nodes whose needs are met, or whose obstacle may be gone.
    pub(crate) nodes: BTreeSet<(ReleaseNumber, NodeIx)>,
    /// Targets that may be free for what waits for them.
    pub(crate) targets: BTreeSet<TargetName>,
    /// Lanes whose rollback may go on.
    pub(crate) rollbacks: BTreeSet<LaneKey>,
    /// Waves of which something ended.
    pub(crate) waves: BTreeSet<(ReleaseNumber, WaveIx)>,
    /// Lanes at whose door something changed.
    pub(crate) lanes: BTreeSet<LaneKey>,
    /// Waves whose set of watched monitors may have changed.
    pub(crate) watches: BTreeSet<(ReleaseNumber, WaveIx)>,
    /// Monitors that lost their last watcher.
    pub(crate) unwatched: BTreeSet<MonitorId>,
    /// Releases that may be no longer needed in memory.
    pub(crate) leaving: BTreeSet<ReleaseNumber>,
}

/// A row, by its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Touched {
    Pipeline,
    Release(ReleaseNumber),
    Plan(ReleaseNumber),
    Wave(ReleaseNumber, WaveIx),
    Node(ReleaseNumber, NodeIx),
    Gate(ReleaseNumber, NodeIx),
    Lane(LaneKey),
    Target(TargetName),
    Rollout(TargetName, u64),
    Attempt(AttemptId),
    Watch(MonitorId),
    Hold(HoldId),
}

impl Turn {
    pub(crate) fn new(now: Time, actor: Actor) -> Self {
        Self {
            now,
            actor,
            touched: BTreeSet::new(),
            additions: Vec::new(),
            rows: Vec::new(),
            events: Vec::new(),
            effects: Vec::new(),
            nodes: BTreeSet::new(),
            targets: BTreeSet::new(),
            rollbacks: BTreeSet::new(),
            waves: BTreeSet::new(),
            lanes: BTreeSet::new(),
            watches: BTreeSet::new(),
            unwatched: BTreeSet::new(),
            leaving: BTreeSet::new(),
        }
    }
}

/// An event on its way into the turn.
#[derive(Debug)]
pub(crate) struct Fact {
    pub(crate) kind: EventKind,
    pub(crate) reason: String,
    pub(crate) release: Option<ReleaseNumber>,
    pub(crate) place: Option<String>,
    pub(crate) target: Option<TargetName>,
    pub(crate) node: Option<String>,
    pub(crate) attempt: Option<AttemptId>,
    pub(crate) data: BTreeMap<String, serde_json::Value>,
    /// None: whoever caused the turn.
    pub(crate) actor: Option<Actor>,
}

impl Fact {
    pub(crate) fn new(kind: EventKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            reason: reason.into(),
            release: None,
            place: None,
            target: None,
            node: None,
            attempt: None,
            data: BTreeMap::new(),
            actor: None,
        }
    }

    pub(crate) fn release(mut self, release: ReleaseNumber) -> Self {
        self.release = Some(release);
        self
    }

    pub(crate) fn place(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    pub(crate) fn target(mut self, target: Option<TargetName>) -> Self {
        self.target = target;
        self
    }

    pub(crate) fn node(mut self, key: impl Into<String>) -> Self {
        self.node = Some(key.into());
        self
    }

    pub(crate) fn attempt(mut self, attempt: &AttemptId) -> Self {
        self.attempt = Some(attempt.clone());
        self
    }

    pub(crate) fn data(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.data.insert(key.to_owned(), value.into());
        self
    }

    /// The engine decided this by itself, whatever the input was.
    pub(crate) fn by_engine(mut self) -> Self {
        self.actor = Some(Actor::Engine);
        self
    }

    pub(crate) fn at(self, turn: &Turn) -> Event {
        Event {
            at: turn.now,
            kind: self.kind,
            actor: self.actor.unwrap_or_else(|| turn.actor.clone()),
            reason: self.reason,
            release: self.release,
            place: self.place,
            target: self.target,
            node: self.node,
            attempt: self.attempt,
            data: self.data,
        }
    }
}
