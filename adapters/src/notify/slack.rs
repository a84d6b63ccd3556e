use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::ports::{Message, Notifier, NotifyError, SecretValue};
use pipelines::plan::NotifyTo;
use reqwest::Method;
use serde_json::json;

use super::{deliver, unsendable};
use crate::egress::Client;

/// Slack's incoming web hooks: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/>.
///
/// Slack knows no key of a message: one whose answer was lost may come twice.
#[derive(Debug, Clone)]
pub struct Slack {
    client: Client,
    hooks: BTreeMap<String, SecretValue>,
}

impl Slack {
    /// `hooks`: the address of the incoming web hook of each channel, by its name as pipeline files write it.
    /// The address is all that is needed to write there, so it is a secret.
    #[must_use]
    pub fn new(client: Client, hooks: BTreeMap<String, SecretValue>) -> Self {
        Self { client, hooks }
    }
}

#[async_trait]
impl Notifier for Slack {
    fn knows(&self, to: &NotifyTo) -> bool {
        matches!(to, NotifyTo::Slack(_))
    }

    async fn tell(&self, to: &NotifyTo, _key: &str, message: &Message) -> Result<(), NotifyError> {
        let NotifyTo::Slack(channel) = to else { return Err(NotifyError::Never("this is no Slack channel".to_owned())) };
        // `#orders` and `orders` are one channel.
        let name = channel.trim_start_matches('#');
        let found = self.hooks.iter().find(|(configured, _)| configured.trim_start_matches('#') == name);
        let Some((_, hook)) = found else {
            return Err(NotifyError::Never(format!("the server's configuration has no incoming web hook for the channel {channel}")));
        };
        let request = self.client.request(Method::POST, hook.reveal()).map_err(|failure| unsendable(&failure))?;
        deliver(request.json(&json!({ "text": text(message) }))).await
    }
}

fn text(message: &Message) -> String {
    let line = format!("*{}* {}", escaped(&message.pipeline), escaped(&message.text));
    match &message.url {
        Some(url) => format!("{line} <{}|open>", escaped(url).replace('|', "%7C")),
        None => line,
    }
}

/// The three characters that Slack reads as markup of links and mentions.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
