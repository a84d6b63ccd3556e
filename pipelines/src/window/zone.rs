//! Between instants and the wall clock of a zone.

use chrono::offset::Offset;
use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// What the clock on the wall shows at `at`.
pub(crate) fn local(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    let offset = offset_seconds(zone, at);
    at.naive_utc().checked_add_signed(TimeDelta::seconds(offset)).unwrap_or(at.naive_utc())
}

/// Seconds east of UTC at `at`.
pub(crate) fn offset_seconds(zone: Tz, at: DateTime<Utc>) -> i64 {
    i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc())
}

/// The first instant at which the clock shows `wall` or has jumped over it.
pub(crate) fn first_instant(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    if let Some(found) = zone.from_local_datetime(&wall).earliest() {
        return found.with_timezone(&Utc);
    }
    // In a gap: no zone is further than a day from UTC, and no gap longer than a day and a bit.
    let around = TimeDelta::days(3);
    let before = wall.and_utc().checked_sub_signed(around).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let after = wall.and_utc().checked_add_signed(around).unwrap_or(DateTime::<Utc>::MAX_UTC);
    transition(before, after, |at| local(zone, at) >= wall)
}

/// The first instant in (`before`, `after`], to the second, at which `holds`; it must hold from there to `after`.
pub(crate) fn transition(before: DateTime<Utc>, after: DateTime<Utc>, holds: impl Fn(DateTime<Utc>) -> bool) -> DateTime<Utc> {
    let (mut low, mut high) = (before.timestamp(), after.timestamp());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if DateTime::from_timestamp(middle, 0).is_some_and(&holds) {
            high = middle;
        } else {
            low = middle;
        }
    }
    DateTime::from_timestamp(high, 0).unwrap_or(after)
}
