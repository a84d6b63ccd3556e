use std::collections::BTreeSet;

use engine::core::id::ReleaseNumber;
use engine::core::row::Row;

use super::{Findings, Invariant, Seen};

/// An input may end a whole release: each of its nodes, and some rows and events beside each.
const PER_NODE: usize = 4;

pub(super) struct WorkIsBounded;

impl Invariant for WorkIsBounded {
    fn name(&self) -> &'static str {
        "bounded"
    }

    fn says(&self) -> &'static str {
        "an input costs what it touches: no row is written twice, and no more than all nodes of the releases that it finds"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let Ok(changes) = seen.outcome else { return };
        if changes.rows.len() < 32 && changes.events.len() < 32 {
            return;
        }
        let nodes: usize = found_releases(seen).into_iter().filter_map(|number| seen.plan(number)).map(|plan| plan.nodes.len()).sum();
        let limit = 64 + PER_NODE * nodes;
        if changes.rows.len() > limit || changes.events.len() > limit || changes.effects.len() > limit {
            let (rows, events, effects) = (changes.rows.len(), changes.events.len(), changes.effects.len());
            found.broken("bounded", format!("{rows} rows, {events} events and {effects} effects follow one input; {limit} are granted"));
        }
    }
}

/// Those in memory afterwards, and those that this input ended: a long line may come to its end at once.
fn found_releases(seen: &Seen<'_>) -> BTreeSet<ReleaseNumber> {
    let written = seen.rows().iter().filter_map(|row| if let Row::Release(row) = row { Some(row.number) } else { None });
    seen.after.releases().map(|release| release.row.number).chain(written).collect()
}
