use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Generation, RunnerId};

/// `POST /runner/v1/register` with the one-time token as bearer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Register {
    /// For people; the host name by default.
    pub name: String,
    /// What jobs can ask for with `runs_on`, such as `os: linux`, `arch: x86_64`.
    pub labels: BTreeMap<String, String>,
    /// How many jobs may run at once, 1 to 256.
    pub slots: u32,
    pub version: String,
}

/// The runner's own token; shown once, stored hashed by the server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Registered {
    pub runner: RunnerId,
    pub pool: String,
    pub token: String,
    pub generation: Generation,
}

impl std::fmt::Debug for Registered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registered").field("runner", &self.runner).field("pool", &self.pool).finish_non_exhaustive()
    }
}
