use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::core::Pipeline;
use crate::core::id::{MonitorId, ReleaseNumber, TargetName};
use crate::core::shape::wave_key;

/// An alarm that reads a monitor, where it is watched now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AlarmOf {
    pub name: String,
    /// `prod/wave-1`.
    pub place: String,
    pub target: Option<TargetName>,
    pub release: ReleaseNumber,
    /// How long it must be bad before it fires.
    pub for_ms: u64,
}

/// Which alarms of waves each watched monitor speaks for, by the releases that stand or go there.
#[must_use]
pub fn alarms_by_monitor(pipeline: &Pipeline) -> BTreeMap<MonitorId, BTreeSet<AlarmOf>> {
    let mut all: BTreeMap<MonitorId, BTreeSet<AlarmOf>> = BTreeMap::new();
    for release in pipeline.releases() {
        for row in release.waves.values().filter(|row| row.ended_at.is_none()) {
            for watched in release.shape.wave_alarms.get(&row.wave).into_iter().flatten() {
                if pipeline.watch(&watched.id).is_none() {
                    continue;
                }
                all.entry(watched.id.clone()).or_default().insert(AlarmOf {
                    name: watched.alarm.name.clone(),
                    place: wave_key(&release.plan, row.wave),
                    target: watched.alarm.target.as_deref().map(TargetName::from),
                    release: release.row.number,
                    for_ms: watched.alarm.for_ms,
                });
            }
        }
    }
    all
}
