//! The runner's copy of a job: every `${{ … }}` inserted, secrets and artifacts looked up.

use std::collections::BTreeMap;
use std::sync::Arc;

use pipelines::expression::{Context, Expression, Template};
use pipelines::plan::{self, Account, Node, NodeKind, Plan, Purpose};
use pipelines::policy::Subject;
use protocol::{Artifact, ArtifactInput, ArtifactOutput, AttemptId, Checkout, Fences, Identity, Lease, Secret, Step};
use serde_json::{Value, json};

use super::runners::pipeline_of;
use super::{Engine, Error};
use crate::core::id::{PipelineId, ReleaseNumber};
use crate::core::input::Revision;
use crate::core::row::{AttemptKind, AttemptRow, AttemptState, ReleaseRow};
use crate::core::{Pipeline, Trust};

/// The stage under which secrets are kept for pull requests alone.
const PULL_REQUESTS: &str = "pull_request";

/// What the core knows of an attempt's job, taken in one look.
pub(super) struct Order {
    pub(super) pipeline: String,
    /// Whose secrets and policies count.
    scope: String,
    pub(super) attempt: AttemptRow,
    pub(super) release: ReleaseRow,
    pub(super) key: String,
    node: Node,
    plan: Arc<Plan>,
    pub(super) stage: String,
    wave: String,
    job: plan::Job,
    pub(super) account: Option<Account>,
    context: Context,
}

impl Order {
    pub(super) fn job(&self) -> &plan::Job {
        &self.job
    }

    /// Whether it may still act in its own name.
    pub(super) fn may_show_itself(&self) -> Result<(), Error> {
        if self.release.quarantine.is_some() && self.attempt.kind == AttemptKind::Forward {
            return Err(Error::refused("quarantined", "the release is quarantined; nothing of it goes forward any more (X6)"));
        }
        if self.release.trust.is_untrusted() {
            return Err(Error::refused("untrusted", "the release comes from a fork and has no identity (D6)"));
        }
        Ok(())
    }
}

impl Engine {
    /// The lease of an attempt that was granted, made anew from what is stored; the same each time.
    ///
    /// # Errors
    /// When the attempt is not leased, or something that its job names cannot be found.
    pub(crate) async fn lease_payload(&self, pipeline: &PipelineId, attempt: &AttemptId) -> Result<Lease, Error> {
        let order = self.view(pipeline, |state| order(state, attempt)).await?.ok_or_else(|| Error::UnknownAttempt(attempt.to_string()))?;
        let Some(token) = order.attempt.token.clone().filter(|_| order.attempt.state == AttemptState::Leased) else {
            return Err(Error::refused("stale_lease", "the attempt is not leased"));
        };
        let fences =
            Fences { generation: self.settings.core.generation, attempt: attempt.clone(), lease_token: token, fence: order.attempt.fence };
        self.still_allowed(&order)?;
        let artifacts = self.artifacts_for(pipeline, &order.job, order.release.number).await?;
        let secrets = self.secrets_for(&order).await?;
        let gets_identity = self.ports.identity.is_some() && !order.release.trust.is_untrusted();
        let identity = order.account.as_ref().filter(|_| gets_identity).map(|account| Identity {
            account: account.id.clone(),
            region: order.attempt.target.as_ref().map(|target| region_of(target.as_str()).to_owned()).unwrap_or_default(),
        });
        let mut job = render(order, artifacts, secrets)?;
        if identity.is_some() {
            for (name, value) in &self.settings.identity_env {
                job.env.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        job.identity = identity;
        let (lease_ms, heartbeat_ms) = (self.settings.lease_ms, self.settings.heartbeat_ms);
        Ok(Lease { fences, job, lease_ms, heartbeat_ms, takes_log_with_report: true })
    }

    /// The policy may have changed since the release was made. A rollback goes by what was allowed then: it must always be possible (X3).
    fn still_allowed(&self, order: &Order) -> Result<(), Error> {
        let Some(policy) = &self.ports.owner.policy else { return Ok(()) };
        if order.attempt.kind != AttemptKind::Forward {
            return Ok(());
        }
        let revision = order.release.revisions.first();
        let subject = Subject {
            repository: revision.map(|revision| revision.source.clone()).unwrap_or_default(),
            branch: revision.map(|revision| revision.reference.clone()).unwrap_or_default(),
            pipeline: order.scope.clone(),
        };
        policy
            .review_job(&subject, &order.plan, &order.node)
            .map_err(|refusal| Error::Invalid { what: "policy", detail: format!("{}: {refusal}", order.key) })
    }

    /// The artifacts that an attempt's job is given.
    pub(super) async fn artifacts_of(&self, pipeline: &PipelineId, attempt: &AttemptId) -> Result<Vec<ArtifactInput>, Error> {
        debug_assert_eq!(pipeline_of(attempt).ok().as_ref(), Some(pipeline));
        let order = self.view(pipeline, |state| order(state, attempt)).await?.ok_or_else(|| Error::UnknownAttempt(attempt.to_string()))?;
        self.artifacts_for(pipeline, &order.job, order.release.number).await
    }

    async fn artifacts_for(&self, pipeline: &PipelineId, job: &plan::Job, release: ReleaseNumber) -> Result<Vec<ArtifactInput>, Error> {
        if job.artifacts_in.is_empty() {
            return Ok(Vec::new());
        }
        let mut given = Vec::new();
        for wanted in &job.artifacts_in {
            let artifact = self.built(pipeline, release, &wanted.name).await?;
            let path = if wanted.path.is_empty() { format!("artifacts/{}", wanted.name) } else { wanted.path.clone() };
            given.push(ArtifactInput {
                name: artifact.name,
                digest: artifact.digest,
                size_bytes: artifact.size_bytes,
                path,
                is_folder: artifact.is_folder,
                mode: artifact.mode,
            });
        }
        Ok(given)
    }

    /// What the release built under this name, as its attempt reported it.
    async fn built(&self, pipeline: &PipelineId, release: ReleaseNumber, name: &str) -> Result<Artifact, Error> {
        let unknown = || Error::UnknownArtifact(format!("{name} of release {release}"));
        let used = self.store.artifact_of(pipeline, release, name).await?.ok_or_else(unknown)?;
        let attempt = AttemptId::try_from(used.attempt).map_err(|_| unknown())?;
        let known = self.store.attempt(&attempt).await?.ok_or_else(unknown)?;
        known.attempt.artifacts.into_iter().find(|artifact| artifact.name == name).ok_or_else(unknown)
    }

    async fn secrets_for(&self, order: &Order) -> Result<Vec<Secret>, Error> {
        if order.job.secrets.is_empty() {
            return Ok(Vec::new());
        }
        // A pull request may call its stages and targets as it likes; what is kept for one of that name is not for it (IF5).
        let (stage, target) = match order.release.trust {
            Trust::Branch => (order.stage.as_str(), order.attempt.target.as_ref().map(|target| target.as_str())),
            Trust::PullRequest => (PULL_REQUESTS, None),
            Trust::Fork => {
                let detail = format!("{} comes from a fork and gets no secrets (D6)", order.key);
                return Err(Error::Invalid { what: "secrets", detail });
            }
        };
        let found = self.ports.secrets.secrets(&order.scope, stage, target, &order.job.secrets).await?;
        Ok(found.into_iter().map(|(name, value)| Secret { name, value: value.reveal().to_owned() }).collect())
    }
}

pub(super) fn order(state: &Pipeline, attempt: &AttemptId) -> Option<Order> {
    let attempt = state.attempt(attempt)?;
    let release = state.release(attempt.release)?;
    let plan = &release.plan;
    let node = plan.node(attempt.node)?;
    let NodeKind::Job(job) = &node.kind else { return None };
    Some(Order {
        pipeline: state.row().name.clone(),
        scope: state.scope().to_owned(),
        attempt: attempt.clone(),
        release: release.row.clone(),
        key: node.key.clone(),
        node: node.clone(),
        plan: Arc::clone(plan),
        stage: plan.stage(node.stage)?.name.clone(),
        wave: node.wave.and_then(|ix| plan.wave(ix)).map(|wave| wave.name.clone()).unwrap_or_default(),
        job: (**job).clone(),
        account: job.account.as_ref().and_then(|name| plan.accounts.get(name)).cloned(),
        context: state.context(attempt.release, attempt.node)?,
    })
}

fn render(order: Order, artifacts_in: Vec<ArtifactInput>, secrets: Vec<Secret>) -> Result<protocol::Job, Error> {
    let mut context = order.context.clone();
    let open = order.context.clone();
    context.set(
        "secrets",
        secrets.iter().map(|secret| (secret.name.clone(), Value::from(secret.value.as_str()))).collect::<serde_json::Map<_, _>>(),
    );
    if let Some(account) = &order.account {
        context.set("account", json!({"id": account.id, "role": account.role}));
    }
    let insert = |text: &str, place: &str| insert(text, &context, &order.key, place);
    let called = |name: &str| called(name, &open);
    let mut env = BTreeMap::new();
    for (name, value) in &order.job.env {
        env.insert(name.clone(), insert(value, name)?);
    }
    env.extend(described(&order));
    let steps = |steps: &[plan::Step]| {
        let wanted = steps.iter().filter_map(|step| match is_wanted(step, &context, &order.key) {
            Ok(true) => Some(rendered_step(step, &insert, &called)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        });
        wanted.collect::<Result<Vec<_>, Error>>()
    };
    let revision = order.release.revisions.first();
    Ok(protocol::Job {
        attempt: order.attempt.id.clone(),
        key: order.key.clone(),
        pipeline: order.pipeline.clone(),
        release: order.release.number.0,
        stage: order.stage.clone(),
        target: order.attempt.target.as_ref().map(ToString::to_string),
        checkout: revision.filter(|_| order.job.checkout).map(|revision| Checkout {
            url: revision.source.clone(),
            commit: revision.commit.clone(),
            reference: revision.reference.clone(),
        }),
        env,
        identity: None,
        id_token: order.job.id_token.is_some() && !order.release.trust.is_untrusted(),
        steps: steps(&order.job.steps)?,
        on_failure: steps(&order.job.on_failure)?,
        finally: steps(&order.job.finally)?,
        artifacts_in,
        artifacts_out: order
            .job
            .artifacts_out
            .iter()
            .map(|out| Ok(ArtifactOutput { name: out.name.clone(), path: insert(&out.path, "artifacts")? }))
            .collect::<Result<_, Error>>()?,
        container: order.job.container.clone(),
        timeout_ms: order.job.timeout_ms,
        grace_ms: order.job.grace_ms,
        secrets,
    })
}

/// `us-east-1` of `prod/us-east-1/box-7`; empty for a plain name.
pub(super) fn region_of(target: &str) -> &str {
    target.split('/').nth(1).unwrap_or_default()
}

/// A step whose `if` is false is left out.
fn is_wanted(step: &plan::Step, context: &Context, key: &str) -> Result<bool, Error> {
    let Some(condition) = &step.condition else { return Ok(true) };
    let invalid =
        |error: pipelines::expression::Error| Error::Invalid { what: "expression", detail: format!("{key}, if of {}: {error}", step.name) };
    Expression::parse(condition).map_err(invalid)?.evaluate_bool(context).map_err(invalid)
}

fn rendered_step(
    step: &plan::Step,
    insert: &impl Fn(&str, &str) -> Result<String, Error>,
    called: &impl Fn(&str) -> String,
) -> Result<Step, Error> {
    let mut env = BTreeMap::new();
    for (name, value) in &step.env {
        env.insert(name.clone(), insert(value, name)?);
    }
    Ok(Step {
        name: called(&step.name),
        run: insert(&step.run, "run")?,
        shell: step.shell.clone(),
        env,
        working_directory: insert(&step.working_directory, "working_directory")?,
        timeout_ms: step.timeout_ms,
        files: step.files.clone(),
    })
}

/// A name is for people, and is often the beginning of a command, cut where it got long: what cannot be inserted stays as it is written, and
/// secrets are not inserted, because names are stored (A8).
fn called(name: &str, open: &Context) -> String {
    Template::parse(name).and_then(|template| template.render(open)).unwrap_or_else(|_| name.to_owned())
}

fn insert(text: &str, context: &Context, key: &str, place: &str) -> Result<String, Error> {
    let invalid = |error: pipelines::expression::Error| Error::Invalid { what: "expression", detail: format!("{key}, {place}: {error}") };
    Template::parse(text).map_err(invalid)?.render(context).map_err(invalid)
}

/// What every step finds in its environment, beside what the runner itself adds.
fn described(order: &Order) -> Vec<(String, String)> {
    let revision = order.release.revisions.first();
    let percent = if let Purpose::Deploy { percent } = order.job.purpose { percent } else { 100 };
    let all = vec![
        ("TIDEGATE_PIPELINE", order.pipeline.clone()),
        ("TIDEGATE_RELEASE", order.release.number.0.to_string()),
        ("TIDEGATE_RELEASE_DIGEST", order.release.digest.clone()),
        ("TIDEGATE_COMMIT", revision.map(|revision| revision.commit.clone()).unwrap_or_default()),
        ("TIDEGATE_BRANCH", revision.map(|revision| revision.reference.clone()).unwrap_or_default()),
        ("TIDEGATE_STAGE", order.stage.clone()),
        ("TIDEGATE_WAVE", order.wave.clone()),
        ("TIDEGATE_PERCENT", percent.to_string()),
    ];
    let mut all: Vec<(String, String)> = all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    all.extend(of_sources(order));
    if let Some(target) = &order.attempt.target {
        all.push(("TIDEGATE_TARGET".to_owned(), target.to_string()));
    }
    if let Some(preview) = &order.plan.preview {
        all.push(("TIDEGATE_PULL_REQUEST".to_owned(), preview.number.to_string()));
        all.push(("TIDEGATE_PREVIEW_ADDRESS".to_owned(), preview.address.clone().unwrap_or_default()));
    }
    all
}

/// `TIDEGATE_SOURCE_CONFIG`: the commit of a further source, or the number of the other pipeline's release (P5).
fn of_sources(order: &Order) -> impl Iterator<Item = (String, String)> {
    order.plan.sources.iter().filter_map(|(name, source)| {
        let is_of = |revision: &&Revision| match source {
            plan::Source::Repository { url, .. } => bare(&revision.source) == bare(url),
            plan::Source::Pipeline { pipeline, .. } => revision.source == format!("pipeline:{pipeline}"),
        };
        let revision = order.release.revisions.iter().find(is_of)?;
        let value = match source {
            plan::Source::Repository { .. } => revision.commit.clone(),
            plan::Source::Pipeline { .. } => revision.reference.trim_start_matches('#').to_owned(),
        };
        let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        Some((format!("TIDEGATE_SOURCE_{name}"), value))
    })
}

/// An address without its scheme and without whoever signs in there.
fn bare(url: &str) -> &str {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    url.rsplit_once('@').map_or(url, |(_, rest)| rest)
}
