use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Alarm, Comparison, Monitor};

/// A condition in front of a stage or a wave (G1). The variants stand in order of cost (G2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// Unique among the gates of its stage or wave: `approval`, `window`, or the name in the file.
    pub name: String,
    pub condition: GateCondition,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateCondition {
    DependsOn(DependsOn),
    /// All must be OK at this instant.
    Alarms(Vec<Alarm>),
    Window(Window),
    Metric(Metric),
    Check(Check),
    Approval(Approval),
}

/// Another pipeline's release must have completed a stage (or all of it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DependsOn {
    pub pipeline: String,
    /// None: the whole path.
    pub stage: Option<String>,
}

/// Allow and deny rules in one time zone (G7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// An IANA name.
    pub timezone: String,
    /// Where any allow exists, one must be active.
    pub allow: Vec<WindowRule>,
    /// Open only when none is active.
    pub deny: Vec<WindowRule>,
    pub deny_calendars: Vec<Calendar>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WindowRule {
    /// On `days` (ISO: 1 Monday to 7 Sunday) from `from` to before `to`, both minutes since local midnight;
    /// `to` ≤ `from` runs into the next day.
    Weekly { days: Vec<u8>, from_minute: u16, to_minute: u16 },
    /// From the start of the first local day to the end of the last one, as `YYYY-MM-DD`.
    Dates { first: String, last: String },
}

/// The text of an iCalendar file (RFC 5545), stored in the plan so that it never changes (P1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Calendar {
    /// As named in the file.
    pub path: String,
    pub text: String,
}

/// A query whose value must be within bounds at entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    pub monitor: Monitor,
    pub comparison: Comparison,
    pub bound: f64,
}

/// An outside system answers through the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What is asked, for people and for the system that answers.
    pub description: String,
    /// An answer older than this does not count; none: it never gets old.
    pub expires_ms: Option<u64>,
}

/// People say yes (G5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// Names of groups, roles or users; empty: anybody who may approve.
    pub from: Vec<String>,
    /// Distinct people, 1 to 10.
    pub count: u32,
    pub no_self_approval: bool,
    pub expires_ms: u64,
}
