use std::collections::{BTreeMap, BTreeSet};

use super::Lower;
use super::artifacts::{Consumer, Ended};
use super::inserts::Scope;
use super::names::BESIDE_JOBS;
use crate::diagnostic::Code;
use crate::file::{self, Retry, RetryEvent, RetryForm, RunsOn, Task, TaskForm};
use crate::text::{Duration, Placed as _, Problem, Span, Spanned, Text, shortened};
use crate::{graph, model, plan};

const LONGEST_TIMEOUT_MS: u64 = 7 * 24 * 60 * 60 * 1000;
const BACKOFF_MS: u64 = 10_000;
const POOL: &str = "default";

/// What jobs have where they say nothing themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Base {
    pub(super) env: BTreeMap<String, String>,
    pub(super) runs_on: Option<plan::RunsOn>,
}

/// A job without steps, with every default.
pub(super) fn blank(name: &str, purpose: plan::Purpose, base: &Base) -> plan::Job {
    let blank = plan::Job { name: name.to_owned(), purpose, env: base.env.clone(), ..plan::Job::default() };
    match &base.runs_on {
        Some(runs_on) => plan::Job { runs_on: runs_on.clone(), ..blank },
        None => blank,
    }
}

impl Lower<'_> {
    pub(super) fn pipeline_base(&mut self, form: &file::Pipeline) -> Base {
        let env = self.env(form.env.as_ref(), &Scope::job(Vec::new()));
        Base { env, runs_on: form.runs_on.as_ref().map(|runs_on| self.runs_on(runs_on)) }
    }

    /// The jobs of a stage in an order in which each stands after what it needs.
    pub(super) fn jobs(&mut self, stage: usize, forms: &[file::Job], base: &Base) -> Vec<model::Job> {
        let names: Vec<String> = forms.iter().enumerate().map(|(at, form)| self.job_name(at, form)).collect();
        let mut seen = BTreeSet::new();
        for form in forms {
            if let Some(name) = &form.name {
                self.unique(&mut seen, "jobs of this stage", name);
            }
        }
        let places: BTreeMap<&str, usize> = names.iter().enumerate().rev().map(|(at, name)| (name.as_str(), at)).collect();
        let needs: Vec<BTreeSet<usize>> = forms.iter().enumerate().map(|(at, form)| self.needs(at, form, &names, &places)).collect();
        let edges: Vec<(usize, usize)> =
            needs.iter().enumerate().flat_map(|(job, needs)| needs.iter().map(move |need| (*need, job))).collect();
        let order = match graph::order(forms.len(), &edges) {
            Ok(order) => order,
            Err(cycle) => {
                self.report_cycle(&cycle.path, forms, &names);
                (0..forms.len()).collect()
            }
        };
        let mut before = vec![Ended::none(forms.len()); forms.len()];
        let mut place = BTreeMap::new();
        let mut jobs = Vec::with_capacity(forms.len());
        for (at, job) in order.into_iter().enumerate() {
            let (Some(form), Some(name), Some(needed)) = (forms.get(job), names.get(job), needs.get(job)) else { continue };
            place.insert(job, at);
            let mut ended = Ended::none(forms.len());
            for need in needed {
                ended.add(*need);
                before.get(*need).into_iter().for_each(|others| ended.join(others));
            }
            let scope = Scope::job(needed.iter().filter_map(|need| names.get(*need).cloned()).collect());
            let consumer = Consumer { stage, after: ended };
            let lowered = self.job(name, form, base, &scope, &consumer);
            if let Some(own) = before.get_mut(job) {
                *own = consumer.after;
            }
            jobs.push(model::Job { needs: needed.iter().filter_map(|need| place.get(need).copied()).collect(), job: lowered });
        }
        jobs
    }

    fn job_name(&mut self, at: usize, form: &file::Job) -> String {
        match &form.name {
            Some(name) => {
                self.key_name("a job", name, BESIDE_JOBS);
                name.value.clone()
            }
            None => format!("job-{}", at + 1),
        }
    }

    fn needs(&mut self, job: usize, form: &file::Job, names: &[String], places: &BTreeMap<&str, usize>) -> BTreeSet<usize> {
        let mut needs = BTreeSet::new();
        for need in form.needs.iter().flatten() {
            match places.get(need.value.as_str()).copied() {
                Some(at) if at == job => {
                    self.report(
                        Problem::error(Code::NeedsCycle, need.span, format!("the job `{}` needs itself", need.value)).help("remove it"),
                    );
                }
                Some(at) => _ = needs.insert(at),
                None if self.reader.is_incomplete() || self.reader.skips() => {}
                None => {
                    let problem =
                        Problem::error(Code::UnknownJob, need.span, format!("this stage has no job `{}`", shortened(&need.value)))
                            .expected("the name of a job of the same stage; stages wait for each other by themselves")
                            .suggest(&need.value, names.iter().map(String::as_str));
                    self.report(problem);
                }
            }
        }
        needs
    }

    fn report_cycle(&mut self, path: &[usize], forms: &[file::Job], names: &[String]) {
        let circle: Vec<&str> = path.iter().filter_map(|job| names.get(*job)).map(String::as_str).collect();
        // An edge goes from what is needed; people read "needs" the other way round.
        let circle: Vec<&str> = circle.into_iter().rev().collect();
        let first = path.first().copied().unwrap_or_default();
        let before = path.iter().rev().nth(1).and_then(|job| names.get(*job));
        let needs = forms.get(first).and_then(|form| form.needs.as_ref());
        let edge = needs.into_iter().flatten().find(|need| Some(&need.value) == before).or_else(|| needs.and_then(|needs| needs.first()));
        let span = edge.map_or(Span::default(), |need| need.span);
        let problem = Problem::error(Code::NeedsCycle, span, format!("jobs need each other in a circle: {}", circle.join(" → ")));
        self.report(problem.help("remove one of these `needs`"));
    }

    fn job(&mut self, name: &str, form: &file::Job, base: &Base, scope: &Scope, consumer: &Consumer) -> plan::Job {
        self.named = model::Named::default();
        let mut job = blank(name, plan::Purpose::Job, base);
        job.env.extend(self.env(form.env.as_ref(), scope));
        if form.steps.value.is_empty() {
            self.report(
                Problem::error(Code::MissingKey, form.steps.span, format!("the job `{}` has no steps", shortened(name)))
                    .expected("at least one step"),
            );
        }
        for steps in [form.before.as_ref(), Some(&form.steps.value), form.after.as_ref()].into_iter().flatten() {
            job.steps.extend(self.steps(steps, scope));
        }
        job.finally = form.finally.as_ref().map(|steps| self.steps(steps, scope)).unwrap_or_default();
        self.settings(
            &mut job,
            &Settings {
                condition: form.condition.as_ref(),
                runs_on: form.runs_on.as_ref(),
                container: form.container.as_ref(),
                timeout: form.timeout.as_ref(),
                retry: form.retry.as_ref(),
            },
            scope,
        );
        if let Some(grace) = &form.grace {
            job.grace_ms = grace.value.ms;
        }
        job.checkout = form.checkout.unwrap_or(true);
        job.artifacts_in = self.artifacts_in(form.uses_artifacts.as_ref(), consumer);
        let left = form.artifacts.iter().flat_map(|artifacts| &artifacts.entries);
        job.artifacts_out = left.map(|(name, path)| plan::ArtifactOut { name: name.value.clone(), path: path.value.clone() }).collect();
        self.finish(&mut job);
        job
    }

    /// Steps that check a target or stand around something, as one job.
    pub(super) fn task(
        &mut self,
        name: &str,
        purpose: plan::Purpose,
        form: &TaskForm,
        base: &Base,
        scope: &Scope,
        consumer: &Consumer,
    ) -> plan::Job {
        self.named = model::Named::default();
        let mut job = blank(name, purpose, base);
        let steps = match form {
            TaskForm::Steps(steps) => steps,
            TaskForm::Task(task) => {
                self.task_settings(&mut job, task, scope, consumer);
                &task.steps
            }
        };
        if steps.value.is_empty() {
            self.report(Problem::error(Code::MissingKey, steps.span, format!("`{name}` has no steps")).expected("at least one step"));
        }
        job.steps = self.steps(&steps.value, scope);
        self.finish(&mut job);
        job
    }

    fn task_settings(&mut self, job: &mut plan::Job, task: &Task, scope: &Scope, consumer: &Consumer) {
        job.env.extend(self.env(task.env.as_ref(), scope));
        let settings = Settings {
            condition: task.condition.as_ref(),
            runs_on: task.runs_on.as_ref(),
            container: task.container.as_ref(),
            timeout: task.timeout.as_ref(),
            retry: task.retry.as_ref(),
        };
        self.settings(job, &settings, scope);
        job.artifacts_in = self.artifacts_in(task.uses_artifacts.as_ref(), consumer);
    }

    pub(super) fn settings(&mut self, job: &mut plan::Job, form: &Settings<'_>, scope: &Scope) {
        if let Some(condition) = form.condition {
            job.condition = Some(self.condition(&condition.value.0, condition.span, scope));
        }
        if let Some(runs_on) = form.runs_on {
            job.runs_on = self.runs_on(runs_on);
        }
        if let Some(container) = form.container {
            self.inserted(&container.value, container.span, scope);
            job.container = Some(container.value.clone());
        }
        if let Some(timeout) = form.timeout {
            if timeout.value.ms == 0 || timeout.value.ms > LONGEST_TIMEOUT_MS {
                self.report(
                    Problem::error(Code::OutOfRange, timeout.span, "the timeout is out of range")
                        .expected("more than 0 and at most 7 days"),
                );
            }
            job.timeout_ms = timeout.value.ms;
        }
        if let Some(retry) = form.retry {
            job.retry = self.retry(retry);
        }
    }

    /// Gives the job the secrets and variables that were named since it was begun, its own texts included.
    pub(super) fn finish(&mut self, job: &mut plan::Job) {
        // The texts of the levels above were checked there; here only what they name counts.
        let texts = job.env.values();
        for text in texts.filter(|text| text.contains("${{")) {
            let references = crate::expression::Template::parse(text).map(|template| template.references()).unwrap_or_default();
            for reference in references {
                match reference.split_once('.') {
                    Some(("secrets", name)) => _ = self.named.secrets.insert(name.to_owned()),
                    Some(("vars", name)) => _ = self.named.vars.insert(name.to_owned()),
                    _ => {}
                }
            }
        }
        let named = std::mem::take(&mut self.named);
        job.secrets = named.secrets.into_iter().collect();
        job.vars = named.vars.into_iter().collect();
    }

    pub(super) fn runs_on(&mut self, form: &RunsOn) -> plan::RunsOn {
        match form {
            RunsOn::Pool(pool) => {
                self.name("a pool", pool);
                plan::RunsOn { pool: pool.value.clone(), labels: BTreeMap::new() }
            }
            RunsOn::Labels(map) => {
                let mut runs_on = plan::RunsOn { pool: POOL.to_owned(), labels: BTreeMap::new() };
                for (name, value) in &map.entries {
                    if name.value == "pool" {
                        runs_on.pool.clone_from(&value.value.0);
                    } else {
                        runs_on.labels.insert(name.value.clone(), value.value.0.clone());
                    }
                }
                runs_on
            }
        }
    }

    fn retry(&mut self, form: &RetryForm) -> Vec<plan::RetryRule> {
        let rules: &[Retry] = match form {
            RetryForm::Limit(limit) => {
                let limit = self.limit(limit);
                return vec![plan::RetryRule { on: plan::RetryOn::Any, limit, backoff_ms: BACKOFF_MS }];
            }
            RetryForm::Rule(rule) => std::slice::from_ref(rule),
            RetryForm::Rules(rules) => rules,
        };
        rules.iter().map(|rule| self.retry_rule(rule)).collect()
    }

    fn retry_rule(&mut self, rule: &Retry) -> plan::RetryRule {
        let given = usize::from(rule.on.is_some()) + usize::from(rule.exit_codes.is_some()) + usize::from(rule.signals.is_some());
        if given > 1 {
            let problem = Problem::error(Code::ConflictingKeys, rule.span(), "a retry rule has one reason");
            self.report(problem.expected("at most one of `on`, `exit_codes` and `signals`").help("write several rules as a list"));
        }
        let on = match (&rule.on, &rule.exit_codes, &rule.signals) {
            (Some(RetryEvent::Timeout), ..) => plan::RetryOn::Timeout,
            (Some(RetryEvent::RunnerLost), ..) => plan::RetryOn::RunnerLost,
            (None, Some(codes), _) => plan::RetryOn::ExitCodes(codes.clone()),
            (None, None, Some(signals)) => plan::RetryOn::Signals(signals.clone()),
            (Some(RetryEvent::Any), ..) | (None, None, None) => plan::RetryOn::Any,
        };
        plan::RetryRule {
            on,
            limit: rule.limit.as_ref().map_or(1, |limit| self.limit(limit)),
            backoff_ms: rule.backoff.as_ref().map_or(BACKOFF_MS, |backoff| backoff.value.ms),
        }
    }

    fn limit(&mut self, limit: &Spanned<u32>) -> u32 {
        if limit.value > 10 {
            self.report(Problem::error(Code::OutOfRange, limit.span, format!("{} attempts are too many", limit.value)).expected("0 to 10"));
        }
        limit.value
    }
}

/// What every kind of job may say.
pub(super) struct Settings<'f> {
    pub(super) condition: Option<&'f Spanned<Text>>,
    pub(super) runs_on: Option<&'f RunsOn>,
    pub(super) container: Option<&'f Spanned<String>>,
    pub(super) timeout: Option<&'f Spanned<Duration>>,
    pub(super) retry: Option<&'f RetryForm>,
}
