//! `pipeline upload` inside a job: a file goes into the attempt's mailbox, the agent hands it to the server under the attempt's fence,
//! and the answer comes back as a file beside it.
//!
//! A mailbox of files needs no port and no secret, works in whatever the job is written in, and is there again after a restart of the agent.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use protocol::{MAX_UPLOAD_BYTES, UploadAnswer};

use crate::{clock, files};

/// Names the mailbox to the steps of a job.
pub(crate) const MAILBOX_VARIABLE: &str = "TIDEGATE_UPLOADS";
const LOOK: Duration = Duration::from_millis(50);

/// What a job can do with its pipeline.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Add jobs and stages to the release that this job belongs to, right after this job
    Upload(Upload),
}

#[derive(Debug, Clone, clap::Args)]
pub struct Upload {
    /// YAML or JSON with `jobs` and `stages`; `-` reads standard input
    #[arg(default_value = "-", value_name = "FILE")]
    file: PathBuf,
    /// How long to wait for the server, in seconds
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    wait: u64,
}

impl Command {
    /// Waits for the server's answer: 0 when it was added, 4 when it was refused, 5 when there was no answer, 2 for bad usage.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        let Self::Upload(upload) = self;
        match upload.run() {
            Ok(UploadAnswer { accepted: true, message }) => {
                println!("{message}");
                ExitCode::SUCCESS
            }
            Ok(UploadAnswer { accepted: false, message }) => {
                eprintln!("refused: {message}");
                ExitCode::from(4)
            }
            Err((code, error)) => {
                eprintln!("{error}");
                ExitCode::from(code)
            }
        }
    }
}

impl Upload {
    fn run(&self) -> Result<UploadAnswer, (u8, String)> {
        let usage = |error: String| (2, error);
        let mailbox =
            mailbox().ok_or_else(|| usage(format!("{MAILBOX_VARIABLE} is not set: this works inside a job of a pipeline only")))?;
        let is_input = self.file == Path::new("-");
        let name = if is_input { "standard input".to_owned() } else { self.file.display().to_string() };
        let bytes = self.read().map_err(|error| usage(format!("{name} cannot be read: {error}")))?;
        if bytes.len() > MAX_UPLOAD_BYTES {
            return Err(usage(format!("{name} is larger than {MAX_UPLOAD_BYTES} bytes; upload it in parts, or let it say less")));
        }
        let kept = |error: std::io::Error| (5, format!("the upload cannot be handed to the runner: {error}"));
        let letter = letter_for(&mailbox, &bytes).map_err(kept)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(kept)?;
        let answer = runtime.block_on(answer_to(&letter, Duration::from_secs(self.wait))).map_err(kept)?;
        answer.ok_or_else(|| (5, format!("the server did not answer within {} s; the same upload may be sent again", self.wait)))
    }

    /// One byte more than is allowed at the most, so that a stream without an end is no trouble.
    fn read(&self) -> std::io::Result<Vec<u8>> {
        let limit = MAX_UPLOAD_BYTES as u64 + 1;
        let mut bytes = Vec::new();
        if self.file == Path::new("-") {
            std::io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
        } else {
            std::fs::File::open(&self.file)?.take(limit).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }
}

fn mailbox() -> Option<PathBuf> {
    std::env::var_os(MAILBOX_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// Named after the process, so that two steps at once do not write one file. The content appears as a whole.
fn letter_for(mailbox: &Path, bytes: &[u8]) -> std::io::Result<PathBuf> {
    let letter = mailbox.join(format!("{}-{}.upload", std::process::id(), serde_json::to_string(&clock::now())?));
    files::write_quick(&letter, bytes)?;
    Ok(letter)
}

async fn answer_to(letter: &Path, within: Duration) -> std::io::Result<Option<UploadAnswer>> {
    let until = clock::now().plus(within);
    let answer = letter.with_extension("answer");
    loop {
        if let Some(found) = files::read_json(&answer)? {
            return Ok(Some(found));
        }
        if until.remaining().is_zero() {
            return Ok(None);
        }
        clock::sleep(LOOK).await;
    }
}
