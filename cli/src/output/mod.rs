//! What people and scripts see: results on stdout, talk on stderr.
//!
//! Text that came from outside (commit titles, names, logs) passes [`plain`] before it reaches a terminal.

mod duration;
mod live;
mod style;
mod table;

use std::io::{self, IsTerminal, Write};

pub(crate) use duration::{ago, for_people};
pub(crate) use live::Live;
pub(crate) use style::Style;
pub(crate) use table::Table;

use crate::config::Environment;

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

/// How this run of the program speaks.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) json: bool,
    color: bool,
    color_on_stderr: bool,
    /// Stdout is a terminal that understands cursor movement.
    pub(crate) is_live: bool,
}

impl Output {
    pub(crate) fn new(json: bool, color: Color, environment: &Environment) -> Self {
        let dumb = environment.get("TERM").is_none_or(|term| term == "dumb");
        let allowed = environment.get("NO_COLOR").is_none() && !dumb;
        let on = |terminal: bool| match color {
            Color::Auto => terminal && allowed,
            Color::Always => true,
            Color::Never => false,
        };
        let terminal = io::stdout().is_terminal();
        Self { json, color: on(terminal) && !json, color_on_stderr: on(io::stderr().is_terminal()), is_live: terminal && !dumb && !json }
    }

    /// One line of the result.
    pub(crate) fn line(&self, text: impl AsRef<str>) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_ref().as_bytes())?;
        stdout.write_all(b"\n")
    }

    /// The result as bytes, such as a raw log.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    }

    /// The result as one JSON document, indented for people who read it all the same.
    pub(crate) fn json(&self, value: &impl serde::Serialize) -> io::Result<()> {
        self.line(serde_json::to_string_pretty(value).map_err(io::Error::other)?)
    }

    /// One of many results: one JSON document per line.
    pub(crate) fn json_line(&self, value: &impl serde::Serialize) -> io::Result<()> {
        self.line(serde_json::to_string(value).map_err(io::Error::other)?)
    }

    /// What is said beside the result. Nobody listening is no failure.
    pub(crate) fn talk(&self, text: impl AsRef<str>) {
        let mut stderr = io::stderr().lock();
        let _nobody_listens = stderr.write_all(format!("{}\n", text.as_ref()).as_bytes());
    }

    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        style.paint(self.color, text)
    }

    pub(crate) fn paint_talk(&self, style: Style, text: &str) -> String {
        style.paint(self.color_on_stderr, text)
    }

    /// Columns of the terminal; 100 when stdout is none.
    pub(crate) fn width(&self) -> usize {
        match rustix::termios::tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
            _ => 100,
        }
    }

    /// Rows of the terminal; 24 when stdout is none.
    pub(crate) fn height(&self) -> usize {
        match rustix::termios::tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_row > 0 => usize::from(size.ws_row),
            _ => 24,
        }
    }
}

/// Makes text from outside harmless: control characters, which could move the cursor or change the
/// terminal, become `·`; so do the invisible ones that reorder text.
pub(crate) fn plain(text: &str) -> String {
    let reorders = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || reorders(c) { '·' } else { c }).collect()
}

/// The word that an enum travels as: `rolled_back` reads `rolled back`.
pub(crate) fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word.replace('_', " "),
        _ => String::new(),
    }
}

/// The first line, and `…` where there are more: what one cell of a table has room for.
pub(crate) fn first_line(text: &str) -> String {
    match text.trim_end().split_once('\n') {
        Some((first, _)) => format!("{} …", first.trim_end()),
        None => text.to_owned(),
    }
}

/// At most `width` characters, the last one `…` when something was cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_move_the_cursor() {
        assert_eq!(plain("ok\u{1b}[2J\u{202e}evil\r\n\u{9b}1m"), "ok·[2J·evil···1m");
        assert_eq!(plain("Grüße ✓"), "Grüße ✓");
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("abc", 0), "…");
    }
}
