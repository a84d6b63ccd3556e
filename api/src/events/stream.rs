use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::Bytes;
use engine::core::Time;
use engine::store::{EventFilter, StoredEvent};
use futures::Stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast};

use super::hub::{Batch, Hub};
use super::{Topics, comment, feed_event, frame};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::types::{FeedEvent, Reset, Synced};

/// The most events of one page from the store.
const PAGE: usize = 500;
/// How long the line is quiet before a comment is sent.
pub(crate) const HEARTBEAT_MS: u64 = 15_000;

/// Where one client stands.
struct Client {
    state: ApiState,
    topics: Topics,
    live: broadcast::Receiver<Arc<Batch>>,
    /// The last number that the client has been told of, or that does not concern it.
    cursor: u64,
    phase: Phase,
    /// Frames that are ready; at most two.
    ready: VecDeque<Bytes>,
    /// When a comment is due, so that no proxy takes the line for dead.
    quiet_until: Time,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Reads from the store; `synced` is still owed.
    Replaying,
    /// Reads from the store after it fell behind.
    CatchingUp,
    Live,
    Ended,
}

/// Everything after `since` that concerns `topics`, for as long as the client stays.
pub(crate) async fn follow(
    state: ApiState,
    topics: Topics,
    since: Option<u64>,
    permit: OwnedSemaphorePermit,
) -> Result<impl Stream<Item = Bytes> + Send + 'static, Problem> {
    // Listening starts before the store is asked, so that nothing falls between.
    let live = Hub::listen(&state);
    let newest = state.store().last_seq().await?;
    let quiet_until = state.now() + HEARTBEAT_MS;
    let (cursor, ready) = (since.unwrap_or(newest), VecDeque::new());
    let mut client = Client { live, topics, cursor, phase: Phase::Replaying, ready, quiet_until, _permit: permit, state };
    if client.cursor > newest {
        client.reset(newest, "the server does not know events that far; it was restored from a backup");
    } else {
        client.reset_when_too_far(newest);
    }
    Ok(futures::stream::unfold(client, |mut client| async move {
        let frame = client.next().await?;
        Some((frame, client))
    }))
}

impl Client {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                self.quiet_until = self.state.now() + HEARTBEAT_MS;
                return Some(frame);
            }
            let done = match self.phase {
                Phase::Ended => return None,
                Phase::Replaying | Phase::CatchingUp => self.replay().await,
                Phase::Live => self.listen().await,
            };
            if let Err(problem) = done {
                tracing::warn!(%problem, "an event stream ends because the store cannot be read");
                self.phase = Phase::Ended;
            }
        }
    }

    /// One page from the store.
    async fn replay(&mut self) -> Result<(), Problem> {
        let page = self.state.store().events_after(self.cursor, &EventFilter::default(), PAGE as u32).await?;
        let is_last = page.len() < PAGE;
        let mut events = Vec::new();
        for stored in &page {
            self.take(stored, &mut events).await?;
        }
        self.send(&events);
        if is_last {
            if self.phase == Phase::Replaying {
                self.ready.push_back(frame("synced", Some(self.cursor), &Synced { seq: self.cursor, now: self.state.now() }));
            }
            self.phase = Phase::Live;
        }
        Ok(())
    }

    /// Waits for what happens next.
    async fn listen(&mut self) -> Result<(), Problem> {
        let engine = Arc::clone(self.state.engine());
        let draining = self.state.draining().clone();
        let received = tokio::select! {
            biased;
            () = draining.cancelled() => { self.phase = Phase::Ended; return Ok(()); }
            received = self.live.recv() => received,
            () = engine.clock().sleep_until(self.quiet_until) => { self.ready.push_back(comment(Some(self.cursor))); return Ok(()); }
        };
        match received {
            Ok(batch) => self.hear(&batch).await,
            Err(RecvError::Lagged(_)) => self.fall_behind().await,
            Err(RecvError::Closed) => {
                self.phase = Phase::Ended;
                Ok(())
            }
        }
    }

    async fn hear(&mut self, batch: &Batch) -> Result<(), Problem> {
        // What was missed is read from the store.
        let Some(last) = batch.last() else { return self.fall_behind().await };
        self.ready.extend(batch.frame(&self.topics, self.cursor));
        self.cursor = self.cursor.max(last);
        Ok(())
    }

    async fn fall_behind(&mut self) -> Result<(), Problem> {
        let newest = self.state.store().last_seq().await?;
        self.phase = Phase::CatchingUp;
        self.reset_when_too_far(newest);
        Ok(())
    }

    fn reset_when_too_far(&mut self, newest: u64) {
        let most = self.state.settings().replay_events;
        if newest.saturating_sub(self.cursor) > most {
            self.reset(newest, &format!("more than {most} events have happened since"));
        }
    }

    /// The client starts anew from `newest`: it fetches its snapshots and then hears what follows.
    fn reset(&mut self, newest: u64, reason: &str) {
        self.cursor = newest;
        self.ready.push_back(frame("reset", Some(newest), &Reset { seq: newest, reason: reason.to_owned() }));
    }

    /// Moves on to `stored`; keeps it when it concerns the client and is new to it.
    async fn take(&mut self, stored: &StoredEvent, events: &mut Vec<FeedEvent>) -> Result<(), Problem> {
        if stored.seq <= self.cursor {
            return Ok(());
        }
        self.cursor = stored.seq;
        let name = self.state.names().of(self.state.store(), &stored.pipeline).await?;
        events.extend(self.topics.pick(feed_event(stored, &name)));
        Ok(())
    }

    fn send(&mut self, events: &[FeedEvent]) {
        if !events.is_empty() {
            self.ready.push_back(frame("events", Some(self.cursor), &events));
        }
    }
}
