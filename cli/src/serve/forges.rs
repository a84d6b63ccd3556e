use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapters::egress::{Client, Egress};
use adapters::github::{AppKey, GitHub, Identity, OwnApp, Teams};
use adapters::hooks::{self, HookSecrets};
use api::auth::Role;
use api::types::GitHubView;
use engine::ports::{Clock, Forge, ForgeApp, HookReader, SecretValue};

use crate::config::Settings;
use crate::exit::{Failure, Result};

/// What a server knows of forges.
pub(crate) struct Forges {
    pub(super) forges: Vec<Arc<dyn Forge>>,
    pub(super) hooks: Vec<Arc<dyn HookReader>>,
    /// What it is at GitHub, and how it becomes an App there; none: it knows no forge at all.
    pub(super) app: Option<Arc<dyn ForgeApp>>,
}

impl Forges {
    /// `public_url` is where browsers and GitHub reach the server.
    pub(crate) fn open(settings: &Settings, public_url: &url::Url, clock: &Arc<dyn Clock>) -> Result<Self> {
        let own = &settings.forges;
        if own.github_url.is_empty() {
            return Ok(Self { forges: Vec::new(), hooks: Vec::new(), app: None });
        }
        let url = url::Url::parse(&own.github_url).map_err(|error| Failure::usage(format!("github.url: {error}")))?;
        let egress = Egress { allow_loopback: settings.allow_loopback, allow_private: settings.allow_private };
        let client = Client::keeping_connections(egress).map_err(|error| Failure::failed(error.to_string()))?;
        let secrets = hook_secrets(settings, "github", "github.webhook_secrets")?;
        let place = place_of_app(settings);
        let identity = match (&own.github_app, &own.github_token, &place) {
            (Some((id, file)), _, _) => Identity::App { id: id.clone(), key: app_key(file)? },
            (None, Some(token), _) => Identity::Token(SecretValue::new(token.clone())),
            (None, None, Ok(folder)) => kept_app(folder, &secrets)?,
            (None, None, Err(_)) => Identity::Nobody,
        };
        let github = Arc::new(GitHub::new(&url, identity, client.clone(), Arc::clone(clock)));
        let hooks = vec![
            Arc::new(hooks::GitHub::new(own.github_url.clone(), secrets.clone())) as Arc<dyn HookReader>,
            Arc::new(hooks::Gitea::new(hook_secrets(settings, "gitea", "gitea.webhook_secrets")?)),
            Arc::new(hooks::GitLab::new(hook_secrets(settings, "gitlab", "gitlab.webhook_secrets")?)),
            Arc::new(hooks::Signed::new(hook_secrets(settings, "signed", "webhooks.secrets")?)),
        ];
        let app = OwnApp::new(Arc::clone(&github), url, public_url.clone(), client, secrets, place);
        Ok(Self { forges: vec![github], hooks, app: Some(Arc::new(app)) })
    }
}

/// Where an App that is made in the browser is kept; or why none is made there.
fn place_of_app(settings: &Settings) -> std::result::Result<PathBuf, String> {
    let forges = &settings.forges;
    if forges.github_app.is_some() {
        return Err("the server's configuration names its App (github.app_id); change it there".to_owned());
    }
    if forges.github_token.is_some() {
        return Err("the server's configuration has a person's token (github.token); take it out there, and restart the server".to_owned());
    }
    // What one of several servers keeps in its folder the others do not know.
    if !settings.database_url.starts_with("sqlite:") {
        return Err(
            "several servers may share this database, and each must know the App: run `tidegate github connect` on one of their machines, \
                    and give what it writes to every server's configuration"
                .to_owned(),
        );
    }
    Ok(settings.data.join("github"))
}

/// The App that was made in the browser, if one was.
fn kept_app(folder: &Path, secrets: &HookSecrets) -> Result<Identity> {
    let broken = |why: String| Failure::failed(why).next("mend it, or move the folder away and connect GitHub anew");
    let Some(kept) = adapters::github::kept(folder).map_err(|error| broken(error.to_string()))? else { return Ok(Identity::Nobody) };
    if let Some(secret) = kept.webhook_secret {
        secrets.add(secret).map_err(|error| broken(format!("{}: {error}", folder.display())))?;
    }
    Ok(Identity::App { id: kept.id, key: kept.key })
}

/// What people are shown of the configuration; what the server is at GitHub may change while it runs.
pub(super) fn shown(settings: &Settings) -> GitHubView {
    let forges = &settings.forges;
    GitHubView {
        url: forges.github_url.clone(),
        signs_in: forges.sign_in.is_some(),
        approves_at_checks: forges.approves_at_checks,
        ..GitHubView::default()
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

/// Those that the configuration names.
fn hook_secrets(settings: &Settings, sender: &str, key: &str) -> Result<HookSecrets> {
    let secrets = settings.forges.hook_secrets.get(sender).into_iter().flatten();
    HookSecrets::new(secrets.cloned().map(SecretValue::new).collect())
        .map_err(|error| Failure::usage(format!("{key}: {error}")).next("replace it there and at the sender"))
}
