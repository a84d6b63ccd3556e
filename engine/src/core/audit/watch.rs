use super::{Violation, report};
use crate::core::pipeline::Pipeline;

/// Every monitor that is watched has somebody who needs it, and who that is stands in its row.
pub(super) fn check(pipeline: &Pipeline, found: &mut Vec<Violation>) {
    for row in pipeline.watches.values() {
        let watchers = pipeline.index.watchers.get(&row.id).map_or(0, std::collections::BTreeSet::len);
        let named = row.watchers.len();
        report(
            found,
            "IE4",
            || format!("monitor {} is watched by {watchers}, its row names {named}", row.id),
            watchers == named && named > 0,
        );
    }
    for id in pipeline.index.watchers.keys() {
        report(found, "IC5", || format!("monitor {id} is needed, and nobody reads it"), pipeline.watches.contains_key(id));
    }
}
