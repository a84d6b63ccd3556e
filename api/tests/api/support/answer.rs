use std::ops::Index;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, to_bytes};
use axum::http::{HeaderMap, Response, StatusCode, header};
use futures::StreamExt as _;
use serde_json::Value;

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) line: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Answer {
    pub(super) async fn read(line: String, response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let is_stream = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let bytes = if is_stream { axum::body::Bytes::new() } else { to_bytes(body, usize::MAX).await.expect("a body") };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { line, status: parts.status, headers: parts.headers, text, json }
    }

    /// The body, when the status is the one expected.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.line, self.text);
        self.json
    }

    /// The text of an answer that is no JSON.
    #[track_caller]
    pub(crate) fn expect_text(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}: {}", self.line, self.text);
        self.text
    }

    /// A problem of that status and code; answers its detail.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> String {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}: {}", self.line, self.text);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.line);
        self.json["detail"].as_str().expect("a detail").to_owned()
    }

    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// The session cookie that was set, as a browser sends it back.
    #[track_caller]
    pub(crate) fn cookie(&self) -> String {
        let set = self.headers.get(header::SET_COOKIE).unwrap_or_else(|| panic!("{} set no cookie: {}", self.line, self.text));
        set.to_str().expect("a text").split(';').next().expect("a pair").to_owned()
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        &self.json[key]
    }
}

/// The frames of an answer that goes on.
pub(crate) struct Frames {
    pub(crate) headers: HeaderMap,
    body: BodyDataStream,
    buffer: String,
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    pub(crate) event: String,
    pub(crate) id: Option<u64>,
    pub(crate) data: Value,
}

impl Frames {
    pub(super) fn new(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self { headers: parts.headers, body: body.into_data_stream(), buffer: String::new() }
    }

    /// The next event; none at the end. Comments are left out.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            let frame = self.next_raw().await?;
            if frame.lines().any(|line| line.starts_with("event:")) {
                return Some(parse(&frame));
            }
        }
    }

    /// The next event or comment, as it travels.
    pub(crate) async fn next_raw(&mut self) -> Option<String> {
        loop {
            if let Some((frame, rest)) = self.buffer.split_once("\n\n") {
                let frame = frame.to_owned();
                self.buffer = rest.to_owned();
                return Some(frame);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("a frame within 20 s")?;
            self.buffer.push_str(&String::from_utf8_lossy(&chunk.expect("a chunk")));
        }
    }
}

fn parse(frame: &str) -> Frame {
    let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    Frame {
        event: field("event:").unwrap_or_default().to_owned(),
        id: field("id:").and_then(|id| id.parse().ok()),
        data: serde_json::from_str(field("data:").unwrap_or("null")).expect("JSON"),
    }
}
