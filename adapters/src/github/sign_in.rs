//! Signing in with GitHub: the web flow of an App or an OAuth app, with PKCE.
//!
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app>

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use engine::core::id::PersonId;
use engine::ports::{Proven, SecretValue, SignInError};
use reqwest::{Method, header};
use serde_json::{Value, json};
use url::Url;

use super::api_base;
use crate::egress::{self, Client};

const BODY_BYTES: usize = 1024 * 1024;
const PER_PAGE: usize = 100;
const MOST_PAGES: usize = 10;

/// How people sign in with one GitHub.
#[derive(Debug)]
pub struct SignIn {
    web_url: Url,
    client: Client,
    client_id: String,
    client_secret: SecretValue,
    teams: Teams,
}

/// Roles by team: `acme/platform`, or `acme/*` for every team of an organisation. The least powerful role comes first in `order`.
#[derive(Debug, Clone, Default)]
pub struct Teams {
    pub roles: BTreeMap<String, String>,
    pub order: Vec<String>,
}

impl Teams {
    /// The highest role that any of these teams gives.
    fn role(&self, teams: &BTreeSet<String>) -> Option<String> {
        let given = teams.iter().flat_map(|team| {
            let organisation = team.split('/').next().unwrap_or_default();
            [self.roles.get(team), self.roles.get(&format!("{organisation}/*"))]
        });
        given.flatten().max_by_key(|role| self.order.iter().position(|known| known == *role)).cloned()
    }
}

impl SignIn {
    #[must_use]
    pub fn new(web_url: Url, client: Client, client_id: String, client_secret: SecretValue, teams: Teams) -> Self {
        Self { web_url, client, client_id, client_secret, teams }
    }

    async fn token(&self, back: &str, code: &str, verifier: &str) -> Result<SecretValue, SignInError> {
        let url = self.at("login/oauth/access_token");
        let body = json!({
            "client_id": self.client_id,
            "client_secret": self.client_secret.reveal(),
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        });
        let request = self.client.request(Method::POST, url.as_str()).map_err(unreachable)?.header(header::ACCEPT, "application/json");
        let value = answer(request.json(&body)).await?;
        match value["access_token"].as_str() {
            Some(token) => Ok(SecretValue::new(token.to_owned())),
            // GitHub answers 200 with an `error`.
            None => Err(SignInError::Refused(format!(
                "GitHub does not take the code: {}",
                value["error_description"].as_str().or(value["error"].as_str()).unwrap_or("it gives no reason")
            ))),
        }
    }

    async fn get(&self, token: &SecretValue, path: &str) -> Result<Value, SignInError> {
        let url = format!("{}{path}", api_base(&self.web_url));
        let request = self
            .client
            .request(Method::GET, &url)
            .map_err(unreachable)?
            .header(header::ACCEPT, "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
            .header(header::AUTHORIZATION, format!("Bearer {}", token.reveal()));
        answer(request).await
    }

    async fn teams(&self, token: &SecretValue) -> Result<BTreeSet<String>, SignInError> {
        let mut teams = BTreeSet::new();
        for page in 1..=MOST_PAGES {
            let value = self.get(token, &format!("/user/teams?per_page={PER_PAGE}&page={page}")).await?;
            let found = value.as_array().ok_or_else(|| SignInError::Unreachable("GitHub's answer is no list of teams".to_owned()))?;
            let name =
                |team: &Value| Some(format!("{}/{}", team["organization"]["login"].as_str()?, team["slug"].as_str()?).to_lowercase());
            teams.extend(found.iter().filter_map(name));
            if found.len() < PER_PAGE {
                break;
            }
        }
        Ok(teams)
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.web_url.clone();
        url.set_path(path);
        url
    }
}

#[async_trait]
impl engine::ports::SignIn for SignIn {
    fn page(&self, back: &str, state: &str, challenge: &str) -> String {
        let mut url = self.at("login/oauth/authorize");
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", back)
            .append_pair("scope", "read:org")
            .append_pair("state", state)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("allow_signup", "false");
        url.to_string()
    }

    async fn person(&self, back: &str, code: &str, verifier: &str) -> Result<Proven, SignInError> {
        let token = self.token(back, code, verifier).await?;
        let user = self.get(&token, "/user").await?;
        let (Some(id), Some(login)) = (user["id"].as_u64(), user["login"].as_str()) else {
            return Err(SignInError::Unreachable("GitHub's answer does not say who it is".to_owned()));
        };
        let groups = self.teams(&token).await?;
        Ok(Proven { id: PersonId(format!("github:{id}")), login: login.to_owned(), role: self.teams.role(&groups), groups })
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value, SignInError> {
    let response = request.send().await.map_err(|error| unreachable(egress::failure(error)))?;
    let status = response.status();
    let body = egress::body(response, BODY_BYTES).await.map_err(unreachable)?;
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(SignInError::Unreachable(format!("GitHub answered {}; try again later", status.as_u16())));
    }
    if !status.is_success() {
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        let message: String = value["message"].as_str().unwrap_or_default().chars().take(200).collect();
        return Err(SignInError::Refused(format!("GitHub answered {}: {message}", status.as_u16())));
    }
    serde_json::from_slice(&body).map_err(|error| SignInError::Unreachable(format!("GitHub's answer is no JSON: {error}")))
}

fn unreachable(failure: egress::Failure) -> SignInError {
    SignInError::Unreachable(format!("GitHub cannot be asked: {failure}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_role_of_any_team_counts_and_other_teams_give_none() {
        let roles = [("acme/platform", "admin"), ("acme/*", "viewer"), ("partner/dev", "developer")];
        let teams = Teams {
            roles: roles.map(|(team, role)| (team.to_owned(), role.to_owned())).into(),
            order: ["viewer", "developer", "admin"].map(str::to_owned).into(),
        };
        let role = |names: &[&str]| teams.role(&names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(role(&["acme/design"]).as_deref(), Some("viewer"));
        assert_eq!(role(&["acme/design", "acme/platform"]).as_deref(), Some("admin"));
        assert_eq!(role(&["partner/dev", "acme/x"]).as_deref(), Some("developer"));
        assert_eq!(role(&["acme-evil/platform", "partner/other"]), None);
        assert_eq!(role(&[]), None);
    }
}
