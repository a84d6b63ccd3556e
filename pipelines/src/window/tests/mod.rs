mod calendars;
mod parsing;
mod properties;
mod rules;

use chrono::{DateTime, Utc};

use super::State;
use crate::plan::{Calendar, Window, WindowRule};

fn utc(text: &str) -> DateTime<Utc> {
    format!("{text}Z").parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn weekly(text: &str) -> WindowRule {
    super::parse_weekly(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn dated(text: &str) -> WindowRule {
    super::parse_dates(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn window(timezone: &str, allow: &[WindowRule], deny: &[WindowRule]) -> Window {
    Window { timezone: timezone.to_owned(), allow: allow.to_vec(), deny: deny.to_vec(), deny_calendars: vec![] }
}

/// A window that only a calendar denies; `lines` stand between BEGIN and END of the VCALENDAR.
fn calendar_window(timezone: &str, lines: &str) -> Window {
    let calendar = Calendar { path: "holidays.ics".to_owned(), text: calendar_text(lines) };
    Window { timezone: timezone.to_owned(), allow: vec![], deny: vec![], deny_calendars: vec![calendar] }
}

fn calendar_text(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{}\r\nEND:VCALENDAR\r\n", lines.trim().replace('\n', "\r\n"))
}

/// The next changes after `at`, as `open 2026-…`, `closed 2026-…`.
fn changes(window: &Window, at: &str, count: usize) -> Vec<String> {
    let mut at = utc(at);
    let mut found = Vec::new();
    for _ in 0..count {
        let (word, next) = match super::state(window, at) {
            State::Open { closes_at } => ("closed", closes_at),
            State::Closed { opens_at, .. } => ("open", opens_at),
        };
        match next {
            Some(next) => {
                found.push(format!("{word} {}", next.format("%Y-%m-%dT%H:%M:%S")));
                at = next;
            }
            None => {
                found.push("never".to_owned());
                break;
            }
        }
    }
    found
}

fn reason(window: &Window, at: &str) -> String {
    match super::state(window, utc(at)) {
        State::Open { .. } => "open".to_owned(),
        State::Closed { reason, .. } => reason,
    }
}
