//! Plays one story through the real core and saves what it decides.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::core::id::{HoldId, PersonId, PipelineId, ReleaseNumber};
use engine::core::input::{Admission, Place as RollbackPlace, Reading, Revision};
use engine::core::row::{AttemptRow, AttemptState, GateState, Row, RowKey};
use engine::core::{Actor, Changes, Event, EventKind, Input, Pipeline, Settings, Time, Trust, audit, monitor_id};
use engine::ports::Ids as _;
use engine::store::{Save, SourceCommit, SourceHead, SourceRow, Version};
use pipelines::plan::{GateCondition, Monitor, NodeIx, NodeKind, Plan, Purpose};
use protocol::{Artifact, ArtifactDigest, AttemptId, Fences, LeaseToken, Outcome, Report, RunnerId, StepReport};

use super::story::{MINUTE_MS, Story, Turn};
use super::{Place, Result, commits, logs, mass, path, people};
use crate::sim::random::Random;

/// Rows and events of one transaction at the most.
const TOGETHER: usize = 4_000;
const STUCK_LEASE_MS: u64 = 7 * 24 * 60 * MINUTE_MS;
const LOST_LEASE_MS: u64 = MINUTE_MS;
/// Logs are kept for attempts that ended this long before the end.
const LOGS_MS: u64 = 12 * 60 * MINUTE_MS;

pub(super) struct Told {
    pub(super) releases: u64,
}

/// What will happen by itself.
#[derive(Debug)]
enum Act {
    Push,
    Lease(AttemptId),
    Report(AttemptId),
    Read(Monitor),
    Approve { who: Actor, release: ReleaseNumber, gate: String },
    Answer { release: ReleaseNumber, gate: String },
    Mass(u64),
    Turn(Turn),
}

struct Driver<'p> {
    place: &'p Place,
    story: Story,
    plan: Arc<Plan>,
    runners: Vec<RunnerId>,
    pipeline: Pipeline,
    version: Version,
    now: Time,
    agenda: BTreeMap<(Time, u64), Act>,
    serial: u64,
    random: Random,
    together: Changes,
    places: BTreeMap<RowKey, usize>,
    position: u64,
    newest: Option<SourceCommit>,
    asked: u64,
    mood: Mood,
    logs: Vec<(AttemptId, logs::Kind, Time, bool)>,
    artifact: Artifact,
}

/// What the story has changed so far.
#[derive(Debug, Default)]
struct Mood {
    bad: BTreeSet<&'static str>,
    high: BTreeSet<&'static str>,
    dark: BTreeSet<&'static str>,
    fail: BTreeSet<&'static str>,
    stick: BTreeSet<&'static str>,
    starve: BTreeSet<&'static str>,
    lose: BTreeSet<&'static str>,
    silent: bool,
    /// Whoever asks next is approved at once.
    approve_next: bool,
    has_failed: BTreeSet<(ReleaseNumber, NodeIx)>,
}

pub(super) async fn tell(place: &Place, story: Story, runners: Vec<RunnerId>) -> Result<Told> {
    let mut driver = Driver::open(place, story, runners).await?;
    driver.schedule_story();
    let ends = driver.story.ends;
    driver.run_until(ends).await?;
    driver.now = ends;
    driver.give(&Actor::Engine, Input::Tick).await?;
    driver.flush().await?;
    driver.finish().await?;
    Ok(Told { releases: driver.pipeline.row().next_release - 1 })
}

impl<'p> Driver<'p> {
    async fn open(place: &'p Place, story: Story, runners: Vec<RunnerId>) -> Result<Self> {
        let id = PipelineId(place.ids.uuid());
        let pipeline = Pipeline::new(id.clone(), story.name.clone(), Settings::default());
        let version = place.store.register_pipeline(pipeline.row(), story.begins).await?;
        let detail = serde_json::json!({"repository": story.repository, "branch": "main", "file": path::FILE});
        place.store.append_audit(&people::actor("ada"), "connect", &story.name, detail, story.begins).await?;
        let bytes = bytes::Bytes::from(format!("an image of {}", story.name));
        let digest = ArtifactDigest::try_from(hex::encode(sha2::Digest::finalize(sha2::Digest::chain_update(
            <sha2::Sha256 as sha2::Digest>::new(),
            &bytes,
        ))))?;
        let size_bytes = bytes.len() as u64;
        place.blobs.put(&format!("artifacts/{}", digest.as_str()), bytes).await?;
        place.store.put_artifact(&digest, size_bytes, story.begins).await?;
        let artifact = Artifact { name: String::new(), digest, size_bytes, is_folder: false, mode: 0o644 };
        let seed = story.name.bytes().fold(7, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte));
        Ok(Self {
            place,
            plan: path::plan(&story.file)?,
            runners,
            pipeline,
            version,
            now: story.begins,
            agenda: BTreeMap::new(),
            serial: 1_000_000,
            random: Random::new(seed),
            together: Changes::default(),
            places: BTreeMap::new(),
            position: 1_000,
            newest: None,
            asked: 0,
            mood: Mood::default(),
            logs: Vec::new(),
            artifact,
            story,
        })
    }

    fn schedule_story(&mut self) {
        const MASS_STEPS: u64 = 400;
        let span = self.story.ends.since_ms(self.story.begins);
        let pushes = self.story.pushes;
        for number in 0..pushes {
            // More of them towards the end, so that the last hours show several at once.
            let share = number as f64 / pushes as f64;
            let eased = 1.0 - (1.0 - share).powf(1.08);
            let jitter = self.random.between(0, (span / pushes / 2).max(1));
            let offset = (span as f64 * eased) as u64 + jitter;
            self.schedule(Time(self.story.begins.0) + offset.min(span - 1), Act::Push);
        }
        for minutes in self.story.last_pushes {
            self.agenda.insert((self.story.ends - minutes * MINUTE_MS, *minutes), Act::Push);
        }
        for step in 1..=if self.story.mass == 0 { 0 } else { MASS_STEPS } {
            self.schedule(self.story.begins + span / MASS_STEPS * step - 1, Act::Mass(self.story.mass / MASS_STEPS));
        }
        for (at, turn) in std::mem::take(&mut self.story.turns) {
            self.schedule(at, Act::Turn(turn));
        }
    }

    fn schedule(&mut self, at: Time, act: Act) {
        self.serial += 1;
        self.agenda.insert((at, self.serial), act);
    }

    fn soon(&mut self, low_ms: u64, high_ms: u64, act: Act) {
        let at = self.now + self.random.between(low_ms, high_ms);
        self.schedule(at, act);
    }

    async fn run_until(&mut self, ends: Time) -> Result<()> {
        loop {
            let act_at = self.agenda.first_key_value().map(|((at, _), _)| *at);
            let tick_at = self.pipeline.next_deadline();
            let Some(at) = act_at.into_iter().chain(tick_at).min().filter(|at| *at < ends) else { return Ok(()) };
            self.now = self.now.max(at);
            if tick_at.is_some_and(|tick| tick <= self.now) {
                self.give(&Actor::Engine, Input::Tick).await?;
            } else if let Some((_, act)) = self.agenda.pop_first() {
                self.act(act).await?;
            }
        }
    }

    async fn act(&mut self, act: Act) -> Result<()> {
        match act {
            Act::Push => self.push().await,
            Act::Lease(attempt) => self.lease(attempt).await,
            Act::Report(attempt) => self.report(attempt).await,
            Act::Read(monitor) => self.read(&monitor).await,
            Act::Approve { who, release, gate } => self.approve(&who, release, gate).await,
            Act::Answer { release, gate } => {
                let input = Input::Answer { release, gate, passed: true, detail: "CHG-20417 is approved".to_owned() };
                let who = Actor::Token { id: "seed-changes".to_owned(), name: "change-board".to_owned() };
                self.give_if_taken(&who, input).await
            }
            Act::Mass(count) => {
                self.flush().await?;
                let step = self.story.ends.since_ms(self.story.begins) / 400;
                let changes = mass::readings(count, self.now, step);
                self.save(changes).await
            }
            Act::Turn(turn) => self.turn(turn).await,
        }
    }

    /// One or several commits arrive; the newest becomes a release.
    async fn push(&mut self) -> Result<()> {
        let many = self.random.between(1, self.story.commits_per_push);
        let mut pushed = Vec::new();
        for number in 0..many {
            self.position += 1;
            let at = self.now - (many - number) * 4 * MINUTE_MS;
            pushed.push(commits::at(&self.story.repository, self.position, at));
        }
        self.place.store.put_commits(&self.pipeline.row().id, &pushed).await?;
        let Some(head) = pushed.pop() else { return Ok(()) };
        let revision = Revision {
            source: head.source.clone(),
            commit: head.id.clone(),
            reference: "main".to_owned(),
            title: head.title.clone(),
            author: head.author.clone(),
            committed_at: head.committed_at,
        };
        let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(format!("{} {}", head.id, self.plan.digest())));
        let admission = Admission {
            revisions: vec![revision],
            order: head.order,
            plan: Arc::clone(&self.plan),
            digest,
            inputs: BTreeMap::new(),
            trust: Trust::Branch,
            trigger: "push".to_owned(),
            involved: vec![PersonId(head.author_email.clone())],
            key: format!("push:0:{}", head.id),
        };
        self.newest = Some(head);
        let source = format!("{} main", self.story.repository);
        self.give(&Actor::Trigger { source }, Input::Admit(Box::new(admission))).await
    }

    async fn lease(&mut self, attempt: AttemptId) -> Result<()> {
        let Some(row) = self.pipeline.attempt(&attempt).filter(|row| row.state == AttemptState::Queued).cloned() else { return Ok(()) };
        let key = self.key_of(&row);
        if holds(&self.mood.starve, &key) {
            return Ok(());
        }
        let Some(runner) = self.random.pick(&self.runners).cloned() else { return Ok(()) };
        self.serial += 1;
        let token: LeaseToken = format!("seed-{}", self.serial).parse()?;
        let stuck = holds(&self.mood.stick, &key);
        let lost = find(&self.mood.lose, &key);
        if let Some(lost) = lost {
            self.mood.lose.remove(lost);
        }
        let takes_ms = self.takes_ms(&row);
        let lease_ms = match (stuck, lost) {
            (_, Some(_)) => LOST_LEASE_MS,
            (true, None) => STUCK_LEASE_MS,
            (false, None) => takes_ms + 10 * MINUTE_MS,
        };
        let actor = Actor::Runner { id: runner.to_string() };
        self.give(&actor, Input::Lease { attempt: attempt.clone(), runner, token, lease_ms }).await?;
        if stuck {
            let kind = if key.contains("build-image") { logs::Kind::Long } else { logs::Kind::Short };
            self.logs.push((attempt, kind, self.now, false));
        } else if lost.is_none() {
            self.schedule(self.now + takes_ms, Act::Report(attempt));
        }
        Ok(())
    }

    fn takes_ms(&mut self, row: &AttemptRow) -> u64 {
        let purpose = self.job_of(row).map(|job| job.0);
        match purpose {
            Some(Purpose::Job) => self.random.between(60_000, 200_000),
            Some(Purpose::Deploy { .. }) => self.random.between(25_000, 110_000),
            Some(Purpose::Verify) => self.random.between(20_000, 150_000),
            _ => self.random.between(5_000, 20_000),
        }
    }

    /// The job's purpose, its steps and what it leaves behind.
    fn job_of(&self, row: &AttemptRow) -> Option<(Purpose, Vec<String>, Vec<String>)> {
        let plan = self.pipeline.plan(row.release)?;
        let NodeKind::Job(job) = &plan.node(row.node)?.kind else { return None };
        let steps = job.steps.iter().map(|step| step.name.clone()).collect();
        Some((job.purpose, steps, job.artifacts_out.iter().map(|out| out.name.clone()).collect()))
    }

    fn key_of(&self, row: &AttemptRow) -> String {
        self.pipeline.plan(row.release).and_then(|plan| plan.node(row.node)).map(|node| node.key.clone()).unwrap_or_default()
    }

    async fn report(&mut self, attempt: AttemptId) -> Result<()> {
        let Some(row) = self.pipeline.attempt(&attempt).filter(|row| row.state == AttemptState::Leased).cloned() else { return Ok(()) };
        let (Some(lease_token), Some(runner), Some((_, steps, outputs))) = (row.token.clone(), row.runner.clone(), self.job_of(&row))
        else {
            return Ok(());
        };
        let key = self.key_of(&row);
        let flaky = self.random.between(0, 999) < u64::from(self.story.flaky_per_1000);
        let fails =
            holds(&self.mood.fail, &key) || (flaky && key.contains("build") && self.mood.has_failed.insert((row.release, row.node)));
        let last = steps.last().cloned().unwrap_or_default();
        let outcome = if fails { Outcome::Failed { exit_code: 1, step: last } } else { Outcome::Succeeded };
        let took = self.now.since_ms(row.leased_at.unwrap_or(self.now));
        let each = took / steps.len().max(1) as u64;
        let kind = self.log_kind(&key, fails);
        let log = kind.log();
        let count = steps.len();
        let steps = steps.into_iter().zip(0_u32..).map(|(name, index)| StepReport {
            index,
            name,
            started_after_ms: each * u64::from(index),
            took_ms: Some(each),
            exit_code: Some(i32::from(fails && index as usize + 1 == count)),
            log_offset: if index == 0 { 0 } else { log.bytes.len() as u64 / 2 },
        });
        let artifacts = outputs.into_iter().map(|name| Artifact { name, ..self.artifact.clone() }).collect();
        let report = Report {
            fences: Fences { generation: Settings::default().generation, attempt: attempt.clone(), lease_token, fence: row.fence },
            outcome,
            outputs: BTreeMap::new(),
            summary: if key.contains("unit") || key.contains("build") {
                "**214 tests**, 0 failed, coverage 87.4 %".to_owned()
            } else {
                String::new()
            },
            artifacts: if fails { Vec::new() } else { artifacts },
            steps: steps.collect(),
            log_bytes: log.bytes.len() as u64,
            log_digest: log.digest.clone(),
            log: None,
            log_times: Vec::new(),
        };
        if self.story.ends.since_ms(self.now) < LOGS_MS {
            self.logs.push((attempt, kind, self.now, true));
        }
        self.give(&Actor::Runner { id: runner.to_string() }, Input::Report(Box::new(report))).await
    }

    fn log_kind(&mut self, key: &str, fails: bool) -> logs::Kind {
        match (fails, key) {
            (true, _) => logs::Kind::Failed,
            (false, key) if key.ends_with("build-image") => logs::Kind::Long,
            (false, key) if key.ends_with("lint") => logs::Kind::Hostile,
            _ => logs::Kind::Short,
        }
    }

    async fn read(&mut self, monitor: &Monitor) -> Result<()> {
        let id = monitor_id(monitor);
        if self.pipeline.watch(&id).is_none() {
            return Ok(());
        }
        let text = serde_json::to_string(&monitor.kind)?.replace("\\\"", "\"");
        let value = self.random.between(1, 40) as f64 / 100.0;
        let reading = if holds(&self.mood.high, &text) {
            Reading::Ok { value: Some(1_482.0), detail: "1482".to_owned() }
        } else if holds(&self.mood.bad, &text) {
            Reading::Bad { value: Some(812.0), detail: "812 > 400".to_owned() }
        } else if holds(&self.mood.dark, &text) {
            Reading::Unreadable { detail: "prometheus.example.com: no answer within 5 s".to_owned() }
        } else {
            Reading::Ok { value: Some(value), detail: value.to_string() }
        };
        self.give(&Actor::Engine, Input::Observe { monitor: id, reading }).await
    }

    async fn approve(&mut self, who: &Actor, release: ReleaseNumber, gate: String) -> Result<()> {
        let Some(digest) = self.pipeline.release(release).map(|release| release.row.digest.clone()) else { return Ok(()) };
        let reasons = ["looks good", "", "tests and bake are fine; the diff is small", "checked with support"];
        let reason = self.random.one_of(&reasons, "").to_owned();
        self.give_if_taken(who, Input::Approve { release, gate, digest, reason }).await
    }

    async fn turn(&mut self, turn: Turn) -> Result<()> {
        match turn {
            Turn::Bad(text) => {
                self.mood.bad.insert(text);
                self.read_again(text);
            }
            Turn::Good(text) => {
                self.mood.bad.remove(text);
                self.read_again(text);
            }
            Turn::High(text) => {
                self.mood.high.insert(text);
                self.read_again(text);
            }
            Turn::Dark(text) => {
                self.mood.dark.insert(text);
                self.read_again(text);
            }
            Turn::Fail(text) => drop(self.mood.fail.insert(text)),
            Turn::Mend(text) => drop(self.mood.fail.remove(text)),
            Turn::Stick(text) => drop(self.mood.stick.insert(text)),
            Turn::Starve(text) => drop(self.mood.starve.insert(text)),
            Turn::Lose(text) => drop(self.mood.lose.insert(text)),
            Turn::Silence => self.mood.silent = true,
            Turn::Approve => {
                let asked = self.closed(|condition| matches!(condition, GateCondition::Approval(_)));
                self.mood.approve_next = asked.is_empty();
                self.approve_closed(people::approvers(), "tests and bake are fine; the diff is small").await?;
            }
            Turn::ApproveOnce => {
                let reason = "fine for me; somebody of on-call should look at the migration as well";
                self.approve_closed(vec![people::actor("olga")], reason).await?;
            }
            Turn::Hold(scope, reason) => {
                let id = HoldId(self.place.ids.uuid());
                self.give(&people::actor("olga"), Input::Hold { id, scope, reason: reason.to_owned() }).await?;
            }
            Turn::Lift => {
                for id in self.pipeline.holds().map(|hold| hold.id.clone()).collect::<Vec<_>>() {
                    self.give(&people::actor("pavel"), Input::Lift { id, reason: "the cause is mended".to_owned() }).await?;
                }
            }
            Turn::Override(kind, reason) => {
                for (release, gate) in self.closed(|condition| kind == "window" && matches!(condition, GateCondition::Window(_))) {
                    self.give_if_taken(&people::actor("olga"), Input::Override { release, gate, reason: reason.to_owned() }).await?;
                }
            }
            Turn::Reject(reason) => {
                let asked = self.closed(|condition| matches!(condition, GateCondition::Approval(_)));
                if let Some((release, gate)) = asked.into_iter().next_back() {
                    self.give_if_taken(&people::actor("ben"), Input::Reject { release, gate, reason: reason.to_owned() }).await?;
                }
            }
            Turn::RollBackStage(stage, reason) => {
                let place = RollbackPlace::Stage { stage: stage.to_owned() };
                let key = self.place.ids.uuid();
                self.give_if_taken(&people::actor("pavel"), Input::Rollback { key, place, to: None, reason: reason.to_owned() }).await?;
            }
        }
        Ok(())
    }

    async fn approve_closed(&mut self, people: Vec<Actor>, reason: &str) -> Result<()> {
        for (release, gate) in self.closed(|condition| matches!(condition, GateCondition::Approval(_))) {
            let Some(digest) = self.pipeline.release(release).map(|release| release.row.digest.clone()) else { continue };
            for who in &people {
                let (gate, digest, reason) = (gate.clone(), digest.clone(), reason.to_owned());
                self.give_if_taken(who, Input::Approve { release, gate, digest, reason }).await?;
            }
        }
        Ok(())
    }

    /// Gates that keep a release that waits.
    fn closed(&self, wanted: impl Fn(&GateCondition) -> bool) -> Vec<(ReleaseNumber, String)> {
        let releases =
            self.pipeline.releases().flat_map(|release| self.pipeline.gates(release.row.number).map(move |gate| (release, gate)));
        let closed = releases.filter(|(_, gate)| gate.state == GateState::Closed);
        closed
            .filter_map(|(release, gate)| match &release.plan.node(gate.node)?.kind {
                NodeKind::Gate(planned) if wanted(&planned.condition) => Some((gate.release, release.plan.node(gate.node)?.key.clone())),
                _ => None,
            })
            .collect()
    }

    fn read_again(&mut self, text: &str) {
        let due: Vec<Monitor> = self.pipeline.watches().map(|watch| watch.monitor.clone()).collect();
        for monitor in due {
            let shown = serde_json::to_string(&monitor.kind).unwrap_or_default().replace("\\\"", "\"");
            if shown.contains(text) {
                self.soon(1_000, 20_000, Act::Read(monitor));
            }
        }
    }

    async fn give_if_taken(&mut self, actor: &Actor, input: Input) -> Result<()> {
        match self.pipeline.handle(self.now, actor, input) {
            Ok(changes) => self.take(changes).await,
            // Somebody else was faster, or the release is gone: what people meet every day.
            Err(_) => Ok(()),
        }
    }

    async fn give(&mut self, actor: &Actor, input: Input) -> Result<()> {
        let what = format!("{input:?}").chars().take(60).collect::<String>();
        let changes = self.pipeline.handle(self.now, actor, input).map_err(|rejected| format!("{what}: {rejected}"))?;
        self.take(changes).await
    }

    async fn take(&mut self, changes: Changes) -> Result<()> {
        for event in &changes.events {
            self.follow(event);
        }
        for row in &changes.rows {
            match row {
                Row::Watch(watch) if watch.wanted_at.is_some_and(|wanted| watch.last_at.is_none_or(|last| last < wanted)) => {
                    self.soon(500, 4_000, Act::Read(watch.monitor.clone()));
                }
                Row::Gate(gate) if gate.state == GateState::Closed && !self.mood.silent => {
                    let found = self.pipeline.release(gate.release).and_then(|release| release.plan.node(gate.node));
                    if let Some(node) = found
                        && let NodeKind::Gate(planned) = &node.kind
                        && matches!(planned.condition, GateCondition::Check(_))
                    {
                        let gate = Act::Answer { release: gate.release, gate: node.key.clone() };
                        self.soon(10 * MINUTE_MS, 50 * MINUTE_MS, gate);
                    }
                }
                _ => {}
            }
        }
        self.add(changes);
        if self.together.rows.len() + self.together.events.len() >= TOGETHER { self.flush().await } else { Ok(()) }
    }

    /// What the world does about a fact.
    fn follow(&mut self, event: &Event) {
        match (event.kind, &event.attempt, event.release, &event.node) {
            (EventKind::JobQueued, Some(attempt), ..) => self.soon(800, 15_000, Act::Lease(attempt.clone())),
            (EventKind::ApprovalAsked, _, Some(release), Some(gate)) => {
                self.asked += 1;
                let usual = !self.mood.silent && self.asked.is_multiple_of(self.story.approve_one_in);
                if std::mem::take(&mut self.mood.approve_next) {
                    for who in people::approvers() {
                        self.soon(1_000, MINUTE_MS, Act::Approve { who, release, gate: gate.clone() });
                    }
                } else if usual {
                    for who in people::approvers() {
                        self.soon(4 * MINUTE_MS, 40 * MINUTE_MS, Act::Approve { who, release, gate: gate.clone() });
                    }
                }
            }
            (EventKind::BakeStarted, _, Some(release), Some(key)) => {
                let plan = self.pipeline.plan(release).cloned();
                let nodes = plan.iter().flat_map(|plan| plan.nodes.iter());
                let Some(NodeKind::Bake(bake)) = nodes.filter(|node| node.key == *key).map(|node| &node.kind).next() else { return };
                for alarm in &bake.alarms {
                    let at = self.now + bake.duration_ms + self.random.between(1_000, 5_000);
                    self.schedule(at, Act::Read(alarm.monitor.clone()));
                }
            }
            _ => {}
        }
    }

    /// As a shard does: rows in their last state, events in order. What leaves the server goes nowhere.
    fn add(&mut self, later: Changes) {
        for row in later.rows {
            match self.places.entry(row.key()) {
                Entry::Occupied(place) => {
                    if let Some(earlier) = self.together.rows.get_mut(*place.get()) {
                        *earlier = row;
                    }
                }
                Entry::Vacant(place) => {
                    place.insert(self.together.rows.len());
                    self.together.rows.push(row);
                }
            }
        }
        self.together.events.extend(later.events);
    }

    async fn flush(&mut self) -> Result<()> {
        let changes = std::mem::take(&mut self.together);
        self.places.clear();
        if changes.is_empty() { Ok(()) } else { self.save(changes).await }
    }

    async fn save(&mut self, changes: Changes) -> Result<()> {
        let id = self.pipeline.row().id.clone();
        let save = Save { next_deadline: self.pipeline.next_deadline(), ..Save::new(&id, &self.version, &changes, self.now) };
        let saved = self.place.store.save(save).await?;
        self.version = saved.version;
        Ok(())
    }

    /// The source, the logs, and the core's own check.
    async fn finish(&mut self) -> Result<()> {
        let violations = audit::check(&self.pipeline);
        if !violations.is_empty() {
            return Err(format!("{}: the core's check found {violations:?}", self.story.name).into());
        }
        let id = self.pipeline.row().id.clone();
        let never = self.story.ends + 365 * 24 * 60 * MINUTE_MS;
        let source = SourceRow {
            id: self.place.ids.uuid(),
            pipeline: id,
            url: self.story.repository.clone(),
            branch: "main".to_owned(),
            path: path::FILE.to_owned(),
            poll_interval_ms: 60_000,
            head: None,
            next_poll_at: never,
            pokes: 0,
            last_polled_at: None,
            last_error: None,
            detail: serde_json::Value::Null,
        };
        self.place.store.put_source(&source).await?;
        let head = self.newest.as_ref().map(|commit| SourceHead { commit: commit.id.clone(), order: commit.order });
        self.place.store.source_seen(&source.id, head.as_ref(), None, self.story.ends).await?;
        let mut long = 0;
        for (attempt, kind, at, sealed) in std::mem::take(&mut self.logs).into_iter().rev() {
            // Two of the long ones are enough.
            long += u32::from(kind == logs::Kind::Long);
            let kind = if kind == logs::Kind::Long && long > 2 { logs::Kind::Short } else { kind };
            logs::store(self.place, &attempt, kind, at, sealed).await?;
        }
        Ok(())
    }
}

fn find(words: &BTreeSet<&'static str>, text: &str) -> Option<&'static str> {
    words.iter().copied().find(|word| text.contains(word))
}

fn holds(words: &BTreeSet<&'static str>, text: &str) -> bool {
    find(words, text).is_some()
}
