//! Deployments that are ended in the middle, politely and not.

use protocol::{AttemptId, Outcome};

use super::{Condition, Subject, Suite, until};

/// Where in a deployment it is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// This step has begun, counted from 1.
    Step(usize),
    /// The target is between two releases.
    Changing,
}

/// How it is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interruption {
    /// `kill -9` of every process of the attempt: no verb can tidy up after itself.
    Killed,
    /// Cancelled: SIGTERM, the grace, SIGKILL.
    Cancelled,
}

impl<S: Subject> Suite<S> {
    /// Ended at each step and in the midst of the change: `inspect` tells the truth, and the next deployment succeeds.
    pub fn deployments_interrupted(&self) {
        self.deploy(1);
        let mut serving = 1;
        let mut cut_short = Vec::new();
        let steps = (1..=self.steps_of_a_deployment()).map(Moment::Step);
        let moments: Vec<_> = steps.chain([Moment::Changing]).collect();
        for interruption in [Interruption::Killed, Interruption::Cancelled] {
            for moment in &moments {
                let (interrupted, next) = (serving + 1, serving + 2);
                let outcome = self.interrupt(interrupted, *moment, interruption);
                match (interruption, &outcome) {
                    // A supervisor that has served another attempt before is not of this one: it lives and tells of its step's end.
                    (Interruption::Killed, Outcome::RunnerRestarted | Outcome::Signalled { signal: 9, .. })
                    | (Interruption::Cancelled, Outcome::Cancelled { .. }) => {
                        cut_short.push((interruption, *moment));
                    }
                    (_, Outcome::Succeeded) => {}
                    _ => panic!("{interruption:?} at {moment:?} ended as {outcome:?}"),
                }
                self.expect_truth(&[serving, interrupted]);
                self.deploy(next);
                self.expect_running(next);
                serving = next;
            }
        }
        for interruption in [Interruption::Killed, Interruption::Cancelled] {
            let wanted = (interruption, Moment::Changing);
            assert!(cut_short.contains(&wanted), "no deployment was {wanted:?}; only {cut_short:?}");
        }
    }

    /// A slow release, deployed and ended.
    fn interrupt(&self, release: u64, moment: Moment, interruption: Interruption) -> Outcome {
        let release = self.release(release, Condition::Slow);
        let mut outcome = Outcome::Succeeded;
        for node in self.jobs.deploys() {
            let attempt = self.start(node, &release);
            self.wait_for(&attempt, moment);
            match interruption {
                Interruption::Killed => self.bench.kill(&attempt),
                Interruption::Cancelled => self.bench.server.cancel(&attempt),
            }
            outcome = self.bench.end_of(&attempt).outcome;
            if outcome != Outcome::Succeeded {
                break;
            }
        }
        outcome
    }

    /// Also over when the attempt has ended before.
    fn wait_for(&self, attempt: &AttemptId, moment: Moment) {
        until(&format!("{moment:?}"), || {
            let is_there = match moment {
                Moment::Step(number) => self.bench.has_logged(attempt, &format!("step {number} of ")),
                Moment::Changing => self.subject.is_changing(),
            };
            (is_there || self.bench.server.is_reported(attempt)).then_some(())
        });
    }

    fn steps_of_a_deployment(&self) -> usize {
        let release = self.release(1, Condition::Well);
        let steps = |node| self.jobs.rendered(node, &release, self.next_attempt(1)).steps.len();
        self.jobs.deploys().into_iter().map(steps).max().unwrap_or_default()
    }
}
