use std::collections::BTreeMap;

use super::{Fragment, Need};
use crate::plan::{
    AfterRollback, Lane, LanePolicy, Milestone, Node, NodeIx, NodeKind, Plan, RollbackPolicy, RollbackScope, Stage, StageIx, Wave, WaveIx,
};
use crate::show::Difference;

/// What is different from what the same job added last time, for whoever looks at the release.
#[must_use]
pub fn difference(pipeline: &str, stage: &str, previous: &Fragment, current: &Fragment) -> Difference {
    Difference::between(&plan_of(pipeline, stage, previous), &plan_of(pipeline, stage, current))
}

/// A plan that holds the fragment and nothing else.
fn plan_of(pipeline: &str, stage: &str, fragment: &Fragment) -> Plan {
    let home = StageIx(0);
    let wave = WaveIx { stage: home, wave: 0 };
    let milestone = |key: &str, milestone| Node {
        key: format!("{stage}/{key}"),
        stage: home,
        wave: None,
        target: None,
        needs: Vec::new(),
        kind: NodeKind::Milestone(milestone),
    };
    let mut nodes = vec![milestone("start", Milestone::StageStart), milestone("end", Milestone::StageEnd)];
    let mut of_key: BTreeMap<&str, NodeIx> = BTreeMap::new();
    for (job, at) in fragment.jobs.iter().zip(2_u32..) {
        let needs = job.needs.iter().filter_map(|need| match need {
            Need::Added(need) => Some(NodeIx(need + 2)),
            Need::There(key) => of_key.get(key.as_str()).copied(),
        });
        let needs = needs.collect();
        of_key.insert(&job.key, NodeIx(at));
        let kind = NodeKind::Job(Box::new(job.job.clone()));
        nodes.push(Node { key: job.key.clone(), stage: home, wave: Some(wave), target: None, needs, kind });
    }
    let (start, end) = (NodeIx(0), NodeIx(1));
    let lane = Lane { key: stage.to_owned(), policy: LanePolicy::Supersede };
    let wave = Wave {
        name: String::new(),
        lane,
        start,
        end,
        gates: Vec::new(),
        rollouts: Vec::new(),
        max_parallel: 0,
        at_least: None,
        alarms: Vec::new(),
        on_failure: Vec::new(),
        finally: Vec::new(),
    };
    let rollback = RollbackPolicy {
        scope: RollbackScope::Wave,
        on_alarm: true,
        on_failure: true,
        after: AfterRollback::Next,
        within_ms: 0,
        max_parallel: 0,
    };
    let own = Stage {
        name: stage.to_owned(),
        production: false,
        start,
        end,
        waves: vec![wave],
        rollback,
        notify: Vec::new(),
        on_failure: Vec::new(),
        finally: Vec::new(),
    };
    let (stages, more) = fragment.shifted(u32::try_from(nodes.len()).unwrap_or(u32::MAX), 1);
    nodes.extend(more);
    Plan {
        pipeline: pipeline.to_owned(),
        stages: std::iter::once(own).chain(stages).collect(),
        nodes,
        accounts: fragment.accounts.clone(),
        blocks: fragment.blocks.clone(),
        derived: fragment.derived.clone(),
        ..Plan::default()
    }
}
