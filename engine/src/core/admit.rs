use std::sync::Arc;

use pipelines::plan::Plan;

use super::event::EventKind;
use super::id::ReleaseNumber;
use super::input::Admission;
use super::pipeline::Pipeline;
use super::rejected::Rejected;
use super::release::Release;
use super::row::{ReleaseRow, ReleaseState, UsedKey};
use super::shape::{self, Shape};
use super::turn::{Fact, Touched, Turn};

/// How many keys are remembered (ID2).
const KEYS_KEPT: usize = 256;

impl Pipeline {
    /// A revision becomes a release (P1). The same key admits once (ID2).
    pub(crate) fn admit(&mut self, turn: &mut Turn, admission: Admission) -> Result<(), Rejected> {
        let content = format!("admit {} {}.{}", admission.digest, admission.order.epoch, admission.order.position);
        if let Some(used) = self.row.keys.iter().find(|used| used.key == admission.key) {
            return if used.content == content { Ok(()) } else { Err(Rejected::KeyReused) };
        }
        if admission.plan.nodes.len() > self.settings.node_limit as usize {
            return Err(Rejected::Limit { what: "nodes in a plan", limit: u64::from(self.settings.node_limit) });
        }
        if let Some(excess) = admission.trust.excess(&admission.plan) {
            return Err(Rejected::Untrusted(excess));
        }
        let shape = self.shape_of(&admission.plan).map_err(Rejected::InvalidPlan)?;
        let number = ReleaseNumber(self.row.next_release);
        self.row.next_release = self.row.next_release.saturating_add(1);
        self.remember_key(turn, admission.key.clone(), content, Some(number));
        let title = admission.revisions.first().map(|r| r.title.clone()).unwrap_or_default();
        let trigger = admission.trigger.clone();
        let row = ReleaseRow {
            number,
            digest: admission.digest,
            order: admission.order,
            revisions: admission.revisions,
            inputs: admission.inputs,
            trust: admission.trust,
            trigger: admission.trigger,
            involved: admission.involved,
            key: admission.key,
            created_at: turn.now,
            created_by: turn.actor.clone(),
            state: ReleaseState::Moving,
            reason: String::new(),
            ended_at: None,
            superseded_by: None,
            quarantine: None,
            overrides: Vec::new(),
        };
        let release = Release::new(row, admission.plan, shape);
        turn.nodes.extend(release.shape.roots.iter().map(|root| (number, *root)));
        self.releases.insert(number, release);
        turn.touched.insert(Touched::Release(number));
        turn.touched.insert(Touched::Plan(number));
        self.emit(turn, Fact::new(EventKind::ReleaseCreated, format!("{trigger}: {title}")).release(number));
        Ok(())
    }

    /// What is read off a plan. Releases with the very same plan share it.
    ///
    /// # Errors
    /// Why the plan cannot be followed.
    pub(crate) fn shape_of(&self, plan: &Arc<Plan>) -> Result<Arc<Shape>, String> {
        let same = self.releases.values().rev().find(|release| Arc::ptr_eq(&release.plan, plan));
        if let Some(release) = same {
            return Ok(Arc::clone(&release.shape));
        }
        shape::flaw(plan).map_or_else(|| Ok(Arc::new(Shape::new(plan))), Err)
    }

    /// Keeps a key with what it stood for, the oldest forgotten beyond [`KEYS_KEPT`].
    pub(crate) fn remember_key(&mut self, turn: &mut Turn, key: String, content: String, release: Option<ReleaseNumber>) {
        turn.touched.insert(Touched::Pipeline);
        self.row.keys.push(UsedKey { key, content, release });
        if self.row.keys.len() > KEYS_KEPT {
            self.row.keys.remove(0);
        }
    }
}
