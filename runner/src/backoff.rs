use std::time::Duration;

/// Growing pauses between tries of the same call: doubling, bounded, with half of each pause random
/// so that a thousand runners do not come back in the same instant.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    tries: u32,
}

/// What a server may ask for with `Retry-After` at most.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(300);

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, tries: 0 }
    }

    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }

    /// The next pause; at least what the server asked for.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let factor = 2_u32.saturating_pow(self.tries.min(20));
        self.tries = self.tries.saturating_add(1);
        let full = self.first.saturating_mul(factor).min(self.longest);
        let own = full.mul_f64(0.5 + rand::random::<f64>() / 2.0);
        own.max(asked.unwrap_or_default().min(LONGEST_ASKED_PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_never_exceed_it() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let mut previous = Duration::ZERO;
        for _ in 0..40 {
            let pause = backoff.next(None);
            assert!(pause <= Duration::from_secs(5), "{pause:?}");
            assert!(pause >= previous / 2, "{pause:?} after {previous:?}");
            previous = pause;
        }
        assert!(previous >= Duration::from_millis(2_500), "{previous:?}");
    }

    #[test]
    fn what_the_server_asks_for_is_kept_up_to_five_minutes() {
        let mut backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(1));
        assert_eq!(backoff.next(Some(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(backoff.next(Some(Duration::from_secs(86_400))), Duration::from_secs(300));
    }
}
