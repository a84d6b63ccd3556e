//! Everything around one pipeline: runners, targets, monitors, people, a repository, and time.
//!
//! The world chooses what happens next from what it sees in the committed rows alone, so that a lost
//! effect is made good as after a restart (R1, ID5). It breaks no promise that a real one keeps: who has
//! no valid credentials begins nothing, and who reports an end has no operation in progress.

mod agenda;
mod growth;
mod monitors;
mod others;
mod people;
mod runners;
mod source;
mod temper;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use engine::core::id::{MonitorId, ReleaseNumber, TargetName};
use engine::core::{Actor, Changes, Input, Pipeline, Rejected, Time};
use pipelines::plan::Plan;

use self::growth::Growth;
use self::monitors::Health;
use self::others::Others;
use self::runners::{Job, Operation};
use self::source::Source;
pub(crate) use self::temper::Temper;
use super::random::Random;
use super::reached::ReachedSet;
use super::step::{Step, What};

/// Monday 2026-11-02, 07:30 UTC: half an hour before the windows open.
pub(crate) const START: Time = Time(1_793_604_600_000);

#[derive(Debug)]
pub(crate) struct World {
    pub(super) random: Random,
    pub(super) temper: Temper,
    pub(super) now: Time,
    /// Decided already, in this order.
    pub(super) planned: VecDeque<What>,
    pub(super) jobs: Vec<Job>,
    /// Changes of targets that are in progress, whoever began them.
    pub(super) operations: Vec<Operation>,
    /// The last change of each target that came to its end.
    pub(super) runs: BTreeMap<TargetName, ReleaseNumber>,
    pub(super) sent: Vec<Input>,
    pub(super) monitors: BTreeMap<MonitorId, Health>,
    pub(super) source: Source,
    pub(super) growth: Growth,
    pub(super) others: Others,
    /// What the core never sees of it.
    pub(crate) reached: ReachedSet,
    pub(super) serial: u64,
    pub(super) people: Vec<Actor>,
    /// Faults have stopped; everything must come to its end.
    pub(super) calm: bool,
}

impl World {
    /// `growth` is the randomness of what jobs upload, `others` that of the sources besides the main line.
    pub(crate) fn new(mut random: Random, growth: Random, others: Random, plans: Vec<Arc<Plan>>) -> Self {
        let temper = Temper::new(&mut random);
        Self {
            random,
            temper,
            now: START,
            planned: VecDeque::new(),
            jobs: Vec::new(),
            operations: Vec::new(),
            runs: BTreeMap::new(),
            sent: Vec::new(),
            monitors: BTreeMap::new(),
            source: Source::new(plans),
            growth: Growth::new(growth),
            others: Others::new(others),
            reached: ReachedSet::default(),
            serial: 0,
            people: people::all(),
            calm: false,
        }
    }

    /// What happens next.
    pub(crate) fn next(&mut self, pipeline: &Pipeline) -> Step {
        let what = self.due_operation().or_else(|| self.planned.pop_front()).unwrap_or_else(|| self.choose(pipeline));
        Step { at: self.now, what }
    }

    /// What came of it, as far as the world is told.
    pub(crate) fn learn(&mut self, step: &Step, outcome: &Result<Changes, Rejected>, pipeline: &Pipeline) {
        match &step.what {
            What::Give { input, .. } | What::Elsewhere { input, .. } => self.answered(input, outcome, pipeline),
            What::Crash { .. } | What::Restart | What::Restore => {}
            What::Begin(act) => self.began(act),
            What::End(act) => self.ended(act),
        }
    }

    pub(crate) fn runs(&self, target: &TargetName) -> Option<ReleaseNumber> {
        self.runs.get(target).copied()
    }

    pub(super) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}
