//! One history: a world around the core, every step checked.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use engine::core::audit::{self, Violation};
use engine::core::id::PipelineId;
use engine::core::input::Admission;
use engine::core::row::ReleaseRow;
use engine::core::{Actor, Changes, EventKind, Input, Pipeline, Rejected, Settings, Time};

use super::checks::{self, Findings, Invariant, Seen};
use super::mutant::Mutant;
use super::plans;
use super::random::Random;
use super::reached::{Reached, ReachedSet};
use super::reference::Reference;
use super::rows::Rows;
use super::step::{Step, What};
use super::world::{START, World};

/// Inputs of a history before faults stop.
const SHORTEST: u64 = 200;
const LONGEST: u64 = 280;
/// Every so many steps everything is looked at, not only what changed.
const FULL_AUDIT: usize = 64;
/// Steps within which a release must get on once faults stop, until all have come to their end (IE1). A window that opens once
/// a day is about 3,000 steps away.
const CALM_STEPS: usize = 20_000;
/// However much gets on: what goes round in circles never ends.
const ALL_CALM_STEPS: usize = 10 * CALM_STEPS;

/// What came of one history.
#[derive(Debug)]
pub struct Told {
    pub seed: u64,
    /// Equal for equal histories.
    pub hash: u64,
    pub inputs: u64,
    pub reached: ReachedSet,
    /// The first that was broken; the history ends there.
    pub violation: Option<Violation>,
    pub steps: Vec<Step>,
}

/// Plays the history of a seed.
#[must_use]
pub fn play(seed: u64, mutant: Option<Mutant>) -> Told {
    let mut random = Random::new(seed);
    let plans = plans::of_history(&mut random);
    let length = usize::try_from(random.between(SHORTEST, LONGEST)).unwrap_or(200);
    let ends_in_calm = random.chance(12);
    let mut world = World::new(Random::new(seed ^ 0x5eed), Random::new(seed ^ 0x6201), Random::new(seed ^ 0x0735), plans);
    let mut play = Play::new(mutant);
    while play.inputs < length as u64 && play.found.violations.is_empty() {
        let step = world.next(&play.pipeline);
        let outcome = play.step(&step, Some(&world));
        world.learn(&step, &outcome, &play.pipeline);
    }
    if ends_in_calm && play.found.violations.is_empty() {
        calm(&mut world, &mut play);
    }
    play.found.reached.join(&world.reached);
    play.told(seed)
}

/// Plays steps that were recorded, perhaps without some of them.
#[must_use]
pub fn replay(seed: u64, steps: &[Step], mutant: Option<Mutant>) -> Told {
    let mut play = Play::new(mutant);
    for step in steps {
        let _answer = play.step(step, None);
        if !play.found.violations.is_empty() {
            break;
        }
    }
    play.told(seed)
}

/// Each step with what came of it, on lines of their own.
#[must_use]
pub fn tell(steps: &[Step], mutant: Option<Mutant>) -> Vec<String> {
    let mut play = Play::new(mutant);
    play.story = Some(Vec::new());
    for step in steps {
        if let Some(story) = &mut play.story {
            story.push(step.in_words(START));
        }
        let _answer = play.step(step, None);
    }
    play.story.unwrap_or_default()
}

/// Liveness: faults have stopped; everything must come to its end (IE1).
fn calm(world: &mut World, play: &mut Play) {
    world.become_calm();
    let mut idle = 0;
    for _ in 0..ALL_CALM_STEPS {
        let step = world.next(&play.pipeline);
        let outcome = play.step(&step, Some(world));
        world.learn(&step, &outcome, &play.pipeline);
        if !play.found.violations.is_empty() {
            return;
        }
        if world.unfinished(&play.pipeline).is_none() {
            play.found.reach(Reached::EndedInCalm);
            return play.full_audit();
        }
        idle = if outcome.as_ref().is_ok_and(gets_on) { 0 } else { idle + 1 };
        if idle == CALM_STEPS {
            break;
        }
    }
    let left = world.unfinished(&play.pipeline).unwrap_or_default();
    play.found.broken("IE1", format!("faults have stopped, and it does not come to its end: {left}"));
}

fn gets_on(changes: &Changes) -> bool {
    let steps = [EventKind::ReleaseEntered, EventKind::WaveCompleted, EventKind::ReleaseCompleted, EventKind::ReleaseSuperseded];
    changes.events.iter().any(|event| steps.contains(&event.kind))
}

struct Play {
    pipeline: Pipeline,
    rows: Rows,
    /// A second core, loaded from the rows; it must say the same (IA9, IE10).
    shadow: Option<(Pipeline, u32)>,
    /// Another server of the same database, with the version that it knows.
    other: Option<(Pipeline, u64)>,
    /// How often something was committed.
    version: u64,
    checks: Vec<Box<dyn Invariant>>,
    reference: Reference,
    found: Findings,
    mutant: Option<Mutant>,
    steps: Vec<Step>,
    inputs: u64,
    hasher: DefaultHasher,
    /// What came of each step, for people; kept only when asked for.
    story: Option<Vec<String>>,
}

impl Play {
    fn new(mutant: Option<Mutant>) -> Self {
        let pipeline = Pipeline::new(PipelineId("p-1".to_owned()), "orders".to_owned(), Settings::default());
        let rows = Rows::new(pipeline.row().clone());
        Self {
            pipeline,
            rows,
            shadow: None,
            other: None,
            version: 0,
            checks: checks::all(),
            reference: Reference::default(),
            found: Findings::default(),
            mutant,
            steps: Vec::new(),
            inputs: 0,
            hasher: DefaultHasher::new(),
            story: None,
        }
    }

    fn step(&mut self, step: &Step, world: Option<&World>) -> Result<Changes, Rejected> {
        self.steps.push(step.clone());
        let outcome = match &step.what {
            What::Give { actor, input } => self.give(step.at, actor, input, world),
            What::Crash { actor, input } => {
                self.inputs += 1;
                self.found.reach(Reached::CrashBeforeCommit);
                let _lost = self.pipeline.handle(step.at, actor, input.clone());
                self.reload(step.at, false);
                Ok(Changes::default())
            }
            What::Restart => {
                self.inputs += 1;
                if self.pipeline.lanes().any(|lane| lane.rollback.is_some()) {
                    self.found.reach(Reached::RestartDuringRollback);
                }
                self.reload(step.at, true);
                Ok(Changes::default())
            }
            What::Restore => {
                self.inputs += 1;
                self.found.reach(Reached::GenerationRaised);
                self.restore(step.at);
                Ok(Changes::default())
            }
            What::Elsewhere { actor, input } => {
                self.change_servers(step.at, actor, input);
                self.give(step.at, actor, input, world)
            }
            What::Begin(act) | What::End(act) => {
                let begins = matches!(step.what, What::Begin(_));
                for check in &mut self.checks {
                    check.act(step.at, act, begins, &mut self.found);
                }
                Ok(Changes::default())
            }
        };
        if self.steps.len().is_multiple_of(FULL_AUDIT) {
            self.full_audit();
        }
        outcome
    }

    fn give(&mut self, at: Time, actor: &Actor, input: &Input, world: Option<&World>) -> Result<Changes, Rejected> {
        self.inputs += 1;
        let given = match &self.mutant {
            Some(mutant) => mutant.input(&self.pipeline, input.clone()),
            None => input.clone(),
        };
        let mut outcome = self.pipeline.handle(at, actor, given);
        self.compare_shadow(at, actor, input, &outcome);
        if let (Some(mutant), Ok(changes)) = (&self.mutant, &mut outcome)
            && mutant.changes(&self.rows, changes)
        {
            let mut rows = self.rows.clone();
            rows.save(changes.rows.clone());
            match Pipeline::load(rows.loaded(), *self.pipeline.settings()) {
                Ok(pipeline) => self.pipeline = pipeline,
                Err(error) => self.found.broken("IA9", format!("the rows cannot be loaded: {error}")),
            }
        }
        self.check(at, input, &outcome, world);
        self.note(at, &outcome);
        if let Ok(changes) = &outcome {
            self.rows.save(changes.rows.clone());
            self.version += u64::from(!changes.is_empty());
        }
        self.forget_in_memory();
        outcome
    }

    /// Another server decides next. What it makes of an old version is not committed: it loads, and decides again (IA9).
    fn change_servers(&mut self, at: Time, actor: &Actor, input: &Input) {
        self.found.reach(Reached::SecondServer);
        let second = match self.other.take() {
            Some((second, version)) if version == self.version || self.mutant == Some(Mutant::DecidesOnOld) => Ok(second),
            Some((mut second, _)) => {
                self.found.reach(Reached::ServerConflict);
                let _lost = second.handle(at, actor, input.clone());
                Pipeline::load(self.rows.loaded(), *self.pipeline.settings())
            }
            None => Pipeline::load(self.rows.loaded(), *self.pipeline.settings()),
        };
        match second {
            Ok(second) => {
                let first = std::mem::replace(&mut self.pipeline, second);
                self.other = Some((first, self.version));
            }
            Err(error) => self.found.broken("IA9", format!("the rows cannot be loaded: {error}")),
        }
    }

    /// What a mutant forgets is right in the rows and wrong in memory.
    fn forget_in_memory(&mut self) {
        let Some(mutant) = self.mutant else { return };
        let mut loaded = self.rows.loaded();
        if mutant.memory(&mut loaded) {
            match Pipeline::load(loaded, *self.pipeline.settings()) {
                Ok(pipeline) => self.pipeline = pipeline,
                Err(error) => self.found.broken("IA9", format!("the rows cannot be loaded: {error}")),
            }
        }
    }

    /// Starts again from what was committed, with a new generation (R2, R12).
    fn restore(&mut self, at: Time) {
        let mut settings = *self.pipeline.settings();
        settings.generation.0 += 1;
        match Pipeline::load(self.rows.loaded(), settings) {
            Ok(loaded) => self.pipeline = loaded,
            Err(error) => self.found.broken("IA9", format!("the rows cannot be loaded at {at}: {error}")),
        }
        self.shadow = None;
        self.other = None;
        self.full_audit();
    }

    fn check(&mut self, at: Time, input: &Input, outcome: &Result<Changes, Rejected>, world: Option<&World>) {
        let seen = Seen { at, input, outcome: outcome.as_ref(), before: &self.rows, after: &self.pipeline };
        for check in &mut self.checks {
            check.see(&seen, &mut self.found);
        }
        self.reference.see(&seen, &mut self.found);
        rare(&seen, &mut self.found);
        if let Ok(changes) = outcome {
            self.found.violations.extend(audit::check_changed(&self.pipeline, changes));
            if let Some(world) = world.filter(|_| self.mutant.is_none()) {
                truth(&seen, world, &mut self.found);
            }
        }
    }

    /// Starts again from what was committed; the core of before goes on beside it for a while.
    fn reload(&mut self, at: Time, keep_old: bool) {
        match Pipeline::load(self.rows.loaded(), *self.pipeline.settings()) {
            Ok(loaded) => {
                let old = std::mem::replace(&mut self.pipeline, loaded);
                if keep_old && self.mutant.is_none() {
                    self.same_deadline(&old, at);
                    self.shadow = Some((old, 12));
                } else {
                    self.shadow = None;
                }
            }
            Err(error) => self.found.broken("IA9", format!("the rows cannot be loaded: {error}")),
        }
        self.full_audit();
    }

    fn compare_shadow(&mut self, at: Time, actor: &Actor, input: &Input, outcome: &Result<Changes, Rejected>) {
        let Some((mut old, left)) = self.shadow.take() else { return };
        let same = old.handle(at, actor, input.clone());
        if same != *outcome {
            self.found.broken("IE10", format!("a restart changes what follows: {}", difference(&same, outcome)));
        } else {
            self.same_deadline(&old, at);
        }
        if left > 0 {
            self.shadow = Some((old, left - 1));
        }
    }

    /// A moment that has passed may be met a second time: the next tick finds nothing to do then.
    fn same_deadline(&mut self, old: &Pipeline, at: Time) {
        let (before, after) = (old.next_deadline(), self.pipeline.next_deadline());
        let is_due = |next: Option<Time>| next.is_some_and(|next| next <= at);
        if before != after && !is_due(before) && !is_due(after) {
            self.found.broken("IE10", format!("after a restart the next deadline is {after:?}, without it {before:?}"));
        }
    }

    fn full_audit(&mut self) {
        self.found.violations.extend(audit::check(&self.pipeline));
    }

    fn note(&mut self, at: Time, outcome: &Result<Changes, Rejected>) {
        if let Some(story) = &mut self.story {
            story.extend(outcome_in_words(outcome));
        }
        at.0.hash(&mut self.hasher);
        match outcome {
            Ok(changes) => {
                (changes.rows.len(), changes.effects.len()).hash(&mut self.hasher);
                for event in &changes.events {
                    (event.kind, &event.reason, event.release, &event.target, &event.node, &event.attempt).hash(&mut self.hasher);
                }
            }
            Err(error) => std::mem::discriminant(error).hash(&mut self.hasher),
        }
    }

    fn told(self, seed: u64) -> Told {
        let violation = self.found.violations.into_iter().next();
        let hash = self.hasher.finish();
        Told { seed, hash, inputs: self.inputs, reached: self.found.reached, violation, steps: self.steps }
    }
}

fn outcome_in_words(outcome: &Result<Changes, Rejected>) -> Vec<String> {
    let changes = match outcome {
        Ok(changes) => changes,
        Err(why) => return vec![format!("           refused: {why}")],
    };
    let line = |event: &engine::core::Event| {
        let about = [event.release.map(|r| r.to_string()), event.place.clone(), event.node.clone(), event.target.clone().map(|t| t.0)];
        let about: Vec<String> = about.into_iter().flatten().collect();
        format!("           {:?} {}: {}", event.kind, about.join(" "), event.reason)
    };
    changes.events.iter().map(line).collect()
}

fn difference(old: &Result<Changes, Rejected>, new: &Result<Changes, Rejected>) -> String {
    match (old, new) {
        (Ok(old), Ok(new)) => {
            let row = old.rows.iter().find(|row| !new.rows.contains(row));
            let other = new.rows.iter().find(|row| !old.rows.contains(row));
            let said = |c: &Changes| c.events.iter().map(|e| e.kind).collect::<Vec<_>>();
            format!("without it {row:?} {:?} {:?}, with it {other:?} {:?} {:?}", said(old), old.effects, said(new), new.effects)
        }
        (old, new) => format!("without it {:?}, with it {:?}", old.as_ref().err(), new.as_ref().err()),
    }
}

/// What the rows say of a target is what the world knows.
fn truth(seen: &Seen<'_>, world: &World, found: &mut Findings) {
    for row in seen.rows() {
        let engine::core::row::Row::Target(row) = row else { continue };
        let old = seen.before.targets.get(&row.name).and_then(|o| o.live);
        if row.live != old && row.live != world.runs(&row.name) {
            found.broken("A4", format!("{} is said to run {:?}, and runs {:?}", row.name, row.live, world.runs(&row.name)));
        }
    }
}

fn grew(seen: &Seen<'_>, found: &mut Findings) {
    let added = seen.rows().iter().find_map(|row| if let engine::core::row::Row::Addition(row) = row { Some(row) } else { None });
    let Some(row) = added else { return found.reach(Reached::UploadRepeated) };
    found.reach(Reached::PlanGrown);
    if row.attempt == 1 && seen.events_of(EventKind::PlanGrown).any(|event| event.reason.contains("replaces")) {
        found.reach(Reached::UploadReplaces);
    }
    if row.attempt > 1 {
        found.reach(Reached::PlanGrownAnew);
    }
}

fn gathered(seen: &Seen<'_>, admission: &Admission, found: &mut Findings) {
    if admission.revisions.len() < 2 {
        return;
    }
    found.reach(Reached::SeveralSources);
    let is_other = |before: &ReleaseRow| before.revisions.first() == admission.revisions.first() && before.revisions != admission.revisions;
    if seen.before.releases.values().any(is_other) {
        found.reach(Reached::OtherSourceMoved);
    }
}

fn rare(seen: &Seen<'_>, found: &mut Findings) {
    if let (Input::Upload { .. }, Err(Rejected::Splice(_))) = (seen.input, seen.outcome) {
        found.reach(Reached::UploadRefused);
    }
    if seen.outcome.is_err() {
        return;
    }
    match seen.input {
        Input::Rollback { .. } => found.reach(Reached::ManualRollback),
        Input::Retry { .. } => found.reach(Reached::RetriedByHand),
        Input::Upload { .. } => grew(seen, found),
        Input::Admit(admission) => gathered(seen, admission, found),
        Input::LiftQuarantine { .. } => found.reach(Reached::QuarantineLifted),
        Input::Resolve { .. } => found.reach(Reached::ResolvedByPerson),
        _ => {}
    }
}
