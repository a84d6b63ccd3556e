use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use super::compiled::Span;
use super::zone;

const DAY_SECONDS: i64 = 86_400;
const WEEK_SECONDS: i64 = 7 * DAY_SECONDS;

/// Parts of the week on the clock of one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Weekly {
    zone: Tz,
    /// In seconds since Monday 00:00, sorted, neither overlapping nor touching, within one week.
    parts: Vec<(i64, i64)>,
}

impl Weekly {
    /// Of rules as (ISO days, from minute, to minute), put together.
    pub(super) fn new<'r>(zone: Tz, rules: impl Iterator<Item = (&'r [u8], u16, u16)>) -> Self {
        let mut parts = Vec::new();
        for (days, from_minute, to_minute) in rules {
            let (from, to) = (i64::from(from_minute) * 60, i64::from(to_minute) * 60);
            let length = if to > from { to - from } else { to - from + DAY_SECONDS };
            for day in days.iter().filter(|day| (1..=7).contains(*day)) {
                let start = (i64::from(*day) - 1) * DAY_SECONDS + from;
                let end = start + length;
                parts.push((start, end.min(WEEK_SECONDS)));
                if end > WEEK_SECONDS {
                    parts.push((0, end - WEEK_SECONDS));
                }
            }
        }
        parts.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::with_capacity(parts.len());
        for (start, end) in parts {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        Self { zone, parts: merged }
    }

    pub(super) fn span(&self, at: DateTime<Utc>) -> Span {
        let local = zone::local(self.zone, at);
        let second = i64::from(local.weekday().num_days_from_monday()) * DAY_SECONDS + i64::from(local.num_seconds_from_midnight());
        let (active, seconds_left) = self.on_clock(second);
        let Some(seconds_left) = seconds_left else { return Span { active, until: None } };

        let whole = at - TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos()));
        let Some(straight) = whole.checked_add_signed(TimeDelta::seconds(seconds_left)) else { return Span { active, until: None } };
        let offset = zone::offset_seconds(self.zone, at);
        let until = if zone::offset_seconds(self.zone, straight) == offset {
            straight
        } else {
            // The clock changes on the way, and what it shows then decides anew.
            zone::transition(whole, straight, |instant| zone::offset_seconds(self.zone, instant) != offset)
        };
        Span { active, until: Some(until) }
    }

    /// Whether the week is active at `second`, and how many seconds until that ends; none: never.
    fn on_clock(&self, second: i64) -> (bool, Option<i64>) {
        let (Some(first), Some(last)) = (self.parts.first(), self.parts.last()) else { return (false, None) };
        let next = self.parts.partition_point(|part| part.1 <= second);
        let Some(part) = self.parts.get(next) else { return (false, Some(first.0 + WEEK_SECONDS - second)) };
        if second < part.0 {
            return (false, Some(part.0 - second));
        }
        let around = part.1 == WEEK_SECONDS && first.0 == 0;
        match (around, part == last && part == first) {
            (true, true) => (true, None),
            (true, false) => (true, Some(first.1 + WEEK_SECONDS - second)),
            (false, _) => (true, Some(part.1 - second)),
        }
    }
}
