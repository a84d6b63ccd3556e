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
    /// Why no App can be made from this server's pages; none: one can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub makes_none_because: Option<String>,
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
            makes_none_because: Some("this server was started without it".to_owned()),
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

/// An App to be made at GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderApp {
    /// The organisation that it belongs to; left out: whoever is signed in at GitHub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// One of its kind at GitHub, where it can still be changed; 34 characters at most.
    pub name: String,
}

/// A form that the browser posts to GitHub, with one field `manifest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppForm {
    /// Where to. GitHub leads back to this server within an hour, or it has to begin again.
    pub action: String,
    pub manifest: String,
}

/// What GitHub brings back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AppBack {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// How GitHub sees this server's App.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppView {
    pub id: String,
    pub name: String,
    pub owner: String,
    /// Its page at GitHub.
    pub url: String,
    /// Where it is installed.
    pub install_url: String,
    pub permissions: Vec<AppPermissionView>,
    pub installations: Vec<AppInstallationView>,
    /// The newest first; none: GitHub sends it no web hooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<Vec<AppDeliveryView>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppPermissionView {
    /// As GitHub calls it, such as `pull_requests`.
    pub name: String,
    /// `read`, `write` or `admin`; none: it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<String>,
    /// What the server makes use of; none: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<String>,
    /// Less is granted than is needed.
    pub is_lacking: bool,
}

/// An owner of repositories who installed the App.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppInstallationView {
    pub account: String,
    /// Its page at GitHub.
    pub url: String,
    /// Every repository of that owner, or those that were chosen.
    pub every_repository: bool,
    pub suspended: bool,
    /// Permissions that the owner has not granted, such as `checks: write`.
    pub lacks: Vec<String>,
}

/// A web hook that GitHub sent or tried to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppDeliveryView {
    /// As in the header `x-github-delivery`.
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// With its action, such as `pull_request opened`.
    pub event: String,
    /// What came of it in GitHub's words.
    pub outcome: String,
    /// Of this server's answer; 0: there was none.
    pub status: u16,
    pub has_failed: bool,
    /// It was sent before.
    pub is_again: bool,
}
