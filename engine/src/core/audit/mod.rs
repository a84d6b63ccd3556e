//! The invariants of reliability.md that can be seen in the rows of one pipeline.
//!
//! The simulator asks after every input, tests ask at their end, and `tidegate doctor` asks a server's
//! own pipelines. Nothing here shares a line with the rules that it judges: every count is made anew.

mod attempt;
mod lane;
mod release;
mod target;
mod watch;

use std::collections::BTreeSet;

use super::changes::Changes;
use super::id::{LaneKey, ReleaseNumber, TargetName};
use super::pipeline::Pipeline;
use super::row::Row;

/// One invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its name in reliability.md or model.md: `IA1`, `W2`.
    pub invariant: &'static str,
    /// What was found, in words that read alone.
    pub detail: String,
}

/// Looks at everything; empty when all is well. Costs the size of the pipeline.
#[must_use]
pub fn check(pipeline: &Pipeline) -> Vec<Violation> {
    let mut found = Vec::new();
    for row in pipeline.targets.values() {
        target::check(pipeline, row, &mut found);
    }
    for row in pipeline.lanes.values() {
        lane::check(pipeline, row, &mut found);
    }
    for key in pipeline.index.doors.keys() {
        lane::check_door(pipeline, key, &mut found);
    }
    for row in pipeline.attempts.values() {
        attempt::check(pipeline, row, &mut found);
    }
    for release in pipeline.releases.values() {
        release::check(pipeline, release, &mut found);
    }
    watch::check(pipeline, &mut found);
    found
}

/// Looks at what these changes are about. Costs the size of the releases that they touch.
#[must_use]
pub fn check_changed(pipeline: &Pipeline, changes: &Changes) -> Vec<Violation> {
    let mut touched = Touched::default();
    for row in &changes.rows {
        touched.add(pipeline, row);
    }
    let mut found = Vec::new();
    for row in touched.targets.iter().filter_map(|name| pipeline.targets.get(name)) {
        target::check(pipeline, row, &mut found);
        let at = pipeline.index.attempts_at.get(&row.name).into_iter().flatten();
        for row in at.filter_map(|id| pipeline.attempts.get(id)) {
            attempt::check(pipeline, row, &mut found);
        }
    }
    for key in &touched.lanes {
        if let Some(row) = pipeline.lanes.get(key) {
            lane::check(pipeline, row, &mut found);
        }
        lane::check_door(pipeline, key, &mut found);
    }
    for row in touched.releases.iter().filter_map(|number| pipeline.releases.get(number)) {
        release::check(pipeline, row, &mut found);
    }
    if touched.watches {
        watch::check(pipeline, &mut found);
    }
    found
}

#[derive(Default)]
struct Touched {
    targets: BTreeSet<TargetName>,
    lanes: BTreeSet<LaneKey>,
    releases: BTreeSet<ReleaseNumber>,
    watches: bool,
}

impl Touched {
    fn add(&mut self, pipeline: &Pipeline, row: &Row) {
        match row {
            Row::Pipeline(_) | Row::Plan(..) | Row::Hold(_) => {}
            Row::Addition(row) => drop(self.releases.insert(row.release)),
            Row::Release(row) => drop(self.releases.insert(row.number)),
            Row::Wave(row) => {
                self.releases.insert(row.release);
                self.lanes.extend(pipeline.lane_key(row.release, row.wave));
            }
            Row::Node(row) => drop(self.releases.insert(row.release)),
            Row::Gate(row) => drop(self.releases.insert(row.release)),
            Row::Attempt(row) => {
                self.releases.insert(row.release);
                self.targets.extend(row.target.clone());
            }
            Row::Lane(row) => drop(self.lanes.insert(row.key.clone())),
            Row::Target(row) => drop(self.targets.insert(row.name.clone())),
            Row::Rollout(row) => drop(self.targets.insert(row.target.clone())),
            Row::Watch(_) | Row::WatchEnded(_) => self.watches = true,
        }
    }
}

fn report(found: &mut Vec<Violation>, invariant: &'static str, detail: impl FnOnce() -> String, holds: bool) {
    if !holds {
        found.push(Violation { invariant, detail: detail() });
    }
}
