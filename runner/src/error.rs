use std::path::PathBuf;

/// Why a runner could not start, or ended otherwise than by being told to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{action} {path}: {source}")]
    File { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{path} is not what this runner wrote there ({source}); move it away and register the runner anew")]
    Identity { path: PathBuf, source: serde_json::Error },
    #[error("another runner already works in {workdir}; give each runner a workdir of its own")]
    WorkdirTaken { workdir: PathBuf },
    #[error(
        "this runner is not registered at {server}; make a registration token there (`tidegate runner add`) and pass it with --token-file"
    )]
    NotRegistered { server: String },
    #[error("the server refused the registration token: {detail}; a token works once and for 15 minutes, make a new one")]
    RegistrationRefused { detail: String },
    #[error("the server no longer accepts this runner's token: {detail}; was the runner removed? Delete {identity} and register it anew")]
    Unauthorized { detail: String, identity: PathBuf },
    #[error("isolation `pid-namespace` was asked for, but this machine does not allow it: {detail}")]
    Isolation { detail: String },
    #[error("the HTTP client could not be made: {0}")]
    Http(#[from] reqwest::Error),
}

impl Error {
    /// For `map_err` on file operations: `action` reads as "could not …".
    pub(crate) fn file(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}
