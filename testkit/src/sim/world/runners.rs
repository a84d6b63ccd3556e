use std::collections::BTreeMap;

use engine::core::dispatch::{Idle, assign};
use engine::core::row::{AttemptKind, AttemptState, Row};
use engine::core::{Actor, Changes, Input, Pipeline, Rejected, Time};
use pipelines::plan::{Class, NodeKind, Purpose};
use protocol::{AttemptId, Fences, Outcome, Report, RunnerId, TargetFence};

use super::World;
use crate::sim::plans::{MINUTE, SECOND};
use crate::sim::step::{Act, What};

const RUNNERS: [&str; 3] = ["r-1", "r-2", "r-3"];
const LEASE_MS: u64 = MINUTE;

/// A job on a runner, as the runner knows it.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(super) fences: Fences,
    pub(super) runner: RunnerId,
    inspects: bool,
    /// What it has to do to its target, if anything.
    act: Option<Act>,
    is_done: bool,
    /// By the runner's own count.
    lease_until: Time,
    credentials_until: Time,
    is_told_to_stop: bool,
    /// It has ended and said so, and the answer was lost: it says the same again and does nothing else.
    said: Option<Box<Report>>,
    pub(super) contact: Contact,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contact {
    Fine,
    /// SIGSTOP, or a cut network: nothing is heard until then.
    Silent(Time),
    /// It will never be heard of again.
    Gone,
}

/// A change of a target that is in progress; it ends by itself, whatever happens to who began it.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) act: Act,
    ends_at: Time,
}

impl Job {
    pub(super) fn touches_a_target(&self) -> bool {
        self.inspects || self.act.is_some()
    }
}

impl World {
    pub(super) fn due_operation(&mut self) -> Option<What> {
        let due = self.operations.iter().find(|op| op.ends_at <= self.now)?;
        Some(What::End(due.act.clone()))
    }

    pub(super) fn began(&mut self, act: &Act) {
        let ends_at = self.now + self.random.between(0, 90) * SECOND;
        self.operations.push(Operation { act: act.clone(), ends_at });
    }

    pub(super) fn ended(&mut self, act: &Act) {
        self.operations.retain(|op| op.act != *act);
        self.runs.insert(act.target.clone(), act.release);
        if let Some(job) = self.jobs.iter_mut().find(|job| job.fences.attempt == act.attempt) {
            job.is_done = true;
        }
    }

    /// Some runner asks for work.
    pub(super) fn lease(&mut self, pipeline: &Pipeline) -> Option<What> {
        let queued: Vec<_> = pipeline.queued().collect();
        if queued.is_empty() {
            return None;
        }
        let runners: Vec<Idle> = RUNNERS.iter().filter_map(|name| self.idle(name)).collect();
        let chosen = assign(&queued, &runners, self.now);
        let next = self.random.pick(&chosen)?.clone();
        let token = format!("token-{}", self.serial()).parse().ok()?;
        let actor = Actor::Runner { id: next.runner.to_string() };
        Some(What::Give { actor, input: Input::Lease { attempt: next.attempt, runner: next.runner, token, lease_ms: LEASE_MS } })
    }

    fn idle(&self, name: &str) -> Option<Idle> {
        let runner: RunnerId = name.parse().ok()?;
        let busy = self.jobs.iter().filter(|job| job.runner == runner && job.contact != Contact::Gone).count();
        Some(Idle {
            runner,
            pool: "default".to_owned(),
            labels: BTreeMap::new(),
            free: u32::try_from(3_usize.saturating_sub(busy)).unwrap_or(0),
            reserved_free: 1,
            draining: false,
            running: BTreeMap::new(),
        })
    }

    /// One job goes on by one step: credentials, the change itself, a heartbeat, or its end.
    pub(super) fn work(&mut self, pipeline: &Pipeline) -> Option<What> {
        let at = self.random.below(self.jobs.len());
        let now = self.now;
        let mut job = self.jobs.get(at)?.clone();
        match job.contact {
            Contact::Gone => return None,
            Contact::Silent(until) if until > now => return None,
            Contact::Silent(_) => job.contact = Contact::Fine,
            Contact::Fine if !self.calm && self.random.chance(self.temper.loses) => {
                job.contact =
                    if self.random.chance(40) { Contact::Gone } else { Contact::Silent(now + self.random.between(20, 900) * SECOND) };
            }
            Contact::Fine => {}
        }
        let next = if job.contact == Contact::Fine { self.go_on(&job, pipeline) } else { None };
        if let Some(known) = self.jobs.get_mut(at) {
            *known = job;
        }
        next
    }

    fn go_on(&mut self, job: &Job, pipeline: &Pipeline) -> Option<What> {
        if let Some(said) = &job.said {
            return Some(self.by(job, Input::Report(said.clone())));
        }
        if let Some(upload) = self.upload(job, pipeline) {
            return Some(upload);
        }
        let in_progress = job.act.as_ref().is_some_and(|act| self.operations.iter().any(|op| op.act == *act));
        if job.lease_until < self.now + LEASE_MS / 2 && self.random.chance(80) {
            return Some(self.heartbeat(job));
        }
        if in_progress {
            return None;
        }
        let failing = !self.calm && self.random.chance(self.temper.fails);
        match &job.act {
            Some(act) if !job.is_done && !job.is_told_to_stop && !failing => {
                if job.credentials_until <= self.now + 10 * SECOND {
                    let until = self.now + self.random.between(1, 15) * MINUTE;
                    return Some(self.by(job, Input::Issued { fences: job.fences.clone(), until }));
                }
                Some(What::Begin(act.clone()))
            }
            _ => {
                let outcome = self.outcome(job, failing);
                Some(self.report(job, outcome))
            }
        }
    }

    fn outcome(&mut self, job: &Job, failing: bool) -> Outcome {
        let unfinished = job.act.is_some() && !job.is_done;
        let step = "run".to_owned();
        if job.is_told_to_stop && (unfinished || self.random.chance(60)) {
            return Outcome::Cancelled { reason: "told to".to_owned() };
        }
        if !failing && !unfinished {
            return Outcome::Succeeded;
        }
        match self.random.below(6) {
            0 => Outcome::Failed { exit_code: 75, step },
            1 => Outcome::TimedOut { step, timeout_ms: 1000 },
            2 => Outcome::Signalled { signal: 9, step },
            3 => Outcome::RunnerRestarted,
            4 => Outcome::Error { detail: "no disk".to_owned() },
            _ => Outcome::Failed { exit_code: 1, step },
        }
    }

    fn report(&mut self, job: &Job, outcome: Outcome) -> What {
        let outputs = if job.inspects { self.found_at(job) } else { BTreeMap::new() };
        let report = Report {
            fences: job.fences.clone(),
            outcome,
            outputs,
            summary: String::new(),
            artifacts: Vec::new(),
            steps: Vec::new(),
            log_bytes: 0,
            log_digest: String::new(),
            log: None,
            log_times: Vec::new(),
        };
        self.by(job, Input::Report(Box::new(report)))
    }

    /// What an inspection prints (A3): the truth, or nothing.
    fn found_at(&mut self, job: &Job) -> BTreeMap<String, String> {
        let mut outputs = BTreeMap::new();
        let Some(target) = self.inspected(job) else { return outputs };
        if !self.calm && self.random.chance(10) {
            return outputs;
        }
        if self.operations.iter().any(|op| op.act.target == target) {
            outputs.insert("in_progress".to_owned(), "true".to_owned());
        }
        outputs.insert("release".to_owned(), self.runs(&target).map_or_else(|| "none".to_owned(), |r| r.0.to_string()));
        let well = self.calm || self.random.chance(85);
        outputs.insert("health".to_owned(), if well { "ok" } else { "unhealthy" }.to_owned());
        outputs
    }

    fn inspected(&self, job: &Job) -> Option<engine::core::id::TargetName> {
        job.act.as_ref().map(|act| act.target.clone())
    }

    fn heartbeat(&self, job: &Job) -> What {
        self.by(job, Input::Heartbeat { fences: job.fences.clone(), lease_ms: LEASE_MS, steps: Vec::new() })
    }

    fn by(&self, job: &Job, input: Input) -> What {
        What::Give { actor: Actor::Runner { id: job.runner.to_string() }, input }
    }

    /// An old message comes again, or one with a forged fence, token or generation.
    pub(super) fn lie(&mut self) -> Option<What> {
        let mut input = self.random.pick(&self.sent)?.clone();
        let roll = self.random.below(8);
        if let Some(fences) = fences_of(&mut input) {
            match roll {
                0 => fences.generation.0 = 0,
                1 => fences.lease_token = "forged".parse().ok()?,
                2 => fences.fence = fences.fence.map(|f| TargetFence(f.0.saturating_sub(1))),
                3 => fences.fence = fences.fence.map(|f| TargetFence(f.0 + 1)),
                _ => {}
            }
        }
        Some(What::Give { actor: Actor::Runner { id: "r-9".to_owned() }, input })
    }

    pub(super) fn answered(&mut self, input: &Input, outcome: &Result<Changes, Rejected>, pipeline: &Pipeline) {
        match (input, outcome) {
            (Input::Lease { attempt, runner, .. }, Ok(_)) => {
                // Sometimes the answer is lost, and the runner never knows.
                let arrives = self.calm || !self.random.chance(self.temper.loses);
                if arrives {
                    self.jobs.extend(self.job(attempt, runner, pipeline));
                }
            }
            (Input::Heartbeat { fences, .. } | Input::Issued { fences, .. }, _) => self.renewed(input, fences, outcome, pipeline),
            // Whoever breaks the glass has ended the lost copy first.
            (Input::BreakGlass { .. }, Ok(changes)) => {
                let ended = changes.rows.iter().filter_map(|row| match row {
                    Row::Attempt(row) if row.state == AttemptState::Ended => Some(&row.id),
                    _ => None,
                });
                let ended: Vec<&AttemptId> = ended.collect();
                self.jobs.retain(|job| !ended.contains(&&job.fences.attempt));
            }
            (Input::Report(report), _) => {
                let lost = outcome.is_ok() && !self.calm && self.random.chance(self.temper.loses);
                if !lost {
                    self.jobs.retain(|job| job.fences != report.fences);
                } else if let Some(job) = self.jobs.iter_mut().find(|job| job.fences == report.fences) {
                    job.said = Some(report.clone());
                }
                self.remember(input);
            }
            (Input::Upload { .. }, _) => self.remember(input),
            _ => {}
        }
    }

    fn renewed(&mut self, input: &Input, fences: &Fences, outcome: &Result<Changes, Rejected>, pipeline: &Pipeline) {
        let now = self.now;
        if self.random.chance(20) {
            self.remember(input);
        }
        let stop = pipeline.attempt(&fences.attempt).is_some_and(|a| a.stop.is_some());
        match (input, outcome) {
            (Input::Issued { until, .. }, Ok(_)) => {
                if let Some(job) = self.jobs.iter_mut().find(|job| job.fences == *fences) {
                    job.credentials_until = *until;
                }
            }
            (_, Ok(_)) => {
                if let Some(job) = self.jobs.iter_mut().find(|job| job.fences == *fences) {
                    job.lease_until = now + LEASE_MS;
                    job.is_told_to_stop = stop;
                }
            }
            // It gets no credentials any more, and hears at its next heartbeat why.
            (_, Err(Rejected::AttemptStopped)) => {
                if let Some(job) = self.jobs.iter_mut().find(|job| job.fences == *fences) {
                    job.is_told_to_stop = true;
                }
            }
            (Input::Issued { .. }, Err(_)) => {
                if let Some(job) = self.jobs.iter_mut().find(|job| job.fences == *fences) {
                    job.lease_until = now;
                }
            }
            // Definitive: the runner stops its copy.
            (_, Err(_)) => self.jobs.retain(|job| job.fences != *fences),
        }
    }

    fn remember(&mut self, input: &Input) {
        if self.sent.len() >= 12 {
            self.sent.remove(0);
        }
        self.sent.push(input.clone());
    }

    fn job(&self, id: &AttemptId, runner: &RunnerId, pipeline: &Pipeline) -> Option<Job> {
        let attempt = pipeline.attempt(id)?;
        let NodeKind::Job(job) = &pipeline.plan(attempt.release)?.node(attempt.node)?.kind else { return None };
        let inspects = matches!(attempt.kind, AttemptKind::Inspect { .. });
        let percent = match job.purpose {
            Purpose::Deploy { percent } => Some(percent),
            Purpose::Rollback => Some(100),
            Purpose::Inspect => Some(0),
            Purpose::Job | Purpose::Before | Purpose::Verify | Purpose::After | Purpose::OnFailure | Purpose::Finally => None,
        };
        let target = attempt.target.clone().filter(|_| attempt.class == Class::Target);
        let fence = attempt.fence.map_or(0, |f| f.0);
        let act =
            target.zip(percent).map(|(target, percent)| Act { target, attempt: id.clone(), fence, release: attempt.release, percent });
        let generation = pipeline.settings().generation;
        let fences = Fences { generation, attempt: id.clone(), lease_token: attempt.token.clone()?, fence: attempt.fence };
        Some(Job {
            fences,
            runner: runner.clone(),
            inspects,
            act,
            // An inspection only looks.
            is_done: inspects,
            lease_until: self.now + LEASE_MS,
            credentials_until: self.now,
            is_told_to_stop: attempt.stop.is_some(),
            said: None,
            contact: Contact::Fine,
        })
    }
}

fn fences_of(input: &mut Input) -> Option<&mut Fences> {
    match input {
        Input::Heartbeat { fences, .. } | Input::Issued { fences, .. } | Input::Upload { fences, .. } => Some(fences),
        Input::Report(report) => Some(&mut report.fences),
        _ => None,
    }
}
