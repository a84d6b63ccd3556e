use super::Lower;
use crate::diagnostic::Code;
use crate::file::{Stage, UsesArtifacts};
use crate::plan;
use crate::text::{Problem, Span, one_of, shortened};

/// Which job leaves an artifact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) stage: usize,
    /// In file order.
    job: usize,
}

/// Who wants artifacts.
#[derive(Debug, Clone)]
pub(super) struct Consumer {
    pub(super) stage: usize,
    /// Jobs of that stage that have ended when it starts, by position in file order.
    pub(super) after: Ended,
}

/// Jobs of one stage by their positions, one bit each: a stage may have thousands, each with all before it.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    bits: Vec<u64>,
}

impl Ended {
    pub(super) fn none(jobs: usize) -> Self {
        Self { bits: vec![0; jobs.div_ceil(64)] }
    }

    pub(super) fn all(jobs: usize) -> Self {
        Self { bits: vec![u64::MAX; jobs.div_ceil(64)] }
    }

    pub(super) fn add(&mut self, job: usize) {
        if let Some(bits) = self.bits.get_mut(job / 64) {
            *bits |= 1 << (job % 64);
        }
    }

    pub(super) fn join(&mut self, others: &Self) {
        for (bits, more) in self.bits.iter_mut().zip(&others.bits) {
            *bits |= more;
        }
    }

    fn holds(&self, job: usize) -> bool {
        self.bits.get(job / 64).is_some_and(|bits| bits & (1 << (job % 64)) != 0)
    }
}

impl Lower<'_> {
    pub(super) fn collect_artifacts(&mut self, stages: &[Stage]) {
        for (stage, form) in stages.iter().enumerate() {
            for (job, form) in form.jobs.iter().flatten().enumerate() {
                for (name, path) in form.artifacts.iter().flat_map(|artifacts| &artifacts.entries) {
                    self.name("an artifact", name);
                    self.workspace_path(path);
                    if self.artifacts.insert(name.value.clone(), Origin { stage, job }).is_some() {
                        let problem = Problem::error(
                            Code::DuplicateName,
                            name.span,
                            format!("two jobs leave an artifact `{}`", shortened(&name.value)),
                        );
                        self.report(problem.help("names of artifacts are unique in a pipeline; give one another name"));
                    }
                }
            }
        }
    }

    pub(super) fn artifacts_in(&mut self, form: Option<&UsesArtifacts>, consumer: &Consumer) -> Vec<plan::ArtifactIn> {
        match form {
            None => Vec::new(),
            Some(UsesArtifacts::Names(names)) => names
                .iter()
                .map(|name| {
                    self.artifact(&name.value, name.span, consumer);
                    plan::ArtifactIn { name: name.value.clone(), path: String::new() }
                })
                .collect(),
            Some(UsesArtifacts::Paths(paths)) => paths
                .entries
                .iter()
                .map(|(name, path)| {
                    self.artifact(&name.value, name.span, consumer);
                    self.workspace_path(path);
                    plan::ArtifactIn { name: name.value.clone(), path: path.value.clone() }
                })
                .collect(),
        }
    }

    /// Checks that the artifact is there when the consumer starts (P2).
    pub(super) fn artifact(&mut self, name: &str, span: Span, consumer: &Consumer) {
        let Some(origin) = self.artifacts.get(name).copied() else {
            if self.reader.is_incomplete() || self.reader.skips() {
                return;
            }
            let known: Vec<&str> = self.artifacts.keys().map(String::as_str).collect();
            let problem = Problem::error(Code::UnknownArtifact, span, format!("no job leaves an artifact `{}`", shortened(name)))
                .expected(if known.is_empty() {
                    "a name under `artifacts` of an earlier job".to_owned()
                } else {
                    one_of(known.iter().copied())
                })
                .suggest(name, known);
            self.report(problem);
            return;
        };
        if origin.stage > consumer.stage {
            let problem = Problem::error(Code::ArtifactTooLate, span, format!("the artifact `{name}` is left by a later stage"));
            self.report(problem.help("move the job that leaves it into an earlier stage"));
        } else if origin.stage == consumer.stage && !consumer.after.holds(origin.job) {
            let problem = Problem::error(Code::ArtifactTooLate, span, format!("the artifact `{name}` is not there yet when this starts"));
            self.report(problem.help("the job that leaves it must have ended: name it in `needs`, or move it into an earlier stage"));
        }
    }
}
