use engine::core::Time;
use serde::{Deserialize, Serialize};

/// What a page needs to know before anybody has signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ServerView {
    pub version: String,
    pub now: Time,
    /// Nobody can sign in yet: the server has printed a link with which the first admin is made.
    pub needs_first_start: bool,
    /// Where people can sign in beside with a password: `github`, at `GET /api/v1/session/github`.
    #[serde(default)]
    pub sign_in: Vec<String>,
}
