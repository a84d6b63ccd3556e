//! What jobs said: short for most, one of 100,000 lines with colours, and one with everything hostile that a log can hold.

use std::fmt::Write as _;
use std::sync::LazyLock;

use bytes::Bytes;
use engine::core::Time;
use engine::store::{LogEnd, LogPlace, NewLogChunk};
use protocol::AttemptId;
use sha2::{Digest as _, Sha256};

use super::{Place, Result};

const CHUNK_BYTES: usize = 256 * 1024;
const LONG_LINES: usize = 100_000;

/// Which of the texts an attempt wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Short,
    Failed,
    Long,
    Hostile,
}

/// A text with its digest.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) bytes: Bytes,
    pub(super) digest: String,
}

impl Kind {
    pub(super) fn log(self) -> &'static Log {
        static SHORT: LazyLock<Log> = LazyLock::new(|| log(&short()));
        static FAILED: LazyLock<Log> = LazyLock::new(|| log(&failed()));
        static LONG: LazyLock<Log> = LazyLock::new(|| log(&long()));
        static HOSTILE: LazyLock<Log> = LazyLock::new(|| log(&hostile()));
        match self {
            Self::Short => &SHORT,
            Self::Failed => &FAILED,
            Self::Long => &LONG,
            Self::Hostile => &HOSTILE,
        }
    }
}

/// Stores a log as its runner would have sent it. Without `sealed` the attempt still goes.
pub(super) async fn store(place: &Place, attempt: &AttemptId, kind: Kind, at: Time, sealed: bool) -> Result<()> {
    let log = kind.log();
    let mut offset = 0;
    while offset < log.bytes.len() {
        let end = log.bytes.len().min(offset + CHUNK_BYTES);
        let piece = log.bytes.slice(offset..end);
        let blob_key = format!("logs/{}/{offset}", attempt.as_str().replace('.', "/"));
        place.blobs.put(&blob_key, piece.clone()).await?;
        let chunk = NewLogChunk {
            attempt: attempt.clone(),
            offset: offset as u64,
            length: piece.len() as u64,
            digest: hex::encode(Sha256::digest(&piece)),
            place: LogPlace::Blob { key: blob_key },
            line_count: piece.iter().filter(|byte| **byte == b'\n').count() as u64,
            line_times: None,
            gap: false,
        };
        place.store.append_log(chunk, at).await?;
        offset = end;
    }
    if sealed {
        place
            .store
            .end_log(LogEnd { attempt: attempt.clone(), bytes: log.bytes.len() as u64, digest: log.digest.clone(), whole: None }, at)
            .await?;
    }
    Ok(())
}

fn log(text: &str) -> Log {
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    Log { bytes: Bytes::from(text.to_owned()), digest }
}

fn short() -> String {
    let mut text = String::from("\u{1b}[1m$ ./deploy.sh\u{1b}[0m\n");
    for line in 1..=40 {
        let _ = writeln!(text, "\u{1b}[90m{line:>6}ms\u{1b}[0m step {line} of 40: \u{1b}[32mok\u{1b}[0m");
    }
    text.push_str("done\n");
    text
}

fn failed() -> String {
    let mut text = short();
    for test in 1..=214 {
        let _ = writeln!(text, "test tests/refund.rs::case_{test:03} ... \u{1b}[32mok\u{1b}[0m");
    }
    text.push_str(
        "\u{1b}[31mtest tests/refund.rs::refund_idempotency ... FAILED\u{1b}[0m\n\nfailures:\n\n---- refund_idempotency ----\n\
         assertion failed: `(left == right)`\n  left: `409`,\n right: `200`: the second capture was answered with a conflict\n\
         note: request id 7f3a9c, region ap-northeast-1\n\ntest result: FAILED. 213 passed; 1 failed; 0 ignored\n\u{1b}[1;31merror\u{1b}[0m: step `smoke` ended with exit code 1\n",
    );
    text
}

fn long() -> String {
    let mut text = String::with_capacity(LONG_LINES * 110);
    for line in 1..=LONG_LINES {
        let (minute, second) = (line / 6_000, (line / 100) % 60);
        let _ = match line % 50 {
            0 => writeln!(text, "\u{1b}[33mwarning\u{1b}[0m: unused variable `rate` in src/rates/table_{line}.rs:{}:9", line % 900),
            17 if line % 9_950 == 4_967 => {
                writeln!(text, "\u{1b}[1;31merror\u{1b}[0m: connection reset by peer (attempt {line}), trying again")
            }
            3 => writeln!(text, "Downloading crates [{:>5}/{LONG_LINES}]\rDownloaded  crates [{line:>5}/{LONG_LINES}]", line - 1),
            _ => writeln!(
                text,
                "\u{1b}[90m{minute:02}:{second:02}.{:03}\u{1b}[0m \u{1b}[36mcompile\u{1b}[0m module {line:06} of payments-api with opt-level=3 lto=thin \u{1b}[32mok\u{1b}[0m",
                line % 1_000
            ),
        };
    }
    text
}

fn hostile() -> String {
    let mut text = String::from(
        "<img src=x onerror=alert(1)> <script>document.title='owned'</script>\n\
         </pre></body><h1>not a heading</h1>\n\
         \u{1b}]0;a new window title\u{7}\u{1b}[2J\u{1b}[Hthe screen was not cleared\n\
         \u{1b}]8;;javascript:alert(1)\u{1b}\\a link that must not work\u{1b}]8;;\u{1b}\\\n\
         \u{1b}]8;;https://example.com/build/1\u{1b}\\a link that may\u{1b}]8;;\u{1b}\\\n\
         right to left: \u{202e}gnp.exe\u{202c} zero\u{200b}width \u{0} nul \u{8}\u{8}backspace\n\
         \u{1b}[38;5;208m256 colours\u{1b}[0m \u{1b}[38;2;255;0;128;48;2;0;0;40mtrue colours\u{1b}[0m \u{1b}[999;999;999mnonsense\u{1b}[0m\n\
         ::error file=src/main.rs,line=1::an annotation of another product\n\
         javascript:alert(1) data:text/html,<b>x</b> https://example.com/?q=%3Cscript%3E\n",
    );
    text.push_str("one line of 40 kB: ");
    text.push_str(&"0123456789abcdef".repeat(2_500));
    text.push('\n');
    for line in 0..200 {
        let _ = writeln!(text, "\u{1b}[{}m{line} ${{jndi:ldap://x}} {{{{7*7}}}} '; DROP TABLE logs; --\u{1b}[0m", 30 + line % 8);
    }
    text.push_str("no line end here");
    text
}
