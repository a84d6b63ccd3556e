use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::Engine;
use engine::core::Actor;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::exit::{Failure, Result};

/// How long its one-time token lasts; it is used at once.
const TOKEN_MS: u64 = 60_000;
/// How long the server waits for jobs when it stops; then they go on under their supervisors.
const DRAIN: Duration = Duration::from_secs(5);

/// Starts a runner in this process, which speaks to its own server as every other runner does.
pub(crate) async fn start(
    engine: &Arc<Engine>,
    server: SocketAddr,
    data: &Path,
    slots: u32,
    shutdown: CancellationToken,
) -> Result<JoinHandle<()>> {
    let mut config = config(server, &data.join("runner"))?;
    config.slots = slots;
    config.name = "built-in".to_owned();
    if !config.workdir.join("identity.json").exists() {
        let token = engine.issue_runner_token(&Actor::Engine, "default", TOKEN_MS).await;
        let token = token.map_err(|error| Failure::failed(format!("the built-in runner cannot be registered: {error}")))?;
        config.registration_token = Some(runner::Token::new(&token));
    }
    Ok(tokio::spawn(async move {
        if let Err(error) = runner::run(config, shutdown).await {
            tracing::error!(%error, "the built-in runner has ended; the server goes on without it");
        }
    }))
}

fn config(server: SocketAddr, workdir: &Path) -> Result<runner::Config> {
    // A server that listens everywhere is reached over loopback.
    let host = if server.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { server.ip() };
    let url = format!("http://{}", SocketAddr::new(host, server.port()));
    let url = url::Url::parse(&url).map_err(|error| Failure::failed(format!("{url}: {error}")))?;
    let executable = std::env::current_exe().map_err(|error| Failure::failed(format!("this program cannot find itself: {error}")))?;
    let workdir = std::path::absolute(workdir).map_err(|error| Failure::file(workdir, "find", &error))?;
    let mut config = runner::Config::new(url, workdir, executable);
    config.drain = DRAIN;
    Ok(config)
}
