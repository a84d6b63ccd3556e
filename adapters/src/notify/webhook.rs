use async_trait::async_trait;
use engine::core::Event;
use engine::ports::{Message, Notifier, NotifyError, SecretValue};
use hmac::{Hmac, KeyInit, Mac};
use pipelines::plan::NotifyTo;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;
use sha2::Sha256;

use super::{deliver, unsendable};
use crate::egress::Client;

/// `sha256=` and the HMAC-SHA256 of the body's bytes in hexadecimal.
const SIGNATURE: &str = "Tidegate-Signature";

/// A `CloudEvents` 1.0 event in structured JSON, over HTTP POST.
///
/// `id` is the message's key and the same for every try, so that the receiver can drop what it has seen.
/// With a secret the body is signed in the header `Tidegate-Signature: sha256=<hex>`.
#[derive(Debug, Clone)]
pub struct Webhook {
    client: Client,
    secret: Option<SecretValue>,
}

impl Webhook {
    #[must_use]
    pub fn new(client: Client, secret: Option<SecretValue>) -> Self {
        Self { client, secret }
    }
}

/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>
#[derive(Debug, Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    datacontenttype: &'static str,
    data: Data<'a>,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    pipeline: &'a str,
    text: &'a str,
    url: Option<&'a str>,
    event: &'a Event,
}

#[async_trait]
impl Notifier for Webhook {
    fn knows(&self, to: &NotifyTo) -> bool {
        matches!(to, NotifyTo::Webhook(_))
    }

    async fn tell(&self, to: &NotifyTo, key: &str, message: &Message) -> Result<(), NotifyError> {
        let NotifyTo::Webhook(url) = to else { return Err(NotifyError::Never("this is no web hook".to_owned())) };
        let body = serde_json::to_vec(&cloud_event(key, message)).map_err(|error| NotifyError::Never(error.to_string()))?;
        let mut request = self
            .client
            .request(Method::POST, url)
            .map_err(|failure| unsendable(&failure))?
            .header(CONTENT_TYPE, "application/cloudevents+json; charset=UTF-8");
        if let Some(secret) = &self.secret {
            request = request.header(SIGNATURE, signature(secret, &body)?);
        }
        deliver(request.body(body)).await
    }
}

fn cloud_event<'a>(key: &'a str, message: &'a Message) -> CloudEvent<'a> {
    let pipeline: String = url::form_urlencoded::byte_serialize(message.pipeline.as_bytes()).collect();
    let kind = serde_json::to_value(message.event.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
    CloudEvent {
        specversion: "1.0",
        id: key,
        source: format!("/pipelines/{}", pipeline.replace('+', "%20")),
        kind: format!("dev.tidegate.{kind}"),
        time: message.at.to_string(),
        subject: message.event.release.map(|release| release.to_string()),
        datacontenttype: "application/json",
        data: Data { pipeline: &message.pipeline, text: &message.text, url: message.url.as_deref(), event: &message.event },
    }
}

fn signature(secret: &SecretValue, body: &[u8]) -> Result<String, NotifyError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()).map_err(|error| NotifyError::Never(error.to_string()))?;
    mac.update(body);
    Ok(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}
