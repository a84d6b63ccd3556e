use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::body::Bytes;
use engine::store::{self, StoredEvent};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::CancellationToken;

use super::{Topics, feed_event, frame};
use crate::state::{ApiState, WeakState};
use crate::types::FeedEvent;

/// How long events are gathered before they are sent together.
const BATCH_MS: u64 = 100;
/// The most events that are sent together.
const MOST: usize = 500;
/// How many batches a client may be behind before it reads from the store.
const KEPT: usize = 64;

/// What happens, gathered and written once for all clients: a hundred browsers cost little more than one.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    batches: OnceLock<broadcast::Sender<Arc<Batch>>>,
}

impl Hub {
    /// Everything that happens from now on.
    pub(crate) fn listen(state: &ApiState) -> broadcast::Receiver<Arc<Batch>> {
        let start = || {
            let (sender, _) = broadcast::channel(KEPT);
            let hub = (state.downgrade(), state.engine().events(), state.draining().clone());
            tokio::spawn(gather(hub.0, hub.1, hub.2, sender.clone()));
            sender
        };
        state.hub().batches.get_or_init(start).subscribe()
    }
}

/// Events that are sent together. Without any: something was missed here, and stands in the store.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    events: Vec<FeedEvent>,
    /// What those get who heard everything before, by what they asked for.
    frames: Mutex<HashMap<Topics, Option<Bytes>>>,
}

impl Batch {
    fn of(events: Vec<FeedEvent>) -> Self {
        Self { events, frames: Mutex::default() }
    }

    /// The number of its newest event.
    pub(crate) fn last(&self) -> Option<u64> {
        self.events.last().map(|event| event.seq)
    }

    /// What concerns `topics` and happened after `cursor`.
    pub(crate) fn frame(&self, topics: &Topics, cursor: u64) -> Option<Bytes> {
        if self.events.first().is_none_or(|first| first.seq <= cursor) {
            return self.written(topics, cursor);
        }
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = frames.get(topics) {
            return known.clone();
        }
        let written = self.written(topics, cursor);
        frames.insert(topics.clone(), written.clone());
        written
    }

    fn written(&self, topics: &Topics, cursor: u64) -> Option<Bytes> {
        let events: Vec<FeedEvent> =
            self.events.iter().filter(|event| event.seq > cursor).filter_map(|event| topics.pick(event.clone())).collect();
        (!events.is_empty()).then(|| frame("events", self.last(), &events))
    }
}

/// Gathers for as long as the server runs and anybody may listen.
async fn gather(
    state: WeakState,
    mut live: broadcast::Receiver<Arc<StoredEvent>>,
    draining: CancellationToken,
    sender: broadcast::Sender<Arc<Batch>>,
) {
    loop {
        let first = tokio::select! {
            biased;
            () = draining.cancelled() => return,
            first = live.recv() => first,
        };
        let Some(state) = state.upgrade() else { return };
        let (events, is_whole) = match first {
            Ok(stored) => follow(&state, &stored, &mut live).await,
            Err(RecvError::Lagged(_)) => (Vec::new(), false),
            Err(RecvError::Closed) => return,
        };
        // Nobody who listens is no failure.
        if !events.is_empty() {
            drop(sender.send(Arc::new(Batch::of(events))));
        }
        if !is_whole {
            drop(sender.send(Arc::default()));
        }
    }
}

/// The first event and those that follow soon; false when one was missed or cannot be told.
async fn follow(state: &ApiState, first: &StoredEvent, live: &mut broadcast::Receiver<Arc<StoredEvent>>) -> (Vec<FeedEvent>, bool) {
    let mut events = Vec::new();
    if told(state, first, &mut events).await.is_err() {
        return (events, false);
    }
    let clock = state.engine().clock();
    clock.sleep_until(clock.now() + BATCH_MS).await;
    while events.len() < MOST {
        match live.try_recv() {
            Ok(stored) => {
                if told(state, &stored, &mut events).await.is_err() {
                    return (events, false);
                }
            }
            Err(TryRecvError::Lagged(_)) => return (events, false),
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    (events, true)
}

async fn told(state: &ApiState, stored: &StoredEvent, events: &mut Vec<FeedEvent>) -> Result<(), store::Error> {
    let name = state.names().of(state.store(), &stored.pipeline).await?;
    events.push(feed_event(stored, &name));
    Ok(())
}

#[cfg(test)]
mod tests {
    use engine::core::{Actor, EventKind, Time};

    use super::*;

    fn event(seq: u64, pipeline: &str) -> FeedEvent {
        FeedEvent {
            seq,
            topic: format!("p/{pipeline}"),
            kind: EventKind::HoldPlaced,
            pipeline: pipeline.to_owned(),
            at: Time(5),
            actor: Actor::Engine,
            reason: String::new(),
            release: None,
            place: None,
            target: None,
            node: None,
            attempt: None,
            data: std::collections::BTreeMap::new(),
        }
    }

    fn seqs(frame: Option<Bytes>) -> Vec<u64> {
        let text = String::from_utf8(frame.map(|frame| frame.to_vec()).unwrap_or_default()).expect("text");
        text.split("\"seq\":").skip(1).filter_map(|rest| rest.split(',').next()?.parse().ok()).collect()
    }

    #[test]
    fn who_asks_for_the_same_gets_the_same_bytes_and_who_joined_late_only_what_came_since() {
        let batch = Batch::of(vec![event(7, "orders"), event(8, "ledger"), event(9, "orders")]);
        let orders = Topics::parse(Some("p/orders")).expect("a topic");
        let (one, other) = (batch.frame(&orders, 6).expect("a frame"), batch.frame(&orders, 3).expect("a frame"));
        assert_eq!(one.as_ptr(), other.as_ptr(), "the frame was written twice");
        assert!(one.starts_with(b"event: events\nid: 9\n"), "{one:?}");
        assert_eq!(seqs(Some(one)), [7, 9]);
        assert_eq!(seqs(batch.frame(&orders, 7)), [9]);
        assert_eq!(seqs(batch.frame(&Topics::default(), 7)), [8, 9]);
        assert_eq!(batch.frame(&Topics::parse(Some("p/search")).expect("a topic"), 0), None);
        assert_eq!((batch.last(), Batch::default().last()), (Some(9), None));
    }
}
