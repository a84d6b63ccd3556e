use std::collections::{BTreeMap, BTreeSet};

use super::{Lower, jobs};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::{Problem, Reader, Span, shortened};
use crate::{Environment, SourceFile, file, model, plan};

/// What is known of the plan that a fragment joins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Joined {
    pub(crate) pipeline: String,
    /// The stage of the job that adds it.
    pub(crate) stage: String,
    /// Keys of the jobs of that stage that may be needed.
    pub(crate) jobs: BTreeSet<String>,
    /// Artifacts of the plan.
    pub(crate) artifacts: BTreeMap<String, There>,
    pub(crate) accounts: BTreeMap<String, plan::Account>,
    pub(crate) inputs: BTreeSet<String>,
    /// The jobs of the stage are read, and what follows are stages.
    pub(crate) is_closed: bool,
}

/// An artifact that a job of the plan leaves.
#[derive(Debug, Clone)]
pub(crate) struct There {
    /// Of that job.
    pub(crate) key: String,
    /// It is there when the fragment's jobs start.
    pub(crate) for_jobs: bool,
    /// It is there when the fragment's stages start.
    pub(crate) for_stages: bool,
}

impl Joined {
    pub(super) fn job_key(&self, name: &str) -> Option<String> {
        let key = format!("{}/{name}", self.stage);
        (!self.is_closed && self.jobs.contains(&key)).then_some(key)
    }
}

/// What a fragment says, before it is spread over targets.
pub(crate) struct LoweredFragment {
    pub(crate) jobs: Vec<model::Job>,
    /// Its stages alone.
    pub(crate) pipeline: model::Pipeline,
}

/// Lowers what a job printed. The second part are findings in blocks of the repository.
pub(crate) fn lower_fragment(
    form: &file::Fragment,
    source: &SourceFile,
    environment: &Environment,
    joined: Joined,
    reader: &mut Reader,
) -> (LoweredFragment, Vec<Diagnostic>) {
    let name = joined.pipeline.clone();
    let mut lower = Lower::new(&name, source, environment, reader);
    lower.accounts = joined.accounts.keys().cloned().collect();
    lower.inputs.clone_from(&joined.inputs);
    lower.joined = Some(joined);
    let fragment = lower.fragment(form);
    (fragment, lower.elsewhere)
}

impl Lower<'_> {
    fn fragment(&mut self, form: &file::Fragment) -> LoweredFragment {
        let stage = self.joined.as_ref().map(|joined| joined.stage.clone()).unwrap_or_default();
        let stages = form.joined(&stage);
        self.spread_all(&stages);
        self.collect_artifacts(&stages);
        let mut seen = BTreeSet::new();
        for stage in &stages {
            self.unique(&mut seen, "stages", &stage.name);
        }
        let mut jobs = Vec::new();
        if let Some(first) = stages.first() {
            jobs = self.jobs((0, first), &first.all_jobs(), &jobs::Base::default());
        }
        // The stages that follow have jobs of their own.
        self.needs_there.clear();
        if let Some(joined) = &mut self.joined {
            joined.is_closed = true;
        }
        let lowered = stages.iter().enumerate().skip(1).map(|(at, stage)| self.stage(at, stage)).collect();
        let pipeline = model::Pipeline {
            name: self.name.to_owned(),
            triggers: Vec::new(),
            input_descriptions: BTreeMap::new(),
            accounts: BTreeMap::new(),
            notify: Vec::new(),
            barriers: BTreeSet::new(),
            needs_barriers: BTreeSet::new(),
            stages: lowered,
            blocks: std::mem::take(&mut self.digests),
            derived: std::mem::take(&mut self.derived),
            regional: std::mem::take(&mut self.regional),
            sources: std::collections::BTreeMap::new(),
            aspects: std::mem::take(&mut self.aspects),
        };
        LoweredFragment { jobs, pipeline }
    }

    /// Whether an artifact is one of the plan that is joined; one that is not there in time is reported.
    pub(super) fn artifact_is_there(&mut self, name: &str, span: Span) -> bool {
        let Some(joined) = &self.joined else { return false };
        let Some(There { key, for_jobs, for_stages }) = joined.artifacts.get(name).cloned() else { return false };
        let is_in_time = if joined.is_closed { for_stages } else { for_jobs || self.needs_now.contains(&key) };
        if !is_in_time {
            let message = format!("the artifact `{}` is left by `{key}`, which need not have ended when this starts", shortened(name));
            self.report(Problem::error(Code::ArtifactTooLate, span, message).help("name the job that leaves it in `needs`"));
        }
        true
    }
}
