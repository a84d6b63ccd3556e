use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::core::id::{PersonId, PipelineId, ReleaseNumber, SourceOrder};
use engine::core::input::{Admission, Revision};
use engine::core::row::ReleaseState;
use engine::core::{Actor, Input, Pipeline, Settings, Time, Trust};
use pipelines::plan::Plan;
use pipelines::{Blocks, ExpandInput, MAX_NODES, SourceFile, compile, expand};
use protocol::{Fences, LeaseToken, RunnerId};

use super::distribution::{Distribution, readable};
use super::runner_client::succeeded;
use super::stopwatch::time;
use super::{Figure, Result};

const REPEATS: usize = 20;
const WAVES: usize = 8;
const EXPAND_GOAL: Duration = Duration::from_millis(50);
const INPUT_GOAL: Duration = Duration::from_micros(200);
const LEASE_MS: u64 = 60_000;

pub(super) fn measure() -> Result<Vec<Figure>> {
    let library = Blocks::built_in();
    let large_text = largest(&library)?;
    let (compiled, expanded, large) = compile_and_expand(&large_text, &library)?;
    let (_, _, small) = compile_and_expand(&file(1), &library)?;
    let (large, small) = (Arc::new(large), Arc::new(small));
    let of_large = Handled::of(&large, 1)?;
    // As many inputs as the large plan takes, on many releases of the small one.
    let of_small = Handled::of(&small, large.nodes.len() / small.nodes.len())?;

    let nodes = large.nodes.len();
    let mut figures = vec![
        Figure::new(
            &format!("expand {nodes} nodes"),
            expanded.text(),
            &format!("{REPEATS} times `expand` of a compiled file of {WAVES} waves of targets with process/in-place"),
        )
        .goal("≤ 50 ms", expanded.percentile(50) <= EXPAND_GOAL)
        .floor(format!("serde_json of the plan {}", readable(time(|| serde_json::to_vec(large.as_ref())).0))),
        Figure::new(
            "compile the same file",
            compiled.text(),
            &format!(
                "{REPEATS} times `compile` of its {} KiB of text, diagnostics and the check of its size included",
                large_text.len() / 1024
            ),
        ),
    ];
    figures.push(of_large.figure(&format!("core input, {nodes} nodes"), &of_small, small.nodes.len()));
    figures.push(of_small.figure(&format!("core input, {} nodes", small.nodes.len()), &of_small, small.nodes.len()));
    figures.push(Figure::new(
        &format!("admit {nodes} nodes"),
        readable(of_large.admission),
        "the one input that brings the whole plan in, once for each release; it is not among the inputs above",
    ));
    Ok(figures)
}

/// How long the core took for every input of releases from their admission to their completion.
struct Handled {
    admission: Duration,
    kinds: BTreeMap<&'static str, Vec<Duration>>,
}

impl Handled {
    fn of(plan: &Arc<Plan>, releases: usize) -> Result<Self> {
        let mut handled = Self { admission: Duration::ZERO, kinds: BTreeMap::new() };
        let mut core = Core { pipeline: Pipeline::new(PipelineId("p".to_owned()), "large".to_owned(), Settings::default()), now: Time(0) };
        for release in 1..=releases as u64 {
            handled.admission = core.give("admit", Input::Admit(Box::new(admission(plan, release))))?.0;
            handled.complete(&mut core, release)?;
        }
        Ok(handled)
    }

    /// Runs whatever is queued until nothing is, and lets time pass where only time helps.
    fn complete(&mut self, core: &mut Core, release: u64) -> Result<()> {
        let runner: RunnerId = "bench".parse()?;
        loop {
            let next = core.pipeline.queued().next();
            let Some(queued) = next else {
                match core.pipeline.next_deadline() {
                    Some(at) if core.pipeline.release(ReleaseNumber(release)).is_some_and(|r| r.row.state == ReleaseState::Moving) => {
                        core.now = core.now.max(at);
                        self.record(core.give("tick", Input::Tick)?);
                        continue;
                    }
                    _ => break,
                }
            };
            let token: LeaseToken = format!("t{}", self.kinds.get("lease").map_or(0, Vec::len)).parse()?;
            let lease = Input::Lease { attempt: queued.attempt.clone(), runner: runner.clone(), token: token.clone(), lease_ms: LEASE_MS };
            self.record(core.give("lease", lease)?);
            let fence = core.pipeline.attempt(&queued.attempt).and_then(|row| row.fence);
            let generation = core.pipeline.settings().generation;
            let fences = Fences { generation, attempt: queued.attempt, lease_token: token, fence };
            let heartbeat = Input::Heartbeat { fences: fences.clone(), lease_ms: LEASE_MS, steps: Vec::new() };
            self.record(core.give("heartbeat", heartbeat)?);
            self.record(core.give("report", Input::Report(Box::new(succeeded(fences))))?);
            self.record(core.give("tick", Input::Tick)?);
        }
        // A completed release may have been forgotten already; one that stands still has not.
        match core.pipeline.release(ReleaseNumber(release)).map(|found| found.row.state) {
            None | Some(ReleaseState::Completed) => Ok(()),
            Some(state) => Err(format!("release {release} came to rest as {state:?}").into()),
        }
    }

    fn record(&mut self, (took, kind): (Duration, &'static str)) {
        self.kinds.entry(kind).or_default().push(took);
    }

    fn figure(&self, name: &str, small: &Self, small_nodes: usize) -> Figure {
        let all = Distribution::new(self.kinds.values().flatten().copied().collect());
        let small = Distribution::new(small.kinds.values().flatten().copied().collect());
        let kinds: Vec<String> =
            self.kinds.iter().map(|(kind, took)| format!("{kind} {}", Distribution::new(took.clone()).text())).collect();
        Figure::new(
            name,
            format!("{}, max {}", all.text(), readable(all.largest())),
            &format!("{} times `Pipeline::handle` of releases that run to their end: {}", all.count(), kinds.join("; ")),
        )
        .goal("p99 ≤ 200 µs", all.percentile(99) <= INPUT_GOAL)
        .floor(format!("{small_nodes} nodes: {}", small.text()))
    }
}

struct Core {
    pipeline: Pipeline,
    now: Time,
}

impl Core {
    fn give(&mut self, kind: &'static str, input: Input) -> Result<(Duration, &'static str)> {
        self.now = self.now + 1;
        let (took, changes) = time(|| self.pipeline.handle(self.now, &Actor::Engine, input));
        changes.map_err(|rejected| format!("{kind}: {rejected}"))?;
        Ok((took, kind))
    }
}

fn admission(plan: &Arc<Plan>, position: u64) -> Admission {
    let revision = Revision {
        source: "main".to_owned(),
        commit: format!("{position:040}"),
        reference: "main".to_owned(),
        title: format!("change {position}"),
        author: "a".to_owned(),
        committed_at: Time(0),
    };
    Admission {
        revisions: vec![revision],
        order: SourceOrder { epoch: 0, position },
        plan: Arc::clone(plan),
        digest: format!("digest-{position}"),
        inputs: BTreeMap::new(),
        trust: Trust::Branch,
        trigger: "push".to_owned(),
        involved: vec![PersonId("u-ada".to_owned())],
        key: format!("key-{position}"),
    }
}

/// The file with as many targets as a plan may have nodes for.
fn largest(library: &Blocks) -> Result<String> {
    let nodes = |targets: usize| compile_and_expand_once(&file(targets), library).map(|(_, _, plan)| plan.nodes.len());
    let (one, two) = (nodes(WAVES)?, nodes(2 * WAVES)?);
    let (base, each) = (2 * one - two, (two - one) / WAVES);
    Ok(file((MAX_NODES - base) / each / WAVES * WAVES))
}

/// A pipeline that builds once and deploys to this many targets in up to eight waves.
fn file(targets: usize) -> String {
    let mut text =
        "name: wide\nstages:\n  - name: build\n    jobs:\n      - {name: package, steps: [make], artifacts: {app: dist/app}}\n  \
                    - name: prod\n    deploy: {uses: process/in-place, with: {artifact: app, port: 8080, health: /healthz}}\n    \
                    max_parallel: 10\n    waves:\n"
            .to_owned();
    let names: Vec<String> = (0..targets).map(|target| format!("prod/t{target}")).collect();
    for wave in names.chunks(targets.div_ceil(WAVES)) {
        text.push_str(&format!("      - {{targets: [{}]}}\n", wave.join(", ")));
    }
    text
}

fn compile_and_expand(text: &str, library: &Blocks) -> Result<(Distribution, Distribution, Plan)> {
    let mut took = (Vec::new(), Vec::new());
    let mut digests = BTreeSet::new();
    for _ in 1..REPEATS {
        let (compiled, expanded, plan) = compile_and_expand_once(text, library)?;
        took.0.push(compiled);
        took.1.push(expanded);
        digests.insert(plan.digest());
    }
    let (compiled, expanded, plan) = compile_and_expand_once(text, library)?;
    took.0.push(compiled);
    took.1.push(expanded);
    digests.insert(plan.digest());
    match digests.len() {
        1 => Ok((Distribution::new(took.0), Distribution::new(took.1), plan)),
        many => Err(format!("the same file gave {many} plans").into()),
    }
}

fn compile_and_expand_once(text: &str, library: &Blocks) -> Result<(Duration, Duration, Plan)> {
    let source = SourceFile::new(".tidegate/pipeline.yaml", text);
    let (compiling, (pipeline, diagnostics)) = time(|| compile(&source, library));
    let pipeline = pipeline.ok_or_else(|| format!("the file has errors: {diagnostics:?}"))?;
    let (expanding, plan) = time(|| expand(&pipeline, &ExpandInput::default()));
    Ok((compiling, expanding, plan?))
}
