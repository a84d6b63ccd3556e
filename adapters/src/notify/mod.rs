//! Tells people: by web hook ([`Webhook`]), in Slack ([`Slack`]) and by e-mail ([`Email`]).

mod email;
mod slack;
mod webhook;

pub use email::{Email, EmailError, Encryption, Relay};
pub use slack::Slack;
pub use webhook::Webhook;

use std::time::Duration;

use engine::ports::NotifyError;
use reqwest::{RequestBuilder, StatusCode};

use crate::egress::{self, Failure};

const TIMEOUT: Duration = Duration::from_secs(15);
/// What is read of an answer, for the error.
const ANSWER_BYTES: usize = 500;

/// Sends it and tells whether another try may help. The error gives the status and, when it is refused, what was answered.
async fn deliver(request: RequestBuilder) -> Result<(), NotifyError> {
    let sent = async {
        let response = request.send().await.map_err(egress::failure)?;
        let status = response.status();
        // Delivered is delivered; a body that breaks off changes nothing about it.
        let answer = egress::body(response, ANSWER_BYTES).await.unwrap_or_default();
        Ok::<_, Failure>((status, String::from_utf8_lossy(&answer).trim().to_owned()))
    };
    match tokio::time::timeout(TIMEOUT, sent).await {
        Err(_) => Err(NotifyError::Later(format!("no answer within {} s", TIMEOUT.as_secs()))),
        Ok(Err(failure)) => Err(NotifyError::Later(failure.to_string())),
        Ok(Ok((status, _))) if status.is_success() => Ok(()),
        Ok(Ok((status, _))) if may_pass(status) => Err(NotifyError::Later(format!("status {}", status.as_u16()))),
        Ok(Ok((status, answer))) if answer.is_empty() => Err(NotifyError::Never(format!("status {}", status.as_u16()))),
        Ok(Ok((status, answer))) => Err(NotifyError::Never(format!("status {}: {answer}", status.as_u16()))),
    }
}

/// Trouble of the other side, and its wish to be asked more slowly, pass; what it says of the request stays true.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS | StatusCode::TOO_EARLY | StatusCode::LOCKED)
}

/// What cannot even be sent is refused: another try would meet the same.
fn unsendable(failure: &Failure) -> NotifyError {
    NotifyError::Never(failure.to_string())
}
