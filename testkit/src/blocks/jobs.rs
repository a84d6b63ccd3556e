//! From a deployment in a pipeline file to the jobs of its one target, as a runner gets them.

use std::collections::BTreeMap;

use pipelines::expression::{Context, Template};
use pipelines::plan::{self, NodeIx, NodeKind, Plan, Purpose, Rollout, Trigger};
use pipelines::{ExpandInput, Pipeline, SourceFile};
use protocol::{ArtifactInput, AttemptId, Checkout, Job, Step};
use serde_json::{Value, json};

/// The one target of the suite's pipeline.
pub const TARGET: &str = "local/one";
/// The name of the artifact that the suite's pipeline builds.
pub const ARTIFACT: &str = "app";
const STAGE: &str = "live";

/// A release's plan with one target.
#[derive(Debug)]
pub(super) struct Jobs {
    /// As jobs find it: that of a pull request has a name of its own.
    pipeline: String,
    plan: Plan,
    env: BTreeMap<String, String>,
}

/// What one release and its attempt bring along.
#[derive(Debug, Clone)]
pub(super) struct Release {
    pub(super) number: u64,
    pub(super) artifact: ArtifactInput,
    pub(super) checkout: Checkout,
}

impl Jobs {
    /// Compiles a pipeline that deploys with `deploy` (`uses`, `with`, `strategy`).
    pub(super) fn of(deploy: &Value, env: BTreeMap<String, String>) -> Self {
        let pipeline = compiled(deploy, &json!({"push": {"branch": "main"}}));
        let plan = pipelines::expand(&pipeline, &ExpandInput::default()).expect("a plan");
        Self { pipeline: plan.pipeline.clone(), plan, env }
    }

    /// What makes the preview of a pull request with `deploy`, beside [`TARGET`], and what takes it away again.
    pub(super) fn of_pull_request(deploy: &Value, env: BTreeMap<String, String>, number: u64) -> (Self, Self) {
        let compiled = compiled(deploy, &json!({"push": {"branch": "main"}, "pull_request": {"preview": true}}));
        let base = pipelines::expand(&compiled, &ExpandInput::default()).expect("a plan");
        let settings = base.triggers.iter().find_map(|trigger| if let Trigger::PullRequest(pulls) = trigger { Some(pulls) } else { None });
        let plan = pipelines::pull_request::plan(&compiled, settings.expect("pull requests are followed"), number, true);
        let plan = plan.unwrap_or_else(|error| panic!("the block makes no preview: {error}"));
        let removal = plan.preview.as_ref().and_then(|preview| preview.removal.as_deref()).cloned().expect("a way to take it away");
        let pipeline = format!("{}~pr-{number}", base.pipeline);
        (Self { pipeline: pipeline.clone(), plan, env: env.clone() }, Self { pipeline, plan: removal, env })
    }

    /// The only job that takes a preview away.
    pub(super) fn destroy(&self) -> NodeIx {
        let is_job = |ix: &&NodeIx| self.job(**ix).is_some();
        self.rollout().nodes.iter().find(is_job).copied().expect("a job")
    }

    /// The jobs that deploy, one per increment, in order.
    pub(super) fn deploys(&self) -> Vec<NodeIx> {
        let is_deploy = |ix: &&NodeIx| matches!(self.job(**ix), Some(job) if matches!(job.purpose, Purpose::Deploy { .. }));
        self.rollout().nodes.iter().filter(is_deploy).copied().collect()
    }

    pub(super) fn rollback(&self) -> NodeIx {
        self.rollout().rollback
    }

    pub(super) fn inspect(&self) -> NodeIx {
        self.rollout().inspect
    }

    /// The runner's copy of a job, as the server would make it.
    pub(super) fn rendered(&self, ix: NodeIx, release: &Release, attempt: AttemptId) -> Job {
        let node = self.plan.node(ix).expect("a node of this plan");
        let job = self.job(ix).expect("a job");
        let target = node.target.clone().unwrap_or_else(|| TARGET.to_owned());
        let context = context(release, &target);
        let insert = |text: &str| match Template::parse(text).map(|template| template.render(&context)) {
            Ok(Ok(text)) => text,
            wrong => panic!("{}: {text:?}: {wrong:?}", node.key),
        };
        let inserted = |env: &BTreeMap<String, String>| env.iter().map(|(name, value)| (name.clone(), insert(value))).collect();
        let step = |step: &plan::Step| Step {
            name: insert(&step.name),
            run: insert(&step.run),
            shell: step.shell.clone(),
            env: inserted(&step.env),
            working_directory: insert(&step.working_directory),
            timeout_ms: step.timeout_ms,
            files: step.files.clone(),
        };
        let mut env: BTreeMap<String, String> = inserted(&job.env);
        env.extend(self.env.clone());
        let percent = if let Purpose::Deploy { percent } = job.purpose { percent } else { 100 };
        env.insert("TIDEGATE_PERCENT".to_owned(), percent.to_string());
        env.insert("TIDEGATE_COMMIT".to_owned(), release.checkout.commit.clone());
        let wanted = |wanted: &plan::ArtifactIn| {
            assert_eq!(wanted.name, ARTIFACT, "the suite's pipeline builds one artifact");
            let path = if wanted.path.is_empty() { format!("artifacts/{ARTIFACT}") } else { wanted.path.clone() };
            ArtifactInput { path, ..release.artifact.clone() }
        };
        Job {
            attempt,
            key: node.key.clone(),
            pipeline: self.pipeline.clone(),
            release: release.number,
            stage: STAGE.to_owned(),
            target: node.target.clone(),
            checkout: job.checkout.then(|| release.checkout.clone()),
            env,
            secrets: Vec::new(),
            artifacts_in: job.artifacts_in.iter().map(wanted).collect(),
            steps: job.steps.iter().map(step).collect(),
            on_failure: job.on_failure.iter().map(step).collect(),
            finally: job.finally.iter().map(step).collect(),
            artifacts_out: Vec::new(),
            container: job.container.clone(),
            timeout_ms: job.timeout_ms,
            grace_ms: job.grace_ms,
            identity: None,
            id_token: false,
        }
    }

    fn job(&self, ix: NodeIx) -> Option<&plan::Job> {
        match &self.plan.node(ix)?.kind {
            NodeKind::Job(job) => Some(job),
            NodeKind::Gate(_) | NodeKind::Bake(_) | NodeKind::Milestone(_) => None,
        }
    }

    fn rollout(&self) -> &Rollout {
        self.plan.waves().flat_map(|(_, _, wave)| &wave.rollouts).next().expect("the one target's rollout")
    }
}

fn compiled(deploy: &Value, triggers: &Value) -> Pipeline {
    let file = json!({
        "name": "conformance",
        "triggers": triggers,
        "stages": [
            {"name": "build", "jobs": [{"name": "package", "steps": ["true"], "artifacts": {ARTIFACT: "dist"}}]},
            {"name": STAGE, "targets": [TARGET], "deploy": deploy},
        ],
    });
    let source = SourceFile::new("pipeline.yaml", file.to_string());
    let (pipeline, diagnostics) = pipelines::compile(&source, &super::library());
    pipeline.unwrap_or_else(|| panic!("the suite's pipeline has errors: {diagnostics:#?}\n{file:#}"))
}

fn context(release: &Release, target: &str) -> Context {
    let Checkout { commit, reference, .. } = &release.checkout;
    let mut parts = target.splitn(3, '/');
    let mut part = || parts.next().unwrap_or_default();
    let (account, region, unit) = (part(), part(), part());
    Context::new()
        .with("release", json!({"number": release.number, "commit": commit, "branch": reference}))
        .with("stage", json!({"name": STAGE, "production": false}))
        .with("wave", json!({"name": ""}))
        .with("target", json!({"name": target, "account": account, "region": region, "unit": unit}))
}
