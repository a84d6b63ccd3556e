//! When a window is open (G7): allow and deny rules in named time zones, and calendars that deny.
//!
//! A rule speaks of the clock on the wall of its zone. A weekly rule is active exactly while that clock
//! shows a time within it: where a daylight-saving change skips part of it, it is that much shorter, and where
//! a time is shown twice, it is active twice. A window that cannot be read is closed and says so (G9).

mod calendar;
mod compiled;
mod content;
mod parse;
mod recurrence;
#[cfg(test)]
mod tests;
mod weekly;
pub(crate) mod zone;

use chrono::{DateTime, Utc};

pub use calendar::check as check_calendar;
pub use compiled::{CompiledWindow, HORIZON_DAYS};
pub use parse::{parse_dates, parse_timezone, parse_weekly, rule_text};

use crate::plan::Window;

/// What is wrong with a rule, a time zone or a calendar, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub message: String,
    /// In bytes from the start of the text that was given.
    pub offset: usize,
}

impl Error {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset }
    }
}

/// Whether a release may enter now, as far as windows are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Open {
        /// The first instant at which it is closed; none: not within [`HORIZON_DAYS`].
        closes_at: Option<DateTime<Utc>>,
    },
    Closed {
        /// For people: which rule, in which zone.
        reason: String,
        /// The first instant at which it is open; none: not within [`HORIZON_DAYS`].
        opens_at: Option<DateTime<Utc>>,
    },
}

impl State {
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// The state of one window. Whoever asks again and again keeps a [`CompiledWindow`] instead.
#[must_use]
pub fn state(window: &Window, at: DateTime<Utc>) -> State {
    union_state(&[window], at)
}

/// The state of several windows together: open when no deny of any is active and, where any has
/// an allow, one allow of any is active.
#[must_use]
pub fn union_state(windows: &[&Window], at: DateTime<Utc>) -> State {
    let compiled: Result<Vec<CompiledWindow>, Error> = windows.iter().map(|window| CompiledWindow::new(window)).collect();
    match compiled {
        Ok(compiled) => CompiledWindow::union_state(&compiled.iter().collect::<Vec<_>>(), at),
        Err(error) => State::Closed { reason: format!("the window cannot be read: {error}"), opens_at: None },
    }
}
