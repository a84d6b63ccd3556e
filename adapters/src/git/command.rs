use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::ports::SecretValue;
use tokio::process::Command;

use super::Timeouts;
use crate::process::{self, Limits, Output};

/// Bounds what one question may bring into memory.
const STDOUT_BYTES: usize = 64 * 1024 * 1024;

/// The whole configuration that git sees; the machine's and the user's are not read, so that no alias, filter, rewritten
/// URL or credential helper decides what a pipeline runs. A redirect is not followed: it could lead where this server may
/// reach and nobody else (abuse case 17).
const CONFIG: &str = "\
[safe]
\tdirectory = *
[protocol \"ext\"]
\tallow = never
[core]
\thooksPath = /dev/null
\taskPass =
\tsshCommand = ssh -o BatchMode=yes
\tfsmonitor = false
\tfsync = committed
[credential]
\tinteractive = false
[http]
	followRedirects = false
[fetch]
\tunpackLimit = 1
\trecurseSubmodules = false
[gc]
\tpruneExpire = never
\tautoDetach = false
[log]
\tshowSignature = false
";

/// Variables by which a surrounding git, or a person's shell, would change what git does.
const FOREIGN: [&str; 13] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_EXTERNAL_DIFF",
    "GIT_PROXY_COMMAND",
    "SSH_ASKPASS",
];

/// The `git` program, with everything fixed that could make it ask, wait or execute.
#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
    config: PathBuf,
    pub(super) timeouts: Timeouts,
}

impl Program {
    pub(super) fn prepare(folder: &Path, path: PathBuf, timeouts: Timeouts) -> std::io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let config = std::path::absolute(folder)?.join("config");
        // Another server that shares the folder may read it at this moment.
        let draft = folder.join(format!("config.{}", std::process::id()));
        std::fs::write(&draft, CONFIG)?;
        std::fs::rename(&draft, &config)?;
        Ok(Self { path, config, timeouts })
    }

    /// Runs `git <arguments>` and gives what it printed, whatever its exit code.
    pub(super) async fn run(&self, arguments: &[&str], input: &[u8], timeout: Duration) -> Result<Output, process::Error> {
        process::run(self.command(arguments), input, Limits { timeout, stdout_bytes: STDOUT_BYTES }).await
    }

    /// The same with a header `authorization` for this very address, handed over in the environment, which only this
    /// user can read; never on the command line.
    pub(super) async fn run_as(
        &self,
        authorization: &SecretValue,
        address: &str,
        arguments: &[&str],
        timeout: Duration,
    ) -> Result<Output, process::Error> {
        let mut command = self.command(arguments);
        command
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", format!("http.{address}.extraHeader"))
            .env("GIT_CONFIG_VALUE_0", format!("Authorization: {}", authorization.reveal()));
        process::run(command, b"", Limits { timeout, stdout_bytes: STDOUT_BYTES }).await
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", &self.config)
            .env("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1");
        for variable in FOREIGN {
            command.env_remove(variable);
        }
        command
    }
}
