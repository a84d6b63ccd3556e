//! Cron schedules in a time zone: the five classic fields (minute, hour, day of month, month, day of week).
//!
//! A slot is a minute on the wall clock of the zone, and fires at the first instant at which that
//! clock shows it or has passed it. So across a daylight-saving change (IE12):
//! a slot that the clock skips fires once, when the clock has jumped (together with every other slot
//! that was skipped, and with the one at the instant of the jump: one firing); a slot that the clock
//! shows twice fires the first time only.

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};
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

    /// The first firing later than `at`; none when it lies beyond what the calendar holds.
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
        (next <= horizon && next.year() < 10_000).then_some(next)
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
            "`{field}` is not a {}: expected {}, `*`, a list `a,b`, a range `a-b` or a step `*/n`",
            NAMES[position], RANGES[position]
        )),
    }
}
