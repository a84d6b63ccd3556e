use std::io;

use protocol::Stop;
use tokio::net::unix::pipe;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::clock::{self, Moment};
use crate::journal::{Assignment, Folder, poked};

/// Why a job does not go on, though its step did not end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// The server wants it, or the agent because the server refused us.
    Asked(Stop),
    /// A build job may run elsewhere by now (R3).
    LeaseEnded,
    JobTimedOut,
    /// The machine goes down, or someone ends the supervisor.
    Terminated,
}

/// Waits for the first interrupt of an attempt; later ones change nothing.
#[derive(Debug)]
pub(super) struct Watch {
    folder: Folder,
    control: pipe::Receiver,
    terminate: Signal,
    /// A job that may change a target goes on without a lease: killing half-way is worse (R3).
    lease_counts: bool,
    leased_until: Moment,
    job_deadline: Moment,
    fired: Option<Interrupt>,
}

impl Watch {
    pub(super) fn new(folder: &Folder, assignment: &Assignment, job_deadline: Moment) -> io::Result<Self> {
        Ok(Self {
            folder: folder.clone(),
            control: folder.listen("control")?,
            terminate: signal(SignalKind::terminate())?,
            lease_counts: !assignment.touches_target(),
            leased_until: assignment.leased_until,
            job_deadline,
            fired: None,
        })
    }

    /// Cancel-safe. Answers the same from the first time on.
    pub(super) async fn fired(&mut self) -> Interrupt {
        if let Some(fired) = &self.fired {
            return fired.clone();
        }
        let interrupt = self.next().await;
        self.fired = Some(interrupt.clone());
        interrupt
    }

    /// The interrupt that has been seen already.
    pub(super) fn seen(&self) -> Option<&Interrupt> {
        self.fired.as_ref()
    }

    pub(super) fn job_deadline(&self) -> Moment {
        self.job_deadline
    }

    async fn next(&mut self) -> Interrupt {
        loop {
            // A file that cannot be read is no reason to stop; the next poke looks again.
            if let Ok(Some(stop)) = self.folder.stop() {
                return Interrupt::Asked(stop);
            }
            let renewed = || self.folder.renewed().ok().flatten().unwrap_or(self.leased_until);
            let lease_end = self.lease_counts.then(renewed);
            if lease_end.is_some_and(|end| end.remaining().is_zero()) {
                return Interrupt::LeaseEnded;
            }
            tokio::select! {
                told = poked(&self.control) => if let Err(error) = told {
                    eprintln!("the agent can no longer be heard: {error}");
                    clock::sleep(std::time::Duration::from_secs(1)).await;
                },
                () = clock::sleep_until(lease_end) => {}
                () = clock::sleep_until(Some(self.job_deadline)) => return Interrupt::JobTimedOut,
                _ = self.terminate.recv() => return Interrupt::Terminated,
            }
        }
    }
}
