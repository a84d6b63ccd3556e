use engine::core::row::ReleaseState;
use engine::core::{Actor, Input, Pipeline};

use super::World;
use super::runners::Contact;
use crate::sim::plans::{HOUR, MINUTE, SECOND};
use crate::sim::step::What;

impl World {
    /// Faults stop: runners are there or gone for good, monitors are well, people are kind.
    pub(crate) fn become_calm(&mut self) {
        self.calm = true;
        self.jobs.retain(|job| job.contact != Contact::Gone);
        for job in &mut self.jobs {
            job.contact = Contact::Fine;
        }
    }

    pub(super) fn choose(&mut self, pipeline: &Pipeline) -> What {
        if self.calm {
            return self.choose_calmly(pipeline);
        }
        // What is chosen may turn out to be impossible now; time always passes.
        for _ in 0..4 {
            if let Some(what) = self.try_one(pipeline) {
                return self.perhaps_crash(what);
            }
        }
        self.pass(pipeline)
    }

    fn try_one(&mut self, pipeline: &Pipeline) -> Option<What> {
        let Self { temper, random, .. } = self;
        let weights = [22, 40, temper.people, temper.pushes, temper.lies, temper.restarts, 14];
        let mut roll = u32::try_from(random.below(weights.iter().sum::<u32>() as usize)).unwrap_or(0);
        let mut chosen = 0;
        for (at, weight) in weights.iter().enumerate() {
            if roll < *weight {
                chosen = at;
                break;
            }
            roll -= weight;
        }
        match chosen {
            0 => self.lease(pipeline),
            1 => self.work(pipeline),
            2 => self.click(pipeline),
            3 => Some(self.push()),
            4 => self.lie(),
            5 if self.random.chance(self.temper.restores) => Some(What::Restore),
            5 => Some(What::Restart),
            _ => Some(self.pass(pipeline)),
        }
    }

    fn perhaps_crash(&mut self, what: What) -> What {
        match what {
            What::Give { actor, input } if self.random.chance(self.temper.restarts) && self.random.chance(30) => {
                What::Crash { actor, input }
            }
            What::Give { actor, input } if self.random.chance(self.temper.servers) => What::Elsewhere { actor, input },
            other => other,
        }
    }

    /// Time passes; whoever keeps time acts on it.
    fn pass(&mut self, pipeline: &Pipeline) -> What {
        let next = pipeline.next_deadline();
        let working = self.jobs.iter().any(|job| job.contact == Contact::Fine);
        let ms = if self.random.chance(self.temper.jumps) {
            self.random.between(1, 30) * HOUR
        } else {
            match (self.random.below(10), next) {
                (0..4, Some(next)) if next > self.now => next.since_ms(self.now).min(if working { 40 * SECOND } else { 20 * MINUTE }),
                (4..8, _) if !working => MINUTE,
                _ => self.random.between(1, 30) * SECOND,
            }
        };
        self.move_on(ms, pipeline)
    }

    fn move_on(&mut self, ms: u64, pipeline: &Pipeline) -> What {
        self.now = self.now + ms;
        self.poll(pipeline);
        let tick = What::Give { actor: Actor::Engine, input: Input::Tick };
        let due = pipeline.next_deadline().is_some_and(|at| at <= self.now);
        // Readings and deadlines come in any order.
        if due && self.random.chance(50) {
            self.planned.push_front(tick);
        } else if due || self.planned.is_empty() {
            self.planned.push_back(tick);
        }
        self.planned.pop_front().unwrap_or(What::Restart)
    }

    /// Everybody does what is needed, in turn.
    fn choose_calmly(&mut self, pipeline: &Pipeline) -> What {
        let work = if self.jobs.is_empty() { None } else { self.work(pipeline) };
        let next = self.lease(pipeline).or(work);
        if let Some(what) = next {
            return what;
        }
        // Whoever is asked answers before the question expires: two of a kind must not miss each other for ever.
        let click = match self.random.below(20) {
            3 => self.let_past_barrier(pipeline),
            2 => self.awaited_upstream(pipeline),
            1 => self.lift(pipeline),
            0 => self.resolve(pipeline),
            _ => self.decide(pipeline),
        };
        if let Some(what) = click {
            return what;
        }
        let far = pipeline.next_deadline().map_or(HOUR, |at| at.since_ms(self.now));
        let busy = !self.jobs.is_empty() || pipeline.watches().next().is_some();
        self.move_on(far.clamp(SECOND, if busy { 30 * SECOND } else { 4 * HOUR }), pipeline)
    }

    /// What has not come to its end yet, in words; none when everything has.
    pub(crate) fn unfinished(&self, pipeline: &Pipeline) -> Option<String> {
        if let Some(release) = pipeline.releases().find(|r| r.row.state == ReleaseState::Moving) {
            let waits: Vec<String> =
                pipeline.waves(release.row.number).flat_map(|w| &w.waits_for).map(|w| format!("{}: {}", w.kind, w.detail)).collect();
            let nodes: Vec<String> = pipeline
                .nodes(release.row.number)
                .filter(|n| !n.state.is_settled())
                .map(|n| format!("{} {:?} {}", release.plan.node(n.node).map_or("", |n| n.key.as_str()), n.state, n.reason))
                .collect();
            return Some(format!("release {} moves: {waits:?} {nodes:?}", release.row.number));
        }
        if let Some(row) = pipeline.targets().find(|t| t.unknown.is_some() || t.holder.is_some()) {
            return Some(format!("target {} is held by {:?}, unknown {:?}", row.name, row.holder, row.unknown));
        }
        if let Some(row) = pipeline.lanes().find(|l| l.rollback.is_some() || !l.inside.is_empty()) {
            return Some(format!("lane {} has {:?} inside and goes back {:?}", row.key, row.inside, row.rollback));
        }
        let queued = pipeline.queued().next();
        queued.map(|q| format!("attempt {} waits for a runner", q.attempt))
    }
}
