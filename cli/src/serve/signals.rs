use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit::{Failure, Result};

/// SIGTERM and SIGINT: the first asks to end in order, the second at once.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    pub(crate) first: CancellationToken,
    pub(crate) second: CancellationToken,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self> {
        let signals = Self { first: CancellationToken::new(), second: CancellationToken::new() };
        let listen = |kind| signal(kind).map_err(|error| Failure::failed(format!("signals cannot be listened to: {error}")));
        let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        let told = signals.clone();
        tokio::spawn(async move {
            for token in [told.first, told.second] {
                tokio::select! {
                    _came = interrupt.recv() => {}
                    _came = terminate.recv() => {}
                }
                token.cancel();
            }
        });
        Ok(signals)
    }
}

/// Cancels `token` when stdin ends: the process that holds the other end of the pipe has gone.
pub(crate) fn end_with_parent(token: CancellationToken) {
    tokio::spawn(async move {
        let mut nothing = tokio::io::sink();
        // An error is an end as well.
        drop(tokio::io::copy(&mut tokio::io::stdin(), &mut nothing).await);
        token.cancel();
    });
}
