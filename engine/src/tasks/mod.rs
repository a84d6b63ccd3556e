//! Reconcilers without input: each wakes by a hint or a sweep, asks the database what is due, and does it.
//!
//! So a restart, a second server and the ordinary case share one path, and a lost hint costs a sweep
//! interval at the most. Work that only one server should do is claimed in the database by a short lease.

pub(crate) mod deadlines;
pub(crate) mod dispatch;
pub(crate) mod feed;
pub(crate) mod inbox;
pub(crate) mod outbox;
mod relay;
pub(crate) mod retention;
pub(crate) mod triggers;
pub(crate) mod watches;

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::core::Time;
use crate::engine::{Engine, Error, Hints};

/// Runs every task until `shutdown`, and returns when each has finished its round.
pub(crate) async fn run(engine: &Arc<Engine>, shutdown: CancellationToken) {
    let tracker = TaskTracker::new();
    let spawn = |task: Task| tracker.spawn(task.rounds(Arc::clone(engine), shutdown.clone()));
    spawn(Task::new("deadlines", |hints| &hints.deadlines, |engine| Box::pin(deadlines::round(engine))));
    spawn(Task::new("dispatch", |hints| &hints.dispatch, |engine| Box::pin(dispatch::round(engine))));
    spawn(Task::new("watches", |hints| &hints.watches, |engine| Box::pin(watches::round(engine))));
    spawn(Task::new("triggers", |hints| &hints.sources, |engine| Box::pin(triggers::round(engine))));
    spawn(Task::new("inbox", |hints| &hints.inbox, |engine| Box::pin(inbox::round(engine))));
    spawn(Task::new("outbox", |hints| &hints.outbox, |engine| Box::pin(outbox::round(engine))));
    spawn(Task::new("feed", |hints| &hints.feed, |engine| Box::pin(feed::round(engine))));
    spawn(Task::new("retention", |hints| &hints.retention, |engine| Box::pin(retention::round(engine))));
    if engine.store().is_shared() {
        tracker.spawn(relay::run(Arc::clone(engine), shutdown.clone()));
    }
    tracker.close();
    tracker.wait().await;
}

/// What a round answers: when the next one is due by itself, if it knows.
type Next = Result<Option<Time>, Error>;
type Round = fn(Arc<Engine>) -> std::pin::Pin<Box<dyn Future<Output = Next> + Send>>;

struct Task {
    name: &'static str,
    hint: fn(&Hints) -> &Notify,
    round: Round,
}

impl Task {
    fn new(name: &'static str, hint: fn(&Hints) -> &Notify, round: Round) -> Self {
        Self { name, hint, round }
    }

    async fn rounds(self, engine: Arc<Engine>, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let due = match (self.round)(Arc::clone(&engine)).await {
                Ok(due) => due,
                Err(error) => {
                    warn!(task = self.name, %error, "a round failed; it is tried again after the sweep interval");
                    None
                }
            };
            let sweep = engine.clock().now() + engine.settings().sweep_ms;
            let wake_at = due.map_or(sweep, |due| due.min(sweep));
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = (self.hint)(engine.hints()).notified() => {}
                () = engine.clock().sleep_until(wake_at) => {}
            }
        }
    }
}
