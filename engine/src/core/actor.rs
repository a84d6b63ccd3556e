use serde::{Deserialize, Serialize};

use super::id::PersonId;
use super::rejected::Rejected;

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

/// The person behind an input that only people may give.
///
/// # Errors
/// [`Rejected::PersonNeeded`] names who tried.
pub(crate) fn person(actor: &Actor) -> Result<&PersonId, Rejected> {
    match actor {
        Actor::Person { id, .. } => Ok(id),
        Actor::Token { name, .. } => Err(Rejected::PersonNeeded(format!("token {name}"))),
        Actor::Runner { id } => Err(Rejected::PersonNeeded(format!("runner {id}"))),
        Actor::Trigger { source } => Err(Rejected::PersonNeeded(format!("trigger {source}"))),
        Actor::Engine => Err(Rejected::PersonNeeded("the engine".to_owned())),
    }
}
