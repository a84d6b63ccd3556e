//! Cron schedules in a time zone: the five classic fields (minute, hour, day of month, month, day of week).
//!
//! A slot is a minute on the wall clock of the zone, and fires at the first instant at which that
//! clock shows it or has passed it. So across a daylight-saving change (IE12):
//! a slot that the clock skips fires once, when the clock has jumped (together with every other slot
//! that was skipped, and with the one at the instant of the jump: one firing); a slot that the clock
//! shows twice fires the first time only.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::window::zone;

/// What is wrong with a schedule, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub message: String,
    /// In bytes from the start of the cron text; 0 when the time zone is wrong.
    pub offset: usize,
}

/// Texts beyond this are refused.
const MAX_TEXT_BYTES: usize = 256;

/// Slots that map to one instant (a skipped hour holds 60) or lie in the repeated hour are passed over; a zone
/// that crosses the date line skips or repeats a day of 1440.
const MAX_SKIPPED_SLOTS: usize = 2 * 1440;

#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    timezone: Tz,
}

impl Schedule {
    /// `cron` has five fields; `timezone` is an IANA name.
    ///
    /// # Errors
    /// The first field that does not parse, a schedule that never fires, an unknown time zone.
    pub fn parse(cron: &str, timezone: &str) -> Result<Self, Error> {
        let timezone = crate::window::parse_timezone(timezone).map_err(|error| Error { message: error.message, offset: 0 })?;
        if cron.len() > MAX_TEXT_BYTES {
            return Err(Error { message: format!("the schedule is longer than {MAX_TEXT_BYTES} bytes"), offset: MAX_TEXT_BYTES });
        }
        let fields = fields_of(cron);
        if fields.len() != 5 {
            let message = format!(
                "expected five fields (minute, hour, day of month, month, day of week), such as `0 6 * * MON-FRI`; found {}",
                fields.len()
            );
            return Err(Error { message, offset: fields.get(5).map_or(cron.trim_end().len(), |field| field.0) });
        }
        for (position, (offset, field)) in fields.iter().enumerate() {
            check_field(position, field).map_err(|message| Error { message, offset: *offset })?;
        }
        let parsed = parser().parse(cron).map_err(|error| Error { message: error.to_string(), offset: 0 })?;
        let schedule = Self { cron: parsed, timezone };
        match schedule.slot_after(NaiveDateTime::default()) {
            Some(_) => Ok(schedule),
            None => Err(Error { message: "no day ever matches this schedule".to_owned(), offset: fields[2].0 }),
        }
    }

    /// The first firing later than `at`; none beyond the year 5000.
    #[must_use]
    pub fn next_after(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // A slot at or before the local time of `at` has fired by `at`, so the search starts there.
        let mut slot = zone::local(self.timezone, at);
        for _ in 0..MAX_SKIPPED_SLOTS {
            slot = self.slot_after(slot)?;
            let fires_at = zone::first_instant(self.timezone, slot);
            if fires_at > at {
                return Some(fires_at);
            }
        }
        None
    }

    /// The next minute on a clock without a zone that matches.
    fn slot_after(&self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        // croner searches for long where nothing matches; every pattern that matches at all does so within the
        // 400 years after which the calendar repeats, and the rarest (29 February on a given weekday) within 40.
        let horizon = local.checked_add_signed(TimeDelta::days(41 * 366))?;
        let next = self.cron.find_next_occurrence(&local, false).ok()?;
        (next <= horizon).then_some(next)
    }
}

fn parser() -> CronParser {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build()
}

/// Offset and text of every field.
fn fields_of(cron: &str) -> Vec<(usize, &str)> {
    cron.split_ascii_whitespace().map(|field| (field.as_ptr() as usize - cron.as_ptr() as usize, field)).collect()
}

fn check_field(position: usize, field: &str) -> Result<(), String> {
    const NAMES: [&str; 5] = ["minute", "hour", "day of month", "month", "day of week"];
    const RANGES: [&str; 5] = ["0-59", "0-23", "1-31", "1-12 or JAN-DEC", "0-7 or SUN-SAT"];
    let mut alone = ["*"; 5];
    alone[position] = field;
    match parser().parse(&alone.join(" ")) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "`{field}` does not fit the field {}: expected {}, `*`, a list `a,b`, a range `a-b` or a step `*/n`",
            NAMES[position], RANGES[position]
        )),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Timelike};
    use proptest::prelude::*;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        format!("{text}Z").parse().unwrap()
    }

    fn firings(cron: &str, timezone: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(cron, timezone).unwrap_or_else(|error| panic!("{cron}: {error}"));
        let mut at = utc(after);
        std::iter::from_fn(|| {
            at = schedule.next_after(at)?;
            Some(at.format("%Y-%m-%dT%H:%M:%S").to_string())
        })
        .take(count)
        .collect()
    }

    fn error(cron: &str, timezone: &str) -> String {
        Schedule::parse(cron, timezone).map_or_else(|error| format!("{}: {error}", error.offset), |schedule| panic!("{schedule:?}"))
    }

    #[test]
    fn ie12_a_schedule_fires_at_its_time_in_its_zone() {
        assert_eq!(
            firings("0 6 * * MON-FRI", "Europe/Athens", "2026-06-05T02:59:59", 3),
            ["2026-06-05T03:00:00", "2026-06-08T03:00:00", "2026-06-09T03:00:00"]
        );
        assert_eq!(firings("0 6 * * *", "UTC", "2026-06-05T06:00:00", 1), ["2026-06-06T06:00:00"], "a slot does not fire again");
        assert_eq!(firings("0 6 * * *", "UTC", "2026-06-05T05:59:59.5", 1), ["2026-06-05T06:00:00"]);
    }

    #[test]
    fn ie12_a_slot_that_the_clock_skips_fires_once_when_it_has_jumped() {
        // 2026-03-29 03:00 → 04:00 in Athens, at 01:00 UTC.
        let expected = ["2026-03-28T01:30:00", "2026-03-29T01:00:00", "2026-03-30T00:30:00"];
        assert_eq!(firings("30 3 * * *", "Europe/Athens", "2026-03-27T12:00:00", 3), expected);
        assert_eq!(
            firings("*/20 * * * *", "Europe/Athens", "2026-03-29T00:30:00", 3),
            ["2026-03-29T00:40:00", "2026-03-29T01:00:00", "2026-03-29T01:20:00"],
            "three skipped slots and the one at the jump are one firing"
        );
        assert_eq!(firings("15 2 * * SUN", "Australia/Lord_Howe", "2026-10-03T00:00:00", 1), ["2026-10-03T15:30:00"]);
    }

    #[test]
    fn ie12_a_slot_that_the_clock_shows_twice_fires_the_first_time_only() {
        // 2026-10-25 04:00 → 03:00 in Athens, at 01:00 UTC.
        assert_eq!(firings("30 3 * * *", "Europe/Athens", "2026-10-24T12:00:00", 2), ["2026-10-25T00:30:00", "2026-10-26T01:30:00"]);
        assert_eq!(
            firings("*/30 * * * *", "Europe/Athens", "2026-10-25T00:00:00", 3),
            ["2026-10-25T00:30:00", "2026-10-25T02:00:00", "2026-10-25T02:30:00"],
            "from the second showing on, too"
        );
        assert_eq!(firings("*/30 * * * *", "Europe/Athens", "2026-10-25T01:10:00", 1), ["2026-10-25T02:00:00"]);
    }

    #[test]
    fn ie12_a_day_that_a_zone_leaves_out_is_one_firing() {
        // Apia had no 30 December 2011.
        assert_eq!(firings("0 * 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00", 2), ["2011-12-30T10:00:00", "2012-12-29T10:00:00"]);
    }

    #[test]
    fn rare_days_are_found() {
        assert_eq!(firings("0 0 29 2 *", "UTC", "2096-03-01T00:00:00", 1), ["2104-02-29T00:00:00"]);
        assert_eq!(firings("0 0 L * *", "UTC", "2026-02-01T00:00:00", 2), ["2026-02-28T00:00:00", "2026-03-31T00:00:00"]);
        assert_eq!(firings("0 12 1 1 *", "UTC", "4999-06-01T00:00:00", 2), ["5000-01-01T12:00:00"], "the search ends");
    }

    #[test]
    fn wrong_schedules_say_where_and_what_was_expected() {
        assert_eq!(
            error("0 6 * *", "UTC"),
            "7: expected five fields (minute, hour, day of month, month, day of week), such as `0 6 * * MON-FRI`; found 4"
        );
        assert_eq!(
            error("0 0 6 * * MON", "UTC"),
            "10: expected five fields (minute, hour, day of month, month, day of week), such as `0 6 * * MON-FRI`; found 6"
        );
        assert_eq!(
            error("0  25 * * *", "UTC"),
            "3: `25` does not fit the field hour: expected 0-23, `*`, a list `a,b`, a range `a-b` or a step `*/n`"
        );
        assert_eq!(
            error("0 6 * * MON-DAY", "UTC"),
            "8: `MON-DAY` does not fit the field day of week: expected 0-7 or SUN-SAT, `*`, a list `a,b`, a range `a-b` or a step `*/n`"
        );
        assert_eq!(error("0 6 31 2,4 *", "UTC"), "4: no day ever matches this schedule");
        assert_eq!(error("0 6 * * *", "Athens"), "0: `Athens` is not a time zone: did you mean Europe/Athens?");
        assert_eq!(error(&"*".repeat(300), "UTC"), "256: the schedule is longer than 256 bytes");
    }

    #[derive(Debug, Clone)]
    struct Pattern {
        minutes: Vec<u32>,
        hours: Vec<u32>,
        weekdays: Vec<u32>,
    }

    impl Pattern {
        fn text(&self) -> String {
            let list = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            format!("{} {} * * {}", list(&self.minutes), list(&self.hours), list(&self.weekdays))
        }

        fn matches(&self, wall: NaiveDateTime) -> bool {
            self.minutes.contains(&wall.minute())
                && self.hours.contains(&wall.hour())
                && self.weekdays.contains(&wall.weekday().num_days_from_sunday())
        }
    }

    fn pattern() -> impl Strategy<Value = Pattern> {
        let some = |limit: u32| prop::collection::btree_set(0..limit, 1..4).prop_map(|set| set.into_iter().collect::<Vec<_>>());
        let every = |limit: u32, step: usize| Just((0..limit).step_by(step).collect::<Vec<_>>());
        let minutes = prop_oneof![some(60), every(60, 15), every(60, 7), every(60, 1)];
        let hours = prop_oneof![some(24), some(5), every(24, 1)];
        let weekdays = prop_oneof![3 => every(7, 1), 1 => some(7)];
        (minutes, hours, weekdays).prop_map(|(minutes, hours, weekdays)| Pattern { minutes, hours, weekdays })
    }

    /// Walks minute by minute, and fires for every matching minute that the clock reaches for the first time.
    fn scanned(pattern: &Pattern, zone: Tz, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let start = at - TimeDelta::days(2) - TimeDelta::seconds(at.timestamp().rem_euclid(60));
        let mut reached = zone::local(zone, start);
        for minutes in 1..=12 * 1440 {
            let now = start + TimeDelta::minutes(minutes);
            let wall = zone::local(zone, now);
            let mut fires = false;
            while reached < wall {
                reached += TimeDelta::minutes(1);
                fires |= pattern.matches(reached);
            }
            if fires && now > at {
                return Some(now);
            }
        }
        None
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn ie12_firings_are_what_a_minute_by_minute_walk_finds(
            pattern in pattern(),
            (zone, around) in prop::sample::select(vec![
                ("Europe/Athens", "2026-03-28T12:00:00"), ("Europe/Athens", "2026-10-24T12:00:00"), ("America/New_York", "2026-03-07T12:00:00"),
                ("America/New_York", "2026-10-31T12:00:00"), ("Australia/Lord_Howe", "2026-04-04T00:00:00"),
                ("Australia/Lord_Howe", "2026-10-03T00:00:00"), ("Asia/Beirut", "2026-03-28T12:00:00"), ("Asia/Beirut", "2026-10-24T12:00:00"),
                ("Pacific/Apia", "2011-12-29T22:00:00"), ("UTC", "2026-06-01T00:00:00"),
            ]),
            seconds in 0i64..36 * 3600,
        ) {
            let at = utc(around) + TimeDelta::seconds(seconds);
            let schedule = Schedule::parse(&pattern.text(), zone).unwrap();
            prop_assert_eq!(schedule.next_after(at), scanned(&pattern, schedule.timezone, at), "{} {}", pattern.text(), zone);
        }

        #[test]
        fn no_text_makes_a_schedule_panic(cron in prop_oneof!["\\PC{0,20}", "[0-9*/,#LW?A-Z -]{0,24}", "([0-9*/,#LW-]{1,5} ){4}[0-9*/,#LW-]{1,5}"]) {
            if let Ok(schedule) = Schedule::parse(&cron, "Europe/Athens") {
                let _next = schedule.next_after(utc("2026-03-29T00:59:59"));
                let _end = schedule.next_after(DateTime::<Utc>::MAX_UTC);
                let _start = schedule.next_after(DateTime::<Utc>::MIN_UTC);
            }
        }
    }
}
