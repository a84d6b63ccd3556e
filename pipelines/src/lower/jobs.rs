use std::collections::{BTreeMap, BTreeSet, btree_map};

use super::Lower;
use super::artifacts::{Consumer, Ended};
use super::inserts::Scope;
use super::matrix::{Entry, Spread, plain_name};
use super::names::BESIDE_JOBS;
use crate::diagnostic::Code;
use crate::dynamic::{Combination, specialised};
use crate::file::{self, IdTokenForm, Retry, RetryEvent, RetryForm, RunsOn, Task, TaskForm};
use crate::policy::Kind;
use crate::text::{Duration, Placed as _, Problem, Spanned, Text, shortened};
use crate::{graph, model, plan};

/// What AWS takes for an audience.
const LONGEST_AUDIENCE: usize = 255;
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
    pub(super) fn jobs(&mut self, stage: (usize, &file::Stage), forms: &[file::Job], base: &Base) -> Vec<model::Job> {
        let (stage, stage_form) = stage;
        let stage_name = stage_form.name.value.as_str();
        for form in forms {
            if let Some(name) = &form.name {
                self.key_name("a job", name, BESIDE_JOBS);
            }
            if let Some(replace) = form.replace.as_ref().filter(|_| self.joined.as_ref().is_none_or(|joined| joined.is_closed)) {
                let problem = Problem::error(Code::ConflictingKeys, replace.span, "`replace` belongs to what a job prints or uploads");
                self.report(problem.help("remove it: in this file every job is there once"));
            }
        }
        for generator in stage_form.generate.iter().flat_map(|generate| generate.list()) {
            self.splicing(generator.span().part(0, 1), "a job that prints what is added after it (`generate`)");
            if generator.run.is_some() == generator.steps.is_some() && generator.is_whole() {
                let problem = Problem::error(Code::ConflictingKeys, generator.span().part(0, 1), "a generator has one program that prints");
                self.report(problem.expected("one of `run` and `steps`"));
            }
        }
        let entries = self.entries(stage, forms);
        self.unique_jobs(forms, &entries);
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let form_names: Vec<String> = forms.iter().enumerate().map(|(at, form)| plain_name(at, form)).collect();
        for (at, entry) in entries.iter().enumerate() {
            places.entry(entry.name.as_str()).or_default().push(at);
            if let Some(name) = form_names.get(entry.form).filter(|name| **name != entry.name) {
                places.entry(name.as_str()).or_default().push(at);
            }
        }
        let of_form: Vec<BTreeSet<usize>> = forms.iter().enumerate().map(|(at, form)| self.needs(at, form, &entries, &places)).collect();
        let nothing = BTreeSet::new();
        let needs: Vec<&BTreeSet<usize>> = entries.iter().map(|entry| of_form.get(entry.form).unwrap_or(&nothing)).collect();
        let edges: Vec<(usize, usize)> =
            needs.iter().enumerate().flat_map(|(job, needs)| needs.iter().map(move |need| (*need, job))).collect();
        let order = match graph::order(entries.len(), &edges) {
            Ok(order) => order,
            Err(cycle) => {
                self.report_cycle(&cycle.path, forms, &entries);
                (0..entries.len()).collect()
            }
        };
        self.named_jobs(forms);
        let mut before = vec![Ended::none(entries.len()); entries.len()];
        let mut lowered: BTreeMap<usize, plan::Job> = BTreeMap::new();
        let mut place = BTreeMap::new();
        let mut jobs = Vec::with_capacity(entries.len());
        for (at, job) in order.into_iter().enumerate() {
            let (Some(entry), Some(needed)) = (entries.get(job), needs.get(job)) else { continue };
            let Some(form) = forms.get(entry.form) else { continue };
            place.insert(job, at);
            let mut ended = Ended::none(entries.len());
            for need in *needed {
                ended.add(*need);
                before.get(*need).into_iter().for_each(|others| ended.join(others));
            }
            if let btree_map::Entry::Vacant(free) = lowered.entry(entry.form) {
                let names = needed.iter().filter_map(|need| entries.get(*need)).map(|entry| entry.name.clone());
                let there = self.needs_there.get(&entry.form).into_iter().flatten();
                let there = there.filter_map(|key| key.split_once('/')).map(|(_, name)| name.to_owned());
                let scope = Scope { matrix: self.axes(stage, entry.form), ..Scope::job(names.chain(there).collect()) };
                let consumer = Consumer { stage, after: ended.clone() };
                let name = form_names.get(entry.form).map(String::as_str).unwrap_or_default();
                self.check_matrix(form, &Scope { matrix: None, ..scope.clone() });
                self.needs_now = self.needs_there.get(&entry.form).cloned().unwrap_or_default();
                free.insert(self.job(name, form, base, &scope, &consumer));
            }
            if let Some(own) = before.get_mut(job) {
                *own = ended;
            }
            let Some(whole) = lowered.get(&entry.form) else { continue };
            let needs = needed.iter().filter_map(|need| place.get(need).copied()).collect();
            let mut job = self.spread_job(stage, stage_name, entry, form, whole);
            if stage_form.is_generator(entry.form) {
                print_to_artifact(&mut job, stage_name);
            }
            let needs_there = self.needs_there.get(&entry.form).cloned().unwrap_or_default();
            let replace = form.replace.as_ref().is_some_and(|replace| replace.value);
            jobs.push(model::Job { needs, needs_there, replace, job });
        }
        jobs
    }

    /// The job of one entry: itself, one combination of it, or what becomes its combinations later.
    fn spread_job(&self, stage: usize, stage_name: &str, entry: &Entry, form: &file::Job, whole: &plan::Job) -> plan::Job {
        match (self.spreads.get(&(stage, entry.form)), entry.combination) {
            (Some(Spread::Many { combinations, .. }), Some(at)) => {
                let nothing = Combination::new();
                let combination = combinations.get(at).unwrap_or(&nothing);
                let limit = form.max_parallel.as_ref().map(|max_parallel| max_parallel.value);
                let parallel = limit.map(|limit| plan::Parallel { group: format!("{stage_name}/{}", whole.name), limit });
                plan::Job { parallel, ..specialised(whole, &entry.name, combination) }
            }
            (Some(Spread::Deferred(matrix)), _) => {
                let adds = plan::DeferredMatrix { job: whole.clone(), ..(**matrix).clone() };
                let condition = whole.condition.clone().filter(|condition| !condition.contains("matrix"));
                plan::Job { name: whole.name.clone(), condition, adds: Some(plan::Adds::Matrix(Box::new(adds))), ..plan::Job::default() }
            }
            _ => whole.clone(),
        }
    }

    /// What is added is known by its name when it is added again (D2).
    fn named_jobs(&mut self, forms: &[file::Job]) {
        if self.joined.as_ref().is_none_or(|joined| joined.is_closed) {
            return;
        }
        for form in forms.iter().filter(|form| form.name.is_none() && form.is_whole()) {
            let problem = Problem::error(Code::MissingKey, form.span().part(0, 1), "a job that is added needs a name");
            self.report(problem.expected("`name:` by which it is known when the same is added again"));
        }
    }

    fn unique_jobs(&mut self, forms: &[file::Job], entries: &[Entry]) {
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in entries {
            let Some(name) = forms.get(entry.form).and_then(|form| form.name.as_ref()) else { continue };
            if names.insert(entry.name.as_str(), entry.form).is_some() {
                let twice = format!("two jobs of this stage are called `{}`", shortened(&entry.name));
                self.report(Problem::error(Code::DuplicateName, name.span, twice).help("give one of them another name"));
            }
        }
    }

    fn needs(&mut self, job: usize, form: &file::Job, entries: &[Entry], places: &BTreeMap<&str, Vec<usize>>) -> BTreeSet<usize> {
        let mut needs = BTreeSet::new();
        for need in form.needs.iter().flatten() {
            let found = places.get(need.value.as_str()).map(Vec::as_slice).unwrap_or_default();
            let is_own = |at: &usize| entries.get(*at).is_some_and(|entry| entry.form == job);
            if found.iter().any(is_own) {
                let problem = Problem::error(Code::NeedsCycle, need.span, format!("the job `{}` needs itself", shortened(&need.value)));
                self.report(problem.help("remove it"));
            } else if !found.is_empty() {
                needs.extend(found);
            } else if let Some(key) = self.joined.as_ref().and_then(|joined| joined.job_key(&need.value)) {
                self.needs_there.entry(job).or_default().insert(key);
            } else if !self.reader.is_incomplete() && !self.reader.skips() {
                let problem = Problem::error(Code::UnknownJob, need.span, format!("this stage has no job `{}`", shortened(&need.value)))
                    .expected("the name of a job of the same stage; stages wait for each other by themselves")
                    .suggest(&need.value, places.keys().copied());
                self.report(problem);
            }
        }
        needs
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
        job.on_failure = form.on_failure.as_ref().map(|steps| self.steps(steps, scope)).unwrap_or_default();
        job.finally = form.finally.as_ref().map(|steps| self.steps(steps, scope)).unwrap_or_default();
        self.settings(
            &mut job,
            &Settings {
                condition: form.condition.as_ref(),
                runs_on: form.runs_on.as_ref(),
                container: form.container.as_ref(),
                timeout: form.timeout.as_ref(),
                retry: form.retry.as_ref(),
                id_token: form.id_token.as_ref(),
            },
            scope,
        );
        if let Some(grace) = &form.grace {
            job.grace_ms = grace.value.ms;
        }
        job.checkout = form.checkout.unwrap_or(true);
        job.artifacts_in = self.artifacts_in(form.uses_artifacts.as_ref(), consumer, false);
        let left = form.artifacts.iter().flat_map(|artifacts| &artifacts.entries);
        job.artifacts_out = left.map(|(name, path)| plan::ArtifactOut { name: name.value.clone(), path: path.value.clone() }).collect();
        for (_, path) in form.artifacts.iter().flat_map(|artifacts| &artifacts.entries) {
            self.inserted(&path.value, path.span, scope);
        }
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
            id_token: task.id_token.as_ref(),
        };
        self.settings(job, &settings, scope);
        job.artifacts_in = self.artifacts_in(task.uses_artifacts.as_ref(), consumer, scope.is_target());
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
        if let Some(id_token) = form.id_token {
            job.id_token = self.id_token(&id_token.value);
        }
    }

    /// The audience is written out: what a token is good for must not depend on who starts a release.
    fn id_token(&mut self, form: &IdTokenForm) -> Option<plan::IdToken> {
        let audience = &form.audience.value;
        let is_text = !audience.is_empty() && audience.len() <= LONGEST_AUDIENCE && audience.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_text || audience.contains("${{") {
            let problem = Problem::error(Code::BadFormat, form.audience.span, "this cannot be the audience of a token");
            self.report(problem.expected("1 to 255 characters without spaces and without `${{ }}`, such as `sts.amazonaws.com`"));
            return None;
        }
        Some(plan::IdToken { audience: audience.clone() })
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
                self.touch(Kind::Pool, &pool.value, pool.span);
                plan::RunsOn { pool: pool.value.clone(), labels: BTreeMap::new() }
            }
            RunsOn::Labels(map) => {
                let mut runs_on = plan::RunsOn { pool: POOL.to_owned(), labels: BTreeMap::new() };
                for (name, value) in &map.entries {
                    if name.value == "pool" {
                        self.touch(Kind::Pool, &value.value.0, value.span);
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

/// The last step's output becomes an artifact, of which the engine makes what is added. Its beginning is shown in the log, too; the
/// step ends as the program ends.
fn print_to_artifact(job: &mut plan::Job, stage: &str) {
    let file = format!(".tidegate/{}.generated", job.name);
    let artifact = format!("generated.{stage}.{}", job.name);
    let Some(step) = job.steps.last_mut() else { return };
    let program = ["sh", "-c", "mkdir -p .tidegate && \"$@\" > \"$0\"; code=$?; head -c 65536 \"$0\"; exit $code", &file];
    step.shell.splice(0..0, program.map(str::to_owned));
    let path = if step.working_directory.is_empty() { file } else { format!("{}/{file}", step.working_directory) };
    job.artifacts_out.push(plan::ArtifactOut { name: artifact.clone(), path });
    job.adds = Some(plan::Adds::Generated { artifact });
}

/// What every kind of job may say.
pub(super) struct Settings<'f> {
    pub(super) condition: Option<&'f Spanned<Text>>,
    pub(super) runs_on: Option<&'f RunsOn>,
    pub(super) container: Option<&'f Spanned<String>>,
    pub(super) timeout: Option<&'f Spanned<Duration>>,
    pub(super) retry: Option<&'f RetryForm>,
    pub(super) id_token: Option<&'f Spanned<IdTokenForm>>,
}
