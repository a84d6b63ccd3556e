//! What a forge says by itself (web hooks), and what it answers and shows when asked, in words of our own.
//!
//! A web hook is a hint (R8): it says where to look and never what is there. Nothing of it but its hint is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::SecretValue;
use crate::core::id::PersonId;

/// Checks and reads the web hooks of one kind of forge. Pure: no network, no clock.
pub trait HookReader: Debug + Send + Sync {
    /// As in the address: `/webhooks/<forge>`.
    fn forge(&self) -> &str;

    /// Whether the headers alone rule the delivery out, before its body is read.
    ///
    /// # Errors
    /// When there is no proof among them.
    fn expects(&self, headers: &Headers) -> Result<(), HookRefused>;

    /// Checks the proof on the raw bytes in constant time, and only then reads what they say.
    ///
    /// # Errors
    /// When the proof is wrong, or the sender proved to be the forge and sent what cannot be read.
    fn read(&self, delivery: &Delivery) -> Result<Hook, HookRefused>;
}

/// Names in lower case. Values that are no text are left out.
pub type Headers = BTreeMap<String, String>;

/// A web hook as it came.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub headers: Headers,
    pub body: Bytes,
}

/// A proven web hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The forge's own id of this delivery; the same one comes again when it is redelivered.
    pub delivery: Option<String>,
    /// The forge's name of the event, such as `push`.
    pub event: String,
    pub meaning: Meaning,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    Hint(Hint),
    /// Nothing follows from it, and why.
    Ignored(String),
}

/// Where to look. Kept in the inbox as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "hint", rename_all = "snake_case")]
pub enum Hint {
    /// Branches of a repository may have moved, come or gone.
    Heads { repository: RepositoryNames },
    /// What this server may do at the forge has changed: repositories granted or taken away.
    Grants { repositories: Vec<RepositoryNames> },
    /// A person pressed a button beside a check.
    Pressed(Pressed),
}

/// What was pressed, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    pub repository: RepositoryNames,
    /// The forge's id of the check; none: of every check of the commit.
    pub check: Option<u64>,
    /// What this server called it.
    pub check_name: Option<String>,
    pub commit: String,
    /// As the report named it.
    pub button: String,
    pub person: PersonId,
}

/// Every address under which a forge hands out one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryNames {
    pub urls: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HookRefused {
    /// No secret is configured, so nothing can be proven.
    #[error("this server expects no web hooks of {forge}: {next_step}")]
    NotConfigured { forge: String, next_step: String },
    #[error("the proof of the sender is missing or wrong: {0}")]
    Unproven(String),
    /// A header that every delivery has is missing.
    #[error("{0}")]
    Header(String),
    #[error("{0}")]
    MediaType(String),
    #[error("the body is no JSON of the expected shape: {0}")]
    Malformed(String),
}

/// Asks one forge, and shows there what becomes of a commit.
#[async_trait]
pub trait Forge: Debug + Send + Sync {
    /// Whether the repository at this address is one of its own.
    fn knows(&self, repository: &str) -> bool;

    /// The value of the header `authorization` with which git may read the repository over HTTP now; none: as nobody.
    ///
    /// # Errors
    /// When the forge refuses this server, or does not answer.
    async fn git_authorization(&self, repository: &str) -> Result<Option<SecretValue>, ForgeError>;

    /// Makes what people see at the commit equal to the report. Saying the same again changes nothing.
    ///
    /// `mark` is what the forge gave back for this release the last time, if anything; the answer takes its place, also
    /// beside an error, so that what was made is not made twice.
    async fn publish(&self, report: &Report, mark: &mut Mark) -> Result<(), ForgeError>;

    /// What is known of permissions there may have changed.
    fn forget(&self, repository: &str);

    /// Every open pull request to the branch `base`.
    ///
    /// # Errors
    /// When the forge refuses this server, or does not answer. Then nothing is known of any of them.
    async fn pull_requests(&self, repository: &str, base: &str) -> Result<Vec<PullRequest>, ForgeError>;

    /// Who had a hand in the commits after `from` (none: in `to` alone) up to `to`: authors, committers, and whoever opened
    /// and merged their pull requests, by the forge's own ids, never by a name or address in a commit (IF1, abuse case 3).
    ///
    /// # Errors
    /// When the forge refuses this server, or does not answer. Then nobody is known, and not: nobody was involved.
    async fn involved(&self, repository: &str, from: Option<&str>, to: &str) -> Result<BTreeSet<PersonId>, ForgeError>;

    /// Whether the forge keeps the branch from being changed without its rules (IB8).
    ///
    /// # Errors
    /// When the forge refuses this server, or does not answer.
    async fn is_protected(&self, repository: &str, branch: &str) -> Result<bool, ForgeError>;

    /// Keeps the one comment of this mark at a pull request equal to `text`; made when there is none, and edited else.
    ///
    /// # Errors
    /// When the forge refuses this server, or does not answer.
    async fn comment(&self, repository: &str, comment: &Comment, mark: &mut Mark) -> Result<(), ForgeError>;
}

/// A pull request as the forge's API describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    pub number: u64,
    pub title: String,
    /// Where git finds its head: `refs/pull/7/head`.
    pub reference: String,
    /// The head.
    pub commit: String,
    /// Who opened it, by the forge's own id.
    pub author: PersonId,
    /// Its head lies in another repository, or in none that is known.
    pub is_fork: bool,
}

/// What is said at a pull request, in one comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comment {
    pub pull_request: u64,
    /// Tells this comment from others; one line without markup.
    pub mark: String,
    /// Markdown.
    pub text: String,
}

/// One release, as people see it beside its commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub repository: String,
    pub commit: String,
    /// The name that the check bears: the pipeline's, or that of the pipeline whose pull request it is.
    pub check: String,
    pub pipeline: String,
    pub release: u64,
    pub state: ReportState,
    /// One line.
    pub title: String,
    /// Markdown: stages, waves and targets.
    pub summary: String,
    /// Where to look.
    pub url: String,
    pub deployments: Vec<ReportedDeployment>,
    /// What may be pressed beside it.
    pub buttons: Vec<Button>,
    /// What is wrong where; said once, when it has failed.
    pub annotations: Vec<Annotation>,
}

/// Something that a person can press beside a check; GitHub takes three, with 20, 40 and 20 letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Button {
    pub label: String,
    pub description: String,
    /// Comes back when it is pressed.
    pub name: String,
}

/// A place in the repository and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Annotation {
    pub path: String,
    pub line: u64,
    /// The job that says so.
    pub title: String,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    /// Waits for a gate, a lane or a runner.
    Waiting,
    Running,
    Succeeded,
    Failed,
    /// Ended without a judgement: superseded, outdated, cancelled.
    Dropped,
}

/// One target that the release came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedDeployment {
    /// The forge's environment: pipeline and target.
    pub environment: String,
    pub state: DeploymentState,
    pub is_production: bool,
    /// It goes with its pull request.
    pub is_preview: bool,
    /// Where people see what runs there.
    pub address: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentState {
    InProgress,
    Succeeded,
    Failed,
    /// Contact was lost while it was under way (A3).
    Unknown,
    /// Another release runs there now.
    Inactive,
}

/// What a forge gave back: the ids of what it made, and what they show. Kept between reports of one release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mark {
    /// The digest of the report that the check shows.
    pub shown: Option<String>,
    pub check: Option<u64>,
    pub status: Option<ReportState>,
    /// By environment: the deployment's id and the state that it shows.
    pub deployments: BTreeMap<String, (u64, Option<DeploymentState>)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<u64>,
    /// Annotations were said: forges add them to those that are there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub annotated: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ForgeError {
    /// It may be otherwise later; when, if the forge said so.
    #[error("{detail}")]
    Later { detail: String, after_ms: Option<u64> },
    /// Asking again changes nothing until a person has acted.
    #[error("{0}")]
    Never(String),
}

/// Two addresses of one repository have the same place, whatever the protocol: `git@host:o/r.git`, `ssh://git@host:22/o/r`
/// and `https://Host/O/r` are all `host/o/r`. For finding whom a hint concerns, never for a permission.
#[must_use]
pub fn place(url: &str) -> String {
    let rest = match url.split_once("://") {
        Some((_, rest)) => rest.to_owned(),
        // `user@host:path`, as scp writes it; a path with a slash before the colon is a path.
        None => match url.split_once(':') {
            Some((host, path)) if !host.contains('/') => format!("{host}/{}", path.trim_start_matches('/')),
            _ => url.to_owned(),
        },
    };
    let (authority, path) = rest.split_once('/').unwrap_or((&rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    format!("{host}/{path}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_a_repository_has_one_place() {
        for url in [
            "https://github.com/Acme/Orders",
            "https://github.com/acme/orders.git",
            "https://x-access-token:secret@github.com/acme/orders.git/",
            "http://GitHub.com:8080/acme/orders",
            "git@github.com:acme/orders.git",
            "ssh://git@github.com/acme/orders.git",
            "ssh://git@github.com:22/acme/orders",
            "git://github.com/acme/orders.git",
        ] {
            assert_eq!(place(url), "github.com/acme/orders", "{url}");
        }
        assert_eq!(place("file:///srv/git/orders.git"), place("/srv/git/orders"));
        assert_ne!(place("https://github.com/acme/orders"), place("https://github.com/acme/orders-web"));
        assert_ne!(place("https://github.com/acme/orders"), place("https://gitlab.com/acme/orders"));
        for odd in ["", ":", "://", "@", "a:b:c", "https://", "https://[::1]:80/x", "\u{1F980}"] {
            drop(place(odd));
        }
    }
}
