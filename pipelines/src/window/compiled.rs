use std::sync::Arc;

use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Tz;

use super::calendar::Calendar;
use super::parse::{parse_date, parse_timezone, rule_text};
use super::weekly::Weekly;
use super::{Error, State, zone};
use crate::plan::{Window, WindowRule};

/// How far ahead an opening or a closing is looked for.
pub const HORIZON_DAYS: i64 = 370;

/// A window read once, to be asked often. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CompiledWindow {
    timezone: Tz,
    allow: Arc<[Rule]>,
    /// The allow rules as people wrote them.
    allow_text: String,
    deny: Arc<[(Rule, String)]>,
    calendars: Arc<[Calendar]>,
}

/// Whether something is active, and until when that surely stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) active: bool,
    /// Not later than the next change; none: no change within the horizon.
    pub(super) until: Option<DateTime<Utc>>,
}

#[derive(Debug)]
enum Rule {
    Weekly(Weekly),
    /// From the first instant to before the second.
    Dates(DateTime<Utc>, DateTime<Utc>),
}

impl CompiledWindow {
    /// # Errors
    /// An unknown time zone, a date that is none, a calendar that cannot be read.
    pub fn new(window: &Window) -> Result<Self, Error> {
        let timezone = parse_timezone(&window.timezone)?;
        let weekly_allows = window.allow.iter().filter_map(|rule| match rule {
            WindowRule::Weekly { days, from_minute, to_minute } => Some((days.as_slice(), *from_minute, *to_minute)),
            WindowRule::Dates { .. } => None,
        });
        let mut allow = Vec::new();
        if weekly_allows.clone().next().is_some() {
            allow.push(Rule::Weekly(Weekly::new(timezone, weekly_allows)));
        }
        for rule in &window.allow {
            if let WindowRule::Dates { first, last } = rule {
                allow.push(dates(timezone, first, last)?);
            }
        }
        let deny = window.deny.iter().map(|rule| Ok((compile(timezone, rule)?, rule_text(rule)))).collect::<Result<Vec<_>, Error>>()?;
        let calendars =
            window.deny_calendars.iter().map(|calendar| Calendar::read(calendar, timezone)).collect::<Result<Vec<_>, Error>>()?;
        let allow_text = window.allow.iter().map(rule_text).collect::<Vec<_>>().join(", ");
        Ok(Self { timezone, allow: allow.into(), allow_text, deny: deny.into(), calendars: calendars.into() })
    }

    #[must_use]
    pub fn state(&self, at: DateTime<Utc>) -> State {
        Self::union_state(&[self], at)
    }

    /// See [`super::union_state`].
    #[must_use]
    pub fn union_state(windows: &[&Self], at: DateTime<Utc>) -> State {
        let now = Moment::of(windows, at);
        let changes_at = first_change(windows, at, &now);
        match now.blocker {
            None => State::Open { closes_at: changes_at },
            Some(blocker) => State::Closed { reason: blocker.text(windows, at), opens_at: changes_at },
        }
    }
}

/// What the rules say at one instant.
struct Moment {
    blocker: Option<Blocker>,
    /// Nothing changes before; none: nothing changes within the horizon.
    until: Option<DateTime<Utc>>,
}

/// Why it is closed; positions in the list of windows and in their rules.
enum Blocker {
    Deny(usize, usize),
    Calendar(usize, usize),
    NoAllow,
}

impl Moment {
    fn of(windows: &[&CompiledWindow], at: DateTime<Utc>) -> Self {
        let mut blocker = None;
        let mut denied = Vec::new();
        let mut free = Vec::new();
        for (w, window) in windows.iter().enumerate() {
            let rules = window.deny.iter().enumerate().map(|(r, (rule, _))| (rule.span(at), Blocker::Deny(w, r)));
            let calendars = window.calendars.iter().enumerate().map(|(c, calendar)| (calendar.span(at), Blocker::Calendar(w, c)));
            for (span, source) in rules.chain(calendars) {
                if span.active {
                    denied.push(span.until);
                    blocker.get_or_insert(source);
                } else {
                    free.push(span.until);
                }
            }
        }
        if blocker.is_some() {
            // It stays closed at least until the last of the active denies ends.
            return Self { blocker, until: latest(&denied) };
        }
        let allows: Vec<Span> = windows.iter().flat_map(|window| window.allow.iter()).map(|rule| rule.span(at)).collect();
        if allows.is_empty() {
            return Self { blocker: None, until: earliest(&free) };
        }
        let active: Vec<_> = allows.iter().filter(|span| span.active).map(|span| span.until).collect();
        if active.is_empty() {
            let until = allows.iter().filter_map(|span| span.until).min();
            return Self { blocker: Some(Blocker::NoAllow), until };
        }
        let until = [latest(&active), earliest(&free)].into_iter().flatten().min();
        Self { blocker: None, until }
    }
}

impl Blocker {
    fn text(&self, windows: &[&CompiledWindow], at: DateTime<Utc>) -> String {
        match self {
            Self::Deny(window, rule) => {
                let window = windows[*window];
                format!("denied {} ({})", window.deny[*rule].1, window.timezone)
            }
            Self::Calendar(window, calendar) => windows[*window].calendars[*calendar].reason(at),
            Self::NoAllow => {
                let rules = windows.iter().filter(|window| !window.allow.is_empty());
                let texts: Vec<String> = rules.map(|window| format!("{} ({})", window.allow_text, window.timezone)).collect();
                format!("outside the allowed times: {}", texts.join("; "))
            }
        }
    }
}

/// When open turns to closed or closed to open.
fn first_change(windows: &[&CompiledWindow], at: DateTime<Utc>, now: &Moment) -> Option<DateTime<Utc>> {
    let horizon = at.checked_add_signed(TimeDelta::days(HORIZON_DAYS))?;
    let mut until = now.until?;
    while until <= horizon {
        let then = Moment::of(windows, until);
        if then.blocker.is_some() != now.blocker.is_some() {
            return Some(until);
        }
        until = then.until?;
    }
    None
}

/// None stands for never, which is later than all.
fn latest(times: &[Option<DateTime<Utc>>]) -> Option<DateTime<Utc>> {
    times.iter().copied().collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn earliest(times: &[Option<DateTime<Utc>>]) -> Option<DateTime<Utc>> {
    times.iter().copied().flatten().min()
}

fn compile(timezone: Tz, rule: &WindowRule) -> Result<Rule, Error> {
    match rule {
        WindowRule::Weekly { days, from_minute, to_minute } => {
            Ok(Rule::Weekly(Weekly::new(timezone, std::iter::once((days.as_slice(), *from_minute, *to_minute)))))
        }
        WindowRule::Dates { first, last } => dates(timezone, first, last),
    }
}

fn dates(timezone: Tz, first: &str, last: &str) -> Result<Rule, Error> {
    let first = parse_date(0, first)?;
    let last = parse_date(0, last)?;
    let after = last.checked_add_days(Days::new(1)).unwrap_or(last);
    let midnight = |day: chrono::NaiveDate| zone::first_instant(timezone, day.and_time(chrono::NaiveTime::MIN));
    Ok(Rule::Dates(midnight(first), midnight(after)))
}

impl Rule {
    fn span(&self, at: DateTime<Utc>) -> Span {
        match self {
            Self::Weekly(weekly) => weekly.span(at),
            Self::Dates(start, end) => Span::of_range(*start, *end, at),
        }
    }
}

impl Span {
    pub(super) fn of_range(start: DateTime<Utc>, end: DateTime<Utc>, at: DateTime<Utc>) -> Self {
        if at < start {
            Self { active: false, until: Some(start) }
        } else if at < end {
            Self { active: true, until: Some(end) }
        } else {
            Self { active: false, until: None }
        }
    }
}
