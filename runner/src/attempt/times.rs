use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use protocol::{LogTime, MAX_LOG_TIMES};

use crate::clock::{self, Moment};

/// Lines that come closer together have one time.
const RESOLUTION_MS: u64 = 10;
const RECORD_BYTES: usize = 16;

/// Notes beside the log when its lines were written: the byte at which a line starts and the milliseconds since the attempt began, eight
/// bytes each. What was written in the first moments needs no note, so that a quick job has no such file.
#[derive(Debug)]
pub(super) struct Notes {
    path: PathBuf,
    begun: Moment,
    file: Option<File>,
    last_ms: u64,
}

impl Notes {
    pub(super) fn beside(log: &Path, begun: Moment) -> Self {
        Self { path: path(log), begun, file: None, last_ms: 0 }
    }

    /// A line that is about to be written starts at this byte. What cannot be noted is left out: a log does without.
    pub(super) fn line_at(&mut self, byte: u64) {
        let after_ms = clock::now().since_ms(self.begun);
        if after_ms < self.last_ms.saturating_add(RESOLUTION_MS) {
            return;
        }
        self.last_ms = after_ms;
        if self.file.is_none() {
            self.file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&self.path).ok();
        }
        let mut record = [0; RECORD_BYTES];
        record[..8].copy_from_slice(&byte.to_le_bytes());
        record[8..].copy_from_slice(&after_ms.to_le_bytes());
        if self.file.as_mut().is_some_and(|file| file.write_all(&record).is_err()) {
            self.last_ms = u64::MAX;
        }
    }
}

/// The times of the lines between two bytes of a log, of which there are some; the first one is that of the line in which `from` stands.
/// Of more than [`MAX_LOG_TIMES`] only every second, third and so on are answered.
pub(crate) fn noted(log: &Path, from: u64, until: u64) -> io::Result<Vec<LogTime>> {
    let file = match File::open(path(log)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![LogTime { byte: from, after_ms: 0 }]),
        other => other?,
    };
    let records = file.metadata()?.len() / RECORD_BYTES as u64;
    let first = first_after(&file, from, records)?;
    let last = first_after(&file, until.saturating_sub(1), records)?;
    let after_ms = match first.checked_sub(1) {
        None => 0,
        Some(before) => record(&file, before)?.after_ms,
    };
    let mut times = vec![LogTime { byte: from, after_ms }];
    let every = (last - first) / MAX_LOG_TIMES as u64 + 1;
    for number in (first..last).step_by(usize::try_from(every).unwrap_or(usize::MAX)) {
        times.push(record(&file, number)?);
    }
    times.truncate(MAX_LOG_TIMES);
    Ok(times)
}

pub(crate) fn has_notes(log: &Path) -> bool {
    path(log).exists()
}

fn path(log: &Path) -> PathBuf {
    log.with_extension("times")
}

/// The number of the first record beyond a byte.
fn first_after(file: &File, byte: u64, records: u64) -> io::Result<u64> {
    let (mut low, mut high) = (0, records);
    while low < high {
        let middle = low + (high - low) / 2;
        if record(file, middle)?.byte <= byte { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

fn record(file: &File, number: u64) -> io::Result<LogTime> {
    let mut bytes = [0; RECORD_BYTES];
    file.read_exact_at(&mut bytes, number * RECORD_BYTES as u64)?;
    let [byte, after_ms] = [&bytes[..8], &bytes[8..]].map(|half| half.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
    Ok(LogTime { byte, after_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log_with(records: impl IntoIterator<Item = (u64, u64)>) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("temp");
        let log = folder.path().join("log");
        let bytes: Vec<u8> = records.into_iter().flat_map(|(byte, ms)| [byte.to_le_bytes(), ms.to_le_bytes()].concat()).collect();
        std::fs::write(path(&log), bytes).expect("notes");
        (folder, log)
    }

    fn pairs(log: &Path, from: u64, until: u64) -> Vec<(u64, u64)> {
        noted(log, from, until).expect("notes").iter().map(|time| (time.byte, time.after_ms)).collect()
    }

    #[test]
    fn a_piece_of_log_begins_with_the_time_that_counts_there() {
        let (_folder, log) = log_with([(10, 100), (20, 250), (30, 90_000)]);
        assert_eq!(pairs(&log, 0, 20), [(0, 0), (10, 100)]);
        assert_eq!(pairs(&log, 10, 31), [(10, 100), (20, 250), (30, 90_000)]);
        assert_eq!(pairs(&log, 25, 26), [(25, 250)]);
        assert_eq!(pairs(&log, 99, 100), [(99, 90_000)]);
    }

    #[test]
    fn a_quick_job_has_no_file_and_its_lines_were_written_at_once() {
        let folder = tempfile::tempdir().expect("temp");
        let log = folder.path().join("log");
        let mut notes = Notes::beside(&log, clock::now().plus_ms(60_000));
        notes.line_at(5);
        assert!(!path(&log).exists());
        assert_eq!(pairs(&log, 0, 10), [(0, 0)]);
    }

    #[test]
    fn of_very_many_times_some_are_left_out_evenly() {
        let (_folder, log) = log_with((1..=10_000).map(|line| (line * 4, line * 10)));
        let times = pairs(&log, 0, 40_004);
        assert!(times.len() <= MAX_LOG_TIMES && times.len() > MAX_LOG_TIMES - 20, "{} times", times.len());
        assert!(times.last().is_some_and(|(byte, _)| *byte > 39_000), "{:?}", times.last());
    }
}
