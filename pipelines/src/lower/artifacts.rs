use super::Lower;
use super::matrix::{Entry, REGION, Spread, plain_name};
use crate::diagnostic::Code;
use crate::file::{Job, Stage, UsesArtifacts};
use crate::plan;
use crate::text::{Problem, Span, Spanned, one_of, shortened};

/// Which job leaves an artifact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) stage: usize,
    /// Among the jobs of the stage as [`Lower::entries`] lists them.
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
            let all_jobs = form.all_jobs();
            let forms: &[Job] = &all_jobs;
            for (form, at) in forms.iter().zip(0..) {
                for (name, path) in form.artifacts.iter().flat_map(|artifacts| &artifacts.entries) {
                    self.name("an artifact", name);
                    // What an expression stands for is checked where it is inserted.
                    if !path.value.contains("${{") {
                        self.workspace_path(path);
                    }
                    let is_deferred = matches!(self.spreads.get(&(stage, at)), Some(Spread::Deferred(_)));
                    if is_deferred {
                        self.spread_artifacts.insert(name.value.clone(), Vec::new());
                    }
                }
            }
            for (entry, job) in self.entries(stage, forms).into_iter().zip(0..) {
                let Some(form) = forms.get(entry.form) else { continue };
                for (name, _) in form.artifacts.iter().flat_map(|artifacts| &artifacts.entries) {
                    let suffix = entry.combination.and_then(|_| entry.name.strip_prefix(&plain_name(entry.form, form))).unwrap_or_default();
                    let own = format!("{}{suffix}", name.value);
                    if entry.combination.is_some() {
                        self.spread_artifacts.entry(name.value.clone()).or_default().push(own.clone());
                        if let Some(region) = self.region_of(stage, &entry).filter(|_| form.per.is_some()) {
                            self.regional.entry(name.value.clone()).or_default().insert(region, own.clone());
                        }
                    } else if self.spread_artifacts.contains_key(&name.value) {
                        continue;
                    }
                    if self.artifacts.insert(own.clone(), Origin { stage, job }).is_some() {
                        let message = format!("two jobs leave an artifact `{}`", shortened(&own));
                        let problem = Problem::error(Code::DuplicateName, name.span, message);
                        self.report(problem.help("names of artifacts are unique in a pipeline; give one another name"));
                    }
                }
            }
        }
    }

    fn region_of(&self, stage: usize, entry: &Entry) -> Option<String> {
        let Spread::Many { combinations, .. } = self.spreads.get(&(stage, entry.form))? else { return None };
        let combination = combinations.get(entry.combination?)?;
        combination.iter().find(|(axis, _)| axis == REGION).map(|(_, region)| region.clone())
    }

    /// `at_target`: what is built once per region keeps its name, and becomes that of the region where the plan is made.
    pub(super) fn artifacts_in(&mut self, form: Option<&UsesArtifacts>, consumer: &Consumer, at_target: bool) -> Vec<plan::ArtifactIn> {
        match form {
            None => Vec::new(),
            Some(UsesArtifacts::Names(names)) => names.iter().flat_map(|name| self.laid(name, "", consumer, at_target)).collect(),
            Some(UsesArtifacts::Paths(paths)) => {
                let laid = paths.entries.iter().flat_map(|(name, path)| {
                    self.workspace_path(path);
                    self.laid(name, &path.value, consumer, at_target)
                });
                laid.collect()
            }
        }
    }

    /// One artifact, or that of each combination of a matrix.
    fn laid(&mut self, name: &Spanned<String>, path: &str, consumer: &Consumer, at_target: bool) -> Vec<plan::ArtifactIn> {
        let Some(all) = self.spread_artifacts.get(&name.value).filter(|_| !at_target || !self.regional.contains_key(&name.value)).cloned()
        else {
            self.artifact(&name.value, name.span, consumer);
            return vec![plan::ArtifactIn { name: name.value.clone(), path: path.to_owned() }];
        };
        if all.is_empty() {
            let message = format!("the artifacts `{}` of a matrix from an output have no names yet", shortened(&name.value));
            let problem = Problem::error(Code::UnknownArtifact, name.span, message);
            self.report(problem.help("pass what the jobs leave on as outputs, or write the values of the matrix out"));
        }
        let below = |own: &String| if path.is_empty() { String::new() } else { format!("{path}/{own}") };
        all.iter()
            .map(|own| {
                self.artifact(own, name.span, consumer);
                plan::ArtifactIn { name: own.clone(), path: below(own) }
            })
            .collect()
    }

    /// Checks that the artifact is there when the consumer starts (P2).
    pub(super) fn artifact(&mut self, name: &str, span: Span, consumer: &Consumer) {
        // Those of one job for all regions are there at the same time.
        let of_some_region = self.regional.get(name).and_then(|regions| regions.values().next());
        let Some(origin) = self.artifacts.get(of_some_region.map_or(name, String::as_str)).copied() else {
            if self.reader.is_incomplete() || self.reader.skips() || self.artifact_is_there(name, span) {
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
