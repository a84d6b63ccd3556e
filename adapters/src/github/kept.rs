//! The App's key and settings as files, for their owner only.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use engine::ports::SecretValue;
use serde::Deserialize;
use thiserror::Error;
use url::Url;

use super::key::{AppKey, NoKey};
use super::manifest::MadeApp;

/// The settings that a server reads by itself, in its own folder.
const OWN: &str = "app.toml";

/// An App whose key and settings were kept.
#[derive(Debug)]
pub struct KeptApp {
    pub id: String,
    pub key: AppKey,
    pub webhook_secret: Option<SecretValue>,
}

#[derive(Debug, Error)]
pub enum KeepError {
    #[error("{}: cannot {what}: {cause}", path.display())]
    File { path: PathBuf, what: &'static str, cause: std::io::Error },
    #[error("{}: it is not as this server writes it: {cause}", path.display())]
    Malformed { path: PathBuf, cause: Box<toml::de::Error> },
    #[error("{}: {cause}", path.display())]
    Key { path: PathBuf, cause: NoKey },
    #[error("{}: its mode is {mode:04o}, so others than its owner may read it; run chmod 600 on it", path.display())]
    Open { path: PathBuf, mode: u32 },
}

/// Writes the key and the settings that name it, to be added to a server's configuration; nothing that is there is overwritten.
///
/// # Errors
/// When they cannot be written.
pub fn keep(folder: &Path, web_url: &Url, app: &MadeApp) -> Result<PathBuf, KeepError> {
    let folder = std::path::absolute(folder).map_err(|cause| file(folder, "find it", cause))?;
    let key = folder.join(format!("github-{}.pem", app.id));
    let settings = folder.join(format!("github-{}.toml", app.id));
    write_new(&key, app.key_pem.reveal())?;
    write_new(&settings, &text(web_url, &key, app))?;
    Ok(settings)
}

/// As [`keep`], for a server that reads it by itself from then on: the App takes the place of one that was kept there before.
///
/// # Errors
/// When it cannot be written.
pub(super) fn keep_as_own(folder: &Path, web_url: &Url, app: &MadeApp) -> Result<(), KeepError> {
    make_folder(folder)?;
    let settings = keep(folder, web_url, app)?;
    std::fs::rename(&settings, folder.join(OWN)).map_err(|cause| file(&settings, "move it", cause))
}

/// For its owner only.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> Result<(), KeepError> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|cause| file(folder, "make it", cause))
}

/// What [`keep_as_own`] kept there; none: nothing.
///
/// # Errors
/// When it cannot be read or is of another shape.
pub fn kept(folder: &Path) -> Result<Option<KeptApp>, KeepError> {
    let path = folder.join(OWN);
    if !path.exists() {
        return Ok(None);
    }
    let read: Kept = toml::from_str(&secret_text(&path)?).map_err(|cause| KeepError::Malformed { path, cause: Box::new(cause) })?;
    let Section { app_id, app_key_file, webhook_secrets } = read.github;
    // It lies beside its settings, also where the folder was moved.
    let key_file = app_key_file.file_name().map_or(app_key_file.clone(), |name| folder.join(name));
    let pem = SecretValue::new(secret_text(&key_file)?);
    let key = AppKey::from_pem(&pem).map_err(|cause| KeepError::Key { path: key_file, cause })?;
    Ok(Some(KeptApp { id: app_id, key, webhook_secret: webhook_secrets.app.map(SecretValue::new) }))
}

#[derive(Deserialize)]
struct Kept {
    github: Section,
}

#[derive(Deserialize)]
struct Section {
    app_id: String,
    app_key_file: PathBuf,
    #[serde(default)]
    webhook_secrets: HookSecret,
}

#[derive(Default, Deserialize)]
struct HookSecret {
    app: Option<String>,
}

fn text(web_url: &Url, key: &Path, app: &MadeApp) -> String {
    let mut github = toml::Table::new();
    let mut put = |name: &str, value: String| _ = github.insert(name.to_owned(), toml::Value::String(value));
    put("url", web_url.as_str().trim_end_matches('/').to_owned());
    put("app_id", app.id.to_string());
    put("app_key_file", key.display().to_string());
    if let Some(secret) = &app.webhook_secret {
        let secret = toml::Table::from_iter([("app".to_owned(), toml::Value::String(secret.reveal().to_owned()))]);
        github.insert("webhook_secrets".to_owned(), toml::Value::Table(secret));
    }
    toml::Table::from_iter([("github".to_owned(), toml::Value::Table(github))]).to_string()
}

fn secret_text(path: &Path) -> Result<String, KeepError> {
    let about = std::fs::metadata(path).map_err(|cause| file(path, "read it", cause))?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeepError::Open { path: path.to_owned(), mode });
    }
    std::fs::read_to_string(path).map_err(|cause| file(path, "read it", cause))
}

fn write_new(path: &Path, text: &str) -> Result<(), KeepError> {
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|cause| file(path, "write it", cause))
}

fn file(path: &Path, what: &'static str, cause: std::io::Error) -> KeepError {
    KeepError::File { path: path.to_owned(), what, cause }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn made(id: u64, secret: Option<&str>) -> MadeApp {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        MadeApp {
            id,
            name: "Tidegate".to_owned(),
            html_url: "https://github.com/apps/tidegate".to_owned(),
            key_pem: SecretValue::new(format!(
                "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
                STANDARD.encode(der.as_ref())
            )),
            webhook_secret: secret.map(|text| SecretValue::new(text.to_owned())),
        }
    }

    #[test]
    fn what_a_server_keeps_it_finds_again_and_a_newer_app_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("github");
        let url: Url = "https://github.com".parse().unwrap();
        assert!(kept(&own).unwrap().is_none());
        keep_as_own(&own, &url, &made(1, Some("a secret \"of\" hooks"))).unwrap();
        let first = kept(&own).unwrap().unwrap();
        assert_eq!((first.id.as_str(), first.webhook_secret.unwrap().reveal()), ("1", "a secret \"of\" hooks"));
        keep_as_own(&own, &url, &made(2, None)).unwrap();
        let second = kept(&own).unwrap().unwrap();
        assert_eq!((second.id.as_str(), second.webhook_secret.is_none()), ("2", true));
        for name in ["app.toml", "github-1.pem", "github-2.pem"] {
            assert_eq!(std::fs::metadata(own.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
        keep_as_own(&own, &url, &made(2, None)).expect_err("nothing that is there is overwritten");
    }

    #[test]
    fn what_others_may_read_or_what_is_cut_is_said_and_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let url: Url = "https://github.com".parse().unwrap();
        keep_as_own(folder.path(), &url, &made(1, None)).unwrap();
        let key = folder.path().join("github-1.pem");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = kept(folder.path()).unwrap_err().to_string();
        assert!(error.contains("github-1.pem") && error.contains("chmod 600"), "{error}");
        std::fs::write(&key, "hunter2").unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let error = kept(folder.path()).unwrap_err().to_string();
        assert!(error.contains("BEGIN RSA PRIVATE KEY") && !error.contains("hunter2"), "{error}");
        std::fs::write(folder.path().join("app.toml"), "[github]\napp_id").unwrap();
        assert!(matches!(kept(folder.path()), Err(KeepError::Malformed { .. })));
    }
}
