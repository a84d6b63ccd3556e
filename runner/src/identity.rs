use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::{Register, Registered};
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::client::{CallError, Client};
use crate::config::Config;
use crate::error::Error;
use crate::{clock, files};

/// Who this runner is at its server; kept in `workdir/identity.json`, mode 0600.
pub(crate) async fn load_or_register(config: &Config, shutdown: &CancellationToken) -> Result<Option<Registered>, Error> {
    let path = path(&config.workdir);
    if let Some(known) = load(&path)? {
        return Ok(Some(known));
    }
    let Some(token) = &config.registration_token else {
        return Err(Error::NotRegistered { server: config.server_url.to_string() });
    };
    let client = Client::new(&config.server_url, token.as_str())?;
    let request = Register {
        name: config.name.clone(),
        labels: config.labels.clone(),
        slots: config.slots,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(15));
    loop {
        let answer = tokio::select! {
            answer = client.register(&request) => answer,
            () = shutdown.cancelled() => return Ok(None),
        };
        let error = match answer {
            Ok(registered) => {
                files::write_json(&path, &registered).map_err(Error::file("could not write", &path))?;
                tracing::info!(runner = %registered.runner, pool = registered.pool, "registered");
                return Ok(Some(registered));
            }
            Err(error) => error,
        };
        let pause = match &error {
            CallError::Unavailable { retry_after, .. } => backoff.next(*retry_after),
            CallError::Rubbish { .. } => backoff.next(None),
            refused => return Err(Error::RegistrationRefused { detail: refused.to_string() }),
        };
        tracing::warn!(%error, "could not register yet");
        tokio::select! {
            () = clock::sleep(pause) => {}
            () = shutdown.cancelled() => return Ok(None),
        }
    }
}

pub(crate) fn path(workdir: &Path) -> PathBuf {
    workdir.join("identity.json")
}

fn load(path: &Path) -> Result<Option<Registered>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|source| Error::Identity { path: path.to_owned(), source }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("could not read", path)(error)),
    }
}
