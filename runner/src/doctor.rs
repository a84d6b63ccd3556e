use std::path::{Path, PathBuf};
use std::process::Command;

use crate::clock;
use crate::isolation::Mechanism;

/// What `doctor` found about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub subject: &'static str,
    pub grade: Grade,
    /// What was found, and how to mend it.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    Good,
    /// It works, with less.
    Warning,
    /// Jobs will fail.
    Bad,
}

/// Less free space than this is a warning.
const WANTED_FREE_BYTES: u64 = 5 * 1024 * 1024 * 1024;
const NEEDED_FREE_BYTES: u64 = 200 * 1024 * 1024;

/// Looks at what a runner needs of its machine. Changes nothing but for a file in the workdir that it removes again.
#[must_use]
pub fn examine(workdir: &Path) -> Vec<Finding> {
    machine().into_iter().chain(folder(workdir)).collect()
}

/// What every runner on this machine needs, wherever it keeps its files.
#[must_use]
pub fn machine() -> Vec<Finding> {
    vec![isolation(), git(), tool("bash"), tool("setsid"), clocks()]
}

/// Room and rights in a folder. Makes it where it is missing.
#[must_use]
pub fn folder(path: &Path) -> Vec<Finding> {
    vec![disk(path), writable(path)]
}

fn isolation() -> Finding {
    let executable = std::env::current_exe();
    let found = |mechanism: Mechanism| executable.as_ref().is_ok_and(|executable| mechanism.try_out(executable).is_ok());
    let (grade, detail) = if found(Mechanism::PidNamespace) {
        (Grade::Good, Mechanism::PidNamespace.describe().to_owned())
    } else if found(Mechanism::PidNamespaceOfUser) {
        let detail = "process tree; `--isolation pid-namespace` would work here by way of a user namespace, without sudo inside jobs";
        (Grade::Warning, detail.to_owned())
    } else {
        let detail = "process tree: a job whose supervisor is killed may leave processes behind; PID namespaces need root, or user namespaces and util-linux";
        (Grade::Warning, detail.to_owned())
    };
    Finding { subject: "isolation", grade, detail }
}

fn git() -> Finding {
    match first_line("git", &["--version"]) {
        Ok(version) => Finding { subject: "git", grade: Grade::Good, detail: version },
        Err(error) => {
            Finding { subject: "git", grade: Grade::Bad, detail: format!("{error}: checkouts need git; install the package git") }
        }
    }
}

fn tool(name: &'static str) -> Finding {
    match first_line(name, &["--version"]) {
        Ok(version) => Finding { subject: name, grade: Grade::Good, detail: version },
        Err(error) => Finding { subject: name, grade: Grade::Bad, detail: format!("{error}: install it") },
    }
}

fn disk(workdir: &Path) -> Finding {
    let existing = workdir.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    match rustix::fs::statvfs(existing) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let grade = match free {
                free if free < NEEDED_FREE_BYTES => Grade::Bad,
                free if free < WANTED_FREE_BYTES => Grade::Warning,
                _ => Grade::Good,
            };
            Finding { subject: "disk", grade, detail: format!("{} MB free at {}", free / 1_000_000, existing.display()) }
        }
        Err(error) => Finding { subject: "disk", grade: Grade::Bad, detail: format!("{}: {error}", existing.display()) },
    }
}

fn writable(workdir: &Path) -> Finding {
    let probe: PathBuf = workdir.join(".doctor");
    let begun = clock::now();
    let written = crate::files::private_folder(workdir)
        .and_then(|()| crate::files::write_durable(&probe, b"x"))
        .and_then(|()| std::fs::remove_file(&probe));
    let took_ms = clock::now().since_ms(begun);
    match written {
        Ok(()) if took_ms > 200 => Finding {
            subject: "workdir",
            grade: Grade::Warning,
            detail: format!("{}: a durable write took {took_ms} ms; jobs will start slowly", workdir.display()),
        },
        Ok(()) => {
            Finding { subject: "workdir", grade: Grade::Good, detail: format!("{}: a durable write took {took_ms} ms", workdir.display()) }
        }
        Err(error) => Finding { subject: "workdir", grade: Grade::Bad, detail: format!("{}: {error}", workdir.display()) },
    }
}

/// Nothing that the runner decides hangs on the wall clock (R5); TLS and git do.
fn clocks() -> Finding {
    let wall = rustix::time::clock_gettime(rustix::time::ClockId::Realtime).tv_sec;
    const YEAR_2025: i64 = 1_735_689_600;
    if wall < YEAR_2025 {
        let detail =
            format!("the wall clock says {wall} s after 1970, which is long ago; certificates will be refused. Start a time service");
        return Finding { subject: "clock", grade: Grade::Bad, detail };
    }
    Finding { subject: "clock", grade: Grade::Good, detail: format!("wall clock at {wall} s; leases are counted on the boot clock") }
}

fn first_line(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program} could not be run ({error})"))?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}
