use super::{Findings, Invariant, Seen};

/// An input may end a whole release: each of its nodes, and some rows and events beside each.
const PER_NODE: usize = 4;

pub(super) struct WorkIsBounded;

impl Invariant for WorkIsBounded {
    fn name(&self) -> &'static str {
        "bounded"
    }

    fn says(&self) -> &'static str {
        "an input costs what it touches: no row is written twice, and no more than all nodes of the releases in memory"
    }

    fn see(&mut self, seen: &Seen<'_>, found: &mut Findings) {
        let Ok(changes) = seen.outcome else { return };
        if changes.rows.len() < 32 && changes.events.len() < 32 {
            return;
        }
        let nodes: usize = seen.after.releases().map(|r| r.plan.nodes.len()).sum();
        let limit = 64 + PER_NODE * nodes;
        if changes.rows.len() > limit || changes.events.len() > limit || changes.effects.len() > limit {
            let (rows, events, effects) = (changes.rows.len(), changes.events.len(), changes.effects.len());
            found.broken("bounded", format!("{rows} rows, {events} events and {effects} effects follow one input; {limit} are granted"));
        }
    }
}
