use serde::{Deserialize, Serialize};

use super::change_number;
use super::progress::{newest_plan, through_and_inside};
use crate::core::Pipeline;
use crate::core::Rejected;
use crate::core::id::{ReleaseNumber, SourceOrder, TargetName};
use crate::core::row::ReleaseRow;

/// Up to which change a place has everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Front {
    /// As asked for.
    pub place: String,
    /// None: nothing has come there yet.
    pub change: Option<u64>,
    pub release: Option<ReleaseNumber>,
    pub sha: Option<String>,
}

/// Two fronts and where each stands in the source's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fronts {
    pub from: Front,
    pub from_order: Option<SourceOrder>,
    pub to: Front,
    pub to_order: Option<SourceOrder>,
}

/// The fronts of two places. A place is a stage (`gamma`), a wave (`prod/wave-1`), a target
/// (`local/a`, or `prod/wave-1/local/a`) or a release (`#412`). A place with several targets has
/// what all of them have. `known` holds rows of releases that may not be in the pipeline's memory any more.
///
/// # Errors
/// [`Rejected::UnknownPlace`], [`Rejected::UnknownRelease`].
pub fn compare(pipeline: &Pipeline, known: &[ReleaseRow], from: &str, to: &str) -> Result<Fronts, Rejected> {
    let (from, from_order) = front(pipeline, known, from)?;
    let (to, to_order) = front(pipeline, known, to)?;
    Ok(Fronts { from, from_order, to, to_order })
}

fn front(pipeline: &Pipeline, known: &[ReleaseRow], place: &str) -> Result<(Front, Option<SourceOrder>), Rejected> {
    let row = |number| pipeline.release(number).map(|release| &release.row).or_else(|| known.iter().find(|row| row.number == number));
    let row = match release_named(place) {
        Some(number) => Some(row(number).ok_or(Rejected::UnknownRelease(number))?),
        None => release_at(pipeline, place)?.and_then(row),
    };
    let front = Front {
        place: place.to_owned(),
        change: row.map(|row| change_number(row.order)),
        release: row.map(|row| row.number),
        sha: row.and_then(|row| row.revisions.first()).map(|revision| revision.commit.clone()),
    };
    Ok((front, row.map(|row| row.order)))
}

/// The release in `#412`; none when the place is another one.
#[must_use]
pub fn release_named(place: &str) -> Option<ReleaseNumber> {
    place.strip_prefix('#')?.parse().ok().map(ReleaseNumber)
}

/// The oldest release that any target of the place runs; for a place without targets, the newest that came through.
fn release_at(pipeline: &Pipeline, place: &str) -> Result<Option<ReleaseNumber>, Rejected> {
    let unknown = || Rejected::UnknownPlace(place.to_owned());
    let plan = newest_plan(pipeline).ok_or_else(unknown)?;
    let (mut targets, mut empty) = (Vec::new(), Vec::new());
    for (_, stage, wave) in plan.waves() {
        let whole =
            place == stage.name || place == format!("{}/{}", stage.name, wave.name) || place == format!("{}.{}", stage.name, wave.name);
        if whole && wave.rollouts.is_empty() {
            empty.push((stage.name.as_str(), wave.name.as_str()));
        }
        let named = |target: &str| {
            place == target || place == format!("{}/{}/{target}", stage.name, wave.name) || place == format!("{}/{target}", stage.name)
        };
        targets.extend(wave.rollouts.iter().map(|rollout| rollout.target.as_str()).filter(|target| whole || named(target)));
    }
    if targets.is_empty() {
        let (stage, wave) = empty.last().ok_or_else(unknown)?;
        let through = through_and_inside(pipeline, stage, wave).0;
        return Ok(pipeline
            .releases()
            .filter(|release| Some(change_number(release.row.order)) == through)
            .map(|release| release.row.number)
            .max());
    }
    let live = targets.iter().map(|target| pipeline.target(&TargetName::from(*target))?.live);
    let orders = live.map(|live| live.and_then(|live| pipeline.release(live)).map(|release| (release.row.order, release.row.number)));
    // A target that runs nothing yet has nothing of the source.
    Ok(orders.min().flatten().map(|(_, number)| number))
}
