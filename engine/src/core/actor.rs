use serde::{Deserialize, Serialize};

use super::id::PersonId;

/// Who or what caused an input. Stands in every event (S4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    Person {
        id: PersonId,
        /// For display, as it was at that moment.
        name: String,
        /// Groups and roles that count for approvals, as checked by the shell at that moment (IF4).
        groups: Vec<String>,
    },
    /// An API token that acts for itself.
    Token {
        id: String,
        name: String,
    },
    Runner {
        id: String,
    },
    /// A push, a schedule, an upstream pipeline.
    Trigger {
        source: String,
    },
    /// The engine by itself: deadlines, alarms, rollbacks.
    Engine,
}
