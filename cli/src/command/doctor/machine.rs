use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use runner::doctor::Grade as RunnerGrade;

use super::Finding;
use crate::command::Context;
use crate::config::{self, Flags, Settings};

/// Other people of this machine may read what is in the folder.
const OF_OTHERS: u32 = 0o077;

/// Every problem of the configuration; the settings when there is none.
pub(super) fn configuration(flags: &Flags, context: &Context) -> (Option<Settings>, Vec<Finding>) {
    const SUBJECT: &str = "configuration";
    let loaded = match config::load(flags, &context.environment) {
        Ok(loaded) => loaded,
        Err(failure) => return (None, vec![Finding::bad(SUBJECT, failure.message, failure.next_step.unwrap_or_default())]),
    };
    if !loaded.problems.is_empty() {
        let told = loaded.problems.iter().map(|problem| {
            let step = problem.next_step.clone().unwrap_or_else(|| "`tidegate check-config` shows every value".to_owned());
            Finding::bad(SUBJECT, format!("{}: {}", problem.origin, problem.message), step)
        });
        return (None, told.collect());
    }
    let from =
        loaded.file.as_ref().map_or_else(|| "no file, defaults where nothing was said".to_owned(), |file| file.display().to_string());
    match loaded.settings() {
        Ok(settings) => (Some(settings), vec![Finding::ok(SUBJECT, from)]),
        Err(failure) => (None, vec![Finding::bad(SUBJECT, failure.message, failure.next_step.unwrap_or_default())]),
    }
}

/// What a runner here, and git in a server, need of this machine.
pub(super) fn tools() -> Vec<Finding> {
    runner::doctor::machine().into_iter().map(of_runner).collect()
}

/// The folder of the server's data: rights, room, and who else may look.
pub(super) fn data(settings: &Settings) -> Vec<Finding> {
    const SUBJECT: &str = "data folder";
    let data = &settings.data;
    match std::fs::metadata(data) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return vec![to_be_made(data)],
        Err(error) => return vec![Finding::bad(SUBJECT, format!("{}: {error}", data.display()), RIGHTS)],
        Ok(found) if !found.is_dir() => {
            return vec![Finding::bad(SUBJECT, format!("{} is no folder", data.display()), "name another with --data")];
        }
        Ok(found) if found.mode() & OF_OTHERS != 0 => {
            let told = format!(
                "{} can be read by others (mode {:o}); logs and artifacts may hold what they should not see",
                data.display(),
                found.mode() & 0o777
            );
            let mut findings = vec![Finding::warn(SUBJECT, told, format!("chmod 700 {}", data.display()))];
            findings.extend(room(data));
            return findings;
        }
        Ok(_) => {}
    }
    room(data)
}

/// The bucket of logs and artifacts, if there is one: an object is written, read and removed.
pub(super) async fn bucket(settings: &Settings) -> Option<Finding> {
    const SUBJECT: &str = "bucket";
    let place = crate::serve::bucket(settings)?;
    let name = place.bucket.clone();
    Some(match adapters::blobs::try_bucket(place).await {
        Ok(()) => Finding::ok(SUBJECT, format!("{name} takes, gives and removes objects")),
        Err(error) => Finding::bad(SUBJECT, error.to_string(), "`tidegate check-config` shows where the values of blobs.s3 came from"),
    })
}

const RIGHTS: &str = "give the server's user the right to read and write there, or name another folder with --data";

/// The nearest folder that exists decides whether the first start can make it.
fn to_be_made(data: &Path) -> Finding {
    const SUBJECT: &str = "data folder";
    let existing = data.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    if rustix::fs::access(existing, rustix::fs::Access::WRITE_OK).is_ok() {
        return Finding::ok(SUBJECT, format!("{} is not there yet; the first start makes it", data.display()));
    }
    Finding::bad(SUBJECT, format!("{} is not there, and {} cannot be written to", data.display(), existing.display()), RIGHTS)
}

fn room(data: &Path) -> Vec<Finding> {
    runner::doctor::folder(data)
        .into_iter()
        .map(|finding| {
            let subject = if finding.subject == "workdir" { "data folder" } else { "room" };
            Finding { subject, ..of_runner(finding) }
        })
        .collect()
}

fn of_runner(finding: runner::doctor::Finding) -> Finding {
    let next = match finding.subject {
        "isolation" => "run the runner as root, or with user namespaces; docs/runner.md says what each way keeps",
        "git" | "bash" => "install it from the distribution's packages",
        "setsid" => "install the package util-linux",
        "disk" => "make room, or move the data: a full disk refuses new work",
        "clock" => "start a time service, such as chrony",
        _ => RIGHTS,
    };
    match finding.grade {
        RunnerGrade::Good => Finding::ok(finding.subject, finding.detail),
        RunnerGrade::Warning => Finding::warn(finding.subject, finding.detail, next),
        RunnerGrade::Bad => Finding::bad(finding.subject, finding.detail, next),
    }
}
