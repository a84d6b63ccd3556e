use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use adapters::egress::{Client, Egress};
use adapters::github::{AppKey, GitHub, Identity, Teams};
use adapters::hooks::{self, HookSecrets};
use api::auth::Role;
use api::types::{GitHubIdentity, GitHubView};
use engine::ports::{Clock, Forge, HookReader, SecretValue};

use crate::config::Settings;
use crate::exit::{Failure, Result};

/// The forges at which this server is somebody.
pub(super) fn open(settings: &Settings, egress: Egress, clock: &Arc<dyn Clock>) -> Result<Vec<Arc<dyn Forge>>> {
    let forges = &settings.forges;
    let identity = match (&forges.github_app, &forges.github_token) {
        (Some((id, file)), _) => Identity::App { id: id.clone(), key: app_key(file)? },
        (None, Some(token)) => Identity::Token(SecretValue::new(token.clone())),
        (None, None) => return Ok(Vec::new()),
    };
    let url = url::Url::parse(&forges.github_url).map_err(|error| Failure::usage(format!("github.url: {error}")))?;
    let client = Client::keeping_connections(egress).map_err(|error| Failure::failed(error.to_string()))?;
    Ok(vec![Arc::new(GitHub::new(&url, identity, client, Arc::clone(clock)))])
}

/// What people are shown of it.
pub(super) fn shown(settings: &Settings) -> GitHubView {
    let forges = &settings.forges;
    let acts_as = match (&forges.github_app, &forges.github_token) {
        (Some(_), _) => GitHubIdentity::App,
        (None, Some(_)) => GitHubIdentity::Token,
        (None, None) => GitHubIdentity::Nobody,
    };
    GitHubView {
        url: forges.github_url.clone(),
        acts_as,
        app_id: forges.github_app.as_ref().map(|(id, _)| id.clone()),
        signs_in: forges.sign_in.is_some(),
        takes_web_hooks: forges.hook_secrets.get("github").is_some_and(|secrets| !secrets.is_empty()),
        approves_at_checks: forges.approves_at_checks,
    }
}

/// How people sign in with GitHub, if they do.
pub(super) fn sign_in(settings: &Settings) -> Result<Option<Arc<dyn engine::ports::SignIn>>> {
    let Some(own) = &settings.forges.sign_in else { return Ok(None) };
    let egress = Egress { allow_loopback: settings.allow_loopback, allow_private: settings.allow_private };
    let url = url::Url::parse(&settings.forges.github_url).map_err(|error| Failure::usage(format!("github.url: {error}")))?;
    let client = Client::new(egress).map_err(|error| Failure::failed(error.to_string()))?;
    let secret = SecretValue::new(own.client_secret.clone());
    Ok(Some(Arc::new(adapters::github::SignIn::new(url, client, own.client_id.clone(), secret, teams(&own.teams)?))))
}

/// `acme/platform=operator, acme/*=viewer`.
fn teams(text: &str) -> Result<Teams> {
    let wrong = |part: &str| {
        Failure::usage(format!("github.sign_in.teams: {part:?} gives no team a role"))
            .next("write `organisation/team=role`, several with commas between; roles are viewer, developer, approver, operator and admin")
    };
    let mut roles = std::collections::BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (team, role) = part.split_once('=').ok_or_else(|| wrong(part))?;
        let role: Role = role.trim().parse().map_err(|_| wrong(part))?;
        let team = team.trim().to_lowercase();
        if team.split('/').filter(|name| !name.is_empty()).count() != 2 {
            return Err(wrong(part));
        }
        roles.insert(team, role.name().to_owned());
    }
    if roles.is_empty() {
        return Err(wrong(text));
    }
    Ok(Teams { roles, order: Role::ALL.map(|role| role.name().to_owned()).to_vec() })
}

/// Nothing of the key ever stands in an error.
fn app_key(file: &Path) -> Result<AppKey> {
    let about = std::fs::metadata(file).map_err(|error| Failure::file(file, "read", &error))?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Failure::usage(format!(
            "github.app_key_file {}: its mode is {mode:04o}, so others than its owner may use it",
            file.display()
        ))
        .next("run chmod 600 on it"));
    }
    let pem = std::fs::read_to_string(file).map_err(|error| Failure::file(file, "read", &error))?;
    AppKey::from_pem(&SecretValue::new(pem)).map_err(|error| {
        Failure::usage(format!("github.app_key_file {}: {error}", file.display()))
            .next("take the file that GitHub hands out below \"Private keys\" of the App")
    })
}

/// What the addresses end with at which AWS pushes about alarms.
pub(super) fn push_secrets(settings: &Settings) -> Result<HookSecrets> {
    hook_secrets(settings, "aws", "aws.webhook_secrets")
}

fn hook_secrets(settings: &Settings, sender: &str, key: &str) -> Result<HookSecrets> {
    let secrets = settings.forges.hook_secrets.get(sender).into_iter().flatten();
    HookSecrets::new(secrets.cloned().map(SecretValue::new).collect())
        .map_err(|error| Failure::usage(format!("{key}: {error}")).next("replace it there and at the sender"))
}

/// The web hooks that this server takes.
pub(super) fn hooks(settings: &Settings) -> Result<Vec<Arc<dyn HookReader>>> {
    let secrets = |forge: &str, key: &str| hook_secrets(settings, forge, key);
    Ok(vec![
        Arc::new(hooks::GitHub::new(settings.forges.github_url.clone(), secrets("github", "github.webhook_secrets")?)),
        Arc::new(hooks::Gitea::new(secrets("gitea", "gitea.webhook_secrets")?)),
        Arc::new(hooks::GitLab::new(secrets("gitlab", "gitlab.webhook_secrets")?)),
        Arc::new(hooks::Signed::new(secrets("signed", "webhooks.secrets")?)),
    ])
}
