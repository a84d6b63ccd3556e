use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Alarm;

/// The watched time after a rollout or an increment of one (B1, B2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bake {
    /// Counted from the end of the rollout, in wall time (B3).
    pub duration_ms: u64,
    /// How many readings with data each alarm must have had; 0: none are asked for.
    pub min_data_points: u32,
    /// After `duration_ms`, how long to wait for the missing data points before it is inconclusive.
    pub patience_ms: u64,
    /// A gap in watching longer than this is an error (B3).
    pub tolerance_ms: u64,
    pub alarms: Vec<Alarm>,
    pub on_error: WhenUnclear,
    pub on_inconclusive: WhenUnclear,
}

/// What follows when a bake can neither pass nor fail (B2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenUnclear {
    /// Stop and tell a person (default).
    Stop,
    Rollback,
    /// Go on as if it had passed; shown as such.
    Pass,
}
