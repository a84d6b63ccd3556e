use std::pin::Pin;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use reqwest::Response;

use super::failure;
use crate::config::client::Access;
use crate::exit::{Exit, Failure, Result};

/// The longest event that is taken.
const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// Server-sent events (HTML Living Standard, 9.2) of one connection.
pub(crate) struct Events {
    pieces: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    access: Access,
    parser: Parser,
}

/// One event. Comments, which only keep the connection alive, are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// `message` when the server named none.
    pub(crate) name: String,
    pub(crate) data: String,
    pub(crate) id: Option<String>,
}

impl Events {
    pub(super) fn new(response: Response, access: Access) -> Self {
        Self { pieces: Box::pin(response.bytes_stream()), access, parser: Parser::default() }
    }

    /// None when the server has ended the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Received>> {
        loop {
            if let Some(event) = self.parser.next() {
                return Ok(Some(event));
            }
            match self.pieces.next().await {
                Some(piece) => self.parser.push(&piece.map_err(|error| failure::broken(&self.access, &error))?),
                None => return Ok(None),
            }
            if self.parser.unread.len() > MAX_EVENT_BYTES {
                return Err(Failure::new(Exit::ServerError, "the server sent an event of more than 16 MiB"));
            }
        }
    }
}

/// Lines end with LF or CR LF, which is what servers send.
#[derive(Debug, Default)]
struct Parser {
    unread: Vec<u8>,
    /// Up to there `unread` holds no line end.
    searched: usize,
    event: Received,
    has_data: bool,
}

impl Parser {
    fn push(&mut self, piece: &[u8]) {
        self.unread.extend_from_slice(piece);
    }

    fn next(&mut self) -> Option<Received> {
        while let Some(offset) = self.unread.iter().skip(self.searched).position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=self.searched + offset).collect();
            self.searched = 0;
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            if line.is_empty() {
                let event = std::mem::take(&mut self.event);
                if std::mem::take(&mut self.has_data) {
                    let name = if event.name.is_empty() { "message".to_owned() } else { event.name };
                    return Some(Received { name, ..event });
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut self.event.name),
                "id" => self.event.id = Some(value.to_owned()),
                "data" => {
                    if std::mem::replace(&mut self.has_data, true) {
                        self.event.data.push('\n');
                    }
                    self.event.data.push_str(value);
                }
                _ => {}
            }
        }
        self.searched = self.unread.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_the_bytes_were_cut() {
        let text = b": heartbeat\n\nevent: synced\r\ndata: {}\r\n\r\nid: 7\ndata: one\ndata:two\n\nevent: nothing\n\ndata: \xc3\xa4\n\nunfinished: x";
        let expected = vec![
            Received { name: "synced".to_owned(), data: "{}".to_owned(), id: None },
            Received { name: "message".to_owned(), data: "one\ntwo".to_owned(), id: Some("7".to_owned()) },
            Received { name: "message".to_owned(), data: "ä".to_owned(), id: None },
        ];
        for size in [1, 2, 3, 7, 1000] {
            let mut parser = Parser::default();
            let mut events = Vec::new();
            for piece in text.chunks(size) {
                parser.push(piece);
                while let Some(event) = parser.next() {
                    events.push(event);
                }
            }
            assert_eq!(events, expected, "pieces of {size} bytes");
        }
    }
}
