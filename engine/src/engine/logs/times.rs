//! When lines were written: marks beside the pieces of a log. Its text stays as it came (decision 24).

use bytes::Bytes;
use protocol::LogTime;

use crate::store::LogChunkRow;

/// The time of a line, and of those after it up to the next mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTime {
    /// Counted from 0.
    pub line: u64,
    /// Since the attempt began on its runner.
    pub after_ms: u64,
}

/// Marks of bytes as marks of the lines of one piece of log, which starts at byte `offset` in line `first_line`. The first one is that
/// of the line in which the piece starts. Marks that go backwards are no marks.
pub(super) fn of_lines(times: &[LogTime], offset: u64, bytes: &[u8], first_line: u64) -> Vec<LineTime> {
    let mut found: Vec<LineTime> = Vec::new();
    let (mut line, mut counted) = (first_line, 0);
    for time in times {
        let at = usize::try_from(time.byte.saturating_sub(offset)).unwrap_or(usize::MAX);
        if at < counted || at >= bytes.len() {
            continue;
        }
        line += super::count_line_ends(bytes.get(counted..at).unwrap_or_default());
        counted = at;
        let mark = LineTime { line, after_ms: time.after_ms };
        match found.last_mut() {
            // Stored before but for its end: the last one that stands before what is new is that of its first line.
            Some(last) if last.line == line && at == 0 => *last = mark,
            Some(last) if last.line == line || last.after_ms > time.after_ms => {}
            _ => found.push(mark),
        }
    }
    found
}

/// As they stand in a row: differences, the first of them to `first_line` and to the attempt's beginning, as LEB128. None for none.
pub(super) fn written(first_line: u64, times: &[LineTime]) -> Option<Bytes> {
    let mut bytes = Vec::with_capacity(3 * times.len());
    let mut before = LineTime { line: first_line, after_ms: 0 };
    for time in times {
        number(&mut bytes, time.line.saturating_sub(before.line));
        number(&mut bytes, time.after_ms.saturating_sub(before.after_ms));
        before = *time;
    }
    (!bytes.is_empty()).then(|| bytes.into())
}

/// What a row says; none where its runner noted nothing.
pub(super) fn of_row(row: &LogChunkRow) -> Vec<LineTime> {
    let mut rest = row.line_times.as_deref().unwrap_or_default();
    let mut found = Vec::new();
    let mut last = LineTime { line: row.first_line, after_ms: 0 };
    while let (Some(lines), Some(ms)) = (next(&mut rest), next(&mut rest)) {
        last = LineTime { line: last.line.saturating_add(lines), after_ms: last.after_ms.saturating_add(ms) };
        found.push(last);
    }
    found
}

/// The marks of some lines, as their rows go by in order.
pub(super) struct Wanted {
    from: u64,
    /// Not beyond this line.
    until: u64,
    pub(super) found: Vec<LineTime>,
}

impl Wanted {
    pub(super) fn new(from: u64, until: u64) -> Self {
        Self { from, until, found: Vec::new() }
    }

    pub(super) fn take(&mut self, row: &LogChunkRow) {
        for mark in of_row(row) {
            if mark.line <= self.from {
                self.found = vec![LineTime { line: self.from, ..mark }];
            } else if mark.line < self.until && self.found.last().is_none_or(|last| last.line < mark.line && last.after_ms < mark.after_ms)
            {
                self.found.push(mark);
            }
        }
    }
}

/// The marks of a log whose lines are cut anew.
#[derive(Default)]
pub(super) struct Pending(Vec<LineTime>);

impl Pending {
    pub(super) fn take(&mut self, row: &LogChunkRow) {
        for mark in of_row(row) {
            if self.0.last().is_none_or(|last| last.line < mark.line) {
                self.0.push(mark);
            }
        }
    }

    /// What is known of the lines from `first_line` to `last_line`; what lies before `last_line` is forgotten.
    pub(super) fn cut(&mut self, first_line: u64, last_line: u64) -> Option<Bytes> {
        let until = self.0.partition_point(|mark| mark.line <= last_line);
        let from = self.0.partition_point(|mark| mark.line <= first_line).saturating_sub(1);
        let marks: Vec<_> =
            self.0.get(from..until).unwrap_or_default().iter().map(|mark| LineTime { line: mark.line.max(first_line), ..*mark }).collect();
        self.0.drain(..until.saturating_sub(1));
        written(first_line, &marks)
    }
}

fn number(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

fn next(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(first_line: u64, times: &[(u64, u64)]) -> LogChunkRow {
        let times: Vec<_> = times.iter().map(|(line, after_ms)| LineTime { line: *line, after_ms: *after_ms }).collect();
        LogChunkRow {
            start_byte: 0,
            length: 1,
            digest: None,
            place: None,
            first_line,
            line_count: 9,
            line_times: written(first_line, &times),
        }
    }

    fn pairs(times: &[LineTime]) -> Vec<(u64, u64)> {
        times.iter().map(|time| (time.line, time.after_ms)).collect()
    }

    #[test]
    fn marks_of_bytes_become_marks_of_lines_and_nonsense_is_left_out() {
        let times = |marks: &[(u64, u64)]| -> Vec<LogTime> {
            marks.iter().map(|(byte, after_ms)| LogTime { byte: *byte, after_ms: *after_ms }).collect()
        };
        let text = b"end of it\none\ntwo\nthr";
        let marks = times(&[(100, 10), (110, 25), (114, 90), (118, 100)]);
        assert_eq!(pairs(&of_lines(&marks, 100, text, 7)), [(7, 10), (8, 25), (9, 90), (10, 100)]);
        assert_eq!(pairs(&of_lines(&marks, 110, &text[10..], 8)), [(8, 25), (9, 90), (10, 100)], "what was stored before is cut off");
        let nonsense = times(&[(114, 90), (110, 25), (114, 95), (118, 80), (900, 91)]);
        assert_eq!(pairs(&of_lines(&nonsense, 100, text, 0)), [(2, 90)]);
        assert_eq!(of_lines(&[], 0, text, 0), []);
    }

    #[test]
    fn what_is_written_is_read_again_and_a_damaged_row_is_read_as_far_as_it_goes() {
        let known = [(40, 0), (41, 127), (1_000_041, 128), (1_000_042, 86_400_000)];
        let row = row(40, &known);
        assert_eq!(pairs(&of_row(&row)), known);
        let bytes = row.line_times.clone().expect("marks");
        assert!(bytes.len() <= 14, "{} bytes", bytes.len());
        let damaged = LogChunkRow { line_times: Some(bytes.slice(..bytes.len() - 1)), ..row };
        assert_eq!(pairs(&of_row(&damaged)), known[..3]);
    }

    #[test]
    fn lines_that_are_cut_anew_keep_their_times_also_where_a_line_is_cut() {
        let mut pending = Pending::default();
        pending.take(&row(0, &[(0, 0), (3, 30), (5, 50)]));
        pending.take(&row(5, &[(5, 50), (9, 90)]));
        let read = |first_line, times| pairs(&of_row(&LogChunkRow { line_times: times, ..row(first_line, &[]) }));
        // The second frame starts in the middle of line 4, whose time is that of line 3.
        assert_eq!(read(0, pending.cut(0, 4)), [(0, 0), (3, 30)]);
        assert_eq!(read(4, pending.cut(4, 5)), [(4, 30), (5, 50)]);
        assert_eq!(read(5, pending.cut(5, 20)), [(5, 50), (9, 90)]);
        assert_eq!(Pending::default().cut(0, 10), None);
    }

    #[test]
    fn of_wanted_lines_the_first_has_the_time_that_counts_there() {
        let mut wanted = Wanted::new(4, 9);
        wanted.take(&row(0, &[(0, 0), (3, 30), (5, 50)]));
        wanted.take(&row(6, &[(6, 50), (8, 80), (9, 90)]));
        assert_eq!(pairs(&wanted.found), [(4, 30), (5, 50), (8, 80)]);
    }
}
