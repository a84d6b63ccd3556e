use serde::{Deserialize, Serialize};

use crate::core::Time;
use crate::core::actor::Actor;
use crate::core::id::HoldId;
use crate::core::input::HoldScope;

/// Table `holds`: a stop on forward admission (L7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HoldRow {
    pub id: HoldId,
    pub scope: HoldScope,
    pub by: Actor,
    pub since: Time,
    pub reason: String,
    pub lifted: Option<Lifted>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Lifted {
    pub by: Actor,
    pub at: Time,
    pub reason: String,
}
