use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::compiled::Span;
use super::content::{self, Component, Line};
use super::parse::{parse_timezone, shortened};
use super::recurrence::{Recurrence, clock_range};
use super::{Error, zone};
use crate::plan;

const MAX_TEXT_BYTES: usize = 1 << 20;
const MAX_EVENTS: usize = 10_000;
const MAX_REPETITIONS: u64 = 200_000;

/// How much around an instant is laid out at once; the future covers two horizons, so that it is rarely done.
const PAST_DAYS: i64 = 30;
const FUTURE_DAYS: i64 = 800;

/// Whether `text` is an iCalendar text (RFC 5545) that a window can use.
///
/// # Errors
/// The first line or event that cannot be read or has no meaning here.
pub fn check(text: &str) -> Result<(), Error> {
    read(text, Tz::UTC).map(|_| ())
}

/// The events of an iCalendar text; whatever happens in one, denies.
#[derive(Debug)]
pub(super) struct Calendar {
    path: String,
    events: Vec<Event>,
    longest: TimeDelta,
    /// A memory of what was laid out last; a pure function of `events` and the range.
    laid_out: RwLock<Option<Arc<Layout>>>,
}

#[derive(Debug)]
struct Event {
    name: String,
    zone: Tz,
    length: Length,
    starts: BTreeSet<NaiveDateTime>,
    recurrence: Option<Recurrence>,
    /// Starts that do not happen, and those that another event replaces.
    except: BTreeSet<NaiveDateTime>,
}

/// How long an event lasts: days on the wall, then elapsed time (RFC 5545, 3.8.5.3).
#[derive(Debug, Clone, Copy)]
struct Length {
    days: TimeDelta,
    elapsed: TimeDelta,
}

#[derive(Debug)]
struct Layout {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// Of the events, by start.
    named: Vec<(DateTime<Utc>, DateTime<Utc>, usize)>,
    /// The same, put together: neither overlapping nor touching.
    merged: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Calendar {
    /// Times without a zone, and days, are those of `zone`.
    pub(super) fn read(calendar: &plan::Calendar, zone: Tz) -> Result<Self, Error> {
        let events =
            read(&calendar.text, zone).map_err(|error| Error { message: format!("{}: {}", calendar.path, error.message), ..error })?;
        let longest = events.iter().map(|event| event.length.days + event.length.elapsed).max().unwrap_or_default();
        Ok(Self { path: calendar.path.clone(), events, longest, laid_out: RwLock::new(None) })
    }

    pub(super) fn span(&self, at: DateTime<Utc>) -> Span {
        let layout = self.around(at);
        let next = layout.merged.partition_point(|range| range.1 <= at);
        layout.merged.get(next).map_or(Span { active: false, until: None }, |range| Span::of_range(range.0, range.1, at))
    }

    /// Which event denies at `at`.
    pub(super) fn reason(&self, at: DateTime<Utc>) -> String {
        let layout = self.around(at);
        let name = layout.named.iter().filter(|(start, end, _)| *start <= at && at < *end).max_by_key(|(_, end, _)| *end);
        match name.and_then(|(_, _, event)| self.events.get(*event)).map(|event| event.name.as_str()) {
            Some(name) if !name.is_empty() => format!("denied by {}: {name}", self.path),
            _ => format!("denied by {}", self.path),
        }
    }

    fn around(&self, at: DateTime<Utc>) -> Arc<Layout> {
        let known = self.laid_out.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(layout) = known.filter(|layout| layout.covers(at)) {
            return layout;
        }
        let layout = Arc::new(self.lay_out(at));
        *self.laid_out.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&layout));
        layout
    }

    fn lay_out(&self, at: DateTime<Utc>) -> Layout {
        let from = at.checked_sub_signed(TimeDelta::days(PAST_DAYS)).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let to = at.checked_add_signed(TimeDelta::days(FUTURE_DAYS)).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let reach = from.checked_sub_signed(self.longest).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let mut named = Vec::new();
        for (index, event) in self.events.iter().enumerate() {
            for start in event.starts_between(reach, to) {
                let (start, end) = event.instants(start);
                if start < end && end > from {
                    named.push((start, end, index));
                }
            }
        }
        named.sort_unstable();
        let mut merged: Vec<(DateTime<Utc>, DateTime<Utc>)> = Vec::new();
        for (start, end, _) in &named {
            match merged.last_mut() {
                Some(last) if *start <= last.1 => last.1 = last.1.max(*end),
                _ => merged.push((*start, *end)),
            }
        }
        Layout { from, to, named, merged }
    }
}

impl Layout {
    fn covers(&self, at: DateTime<Utc>) -> bool {
        let ahead = at.checked_add_signed(TimeDelta::days(super::HORIZON_DAYS + 1)).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.from <= at && ahead <= self.to
    }
}

impl Event {
    fn starts_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> BTreeSet<NaiveDateTime> {
        let (from, to) = clock_range(from, to);
        let mut starts: BTreeSet<NaiveDateTime> = self.starts.range(from..=to).copied().collect();
        if let Some(recurrence) = &self.recurrence {
            starts.extend(recurrence.between(from, to));
        }
        &starts - &self.except
    }

    fn instants(&self, start: NaiveDateTime) -> (DateTime<Utc>, DateTime<Utc>) {
        let begins = zone::first_instant(self.zone, start);
        let ends = if self.length.days.is_zero() {
            begins
        } else {
            start.checked_add_signed(self.length.days).map_or(DateTime::<Utc>::MAX_UTC, |wall| zone::first_instant(self.zone, wall))
        };
        (begins, ends.checked_add_signed(self.length.elapsed).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }
}

fn read(text: &str, zone: Tz) -> Result<Vec<Event>, Error> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(Error::new(MAX_TEXT_BYTES, format!("the calendar is larger than {MAX_TEXT_BYTES} bytes")));
    }
    let components = content::events(text)?;
    if components.len() > MAX_EVENTS {
        return Err(Error::new(components[MAX_EVENTS].offset, format!("the calendar has more than {MAX_EVENTS} events")));
    }
    let mut events = Vec::with_capacity(components.len());
    let mut repetitions = 0u64;
    let mut masters: BTreeMap<&str, usize> = BTreeMap::new();
    let mut replaced: Vec<(&str, Moment)> = Vec::new();
    for component in &components {
        let uid = component.line("UID").map_or("", |line| line.value.as_str());
        if let Some(line) = component.line("RECURRENCE-ID") {
            if line.parameter("RANGE").is_some() {
                return Err(Error::new(line.offset, "RANGE=THISANDFUTURE is not supported: end the series and begin another one"));
            }
            replaced.push((uid, Moment::read(line, &line.value, zone)?));
        }
        if component.line("STATUS").is_some_and(|line| line.value.trim().eq_ignore_ascii_case("CANCELLED")) {
            continue;
        }
        let event = read_event(component, zone)?;
        repetitions = repetitions.saturating_add(event.recurrence.as_ref().map_or(0, |recurrence| recurrence.times_until_2050));
        if repetitions > MAX_REPETITIONS {
            let message = format!("the events repeat more than {MAX_REPETITIONS} times until 2050: start them later, or use a weekly rule");
            return Err(Error::new(component.offset, message));
        }
        if component.line("RECURRENCE-ID").is_none() {
            masters.insert(uid, events.len());
        }
        events.push(event);
    }
    for (uid, moment) in replaced {
        if let Some(event) = masters.get(uid).and_then(|index| events.get_mut(*index)) {
            event.except.insert(moment.in_zone(event.zone));
        }
    }
    Ok(events)
}

fn read_event(component: &Component, zone: Tz) -> Result<Event, Error> {
    let name = component.line("SUMMARY").map_or_else(String::new, |line| plain(&line.value));
    let start_line = component
        .line("DTSTART")
        .ok_or_else(|| Error::new(component.offset, format!("the event `{}` has no DTSTART", shortened(&name))))?;
    let start = Moment::read(start_line, &start_line.value, zone)?;
    let length = read_length(component, &start, zone)?;
    let wall = start.wall;
    let recurrence = match component.line("RRULE") {
        None => None,
        Some(line) => {
            if let Some(second) = component.all("RRULE").nth(1) {
                return Err(Error::new(second.offset, "an event has one RRULE at most"));
            }
            Some(Recurrence::parse(line.offset, &line.value, wall, |until| zone::local(start.zone, until.and_utc()))?)
        }
    };
    if let Some(line) = component.line("EXRULE") {
        return Err(Error::new(line.offset, "EXRULE is not supported: write EXDATE"));
    }
    let mut starts = BTreeSet::from([wall]);
    for (line, value) in values(component, "RDATE") {
        if line.parameter("VALUE").is_some_and(|kind| kind.eq_ignore_ascii_case("PERIOD")) {
            return Err(Error::new(line.offset, "RDATE with VALUE=PERIOD is not supported: write an event of its own"));
        }
        starts.insert(Moment::read(line, value, zone)?.in_zone(start.zone));
    }
    let mut except = BTreeSet::new();
    for (line, value) in values(component, "EXDATE") {
        let moment = Moment::read(line, value, zone)?;
        // A day as an exception of an event with times means the occurrence on that day.
        let wall = if moment.is_day && !start.is_day { moment.wall.date().and_time(wall.time()) } else { moment.in_zone(start.zone) };
        except.insert(wall);
    }
    Ok(Event { name, zone: start.zone, length, starts, recurrence, except })
}

fn read_length(component: &Component, start: &Moment, zone: Tz) -> Result<Length, Error> {
    let none = Length { days: TimeDelta::zero(), elapsed: TimeDelta::zero() };
    if let Some(line) = component.line("DTEND") {
        let end = Moment::read(line, &line.value, zone)?;
        if end.is_day != start.is_day {
            return Err(Error::new(line.offset, "DTSTART and DTEND must both be days or both be times"));
        }
        if start.is_day {
            let days = end.wall - start.wall;
            return if days > TimeDelta::zero() {
                Ok(Length { days, ..none })
            } else {
                Err(Error::new(line.offset, "the event ends before it begins"))
            };
        }
        let elapsed = end.instant() - start.instant();
        return if elapsed >= TimeDelta::zero() {
            Ok(Length { elapsed, ..none })
        } else {
            Err(Error::new(line.offset, "the event ends before it begins"))
        };
    }
    if let Some(line) = component.line("DURATION") {
        return read_duration(line);
    }
    Ok(if start.is_day { Length { days: TimeDelta::days(1), ..none } } else { none })
}

/// `P15DT5H0M20S`, `P7W` (RFC 5545, 3.3.6).
fn read_duration(line: &Line) -> Result<Length, Error> {
    let wrong = || Error::new(line.offset, format!("`{}` is not a duration such as P1D or PT2H", shortened(&line.value)));
    let text = line.value.trim().strip_prefix('+').unwrap_or(line.value.trim());
    let text = text.strip_prefix('P').ok_or_else(wrong)?;
    let (mut days, mut seconds) = (0i64, 0i64);
    let mut digits = String::new();
    let mut in_time = false;
    let mut any = false;
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        if character == 'T' && !in_time && digits.is_empty() {
            in_time = true;
            continue;
        }
        if digits.len() > 6 {
            return Err(wrong());
        }
        let number: i64 = digits.parse().map_err(|_| wrong())?;
        digits.clear();
        any = true;
        match (in_time, character) {
            (false, 'W') => days += 7 * number,
            (false, 'D') => days += number,
            (true, 'H') => seconds += 3600 * number,
            (true, 'M') => seconds += 60 * number,
            (true, 'S') => seconds += number,
            _ => return Err(wrong()),
        }
    }
    if !digits.is_empty() || !any {
        return Err(wrong());
    }
    Ok(Length { days: TimeDelta::days(days), elapsed: TimeDelta::seconds(seconds) })
}

/// A DATE or a DATE-TIME (RFC 5545, 3.3.4 and 3.3.5) on the clock of its zone.
struct Moment {
    wall: NaiveDateTime,
    zone: Tz,
    is_day: bool,
}

impl Moment {
    fn read(line: &Line, value: &str, floating: Tz) -> Result<Self, Error> {
        let value = value.trim();
        let wrong = || {
            Error::new(
                line.offset,
                format!("{}:{} is not a time such as 20261224, 20261224T180000 or 20261224T180000Z", line.name, shortened(value)),
            )
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (date, time) = match value.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (value, None),
        };
        if date.len() != 8 || !digits(date) {
            return Err(wrong());
        }
        let date = NaiveDate::parse_from_str(date, "%Y%m%d").ok().filter(|date| (1970..=9999).contains(&date.year())).ok_or_else(wrong)?;
        let Some(time) = time else { return Ok(Self { wall: date.and_time(NaiveTime::MIN), zone: floating, is_day: true }) };
        let (time, utc) = time.strip_suffix('Z').map_or((time, false), |time| (time, true));
        if time.len() != 6 || !digits(time) {
            return Err(wrong());
        }
        // Second 60 is a leap second; our clocks have none.
        let time = if time.ends_with("60") { format!("{}59", &time[..4]) } else { time.to_owned() };
        let time = NaiveTime::parse_from_str(&time, "%H%M%S").map_err(|_| wrong())?;
        let zone = match line.parameter("TZID") {
            _ if utc => Tz::UTC,
            Some(name) => parse_timezone(name.trim_start_matches('/'))
                .map_err(|error| Error::new(line.offset, format!("{}: TZID {}", line.name, error.message)))?,
            None => floating,
        };
        Ok(Self { wall: date.and_time(time), zone, is_day: false })
    }

    fn instant(&self) -> DateTime<Utc> {
        zone::first_instant(self.zone, self.wall)
    }

    /// What the clock of another zone shows then; a day is the same day everywhere.
    fn in_zone(&self, zone: Tz) -> NaiveDateTime {
        if self.is_day || self.zone == zone { self.wall } else { zone::local(zone, self.instant()) }
    }
}

fn values<'c>(component: &'c Component, name: &'c str) -> impl Iterator<Item = (&'c Line, &'c str)> {
    component.all(name).flat_map(|line| line.value.split(',').map(move |value| (line, value)))
}

/// TEXT without its escapes (RFC 5545, 3.3.11), in one line.
fn plain(value: &str) -> String {
    value.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\").trim().to_owned()
}
