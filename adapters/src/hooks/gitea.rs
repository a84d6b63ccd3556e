use engine::ports::forge::{Delivery, Headers, Hook, HookReader, HookRefused, Meaning};

use super::payload;
use super::signature::HookSecrets;
use super::{header, json_only};

/// Forgejo sends both; each under the same secret.
const SIGNATURES: [&str; 2] = ["x-forgejo-signature", "x-gitea-signature"];
const EVENTS: [&str; 2] = ["x-forgejo-event", "x-gitea-event"];
const DELIVERIES: [&str; 2] = ["x-forgejo-delivery", "x-gitea-delivery"];

/// Gitea and Forgejo: the bare hexadecimal HMAC-SHA256 of the body.
///
/// <https://docs.gitea.com/usage/webhooks>
#[derive(Debug, Clone)]
pub struct Gitea {
    secrets: HookSecrets,
}

impl Gitea {
    #[must_use]
    pub fn new(secrets: HookSecrets) -> Self {
        Self { secrets }
    }
}

impl HookReader for Gitea {
    fn forge(&self) -> &str {
        "gitea"
    }

    fn expects(&self, headers: &Headers) -> Result<(), HookRefused> {
        if self.secrets.is_empty() {
            return Err(HookRefused::NotConfigured { forge: "gitea".to_owned(), next_step: "set gitea.webhook_secrets".to_owned() });
        }
        if first(headers, &SIGNATURES).is_err() {
            return Err(HookRefused::Unproven(format!("there is no header {}; give the web hook a secret", SIGNATURES[1])));
        }
        first(headers, &EVENTS).map(drop)
    }

    fn read(&self, delivery: &Delivery) -> Result<Hook, HookRefused> {
        self.expects(&delivery.headers)?;
        let presented = hex::decode(first(&delivery.headers, &SIGNATURES)?).ok();
        if !presented.is_some_and(|mac| self.secrets.signed(&[&delivery.body], &mac)) {
            return Err(HookRefused::Unproven("the signature is not that of this body under any configured secret".to_owned()));
        }
        json_only(&delivery.headers)?;
        let event = first(&delivery.headers, &EVENTS)?;
        Ok(Hook {
            delivery: first(&delivery.headers, &DELIVERIES).ok().map(str::to_owned),
            event: event.to_owned(),
            meaning: meaning(event, &delivery.body)?,
        })
    }
}

fn meaning(event: &str, body: &[u8]) -> Result<Meaning, HookRefused> {
    // A merged pull request is a push, too.
    if !["push", "create", "delete"].contains(&event) {
        payload::is_json(body)?;
        return Ok(Meaning::Ignored("this server does nothing with events of that name".to_owned()));
    }
    payload::moved(body, &["clone_url", "ssh_url", "html_url"])
}

fn first<'a>(headers: &'a Headers, names: &[&'static str; 2]) -> Result<&'a str, HookRefused> {
    header(headers, names[0]).or_else(|_| header(headers, names[1]))
}
