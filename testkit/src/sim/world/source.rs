use std::collections::BTreeMap;
use std::sync::Arc;

use engine::core::id::{PersonId, SourceOrder};
use engine::core::input::{Admission, Revision};
use engine::core::{Actor, Input, Trust};
use pipelines::plan::Plan;

use super::World;
use crate::sim::reached::Reached;
use crate::sim::step::What;

/// A repository: its main line, and what was pushed before.
#[derive(Debug)]
pub(crate) struct Source {
    plans: Vec<Arc<Plan>>,
    epoch: u64,
    position: u64,
    pub(super) pushed: Vec<Admission>,
}

impl Source {
    pub(crate) fn new(plans: Vec<Arc<Plan>>) -> Self {
        Self { plans, epoch: 0, position: 0, pushed: Vec::new() }
    }
}

impl World {
    /// One or several revisions, mostly in order.
    pub(super) fn push(&mut self) -> What {
        let burst = if self.random.chance(15) { 3 } else { 0 };
        for _ in 0..burst {
            let next = self.push_one();
            self.planned.push_back(next);
        }
        self.push_one()
    }

    fn push_one(&mut self) -> What {
        let serial = self.serial();
        let again = self.random.pick(&self.source.pushed).cloned();
        let admission = match (again, self.random.below(100)) {
            // The same hook twice.
            (Some(same), 0..4) => same,
            (Some(mut reused), 4..6) => {
                reused.digest = format!("other-{serial}");
                reused
            }
            // A re-run of what was there.
            (Some(mut rerun), 6..12) => {
                rerun.key = format!("key-{serial}");
                rerun.digest = format!("digest-{serial}");
                rerun.trigger = "rerun".to_owned();
                rerun
            }
            (Some(same), _) if self.others.move_alone() => self.moved_elsewhere(same, serial),
            (_, roll) => self.fresh(serial, roll),
        };
        if self.source.pushed.len() < 40 {
            self.source.pushed.push(admission.clone());
        }
        What::Give { actor: Actor::Trigger { source: "main".to_owned() }, input: Input::Admit(Box::new(admission)) }
    }

    /// The same own commit with what the other sources have by now (P5).
    fn moved_elsewhere(&mut self, mut same: Admission, serial: u64) -> Admission {
        same.key = format!("key-{serial}");
        same.digest = format!("digest-{serial}");
        let own = same.revisions.first().cloned();
        same.revisions = own.map(|own| self.gathered(&own)).unwrap_or_default();
        same
    }

    fn gathered(&mut self, own: &Revision) -> Vec<Revision> {
        let (revisions, waited) = self.others.gathered(own, self.now);
        if !waited.is_empty() {
            self.reached.insert(Reached::NothingGoesTogether);
        }
        revisions
    }

    fn fresh(&mut self, serial: u64, roll: usize) -> Admission {
        if roll >= 98 {
            self.source.epoch += 1;
            self.source.position = self.random.between(0, 3);
        }
        self.source.position += self.random.between(1, 2);
        // A late hook brings a commit that lies before the newest.
        let late = if (12..18).contains(&roll) { self.random.between(1, 4) } else { 0 };
        let position = self.source.position.saturating_sub(late);
        let plan = if self.random.chance(70) { self.source.plans.first().cloned() } else { self.random.pick(&self.source.plans).cloned() };
        let revision = Revision {
            source: "main".to_owned(),
            commit: format!("{}-{position}", self.source.epoch),
            reference: "main".to_owned(),
            title: String::new(),
            author: "ada".to_owned(),
            committed_at: self.now,
        };
        Admission {
            revisions: self.gathered(&revision),
            order: SourceOrder { epoch: self.source.epoch, position },
            plan: plan.unwrap_or_else(|| crate::sim::plans::random(&mut self.random)),
            digest: format!("digest-{serial}"),
            inputs: BTreeMap::new(),
            trust: Trust::Branch,
            trigger: "push".to_owned(),
            involved: vec![PersonId("u-ada".to_owned())],
            key: format!("key-{serial}"),
        }
    }
}
