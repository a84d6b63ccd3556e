use serde::{Deserialize, Serialize};

use crate::Fences;

/// The largest piece of pipeline file that a job may print or upload.
pub const MAX_UPLOAD_BYTES: usize = 1024 * 1024;

/// `POST /runner/v1/attempts/{attempt}/upload`: a running job adds to the plan of its release (D1). Repeating it changes nothing (D2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Upload {
    pub fences: Fences,
    /// What people call it where it has errors: the name of the file.
    pub name: String,
    /// YAML or JSON; at most [`MAX_UPLOAD_BYTES`].
    pub text: String,
}

/// What became of an upload. That one is refused says nothing about the lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UploadAnswer {
    pub accepted: bool,
    /// For people: what it changed, or everything that is wrong with it.
    pub message: String,
}
