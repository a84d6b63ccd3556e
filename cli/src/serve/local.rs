//! A server for one repository on this machine: what `dev` and `run --local` stand on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use engine::core::id::PipelineId;
use engine::core::{Actor, id::PersonId};
use engine::ports::Clock;
use engine::{Connection, Engine};

use super::Server;
use crate::config::{Forges, LogFormat, Settings};
use crate::exit::{Failure, Result};
use crate::pipeline_file;

/// The checkout that a person stands in, and the pipeline file that is meant.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    pub(crate) root: PathBuf,
    /// Relative to the root.
    pub(crate) file: String,
    pub(crate) branch: String,
    pub(crate) commit: String,
    /// What is changed and not committed takes no part.
    pub(crate) is_dirty: bool,
    /// As the file says.
    pub(crate) pipeline: String,
}

impl Checkout {
    /// Finds it from `here`. The pipeline file must be valid as it lies there and as it is committed.
    pub(crate) fn find(here: &Path, file: Option<&Path>) -> Result<Self> {
        let root = PathBuf::from(git(here, &["rev-parse", "--show-toplevel"])?);
        let file = match file {
            Some(file) => std::path::absolute(file).map_err(|error| Failure::file(file, "find", &error))?,
            None => pipeline_file::find_one(here)?,
        };
        let file = std::fs::canonicalize(&file).map_err(|error| Failure::file(&file, "find", &error))?;
        let (pipeline, _) = pipeline_file::compile(&pipeline_file::read(&file)?)?;
        let below = file
            .strip_prefix(&root)
            .map_err(|_| Failure::usage(format!("{} is not in the repository {}", file.display(), root.display())))?;
        let branch = git(here, &["rev-parse", "--abbrev-ref", "HEAD"])?;
        if branch == "HEAD" {
            return Err(
                Failure::usage("no branch is checked out here").next("check one out: `git switch -c try` makes one from this commit")
            );
        }
        let committed = pipeline_file::read_at(&file, "HEAD").map_err(|_| {
            Failure::failed(format!("{} is not committed", below.display())).next("commit it: releases are made from commits")
        })?;
        pipeline_file::compile(&committed)?;
        Ok(Self {
            file: below.display().to_string(),
            commit: git(here, &["rev-parse", "HEAD"])?,
            is_dirty: !git(here, &["status", "--porcelain", "--untracked-files=no"])?.is_empty(),
            pipeline: pipeline.name().to_owned(),
            branch,
            root,
        })
    }
}

/// Opens a server that listens on loopback, has a runner, and trusts this machine.
pub(crate) async fn open(data: &Path, port: u16, slots: u32, clock: Arc<dyn Clock>) -> Result<Server> {
    let data = std::path::absolute(data).map_err(|error| Failure::file(data, "find", &error))?;
    let defaults = engine::Settings::new(String::new(), String::new(), std::path::PathBuf::new());
    let settings = Settings {
        listen: format!("127.0.0.1:{port}"),
        public_url: format!("http://127.0.0.1:{port}"),
        database_url: format!("sqlite:{}", data.join("tidegate.db").display()),
        runner_slots: Some(slots),
        log_format: LogFormat::Auto,
        log_level: "warn".to_owned(),
        allow_loopback: true,
        allow_private: true,
        // The file is of the person who runs this, on their own machine.
        allow_command_monitors: true,
        runner_token_ms: defaults.runner_token_ms,
        retention: defaults.retention,
        blobs: None,
        slack: std::collections::BTreeMap::new(),
        webhook_secret: None,
        email: None,
        secrets_file: None,
        policy_file: None,
        aspects_folder: None,
        forges: Forges::default(),
        datadog: None,
        aws: crate::config::Aws::default(),
        data,
    };
    Server::open(&settings, clock).await
}

/// Connects the checkout; what is connected already stays so.
pub(crate) async fn connect(engine: &Arc<Engine>, checkout: &Checkout, poll_ms: u64) -> Result<PipelineId> {
    if let Ok(known) = engine.pipeline_id(&checkout.pipeline).await {
        return Ok(known);
    }
    let connection = Connection {
        name: None,
        repository: checkout.root.display().to_string(),
        branch: checkout.branch.clone(),
        file: checkout.file.clone(),
        poll_ms,
    };
    engine
        .connect(person(), connection)
        .await
        .map_err(|error| Failure::failed(format!("{} cannot be connected: {error}", checkout.root.display())))
}

/// Whoever sits at this terminal.
pub(crate) fn person() -> Actor {
    Actor::Person { id: PersonId::from("terminal"), name: "you".to_owned(), groups: Vec::new() }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output();
    let output = output.map_err(|error| Failure::failed(format!("git cannot be started: {error}")).next("install git"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = crate::output::plain(String::from_utf8_lossy(&output.stderr).trim());
    Err(Failure::failed(format!("{}: {said}", folder.display())).next("run this in a git repository that has a commit"))
}
