use std::collections::BTreeMap;
use std::future::Future;
use std::io;

use protocol::{Artifact, Job, Outcome, Report, Secret, Step, StepReport};

use super::environment::{self, Notes, Places};
use super::interrupt::{Interrupt, Watch};
use super::spool::Spool;
use super::step::{self, Bound, End, Output};
use super::{artifacts, checkout, outputs};
use crate::clock::{self, Moment};
use crate::journal::{Assignment, Folder};
use crate::mask::Masker;
use crate::{files, tree};

/// `finally` steps have this much beyond the grace, whatever ended the job.
const FINALLY_MS: u64 = 60_000;

/// Executes an attempt to its end and leaves the result in its folder. An error means that there is none. False when something of
/// it may go on in this process, or below it.
pub(super) async fn supervise(folder: &Folder) -> io::Result<bool> {
    let assignment = folder.assignment()?.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no lease.json"))?;
    folder.mark_began(&assignment)?;
    let job = &assignment.lease.job;
    let mut hidden = job.secrets.clone();
    let way_in = assignment.credentials.as_ref();
    hidden.extend(way_in.map(|access| Secret { name: "AWS_CONTAINER_AUTHORIZATION_TOKEN".to_owned(), value: access.token.clone() }));
    let (masker, too_large) = match Masker::new(&hidden) {
        Ok(masker) => (masker, None),
        Err(error) => (Masker::new(&[]).map_err(io::Error::other)?, Some(Outcome::Error { detail: error.to_string() })),
    };
    let started = clock::now();
    let mut run = Run {
        folder,
        assignment: &assignment,
        spool: Spool::create(&folder.log(), &masker, assignment.max_log_bytes, started)?,
        watch: Watch::new(folder, &assignment, started.plus_ms(job.timeout_ms))?,
        output: Output::new()?,
        masker,
        started,
        steps: Vec::new(),
        outputs: BTreeMap::new(),
        summary: String::new(),
        artifacts: Vec::new(),
    };
    let outcome = match too_large {
        Some(outcome) => outcome,
        None => run.execute().await,
    };
    let all_gone = tree::kill_descendants(None).await;
    if !all_gone {
        run.spool.mark("a process of this job does not end on SIGKILL; it is left behind");
    }
    let was_interrupted = run.watch.seen().is_some();
    let report = run.report(outcome);
    folder.write_result(&assignment, &report)?;
    if !assignment.keep_workspace {
        // The result stands; what cannot be removed is tried again by the agent.
        let _left_behind = files::remove_tree(&folder.work());
    }
    Ok(all_gone && !was_interrupted)
}

struct Run<'a> {
    folder: &'a Folder,
    assignment: &'a Assignment,
    spool: Spool,
    watch: Watch,
    output: Output,
    masker: Masker,
    started: Moment,
    steps: Vec<StepReport>,
    outputs: BTreeMap<String, String>,
    summary: String,
    artifacts: Vec<Artifact>,
}

impl Run<'_> {
    async fn execute(&mut self) -> Outcome {
        if let Some(image) = &self.job().container {
            return self.error(format!(
                "this job asks for the container {image:?}, and this runner has no container executor; remove `container`, or let `runs_on` choose a runner that has one"
            ));
        }
        let places = match Places::make(&self.folder.work()) {
            Ok(places) => places,
            Err(error) => return self.error(format!("the workspace could not be made: {error}")),
        };
        let mut outcome = match self.prepare(&places).await {
            Ok(()) => self.run_steps(&places).await,
            Err(outcome) => outcome,
        };
        outcome = self.take_artifacts(&places, outcome).await;
        let job = self.job();
        let (on_failure, finally) = (job.steps.len(), job.steps.len() + job.on_failure.len());
        if has_failed(&outcome) {
            // What they end with hides nothing.
            let _of_the_hooks = self.run_after(&places, on_failure, self.job().on_failure.clone()).await;
        }
        // A failing `finally` step fails a job that had succeeded, and hides no earlier failure.
        match self.run_after(&places, finally, self.job().finally.clone()).await {
            ended if outcome == Outcome::Succeeded => ended,
            _ => outcome,
        }
    }

    async fn prepare(&mut self, places: &Places) -> Result<(), Outcome> {
        let job = self.job().clone();
        if let Some(wanted) = &job.checkout {
            self.spool.mark(&format!("commit {} of {} from {}", wanted.commit, wanted.reference, checkout::shown_url(&wanted.url)));
            let work = checkout::checkout(wanted, self.folder.workdir(), &places.workspace);
            let done = interruptible(&mut self.watch, work).await;
            self.settle(done, "checkout")?.map_err(|error| self.error(error.to_string()))?;
        }
        for input in &job.artifacts_in {
            self.spool.mark(&format!("artifact {} ({} bytes, sha256 {})", input.name, input.size_bytes, input.digest));
        }
        let (folder, roots) = (self.folder.clone(), places.clone());
        let work = blocking(move || job.artifacts_in.iter().try_for_each(|input| artifacts::lay_out(&folder, &roots, input)));
        let done = interruptible(&mut self.watch, work).await;
        self.settle(done, "artifacts")?.map_err(|error| self.error(error.to_string()))
    }

    async fn run_steps(&mut self, places: &Places) -> Outcome {
        let steps = self.job().steps.clone();
        for (index, step) in steps.iter().enumerate() {
            let bound = self.bound_of_step(step);
            let outcome = self.run_step(places, index, step, bound, true).await;
            if outcome != Outcome::Succeeded {
                return outcome;
            }
        }
        Outcome::Succeeded
    }

    /// Steps that follow the job's own, all of them: the first that does not succeed says how they ended.
    async fn run_after(&mut self, places: &Places, before: usize, steps: Vec<Step>) -> Outcome {
        let mut outcome = Outcome::Succeeded;
        for (index, step) in steps.iter().enumerate() {
            let room_ms = match self.watch.seen() {
                None => self.watch.job_deadline().since_ms(clock::now()),
                Some(_) => 0,
            };
            let timeout_ms = step.timeout_ms.unwrap_or(room_ms.max(self.job().grace_ms.saturating_add(FINALLY_MS)));
            let bound = Bound { at: clock::now().plus_ms(timeout_ms), timeout_ms };
            let ended = self.run_step(places, before + index, step, bound, false).await;
            if outcome == Outcome::Succeeded {
                outcome = ended;
            }
        }
        outcome
    }

    async fn run_step(&mut self, places: &Places, index: usize, step: &Step, bound: Bound, may_be_interrupted: bool) -> Outcome {
        let job = self.job();
        let all = job.steps.len() + job.on_failure.len() + job.finally.len();
        self.output.drain(&mut self.spool);
        let log_offset = self.spool.mark(&format!("step {} of {all}: {}", index + 1, step.name));
        let begun = clock::now();
        self.steps.push(StepReport {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            name: step.name.clone(),
            started_after_ms: begun.since_ms(self.started),
            took_ms: None,
            exit_code: None,
            log_offset,
        });
        self.tell_steps();
        let notes = Notes { output: places.notes.join(format!("output-{index}")), summary: places.notes.join(format!("summary-{index}")) };
        let end = match self.start_of(places, step, &notes) {
            Err(detail) => End::NotStarted { detail },
            Ok(command) => {
                let (watch, grace_ms) = (&mut self.watch, self.assignment.lease.job.grace_ms);
                let interrupt = async move { if may_be_interrupted { watch.fired().await } else { std::future::pending().await } };
                let grace_of = |cause: &Interrupt| grace_after(cause, grace_ms);
                step::run(command, &mut self.output, &mut self.spool, bound, interrupt, grace_of, grace_ms).await
            }
        };
        let took_ms = clock::now().since_ms(begun);
        if let Some(report) = self.steps.last_mut() {
            report.took_ms = Some(took_ms);
            report.exit_code = if let End::Exited(code) = &end { Some(*code) } else { None };
        }
        tree::reap_orphans(None);
        let outcome = self.outcome_of(end, step, took_ms);
        let outcome = self.take_notes(&notes, step, outcome);
        // With nothing more to do the result, which says the same, comes at once.
        if index + 1 < all || !self.job().artifacts_out.is_empty() {
            self.tell_steps();
        }
        outcome
    }

    fn start_of(&self, places: &Places, step: &Step, notes: &Notes) -> Result<tokio::process::Command, String> {
        for (path, content) in &step.files {
            artifacts::lay_file(&places.workspace, path, content)?;
        }
        let environment = environment::of_step(self.assignment, places, step, notes)?;
        let folder = crate::archive::inside(step.working_directory.as_ref())
            .ok_or_else(|| format!("its working_directory {:?} leads outside the workspace", step.working_directory))?;
        step::command(step, &environment, &places.workspace.join(folder))
    }

    fn outcome_of(&mut self, end: End<Interrupt>, step: &Step, took_ms: u64) -> Outcome {
        let name = step.name.clone();
        let (line, outcome) = match end {
            End::Exited(0) => ("exit code 0".to_owned(), Outcome::Succeeded),
            End::Exited(exit_code) => (format!("exit code {exit_code}"), Outcome::Failed { exit_code, step: name }),
            End::Signalled(signal) => (format!("ended by signal {signal}"), Outcome::Signalled { signal, step: name }),
            End::TimedOut { timeout_ms } => (format!("timed out: more than {timeout_ms} ms"), Outcome::TimedOut { step: name, timeout_ms }),
            End::Interrupted(cause) => {
                let outcome = self.outcome_of_interrupt(cause, &name);
                (describe(&outcome), outcome)
            }
            End::NotStarted { detail } => {
                return self.error(format!("the step {name:?} could not run: {detail}"));
            }
        };
        self.spool.mark(&format!("{line} after {took_ms} ms"));
        outcome
    }

    fn outcome_of_interrupt(&self, cause: Interrupt, step: &str) -> Outcome {
        match cause {
            Interrupt::Asked(stop) => Outcome::Cancelled { reason: stop.reason },
            Interrupt::LeaseEnded => {
                Outcome::Cancelled { reason: "the lease ran out: the runner could not reach the server for too long".to_owned() }
            }
            Interrupt::JobTimedOut => Outcome::TimedOut { step: step.to_owned(), timeout_ms: self.job().timeout_ms },
            Interrupt::Terminated => Outcome::RunnerRestarted,
        }
    }

    /// Reads what the step reported; what cannot be read fails a step that had succeeded.
    fn take_notes(&mut self, notes: &Notes, step: &Step, outcome: Outcome) -> Outcome {
        let summary = outputs::read(&notes.summary).unwrap_or_default();
        self.summary = outputs::cut_summary(format!("{}{}", self.summary, self.masker.mask_text(&summary)));
        let merged = outputs::read(&notes.output).map_err(|error| error.to_string()).and_then(|text| {
            let mut read = BTreeMap::new();
            outputs::merge(&text, &mut read).map_err(|error| error.to_string())?;
            self.outputs.extend(read.into_iter().map(|(key, value)| (key, self.masker.mask_text(&value))));
            outputs::within_limits(&self.outputs).map_err(|error| error.to_string())
        });
        match merged {
            Err(detail) if outcome == Outcome::Succeeded => self.error(format!("the step {:?}: {detail}", step.name)),
            _ => outcome,
        }
    }

    /// A job that succeeded must leave everything; one that failed leaves what it has, such as test reports.
    async fn take_artifacts(&mut self, places: &Places, outcome: Outcome) -> Outcome {
        let must = match outcome {
            Outcome::Succeeded => true,
            Outcome::Failed { .. } => false,
            _ => return outcome,
        };
        for wanted in self.job().artifacts_out.clone() {
            let (folder, workspace, name) = (self.folder.clone(), places.workspace.clone(), wanted.name.clone());
            let work = blocking(move || artifacts::take(&folder, &workspace, &wanted));
            match interruptible(&mut self.watch, work).await {
                Err(cause) => return self.outcome_of_interrupt(cause, "artifacts"),
                Ok(Ok(artifact)) => {
                    self.spool.mark(&format!("artifact {name} left ({} bytes, sha256 {})", artifact.size_bytes, artifact.digest));
                    self.artifacts.push(artifact);
                }
                Ok(Err(error)) if must => return self.error(error.to_string()),
                Ok(Err(_)) => {}
            }
        }
        outcome
    }

    fn bound_of_step(&self, step: &Step) -> Bound {
        // The job's own end is an interrupt; a step's bound beyond it never counts.
        let timeout_ms = step.timeout_ms.unwrap_or(self.job().timeout_ms);
        Bound { at: clock::now().plus_ms(step.timeout_ms.unwrap_or(u64::MAX)), timeout_ms }
    }

    fn settle<T>(&mut self, done: Result<T, Interrupt>, during: &str) -> Result<T, Outcome> {
        done.map_err(|cause| {
            let outcome = self.outcome_of_interrupt(cause, during);
            self.spool.mark(&describe(&outcome));
            outcome
        })
    }

    fn error(&mut self, detail: String) -> Outcome {
        let detail = self.masker.mask_text(&detail);
        self.spool.mark(&format!("error: {detail}"));
        Outcome::Error { detail }
    }

    fn job(&self) -> &Job {
        &self.assignment.lease.job
    }

    fn tell_steps(&self) {
        if let Err(error) = self.folder.write_steps(&self.steps) {
            eprintln!("the state of the steps could not be written: {error}");
        }
    }

    fn report(self, outcome: Outcome) -> Report {
        let (log_bytes, log_digest) = self.spool.finish();
        Report {
            fences: self.assignment.lease.fences.clone(),
            outcome,
            outputs: self.outputs,
            summary: self.summary,
            artifacts: self.artifacts,
            steps: self.steps,
            log_bytes,
            log_digest,
            log: None,
            log_times: Vec::new(),
        }
    }
}

async fn interruptible<T>(watch: &mut Watch, work: impl Future<Output = T>) -> Result<T, Interrupt> {
    tokio::select! {
        biased;
        value = work => Ok(value),
        cause = watch.fired() => Err(cause),
    }
}

/// For work on large files, so that an interrupt is seen meanwhile.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// By itself: nobody cancelled it, and its runner lives.
fn has_failed(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Failed { .. } | Outcome::Signalled { .. } | Outcome::TimedOut { .. } | Outcome::Error { .. } => true,
        Outcome::Succeeded | Outcome::Cancelled { .. } | Outcome::RunnerRestarted => false,
    }
}

fn grace_after(cause: &Interrupt, own_ms: u64) -> u64 {
    match cause {
        Interrupt::Asked(stop) => stop.grace_ms,
        Interrupt::LeaseEnded | Interrupt::JobTimedOut | Interrupt::Terminated => own_ms,
    }
}

fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Cancelled { reason } => format!("cancelled: {reason}"),
        Outcome::TimedOut { timeout_ms, .. } => format!("timed out: the job took more than {timeout_ms} ms"),
        _ => "ended with the runner".to_owned(),
    }
}
