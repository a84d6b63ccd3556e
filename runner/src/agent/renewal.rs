use std::time::Duration;

use protocol::{Heartbeat, Refusal, StepReport};

use super::attempt::Attempt;
use crate::backoff::Backoff;
use crate::client::CallError;
use crate::clock::{self, Moment};

/// News of steps go out at most this often between two regular heartbeats.
const NEWS_INTERVAL_MS: u64 = 1_000;
const LONGEST_CALL: Duration = Duration::from_secs(10);

impl Attempt {
    /// Renews the lease until the server refuses. A lease counts from when its renewal was *sent* (R5).
    pub(super) async fn renew(&self) -> Refusal {
        let lease = &self.assignment.lease;
        let mut lease_ms = lease.lease_ms;
        let mut told: Vec<StepReport> = Vec::new();
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_millis(lease.heartbeat_ms.max(1)));
        let mut last_sent = clock::now();
        // A lease that lay long in a poll is renewed at once.
        let mut due = last_sent.plus_ms(lease.heartbeat_ms.min(self.leased_until.remaining().as_millis() as u64 / 2));
        loop {
            due = self.wait_for(due, last_sent).await;
            if !due.remaining().is_zero() {
                continue;
            }
            let steps = self.folder.steps().unwrap_or_default();
            let news = steps.iter().filter(|step| !told.contains(step)).cloned().collect();
            let request = Heartbeat { fences: lease.fences.clone(), steps: news };
            let sent = clock::now();
            last_sent = sent;
            let timeout = Duration::from_millis(lease_ms / 2).clamp(Duration::from_secs(1), LONGEST_CALL);
            match self.agent.client.heartbeat(&request, timeout).await {
                Ok(answer) => {
                    lease_ms = answer.lease_ms;
                    told = steps;
                    self.renewed(sent.plus_ms(answer.lease_ms));
                    if let Some(stop) = answer.stop {
                        self.ask_to_stop(&stop);
                    }
                    backoff.reset();
                    due = sent.plus_ms(lease.heartbeat_ms);
                }
                Err(CallError::Refused(refusal)) => return refusal,
                Err(error) => {
                    tracing::debug!(attempt = %self.id(), %error, "the lease could not be renewed");
                    due = clock::now().plus(backoff.next(error.retry_after()));
                }
            }
        }
    }

    /// Until the next heartbeat is due, which news of a step bring forward.
    async fn wait_for(&self, due: Moment, last_sent: Moment) -> Moment {
        tokio::select! {
            () = clock::sleep_until(Some(due)) => due,
            () = self.steps_changed.notified() => due.min(last_sent.plus_ms(NEWS_INTERVAL_MS)),
        }
    }

    fn renewed(&self, until: Moment) {
        if let Err(error) = self.folder.renew(until) {
            tracing::error!(attempt = %self.id(), %error, "the renewed lease could not be written down");
        }
        self.is_confirmed.cancel();
    }

    fn ask_to_stop(&self, stop: &protocol::Stop) {
        if !self.is_stopping.is_cancelled() {
            tracing::info!(attempt = %self.id(), reason = stop.reason, "asked to stop");
        }
        if let Err(error) = self.folder.ask_to_stop(stop) {
            tracing::error!(attempt = %self.id(), %error, "the wish to stop could not be written down; the next heartbeat tries again");
            return;
        }
        self.is_stopping.cancel();
    }
}
