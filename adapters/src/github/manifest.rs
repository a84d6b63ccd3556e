//! What an App is made of, and the exchange of GitHub's code for it.
//!
//! <https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest>

use std::time::Duration;

use engine::ports::{AppForm, SecretValue};
use reqwest::{Method, header};
use serde_json::{Value, json};
use thiserror::Error;
use url::{Host, Url};

use super::api_base;
use crate::egress::{self, Client};

const BODY_BYTES: usize = 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(20);
/// GitHub takes 34 characters for the name of an App, and 39 for that of an organisation.
const NAME_CHARS: usize = 34;
const ORGANISATION_CHARS: usize = 39;

/// The least that reading, checks, statuses, deployments and comments need; docs/github.md lists the same.
pub(super) const PERMISSIONS: [(&str, &str); 6] = [
    ("checks", "write"),
    ("contents", "read"),
    ("deployments", "write"),
    ("metadata", "read"),
    ("pull_requests", "write"),
    ("statuses", "write"),
];
const EVENTS: [&str; 7] = ["check_run", "check_suite", "create", "delete", "pull_request", "push", "release"];

/// What the App will be.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where people see GitHub.
    pub web_url: Url,
    /// Where GitHub reaches this server.
    pub public_url: Url,
    /// None: the App belongs to whoever is signed in at GitHub.
    pub organisation: Option<String>,
    pub name: String,
}

/// An App that GitHub made.
#[derive(Debug, Clone)]
pub struct MadeApp {
    pub id: u64,
    pub name: String,
    /// Its page.
    pub html_url: String,
    pub key_pem: SecretValue,
    /// None: GitHub sends it no web hooks.
    pub webhook_secret: Option<SecretValue>,
}

#[derive(Debug, Error)]
pub enum ExchangeError {
    #[error("GitHub did not hand out the App: {0}")]
    Refused(String),
    #[error("GitHub cannot be asked for the App: {0}")]
    Unreachable(String),
}

/// What cannot be asked for, in words for people.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unfit(String);

impl Wanted {
    /// What a browser takes to GitHub. `back` is where GitHub leads with the code, `afterwards` where it leads once the App was installed.
    ///
    /// # Errors
    /// When GitHub would not take the names.
    pub fn form(&self, back: &str, afterwards: Option<&str>, state: &str) -> Result<AppForm, Unfit> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS {
            return Err(Unfit(format!("the App's name must have 1 to {NAME_CHARS} characters")));
        }
        let mut action = self.web_url.clone();
        match &self.organisation {
            Some(organisation) if !is_organisation(organisation) => {
                return Err(Unfit(format!(
                    "{organisation:?} is no organisation's name at GitHub: those have letters, digits and single hyphens"
                )));
            }
            Some(organisation) => action.set_path(&format!("organizations/{organisation}/settings/apps/new")),
            None => action.set_path("settings/apps/new"),
        }
        action.query_pairs_mut().append_pair("state", state);
        Ok(AppForm { action: action.into(), manifest: self.manifest(name, back, afterwards).to_string() })
    }

    /// GitHub sends web hooks: an address of one machine alone is none that it could send them to, and it would refuse the manifest.
    #[must_use]
    pub fn hears(&self) -> bool {
        !is_loopback(&self.public_url) || is_loopback(&self.web_url)
    }

    fn manifest(&self, name: &str, back: &str, afterwards: Option<&str>) -> Value {
        let permissions: serde_json::Map<String, Value> =
            PERMISSIONS.iter().map(|(name, access)| ((*name).to_owned(), json!(access))).collect();
        let mut manifest = json!({
            "name": name,
            "url": self.public_url,
            "redirect_url": back,
            "public": false,
            "default_permissions": permissions,
        });
        if let Some(afterwards) = afterwards {
            manifest["setup_url"] = json!(afterwards);
        }
        if self.hears() {
            let hooks = format!("{}/webhooks/github", self.public_url.as_str().trim_end_matches('/'));
            manifest["hook_attributes"] = json!({"url": hooks, "active": true});
            manifest["default_events"] = json!(EVENTS);
        }
        manifest
    }
}

/// Exchanges the code with which GitHub led back. It counts once, and for an hour.
///
/// # Errors
/// When GitHub does not take the code, or cannot be asked.
pub(super) async fn exchange(web_url: &Url, code: &str, client: &Client) -> Result<MadeApp, ExchangeError> {
    let code: String = url::form_urlencoded::byte_serialize(code.as_bytes()).collect();
    let url = format!("{}/app-manifests/{code}/conversions", api_base(web_url));
    let unreachable = |error: egress::Failure| ExchangeError::Unreachable(error.to_string());
    let request = client.request(Method::POST, &url).map_err(unreachable)?.header(header::ACCEPT, "application/vnd.github+json");
    let response = request.timeout(TIMEOUT).send().await.map_err(|error| unreachable(egress::failure(error)))?;
    let status = response.status().as_u16();
    let body = egress::body(response, BODY_BYTES).await.map_err(unreachable)?;
    let value: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status != 201 {
        let said = format!("it answered {status}: {}", value["message"].as_str().unwrap_or_default());
        return Err(if status >= 500 || status == 429 { ExchangeError::Unreachable(said) } else { ExchangeError::Refused(said) });
    }
    let text =
        |name: &str| value[name].as_str().map(str::to_owned).ok_or_else(|| ExchangeError::Refused(format!("its answer has no {name}")));
    Ok(MadeApp {
        id: value["id"].as_u64().ok_or_else(|| ExchangeError::Refused("its answer has no id".to_owned()))?,
        name: value["name"].as_str().unwrap_or("the App").to_owned(),
        html_url: text("html_url")?,
        key_pem: SecretValue::new(text("pem")?),
        webhook_secret: value["webhook_secret"].as_str().map(|text| SecretValue::new(text.to_owned())),
    })
}

fn is_organisation(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= ORGANISATION_CHARS && text.split('-').all(is_part)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(web_url: &str, public_url: &str) -> Wanted {
        Wanted {
            web_url: web_url.parse().unwrap(),
            public_url: public_url.parse().unwrap(),
            organisation: None,
            name: "Tidegate".to_owned(),
        }
    }

    #[test]
    fn the_form_leads_to_the_organisation_and_to_no_other_path() {
        let of = |organisation: &str| Wanted {
            organisation: Some(organisation.to_owned()),
            ..wanted("https://github.com", "https://t.example")
        };
        let form = of("acme-inc").form("https://t.example/back", None, "s").unwrap();
        assert_eq!(form.action, "https://github.com/organizations/acme-inc/settings/apps/new?state=s");
        for odd in ["", "acme/../..", "a b", "acme?x", "-acme", "acme-", "a--b", "ä", &"a".repeat(40)] {
            assert!(
                of(odd).form("https://t.example/back", None, "s").unwrap_err().to_string().contains("no organisation's name"),
                "{odd:?}"
            );
        }
        for name in ["", "  ", &"x".repeat(35)] {
            let unnamed = Wanted { name: name.to_owned(), ..wanted("https://github.com", "https://t.example") };
            assert!(unnamed.form("https://t.example/back", None, "s").is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_server_that_github_cannot_reach_asks_for_no_web_hooks() {
        let manifest = |web_url: &str, public_url: &str| {
            let form = wanted(web_url, public_url).form("back", Some("after"), "s").unwrap();
            serde_json::from_str::<Value>(&form.manifest).unwrap()
        };
        for here in ["http://127.0.0.1:7070", "http://localhost:7070", "http://[::1]:7070", "http://0.0.0.0:7070"] {
            let manifest = manifest("https://github.com", here);
            assert!(manifest["hook_attributes"].is_null() && manifest["default_events"].is_null(), "{here}: {manifest}");
        }
        assert_eq!(manifest("http://127.0.0.1:3000", "http://127.0.0.1:7070")["hook_attributes"]["active"], true);
        let whole = manifest("https://github.com", "https://t.example/");
        assert_eq!(whole["hook_attributes"]["url"], "https://t.example/webhooks/github");
        assert_eq!((whole["setup_url"].as_str(), whole["redirect_url"].as_str()), (Some("after"), Some("back")));
        assert_eq!(whole["public"], false);
    }
}
