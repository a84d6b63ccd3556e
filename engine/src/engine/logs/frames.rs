//! The sealed form of a log: zstd frames of 1,000 lines or so, one after the other, each readable by itself.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::PathBuf;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::times::Pending;
use crate::engine::Error;
use crate::ports::BlobError;
use crate::store::{LogChunkRow, LogPlace};

/// A frame ends after this many lines or bytes, whichever comes first: what is read to show one line.
const FRAME_LINES: u64 = 1_000;
const FRAME_BYTES: usize = 256 * 1024;
/// Fast enough to seal as quickly as logs come in; a higher level wins little on logs.
const LEVEL: i32 = 3;

/// Cuts a log into frames as its bytes come by. Blocks on the disk and on the processor.
pub(super) struct Sealer {
    /// What the frames' blob will be called.
    key: String,
    sink: Sink,
    written: u64,
    chunks: Vec<LogChunkRow>,
    frame: Vec<u8>,
    /// Line ends in it.
    frame_lines: u64,
    /// Bytes and line ends before it.
    start_byte: u64,
    first_line: u64,
    times: Pending,
    hasher: Sha256,
    hashed: u64,
}

/// Where the frames are collected.
pub(super) enum Sink {
    Memory(Vec<u8>),
    File { file: BufWriter<File>, path: Spooled },
}

/// A file that goes when it is not needed any more, whether or not it was moved away.
pub(super) struct Spooled(pub(super) PathBuf);

impl Drop for Spooled {
    fn drop(&mut self) {
        // It is not there when it has become a blob.
        drop(std::fs::remove_file(&self.0));
    }
}

/// A log, cut and compressed, before it is stored.
pub(super) struct Sealed {
    pub(super) sink: Sink,
    pub(super) chunks: Vec<LogChunkRow>,
    /// SHA-256 over what is stored, and how much that is.
    pub(super) digest: String,
    pub(super) bytes: u64,
}

impl Sink {
    pub(super) fn file(path: PathBuf) -> io::Result<Self> {
        Ok(Self::File { file: BufWriter::new(File::create(&path)?), path: Spooled(path) })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Memory(all) => {
                all.extend_from_slice(bytes);
                Ok(())
            }
            Self::File { file, .. } => file.write_all(bytes),
        }
    }
}

impl Sealer {
    pub(super) fn new(key: String, sink: Sink) -> Self {
        Self {
            key,
            sink,
            written: 0,
            chunks: Vec::new(),
            frame: Vec::new(),
            frame_lines: 0,
            start_byte: 0,
            first_line: 0,
            times: Pending::default(),
            hasher: Sha256::new(),
            hashed: 0,
        }
    }

    /// Of the bytes that come next, what this row knows of when they were written.
    pub(super) fn times(&mut self, row: &LogChunkRow) {
        self.times.take(row);
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.hashed += bytes.len() as u64;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.frame.extend_from_slice(line);
            self.frame_lines += u64::from(line.ends_with(b"\n"));
            if self.frame_lines >= FRAME_LINES || self.frame.len() >= FRAME_BYTES {
                self.cut()?;
            }
        }
        Ok(())
    }

    /// These bytes were lost on the runner's side (R10).
    pub(super) fn gap(&mut self, length: u64) -> io::Result<()> {
        self.cut()?;
        self.chunks.push(LogChunkRow {
            start_byte: self.start_byte,
            length,
            digest: None,
            place: None,
            first_line: self.first_line,
            line_count: 0,
            line_times: None,
        });
        self.start_byte += length;
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<Sealed> {
        self.cut()?;
        if let Sink::File { file, .. } = &mut self.sink {
            file.flush()?;
        }
        Ok(Sealed { sink: self.sink, chunks: self.chunks, digest: hex::encode(self.hasher.finalize()), bytes: self.hashed })
    }

    fn cut(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
        encoder.include_checksum(true)?;
        encoder.write_all(&self.frame)?;
        let frame = encoder.finish()?;
        self.sink.write(&frame)?;
        let stored = frame.len() as u64;
        self.chunks.push(LogChunkRow {
            start_byte: self.start_byte,
            length: self.frame.len() as u64,
            digest: None,
            place: Some(LogPlace::Frame { key: self.key.clone(), start: self.written, length: stored }),
            first_line: self.first_line,
            line_count: self.frame_lines,
            line_times: self.times.cut(self.first_line, self.first_line + self.frame_lines),
        });
        self.written += stored;
        self.start_byte += self.frame.len() as u64;
        self.first_line += self.frame_lines;
        self.frame_lines = 0;
        self.frame.clear();
        Ok(())
    }
}

impl Sealed {
    /// Puts small frames into their rows, so that they need no blob.
    pub(super) fn into_rows(chunks: Vec<LogChunkRow>, frames: &Bytes) -> Vec<LogChunkRow> {
        let in_row = |chunk: LogChunkRow| {
            let place = chunk.place.map(|place| match place {
                LogPlace::Frame { start, length, .. } => {
                    let range =
                        usize::try_from(start).unwrap_or(usize::MAX)..usize::try_from(start.saturating_add(length)).unwrap_or(usize::MAX);
                    LogPlace::Row { bytes: Bytes::copy_from_slice(frames.get(range).unwrap_or_default()), is_compressed: true }
                }
                other => other,
            });
            LogChunkRow { place, ..chunk }
        };
        chunks.into_iter().map(in_row).collect()
    }
}

/// The bytes of a frame, which must be `length`. Its own checksum is verified.
pub(super) fn decompress(frame: &[u8], length: u64) -> Result<Bytes, Error> {
    let damaged = |detail: String| Error::Blob(BlobError::Unavailable(format!("a piece of a sealed log is damaged: {detail}")));
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).min(4 * FRAME_BYTES));
    let decoder = zstd::Decoder::new(frame).map_err(|error| damaged(error.to_string()))?;
    // Never more than the row says, whatever the blob holds.
    decoder.take(length.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| damaged(error.to_string()))?;
    if bytes.len() as u64 != length {
        return Err(damaged(format!("{} bytes instead of {length}", bytes.len())));
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(parts: &[&[u8]]) -> (Vec<LogChunkRow>, Bytes) {
        let mut sealer = Sealer::new("blob".to_owned(), Sink::Memory(Vec::new()));
        parts.iter().for_each(|part| sealer.feed(part).expect("memory"));
        let sealed = sealer.finish().expect("memory");
        let Sink::Memory(frames) = sealed.sink else { panic!("sealed into memory") };
        (sealed.chunks, frames.into())
    }

    fn range(place: &LogPlace) -> std::ops::Range<usize> {
        match place {
            LogPlace::Frame { start, length, .. } => *start as usize..(start + length) as usize,
            other => panic!("{other:?} is no frame"),
        }
    }

    #[test]
    fn a_frame_ends_after_a_thousand_lines_and_each_can_be_read_by_itself() {
        let text: String = (0..2_500).map(|line| format!("line {line}\n")).collect();
        let (chunks, frames) = sealed(&[text.get(..7_001).expect("ascii").as_bytes(), text.get(7_001..).expect("ascii").as_bytes()]);
        assert_eq!(
            chunks.iter().map(|chunk| (chunk.first_line, chunk.line_count)).collect::<Vec<_>>(),
            [(0, 1000), (1000, 1000), (2000, 500)]
        );
        let second = &chunks[1];
        let bytes = decompress(&frames[range(second.place.as_ref().expect("no gap"))], second.length).expect("whole");
        assert!(bytes.starts_with(b"line 1000\n") && bytes.ends_with(b"line 1999\n"), "{bytes:?}");
        assert!(frames.len() * 3 < text.len(), "{} bytes of log became {}", text.len(), frames.len());
    }

    #[test]
    fn a_long_line_is_cut_into_frames_and_a_damaged_frame_is_told() {
        let line = vec![b'x'; 3 * FRAME_BYTES];
        let (chunks, frames) = sealed(&[&line[..FRAME_BYTES], &line[FRAME_BYTES..], b"end\n"]);
        assert_eq!(chunks.iter().map(|chunk| chunk.length).sum::<u64>(), 3 * FRAME_BYTES as u64 + 4);
        assert_eq!(chunks.iter().map(|chunk| chunk.line_count).sum::<u64>(), 1);
        let mut damaged = frames[range(chunks[0].place.as_ref().expect("no gap"))].to_vec();
        let last = damaged.len() - 1;
        damaged[last] ^= 1;
        let error = decompress(&damaged, chunks[0].length).expect_err("its checksum is wrong");
        assert!(error.to_string().contains("damaged"), "{error}");
    }
}
