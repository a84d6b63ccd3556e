//! Runs a command on the server's machine and takes its exit code for a reading.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use engine::core::input::Reading;
use engine::ports::MonitorReader;
use pipelines::plan::{Monitor, MonitorKind};
use tokio::process::Command;

use crate::process::{self, Limits};

/// What a command may say; more is read and dropped.
const STDOUT_BYTES: usize = 64 * 1024;
const DETAIL_CHARS: usize = 500;
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The monitor `command`: exit 0 OK, 1 bad, 2 no data, anything else unreadable.
///
/// Runs with `/bin/sh -c` in `/` with an empty environment beside `PATH`, in a process group of its own, which is
/// killed when the command ends or its timeout is over. The first line that it prints is the detail; when that begins
/// with a number, this is the value.
#[derive(Debug, Clone, Copy)]
pub struct CommandMonitor {
    allowed: bool,
}

impl CommandMonitor {
    /// A pipeline file is not trusted with the server's machine unless its configuration says so.
    #[must_use]
    pub fn new(allowed: bool) -> Self {
        Self { allowed }
    }
}

#[async_trait]
impl MonitorReader for CommandMonitor {
    /// Also when it is not allowed, so that the reading says why.
    fn knows(&self, monitor: &Monitor) -> bool {
        matches!(monitor.kind, MonitorKind::Command { .. })
    }

    async fn read(&self, monitor: &Monitor) -> Reading {
        let MonitorKind::Command { run } = &monitor.kind else {
            return Reading::Unreadable { detail: "this is no command monitor".to_owned() };
        };
        if !self.allowed {
            let detail = "command monitors run on the server's machine, and its configuration does not allow them".to_owned();
            return Reading::Unreadable { detail };
        }
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(run).env_clear().env("PATH", PATH).env("LC_ALL", "C.UTF-8").current_dir(PathBuf::from("/"));
        let limits = Limits { timeout: Duration::from_millis(monitor.timeout_ms), stdout_bytes: STDOUT_BYTES };
        match process::run(command, b"", limits).await {
            Ok(output) => judge(output.status.code(), &output),
            Err(error) => Reading::Unreadable { detail: format!("the command {error}") },
        }
    }
}

fn judge(code: Option<i32>, output: &process::Output) -> Reading {
    let said = first_line(&output.stdout).or_else(|| first_line(&output.stderr));
    let value = said.as_deref().and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    let detail = said.unwrap_or_else(|| format!("the command printed nothing and ended with {}", output.status));
    match code {
        Some(0) => Reading::Ok { value, detail },
        Some(1) => Reading::Bad { value, detail },
        Some(2) => Reading::NoData { detail },
        _ => Reading::Unreadable { detail: format!("the command ended with {}: {detail}", output.status) },
    }
}

fn first_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(DETAIL_CHARS).collect())
}
