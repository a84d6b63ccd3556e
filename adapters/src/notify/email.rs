use async_trait::async_trait;
use engine::ports::{Message, Notifier, NotifyError, SecretValue};
use lettre::message::{Mailbox, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::{self, AsyncSmtpTransport};
use lettre::{AsyncTransport, Tokio1Executor};
use pipelines::plan::NotifyTo;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::TIMEOUT;

/// A mail is a line and an address; whoever wants more opens it.
const SUBJECT_CHARS: usize = 150;

/// Plain text through one SMTP relay.
///
/// The Message-ID is made from the message's key, so that a second try can be told from a second message.
#[derive(Debug, Clone)]
pub struct Email {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// The server that takes mail from this one.
#[derive(Debug, Clone)]
pub struct Relay {
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    /// User and password; never sent without encryption.
    pub login: Option<(String, SecretValue)>,
    /// `Tidegate <tidegate@example.org>`
    pub from: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte (port 465).
    Tls,
    /// By STARTTLS, and not without (port 587).
    StartTls,
    /// For a relay on this machine (port 25).
    None,
}

#[derive(Debug, Error)]
pub enum EmailError {
    #[error("{0:?} is no address to send from; expected one like \"Tidegate <tidegate@example.org>\"")]
    From(String),
    #[error("the mail relay cannot be used: {0}")]
    Relay(#[source] smtp::Error),
    #[error("a password would be sent in the clear; use tls or start_tls, or no login")]
    ClearPassword,
}

impl Email {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// When the description of the relay cannot work.
    pub fn new(relay: Relay) -> Result<Self, EmailError> {
        let Relay { host, port, encryption, login, from } = relay;
        let sender = from.parse().map_err(|_| EmailError::From(from))?;
        let builder = match encryption {
            Encryption::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(&host).map_err(EmailError::Relay)?,
            Encryption::StartTls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&host).map_err(EmailError::Relay)?,
            Encryption::None if login.is_some() => return Err(EmailError::ClearPassword),
            Encryption::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&host),
        };
        let builder = builder.port(port).timeout(Some(TIMEOUT));
        let builder = match login {
            Some((user, password)) => builder.credentials(Credentials::new(user, password.reveal().to_owned())),
            None => builder,
        };
        Ok(Self { transport: builder.build(), from: sender })
    }
}

#[async_trait]
impl Notifier for Email {
    fn knows(&self, to: &NotifyTo) -> bool {
        matches!(to, NotifyTo::Email(_))
    }

    async fn tell(&self, to: &NotifyTo, key: &str, message: &Message) -> Result<(), NotifyError> {
        let NotifyTo::Email(address) = to else { return Err(NotifyError::Never("this is no e-mail address".to_owned())) };
        let recipient: Mailbox =
            address.parse().map_err(|error| NotifyError::Never(format!("{address:?} is no e-mail address: {error}")))?;
        let mail = lettre::Message::builder()
            .from(self.from.clone())
            .to(recipient)
            .date(message.at.to_utc().into())
            .message_id(Some(format!("<{}@{}>", hex::encode(Sha256::digest(key)), self.from.email.domain())))
            .subject(one_line(&format!("[{}] {}", message.pipeline, message.text)))
            .header(header::ContentType::TEXT_PLAIN)
            .body(body(message))
            .map_err(|error| NotifyError::Never(error.to_string()))?;
        // The transport bounds each command; this bounds the conversation.
        match tokio::time::timeout(TIMEOUT * 2, self.transport.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(NotifyError::Never(error.to_string())),
            Ok(Err(error)) => Err(NotifyError::Later(error.to_string())),
            Err(_) => Err(NotifyError::Later("the mail relay does not come to an end".to_owned())),
        }
    }
}

fn body(message: &Message) -> String {
    let reason = &message.event.reason;
    let url = message.url.as_deref().unwrap_or_default();
    let parts = [message.text.as_str(), reason, url].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n") + "\n"
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUBJECT_CHARS).collect()
}
