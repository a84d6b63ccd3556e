/// The two largest units: `850 ms`, `12 s`, `3 min 5 s`, `2 h 4 min`, `3 d 1 h`.
pub(crate) fn for_people(ms: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let seconds = ms / 1000;
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| {
        if small == 0 { format!("{large} {large_unit}") } else { format!("{large} {large_unit} {small} {small_unit}") }
    };
    match seconds {
        0 => format!("{ms} ms"),
        1..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => two(seconds / MINUTE, "min", seconds % MINUTE, "s"),
        HOUR..DAY => two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        _ => two(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    }
}

/// How long before `now_ms` something was, both since 1970.
pub(crate) fn ago(now_ms: i64, then_ms: i64) -> String {
    match u64::try_from(now_ms.saturating_sub(then_ms)) {
        Ok(ms) if ms >= 1000 => format!("{} ago", for_people(ms)),
        _ => "just now".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_shows_its_two_largest_units() {
        let shown = [0, 850, 12_999, 60_000, 185_000, 7_440_000, 86_400_000, 262_800_000].map(for_people);
        assert_eq!(shown, ["0 ms", "850 ms", "12 s", "1 min", "3 min 5 s", "2 h 4 min", "1 d", "3 d 1 h"]);
        assert_eq!(
            (ago(5_000, 4_999), ago(5_000, 9_000), ago(65_000, 0)),
            ("just now".to_owned(), "just now".to_owned(), "1 min 5 s ago".to_owned())
        );
    }
}
