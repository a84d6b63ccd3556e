use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Fences;

/// `POST /runner/v1/attempts/{attempt}/id-token`: a token that says what the attempt is, for the audience that its job names.
/// Answered only while the fences are current (R4); 409 or 410 is definitive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IdTokenRequest {
    pub fences: Fences,
}

/// An ID token of OpenID Connect. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IdToken {
    /// A JWT (RFC 7519).
    pub token: String,
    /// From when the answer was made; dates never travel (R5).
    pub valid_for_ms: u64,
}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdToken").field("valid_for_ms", &self.valid_for_ms).finish_non_exhaustive()
    }
}
