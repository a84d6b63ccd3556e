//! What the server shows STS when it enters an account: its own principal's signature and the account's external id, or a token that it
//! signs itself, for which it needs no principal anywhere.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::keys::{BEFORE_MS, Keys, VALID_MS};
use super::{Engine, Error};
use crate::core::Time;
use crate::ports::{Access, Accounts, Clock, Entry, IdentityError, Ids};
use crate::store::{AccountRow, EnteredBy, Store};

/// Whom STS shall believe that a token is meant for it, in every partition.
pub const AUDIENCE: &str = "sts.amazonaws.com";
/// Every subject of the server's own tokens begins so; none of a job's does.
pub(super) const SERVER: &str = "server:";
/// STS takes no longer ones.
const SUBJECT_BYTES: usize = 255;

/// As what the server enters an account; the subject of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Errand {
    /// For one attempt; what its job would say of itself (IF6).
    Attempt { subject: String },
    /// `accounts check`.
    Check,
    /// Alarms and metrics are read.
    Watch,
    /// What a job of no pipeline of this server would say: nobody whom a trust policy that names the server's subjects lets in.
    Stranger { token: String },
}

impl fmt::Display for Errand {
    /// No job's own token begins so: one for the same audience is not taken for the server's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attempt { subject } => write!(f, "{SERVER}{subject}"),
            Self::Check => write!(f, "{SERVER}check"),
            Self::Watch => write!(f, "{SERVER}watch"),
            Self::Stranger { token } => write!(f, "pipeline:stranger-{token}:stage:stranger:target::trust:fork"),
        }
    }
}

/// The registered accounts, and how each is entered.
#[derive(Debug, Clone)]
pub struct Registry {
    pub store: Store,
    pub keys: Arc<Keys>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Where people and AWS reach this server, without a slash at the end: the issuer of its tokens.
    pub public_url: String,
}

impl Registry {
    /// `tags`: what the session shall say of itself. In a token they are a claim, as the call has no place for them.
    pub(super) async fn entry(&self, account: &AccountRow, errand: &Errand, tags: &[(String, String)]) -> Result<Entry, IdentityError> {
        match account.entered_by {
            EnteredBy::Principal => Ok(Entry::Principal { external_id: account.external_id.clone() }),
            EnteredBy::WebIdentity => self.token(errand, tags).await,
        }
    }

    async fn token(&self, errand: &Errand, tags: &[(String, String)]) -> Result<Entry, IdentityError> {
        let issuer = self.public_url.clone();
        if let Some(detail) = unfit(&issuer) {
            return Err(IdentityError::IssuerUnfit { issuer, detail: detail.to_owned() });
        }
        let subject = errand.to_string();
        if subject.len() > SUBJECT_BYTES {
            let detail = format!("its subject {subject:?} is longer than the {SUBJECT_BYTES} characters that STS takes");
            return Err(IdentityError::TokenRefused { issuer, detail });
        }
        let now = self.clock.now();
        let key = self.keys.current(&self.store, now).await.map_err(|error| match error {
            Error::Identity(error) => error,
            other => IdentityError::NoKey { detail: other.to_string() },
        })?;
        let claims = claims(&issuer, &subject, &self.ids.uuid(), tags, now);
        let token = key.sign(&claims).map_err(|detail| IdentityError::NoKey { detail })?;
        Ok(Entry::WebIdentity { issuer, token })
    }
}

#[async_trait]
impl Accounts for Registry {
    async fn access(&self, account: &str) -> Result<Option<Access>, String> {
        let found = self.store.account(account).await.map_err(|error| error.to_string())?;
        Ok(found.map(|(row, _)| Access { partition: row.partition, roles: row.roles }))
    }

    async fn watcher(&self, account: &str, tags: &[(String, String)]) -> Result<Entry, IdentityError> {
        let unread = |detail: String| IdentityError::Unavailable { detail };
        let found = self.store.account(account).await.map_err(|error| unread(error.to_string()))?;
        let (row, _) = found.ok_or_else(|| unread(format!("account {account} is not registered any more")))?;
        self.entry(&row, &Errand::Watch, tags).await
    }
}

impl Engine {
    /// Its accounts, for what reads in them.
    #[must_use]
    pub fn account_registry(&self) -> Registry {
        Registry {
            store: self.store.clone(),
            keys: Arc::clone(&self.ports.keys),
            clock: Arc::clone(&self.ports.clock),
            ids: Arc::clone(&self.ports.ids),
            public_url: self.settings.public_url.clone(),
        }
    }
}

/// What AWS asks of the address of an OpenID provider (IAM, CreateOpenIDConnectProvider).
fn unfit(issuer: &str) -> Option<&'static str> {
    let Some(host) = issuer.strip_prefix("https://") else { return Some("AWS takes a provider at an address of https:// only") };
    if host.contains(':') {
        return Some("AWS takes no provider at an address with a port");
    }
    None
}

/// The claim of tags as the IAM User Guide writes it ("Passing session tags using AssumeRoleWithWebIdentity").
fn claims(issuer: &str, subject: &str, id: &str, tags: &[(String, String)], now: Time) -> Value {
    let seconds = |at: Time| at.0 / 1_000;
    let principal_tags: serde_json::Map<String, Value> = tags.iter().map(|(key, value)| (key.clone(), json!([value]))).collect();
    json!({
        "iss": issuer,
        "sub": subject,
        "aud": AUDIENCE,
        "iat": seconds(now),
        "nbf": seconds(Time(now.0 - i64::try_from(BEFORE_MS).unwrap_or_default())),
        "exp": seconds(now + VALID_MS),
        "jti": id,
        "https://aws.amazon.com/tags": {"principal_tags": principal_tags, "transitive_tag_keys": []},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if6_what_the_server_says_of_itself_is_never_what_a_job_says_of_itself() {
        let job = "pipeline:01a2:stage:prod:target:prod/eu-west-1:trust:branch".to_owned();
        let all = [Errand::Attempt { subject: job.clone() }, Errand::Check, Errand::Watch, Errand::Stranger { token: "a".to_owned() }];
        let all = all.map(|errand| errand.to_string());
        assert_eq!(all[0], format!("server:{job}"));
        assert_eq!(all[1..], ["server:check", "server:watch", "pipeline:stranger-a:stage:stranger:target::trust:fork"]);
    }

    #[test]
    fn aws_takes_an_issuer_of_https_without_a_port_only() {
        assert_eq!(unfit("https://tidegate.example.org"), None);
        assert!(unfit("http://tidegate.example.org").is_some_and(|detail| detail.contains("https")));
        assert!(unfit("https://tidegate.example.org:8443").is_some_and(|detail| detail.contains("port")));
    }

    #[test]
    fn the_tags_of_a_session_travel_as_a_claim() {
        let tags = [("tidegate:fence".to_owned(), "7".to_owned())];
        let claims = claims("https://t", "server:check", "id", &tags, Time(1_000_000_000));
        let shown = claims["https://aws.amazon.com/tags"].to_string();
        assert_eq!(shown, r#"{"principal_tags":{"tidegate:fence":["7"]},"transitive_tag_keys":[]}"#);
        assert_eq!(
            (claims["aud"].as_str(), claims["exp"].as_i64(), claims["nbf"].as_i64()),
            (Some(AUDIENCE), Some(1_000_600), Some(999_940))
        );
    }
}
