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
    /// SHA-256, in hexadecimal, of the token that the runner has made for itself and keeps. When the answer was lost,
    /// the same request registers the same runner again. Without it the server makes a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_hash: Option<String>,
}

/// `POST /runner/v1/token`: the token that the runner will use next. It counts from its first use, and the one before it
/// until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RenewToken {
    /// SHA-256, in hexadecimal, of the token that the runner has made for itself and keeps.
    pub token_hash: String,
}

/// Who the runner is from now on. `token` is empty when the runner has made its own; stored hashed by the server.
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
