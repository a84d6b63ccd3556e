use std::collections::BTreeMap;

use engine::core::Input;
use engine::core::row::Row;

use super::{Findings, Invariant, Seen};

/// What a release is made of is what was asked for, and no source is in it twice.
pub(super) struct SetsAreConsistent;

impl Invariant for SetsAreConsistent {
    fn name(&self) -> &'static str {
        "P5"
    }

    fn says(&self) -> &'static str {
        "a release takes one revision of each source"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let Input::Admit(admission) = seen.input else { return };
        let made = seen.rows().iter().find_map(|row| match row {
            Row::Release(row) if !seen.before.releases.contains_key(&row.number) => Some(row),
            _ => None,
        });
        let Some(row) = made else { return };
        if row.revisions != admission.revisions {
            found.broken("P5", format!("{} is made of other revisions than it was asked for", row.number));
        }
        let mut commits = BTreeMap::new();
        for revision in &row.revisions {
            let held = commits.entry(&revision.source).or_insert(&revision.commit);
            if *held != &revision.commit {
                found.broken("P5", format!("{} has {held} and {} of {}", row.number, revision.commit, revision.source));
            }
        }
    }
}
