//! What happens, a line for each event, with the seconds since the demo began.

use std::sync::Arc;

use engine::core::Time;
use engine::ports::Clock;
use tokio::task::JoinHandle;

use crate::client::{Client, Feed};
use crate::narrator;
use crate::output::{Output, Style};

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Narration {
    began: Time,
    clock: Arc<dyn Clock>,
    output: Output,
    telling: JoinHandle<()>,
}

impl Narration {
    /// From the very first event on, across restarts of the server.
    pub(super) fn begin(client: Client, clock: Arc<dyn Clock>, output: Output, since: u64) -> Self {
        let began = clock.now();
        let feed = Feed::new(client, Arc::clone(&clock), None, Some(since));
        let telling = tokio::spawn(tell(feed, began, output.clone()));
        Self { began, clock, output, telling }
    }

    /// What the demo itself does.
    pub(super) fn say(&self, text: &str) {
        if self.output.json {
            return;
        }
        let line = format!("{} {}", stamp(self.clock.now(), self.began), self.output.paint(Style::Strong, text));
        // A reader that has gone ends the narration, not the tour.
        drop(self.output.line(line));
    }
}

impl Drop for Narration {
    fn drop(&mut self) {
        self.telling.abort();
    }
}

async fn tell(mut feed: Feed, began: Time, output: Output) {
    loop {
        let events = match feed.next().await {
            Ok(events) => events,
            Err(failure) => return output.talk(format!("the events can no longer be followed: {failure}")),
        };
        for event in events {
            let told = if output.json {
                output.json_line(&event)
            } else {
                match narrator::line(&narrator::of_feed(&event), &output) {
                    Some(line) => output.line(format!("{} {line}", stamp(event.at, began))),
                    None => Ok(()),
                }
            };
            if told.is_err() {
                return;
            }
        }
    }
}

fn stamp(at: Time, began: Time) -> String {
    let ms = at.since_ms(began);
    format!("{:>4}.{} s", ms / 1000, ms % 1000 / 100)
}
