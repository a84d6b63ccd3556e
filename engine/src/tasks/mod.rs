//! Reconcilers without input: each wakes by a hint or a sweep, asks the database what is due, and does it.
//!
//! So a restart, a second server and the ordinary case share one path, and a lost hint costs a sweep
//! interval at the most. Work that only one server should do is claimed in the database by a short lease.

pub(crate) mod clock;
pub(crate) mod deadlines;
pub(crate) mod dispatch;
pub(crate) mod feed;
mod fleet;
pub(crate) mod health;
pub(crate) mod inbox;
pub(crate) mod outbox;
mod relay;
pub(crate) mod retention;
mod room;
pub(crate) mod seal;
pub(crate) mod triggers;
pub(crate) mod watches;

pub use health::Ailing;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::core::Time;
use crate::engine::{Engine, Error, Hints};

/// A round that asks only the database is over within this time, or it hangs.
const SHORT_MS: u64 = 60_000;
/// A round may wait for repositories, monitors, receivers or blobs, which have their own timeouts.
const LONG_MS: u64 = 15 * 60_000;

/// Runs every task until `shutdown`, and returns when each has finished its round.
pub(crate) async fn run(engine: &Arc<Engine>, shutdown: CancellationToken) {
    let tracker = TaskTracker::new();
    let spawn = |task: Task| {
        engine.health().started(task.name, task.patience_ms);
        tracker.spawn(task.rounds(Arc::clone(engine), shutdown.clone()))
    };
    spawn(Task::new("deadlines", SHORT_MS, |hints| &hints.deadlines, |engine| Box::pin(deadlines::round(engine))));
    spawn(Task::new("dispatch", SHORT_MS, |hints| &hints.dispatch, |engine| Box::pin(dispatch::round(engine))));
    spawn(Task::new("watches", LONG_MS, |hints| &hints.watches, |engine| Box::pin(watches::round(engine))));
    spawn(Task::new("triggers", LONG_MS, |hints| &hints.sources, |engine| Box::pin(triggers::round(engine))));
    spawn(Task::new("inbox", LONG_MS, |hints| &hints.inbox, |engine| Box::pin(inbox::round(engine))));
    spawn(Task::new("outbox", LONG_MS, |hints| &hints.outbox, |engine| Box::pin(outbox::round(engine))));
    spawn(Task::new("feed", SHORT_MS, |hints| &hints.feed, |engine| Box::pin(feed::round(engine))));
    spawn(Task::new("fleet", LONG_MS, |hints| &hints.fleet, |engine| Box::pin(fleet::round(engine))));
    spawn(Task::new("seal", LONG_MS, |hints| &hints.logs, |engine| Box::pin(seal::round(engine))));
    spawn(Task::new("room", SHORT_MS, |hints| &hints.room, |engine| Box::pin(room::round(engine))));
    spawn(Task::new("retention", LONG_MS, |hints| &hints.retention, |engine| Box::pin(retention::round(engine))));
    spawn(Task::new("clock", SHORT_MS, |hints| &hints.clock, |engine| Box::pin(clock::round(engine))));
    if engine.store().is_shared() {
        tracker.spawn(relay::run(Arc::clone(engine), shutdown.clone()));
    }
    tracker.close();
    tokio::select! {
        () = tracker.wait() => {}
        () = room::end_after_failure(engine) => {}
    }
}

/// What a round answers: when the next one is due by itself, if it knows.
type Next = Result<Option<Time>, Error>;
type Round = fn(Arc<Engine>) -> std::pin::Pin<Box<dyn Future<Output = Next> + Send>>;

struct Task {
    name: &'static str,
    /// How long one round may take before the task counts as hanging.
    patience_ms: u64,
    hint: fn(&Hints) -> &Notify,
    round: Round,
}

impl Task {
    fn new(name: &'static str, patience_ms: u64, hint: fn(&Hints) -> &Notify, round: Round) -> Self {
        Self { name, patience_ms, hint, round }
    }

    async fn rounds(self, engine: Arc<Engine>, shutdown: CancellationToken) {
        let mut alive = Alive { engine: Arc::clone(&engine), task: self.name, shutdown: shutdown.clone() };
        while !shutdown.is_cancelled() {
            alive.engine.health().begins(self.name, engine.clock().now());
            // A panic ends its round and not its task: the next one finds by its query what is left.
            let done = match AssertUnwindSafe((self.round)(Arc::clone(&engine))).catch_unwind().await {
                Ok(done) => done.map_err(|error| error.to_string()),
                Err(panic) => Err(format!("it panicked: {}", crate::engine::panic_text(panic.as_ref()))),
            };
            let due = match done {
                Ok(due) => {
                    engine.health().succeeded(self.name);
                    due
                }
                Err(error) => {
                    warn!(task = self.name, error, "a round failed; it is tried again after the sweep interval");
                    engine.health().failed(self.name, error, engine.clock().now());
                    None
                }
            };
            let sweep = engine.clock().now() + engine.settings().sweep_ms;
            let wake_at = due.map_or(sweep, |due| due.min(sweep));
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = (self.hint)(engine.hints()).notified() => {}
                () = engine.clock().sleep_until(wake_at) => {}
            }
        }
        alive.leave();
    }
}

/// Tells when its task is gone, whatever the way.
struct Alive {
    engine: Arc<Engine>,
    task: &'static str,
    shutdown: CancellationToken,
}

impl Alive {
    fn leave(&mut self) {
        self.engine.health().ended(self.task, self.shutdown.is_cancelled());
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.leave();
    }
}
