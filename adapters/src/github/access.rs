use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::core::Time;
use engine::ports::SecretValue;
use engine::ports::forge::ForgeError;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::Name;
use super::http::{Http, later};
use super::key::AppKey;

/// A token is renewed so long before its end: what is under way may still need it.
const BEFORE_END_MS: u64 = 10 * 60_000;
/// Shorter than GitHub's hour, in case its answer does not say.
const VALID_MS: u64 = 50 * 60_000;
/// How long it is believed that the App is not installed.
const NOT_THERE_MS: u64 = 60_000;

/// How this server is known at GitHub.
#[derive(Debug)]
pub enum Identity {
    /// A GitHub App, installed at the owners of the repositories.
    App { id: String, key: AppKey },
    /// The small alternative: a person's token. It can set statuses and deployments, and no checks.
    Token(SecretValue),
    /// Nobody: public repositories are read, and nothing is written.
    Nobody,
}

/// Tokens by what they are for, each asked for once.
#[derive(Debug, Default)]
pub(super) struct Access {
    installations: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Option<Known>>>>>,
}

/// What is known of the installation at one repository.
#[derive(Debug, Clone)]
enum Known {
    Token {
        token: SecretValue,
        until: Time,
    },
    /// The App is not installed there.
    No {
        until: Time,
        why: String,
    },
}

impl Access {
    /// The token for one repository. One asks, the others wait for its answer.
    pub(super) async fn token(&self, http: &Http, identity: &Identity, name: &Name) -> Result<Option<SecretValue>, ForgeError> {
        let (id, key) = match identity {
            Identity::Nobody => return Ok(None),
            Identity::Token(token) => return Ok(Some(token.clone())),
            Identity::App { id, key } => (id, key),
        };
        let slot = Arc::clone(self.slots().entry(name.to_string()).or_default());
        let mut slot = slot.lock().await;
        let now = http.clock().now();
        match slot.as_ref() {
            Some(Known::Token { token, until }) if *until > now => return Ok(Some(token.clone())),
            Some(Known::No { until, why }) if *until > now => return Err(ForgeError::Never(why.clone())),
            _ => {}
        }
        let jwt = key.token(id, http.their_now_s()).ok_or_else(|| later("the App's key cannot sign"))?;
        let known = ask(http, &jwt, name).await?;
        *slot = Some(known.clone());
        match known {
            Known::Token { token, .. } => Ok(Some(token)),
            Known::No { why, .. } => Err(ForgeError::Never(why)),
        }
    }

    pub(super) fn forget(&self, name: &Name) {
        self.slots().remove(&name.to_string());
    }

    /// Another identity has other tokens.
    pub(super) fn forget_all(&self) {
        self.slots().clear();
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<tokio::sync::Mutex<Option<Known>>>>> {
        self.installations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds the installation and asks for a token that reaches this repository only.
async fn ask(http: &Http, jwt: &SecretValue, name: &Name) -> Result<Known, ForgeError> {
    let no = |why: String| Known::No { until: http.clock().now() + NOT_THERE_MS, why };
    let found = http.send(Method::GET, &format!("/repos/{name}/installation"), jwt, None).await?;
    let installation = match found.status {
        StatusCode::OK => found.json()?["id"].as_u64().ok_or_else(|| later("GitHub's installation has no id"))?,
        StatusCode::NOT_FOUND => {
            return Ok(no(format!("the GitHub App is not installed at {name}; install it there and give it this repository")));
        }
        StatusCode::UNAUTHORIZED => return Ok(no(format!("GitHub does not know the App's key; check github.app ({})", found.message()))),
        _ => return Ok(no(found.message())),
    };
    let body = serde_json::json!({"repositories": [name.repository]});
    let made = http.send(Method::POST, &format!("/app/installations/{installation}/access_tokens"), jwt, Some(&body)).await?;
    if made.status != StatusCode::CREATED {
        return Ok(no(format!("GitHub gives no token for {name}: {}", made.message())));
    }
    let value = made.json()?;
    let token = value["token"].as_str().ok_or_else(|| later("GitHub's answer holds no token"))?;
    let until = http.clock().now() + valid_ms(http, &value).saturating_sub(BEFORE_END_MS);
    Ok(Known::Token { token: SecretValue::new(token.to_owned()), until })
}

/// From GitHub's now to GitHub's end (IG1).
fn valid_ms(http: &Http, value: &Value) -> u64 {
    let end = value["expires_at"].as_str().and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
    end.map_or(VALID_MS, |end| u64::try_from(end.timestamp() - http.their_now_s()).unwrap_or(0).saturating_mul(1_000))
}
