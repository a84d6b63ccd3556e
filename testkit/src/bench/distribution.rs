//! Many durations of one kind.

use std::time::Duration;

/// Durations in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution(Vec<Duration>);

impl Distribution {
    #[must_use]
    pub fn new(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        Self(samples)
    }

    /// The smallest sample that at least `percent` of all do not exceed (nearest rank); zero without samples.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    #[must_use]
    pub fn largest(&self) -> Duration {
        self.0.last().copied().unwrap_or_default()
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// `p50 1.2 ms, p99 3.4 ms`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("p50 {}, p99 {}", readable(self.percentile(50)), readable(self.percentile(99)))
    }
}

/// Three digits and a unit.
#[must_use]
pub fn readable(time: Duration) -> String {
    let (value, unit) = match time.as_secs_f64() {
        seconds if seconds >= 1.0 => (seconds, "s"),
        seconds if seconds >= 0.001 => (seconds * 1_000.0, "ms"),
        seconds => (seconds * 1_000_000.0, "µs"),
    };
    let digits = match value {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_a_sample_by_nearest_rank() {
        let hundred = Distribution::new((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!(hundred.percentile(50), Duration::from_millis(50));
        assert_eq!(hundred.percentile(99), Duration::from_millis(99));
        assert_eq!(hundred.largest(), Duration::from_millis(100));
        assert_eq!(Distribution::new(vec![Duration::from_millis(7)]).percentile(99), Duration::from_millis(7));
        assert_eq!(Distribution::new(Vec::new()).percentile(50), Duration::ZERO);
    }

    #[test]
    fn a_duration_reads_with_three_digits() {
        let shown = [1_234, 45_678, 999_000, 1_500_000, 123_456_000].map(|us| readable(Duration::from_micros(us)));
        assert_eq!(shown, ["1.23 ms", "45.7 ms", "999 ms", "1.50 s", "123 s"]);
        assert_eq!(readable(Duration::from_nanos(850)), "0.85 µs");
    }
}
