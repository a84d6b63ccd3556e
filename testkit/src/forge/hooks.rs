use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use sha2::Sha256;

/// Sends web hooks to one server under one secret.
#[derive(Debug)]
pub struct Sender {
    client: Client,
    url: url::Url,
    secret: String,
    sent: AtomicU64,
}

impl Sender {
    #[must_use]
    pub fn new(url: &url::Url, secret: &str) -> Self {
        Self { client: Client::new(), url: url.clone(), secret: secret.to_owned(), sent: AtomicU64::new(0) }
    }

    /// A push to a branch of the repository at this address, under an id of its own.
    pub async fn push(&self, repository: &str, branch: &str) -> Response {
        let body = json!({"ref": format!("refs/heads/{branch}"), "repository": {"clone_url": repository}, "sender": {"id": 1}});
        self.github("push", &self.next_id(), body.to_string().as_bytes()).await
    }

    /// Any event of GitHub's under an id of its own, and what came of it.
    pub(super) async fn event(&self, event: &str, body: &Value, at_s: i64) -> Sent {
        let delivery = self.next_id();
        let response = self.github_request(event, &delivery, body.to_string().as_bytes()).send().await;
        let status = response.map_or(0, |response| response.status().as_u16());
        Sent { delivery, event: event.to_owned(), action: body["action"].as_str().map(str::to_owned), at_s, status }
    }

    /// Any event of GitHub's.
    pub async fn github(&self, event: &str, delivery: &str, body: &[u8]) -> Response {
        sent(self.github_request(event, delivery, body)).await
    }

    /// The same, to be changed before it is sent.
    pub fn github_request(&self, event: &str, delivery: &str, body: &[u8]) -> RequestBuilder {
        self.request("github", body)
            .header("x-github-event", event)
            .header("x-github-delivery", delivery)
            .header("x-hub-signature-256", format!("sha256={}", hex::encode(self.mac(&[body]))))
    }

    pub async fn gitea(&self, event: &str, body: &[u8]) -> Response {
        let request = self.request("gitea", body).header("x-gitea-event", event).header("x-gitea-delivery", self.next_id());
        sent(request.header("x-gitea-signature", hex::encode(self.mac(&[body])))).await
    }

    pub async fn gitlab(&self, event: &str, token: &str, body: &[u8]) -> Response {
        sent(self.request("gitlab", body).header("x-gitlab-event", event).header("x-gitlab-token", token)).await
    }

    /// As the Standard Webhooks sign, to the address of this forge.
    pub async fn standard(&self, forge: &str, body: &[u8]) -> Response {
        let (id, at) = (self.next_id(), "1780000000");
        let mac = STANDARD.encode(self.mac(&[id.as_bytes(), b".", at.as_bytes(), b".", body]));
        let request = self.request(forge, body).header("webhook-id", id).header("webhook-timestamp", at);
        sent(request.header("webhook-signature", format!("v1,{mac}")).header("x-gitlab-event", "Push Hook")).await
    }

    fn request(&self, forge: &str, body: &[u8]) -> RequestBuilder {
        let url = self.url.join(&format!("/webhooks/{forge}")).expect("an address");
        self.client.post(url).header("content-type", "application/json").body(body.to_vec())
    }

    fn next_id(&self) -> String {
        format!("delivery-{}", self.sent.fetch_add(1, Ordering::Relaxed))
    }

    fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("any length will do");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().to_vec()
    }
}

/// What became of a web hook that the fake sent by itself.
#[derive(Debug, Clone)]
pub struct Sent {
    pub delivery: String,
    pub event: String,
    pub action: Option<String>,
    pub at_s: i64,
    /// 0: there was no answer.
    pub status: u16,
}

async fn sent(request: RequestBuilder) -> Response {
    request.send().await.expect("the server answers")
}

/// One recorded payload of GitHub's.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Where it was recorded and of which event, for messages.
    pub name: String,
    pub event: String,
    pub body: Vec<u8>,
}

/// Every payload of `@octokit/webhooks-examples` (MIT), which `scripts/install hooks` puts below `target/`.
///
/// # Panics
/// When it is not installed: a test that leaves it out would prove nothing.
#[must_use]
pub fn recorded() -> Vec<Recorded> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/fixtures/webhooks-examples/package");
    let mut all = Vec::new();
    for place in ["api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"] {
        let file = folder.join(place).join("index.json");
        let text = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}; run `scripts/install hooks`", file.display()));
        let events: Vec<Value> = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for event in events {
            let name = event["name"].as_str().expect("a name").to_owned();
            for (number, example) in event["examples"].as_array().expect("examples").iter().enumerate() {
                let body = example.to_string().into_bytes();
                all.push(Recorded { name: format!("{place} {name} {number}"), event: name.clone(), body });
            }
        }
    }
    all
}
