use engine::core::Time;
use serde::{Deserialize, Serialize};

/// How this server stands with the places where repositories live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ForgesView {
    /// Where people and web hooks reach this server.
    pub public_url: String,
    pub github: GitHubView,
    /// Every repository that is followed, by the names of the pipelines; without pull requests.
    pub sources: Vec<FollowedSource>,
}

/// What this server is at GitHub, as it is configured. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GitHubView {
    /// Where people see it.
    pub url: String,
    pub acts_as: GitHubIdentity,
    /// The number of the App.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// People can sign in with their accounts there.
    pub signs_in: bool,
    /// A secret for its web hooks is there; without, every repository is only asked at intervals.
    pub takes_web_hooks: bool,
    /// Gates may be opened by a button beside a check.
    pub approves_at_checks: bool,
}

impl Default for GitHubView {
    fn default() -> Self {
        Self {
            url: "https://github.com".to_owned(),
            acts_as: GitHubIdentity::Nobody,
            app_id: None,
            signs_in: false,
            takes_web_hooks: false,
            approves_at_checks: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GitHubIdentity {
    App,
    /// A person's token: statuses and deployments, no checks.
    Token,
    /// Repositories are read by git alone, and nothing is told to GitHub.
    Nobody,
}

/// A repository that is followed, and how the last look at it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FollowedSource {
    pub pipeline: String,
    pub repository: String,
    pub branch: String,
    pub last_polled_at: Option<Time>,
    /// Why the last look failed.
    pub last_error: Option<String>,
}
