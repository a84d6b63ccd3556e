use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How closely a monitor is looked at, by who watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// What it speaks of has gone well; only what comes late matters still (X9).
    Loose,
    /// A release waits in front of it.
    Usual,
    /// Something is being changed or bakes.
    Close,
}

/// Of systems whose answers cost money: while something bakes, and once it has gone well.
const CLOSE_MS: u64 = 5_000;
const LOOSE_MS: u64 = 60_000;

impl Monitor {
    /// How long after one reading the next one is due.
    #[must_use]
    pub fn interval_at(&self, pace: Pace) -> u64 {
        match (&self.kind, pace) {
            // What it compares has one value a minute.
            (MonitorKind::External { .. }, Pace::Close) if self.is_guard() => self.interval_ms,
            (MonitorKind::External { .. }, Pace::Close) => self.interval_ms.min(CLOSE_MS),
            (MonitorKind::External { .. }, Pace::Loose) => self.interval_ms.max(LOOSE_MS),
            _ => self.interval_ms,
        }
    }

    /// It was made without being asked for and says only that something got far worse. It is no evidence that anything is well: it keeps nobody
    /// out, and no bake waits for it.
    #[must_use]
    pub fn is_guard(&self) -> bool {
        matches!(&self.kind, MonitorKind::External { system, .. } if system == CLOUD_GUARD)
    }

    /// What a push hint names of it, equal for all who read the same alarm however often; none: nobody pushes about such a thing.
    #[must_use]
    pub fn signal(&self) -> Option<String> {
        match &self.kind {
            MonitorKind::External { system, name, account: Some(account), region: Some(region) } if system == CLOUD_ALARM => {
                Some(alarm_signal(account, region, name))
            }
            _ => None,
        }
    }
}

/// [`Monitor::signal`] of an alarm of CloudWatch.
#[must_use]
pub fn alarm_signal(account: &str, region: &str, name: &str) -> String {
    format!("{CLOUD_ALARM} {account}/{region}/{name}")
}

/// A signal that says a target is unwell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alarm {
    /// Unique in its wave; for people.
    pub name: String,
    /// The one target that it speaks of; none: every target of its wave.
    #[serde(default)]
    pub target: Option<String>,
    pub monitor: Monitor,
    /// How long the bad reading must last before the alarm fires.
    pub for_ms: u64,
    /// It speaks of all that the team runs, not of one wave (X12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
}

/// How far an aggregate alarm reaches when it fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// The region of its target; other regions go on.
    Region,
    Everywhere,
}

/// Systems of [`MonitorKind::External`]: an alarm of CloudWatch by its name, a [`CloudMetric`](super::CloudMetric) with or without a
/// comparison and a number behind it, and a monitor of Datadog by its number.
pub const CLOUD_ALARM: &str = "cloudwatch";
pub const CLOUD_METRIC: &str = "cloudwatch_metric";
/// A [`Guard`](super::Guard): a target's metrics against those of the time before. The engine makes these monitors by itself.
pub const CLOUD_GUARD: &str = "cloudwatch_guard";
pub const DATADOG: &str = "datadog";

/// What is read and how. Everybody who watches an equal monitor shares one poll.
///
/// Texts may hold `${{ target.… }}`; they are inserted when the plan is expanded, so that the
/// monitor of each target is a value of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Monitor {
    #[serde(flatten)]
    pub kind: MonitorKind,
    pub interval_ms: u64,
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MonitorKind {
    /// Bad when the status is not one of `status` (empty: any 2xx) or the answer takes longer than `max_latency_ms`.
    /// Repeated `samples` times per reading; more than `max_failures` bad answers make it bad.
    Http {
        url: String,
        method: String,
        headers: BTreeMap<String, String>,
        status: Vec<u16>,
        max_latency_ms: Option<u64>,
        body_contains: Option<String>,
        samples: u32,
        max_failures: u32,
    },
    /// Runs on the server's machine, only where its configuration allows: exit 0 OK, 1 bad, 2 no data, other unreadable.
    Command { run: String },
    /// Bad when any series of the instant query satisfies the comparison; no series is no data. An empty `server` is
    /// the one of the server's configuration.
    Prometheus { server: String, query: String, comparison: Comparison, threshold: f64 },
    /// Read through the adapter named by `system`, such as `cloudwatch` or `datadog`. `account` is an account's id, or the
    /// name of one that the file does not know.
    External { system: String, name: String, account: Option<String>, region: Option<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    Below,
    AtMost,
    Equal,
    AtLeast,
    Above,
}
