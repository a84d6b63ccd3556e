use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use url::Url;

/// How a runner works. The binaries fill it from flags; only [`Config::new`] looks at the environment.
#[derive(Debug, Clone)]
pub struct Config {
    /// The server's address; the paths of [`protocol::paths`] are appended to it.
    pub server_url: Url,
    /// The one-time token, needed only while `workdir/identity.json` does not exist.
    pub registration_token: Option<Token>,
    /// For people; shown in the list of runners.
    pub name: String,
    /// What jobs can ask for with `runs_on`.
    pub labels: BTreeMap<String, String>,
    /// How many jobs run at once, 1 to 256.
    pub slots: u32,
    /// Identity, journal, mirrors and workspaces; one runner per folder. Must be absolute.
    pub workdir: PathBuf,
    /// Leaves the workspaces of ended attempts in `workdir/work`, to look into them.
    pub keep_workspaces: bool,
    pub isolation: Isolation,
    /// How long a stopping runner waits for its jobs; then they go on under their supervisors and the
    /// next start finds them again.
    pub drain: Duration,
    /// How long the server may hold a request for work open, at most 30 s.
    pub poll: Duration,
    /// Where one attempt's log is cut.
    pub max_log_bytes: u64,
    /// The program that carries the hidden subcommands `attempt` and `in-place`: normally this one.
    pub executable: PathBuf,
    /// The runner's own environment, from which supervisors get what git and programs need, and no more.
    pub environment: BTreeMap<String, String>,
}

impl Config {
    /// A configuration with the documented defaults.
    #[must_use]
    pub fn new(server_url: Url, workdir: PathBuf, executable: PathBuf) -> Self {
        Self {
            server_url,
            registration_token: None,
            name: "runner".to_owned(),
            labels: default_labels(),
            slots: 1,
            workdir,
            keep_workspaces: false,
            isolation: Isolation::Auto,
            drain: Duration::from_secs(600),
            poll: Duration::from_secs(20),
            max_log_bytes: 1024 * 1024 * 1024,
            executable,
            environment: std::env::vars_os()
                .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        }
    }
}

/// `os` and `arch` of this machine, in the words of `runs_on`.
#[must_use]
pub fn default_labels() -> BTreeMap<String, String> {
    [("os", std::env::consts::OS), ("arch", std::env::consts::ARCH)].map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// How the processes of one job are kept together, so that none outlives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// A PID namespace where the runner may make one without changing who it is, else `process-tree`.
    Auto,
    /// A PID namespace, also by way of a user namespace (where `sudo` no longer works inside jobs).
    PidNamespace,
    /// Orphans are adopted by the job's supervisor and found by walking `/proc`.
    ProcessTree,
}

/// A secret text that no `Debug` shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}
