use adapters::notify::{Email, EmailError, Encryption, Relay};
use engine::ports::{Notifier, NotifyError, SecretValue};
use pipelines::plan::NotifyTo;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::notify::message;
use crate::server::Gone;

/// A scripted SMTP relay (RFC 5321): takes one mail after the other and answers `RCPT TO` with `verdict`.
async fn relay(verdict: &'static str) -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, mails) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 relay\r\n").await.unwrap();
            let (mut line, mut mail) = (String::new(), None::<String>);
            while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                let answer = match (&mut mail, line.trim_end()) {
                    (Some(text), ".") => {
                        sender.send(std::mem::take(text)).unwrap();
                        mail = None;
                        "250 taken"
                    }
                    (Some(text), part) => {
                        text.push_str(part);
                        text.push('\n');
                        ""
                    }
                    (None, "DATA") => {
                        mail = Some(String::new());
                        "354 go on"
                    }
                    (None, command) if command.starts_with("RCPT") => verdict,
                    (None, "QUIT") => "221 bye",
                    (None, _) => "250 fine",
                };
                if !answer.is_empty() {
                    stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
                }
                line.clear();
            }
        }
    });
    (port, mails)
}

fn email(port: u16) -> Email {
    Email::new(place(port, Encryption::None, None)).unwrap()
}

fn place(port: u16, encryption: Encryption, login: Option<(String, SecretValue)>) -> Relay {
    Relay { host: "127.0.0.1".to_owned(), port, encryption, login, from: "Tidegate <tidegate@example.org>".to_owned() }
}

fn to(address: &str) -> NotifyTo {
    NotifyTo::Email(address.to_owned())
}

#[tokio::test]
async fn a_mail_says_it_in_one_line_and_keeps_its_id_at_every_try() {
    let (port, mut mails) = relay("250 fine").await;
    let email = email(port);
    assert!(email.knows(&to("ada@example.org")) && !email.knows(&NotifyTo::Slack("#a".to_owned())));
    let mut said = message();
    said.text = "#412 failed\r\nBcc: everybody@example.org".to_owned();
    email.tell(&to("ada@example.org"), "key-1", &said).await.unwrap();
    email.tell(&to("ada@example.org"), "key-1", &said).await.unwrap();
    let first = mails.recv().await.unwrap();
    assert!(first.contains("Subject: [orders & co] #412 failed  Bcc: everybody@example.org\n"), "{first}");
    let (headers, _) = first.split_once("\n\n").unwrap();
    assert!(!headers.lines().any(|line| line.starts_with("Bcc:")), "no header comes from a text: {first}");
    assert!(first.contains("From: Tidegate <tidegate@example.org>\nTo: ada@example.org\n"), "{first}");
    assert!(first.contains("https://tidegate.example/p/1"), "{first}");
    let id = |mail: &str| mail.lines().find(|line| line.starts_with("Message-ID: ")).unwrap().to_owned();
    assert_eq!(id(&first), id(&mails.recv().await.unwrap()));
}

#[tokio::test]
async fn the_relays_answer_tells_whether_to_try_again() {
    let (full, _mails) = relay("452 the box is full").await;
    let error = email(full).tell(&to("ada@example.org"), "k", &message()).await.unwrap_err();
    assert!(matches!(error, NotifyError::Later(_)), "{error:?}");
    let (unknown, _mails) = relay("550 nobody of that name").await;
    let error = email(unknown).tell(&to("ada@example.org"), "k", &message()).await.unwrap_err();
    assert!(matches!(&error, NotifyError::Never(detail) if detail.contains("550")), "{error:?}");
    let gone = Gone::new();
    let error = email(gone.address.port()).tell(&to("ada@example.org"), "k", &message()).await.unwrap_err();
    assert!(matches!(error, NotifyError::Later(_)), "{error:?}");
    let error = email(full).tell(&to("no address"), "k", &message()).await.unwrap_err();
    assert!(matches!(error, NotifyError::Never(_)), "{error:?}");
}

#[tokio::test]
async fn a_password_is_never_sent_in_the_clear() {
    let login = Some(("ada".to_owned(), SecretValue::new("hunter22".to_owned())));
    let refused = Email::new(place(25, Encryption::None, login.clone()));
    assert!(matches!(refused, Err(EmailError::ClearPassword)), "{refused:?}");
    // A relay that knows no STARTTLS gets nothing.
    let (port, mut mails) = relay("250 fine").await;
    let strict = Email::new(place(port, Encryption::StartTls, login)).unwrap();
    assert!(strict.tell(&to("ada@example.org"), "k", &message()).await.is_err());
    assert!(mails.try_recv().is_err());
    let nobody = Email::new(Relay { from: "nobody".to_owned(), ..place(25, Encryption::None, None) });
    assert!(matches!(nobody, Err(EmailError::From(_))), "{nobody:?}");
}
