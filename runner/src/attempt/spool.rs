use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::times::Notes;
use crate::clock::Moment;
use crate::mask::{Masker, Stream};

/// The attempt's log on disk. What is in the file has been masked; the agent sends it as it is (R10).
#[derive(Debug)]
pub(crate) struct Spool {
    file: File,
    notes: Notes,
    stream: Stream,
    hasher: Sha256,
    bytes: u64,
    max_bytes: u64,
    at_line_start: bool,
    /// The limit was reached, or the disk refused: what follows is dropped.
    is_closed: bool,
    masked: Vec<u8>,
}

impl Spool {
    /// Makes an empty log of an attempt that began at this moment.
    pub(crate) fn create(path: &Path, masker: &Masker, max_bytes: u64, begun: Moment) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
        Ok(Self {
            file,
            notes: Notes::beside(path, begun),
            stream: masker.stream(),
            hasher: Sha256::new(),
            bytes: 0,
            max_bytes,
            at_line_start: true,
            is_closed: false,
            masked: Vec::new(),
        })
    }

    /// What a step wrote, in the pieces in which it arrived.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.push(bytes, &mut self.masked);
        self.flush();
    }

    /// A line of the runner's own, always a line by itself: `--- text`. Returns where it starts.
    pub(crate) fn mark(&mut self, text: &str) -> u64 {
        self.stream.finish(&mut self.masked);
        self.flush();
        if !self.at_line_start {
            self.write(b"\n");
        }
        let start = self.bytes;
        for line in text.lines() {
            self.write(format!("--- {line}\n").as_bytes());
        }
        self.stream.finish(&mut self.masked);
        self.flush();
        start
    }

    /// The log's length and the SHA-256 over it in hexadecimal.
    pub(crate) fn finish(mut self) -> (u64, String) {
        self.stream.finish(&mut self.masked);
        self.flush();
        (self.bytes, hex::encode(self.hasher.finalize()))
    }

    fn flush(&mut self) {
        let mut masked = std::mem::take(&mut self.masked);
        if !self.is_closed && !masked.is_empty() {
            let room = usize::try_from(self.max_bytes.saturating_sub(self.bytes)).unwrap_or(usize::MAX);
            if masked.len() > room {
                masked.truncate(room);
                let line_end = if masked.last().map_or(self.at_line_start, |byte| *byte == b'\n') { "" } else { "\n" };
                let notice = format!("{line_end}--- the log reached its limit of {} bytes; what follows was not kept\n", self.max_bytes);
                masked.extend_from_slice(notice.as_bytes());
                self.append(&masked);
                self.is_closed = true;
            } else {
                self.append(&masked);
            }
        }
        masked.clear();
        self.masked = masked;
    }

    fn append(&mut self, bytes: &[u8]) {
        if let Some(start) = self.first_line_in(bytes) {
            self.notes.line_at(self.bytes + start);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(count) => {
                    let (written, left) = rest.split_at(count);
                    self.hasher.update(written);
                    self.bytes += written.len() as u64;
                    rest = left;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // The job goes on: a full disk must not break a deployment half-way.
                    eprintln!("the log can no longer be written: {error}");
                    self.is_closed = true;
                    break;
                }
            }
        }
        self.at_line_start = bytes.last().is_none_or(|byte| *byte == b'\n');
    }

    /// Where the first line starts that starts in these bytes.
    fn first_line_in(&self, bytes: &[u8]) -> Option<u64> {
        let start = if self.at_line_start { 0 } else { bytes.iter().position(|byte| *byte == b'\n')? + 1 };
        (start < bytes.len()).then_some(start as u64)
    }
}

/// The length and SHA-256 of a log that another process left behind.
pub(crate) fn measure(path: &Path) -> io::Result<(u64, String)> {
    let mut hasher = Sha256::new();
    match File::open(path) {
        Ok(mut file) => {
            let (mut bytes, mut buffer) = (0, vec![0; 64 * 1024]);
            loop {
                let count = io::Read::read(&mut file, &mut buffer)?;
                if count == 0 {
                    return Ok((bytes, hex::encode(hasher.finalize())));
                }
                hasher.update(buffer.get(..count).unwrap_or_default());
                bytes += count as u64;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((0, hex::encode(hasher.finalize()))),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use protocol::Secret;

    use super::*;

    fn spooled(max_bytes: u64, work: impl FnOnce(&mut Spool)) -> String {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("log");
        let masker = Masker::new(&[Secret { name: "S".to_owned(), value: "sesame-open".to_owned() }]).expect("small");
        let mut spool = Spool::create(&path, &masker, max_bytes, crate::clock::now()).expect("spool");
        work(&mut spool);
        assert_eq!(spool.finish(), measure(&path).expect("measured"));
        std::fs::read_to_string(&path).expect("log")
    }

    #[test]
    fn r10_marks_stand_on_lines_of_their_own_and_tell_where_they_start() {
        let log = spooled(1_000, |spool| {
            spool.write(b"half a line, then sesame-");
            assert_eq!(spool.mark("step 2 of 2: sesame-open"), 26);
            spool.write(b"end\n");
        });
        assert_eq!(log, "half a line, then sesame-\n--- step 2 of 2: ***\nend\n");
    }

    #[test]
    fn a_log_beyond_its_limit_ends_in_a_line_that_says_so() {
        let log = spooled(10, |spool| {
            spool.write(b"0123456");
            spool.write(b"789abcdef");
            spool.mark("more");
        });
        assert_eq!(log, "0123456789\n--- the log reached its limit of 10 bytes; what follows was not kept\n");
    }
}
