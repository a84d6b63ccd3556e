use std::collections::BTreeMap;
use std::sync::Arc;

use pipelines::plan::{NodeKind, Plan, Wave};
use protocol::{AttemptId, Outcome};
use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::ReleaseNumber;
use crate::core::row::{AttemptRow, ReleaseRow, ReleaseState, WaveRow, WaveState};

/// Points of one measure at the most, the newest ones.
const POINTS: usize = 400;

/// One release of the period with what the measures need of it.
#[derive(Debug, Clone)]
pub struct Measured {
    pub release: ReleaseRow,
    pub plan: Arc<Plan>,
    pub waves: Vec<WaveRow>,
    /// When the commits were made that it brought to production first; empty unless it is complete.
    pub commits: Vec<Time>,
}

/// The four measures of delivery with their definitions, and where the time goes. Medians, never means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Metrics {
    pub from: Time,
    pub until: Time,
    /// Releases that completed their whole way, by day.
    pub deployments: DeploymentMeasure,
    pub lead_time: DurationMeasure,
    pub change_failure: ShareMeasure,
    pub restore: DurationMeasure,
    pub lead_split: LeadSplit,
    /// The longest first.
    pub steps: Vec<StepMeasure>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeploymentMeasure {
    pub definition: String,
    pub count: u64,
    pub per_day: f64,
    /// Every day of the period, also those without one.
    pub days: Vec<DayCount>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DayCount {
    /// Midnight UTC.
    pub day: Time,
    pub count: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DurationMeasure {
    pub definition: String,
    pub count: u64,
    pub p50_ms: Option<u64>,
    pub p90_ms: Option<u64>,
    /// Oldest first; the newest 400.
    pub points: Vec<Point>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ShareMeasure {
    pub definition: String,
    pub failed: u64,
    pub total: u64,
    /// 0 to 1; none when nothing was deployed.
    pub share: Option<f64>,
    /// The failed ones, oldest first.
    pub points: Vec<Point>,
}

/// What a figure is made of: the release to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Point {
    pub pipeline: String,
    pub release: ReleaseNumber,
    pub at: Time,
    pub took_ms: u64,
    pub failed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<AttemptId>,
}

/// Where the time of the completed releases went: medians of each part, which need not add up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LeadSplit {
    /// From the commit to the release.
    pub pickup_ms: Option<u64>,
    /// Inside waves that deploy nowhere.
    pub build_ms: Option<u64>,
    /// In front of waves.
    pub gates_ms: Option<u64>,
    /// Inside waves, without their bakes.
    pub deploy_ms: Option<u64>,
    pub bake_ms: Option<u64>,
}

/// Attempts of one job at all its targets together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepMeasure {
    pub pipeline: String,
    pub stage: String,
    pub job: String,
    pub count: u64,
    pub failed: u64,
    pub p50_ms: Option<u64>,
    pub p90_ms: Option<u64>,
    /// In the queue, before a runner took it.
    pub queued_p50_ms: Option<u64>,
    /// Oldest first; the newest 400.
    pub points: Vec<Point>,
}

const DEPLOYMENTS: &str = "Releases that completed their whole way, every wave of every stage, per day. A superseded release counts as part of the one that carries its commits.";
const LEAD_TIME: &str =
    "From the moment a commit was made until the first release with it completed its whole way; each commit counts once.";
const CHANGE_FAILURE: &str =
    "Releases that entered production and there failed, were rolled back or were quarantined, of all that entered production.";
const RESTORE: &str = "From the first failure of a wave in production until its targets were back on a good release.";

/// The measures of some pipelines over `from..until`. `attempts` may be of fewer releases than `releases`.
#[must_use]
pub fn metrics(from: Time, until: Time, pipelines: &[(String, Vec<Measured>, Vec<AttemptRow>)]) -> Metrics {
    let all = || pipelines.iter().flat_map(|(name, releases, _)| releases.iter().map(move |one| (name.as_str(), one)));
    let in_period = |at: Time| from <= at && at < until;
    let complete = || {
        all().filter_map(|(name, one)| {
            let ended_at = one.release.ended_at.filter(|at| one.release.state == ReleaseState::Completed && in_period(*at))?;
            Some((name, one, ended_at))
        })
    };
    Metrics {
        from,
        until,
        deployments: deployments(from, until, complete().map(|(.., at)| at)),
        lead_time: durations(
            LEAD_TIME,
            complete()
                .flat_map(|(name, one, at)| one.commits.iter().map(move |made| point(name, one, at, at.since_ms(*made), false)))
                .collect(),
        ),
        change_failure: failures(all().filter_map(|(name, one)| entered_production(name, one, in_period)).collect()),
        restore: durations(RESTORE, all().flat_map(|(name, one)| restored(name, one, in_period)).collect()),
        lead_split: split(complete().map(|(_, one, _)| one)),
        steps: steps(pipelines, in_period),
    }
}

fn point(pipeline: &str, one: &Measured, at: Time, took_ms: u64, failed: bool) -> Point {
    Point { pipeline: pipeline.to_owned(), release: one.release.number, at, took_ms, failed, attempt: None }
}

fn deployments(from: Time, until: Time, ends: impl Iterator<Item = Time>) -> DeploymentMeasure {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    let day = |at: Time| at.0.div_euclid(DAY_MS);
    let mut days: BTreeMap<i64, u32> = (day(from)..=day(Time(until.0.saturating_sub(1).max(from.0)))).map(|day| (day, 0)).collect();
    for at in ends {
        *days.entry(day(at)).or_default() += 1;
    }
    let count = days.values().map(|count| u64::from(*count)).sum();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let per_day = count as f64 / (until.since_ms(from) as f64 / DAY_MS as f64).max(1.0);
    let days = days.into_iter().map(|(day, count)| DayCount { day: Time(day * DAY_MS), count }).collect();
    DeploymentMeasure { definition: DEPLOYMENTS.to_owned(), count, per_day, days }
}

fn durations(definition: &str, mut points: Vec<Point>) -> DurationMeasure {
    let took: Vec<u64> = points.iter().map(|point| point.took_ms).collect();
    let count = took.len() as u64;
    newest(&mut points);
    DurationMeasure { definition: definition.to_owned(), count, p50_ms: percentile(&took, 50), p90_ms: percentile(&took, 90), points }
}

fn failures(entered: Vec<Point>) -> ShareMeasure {
    let total = entered.len() as u64;
    let mut points: Vec<Point> = entered.into_iter().filter(|point| point.failed).collect();
    let failed = points.len() as u64;
    newest(&mut points);
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    let share = (total > 0).then(|| failed as f64 / total as f64);
    ShareMeasure { definition: CHANGE_FAILURE.to_owned(), failed, total, share, points }
}

/// A release that entered production in the period, and whether it went wrong there.
fn entered_production(pipeline: &str, one: &Measured, in_period: impl Fn(Time) -> bool) -> Option<Point> {
    let rows: Vec<&WaveRow> = production(one).map(|(row, _)| row).collect();
    let at = rows.iter().filter_map(|row| row.entered_at).min().filter(|at| in_period(*at))?;
    let went_wrong = |row: &&WaveRow| matches!(row.state, WaveState::Failing | WaveState::Failed | WaveState::RolledBack);
    let failed = one.release.quarantine.is_some() || rows.iter().any(went_wrong);
    Some(point(pipeline, one, at, 0, failed))
}

fn restored(pipeline: &str, one: &Measured, in_period: impl Fn(Time) -> bool) -> Vec<Point> {
    let back = production(one).filter(|(row, _)| row.state == WaveState::RolledBack);
    let took = back.filter_map(|(row, _)| Some((row.ended_at?, row.failure.as_ref()?.since)));
    took.filter(|(ended_at, _)| in_period(*ended_at))
        .map(|(ended_at, since)| point(pipeline, one, ended_at, ended_at.since_ms(since), false))
        .collect()
}

fn production(one: &Measured) -> impl Iterator<Item = (&WaveRow, &Wave)> {
    one.waves.iter().filter_map(|row| {
        let stage = one.plan.stage(row.wave.stage)?;
        stage.production.then_some(())?;
        Some((row, one.plan.wave(row.wave)?))
    })
}

fn split<'m>(complete: impl Iterator<Item = &'m Measured>) -> LeadSplit {
    let (mut pickup, mut build, mut gates, mut deploy, mut bake) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for one in complete {
        let committed_at = one.release.revisions.iter().map(|revision| revision.committed_at).max();
        pickup.extend(committed_at.map(|at| one.release.created_at.since_ms(at)));
        let mut sums = [0_u64; 4];
        for row in &one.waves {
            let (Some(wave), Some(entered_at), Some(ended_at)) = (one.plan.wave(row.wave), row.entered_at, row.ended_at) else { continue };
            let inside = ended_at.since_ms(entered_at);
            let baked = planned_bake_ms(&one.plan, wave).min(inside);
            let [building, waiting, deploying, baking] = &mut sums;
            *waiting += entered_at.since_ms(row.arrived_at);
            if wave.rollouts.is_empty() {
                *building += inside;
            } else {
                *deploying += inside - baked;
                *baking += baked;
            }
        }
        let [building, waiting, deploying, baking] = sums;
        build.push(building);
        gates.push(waiting);
        deploy.push(deploying);
        bake.push(baking);
    }
    LeadSplit {
        pickup_ms: percentile(&pickup, 50),
        build_ms: percentile(&build, 50),
        gates_ms: percentile(&gates, 50),
        deploy_ms: percentile(&deploy, 50),
        bake_ms: percentile(&bake, 50),
    }
}

/// The longest watched time of one target of a wave.
fn planned_bake_ms(plan: &Plan, wave: &Wave) -> u64 {
    let of_target = |rollout: &pipelines::plan::Rollout| {
        let bakes = rollout.nodes.iter().filter_map(|ix| match &plan.node(*ix)?.kind {
            NodeKind::Bake(bake) => Some(bake.duration_ms),
            NodeKind::Job(_) | NodeKind::Gate(_) | NodeKind::Milestone(_) => None,
        });
        bakes.sum::<u64>()
    };
    wave.rollouts.iter().map(of_target).max().unwrap_or(0)
}

/// A job of a stage of a pipeline.
type JobName<'a> = (&'a str, String, String);
/// What its attempts were, and how long each waited for a runner.
type Attempts = (Vec<Point>, Vec<u64>);

fn steps(pipelines: &[(String, Vec<Measured>, Vec<AttemptRow>)], in_period: impl Fn(Time) -> bool) -> Vec<StepMeasure> {
    let mut all: BTreeMap<JobName<'_>, Attempts> = BTreeMap::new();
    for (name, releases, attempts) in pipelines {
        let plans: BTreeMap<ReleaseNumber, &Plan> = releases.iter().map(|one| (one.release.number, one.plan.as_ref())).collect();
        for attempt in attempts {
            let (Some(plan), Some(leased_at), Some(ended_at)) = (plans.get(&attempt.release), attempt.leased_at, attempt.ended_at) else {
                continue;
            };
            let Some(node) = plan.node(attempt.node).filter(|_| in_period(ended_at)) else { continue };
            let (Some(stage), NodeKind::Job(job)) = (plan.stage(node.stage), &node.kind) else { continue };
            let (points, queued) = all.entry((name.as_str(), stage.name.clone(), job.name.clone())).or_default();
            queued.push(leased_at.since_ms(attempt.queued_at));
            points.push(Point {
                pipeline: name.clone(),
                release: attempt.release,
                at: ended_at,
                took_ms: ended_at.since_ms(leased_at),
                failed: !matches!(attempt.outcome, Some(Outcome::Succeeded)),
                attempt: Some(attempt.id.clone()),
            });
        }
    }
    let step = |((pipeline, stage, job), (mut points, queued)): (JobName<'_>, Attempts)| {
        let took: Vec<u64> = points.iter().filter(|point| !point.failed).map(|point| point.took_ms).collect();
        let failed = points.iter().filter(|point| point.failed).count() as u64;
        let count = points.len() as u64;
        newest(&mut points);
        StepMeasure {
            pipeline: pipeline.to_owned(),
            stage,
            job,
            count,
            failed,
            p50_ms: percentile(&took, 50),
            p90_ms: percentile(&took, 90),
            queued_p50_ms: percentile(&queued, 50),
            points,
        }
    };
    let mut steps: Vec<StepMeasure> = all.into_iter().map(step).collect();
    steps.sort_by_key(|step| std::cmp::Reverse(step.p50_ms));
    steps
}

fn newest(points: &mut Vec<Point>) {
    points.sort_by_key(|point| (point.at, point.release));
    let surplus = points.len().saturating_sub(POINTS);
    points.drain(..surplus);
}

/// The nearest-rank percentile; none of nothing.
fn percentile(values: &[u64], percent: usize) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!(percentile(&[7], 90), Some(7));
        assert_eq!(percentile(&[4, 1, 3, 2], 50), Some(2));
        assert_eq!(percentile(&(1..=100).collect::<Vec<_>>(), 90), Some(90));
    }

    #[test]
    fn every_day_of_the_period_is_there_also_without_a_deployment() {
        let day = 24 * 60 * 60 * 1_000;
        let found = deployments(Time(0), Time(3 * day), [Time(day), Time(day + 1), Time(2 * day)].into_iter());
        assert_eq!(found.days.iter().map(|one| one.count).collect::<Vec<_>>(), [0, 2, 1]);
        assert_eq!((found.count, found.per_day), (3, 1.0));
    }
}
