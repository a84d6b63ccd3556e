use pipelines::plan::Monitor;
use protocol::AttemptId;
use serde::{Deserialize, Serialize};

use super::id::{MonitorId, ReleaseNumber};

/// What must leave the core. Each is also a row of the same transaction, so that a crash after the
/// commit loses nothing; carrying it out is only the fast path.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// An attempt waits for a runner. Row: the attempt, `Queued`.
    Queue(AttemptId),
    /// A runner must end an attempt. Row: the attempt's stop flag.
    Stop(AttemptId),
    /// Somebody watches this monitor from now on. Row: the watch.
    Watch { id: MonitorId, monitor: Monitor },
    /// Nobody does any more.
    Unwatch(MonitorId),
    /// An approval is wanted. Row: an outbox message.
    AskApproval { release: ReleaseNumber, gate: String },
    /// People are told. Row: an outbox message, built from the event at this position of `Changes::events`.
    Tell { to: pipelines::plan::NotifyTo, event: usize },
    /// A stage was completed; pipelines that depend on it are told. Row: an outbox message.
    Upstream { release: ReleaseNumber, stage: Option<String> },
}

/// What happens to an outbox message of a given kind; stored with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Tried again until it is done.
    AtLeastOnce,
    /// Only the newest of its key matters.
    NewestWins,
}
