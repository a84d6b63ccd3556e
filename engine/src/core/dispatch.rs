//! Which runner gets which job: a pure function, asked whenever something is queued or somebody idle.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use pipelines::plan::RunsOn;
use protocol::{AttemptId, RunnerId};

use super::Time;
use super::id::PipelineId;
use super::row::AttemptRow;

/// An attempt that waits for a runner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    pub attempt: AttemptId,
    pub pipeline: PipelineId,
    pub runs_on: RunsOn,
    /// Rollbacks and inspections (R13).
    pub urgent: bool,
    pub queued_at: Time,
}

impl Queued {
    #[must_use]
    pub fn of(pipeline: &PipelineId, row: &AttemptRow) -> Self {
        Self {
            attempt: row.id.clone(),
            pipeline: pipeline.clone(),
            runs_on: row.runs_on.clone(),
            urgent: row.urgent,
            queued_at: row.queued_at,
        }
    }
}

/// A runner that asks for work, or could do some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    pub runner: RunnerId,
    pub pool: String,
    pub labels: BTreeMap<String, String>,
    /// Ordinary slots that are free; urgent attempts may use them too.
    pub free: u32,
    /// Extra slots that are kept for urgent attempts alone (R13).
    pub reserved_free: u32,
    /// A draining runner takes nothing new (IE11).
    pub draining: bool,
    /// What it executes now, per pipeline.
    pub running: BTreeMap<PipelineId, u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub attempt: AttemptId,
    pub runner: RunnerId,
}

/// Hands out as many attempts as fit, in a fair and repeatable order.
///
/// Urgent ones go first, oldest first, and may take reserved slots. The others are taken in turn from
/// the pipeline that has the fewest running, oldest first within it. An attempt goes to the matching
/// runner with the most room. A pipeline that cannot place its oldest attempt is not stuck behind it.
/// `now` breaks no tie: the same lists give the same answer whenever they are asked.
#[must_use]
pub fn assign(queued: &[Queued], runners: &[Idle], _now: Time) -> Vec<Assignment> {
    let mut room = Room::new(runners);
    let mut assignments = Vec::new();

    let mut urgent: Vec<&Queued> = queued.iter().filter(|q| q.urgent).collect();
    urgent.sort_by(|a, b| (a.queued_at, &a.attempt).cmp(&(b.queued_at, &b.attempt)));
    for attempt in urgent {
        assignments.extend(room.place(attempt));
    }

    // Attempts that ask for the same are interchangeable: when one finds no room, none of its kind does.
    let mut lines: BTreeMap<(&PipelineId, &RunsOn), Vec<&Queued>> = BTreeMap::new();
    for attempt in queued.iter().filter(|q| !q.urgent) {
        lines.entry((&attempt.pipeline, &attempt.runs_on)).or_default().push(attempt);
    }
    for line in lines.values_mut() {
        line.sort_by(|a, b| (b.queued_at, &b.attempt).cmp(&(a.queued_at, &a.attempt)));
    }
    let mut running = running_per_pipeline(runners);
    // By how much its pipeline runs, then by the age of the line's oldest attempt.
    let mut turns: BTreeSet<(u32, Time, &AttemptId, &PipelineId, &RunsOn)> = lines
        .iter()
        .filter_map(|((p, r), line)| line.last().map(|q| (running.get(*p).copied().unwrap_or(0), q.queued_at, &q.attempt, *p, *r)))
        .collect();
    while let Some((count, _, _, pipeline, runs_on)) = turns.pop_first() {
        if room.ordinary == 0 {
            break;
        }
        let current = running.get(pipeline).copied().unwrap_or(0);
        let Some(line) = lines.get_mut(&(pipeline, runs_on)) else { continue };
        let Some(next) = line.last().copied() else { continue };
        if count != current {
            turns.insert((current, next.queued_at, &next.attempt, pipeline, runs_on));
            continue;
        }
        let Some(assignment) = room.place(next) else { continue };
        assignments.push(assignment);
        line.pop();
        running.insert(pipeline, current.saturating_add(1));
        if let Some(after) = line.last() {
            turns.insert((current.saturating_add(1), after.queued_at, &after.attempt, pipeline, runs_on));
        }
    }
    assignments
}

/// Why an attempt is not handed out, for people: `needs label arch=arm64: 2 runners, both busy`.
#[must_use]
pub fn why(queued: &Queued, runners: &[Idle]) -> String {
    let pool: Vec<&Idle> = runners.iter().filter(|r| r.pool == queued.runs_on.pool).collect();
    if pool.is_empty() {
        return format!("no runner is in pool {:?}", queued.runs_on.pool);
    }
    let labels = queued.runs_on.labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(", ");
    let wanted = if labels.is_empty() { format!("needs pool {}", queued.runs_on.pool) } else { format!("needs label {labels}") };
    let matching: Vec<&&Idle> = pool.iter().filter(|r| matches(r, &queued.runs_on)).collect();
    let draining = matching.iter().filter(|r| r.draining).count();
    match matching.len() {
        0 => {
            let missing: Vec<String> = queued
                .runs_on
                .labels
                .iter()
                .filter(|(k, v)| !pool.iter().any(|r| r.labels.get(*k) == Some(*v)))
                .map(|(k, v)| format!("{k}={v}"))
                .collect();
            if missing.is_empty() {
                format!("{wanted}: no runner of the {} in the pool has all of them", pool.len())
            } else {
                format!("{wanted}: no runner of the {} in the pool has {}", pool.len(), missing.join(", "))
            }
        }
        n if draining == n => format!("{wanted}: {n} runner{}, draining", plural(n)),
        n if matching.iter().any(|r| !r.draining && (r.free > 0 || (queued.urgent && r.reserved_free > 0))) => {
            format!("{wanted}: {n} runner{}, one is about to take it", plural(n))
        }
        1 => format!("{wanted}: 1 runner, busy"),
        2 => format!("{wanted}: 2 runners, both busy"),
        n => format!("{wanted}: {n} runners, all busy"),
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn matches(runner: &Idle, wanted: &RunsOn) -> bool {
    runner.pool == wanted.pool && wanted.labels.iter().all(|(key, value)| runner.labels.get(key) == Some(value))
}

fn running_per_pipeline(runners: &[Idle]) -> BTreeMap<&PipelineId, u32> {
    let mut running = BTreeMap::new();
    for (pipeline, count) in runners.iter().flat_map(|r| &r.running) {
        let sum: &mut u32 = running.entry(pipeline).or_default();
        *sum = sum.saturating_add(*count);
    }
    running
}

/// What is left of the runners' slots.
struct Room<'a> {
    runners: &'a [Idle],
    free: Vec<u32>,
    reserved: Vec<u32>,
    /// Free ordinary slots of all runners together.
    ordinary: u64,
    /// Runners that match a demand, most room first; by position.
    by_demand: BTreeMap<&'a RunsOn, BTreeSet<Fitting<'a>>>,
}

/// A runner that matches a demand: how much room it had when it was last looked at, and its position.
type Fitting<'a> = (Reverse<u32>, &'a RunnerId, usize);

impl<'a> Room<'a> {
    fn new(runners: &'a [Idle]) -> Self {
        let usable = |count: fn(&Idle) -> u32| runners.iter().map(move |r| if r.draining { 0 } else { count(r) }).collect::<Vec<u32>>();
        let free = usable(|r| r.free);
        let ordinary = free.iter().map(|f| u64::from(*f)).sum();
        Self { runners, free, reserved: usable(|r| r.reserved_free), ordinary, by_demand: BTreeMap::new() }
    }

    fn place(&mut self, attempt: &'a Queued) -> Option<Assignment> {
        let (runners, free) = (self.runners, &self.free);
        let line = self.by_demand.entry(&attempt.runs_on).or_insert_with(|| {
            let fitting = runners.iter().enumerate().filter(|(_, r)| matches(r, &attempt.runs_on));
            fitting.map(|(at, r)| (Reverse(free.get(at).copied().unwrap_or(0)), &r.runner, at)).collect()
        });
        // Entries grow stale when another demand took a slot; they are put right when they come up.
        loop {
            let (Reverse(seen), runner, at) = line.first().copied()?;
            let now_free = self.free.get(at).copied().unwrap_or(0);
            if seen != now_free {
                line.pop_first();
                line.insert((Reverse(now_free), runner, at));
                continue;
            }
            if now_free == 0 {
                break;
            }
            line.pop_first();
            line.insert((Reverse(now_free - 1), runner, at));
            if let Some(slot) = self.free.get_mut(at) {
                *slot -= 1;
            }
            self.ordinary = self.ordinary.saturating_sub(1);
            return Some(Assignment { attempt: attempt.attempt.clone(), runner: runner.clone() });
        }
        if !attempt.urgent {
            return None;
        }
        let at = (0..self.runners.len()).find(|at| {
            self.reserved.get(*at).is_some_and(|r| *r > 0) && self.runners.get(*at).is_some_and(|r| matches(r, &attempt.runs_on))
        })?;
        if let Some(slot) = self.reserved.get_mut(at) {
            *slot -= 1;
        }
        self.runners.get(at).map(|r| Assignment { attempt: attempt.attempt.clone(), runner: r.runner.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queued(pipeline: &str, number: u32, at: i64) -> Queued {
        Queued {
            attempt: format!("{pipeline}.{number}").parse().expect("an attempt id"),
            pipeline: pipeline.into(),
            runs_on: RunsOn { pool: "default".to_owned(), labels: BTreeMap::new() },
            urgent: false,
            queued_at: Time(at),
        }
    }

    fn idle(name: &str, free: u32) -> Idle {
        Idle {
            runner: name.parse().expect("a runner id"),
            pool: "default".to_owned(),
            labels: BTreeMap::from([("arch".to_owned(), "amd64".to_owned())]),
            free,
            reserved_free: 0,
            draining: false,
            running: BTreeMap::new(),
        }
    }

    fn shown(assignments: &[Assignment]) -> Vec<String> {
        assignments.iter().map(|a| format!("{} on {}", a.attempt, a.runner)).collect()
    }

    #[test]
    fn the_oldest_goes_first_to_the_runner_with_the_most_room() {
        let jobs = [queued("a", 2, 20), queued("a", 1, 10), queued("a", 3, 30)];
        assert_eq!(
            shown(&assign(&jobs, &[idle("small", 1), idle("large", 2)], Time(99))),
            ["a.1 on large", "a.2 on large", "a.3 on small"]
        );
    }

    #[test]
    fn pipelines_take_turns_and_who_runs_less_goes_first() {
        let jobs = [queued("busy", 1, 1), queued("busy", 2, 2), queued("busy", 3, 3), queued("quiet", 1, 9)];
        let mut runner = idle("r", 3);
        runner.running = BTreeMap::from([("busy".into(), 1)]);
        assert_eq!(shown(&assign(&jobs, &[runner], Time(99))), ["quiet.1 on r", "busy.1 on r", "busy.2 on r"]);
    }

    #[test]
    fn r13_an_urgent_attempt_goes_first_and_may_take_a_reserved_slot() {
        let mut rollback = queued("a", 7, 50);
        rollback.urgent = true;
        let mut full = idle("r", 0);
        full.reserved_free = 1;
        let jobs = [queued("a", 1, 1), rollback];
        assert_eq!(shown(&assign(&jobs, &[full], Time(99))), ["a.7 on r"]);
        assert_eq!(shown(&assign(&jobs, &[idle("r", 1)], Time(99))), ["a.7 on r"]);
    }

    #[test]
    fn pool_and_labels_must_match_and_one_that_cannot_be_placed_blocks_nobody() {
        let mut arm = queued("a", 1, 1);
        arm.runs_on.labels.insert("arch".to_owned(), "arm64".to_owned());
        let mut elsewhere = queued("a", 2, 2);
        elsewhere.runs_on.pool = "secure".to_owned();
        let jobs = [arm.clone(), elsewhere.clone(), queued("a", 3, 3)];
        assert_eq!(shown(&assign(&jobs, &[idle("r", 5)], Time(99))), ["a.3 on r"]);
        assert_eq!(why(&arm, &[idle("r", 5)]), "needs label arch=arm64: no runner of the 1 in the pool has arch=arm64");
        assert_eq!(why(&elsewhere, &[idle("r", 5)]), "no runner is in pool \"secure\"");
        assert_eq!(why(&jobs[2], &[idle("r", 0), idle("s", 0)]), "needs pool default: 2 runners, both busy");
    }

    #[test]
    fn a_draining_runner_takes_nothing_new() {
        let mut runner = idle("r", 2);
        runner.draining = true;
        assert_eq!(assign(&[queued("a", 1, 1)], &[runner], Time(99)), []);
    }

    #[test]
    fn ten_thousand_queued_attempts_are_shared_evenly() {
        let jobs: Vec<Queued> = (0..10_000).map(|i| queued(&format!("p{}", i % 10), i, i64::from(i))).collect();
        let runners: Vec<Idle> = (0..100).map(|i| idle(&format!("r{i}"), 2)).collect();
        let assignments = assign(&jobs, &runners, Time(99));
        assert_eq!(assignments.len(), 200);
        let of_first = assignments.iter().filter(|a| a.attempt.as_str().starts_with("p0.")).count();
        assert_eq!(of_first, 20);
    }
}
