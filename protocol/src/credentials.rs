use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Fences;

/// The cloud account that a job may act in, and where (A8). Its credentials are asked for while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The account's id, such as `111111111111`.
    pub account: String,
    /// Empty for a job whose target names no region.
    pub region: String,
}

/// `POST /runner/v1/attempts/{attempt}/credentials`: a slice of credentials for the attempt's one account and role.
/// Answered only while the fences are current (R4); 409 or 410 is definitive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CredentialsRequest {
    pub fences: Fences,
}

/// A slice. Its `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    /// The account's id.
    pub account: String,
    /// From when the answer was made; dates never travel (R5).
    pub valid_for_ms: u64,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("account", &self.account).field("valid_for_ms", &self.valid_for_ms).finish_non_exhaustive()
    }
}
