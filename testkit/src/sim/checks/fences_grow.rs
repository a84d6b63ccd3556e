use engine::core::row::{AttemptState, Row};

use super::{Findings, Invariant, Seen};

pub(super) struct FencesGrow;

impl Invariant for FencesGrow {
    fn name(&self) -> &'static str {
        "IA3"
    }

    fn says(&self) -> &'static str {
        "the fence of a target grows with each grant and never comes back"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for row in seen.rows() {
            match row {
                Row::Target(row) => {
                    let old = seen.before.targets.get(&row.name).map_or(0, |t| t.fence);
                    if row.fence < old {
                        found.broken("IA3", format!("the fence of {} went from {old} to {}", row.name, row.fence));
                    }
                }
                Row::Attempt(row) if row.state == AttemptState::Leased => {
                    let was = seen.before.attempts.get(&row.id).and_then(|a| a.fence);
                    let old = row.target.as_ref().and_then(|t| seen.before.targets.get(t)).map_or(0, |t| t.fence);
                    if let (None, Some(fence)) = (was, row.fence)
                        && fence.0 <= old
                    {
                        found.broken("IA3", format!("{} was granted fence {} after {old}", row.id, fence.0));
                    }
                }
                _ => {}
            }
        }
    }
}
