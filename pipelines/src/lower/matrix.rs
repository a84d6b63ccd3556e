use std::collections::{BTreeMap, BTreeSet};

use super::Lower;
use super::inserts::{Axes, Scope};
use super::names::is_name;
use crate::diagnostic::Code;
use crate::dynamic::{Combination, MOST_COMBINATIONS, combinations, names};
use crate::expand::MAX_NODES;
use crate::file::{self, AxisForm, JobPer, Matrix, MatrixForm, Waves};
use crate::plan::{AxisValues, DeferredMatrix, Job, MatrixAxis};
use crate::text::{Map, Problem, Span, Spanned, Text, shortened};

/// The axis of `per: region`.
pub(super) const REGION: &str = "region";

/// The jobs that one job of the file stands for.
#[derive(Debug, Clone)]
pub(super) enum Spread {
    Many {
        names: Vec<String>,
        combinations: Vec<Combination>,
    },
    /// Known only when other jobs have ended. Without its job.
    Deferred(Box<DeferredMatrix>),
}

/// One job of a stage, by the place of its form and of its combination.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) form: usize,
    pub(super) combination: Option<usize>,
    pub(super) name: String,
}

impl Lower<'_> {
    /// Reads the matrices of all jobs, before anything asks for their names.
    pub(super) fn spread_all(&mut self, stages: &[file::Stage]) {
        let mut total = 0;
        let asks_for_regions = stages.iter().any(|stage| stage.jobs.iter().flatten().any(|job| job.per.is_some()));
        let regions = if asks_for_regions { self.regions(stages) } else { BTreeSet::new() };
        for (stage, form) in stages.iter().enumerate() {
            for (at, job) in form.jobs.iter().flatten().enumerate() {
                let name = plain_name(at, job);
                let Some(spread) = self.spread(&name, job, &regions) else { continue };
                if let Spread::Many { names, .. } = &spread {
                    total += names.len();
                    if total > MAX_NODES {
                        let span = job.matrix.as_ref().map_or(Span::default(), |matrix| matrix.span);
                        let problem = Problem::error(Code::TooManyNodes, span, format!("matrices stand for more than {MAX_NODES} jobs"));
                        self.report(problem.expected(format!("at most {MAX_NODES} nodes in a plan")));
                        return;
                    }
                }
                self.spreads.insert((stage, at), spread);
            }
        }
    }

    /// Every job of a stage, combinations one after the other, in the order of the file.
    pub(super) fn entries(&self, stage: usize, forms: &[file::Job]) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(forms.len());
        for (form, job) in forms.iter().enumerate() {
            match self.spreads.get(&(stage, form)) {
                Some(Spread::Many { names, .. }) => {
                    let of = |(at, name): (usize, &String)| Entry { form, combination: Some(at), name: name.clone() };
                    entries.extend(names.iter().enumerate().map(of));
                }
                Some(Spread::Deferred(_)) | None => entries.push(Entry { form, combination: None, name: plain_name(form, job) }),
            }
        }
        entries
    }

    /// What the texts of the job may say of its matrix.
    pub(super) fn axes(&self, stage: usize, form: usize) -> Option<Axes> {
        match self.spreads.get(&(stage, form))? {
            Spread::Many { combinations, .. } => {
                let names: BTreeSet<&String> = combinations.iter().flatten().map(|(axis, _)| axis).collect();
                Some(Axes::Named(names.into_iter().cloned().collect()))
            }
            Spread::Deferred(matrix) if matrix.whole.is_some() => Some(Axes::Any),
            Spread::Deferred(matrix) => {
                let own = matrix.axes.iter().map(|axis| &axis.name).chain(matrix.include.iter().flat_map(BTreeMap::keys));
                Some(Axes::Named(own.collect::<BTreeSet<_>>().into_iter().cloned().collect()))
            }
        }
    }

    fn spread(&mut self, name: &str, job: &file::Job, regions: &BTreeSet<String>) -> Option<Spread> {
        if let Some(max_parallel) = &job.max_parallel {
            if max_parallel.value == 0 {
                self.report(Problem::error(Code::OutOfRange, max_parallel.span, "no job could ever start").expected("1 or more"));
            }
            if job.matrix.is_none() && job.per.is_none() {
                let problem = Problem::error(Code::ConflictingKeys, max_parallel.span, "`max_parallel` of a job needs a `matrix`");
                self.report(problem.help("add `matrix`, or remove `max_parallel`"));
            }
        }
        if let Some(per) = &job.per {
            return self.per_region(name, per, job.matrix.is_some(), regions);
        }
        let form = job.matrix.as_ref()?;
        let max_parallel = job.max_parallel.as_ref().map_or(0, |max_parallel| max_parallel.value);
        let blank =
            DeferredMatrix { job: Job::default(), axes: Vec::new(), whole: None, include: Vec::new(), exclude: Vec::new(), max_parallel };
        let (name, span) = (name.to_owned(), form.span);
        match &form.value {
            MatrixForm::From(text) => {
                self.splicing(text.span, "a matrix from an output");
                Some(Spread::Deferred(Box::new(DeferredMatrix { whole: Some(text.value.clone()), ..blank })))
            }
            // What is wrong with it was said; its names are not known.
            MatrixForm::Axes(matrix) if !matrix.whole => {
                Some(Spread::Deferred(Box::new(DeferredMatrix { whole: Some(String::new()), ..blank })))
            }
            MatrixForm::Axes(matrix) => {
                let axes = self.axes_of(matrix)?;
                let include: Vec<BTreeMap<String, String>> = matrix.include.iter().map(plain).collect();
                let exclude = self.excluded(matrix, &axes);
                let listed = |axis: &MatrixAxis| match &axis.values {
                    AxisValues::Listed(values) => Some((axis.name.clone(), values.clone())),
                    AxisValues::From(_) => None,
                };
                let Some(known) = axes.iter().map(listed).collect::<Option<Vec<_>>>() else {
                    return Some(Spread::Deferred(Box::new(DeferredMatrix { axes, include, exclude, ..blank })));
                };
                match combinations(&known, &include, &exclude) {
                    Ok(combinations) if combinations.is_empty() => {
                        let problem =
                            Problem::error(Code::OutOfRange, span, format!("the matrix of `{}` stands for no job", shortened(&name)));
                        self.report(problem.expected("at least one combination that `exclude` leaves"));
                        None
                    }
                    Ok(combinations) => {
                        let axes: Vec<&str> = known.iter().map(|(axis, _)| axis.as_str()).collect();
                        Some(Spread::Many { names: names(&name, &axes, &combinations), combinations })
                    }
                    Err(count) => {
                        let message = format!("the matrix of `{}` stands for {count} jobs", shortened(&name));
                        let problem = Problem::error(Code::MatrixTooLarge, span, message).expected(format!("at most {MOST_COMBINATIONS}"));
                        self.report(problem.help("take values out, or leave combinations out with `exclude`"));
                        None
                    }
                }
            }
        }
    }

    fn per_region(&mut self, name: &str, per: &Spanned<JobPer>, has_matrix: bool, regions: &BTreeSet<String>) -> Option<Spread> {
        match per.value {
            JobPer::Region => {}
        }
        if has_matrix {
            let problem = Problem::error(Code::ConflictingKeys, per.span, "a job is spread over regions, or over a matrix");
            self.report(problem.expected("one of `per` and `matrix`"));
        }
        if regions.is_empty() {
            let problem = Problem::error(Code::OutOfRange, per.span, "no target of this pipeline has a region");
            self.report(problem.expected("targets such as `prod/eu-west-1`"));
            return None;
        }
        if regions.len() > MOST_COMBINATIONS {
            let problem = Problem::error(Code::MatrixTooLarge, per.span, format!("the pipeline deploys to {} regions", regions.len()));
            self.report(problem.expected(format!("at most {MOST_COMBINATIONS}")));
            return None;
        }
        let combinations: Vec<Combination> = regions.iter().map(|region| vec![(REGION.to_owned(), region.clone())]).collect();
        Some(Spread::Many { names: names(name, &[REGION], &combinations), combinations })
    }

    /// Of every target that any stage has.
    fn regions(&mut self, stages: &[file::Stage]) -> BTreeSet<String> {
        let mut regions = BTreeSet::new();
        for stage in stages {
            let of_waves = stage.waves.iter().flat_map(|waves| match &waves.value {
                Waves::Listed(waves) => waves.iter().map(|wave| &wave.targets).collect(),
                Waves::Derived(_) => Vec::new(),
            });
            for targets in stage.targets.iter().chain(of_waves) {
                let places = self.places(targets);
                regions.extend(places.iter().filter_map(|place| place.value.target.split('/').nth(1)).map(str::to_owned));
            }
        }
        regions
    }

    fn axes_of(&mut self, matrix: &Matrix) -> Option<Vec<MatrixAxis>> {
        let mut axes = Vec::new();
        for (name, form) in &matrix.axes {
            if !is_name(&name.value) || name.value.contains(['-', '.']) {
                let problem = Problem::error(Code::BadName, name.span, format!("`{}` cannot be an axis", shortened(&name.value)));
                self.report(problem.expected("letters, digits and `_`, the first a letter or digit, as in `matrix.os`"));
            }
            let values = match form {
                AxisForm::Listed(values) => {
                    let mut seen = BTreeSet::new();
                    for value in &values.value {
                        if !seen.insert(&value.value.0) {
                            let twice = format!("`{}` has the value `{}` twice", shortened(&name.value), shortened(&value.value.0));
                            self.report(Problem::error(Code::DuplicateName, value.span, twice).help("remove one of them"));
                            return None;
                        }
                    }
                    if values.value.is_empty() {
                        let problem = Problem::error(Code::OutOfRange, values.span, format!("`{}` has no values", shortened(&name.value)));
                        self.report(problem.expected("at least one value"));
                        return None;
                    }
                    AxisValues::Listed(values.value.iter().map(|value| value.value.0.clone()).collect())
                }
                AxisForm::From(text) => {
                    self.splicing(text.span, "a matrix from an output");
                    AxisValues::From(text.value.clone())
                }
            };
            axes.push(MatrixAxis { name: name.value.clone(), values });
        }
        Some(axes)
    }

    fn excluded(&mut self, matrix: &Matrix, axes: &[MatrixAxis]) -> Vec<BTreeMap<String, String>> {
        for part in &matrix.exclude {
            for (name, value) in &part.value.entries {
                let Some(axis) = axes.iter().find(|axis| axis.name == name.value) else {
                    let problem =
                        Problem::error(Code::UnknownValue, name.span, format!("the matrix has no axis `{}`", shortened(&name.value)));
                    self.report(problem.suggest(&name.value, axes.iter().map(|axis| axis.name.as_str())));
                    continue;
                };
                if let AxisValues::Listed(values) = &axis.values
                    && !values.contains(&value.0)
                {
                    let message = format!("`{}` has no value `{}`, so that this leaves nothing out", axis.name, shortened(&value.0));
                    let problem = Problem::error(Code::UnknownValue, name.span, message);
                    self.report(problem.suggest(&value.0, values.iter().map(String::as_str)));
                }
            }
        }
        matrix.exclude.iter().map(|part| plain(&part.value)).collect()
    }

    /// The texts of a matrix name what its job needs.
    pub(super) fn check_matrix(&mut self, form: &file::Job, scope: &Scope) {
        match form.matrix.as_ref().map(|matrix| &matrix.value) {
            None => {}
            Some(MatrixForm::From(text)) => self.inserted(&text.value, text.span, scope),
            Some(MatrixForm::Axes(matrix)) => {
                for (_, axis) in &matrix.axes {
                    if let AxisForm::From(text) = axis {
                        self.inserted(&text.value, text.span, scope);
                    }
                }
            }
        }
    }
}

pub(super) fn plain_name(at: usize, form: &file::Job) -> String {
    form.name.as_ref().map_or_else(|| format!("job-{}", at + 1), |name| name.value.clone())
}

fn plain(map: &Map<Text>) -> BTreeMap<String, String> {
    map.entries.iter().map(|(name, value)| (name.value.clone(), value.0.clone())).collect()
}
