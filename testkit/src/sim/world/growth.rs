use engine::core::{Actor, Input, Pipeline};
use pipelines::dynamic::{Joining, compile_fragment};
use pipelines::{Blocks, Environment, SourceFile};

use super::World;
use super::runners::Job;
use crate::sim::random::Random;
use crate::sim::step::What;

/// What jobs of a history upload (D1 to D4). It has randomness of its own, so that a history without uploads is what it was before there
/// were any.
#[derive(Debug)]
pub(crate) struct Growth {
    random: Random,
    /// Of the steps of jobs that touch no target.
    percent: u32,
    environment: Environment,
}

impl Growth {
    pub(crate) fn new(mut random: Random) -> Self {
        let percent = random.one_of(&[0, 0, 0, 15, 40], 0);
        let environment = Environment { splices: true, ..Environment::of_blocks(&Blocks::default()) };
        Self { random, percent, environment }
    }

    /// Few names and few contents, so that the same comes again, clashes, and takes the place of what an earlier attempt said.
    fn text(&mut self) -> String {
        let (name, content) = (self.random.below(3), if self.random.chance(85) { 0 } else { 1 });
        match self.random.below(6) {
            0 => format!(
                "jobs: [{{name: unit-{name}, steps: [make-{content}]}}, {{name: after-{name}, needs: [unit-{name}], steps: [make]}}]"
            ),
            1 => format!("stages: [{{name: extra-{name}, jobs: [{{name: load, steps: [make-{content}]}}]}}]"),
            2 => {
                // Of an earlier upload, or of the file.
                let taken = self.random.one_of(&["unit-0", "unit-1", "job-1"], "unit-0");
                format!("jobs: [{{name: {taken}, replace: true, steps: [make-{}]}}]", self.random.below(3))
            }
            _ => format!("jobs: [{{name: unit-{name}, steps: [make-{content}]}}]"),
        }
    }
}

impl World {
    /// A running job adds to the plan of its release. It is compiled against the plan as it is, as a server does.
    pub(super) fn upload(&mut self, job: &Job, pipeline: &Pipeline) -> Option<What> {
        if self.calm || job.touches_a_target() || !self.growth.random.chance(self.growth.percent) {
            return None;
        }
        let attempt = pipeline.attempt(&job.fences.attempt)?;
        let plan = pipeline.plan(attempt.release)?;
        let text = self.growth.text();
        let source = SourceFile::new("uploaded", text.clone());
        let (fragment, _) = compile_fragment(&source, &Joining { plan, by: attempt.node }, &self.growth.environment);
        let input = Input::Upload { fences: job.fences.clone(), fragment: Box::new(fragment?), text };
        Some(What::Give { actor: Actor::Runner { id: job.runner.to_string() }, input })
    }
}
