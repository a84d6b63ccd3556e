//! Content lines and components of an iCalendar text (RFC 5545, 3.1 and 3.6), with the place of each line.

use super::Error;
use super::parse::shortened;

/// Deeper nesting than a calendar ever has (VCALENDAR, VTIMEZONE, STANDARD; VEVENT, VALARM).
const MAX_DEPTH: usize = 8;

/// One property, unfolded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it starts in the text, in bytes.
    pub(super) offset: usize,
    /// In capitals.
    pub(super) name: String,
    /// Names in capitals; values without quotes.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) value: String,
}

/// The properties of one component and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) offset: usize,
    pub(super) lines: Vec<Line>,
}

impl Line {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

impl Component {
    pub(super) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }

    pub(super) fn all<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }
}

/// The VEVENTs of the VCALENDARs in `text`; other components are passed over, but must be well-formed:
/// a calendar that is cut off denies nothing from there on, so it is an error.
pub(super) fn events(text: &str) -> Result<Vec<Component>, Error> {
    let mut open: Vec<String> = Vec::new();
    let mut events = Vec::new();
    let mut event: Option<Component> = None;
    let mut calendars = 0usize;
    for (offset, unfolded) in unfold(text) {
        if unfolded.trim().is_empty() {
            continue;
        }
        let line = read_line(offset, &unfolded)?;
        let component = line.value.trim().to_ascii_uppercase();
        match line.name.as_str() {
            "BEGIN" => {
                if open.is_empty() && component != "VCALENDAR" {
                    return Err(Error::new(offset, "a calendar begins with BEGIN:VCALENDAR"));
                }
                if open.len() == MAX_DEPTH {
                    return Err(Error::new(offset, format!("components nest deeper than {MAX_DEPTH}")));
                }
                calendars += usize::from(open.is_empty());
                if component == "VEVENT" && event.is_none() {
                    event = Some(Component { offset, lines: Vec::new() });
                }
                open.push(component);
            }
            "END" => {
                if open.last() != Some(&component) {
                    let expected = open.last().map_or_else(|| "nothing is open".to_owned(), |name| format!("expected END:{name}"));
                    return Err(Error::new(offset, format!("END:{} does not fit: {expected}", shortened(&component))));
                }
                open.pop();
                if component == "VEVENT" && !open.iter().any(|name| name == "VEVENT") {
                    events.extend(event.take());
                }
            }
            _ if open.is_empty() => return Err(Error::new(offset, "a calendar begins with BEGIN:VCALENDAR")),
            _ if open.last().is_some_and(|name| name == "VEVENT") => {
                if let Some(event) = &mut event {
                    event.lines.push(line);
                }
            }
            _ => {}
        }
    }
    match open.last() {
        Some(name) => Err(Error::new(text.len(), format!("the calendar is cut off: END:{} is missing", shortened(name)))),
        None if calendars == 0 => Err(Error::new(0, "this is not an iCalendar text: it has no BEGIN:VCALENDAR")),
        None => Ok(events),
    }
}

/// Lines with their continuations (which begin with a space or a tab) put together.
fn unfold(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut offset = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim_end_matches(['\n', '\r']);
        let line = if offset == 0 { line.trim_start_matches('\u{feff}') } else { line };
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some((_, last))) => last.push_str(more),
            _ => lines.push((offset, line.to_owned())),
        }
        offset += raw.len();
    }
    lines
}

/// `NAME;PARAMETER=value;OTHER="quoted":value`.
fn read_line(offset: usize, line: &str) -> Result<Line, Error> {
    let wrong = || Error::new(offset, format!("`{}` is not a calendar line such as DTSTART:20261224T180000Z", shortened(line)));
    let mut pieces: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    let mut colon = None;
    for (at, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ';' if !quoted => {
                pieces.push(&line[start..at]);
                start = at + 1;
            }
            ':' if !quoted => {
                pieces.push(&line[start..at]);
                colon = Some(at);
                break;
            }
            _ => {}
        }
    }
    let value = line[colon.ok_or_else(wrong)? + 1..].to_owned();
    let (name, parameters) = pieces.split_first().ok_or_else(wrong)?;
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_name(name) {
        return Err(wrong());
    }
    let parameters = parameters
        .iter()
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').filter(|(name, _)| is_name(name)).ok_or_else(wrong)?;
            Ok((name.to_ascii_uppercase(), value.replace('"', "")))
        })
        .collect::<Result<_, Error>>()?;
    Ok(Line { offset, name: name.to_ascii_uppercase(), parameters, value })
}
