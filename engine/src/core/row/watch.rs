use pipelines::plan::Monitor;
use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::id::MonitorId;
use crate::core::input::Reading;

/// Table `watches`: a monitor that somebody watches now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatchRow {
    pub id: MonitorId,
    pub monitor: Monitor,
    pub since: Time,
    /// When somebody came last to watch it: a reading is due at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_at: Option<Time>,
    /// Keys of nodes and waves that watch it, for `what does this alarm block`.
    pub watchers: Vec<String>,
    pub last: Option<Reading>,
    pub last_at: Option<Time>,
    /// Since when every reading has been bad; none while the last known one was good.
    pub bad_since: Option<Time>,
    /// Since when it could not be read or gave no data.
    pub dark_since: Option<Time>,
    /// An alarm on it has fired and not cleared since.
    #[serde(default)]
    pub fired: bool,
    /// Its last readings, oldest first, at most [`WatchRow::REMEMBERED`]; shown, never decided by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent: Vec<PastReading>,
}

/// A reading without its words.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PastReading {
    pub at: Time,
    pub kind: ReadingKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadingKind {
    Ok,
    Bad,
    NoData,
    Unreadable,
}

impl WatchRow {
    /// Readings that are remembered for people to look at.
    pub const REMEMBERED: usize = 60;

    /// Takes a reading as the last one.
    pub(crate) fn remember(&mut self, reading: &Reading, now: Time) {
        let (kind, value) = match reading {
            Reading::Ok { value, .. } => (ReadingKind::Ok, *value),
            Reading::Bad { value, .. } => (ReadingKind::Bad, *value),
            Reading::NoData { .. } => (ReadingKind::NoData, None),
            Reading::Unreadable { .. } => (ReadingKind::Unreadable, None),
        };
        let over = (self.recent.len() + 1).saturating_sub(Self::REMEMBERED);
        self.recent.drain(..over);
        self.recent.push(PastReading { at: now, kind, value });
        self.last = Some(reading.clone());
        self.last_at = Some(now);
    }
}
