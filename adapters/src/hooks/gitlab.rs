use engine::ports::forge::{Delivery, Headers, Hook, HookReader, HookRefused, Meaning};
use serde::Deserialize;

use super::payload::{self, Texts};
use super::signature::HookSecrets;
use super::standard;
use super::{header, json_only};

const TOKEN: &str = "x-gitlab-token";
const EVENT: &str = "x-gitlab-event";

/// GitLab: its signing token where it has one (the Standard Webhooks), or else its secret token, which proves the sender
/// but not the body.
///
/// <https://docs.gitlab.com/user/project/integrations/webhooks/>
#[derive(Debug, Clone)]
pub struct GitLab {
    secrets: HookSecrets,
}

impl GitLab {
    #[must_use]
    pub fn new(secrets: HookSecrets) -> Self {
        Self { secrets }
    }
}

impl HookReader for GitLab {
    fn forge(&self) -> &str {
        "gitlab"
    }

    fn expects(&self, headers: &Headers) -> Result<(), HookRefused> {
        if self.secrets.is_empty() {
            return Err(HookRefused::NotConfigured { forge: "gitlab".to_owned(), next_step: "set gitlab.webhook_secrets".to_owned() });
        }
        if !headers.contains_key(TOKEN) && !headers.contains_key(standard::SIGNATURE) {
            return Err(HookRefused::Unproven(format!("there is neither {} nor {TOKEN}; give the web hook a token", standard::SIGNATURE)));
        }
        header(headers, EVENT).map(drop)
    }

    fn read(&self, delivery: &Delivery) -> Result<Hook, HookRefused> {
        self.expects(&delivery.headers)?;
        let headers = &delivery.headers;
        // A wrong signature is not mended by a right token.
        let is_proven = if headers.contains_key(standard::SIGNATURE) {
            standard::is_signed(&self.secrets, delivery)
        } else {
            self.secrets.holds(header(headers, TOKEN)?)
        };
        if !is_proven {
            return Err(HookRefused::Unproven("neither signature nor token is that of any configured secret".to_owned()));
        }
        json_only(headers)?;
        let event = header(headers, EVENT)?;
        let id = ["webhook-id", "idempotency-key", "x-gitlab-event-uuid"].iter().find_map(|name| headers.get(*name));
        Ok(Hook { delivery: id.cloned(), event: event.to_owned(), meaning: meaning(event, &delivery.body)? })
    }
}

#[derive(Deserialize)]
struct Push {
    #[serde(default)]
    project: Texts,
}

fn meaning(event: &str, body: &[u8]) -> Result<Meaning, HookRefused> {
    // A merged merge request is a push, too.
    if event != "Push Hook" {
        payload::is_json(body)?;
        return Ok(Meaning::Ignored("this server does nothing with events of that name".to_owned()));
    }
    let push: Push = payload::read(body)?;
    payload::heads("project", push.project.names(&["git_http_url", "git_ssh_url", "web_url"]))
}
