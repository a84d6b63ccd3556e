use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use protocol::{Identity, Job, Step, TargetFence};

use crate::agent::{CREDENTIALS_PATH, ID_TOKEN_PATH};
use crate::journal::{Assignment, CredentialsAccess, MARKER};

/// Where things lie for one attempt; all of it goes when the attempt ends.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// The source, and the folder that steps start in.
    pub(super) workspace: PathBuf,
    pub(super) home: PathBuf,
    pub(super) temporary: PathBuf,
    /// Holds the artifacts that the job starts with, by name.
    pub(super) artifacts: PathBuf,
    /// The files behind `$TIDEGATE_OUTPUT` and `$TIDEGATE_SUMMARY`.
    pub(super) notes: PathBuf,
    /// The mailbox of `pipeline upload`; the agent knows it as [`crate::journal::Folder::uploads`].
    pub(super) uploads: PathBuf,
}

impl Places {
    pub(super) fn make(root: &Path) -> std::io::Result<Self> {
        crate::files::remove_tree(root)?;
        let places = Self {
            workspace: root.join("workspace"),
            home: root.join("home"),
            temporary: root.join("tmp"),
            artifacts: root.join("artifacts"),
            notes: root.join("notes"),
            uploads: root.join("uploads"),
        };
        crate::files::private_folder(root)?;
        for folder in [&places.workspace, &places.home, &places.temporary, &places.artifacts, &places.notes, &places.uploads] {
            std::fs::create_dir(folder)?;
        }
        Ok(places)
    }
}

/// The files that one step reports through.
#[derive(Debug)]
pub(super) struct Notes {
    pub(super) output: PathBuf,
    pub(super) summary: PathBuf,
}

/// The whole environment of a step: nothing of the runner's own but `PATH` and the language.
///
/// Later ones win: job, secrets, step, and what the runner itself says.
pub(super) fn of_step(assignment: &Assignment, places: &Places, step: &Step, notes: &Notes) -> Result<BTreeMap<String, String>, String> {
    let job = &assignment.lease.job;
    let path = std::env::var_os("PATH").and_then(|path| path.into_string().ok()).unwrap_or_else(|| DEFAULT_PATH.to_owned());
    let mut all = BTreeMap::from([("PATH".to_owned(), path), ("LANG".to_owned(), "C.UTF-8".to_owned())]);
    for (name, folder) in [("HOME", &places.home), ("TMPDIR", &places.temporary)] {
        all.insert(name.to_owned(), folder.display().to_string());
    }
    all.extend(job.env.clone());
    all.extend(job.secrets.iter().map(|secret| (secret.name.clone(), secret.value.clone())));
    all.extend(step.env.clone());
    all.extend(own(assignment, job, places, notes));
    match all.iter().find(|(name, value)| name.is_empty() || name.contains(['=', '\0']) || value.contains('\0')) {
        Some((name, _)) => {
            Err(format!("the environment variable {name:?} cannot be set: a name holds no `=`, and neither holds a zero byte"))
        }
        None => Ok(all),
    }
}

const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

fn own(assignment: &Assignment, job: &Job, places: &Places, notes: &Notes) -> BTreeMap<String, String> {
    let fence = assignment.lease.fences.fence.map(|TargetFence(fence)| fence.to_string());
    let mut own: BTreeMap<_, _> = [
        (MARKER, job.attempt.to_string()),
        ("CI", "true".to_owned()),
        ("TIDEGATE_ARTIFACTS", places.artifacts.display().to_string()),
        ("TIDEGATE_BIN", assignment.executable.display().to_string()),
        ("TIDEGATE_FENCE", fence.unwrap_or_default()),
        ("TIDEGATE_OUTPUT", notes.output.display().to_string()),
        ("TIDEGATE_PIPELINE", job.pipeline.clone()),
        ("TIDEGATE_RELEASE", job.release.to_string()),
        ("TIDEGATE_STAGE", job.stage.clone()),
        ("TIDEGATE_SUMMARY", notes.summary.display().to_string()),
        ("TIDEGATE_TARGET", job.target.clone().unwrap_or_default()),
        (crate::upload::MAILBOX_VARIABLE, places.uploads.display().to_string()),
        ("TIDEGATE_WORKSPACE", places.workspace.display().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if let (Some(identity), Some(access)) = (&job.identity, &assignment.credentials) {
        own.extend(of_identity(identity, access));
    }
    if let (true, Some(access)) = (job.id_token, &assignment.credentials) {
        own.insert(crate::id_token::URL_VARIABLE.to_owned(), format!("http://{}{ID_TOKEN_PATH}", access.address));
        own.insert(crate::id_token::AUTHORIZATION_VARIABLE.to_owned(), access.token.clone());
    }
    if let Some((socket, key)) = assignment.host.as_ref().map(|host| (&host.socket, &host.key)) {
        own.insert(crate::in_place::host::SOCKET_VARIABLE.to_owned(), socket.display().to_string());
        own.insert(crate::in_place::host::KEY_VARIABLE.to_owned(), key.clone());
    }
    own
}

/// What AWS's SDKs and its CLI look for. They never fall back to the identity of the machine that the runner is on.
fn of_identity(identity: &Identity, access: &CredentialsAccess) -> Vec<(String, String)> {
    let mut all = vec![
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}{CREDENTIALS_PATH}", access.address)),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", access.token.clone()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("TIDEGATE_ACCOUNT", identity.account.clone()),
    ];
    if !identity.region.is_empty() {
        all.push(("AWS_REGION", identity.region.clone()));
        all.push(("AWS_DEFAULT_REGION", identity.region.clone()));
        all.push(("TIDEGATE_REGION", identity.region.clone()));
    }
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
