use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use async_trait::async_trait;
use engine::core::Time;
use engine::ports::Clock;
use tokio::sync::watch;

/// Goes as fast as real time, and can be moved on.
#[derive(Debug)]
pub struct MovableClock {
    real: SystemClock,
    ahead_ms: watch::Sender<u64>,
}

impl MovableClock {
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { real: SystemClock::new(), ahead_ms: watch::Sender::new(0) })
    }

    pub fn advance(&self, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).expect("less than for ever");
        self.ahead_ms.send_modify(|ahead| *ahead += by_ms);
    }
}

#[async_trait]
impl Clock for MovableClock {
    fn now(&self) -> Time {
        self.real.now() + *self.ahead_ms.borrow()
    }

    async fn sleep_until(&self, at: Time) {
        let mut moved = self.ahead_ms.subscribe();
        loop {
            let left_ms = at.since_ms(self.now());
            if at <= self.now() {
                return;
            }
            tokio::select! {
                () = self.real.sleep_until(self.real.now() + left_ms) => {}
                changed = moved.changed() => drop(changed),
            }
        }
    }
}
