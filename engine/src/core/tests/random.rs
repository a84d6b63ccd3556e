//! Random histories: whatever happens in whatever order, nothing panics, a restart knows the same (`world` compares
//! after every input), a tick leaves no deadline behind, and no target has two holders (IA1).

use std::collections::BTreeSet;
use std::sync::Arc;

use pipelines::plan::{LanePolicy, Plan, RetryOn, RetryRule, RollbackScope};
use protocol::{Fences, Outcome};

use super::plan::{MINUTE, SECOND, after_build, alarm, approval, bake, stage, wave};
use super::world::{World, failed, person, runner_actor};
use crate::core::id::ReleaseNumber;
use crate::core::input::{HoldScope, Place, Retry, Verdict};
use crate::core::row::AttemptState;
use crate::core::{Actor, Input};

/// Numbers that look random and are the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        let at = self.roll(u64::try_from(all.len().max(1)).expect("few")) as usize;
        all.get(at).cloned()
    }
}

fn some_plan(dice: &mut Dice) -> Arc<Plan> {
    let scope = [RollbackScope::Target, RollbackScope::Wave, RollbackScope::Stage][dice.roll(3) as usize];
    let policy = [LanePolicy::Supersede, LanePolicy::Queue][dice.roll(2) as usize];
    let retry = vec![RetryRule { on: RetryOn::Any, limit: 1, backoff_ms: MINUTE }];
    let increments = if dice.roll(2) == 0 { vec![10, 100] } else { vec![100] };
    let one = wave("wave-1", &["prod/a"]).alarm(alarm("errors")).bake(bake(3 * MINUTE, &["errors"])).edit(|w| w.increments = increments);
    let two = wave("wave-2", &["prod/b", "prod/c", "prod/d"]).bake(bake(2 * MINUTE, &["latency"])).edit(|w| {
        w.max_parallel = 2;
        w.at_least = Some(2);
        w.retry = retry;
        w.verify = true;
    });
    let mut prod = stage("prod").lane(policy).rollback(|r| r.scope = scope).wave(one).wave(two);
    if dice.roll(3) == 0 {
        prod = prod.gate(approval(&[], 1));
    }
    prod.on_failure = vec!["tell"];
    prod.finally = vec!["clean"];
    after_build(vec![stage("beta").targets(&["beta/a"]), prod])
}

fn step(world: &mut World, dice: &mut Dice, leases: &mut Vec<Fences>) {
    let release = ReleaseNumber(1 + dice.roll(world.pipeline.row().next_release));
    let olga = person("olga");
    let reason = "because".to_owned();
    let input = match dice.roll(24) {
        0 | 1 => {
            let plan = some_plan(dice);
            world.push(&plan);
            return;
        }
        2..=6 => {
            let queued: Vec<_> = world.pipeline.queued().map(|q| q.attempt).collect();
            if let Some(Ok(lease)) = dice.pick(&queued).map(|id| world.lease_attempt(&id)) {
                leases.push(lease);
            }
            return;
        }
        7..=11 => {
            let Some(lease) = dice.pick(leases) else { return };
            let outcome = if dice.roll(6) == 0 { failed(1) } else { Outcome::Succeeded };
            let runs = dice.roll(4).to_string();
            // A refused report is an answer too.
            let _ = world.report_with(&lease, outcome, &[("release", &runs), ("health", "ok")]);
            return;
        }
        12 => {
            if let Some(lease) = dice.pick(leases) {
                let _ = world.heartbeat(&lease);
                let _ = world.give(&runner_actor(), Input::Issued { fences: lease, until: world.now + 3 * MINUTE });
            }
            return;
        }
        13..=15 => {
            let ms = [SECOND, 30 * SECOND, 61 * SECOND, 5 * MINUTE][dice.roll(4) as usize];
            world.pass(ms);
            assert!(world.pipeline.next_deadline().is_none_or(|at| at > world.now), "a deadline stays behind:\n{}", world.story());
            return;
        }
        16 | 17 => {
            let name = ["errors", "latency"][dice.roll(2) as usize];
            match dice.roll(5) {
                0 => world.is_bad(name),
                1 => world.is_unreadable(name),
                _ => world.is_ok(name),
            }
            return;
        }
        18 => {
            let _ = world.approve_if_there(&olga, release);
            return;
        }
        19 => {
            let holds: Vec<_> = world.pipeline.holds().map(|h| h.id.clone()).collect();
            match dice.pick(&holds) {
                Some(id) => Input::Lift { id, reason },
                None => {
                    world.hold(
                        [HoldScope::Everywhere, HoldScope::Target("prod/b".to_owned()), HoldScope::Stage("prod".to_owned())]
                            [dice.roll(3) as usize]
                            .clone(),
                    );
                    return;
                }
            }
        }
        20 => Input::Retry { release, what: if dice.roll(2) == 0 { Retry::FailedJobs } else { Retry::Stage { stage: "prod".to_owned() } } },
        21 => {
            let to = (dice.roll(2) == 0).then_some(release);
            let place =
                if dice.roll(2) == 0 { Place::Stage { stage: "prod".to_owned() } } else { Place::Target { target: "prod/b".to_owned() } };
            let _ = world.roll_back(place, to);
            return;
        }
        22 => match dice.roll(3) {
            0 => Input::Cancel { release, reason },
            1 => Input::Quarantine { release, reason },
            _ => Input::LiftQuarantine { release, reason },
        },
        _ => {
            let target = ["prod/a", "prod/b", "prod/c", "beta/a"][dice.roll(4) as usize].into();
            Input::Resolve { target, verdict: [Verdict::Succeeded, Verdict::Failed, Verdict::Again][dice.roll(3) as usize].clone(), reason }
        }
    };
    let _ = world.give(&olga, input);
}

fn one_holder(world: &World) {
    let mut seen = BTreeSet::new();
    for attempt in world.pipeline.attempts().filter(|a| a.state == AttemptState::Leased && a.fence.is_some()) {
        let target = attempt.target.clone().expect("a fence is of a target");
        let row = world.target(&target.0);
        assert!(seen.insert(target), "two leases at one target:\n{}", world.story());
        assert_eq!((row.holder.as_ref(), Some(row.fence)), (Some(&attempt.id), attempt.fence.map(|f| f.0)), "{}", world.story());
    }
}

#[test]
fn random_histories_keep_their_promises() {
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let mut world = World::new();
        let mut leases = Vec::new();
        for _ in 0..120 {
            step(&mut world, &mut dice, &mut leases);
            one_holder(&world);
        }
        world.give(&Actor::Engine, Input::Tick).expect("a tick is never refused");
    }
}
