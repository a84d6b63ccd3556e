//! Rules D1 to D6 as far as they are about values: what a job prints or uploads, and what a plan becomes by it.
//!
//! `tests/fixtures/fragments/base.yaml` is the pipeline; its job `build/generate` adds what the other files of that folder hold.
//! `UPDATE=1 cargo test` writes the expected files beside them anew.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pipelines::dynamic::{
    Fragment, Index, Joining, MAX_ADDED, MatrixError, Origin, SpliceError, Spliced, compile_fragment, difference, expand_matrix, splice,
};
use pipelines::expression::Context;
use pipelines::plan::{Adds, NodeIx, NodeKind, Plan, StageIx};
use pipelines::{Blocks, Environment, ExpandInput, SourceFile, compile_in, expand, show};
use proptest::prelude::*;
use serde_json::json;

fn environment() -> Environment {
    Environment { splices: true, ..Environment::of_blocks(&Blocks::built_in()) }
}

fn plan_of(text: &str) -> Plan {
    let source = SourceFile::new("pipeline.yaml", text);
    let (pipeline, diagnostics) = compile_in(&source, &environment());
    let rendered: String = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
    expand(&pipeline.ok_or(rendered).unwrap(), &ExpandInput::default()).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fragments")
}

fn base() -> Plan {
    plan_of(&fs::read_to_string(folder().join("base.yaml")).unwrap())
}

fn node(plan: &Plan, key: &str) -> NodeIx {
    let at = plan.nodes.iter().position(|node| node.key == key).ok_or_else(|| format!("no node {key}")).unwrap();
    NodeIx(u32::try_from(at).unwrap())
}

fn needs(plan: &Plan, key: &str) -> Vec<String> {
    let needs = &plan.node(node(plan, key)).unwrap().needs;
    let mut keys: Vec<String> = needs.iter().map(|need| plan.node(*need).unwrap().key.clone()).collect();
    keys.sort();
    keys
}

fn fragment(plan: &Plan, by: &str, text: &str) -> Result<Fragment, String> {
    let source = SourceFile::new("printed by the job", text);
    let (fragment, diagnostics) = compile_fragment(&source, &Joining { plan, by: node(plan, by) }, &environment());
    fragment.ok_or_else(|| diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect())
}

/// A release on its way: its plan, and what has begun.
struct Release {
    plan: Plan,
    begun: BTreeSet<NodeIx>,
}

impl Release {
    /// Everything before `build/generate` has ended, and it runs.
    fn new() -> Self {
        let plan = base();
        let begun = ["build/start", "build/wave/start", "build/lint", "build/generate"].map(|key| node(&plan, key));
        Self { plan, begun: BTreeSet::from(begun) }
    }

    fn begin(&mut self, key: &str) {
        let ix = node(&self.plan, key);
        self.begun.insert(ix);
    }

    fn add(&mut self, by: &str, attempt: u32, text: &str) -> Result<Spliced, SpliceError> {
        let fragment = fragment(&self.plan, by, text).unwrap();
        self.add_compiled(by, attempt, &fragment)
    }

    fn add_compiled(&mut self, by: &str, attempt: u32, fragment: &Fragment) -> Result<Spliced, SpliceError> {
        let before = self.plan.clone();
        let index = Index::of(&self.plan, self.begun.clone());
        let spliced = splice(&mut self.plan, fragment, Origin { by: node(&before, by), attempt }, &index);
        if spliced.is_err() {
            assert_eq!(self.plan, before, "a refused addition changes nothing");
        }
        sound(&self.plan);
        spliced
    }

    fn keys(&self, nodes: &[NodeIx]) -> Vec<&str> {
        nodes.iter().map(|ix| self.plan.node(*ix).unwrap().key.as_str()).collect()
    }
}

/// What holds for every plan, whatever was added.
fn sound(plan: &Plan) {
    let keys: BTreeSet<&str> = plan.nodes.iter().map(|node| node.key.as_str()).collect();
    assert_eq!(keys.len(), plan.nodes.len(), "keys are unique");
    let mut edges = Vec::new();
    for (node, at) in plan.nodes.iter().zip(0..) {
        edges.extend(node.needs.iter().map(|need| (need.0 as usize, at)));
        let distinct: BTreeSet<&NodeIx> = node.needs.iter().collect();
        assert_eq!(distinct.len(), node.needs.len(), "{} needs something twice", node.key);
        assert!(node.needs.iter().all(|need| plan.node(*need).is_some()), "{}", node.key);
    }
    pipelines::graph::order(plan.nodes.len(), &edges).unwrap();
    let stored: Plan = serde_json::from_str(&serde_json::to_string(plan).unwrap()).unwrap();
    assert_eq!(stored, *plan, "the plan is the same after it was stored");
    for (_, stage) in plan.stages_on_path() {
        assert_eq!(plan.node(stage.start).unwrap().key, format!("{}/start", stage.name));
    }
}

const UNIT: &str = "jobs: [{name: unit, steps: [make unit]}]";

#[test]
fn every_fragment_makes_what_stands_beside_it() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    let mut paths: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "yaml") && !path.ends_with("base.yaml")) {
        seen += 1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut release = Release::new();
        let found = match fragment(&release.plan, "build/generate", &fs::read_to_string(path).unwrap()) {
            Ok(fragment) => {
                assert!(!name.starts_with("bad"), "{name} compiles");
                release.add_compiled("build/generate", 1, &fragment).unwrap();
                let mut out = show::text(&release.plan);
                out.push_str("\nneeds\n");
                for node in &release.plan.nodes {
                    writeln!(out, "  {} <- {}", node.key, needs(&release.plan, &node.key).join(", ")).unwrap();
                }
                out
            }
            Err(rendered) => {
                assert!(name.starts_with("bad"), "{name}:\n{rendered}");
                rendered
            }
        };
        let expected = path.with_extension("txt");
        #[expect(clippy::disallowed_methods, reason = "the switch that writes expected files anew")]
        if std::env::var("UPDATE").is_ok() {
            fs::write(&expected, &found).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{} is another one (UPDATE=1 writes it anew):\n{found}", expected.display()));
        }
    }
    assert!(seen >= 6 && wrong.is_empty(), "{seen} fragments\n{}", wrong.join("\n"));
}

#[test]
fn d1_what_is_added_runs_after_the_job_and_before_whoever_waited_for_it() {
    let mut release = Release::new();
    let spliced = release.add("build/generate", 1, "jobs: [{name: a, steps: [a]}, {name: b, needs: [a, lint], steps: [b]}]").unwrap();
    assert_eq!(release.keys(&spliced.added), ["build/a", "build/b"]);
    assert_eq!(needs(&release.plan, "build/a"), ["build/generate"]);
    assert_eq!(needs(&release.plan, "build/b"), ["build/a", "build/generate", "build/lint"]);
    assert_eq!(needs(&release.plan, "build/package"), ["build/b", "build/generate"]);
    assert_eq!(release.keys(&spliced.waiting), ["build/package"]);
}

#[test]
fn d1_stages_stand_on_the_path_right_after_the_stage_of_the_job() {
    let mut release = Release::new();
    let stage = |name: &str| format!("stages: [{{name: {name}, jobs: [{{name: test, steps: [x]}}]}}]");
    let spliced = release.add("build/generate", 1, &stage("first")).unwrap();
    assert_eq!((spliced.stages.clone(), spliced.grown.is_empty()), (vec![StageIx(2)], true));
    release.add("build/generate", 1, &stage("second")).unwrap();
    let path: Vec<&str> = release.plan.stages_on_path().map(|(_, stage)| stage.name.as_str()).collect();
    assert_eq!(path, ["build", "first", "second", "prod"]);
    assert_eq!(needs(&release.plan, "first/start"), ["build/end"]);
    assert_eq!(needs(&release.plan, "second/start"), ["first/end"]);
    assert_eq!(needs(&release.plan, "prod/start"), ["second/end"]);
    let waves: Vec<&str> = release.plan.waves().map(|(_, stage, _)| stage.name.as_str()).collect();
    assert_eq!(waves, ["build", "first", "second", "prod"]);
}

#[test]
fn d1_a_job_outside_of_the_path_adds_nothing() {
    let plan = base();
    let error = fragment(&plan, "prod/prod/eu-west-1/rollback", UNIT).unwrap_err();
    assert!(error.contains("nobody would wait for what it adds"), "{error}");
}

#[test]
fn d1_a_matrix_from_an_output_becomes_its_jobs_when_the_output_is_known() {
    let text = "name: x\nstages: [{name: build, jobs: [{name: list, steps: [x]}, {name: test, needs: [list], max_parallel: 2, \
                matrix: {os: [linux, macos], version: '${{ needs.list.outputs.versions }}', exclude: [{os: macos, version: '1'}]}, \
                steps: ['t ${{ matrix.os }} ${{ matrix.version }}']}, {name: done, needs: [test], steps: [y]}]}]";
    let mut plan = plan_of(text);
    let ix = node(&plan, "build/test");
    let NodeKind::Job(job) = &plan.node(ix).unwrap().kind else { panic!("a job") };
    let Some(Adds::Matrix(matrix)) = job.adds.clone() else { panic!("a matrix") };
    let context =
        |versions: &str| Context::new().with("needs", json!({"list": {"result": "succeeded", "outputs": {"versions": versions}}}));
    let fragment = expand_matrix("build", &matrix, &context(r#"["1", 2]"#)).unwrap();
    assert_eq!(fragment, expand_matrix("build", &matrix, &context(r#"["1", 2]"#)).unwrap(), "equal values, equal fragment");
    let keys: Vec<&str> = fragment.jobs.iter().map(|job| job.key.as_str()).collect();
    assert_eq!(keys, ["build/test-linux-1", "build/test-linux-2", "build/test-macos-2"]);
    assert_eq!(fragment.jobs[2].job.steps[0].run, "t macos 2");
    assert_eq!(fragment.jobs[2].job.parallel.as_ref().map(|parallel| (parallel.group.as_str(), parallel.limit)), Some(("build/test", 2)));
    let begun = BTreeSet::from(["build/start", "build/wave/start", "build/list", "build/test"].map(|key| node(&plan, key)));
    let index = Index::of(&plan, begun);
    splice(&mut plan, &fragment, Origin { by: ix, attempt: 1 }, &index).unwrap();
    sound(&plan);
    assert_eq!(needs(&plan, "build/done").len(), 4);

    let unreadable = |versions: &str| expand_matrix("build", &matrix, &context(versions)).unwrap_err().to_string();
    assert_eq!(unreadable("1, 2"), "the matrix of `test` cannot be read: the value is not JSON: trailing characters at line 1 column 2");
    assert_eq!(unreadable(r#"{"a": 1}"#), "the matrix of `test` cannot be read: the value of `version` is not a list");
    assert_eq!(unreadable("[[]]"), "the matrix of `test` cannot be read: `version` has a value that is no text, number or boolean");
    let many: Vec<u32> = (0..200).collect();
    assert_eq!(
        expand_matrix("build", &matrix, &context(&json!(many).to_string())),
        Err(MatrixError::TooMany { job: "test".into(), count: 399 })
    );
    let million: Vec<u32> = (0..500_000).collect();
    assert!(matches!(
        expand_matrix("build", &matrix, &context(&json!(million).to_string())),
        Err(MatrixError::TooMany { count: 1_000_000, .. })
    ));
    assert_eq!(expand_matrix("build", &matrix, &context("[]")), Err(MatrixError::Empty { job: "test".into() }));
}

#[test]
fn d2_the_same_upload_twice_changes_nothing() {
    let mut release = Release::new();
    let text = fs::read_to_string(folder().join("jobs-and-stages.yaml")).unwrap();
    let fragment = fragment(&release.plan, "build/generate", &text).unwrap();
    assert!(!release.add_compiled("build/generate", 1, &fragment).unwrap().is_empty());
    let once = release.plan.clone();
    for attempt in [1, 2] {
        let again = release.add_compiled("build/generate", attempt, &fragment).unwrap();
        assert!(again.is_empty() && release.plan == once, "attempt {attempt}: {again:?}");
    }
    // Compiled against the plan that has it already, it is the same too.
    assert!(release.add("build/generate", 1, &text).unwrap().is_empty());
}

#[test]
fn d2_the_same_upload_is_no_clash_when_a_job_of_it_has_added_more() {
    let mut release = Release::new();
    release.add("build/generate", 1, "jobs: [{name: a, steps: [a]}, {name: b, needs: [a], steps: [b]}]").unwrap();
    release.begin("build/a");
    release.add("build/a", 1, "jobs: [{name: c, steps: [c]}]").unwrap();
    assert_eq!(needs(&release.plan, "build/b"), ["build/a", "build/c", "build/generate"]);
    assert!(release.add("build/generate", 1, "jobs: [{name: a, steps: [a]}, {name: b, needs: [a], steps: [b]}]").unwrap().is_empty());
}

#[test]
fn d2_other_content_under_a_key_is_refused() {
    let mut release = Release::new();
    release.add("build/generate", 1, UNIT).unwrap();
    let clash = |key: &str| Err(SpliceError::Clash { key: key.to_owned() });
    assert_eq!(release.add("build/generate", 1, "jobs: [{name: unit, steps: [make other]}]"), clash("build/unit"));
    assert_eq!(release.add("build/generate", 1, "jobs: [{name: report, steps: [x]}]"), clash("build/report"));
    release.add("build/generate", 1, "stages: [{name: s, jobs: [{steps: [x]}]}]").unwrap();
    let other = release.add("build/generate", 1, "stages: [{name: s, jobs: [{steps: [y]}]}]");
    assert_eq!(other, Err(SpliceError::StageClash { stage: "s".into() }));
    let known = release.add("build/generate", 1, "stages: [{name: prod, jobs: [{steps: [x]}]}]");
    assert_eq!(known, Err(SpliceError::StageClash { stage: "prod".into() }));
}

#[test]
fn d2_another_job_may_not_add_under_a_key_that_is_taken() {
    let mut release = Release::new();
    release.add("build/generate", 1, "jobs: [{name: a, steps: [a]}, {name: b, steps: [b]}]").unwrap();
    release.begin("build/a");
    assert_eq!(release.add("build/a", 1, "jobs: [{name: b, steps: [b]}]"), Err(SpliceError::Clash { key: "build/b".into() }));
}

#[test]
fn d2_two_uploads_of_one_job_add_up() {
    let mut release = Release::new();
    release.add("build/generate", 1, UNIT).unwrap();
    release.add("build/generate", 1, "jobs: [{name: e2e, needs: [unit], steps: [make e2e]}]").unwrap();
    assert_eq!(needs(&release.plan, "build/e2e"), ["build/generate", "build/unit"]);
    assert_eq!(needs(&release.plan, "build/package"), ["build/e2e", "build/generate", "build/unit"]);
    assert_eq!(release.plan.added.len(), 2);
}

#[test]
fn d2_a_target_or_an_artifact_that_is_there_is_not_added_again() {
    let mut release = Release::new();
    let target = "stages: [{name: s, targets: [prod/eu-west-1], deploy: {uses: shell/run, with: {run: x}}}]";
    assert_eq!(release.add("build/generate", 1, target), Err(SpliceError::TargetClash { target: "prod/eu-west-1".into() }));
    let artifact = release.add("build/generate", 1, "jobs: [{name: a, steps: [x], artifacts: {app: dist}}]");
    assert_eq!(artifact, Err(SpliceError::ArtifactClash { artifact: "app".into(), key: "build/package".into() }));
}

#[test]
fn d3_only_what_is_not_queued_is_replaced() {
    let replace = "jobs: [{name: report, replace: true, steps: [make other]}]";
    let mut release = Release::new();
    let before = needs(&release.plan, "build/report");
    let spliced = release.add("build/generate", 1, replace).unwrap();
    assert_eq!((release.keys(&spliced.replaced), spliced.added.is_empty(), spliced.waiting.is_empty()), (vec!["build/report"], true, true));
    assert!(before.iter().all(|key| needs(&release.plan, "build/report").contains(key)), "it waits for what it waited for");
    assert_eq!(spliced.grown, BTreeSet::from([StageIx(0)]), "approvals of the stage are void (G6)");

    let mut release = Release::new();
    assert_eq!(
        release.add("build/generate", 1, "jobs: [{name: lint, replace: true, steps: [x]}]"),
        Err(SpliceError::Begun { key: "build/lint".into() })
    );
    assert_eq!(
        release.add("build/generate", 1, "jobs: [{name: generate, replace: true, steps: [x]}]"),
        Err(SpliceError::NotReplaceable { key: "build/generate".into() })
    );
}

#[test]
fn d3_an_upload_that_races_the_end_of_its_job_comes_too_late_once_others_have_begun() {
    let mut release = Release::new();
    release.begin("build/package");
    assert_eq!(release.add("build/generate", 1, UNIT), Err(SpliceError::TooLate { by: "build/generate".into() }));
}

/// As where one target of `at_least: 1` still runs, and the release has gone on.
#[test]
fn d3_a_stage_comes_too_late_once_the_stage_that_would_follow_it_has_begun() {
    let load = "stages: [{name: load, jobs: [{steps: [make load]}]}]";
    let mut release = Release::new();
    release.begin("prod/start");
    assert_eq!(release.add("build/generate", 1, load), Err(SpliceError::TooLate { by: "build/generate".into() }));
    let mut release = Release::new();
    let spliced = release.add("build/generate", 1, load).unwrap();
    let (end, next) = (node(&release.plan, "build/end"), node(&release.plan, "prod/start"));
    assert_eq!(spliced.freed, [(end, next)], "the stage after it waits for it, and no longer for the stage before");
    assert_eq!(spliced.gained, [(node(&release.plan, "load/end"), next)]);
}

#[test]
fn d3_a_later_attempt_takes_back_what_an_earlier_one_added() {
    let mut release = Release::new();
    release.add("build/generate", 1, "jobs: [{name: a, steps: [a]}, {name: b, steps: [b]}]").unwrap();
    let spliced = release.add("build/generate", 2, "jobs: [{name: b, steps: [other]}, {name: c, steps: [c]}]").unwrap();
    assert_eq!(release.keys(&spliced.withdrawn), ["build/a"]);
    assert_eq!(release.keys(&spliced.replaced), ["build/b"]);
    assert_eq!(release.keys(&spliced.added), ["build/c"]);
    let NodeKind::Job(job) = &release.plan.node(node(&release.plan, "build/a")).unwrap().kind else { panic!("a job") };
    assert_eq!(job.condition.as_deref(), Some("false"), "it counts as satisfied (D5)");
    // The next upload of that attempt brings it back.
    let spliced = release.add("build/generate", 2, "jobs: [{name: a, steps: [a]}]").unwrap();
    assert_eq!(release.keys(&spliced.replaced), ["build/a"]);
    assert!(spliced.withdrawn.is_empty());
    let NodeKind::Job(job) = &release.plan.node(node(&release.plan, "build/a")).unwrap().kind else { panic!("a job") };
    assert_eq!(job.condition, None);
}

#[test]
fn d3_no_circle_is_closed() {
    let mut release = Release::new();
    let error = release.add("build/generate", 1, "jobs: [{name: a, needs: [report], steps: [a]}]").unwrap_err();
    assert_eq!(error.to_string(), "jobs would wait for each other in a circle: build/package → build/a → build/report → build/package");
    let replaced = "jobs: [{name: report, replace: true, needs: [a], steps: [r]}, {name: a, needs: [], steps: [a]}]";
    release.add("build/generate", 1, replaced).unwrap();
    assert_eq!(needs(&release.plan, "build/report"), ["build/a", "build/generate", "build/package"]);
}

#[test]
fn d4_an_upload_beyond_its_limit_is_refused_and_says_which() {
    let mut release = Release::new();
    let jobs = |count: usize| (0..count).fold(String::from("jobs:\n"), |text, at| format!("{text}  - {{name: j{at}, steps: [x]}}\n"));
    assert_eq!(release.add("build/generate", 1, &jobs(MAX_ADDED)).unwrap().added.len(), MAX_ADDED);
    let error = fragment(&release.plan, "build/generate", &jobs(MAX_ADDED + 1)).unwrap_err();
    assert!(error.contains("it adds 501 nodes (D4)") && error.contains("at most 500 in one upload"), "{error}");
    let more =
        |from: usize| (from..from + 500).fold(String::from("jobs:\n"), |text, at| format!("{text}  - {{name: k{at}, steps: [x]}}\n"));
    for round in 0..6 {
        release.add("build/generate", 1, &more(round * 500)).unwrap();
    }
    let error = fragment(&release.plan, "build/generate", &more(9000)).unwrap_err();
    assert!(error.contains("at most 4000 in a release"), "{error}");
}

#[test]
fn d4_additions_nest_two_deep() {
    let mut release = Release::new();
    release.add("build/generate", 1, "jobs: [{name: one, steps: [x]}]").unwrap();
    release.begin("build/one");
    release.add("build/one", 1, "jobs: [{name: two, steps: [x]}]").unwrap();
    assert_eq!(release.plan.added.iter().map(|addition| addition.depth).collect::<Vec<_>>(), [1, 2]);
    let error = fragment(&release.plan, "build/two", UNIT).unwrap_err();
    assert!(error.contains("depth 2 is the limit (D4)"), "{error}");
}

#[test]
fn d5_an_unknown_key_is_an_error_and_a_false_condition_is_one_of_the_job() {
    let release = Release::new();
    let error = fragment(&release.plan, "build/generate", "jobs: [{name: a, needs: [nowhere], steps: [x]}]").unwrap_err();
    assert!(error.contains("this stage has no job `nowhere`"), "{error}");
    let fragment = fragment(&release.plan, "build/generate", "jobs: [{name: a, if: 'false', steps: [x]}]").unwrap();
    assert_eq!(fragment.jobs[0].job.condition.as_deref(), Some("false"));
}

#[test]
fn g6_a_stage_that_grows_is_named_and_others_are_not() {
    let mut release = Release::new();
    assert_eq!(release.add("build/generate", 1, UNIT).unwrap().grown, BTreeSet::from([StageIx(0)]));
    let stage = release.add("build/generate", 1, "stages: [{name: s, jobs: [{steps: [x]}]}]").unwrap();
    assert_eq!((stage.grown, stage.stages), (BTreeSet::new(), vec![StageIx(2)]));
}

#[test]
fn p1_the_plan_of_a_release_keeps_its_digest_until_something_is_added() {
    let mut release = Release::new();
    let digest = release.plan.digest();
    assert_eq!(Release::new().plan.digest(), digest);
    release.add("build/generate", 1, UNIT).unwrap();
    assert_ne!(release.plan.digest(), digest);
    // The same additions in the same order make the same plan.
    let mut other = Release::new();
    other.add("build/generate", 1, UNIT).unwrap();
    assert_eq!(other.plan, release.plan);
}

#[test]
fn the_difference_from_the_last_time_names_jobs_and_stages() {
    let plan = base();
    let old = fragment(&plan, "build/generate", "jobs: [{name: a, steps: [a]}, {name: b, steps: [b]}]").unwrap();
    let new =
        fragment(&plan, "build/generate", "jobs: [{name: a, steps: [other]}]\nstages: [{name: s, jobs: [{name: t, steps: [x]}]}]").unwrap();
    insta::assert_snapshot!(difference("shop", "build", &old, &new).text(), @"
    pipeline shop: 3 changes
     ~ job a in build
         steps.1.run: a → other
     - job b in build
     + stage s
    ");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_uploaded_in_whatever_order_the_plan_stays_sound(
        uploads in prop::collection::vec((1_u32..3, prop::collection::vec((0_u8..5, prop::collection::vec(0_u8..7, 0..3), any::<bool>(), 0_u8..2), 1..4)), 1..5),
        begun in prop::sample::select(vec!["", "build/package"]),
    ) {
        let mut release = Release::new();
        if !begun.is_empty() {
            release.begin(begun);
        }
        for (attempt, jobs) in uploads {
            let mut text = String::from("jobs:\n");
            let names: BTreeSet<u8> = jobs.iter().map(|job| job.0).collect();
            for (name, needs, replace, content) in &jobs {
                let needs: Vec<String> = needs.iter().map(|need| match need {
                    5 => "report".to_owned(),
                    6 => "package".to_owned(),
                    need => format!("j{need}"),
                }).collect();
                writeln!(text, "  - {{name: j{name}, needs: [{}], replace: {replace}, steps: ['{content}']}}", needs.join(", ")).unwrap();
            }
            if names.len() == jobs.len()
                && let Ok(fragment) = fragment(&release.plan, "build/generate", &text)
            {
                // `add_compiled` checks that the plan is sound, and unchanged by what is refused.
                let first = release.add_compiled("build/generate", attempt, &fragment);
                if first.is_ok() {
                    prop_assert!(release.add_compiled("build/generate", attempt, &fragment).unwrap().is_empty(), "the same twice");
                }
            }
        }
    }
}
