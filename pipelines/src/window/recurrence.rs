use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};

use super::Error;
use super::parse::shortened;

/// Estimates count repetitions up to the start of this year.
const COUNTED_UNTIL_YEAR: i32 = 2050;

/// More in one search are cut off; a year of hours fits.
const MAX_FOUND: u16 = u16::MAX;

/// An RRULE, on a clock without a zone: RFC 5545 repeats the time on the wall, not the instant.
#[derive(Debug, Clone)]
pub(super) struct Recurrence {
    set: RRuleSet,
    /// About how often it happens from its start until 2050; what a search costs at most.
    pub(super) times_until_2050: u64,
}

impl Recurrence {
    /// `until_in_zone` turns an UNTIL in UTC into what the event's clock shows then.
    pub(super) fn parse(
        offset: usize,
        rule: &str,
        start: NaiveDateTime,
        until_in_zone: impl Fn(NaiveDateTime) -> NaiveDateTime,
    ) -> Result<Self, Error> {
        let wrong = |message: String| Error::new(offset, format!("RRULE:{}: {message}", shortened(rule)));
        let on_wall = on_wall(rule, until_in_zone).map_err(wrong)?;
        let parsed: RRule<Unvalidated> = on_wall.parse().map_err(|error: rrule::RRuleError| wrong(error.to_string()))?;
        if matches!(parsed.get_freq(), Frequency::Hourly | Frequency::Minutely | Frequency::Secondly) {
            return Err(wrong("a calendar that denies repeats by day, week, month or year".to_owned()));
        }
        if times_a_day(&parsed) > 24 {
            return Err(wrong("it repeats more than 24 times a day".to_owned()));
        }
        let times_until_2050 = times_until_2050(&parsed, start.year());
        let start = on_clock(start);
        let validated = parsed.validate(start).map_err(|error| wrong(error.to_string()))?;
        let set = RRuleSet::new(start).rrule(validated);
        if set.clone().limit().into_iter().next().is_none() {
            return Err(wrong("it never happens".to_owned()));
        }
        Ok(Self { set, times_until_2050 })
    }

    /// The times on the clock at which it happens, from `from` to `to`, both included.
    pub(super) fn between(&self, from: NaiveDateTime, to: NaiveDateTime) -> Vec<NaiveDateTime> {
        let found = self.set.clone().after(on_clock(from)).before(on_clock(to)).all(MAX_FOUND);
        found.dates.into_iter().map(|date| date.naive_utc()).collect()
    }
}

/// The library works with zones; UTC stands for the clock on the wall here.
fn on_clock(wall: NaiveDateTime) -> DateTime<Tz> {
    wall.and_utc().with_timezone(&Tz::UTC)
}

/// Of the rule as written: validation adds the parts that follow from the start.
fn times_until_2050(rule: &RRule<Unvalidated>, start_year: i32) -> u64 {
    let end = rule.get_until().map_or(COUNTED_UNTIL_YEAR, |until| until.year().saturating_add(1)).max(start_year + 1);
    let years = u64::try_from(end - start_year).unwrap_or(1);
    let by_day = !rule.get_by_weekday().is_empty() || !rule.get_by_year_day().is_empty() || rule.get_by_month_day().len() > 1;
    let a_year = match rule.get_freq() {
        Frequency::Yearly if !by_day => rule.get_by_month().len().max(1) as u64,
        Frequency::Monthly if !by_day => 12,
        Frequency::Weekly => 53 * (rule.get_by_weekday().len().max(1) as u64),
        _ => 366,
    };
    let times = years.saturating_mul(a_year).saturating_mul(times_a_day(rule)) / u64::from(rule.get_interval().max(1));
    rule.get_count().map_or(times, |count| times.min(u64::from(count)))
}

fn times_a_day<S>(rule: &RRule<S>) -> u64 {
    [rule.get_by_hour().len(), rule.get_by_minute().len(), rule.get_by_second().len()].iter().map(|count| (*count).max(1) as u64).product()
}

/// The rule with its UNTIL as a time on the wall.
fn on_wall(rule: &str, until_in_zone: impl Fn(NaiveDateTime) -> NaiveDateTime) -> Result<String, String> {
    let parts = rule.trim().split(';').map(|part| {
        let Some(until) = part.to_ascii_uppercase().strip_prefix("UNTIL=").map(str::to_owned) else { return Ok(part.to_owned()) };
        let wall = if let Some(utc) = until.strip_suffix('Z') {
            NaiveDateTime::parse_from_str(utc, "%Y%m%dT%H%M%S").ok().map(&until_in_zone)
        } else if until.len() == 8 {
            // A day: its last second counts.
            chrono::NaiveDate::parse_from_str(&until, "%Y%m%d").ok().and_then(|day| day.and_hms_opt(23, 59, 59))
        } else {
            NaiveDateTime::parse_from_str(&until, "%Y%m%dT%H%M%S").ok()
        };
        let wall = wall.filter(|wall| (1970..=9999).contains(&wall.year())).ok_or_else(|| "UNTIL is not a time".to_owned())?;
        Ok(format!("UNTIL={}", wall.format("%Y%m%dT%H%M%SZ")))
    });
    Ok(parts.collect::<Result<Vec<String>, String>>()?.join(";"))
}

/// The instants around a search: far enough that no zone's offset hides an occurrence.
pub(super) fn clock_range(from: DateTime<Utc>, to: DateTime<Utc>) -> (NaiveDateTime, NaiveDateTime) {
    let margin = TimeDelta::days(2);
    (
        from.naive_utc().checked_sub_signed(margin).unwrap_or(NaiveDateTime::MIN),
        to.naive_utc().checked_add_signed(margin).unwrap_or(NaiveDateTime::MAX),
    )
}
