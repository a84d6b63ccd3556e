//! Turns the database's hints into wake-ups, so that what another server committed is seen here at once.

use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;
use crate::store::Hint;

pub(super) async fn run(engine: Arc<Engine>, shutdown: CancellationToken) {
    let mut hints = engine.store().hints();
    loop {
        let hint = tokio::select! {
            () = shutdown.cancelled() => return,
            hint = hints.recv() => hint,
        };
        match hint {
            Ok(Hint::Pipeline(_)) => pipelines(&engine),
            Ok(Hint::Log(_)) => engine.log_has_grown(),
            Ok(Hint::Runners) => engine.hints().dispatch.notify_one(),
            Ok(Hint::Inbox) => engine.hints().inbox.notify_one(),
            Ok(Hint::Outbox) => engine.hints().outbox.notify_one(),
            Ok(Hint::Everything) | Err(RecvError::Lagged(_)) => {
                pipelines(&engine);
                engine.log_has_grown();
                engine.hints().inbox.notify_one();
                engine.hints().outbox.notify_one();
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn pipelines(engine: &Engine) {
    let hints = engine.hints();
    hints.deadlines.notify_one();
    hints.dispatch.notify_one();
    hints.watches.notify_one();
    hints.feed.notify_one();
}
