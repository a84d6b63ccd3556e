use std::collections::BTreeMap;

use engine::core::id::TargetName;
use engine::core::{Input, Time};
use protocol::AttemptId;

use super::{Findings, Invariant, Seen};
use crate::sim::step::Act;

#[derive(Default)]
pub(super) struct SingleWriter {
    newest: BTreeMap<TargetName, u64>,
    in_progress: Vec<Act>,
    credentials: BTreeMap<AttemptId, Time>,
}

impl Invariant for SingleWriter {
    fn name(&self) -> &'static str {
        "IA2"
    }

    fn says(&self) -> &'static str {
        "in the world no change of a target under one fence follows one under a higher fence, nor is one in progress when that begins"
    }

    fn see(&mut self, seen: &Seen<'_>, _found: &mut Findings) {
        if let (Input::Issued { fences, until }, Ok(_)) = (seen.input, seen.outcome) {
            self.credentials.insert(fences.attempt.clone(), *until);
        }
    }

    fn act(&mut self, at: Time, act: &Act, begins: bool, found: &mut Findings) {
        if !begins {
            return self.in_progress.retain(|other| other != act);
        }
        // The cloud lets nobody begin without valid credentials.
        if self.credentials.get(&act.attempt).is_none_or(|until| *until <= at) {
            return;
        }
        let newest = self.newest.entry(act.target.clone()).or_default();
        if act.fence < *newest {
            found.broken("IA2", format!("{} changes {} under fence {}, after one under {newest}", act.attempt, act.target, act.fence));
        }
        *newest = (*newest).max(act.fence);
        if let Some(other) = self.in_progress.iter().find(|other| other.target == act.target && other.fence != act.fence) {
            found.broken("IA2", format!("{} begins at {} while {} is still in progress there", act.attempt, act.target, other.attempt));
        }
        self.in_progress.push(act.clone());
    }
}
