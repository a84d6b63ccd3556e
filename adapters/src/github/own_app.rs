//! The App that this server is: made from its own pages, kept in its own folder, and how GitHub sees it.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use engine::core::Time;
use engine::ports::forge::ForgeError;
use engine::ports::{
    ActsAs, AppDelivery, AppError, AppForm, AppInstallation, AppOrder, AppPermission, AppReport, AppStanding, ForgeApp, MadeApp,
};
use reqwest::StatusCode;
use serde_json::Value;
use url::Url;

use super::http::later;
use super::kept::{keep_as_own, make_folder};
use super::key::AppKey;
use super::manifest::{ExchangeError, PERMISSIONS, Wanted, exchange};
use super::{GitHub, Identity};
use crate::egress::Client;
use crate::hooks::HookSecrets;

/// So many installations and web hooks are shown.
const INSTALLATIONS: usize = 100;
const DELIVERIES: usize = 30;
/// Where GitHub leads back to, below the server's address.
const BACK: &str = "/api/v1/forges/github/app/back";
/// Where people go on once the App was installed.
const AFTERWARDS: &str = "/settings?tab=github";

/// What a server is at one GitHub.
#[derive(Debug)]
pub struct OwnApp {
    github: Arc<GitHub>,
    web_url: Url,
    /// Where browsers and GitHub reach this server.
    public_url: Url,
    client: Client,
    secrets: HookSecrets,
    place: Result<PathBuf, String>,
}

impl OwnApp {
    /// `secrets` are those that web hooks of this GitHub are proven with. `place` is the folder in which an App that is made here is kept,
    /// or why none is made here.
    #[must_use]
    pub fn new(
        github: Arc<GitHub>,
        web_url: Url,
        public_url: Url,
        client: Client,
        secrets: HookSecrets,
        place: Result<PathBuf, String>,
    ) -> Self {
        Self { github, web_url, public_url, client, secrets, place }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    fn place(&self) -> Result<&PathBuf, AppError> {
        self.place.as_ref().map_err(|why| AppError::Configured(why.clone()))
    }

    /// None where GitHub does not say, for lack of a web hook as an example.
    async fn deliveries(&self) -> Result<Option<Vec<AppDelivery>>, ForgeError> {
        let answer = self.github.ask_as_app(&format!("/app/hook/deliveries?per_page={DELIVERIES}")).await?;
        if answer.status != StatusCode::OK {
            return Ok(None);
        }
        let all = answer.json()?;
        Ok(all.as_array().map(|all| all.iter().map(delivery).collect()))
    }

    async fn list(&self, path: &str, what: &str) -> Result<Value, ForgeError> {
        let answer = self.github.ask_as_app(path).await?;
        match answer.status {
            StatusCode::OK => answer.json(),
            StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND => {
                Err(ForgeError::Never(format!("GitHub does not know this App any more, or not its key ({})", answer.message())))
            }
            _ => Err(ForgeError::Never(format!("GitHub does not tell {what}: {}", answer.message()))),
        }
    }
}

#[async_trait]
impl ForgeApp for OwnApp {
    fn standing(&self) -> AppStanding {
        let acts_as = match &*self.github.identity() {
            Identity::App { id, .. } => ActsAs::App { id: id.clone() },
            Identity::Token(_) => ActsAs::Token,
            Identity::Nobody => ActsAs::Nobody,
        };
        AppStanding { acts_as, hears: !self.secrets.is_empty(), makes_none_because: self.place.as_ref().err().cloned() }
    }

    fn origin(&self) -> Option<String> {
        self.place.as_ref().ok().map(|_| self.web_url.origin().ascii_serialization())
    }

    fn order(&self, order: &AppOrder, state: &str) -> Result<AppForm, AppError> {
        // Before anything is made at GitHub that could not be kept here.
        make_folder(self.place()?).map_err(|error| AppError::NotKept(format!("no App could be kept here: {error}")))?;
        let wanted = Wanted {
            web_url: self.web_url.clone(),
            public_url: self.public_url.clone(),
            organisation: order.organisation.clone(),
            name: order.name.clone(),
        };
        wanted.form(&self.at(BACK), Some(&self.at(AFTERWARDS)), state).map_err(|unfit| AppError::Invalid(unfit.to_string()))
    }

    async fn make(&self, code: &str) -> Result<MadeApp, AppError> {
        let place = self.place()?;
        let made = exchange(&self.web_url, code, &self.client).await.map_err(|error| match error {
            ExchangeError::Refused(_) => AppError::Refused(error.to_string()),
            ExchangeError::Unreachable(_) => AppError::Unreachable(error.to_string()),
        })?;
        let lost = |why: String| {
            let page = &made.html_url;
            AppError::NotKept(format!(
                "the App {} was made at GitHub, but not kept here: {why}. Delete it at {page}, and begin again",
                made.id
            ))
        };
        let key = AppKey::from_pem(&made.key_pem).map_err(|error| lost(error.to_string()))?;
        keep_as_own(place, &self.web_url, &made).map_err(|error| lost(error.to_string()))?;
        if let Some(secret) = &made.webhook_secret {
            self.secrets.add(secret.clone()).map_err(|error| lost(error.to_string()))?;
        }
        let id = made.id.to_string();
        self.github.become_app(id.clone(), key);
        Ok(MadeApp { id, name: made.name })
    }

    async fn look(&self) -> Result<AppReport, ForgeError> {
        let installations = format!("/app/installations?per_page={INSTALLATIONS}");
        let (app, installations, deliveries) = futures::try_join!(
            self.list("/app", "what it knows of this App"),
            self.list(&installations, "where this App is installed"),
            self.deliveries()
        )?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = app["id"].as_u64().ok_or_else(|| later("GitHub's answer is no App"))?;
        let url = text(&app["html_url"]);
        Ok(AppReport {
            id: id.to_string(),
            name: text(&app["name"]),
            owner: text(&app["owner"]["login"]),
            install_url: format!("{url}/installations/new"),
            url,
            permissions: permissions(&app["permissions"]),
            installations: installations.as_array().into_iter().flatten().map(installation).collect(),
            deliveries,
        })
    }
}

/// What is needed, and whatever else was granted.
fn permissions(granted: &Value) -> Vec<AppPermission> {
    let of = |name: &str| granted[name].as_str().map(str::to_owned);
    let needed = PERMISSIONS.iter().map(|(name, access)| AppPermission {
        name: (*name).to_owned(),
        granted: of(name),
        needed: Some((*access).to_owned()),
    });
    let more = granted.as_object().into_iter().flat_map(|all| all.keys()).filter(|name| PERMISSIONS.iter().all(|(known, _)| known != name));
    needed.chain(more.map(|name| AppPermission { name: name.clone(), granted: of(name), needed: None })).collect()
}

fn installation(value: &Value) -> AppInstallation {
    let lacking = permissions(&value["permissions"]).into_iter().filter(AppPermission::is_lacking);
    AppInstallation {
        account: value["account"]["login"].as_str().unwrap_or_default().to_owned(),
        url: value["html_url"].as_str().unwrap_or_default().to_owned(),
        every_repository: value["repository_selection"] == "all",
        suspended: value["suspended_at"].is_string(),
        lacks: lacking.map(|lacking| format!("{}: {}", lacking.name, lacking.needed.unwrap_or_default())).collect(),
    }
}

fn delivery(value: &Value) -> AppDelivery {
    let at = value["delivered_at"].as_str().and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
    let event = [&value["event"], &value["action"]].into_iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
    AppDelivery {
        id: value["guid"].as_str().unwrap_or_default().to_owned(),
        at: at.map(|at| Time(at.timestamp_millis())),
        event,
        outcome: value["status"].as_str().unwrap_or_default().chars().take(120).collect(),
        status: value["status_code"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
        is_again: value["redelivery"] == true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_owner_has_not_granted_is_named() {
        let granted = json!({"checks": "read", "contents": "write", "deployments": "write", "metadata": "read", "statuses": "write", "issues": "read"});
        let installation = installation(
            &json!({"account": {"login": "acme"}, "permissions": granted, "repository_selection": "selected", "suspended_at": null}),
        );
        assert_eq!(installation.lacks, ["checks: write", "pull_requests: write"]);
        assert!(!installation.every_repository && !installation.suspended);
        let more = permissions(&granted).pop().unwrap();
        assert_eq!((more.name.as_str(), more.needed.as_deref(), more.is_lacking()), ("issues", None, false));
    }

    #[test]
    fn a_delivery_without_an_answer_has_failed() {
        let failed = delivery(
            &json!({"guid": "d-1", "delivered_at": "2026-11-22T01:02:03Z", "event": "push", "status": "failed to connect to host", "status_code": 0}),
        );
        assert!(failed.has_failed() && failed.at.is_some());
        let fine =
            delivery(&json!({"event": "check_run", "action": "rerequested", "status": "Accepted", "status_code": 202, "redelivery": true}));
        assert_eq!((fine.event.as_str(), fine.has_failed(), fine.is_again), ("check_run rerequested", false, true));
    }
}
