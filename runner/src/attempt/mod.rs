//! The supervisor: a process that executes attempts, one at a time, and outlives the agent (A1, "survives its own restart").
//!
//! Invariant: while it works it needs nobody. It reads its assignment from the journal, works, writes log, steps and
//! result into the journal. It talks to no server and knows no token; the agent, or the next agent, delivers. When it is
//! process 1 of a PID namespace, its end is the end of every process of the job; otherwise it adopts orphans and kills
//! them by their parents. It takes another attempt only from the agent that started it, and only when nothing of the
//! last one is left.

mod artifacts;
mod checkout;
mod environment;
mod interrupt;
mod job;
mod outputs;
mod spool;
mod step;
mod times;

pub(crate) use spool::{Spool, measure};
pub(crate) use times::{has_notes, noted};

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::isolation;
use crate::journal::Folder;
use crate::line::Receiver;

/// The hidden subcommand `attempt`; started by the agent with its end of the line as standard input, never by a person.
#[derive(Debug, Clone, clap::Args)]
pub struct Command {
    /// The runner's folder.
    #[arg(long, required_unless_present = "try_out")]
    workdir: Option<PathBuf>,
    /// It is process 1 of a PID namespace, in a mount namespace of its own.
    #[arg(long)]
    own_proc: bool,
    /// Ends here: that it could be started was the question.
    #[arg(long)]
    try_out: bool,
}

impl Command {
    /// Executes what it is given to its end. What goes wrong with a job is in its result; the exit code
    /// tells only whether there is one.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        match self.supervise() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        }
    }

    fn supervise(&self) -> io::Result<()> {
        if self.own_proc {
            isolation::own_proc().map_err(explain("/proc could not be mounted for the processes of the job"))?;
        }
        let Some(workdir) = self.workdir.as_ref().filter(|_| !self.try_out) else { return Ok(()) };
        // A session of its own: no signal of the agent's terminal reaches it. Fails only for a leader, which is as good.
        let _leads_already = rustix::process::setsid();
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
            .map_err(|error| explain("orphans of the job cannot be adopted")(error.into()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let receiver = Receiver::from_stdin()?;
        let mounted = mounted();
        while let Some((path, lock)) = receiver.receive()? {
            let folder = Folder::at(&path, workdir);
            let errors = OpenOptions::new().create(true).append(true).mode(0o600).open(folder.errors())?;
            rustix::stdio::dup2_stderr(&errors)?;
            let is_clean = runtime.block_on(job::supervise(&folder)).map_err(explain("the attempt could not be supervised"))?;
            drop(lock);
            folder.poke("wake");
            // Without a namespace of its own, or with something left in it, this process is of no use for another attempt.
            if !(self.own_proc && is_clean && mounted.is_some() && mounted == self::mounted() && receiver.say_free()) {
                break;
            }
        }
        runtime.shutdown_background();
        Ok(())
    }
}

/// What is mounted here: a step may have changed it, and the next attempt must not find that.
fn mounted() -> Option<Vec<u8>> {
    std::fs::read("/proc/self/mountinfo").ok()
}

fn explain(what: &'static str) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{what}: {error}"))
}
