//! The supervisor of one attempt: a process of its own that outlives the agent (A1, "survives its own restart").
//!
//! Invariant: it needs nobody. It reads its assignment from the journal, works, writes log, steps and
//! result into the journal, and leaves. It talks to no server and knows no token; the agent, or the
//! next agent, delivers. When it is process 1 of a PID namespace, its end is the end of every process
//! of the job; otherwise it adopts orphans and kills them by their parents.

mod artifacts;
mod checkout;
mod environment;
mod interrupt;
mod job;
mod outputs;
mod spool;
mod step;

pub(crate) use spool::{Spool, measure};

use std::path::PathBuf;
use std::process::ExitCode;

use crate::journal::Folder;

/// The hidden subcommand `attempt`; started by the agent, never by a person.
#[derive(Debug, Clone, clap::Args)]
pub struct Command {
    /// The attempt's folder in the journal.
    #[arg(long)]
    folder: PathBuf,
    /// The runner's folder.
    #[arg(long)]
    workdir: PathBuf,
}

impl Command {
    /// Executes the attempt to its end. What goes wrong with the job is in its result; the exit code
    /// tells only whether there is one.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        // A session of its own: no signal of the agent's terminal reaches it. Fails only for a leader, which is as good.
        let _leads_already = rustix::process::setsid();
        if let Err(error) = rustix::process::set_child_subreaper(Some(rustix::process::getpid())) {
            eprintln!("orphans of this job cannot be adopted: {error}");
        }
        let folder = Folder::at(&self.folder, &self.workdir);
        let supervised = tokio::runtime::Builder::new_current_thread().enable_all().build().and_then(|runtime| {
            let result = runtime.block_on(job::supervise(&folder));
            runtime.shutdown_background();
            result
        });
        match supervised {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the attempt in {} could not be supervised: {error}", self.folder.display());
                ExitCode::FAILURE
            }
        }
    }
}
