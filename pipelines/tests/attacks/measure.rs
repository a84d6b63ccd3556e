//! What one input may cost, and what it costs.

use std::fs;

/// The promise of docs/figures.md, for an optimised build; an unoptimised one has ten times the time and four times the memory.
pub(crate) const MOST_MS: f64 = if cfg!(debug_assertions) { 500.0 } else { 50.0 };
pub(crate) const MOST_MB: f64 = if cfg!(debug_assertions) { 256.0 } else { 64.0 };

/// Time on the processor: what others do on the machine does not count.
pub(crate) fn processor_ms() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1_000_000.0
}

/// The most memory that the process had at once.
pub(crate) fn peak_mb() -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}
