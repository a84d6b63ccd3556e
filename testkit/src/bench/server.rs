use std::net::SocketAddr;
use std::path::Path;

use api::{ApiSettings, ApiState};
use engine::core::Actor;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::Result;
use super::runner_client::RunnerClient;
use crate::world::World;

/// How long a one-time token of a runner lasts; it is used at once.
const TOKEN_MS: u64 = 60_000;

/// A whole server in this process: real engine, SQLite on disk, the real router on loopback.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) world: World,
    pub(super) url: Url,
    _serving: AbortOnDropHandle<std::io::Result<()>>,
}

impl Server {
    pub(super) async fn start() -> Result<Self> {
        Self::of(World::sqlite().await, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    async fn of(world: World, address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url: Url = format!("http://{}", listener.local_addr()?).parse()?;
        let router = api::router(ApiState::new(world.engine.clone(), ApiSettings::new(url.clone())));
        let serving = AbortOnDropHandle::new(tokio::spawn(api::serve(listener, router, CancellationToken::new())));
        Ok(Self { world, url, _serving: serving })
    }

    /// A newly registered runner of one slot that speaks the protocol over HTTP.
    pub(super) async fn runner(&self) -> Result<RunnerClient> {
        RunnerClient::register(&self.url, &self.token().await?).await
    }

    pub(super) async fn token(&self) -> Result<String> {
        Ok(self.world.engine.issue_runner_token(&Actor::Engine, "default", TOKEN_MS).await?)
    }

    /// Runs the real runner in this process until `shutdown`.
    pub(super) async fn real_runner(
        &self,
        program: &Path,
        workdir: &Path,
        slots: u32,
        shutdown: CancellationToken,
    ) -> Result<AbortOnDropHandle<std::result::Result<(), runner::Error>>> {
        let mut config = runner::Config::new(self.url.clone(), std::path::absolute(workdir)?, std::path::absolute(program)?);
        config.registration_token = Some(runner::Token::new(&self.token().await?));
        config.slots = slots;
        Ok(AbortOnDropHandle::new(tokio::spawn(runner::run(config, shutdown))))
    }
}

/// Serves `folder` at `address` with an idle runner in the same process until killed: what `tidegate server --runner`
/// does, for where that was not built.
///
/// # Errors
/// When it cannot listen, or the runner cannot start.
pub async fn serve(folder: &Path, address: SocketAddr, runner_program: &Path) -> Result<()> {
    let world = World::on(format!("sqlite:{}", folder.join("tidegate.db").display())).await;
    let server = Server::of(world, address).await?;
    let runner = server.real_runner(runner_program, &folder.join("runner"), 4, CancellationToken::new()).await?;
    Ok(runner.await??)
}
