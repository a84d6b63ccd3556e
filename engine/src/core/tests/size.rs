//! An input costs what it touches, whatever the size of the plan.

use super::plan::{StageSpec, after_build, stage, wave};
use super::world::World;
use crate::core::row::ReleaseState;

fn targets(count: usize) -> Vec<&'static str> {
    (0..count).map(|i| -> &'static str { Box::leak(format!("prod/r{i}").into_boxed_str()) }).collect()
}

fn wide(count: usize) -> StageSpec {
    stage("prod").wave(wave("", &targets(count)).edit(|w| w.max_parallel = 10))
}

#[test]
fn a_wide_wave_comes_to_its_end() {
    let mut world = World::new();
    let release = world.push(&after_build(vec![wide(60)]));
    world.run();
    assert_eq!(world.state(release), ReleaseState::Completed);
}

#[test]
fn one_report_touches_few_rows_whatever_the_size_of_the_plan() {
    let rows = |count: usize| {
        let mut world = World::new();
        world.push(&after_build(vec![wide(count)]));
        world.succeed_all();
        let lease = world.lease("#1 prod/prod/r0/deploy");
        world.report(&lease, protocol::Outcome::Succeeded).expect("taken").rows.len()
    };
    assert_eq!(rows(20), rows(200));
}

/// `cargo test --release -p tidegate-engine --no-default-features -- handled_within --nocapture` prints the times.
#[test]
fn inputs_of_a_large_plan_are_handled_within_a_bound_that_shows_no_scan() {
    use crate::core::id::PipelineId;
    use crate::core::{Actor, Input, Pipeline, Settings};

    let plan = after_build(vec![wide(797)]);
    assert!(plan.nodes.len() > 3_900 && plan.nodes.len() <= 4_000, "{} nodes", plan.nodes.len());
    let mut pipeline = Pipeline::new(PipelineId("p".to_owned()), "large".to_owned(), Settings::default());
    let mut took = Vec::new();
    let mut give = |pipeline: &mut Pipeline, input: Input| {
        #[expect(clippy::disallowed_methods, reason = "the one test that measures")]
        let start = std::time::Instant::now();
        pipeline.handle(super::world::START, &Actor::Engine, input).expect("taken");
        took.push(start.elapsed());
    };
    give(&mut pipeline, Input::Admit(Box::new(super::world::admission(&plan, 1, "k"))));
    let mut tokens = 0;
    loop {
        let Some(queued) = pipeline.queued().next() else { break };
        tokens += 1;
        let token: protocol::LeaseToken = format!("t{tokens}").parse().expect("a token");
        let runner = "r".parse().expect("a runner");
        give(&mut pipeline, Input::Lease { attempt: queued.attempt.clone(), runner, token: token.clone(), lease_ms: 60_000 });
        let fence = pipeline.attempt(&queued.attempt).expect("leased").fence;
        let report = protocol::Report {
            fences: protocol::Fences { generation: protocol::Generation(1), attempt: queued.attempt, lease_token: token, fence },
            outcome: protocol::Outcome::Succeeded,
            outputs: std::collections::BTreeMap::new(),
            summary: String::new(),
            artifacts: Vec::new(),
            steps: Vec::new(),
            log_bytes: 0,
            log_digest: String::new(),
            log: None,
            log_times: Vec::new(),
        };
        give(&mut pipeline, Input::Report(Box::new(report)));
    }
    assert_eq!(pipeline.releases().next().map(|r| r.row.state), Some(ReleaseState::Completed));
    let admission = took.remove(0);
    let median = |kind: usize| {
        let mut of_kind: Vec<_> = took.iter().skip(kind).step_by(2).copied().collect();
        of_kind.sort();
        of_kind[of_kind.len() / 2]
    };
    let (leases, reports) = (median(0), median(1));
    println!("{} nodes: admission {admission:?}, {} inputs: median lease {leases:?}, report {reports:?}", plan.nodes.len(), took.len());
    // Unoptimised, and the median: what a busy machine takes away falls on few. An input that walked the plan would cost far more.
    let bound = std::time::Duration::from_millis(5);
    assert!(leases < bound && reports < bound, "lease {leases:?}, report {reports:?}");
}
