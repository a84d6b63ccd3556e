use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::{MAX_UPLOAD_BYTES, Upload, UploadAnswer};
use tokio_util::sync::CancellationToken;

use super::attempt::Attempt;
use crate::backoff::Backoff;
use crate::client::CallError;
use crate::mask::Masker;
use crate::{clock, encoding, files};

/// How often the mailbox of a running attempt is looked into.
const LOOK: Duration = Duration::from_millis(200);

impl Attempt {
    /// Hands what the job puts into its mailbox to the server, one after the other, until the job has ended.
    pub(super) async fn serve_uploads(&self, executed: &CancellationToken) {
        let serving = async {
            loop {
                for letter in letters(&self.folder.uploads()) {
                    let answer = self.answer(&letter).await;
                    if let Err(error) = files::write_json(&letter.with_extension("answer"), &answer) {
                        // The job has ended meanwhile and its folder is gone, or the disk is full: then its step hears nothing.
                        tracing::debug!(attempt = %self.id(), %error, "the answer to an upload could not be kept");
                    }
                }
                clock::sleep(LOOK).await;
            }
        };
        tokio::select! {
            () = serving => {}
            () = executed.cancelled() => {}
        }
    }

    async fn answer(&self, letter: &Path) -> UploadAnswer {
        let refused = |message: String| UploadAnswer { accepted: false, message };
        let text = match self.text_of(letter) {
            Ok(text) => text,
            Err(error) => return refused(error),
        };
        let upload = Upload { fences: self.assignment.lease.fences.clone(), name: "the upload".to_owned(), text };
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
        loop {
            match self.agent.client.upload(&upload).await {
                Ok(answer) => return answer,
                Err(CallError::Refused(refusal)) => return refused(format!("{} ({})", refusal.detail, refusal.code)),
                Err(error @ (CallError::Rejected { .. } | CallError::Unauthorized { .. })) => return refused(error.to_string()),
                Err(error) => {
                    tracing::debug!(attempt = %self.id(), %error, "an upload could not be handed on; it is tried again");
                    clock::sleep(backoff.next(error.retry_after())).await;
                }
            }
        }
    }

    /// Masked, as everything that leaves this machine (A9).
    fn text_of(&self, letter: &Path) -> Result<String, String> {
        let kept = |error: io::Error| format!("the upload cannot be read: {error}");
        let size = std::fs::metadata(letter).map_err(kept)?.len();
        if size > MAX_UPLOAD_BYTES as u64 {
            return Err(format!("the upload has {size} bytes; at most {MAX_UPLOAD_BYTES} can be added"));
        }
        let text = encoding::text_of(std::fs::read(letter).map_err(kept)?).map_err(|what| format!("the upload cannot be read: {what}"))?;
        let masker = Masker::new(&self.assignment.lease.job.secrets).map_err(|error| error.to_string())?;
        Ok(masker.mask_text(&text))
    }
}

/// What waits for an answer, by name.
fn letters(mailbox: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(mailbox) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "upload") && !path.with_extension("answer").exists())
        .collect();
    found.sort();
    found
}
