use engine::core::row::{AttemptKind, AttemptState, Row};
use pipelines::plan::{Milestone, NodeIx, NodeKind};

use super::{Findings, Invariant, Seen, is_detached};

pub(super) struct FanIn;

impl Invariant for FanIn {
    fn name(&self) -> &'static str {
        "IB11"
    }

    fn says(&self) -> &'static str {
        "a job is queued only when all its needs ended as declared, in its own release"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for row in seen.rows() {
            let Row::Attempt(row) = row else { continue };
            let is_new = row.state == AttemptState::Queued && !seen.before.attempts.contains_key(&row.id);
            if !is_new || row.kind != AttemptKind::Forward {
                continue;
            }
            let Some(release) = seen.after.release(row.release) else { continue };
            let Some(node) = release.plan.node(row.node).filter(|node| !is_detached(&node.kind)) else { continue };
            let satisfied = |need: &NodeIx| {
                let quorum = release.plan.node(*need).filter(|n| matches!(n.kind, NodeKind::Milestone(Milestone::TargetEnd)));
                let quorum = quorum.and_then(|n| n.wave).and_then(|wave| release.plan.wave(wave));
                let reached = quorum.is_some_and(|wave| {
                    let complete = wave.rollouts.iter().filter(|r| release.is_satisfied(r.end)).count();
                    wave.at_least.is_some_and(|least| complete >= least as usize)
                });
                release.is_satisfied(*need) || reached
            };
            if let Some(need) = node.needs.iter().find(|need| !satisfied(need)) {
                found.broken("IB11", format!("{} was queued before node {} has ended well", row.id, need.0));
            }
        }
    }
}
