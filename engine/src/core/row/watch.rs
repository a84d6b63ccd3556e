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
}
