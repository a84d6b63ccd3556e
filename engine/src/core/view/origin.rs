use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pipelines::plan::Plan;

use super::change_number;
use crate::core::Pipeline;

/// Per target of the newest plan the first change since which every plan has had it. A target that the oldest release in memory has is left
/// out: it has been there for longer than is remembered.
pub(super) fn first_changes(pipeline: &Pipeline) -> BTreeMap<String, u64> {
    let mut releases: Vec<_> = pipeline.releases().map(|release| (release.row.order, release.row.number, &release.plan)).collect();
    releases.sort_unstable_by_key(|(order, number, _)| std::cmp::Reverse((*order, *number)));
    let mut first = BTreeMap::new();
    let Some((newest, _, plan)) = releases.first().copied() else { return first };
    let mut open: BTreeSet<&str> = targets(plan).collect();
    let (mut since, mut before) = (newest, plan);
    for (order, _, plan) in releases.into_iter().skip(1) {
        // Most releases share the plan of the one before.
        if !Arc::ptr_eq(plan, before) {
            let has: BTreeSet<&str> = targets(plan).collect();
            let gone: Vec<&str> = open.difference(&has).copied().collect();
            for name in gone {
                open.remove(name);
                first.insert(name.to_owned(), change_number(since));
            }
        }
        (since, before) = (order, plan);
    }
    first
}

fn targets(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.waves().flat_map(|(_, _, wave)| &wave.rollouts).map(|rollout| rollout.target.as_str())
}
