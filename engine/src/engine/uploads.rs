//! What a running job prints or uploads becomes part of the plan of its release (D1 to D6).
//!
//! It is compiled here, against the plan as it is now and at the commit of the release; whether it still fits is decided by the core, in
//! the transaction that adds it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt as _;
use pipelines::SourceFile;
use pipelines::dynamic::{Joining, compile_fragment};
use pipelines::plan::{Adds, NodeIx, NodeKind, Plan};
use pipelines::policy::Subject;
use protocol::{Fences, MAX_UPLOAD_BYTES, Outcome, Report, RunnerId, Upload, UploadAnswer};

use super::environment::Belongs;
use super::{Engine, Error};
use crate::core::id::PipelineId;
use crate::core::row::AttemptState;
use crate::core::{Actor, EventKind, Input, Rejected};

/// The job that adds, as the core knows it now.
struct Joined {
    plan: Arc<Plan>,
    by: NodeIx,
    belongs: Belongs,
    /// The artifact that says what to add, for a job that prints it.
    prints: Option<String>,
    is_leased: bool,
}

impl Engine {
    /// Takes what a running job uploads. What is wrong with it is part of the answer.
    ///
    /// # Errors
    /// [`Error::Refused`] for an old lease: definitive.
    pub async fn upload(self: &Arc<Self>, runner: &RunnerId, upload: Upload) -> Result<UploadAnswer, Error> {
        let pipeline = self.check_current(runner, &upload.fences).await?;
        self.accepts_new_work()?;
        self.add(&pipeline, runner, upload).await
    }

    /// A job that prints what to add has ended well: that is added before its end is told, so that whoever waited for it waits for
    /// what it added too. Where it cannot be added, the job has failed.
    pub(super) async fn add_printed(self: &Arc<Self>, pipeline: &PipelineId, runner: &RunnerId, report: &mut Report) -> Result<(), Error> {
        if report.outcome != Outcome::Succeeded {
            return Ok(());
        }
        let Some(Joined { prints: Some(name), is_leased: true, .. }) = self.joined(pipeline, &report.fences).await? else { return Ok(()) };
        let failed = |detail: String| Outcome::Error { detail };
        let Some(artifact) = report.artifacts.iter().find(|artifact| artifact.name == name) else {
            report.outcome = failed("it left nothing of what it printed".to_owned());
            return Ok(());
        };
        if artifact.size_bytes > MAX_UPLOAD_BYTES as u64 {
            report.outcome = failed(format!("it printed {} bytes, and at most {MAX_UPLOAD_BYTES} can be added", artifact.size_bytes));
            return Ok(());
        }
        let mut bytes = Vec::new();
        let mut stream = self.artifact(&artifact.digest).await?;
        while let Some(part) = stream.next().await {
            bytes.extend_from_slice(&part?);
        }
        let text = match SourceFile::of_bytes("what it printed", &bytes) {
            Ok(source) => source.text,
            Err(finding) => {
                report.outcome = failed(format!("what it printed cannot be added: {}", finding.in_a_line()));
                return Ok(());
            }
        };
        let upload = Upload { fences: report.fences.clone(), name: "what it printed".to_owned(), text };
        let answer = self.add(pipeline, runner, upload).await?;
        if !answer.accepted {
            report.outcome = failed(format!("what it printed cannot be added: {}", answer.message));
        }
        Ok(())
    }

    async fn add(self: &Arc<Self>, pipeline: &PipelineId, runner: &RunnerId, upload: Upload) -> Result<UploadAnswer, Error> {
        let refused = |message: String| Ok(UploadAnswer { accepted: false, message });
        let Upload { fences, name, text } = upload;
        if text.len() > MAX_UPLOAD_BYTES {
            return refused(format!("{name} has {} bytes; at most {MAX_UPLOAD_BYTES} can be added", text.len()));
        }
        let text = match SourceFile::of_bytes(&*name, text.as_bytes()) {
            Ok(source) => source.text,
            Err(finding) => return refused(finding.in_a_line()),
        };
        let unknown = || Error::refused("unknown_attempt", "the release of this attempt is not on its way any more");
        let mut joined = self.joined(pipeline, &fences).await?.ok_or_else(unknown)?;
        // Those that the release was made with (P3), not those that came since.
        joined.belongs.pins = self.pins_of(pipeline).await?;
        joined.belongs.pins.retain(|_, pin| joined.plan.blocks.contains_key(&pin.name.to_string()));
        let (source, environment) = self.surrounded(&joined.belongs, &name, text).await?;
        let (plan, by) = (joined.plan, joined.by);
        // Reading the whole plan and the text takes up to some ten milliseconds.
        let compiled = tokio::task::spawn_blocking(move || {
            let (fragment, diagnostics) = compile_fragment(&source, &Joining { plan: &plan, by }, &environment);
            let rendered: String = diagnostics.iter().map(|diagnostic| diagnostic.render(&source)).collect();
            (fragment, rendered, source.text)
        });
        let (fragment, rendered, text) = compiled.await.map_err(|_| Error::ShuttingDown)?;
        let Some(fragment) = fragment else { return refused(rendered) };
        let input = Input::Upload { fences, fragment: Box::new(fragment), text };
        match self.input(pipeline, Actor::Runner { id: runner.to_string() }, input).await {
            Ok(applied) => {
                let grown = applied.events.iter().find(|event| event.kind == EventKind::PlanGrown);
                let message = grown.map_or_else(|| "it is there already; nothing changes".to_owned(), |event| event.reason.clone());
                Ok(UploadAnswer { accepted: true, message })
            }
            Err(Error::Rejected(Rejected::Splice(error))) => refused(error.to_string()),
            Err(Error::Rejected(rejected @ (Rejected::ReleaseEnded(_) | Rejected::AttemptStopped | Rejected::Untrusted(_)))) => {
                refused(rejected.to_string())
            }
            Err(Error::Rejected(rejected)) => Err(Error::Refused(super::runners::refusal(&rejected))),
            Err(error) => Err(error),
        }
    }

    async fn joined(&self, pipeline: &PipelineId, fences: &Fences) -> Result<Option<Joined>, Error> {
        let seen = self.view(pipeline, |state| {
            let attempt = state.attempt(&fences.attempt)?;
            let release = state.release(attempt.release)?;
            let NodeKind::Job(job) = &release.plan.node(attempt.node)?.kind else { return None };
            let revision = release.row.revisions.first()?;
            let prints = match &job.adds {
                Some(Adds::Generated { artifact }) => Some(artifact.clone()),
                Some(Adds::Matrix(_)) | None => None,
            };
            let subject =
                Subject { repository: revision.source.clone(), branch: revision.reference.clone(), pipeline: state.scope().to_owned() };
            let is_untrusted = release.row.trust.is_untrusted();
            let belongs = Belongs { subject, commit: revision.commit.clone(), is_untrusted, pins: BTreeMap::new() };
            let is_leased = attempt.state == AttemptState::Leased && attempt.token.as_ref() == Some(&fences.lease_token);
            Some(Joined { plan: Arc::clone(&release.plan), by: attempt.node, belongs, prints, is_leased })
        });
        seen.await
    }
}
