//! Rules of the model that the plan must carry, each by its number.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::BTreeMap;

use pipelines::plan::{Class, GateCondition, Job, NodeIx, NodeKind, Plan, Purpose};
use pipelines::{Blocks, ExpandError, ExpandInput, SourceFile, compile, expand};

fn compiled(text: &str) -> pipelines::Pipeline {
    let source = SourceFile::new("pipeline.yaml", text);
    let (pipeline, diagnostics) = compile(&source, &Blocks::built_in());
    let rendered: String = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    pipeline.ok_or(rendered).unwrap()
}

fn plan(text: &str) -> Plan {
    expand(&compiled(text), &ExpandInput::default()).unwrap()
}

fn with(inputs: &[(&str, &str)]) -> ExpandInput {
    let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ExpandInput { inputs, ..ExpandInput::default() }
}

fn job(plan: &Plan, ix: NodeIx) -> &Job {
    let job = match &plan.node(ix).unwrap().kind {
        NodeKind::Job(job) => Some(job),
        NodeKind::Gate(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => None,
    };
    job.unwrap()
}

/// How much of the target runs the release after each increment.
fn percents(strategy: &str) -> Vec<u8> {
    let text =
        format!("name: x\nstages: [{{name: live, targets: [a], deploy: {{uses: shell/run, with: {{run: x}}, strategy: {strategy}}}}}]");
    let plan = plan(&text);
    let nodes = &plan.stages[0].waves[0].rollouts[0].nodes;
    let jobs = nodes.iter().map(|ix| job(&plan, *ix));
    jobs.filter_map(|job| match job.purpose {
        Purpose::Deploy { percent } => {
            assert_eq!(job.env["TIDEGATE_PERCENT"], percent.to_string());
            Some(percent)
        }
        _ => None,
    })
    .collect()
}

const TWO_WAVES: &str = "
name: x
triggers: {manual: {inputs: {reason: none, must: }}}
stages:
  - {name: build, jobs: [{name: package, steps: ['echo ${{ inputs.must }}'], artifacts: {app: dist}}]}
  - name: live
    production: true
    gates: [{approval: {from: [oncall]}}]
    deploy: {uses: process/in-place, with: {artifact: app}}
    waves: [{targets: [a]}, {targets: [b, c], gates: [{check: more}]}]
";

#[test]
fn p1_the_digest_of_a_plan_changes_with_its_inputs_and_its_file_and_with_nothing_else() {
    let pipeline = compiled(TWO_WAVES);
    let digest = |input: &ExpandInput| expand(&pipeline, input).unwrap().digest();
    assert_eq!(digest(&with(&[("must", "1")])), digest(&with(&[("must", "1"), ("reason", "none")])));
    assert_ne!(digest(&with(&[("must", "1")])), digest(&with(&[("must", "2")])));
    let other = compiled(&TWO_WAVES.replace("targets: [a]", "targets: [d]"));
    assert_ne!(digest(&with(&[("must", "1")])), expand(&other, &with(&[("must", "1")])).unwrap().digest());
    let commented = compiled(&format!("# a remark\n{TWO_WAVES}"));
    assert_eq!(digest(&with(&[("must", "1")])), expand(&commented, &with(&[("must", "1")])).unwrap().digest());
}

#[test]
fn p1_inputs_must_be_those_of_the_manual_trigger() {
    let pipeline = compiled(TWO_WAVES);
    assert_eq!(pipeline.inputs(), BTreeMap::from([("must", None), ("reason", Some("none"))]));
    assert_eq!(expand(&pipeline, &with(&[])), Err(ExpandError::MissingInput { name: "must".into() }));
    let unknown = ExpandError::UnknownInput { name: "mus".into(), known: vec!["must".into(), "reason".into()] };
    assert_eq!(expand(&pipeline, &with(&[("mus", "1")])), Err(unknown));
    assert_eq!(expand(&pipeline, &with(&[("must", "1")])).unwrap().inputs["reason"], "none");
}

#[test]
fn p1_a_block_that_is_not_the_locked_one_is_refused() {
    let pipeline = compiled(TWO_WAVES);
    let digest = Blocks::built_in().get("process/in-place").unwrap().digest().to_owned();
    let locked =
        |digest: &str| ExpandInput { locked: BTreeMap::from([("process/in-place".into(), digest.into())]), ..with(&[("must", "")]) };
    assert_eq!(expand(&pipeline, &locked(&digest)).unwrap().blocks["process/in-place"], digest);
    assert!(matches!(expand(&pipeline, &locked("sha256:0")), Err(ExpandError::BlockChanged { .. })));
}

#[test]
fn p2_the_artifact_that_a_block_names_is_laid_into_its_jobs() {
    let plan = expand(&compiled(TWO_WAVES), &with(&[("must", "")])).unwrap();
    let rollout = &plan.stages[1].waves[0].rollouts[0];
    for ix in [rollout.deployed, rollout.rollback] {
        assert_eq!(job(&plan, ix).artifacts_in.iter().map(|artifact| artifact.name.as_str()).collect::<Vec<_>>(), ["app"]);
    }
    assert!(job(&plan, rollout.inspect).artifacts_in.is_empty(), "what runs can be said without the artifact");
}

#[test]
fn l1_a_lane_belongs_to_a_wave_or_to_the_whole_stage() {
    let keys = |text: &str| {
        expand(&compiled(text), &with(&[("must", "")])).unwrap().stages[1]
            .waves
            .iter()
            .map(|wave| wave.lane.key.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(TWO_WAVES), ["live/wave-1", "live/wave-2"]);
    assert_eq!(keys(&format!("{TWO_WAVES}    lane: {{per: stage}}\n")), ["live", "live"]);
}

#[test]
fn g5_the_approval_of_a_stage_is_one_node_for_all_its_waves_and_not_by_oneself_in_production() {
    let plan = expand(&compiled(TWO_WAVES), &with(&[("must", "")])).unwrap();
    let [first, second] = &plan.stages[1].waves[..] else { panic!("two waves") };
    assert_eq!(first.gates[0], second.gates[0]);
    assert_eq!((first.gates.len(), second.gates.len()), (1, 2));
    let NodeKind::Gate(gate) = &plan.node(first.gates[0]).unwrap().kind else { panic!("a gate") };
    let GateCondition::Approval(approval) = &gate.condition else { panic!("an approval") };
    assert!(approval.no_self_approval);
    assert_eq!((approval.count, approval.expires_ms), (1, 7 * 24 * 60 * 60 * 1000));
}

#[test]
fn w1_a_wave_starts_after_the_end_of_the_one_before_and_a_stage_likewise() {
    let plan = expand(&compiled(TWO_WAVES), &with(&[("must", "")])).unwrap();
    let needs = |ix: NodeIx| plan.node(ix).unwrap().needs.clone();
    let [build, live] = &plan.stages[..] else { panic!("two stages") };
    assert_eq!(needs(live.start), [build.end]);
    assert_eq!(needs(live.waves[1].start), [live.waves[0].end]);
    assert_eq!(needs(live.waves[1].end), live.waves[1].rollouts.iter().map(|rollout| rollout.end).collect::<Vec<_>>());
    assert_eq!(needs(live.end), [live.waves[1].end]);
}

#[test]
fn w5_every_strategy_is_a_list_of_increments() {
    assert_eq!(percents("all_at_once"), [100]);
    assert_eq!(percents("in_place"), [100]);
    assert_eq!(percents("{canary: [1%, 25%]}"), [1, 25, 100]);
    assert_eq!(percents("{canary: [100%]}"), [100]);
    assert_eq!(percents("blue_green"), [0, 100, 100]);
    assert_eq!(percents("{rolling: {batches: 3}}"), [33, 66, 100]);
    assert_eq!(percents("{rolling: {batches: 1}}"), [100]);
    assert_eq!(percents("{rolling: {max_parallel: 100%}}"), [100]);
}

#[test]
fn w5_a_batch_of_a_rolling_strategy_is_never_larger_than_allowed() {
    for (strategy, most) in [("rolling".to_owned(), 33), ("{rolling: {}}".to_owned(), 33)]
        .into_iter()
        .chain((1..=100).map(|most| (format!("{{rolling: {{max_parallel: {most}%}}}}"), most)))
    {
        let percents = percents(&strategy);
        let batches = percents.iter().scan(0, |before, percent| Some(percent - std::mem::replace(before, *percent)));
        assert_eq!(percents.last(), Some(&100));
        assert!(batches.clone().all(|batch| batch <= most), "{strategy}: {percents:?}");
    }
}

#[test]
fn x5_a_rollback_has_no_gate_and_no_bake_and_keeps_its_health_check() {
    let plan = plan(
        "name: x\nstages: [{name: live, bake: 1h, gates: [{approval: true}], targets: [a], deploy: {uses: shell/run, with: {prepare: p, run: r, health: h, finish: f}}}]",
    );
    let rollout = &plan.stages[0].waves[0].rollouts[0];
    let steps: Vec<&str> = job(&plan, rollout.rollback).steps.iter().map(|step| step.run.as_str()).collect();
    assert_eq!(steps, ["p", "r", "h"]);
    assert!(plan.node(rollout.rollback).unwrap().needs.is_empty());
    assert!(!rollout.nodes.contains(&rollout.rollback) && !rollout.nodes.contains(&rollout.inspect));
}

#[test]
fn a2_what_touches_a_target_has_the_class_for_it_and_the_account_of_the_target() {
    let plan = plan(
        "name: x\naccounts: {prod: {id: '222222222222', role: r}}\nstages: [{name: live, jobs: [{steps: [j]}], before: [b], verify: [v], targets: [prod/eu], deploy: {uses: shell/run, with: {run: r}}}]",
    );
    for node in &plan.nodes {
        let NodeKind::Job(job) = &node.kind else { continue };
        let at_target = node.key.starts_with("live/prod/eu/");
        assert_eq!((job.class == Class::Target, job.account.as_deref() == Some("prod")), (at_target, at_target), "{}", node.key);
    }
}

#[test]
fn d4_a_plan_has_at_most_4000_nodes() {
    let text = |targets: usize| {
        let targets: Vec<String> = (0..targets).map(|target| format!("t{target}")).collect();
        format!("name: x\nstages: [{{name: live, targets: [{}], deploy: {{uses: shell/run, with: {{run: r}}}}}}]", targets.join(", "))
    };
    // Four nodes of the stage and its wave, five of each target.
    let most = (4000 - 4) / 5;
    assert_eq!(plan(&text(most)).nodes.len(), 4 + most * 5);
    let source = SourceFile::new("x", text(most + 1));
    let (pipeline, diagnostics) = compile(&source, &Blocks::built_in());
    assert!(pipeline.is_none());
    assert_eq!(diagnostics[0].message, "the plan would have 4004 nodes");
}
