use std::sync::Arc;

use engine::core::row::Row;

use super::{Findings, Invariant, Seen};

pub(super) struct FrozenPlan;

impl Invariant for FrozenPlan {
    fn name(&self) -> &'static str {
        "IB7"
    }

    fn says(&self) -> &'static str {
        "a release never changes after it was created: digest, order, revisions, inputs and plan stay (P1)"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        for row in seen.rows() {
            match row {
                Row::Plan(number, plan) => {
                    let changed = seen.before.plan(*number).is_some_and(|old| !Arc::ptr_eq(old, plan));
                    if changed {
                        found.broken("IB7", format!("the plan of {number} was written a second time"));
                    }
                }
                Row::Release(row) => {
                    let Some(old) = seen.before.releases.get(&row.number) else { continue };
                    let same = (&old.digest, old.order, &old.revisions, &old.inputs, &old.key, &old.involved)
                        == (&row.digest, row.order, &row.revisions, &row.inputs, &row.key, &row.involved);
                    let kept = row.overrides.starts_with(&old.overrides);
                    if !(same && kept) {
                        found.broken("IB7", format!("{} was changed after it was created", row.number));
                    }
                }
                _ => {}
            }
        }
    }
}
