use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::{Register, Registered, RenewToken};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::client::{CallError, Client};
use crate::config::Config;
use crate::error::Error;
use crate::{clock, files};

/// What a runner that asks to join keeps until it is answered, in `workdir/joining.json`: when the answer is lost, or the
/// runner is killed before it has read it, the next try is the same one.
#[derive(Serialize, Deserialize)]
struct Joining {
    token: String,
}

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
    let own = own_token(&config.workdir)?;
    let request = Register {
        name: config.name.clone(),
        labels: config.labels.clone(),
        slots: config.slots,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        token_hash: Some(hash(&own)),
    };
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(15));
    loop {
        let answer = tokio::select! {
            answer = client.register(&request) => answer,
            () = shutdown.cancelled() => return Ok(None),
        };
        let error = match answer {
            Ok(answer) => {
                // A server that knows nothing of own tokens has made one.
                let token = if answer.token.is_empty() { own } else { answer.token };
                let registered = Registered { token, ..answer };
                files::write_json(&path, &registered).map_err(Error::file("could not write", &path))?;
                let joining = joining(&config.workdir);
                std::fs::remove_file(&joining).map_err(Error::file("could not remove", &joining))?;
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

/// Makes the next token, offers it to the server, and keeps it in the place of this one. Killed anywhere in between, the
/// runner still has a token that counts, and offers the same one again.
pub(crate) async fn renew(config: &Config, client: &Client) -> Result<(), RenewalError> {
    let path = path(&config.workdir);
    let Some(registered) = files::read_json::<Registered>(&path)? else { return Ok(()) };
    let renewing = config.workdir.join("renewing.json");
    let left: Option<Joining> = files::read_json(&renewing)?;
    let token = match left {
        Some(Joining { token }) if token != registered.token => token,
        _ => {
            let token = new_token();
            files::write_json(&renewing, &Joining { token: token.clone() })?;
            token
        }
    };
    client.renew_token(&RenewToken { token_hash: hash(&token) }).await?;
    files::write_json(&path, &Registered { token: token.clone(), ..registered })?;
    std::fs::remove_file(&renewing)?;
    client.use_token(&token);
    Ok(())
}

/// Why the token could not be renewed now; the next answer of the server says again that it should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenewalError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the new token could not be kept: {0}")]
    Disk(#[from] std::io::Error),
}

pub(crate) fn path(workdir: &Path) -> PathBuf {
    workdir.join("identity.json")
}

fn joining(workdir: &Path) -> PathBuf {
    workdir.join("joining.json")
}

/// The token that this runner has made for itself, on the disk before anybody hears of it.
fn own_token(workdir: &Path) -> Result<String, Error> {
    let path = joining(workdir);
    let known: Option<Joining> = files::read_json(&path).map_err(Error::file("could not read", &path))?;
    if let Some(Joining { token }) = known {
        return Ok(token);
    }
    let token = new_token();
    files::write_json(&path, &Joining { token: token.clone() }).map_err(Error::file("could not write", &path))?;
    Ok(token)
}

fn new_token() -> String {
    format!("tgr_{}", hex::encode(rand::random::<[u8; 32]>()))
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

fn load(path: &Path) -> Result<Option<Registered>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|source| Error::Identity { path: path.to_owned(), source }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("could not read", path)(error)),
    }
}
