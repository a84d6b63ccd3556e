use std::sync::Arc;

use api::types::FeedEvent;
use engine::ports::Clock;

use super::{Client, Events};
use crate::exit::{Exit, Failure, Result};

/// Between two tries to connect again.
const PAUSE_MS: u64 = 200;

/// Every event after a given one, across broken connections and restarts of the server.
pub(crate) struct Feed {
    client: Client,
    clock: Arc<dyn Clock>,
    /// `p/<pipeline>`; none: everything.
    topics: Option<String>,
    /// The last event that was handed over.
    since: Option<u64>,
    stream: Option<Events>,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("topics", &self.topics).field("since", &self.since).finish_non_exhaustive()
    }
}

impl Feed {
    /// `since`: the `seq` of a snapshot; none: from now on.
    pub(crate) fn new(client: Client, clock: Arc<dyn Clock>, topics: Option<String>, since: Option<u64>) -> Self {
        Self { client, clock, topics, since, stream: None }
    }

    /// The next events, at least one. Waits as long as the server is away; fails when it refuses.
    pub(crate) async fn next(&mut self) -> Result<Vec<FeedEvent>> {
        loop {
            let stream = match &mut self.stream {
                Some(stream) => stream,
                None => match self.client.events(&self.path()).await {
                    Ok(stream) => self.stream.insert(stream),
                    Err(failure) if failure.exit == Exit::Unreachable || failure.code.as_deref() == Some("draining") => {
                        pause(&self.clock).await;
                        continue;
                    }
                    Err(failure) => return Err(failure),
                },
            };
            match stream.next().await {
                Ok(Some(received)) => {
                    self.since = received.id.as_deref().and_then(|id| id.parse().ok()).or(self.since);
                    if received.name == "events" {
                        let events = serde_json::from_str::<Vec<FeedEvent>>(&received.data);
                        return events.map_err(|error| {
                            Failure::new(Exit::ServerError, format!("the server sent events that cannot be read: {error}"))
                        });
                    }
                }
                // The server stops, or the connection broke: what was missed comes after the next connection.
                Ok(None) | Err(_) => {
                    self.stream = None;
                    pause(&self.clock).await;
                }
            }
        }
    }

    fn path(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(since) = self.since {
            query.append_pair("since", &since.to_string());
        }
        if let Some(topics) = &self.topics {
            query.append_pair("topics", topics);
        }
        format!("/api/v1/events?{}", query.finish())
    }
}

/// Not a method: the stream can be used from one thread only.
async fn pause(clock: &Arc<dyn Clock>) {
    clock.sleep_until(clock.now() + PAUSE_MS).await;
}
