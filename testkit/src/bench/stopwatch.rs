use std::time::{Duration, Instant};

/// Measures; the only clock of the benchmark.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// From this start to that one; zero when that one came first.
    pub(super) fn until(self, later: Self) -> Duration {
        later.0.saturating_duration_since(self.0)
    }
}

/// How long `work` takes.
pub(super) fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let watch = Stopwatch::start();
    let done = work();
    (watch.elapsed(), done)
}

/// Lets real time pass, where what is measured is what happens meanwhile.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(super) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
