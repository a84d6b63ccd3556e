use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adapters::ids::SystemIds;
use api::{ApiSettings, ApiState};
use engine::ports::{Clock, Ids as _};
use engine::store::{self, EnteredBy, Store};
use engine::{Engine, Settings as EngineSettings};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::forges::Forges;
use super::{built_in_runner, ports};
use crate::config::Settings;
use crate::exit::{Exit, Failure, Result};

/// How long answers that are under way may take once the server stops.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// A server that is open and listens, and does nothing until [`Server::run`].
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) engine: Arc<Engine>,
    /// Where it listens; the port is known even when 0 was asked for.
    pub(crate) address: SocketAddr,
    pub(crate) public_url: url::Url,
    state: ApiState,
    listener: TcpListener,
    slots: Option<u32>,
    data: PathBuf,
}

impl Server {
    /// Opens the store (bringing its tables up to date), the adapters and the listening socket.
    pub(crate) async fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        ports::make_folder(&settings.data)?;
        let listener = TcpListener::bind(&settings.listen).await.map_err(|error| {
            Failure::failed(format!("cannot listen on {}: {error}", settings.listen))
                .next("stop what listens there, or choose another address with --listen")
        })?;
        let address = listener.local_addr().map_err(|error| Failure::failed(format!("the address cannot be read: {error}")))?;
        let public_url = public_url(settings, address)?;
        ports::try_bucket(settings).await?;
        let name = SystemIds.uuid();
        let store =
            Store::open(&store::Settings::new(&settings.database_url, &name)).await.map_err(|error| cannot_open(settings, &error))?;
        let forges = Forges::open(settings, &public_url, &clock)?;
        let engine = open_engine(settings, name, public_url.as_str().trim_end_matches('/').to_owned(), store, &forges, clock).await?;
        let metrics = match api::install_recorder() {
            Ok(metrics) => Some(metrics),
            Err(error) => {
                tracing::warn!(%error, "metrics are not recorded");
                None
            }
        };
        let api = ApiSettings {
            sign_in: super::forges::sign_in(settings)?,
            github: super::forges::shown(settings),
            forge_app: forges.app,
            ..ApiSettings::new(public_url.clone())
        };
        let state = ApiState::with_metrics(Arc::clone(&engine), api, metrics);
        Ok(Self { engine, address, public_url, state, listener, slots: settings.runner_slots, data: settings.data.clone() })
    }

    /// The one-time link for the first admin; none once somebody can sign in.
    pub(crate) async fn first_start(&self) -> Result<Option<api::auth::Link>> {
        let link = api::auth::first_start(&self.engine, &self.public_url).await;
        link.map_err(|error| Failure::failed(format!("the first-start link cannot be made: {error}")))
    }

    /// Serves until `shutdown`: then takes nothing new, ends what is under way, and closes the store.
    pub(crate) async fn run(self, shutdown: CancellationToken) -> Result<()> {
        let serving = CancellationToken::new();
        let mut serve = tokio::spawn(api::serve(self.listener, api::router(self.state.clone()), serving.clone()));
        let tasks = CancellationToken::new();
        let work = tokio::spawn({
            let (engine, tasks) = (Arc::clone(&self.engine), tasks.clone());
            async move { engine.run(tasks).await }
        });
        let runner = match self.slots {
            Some(slots) => Some(built_in_runner::start(&self.engine, self.address, &self.data, slots, shutdown.clone()).await?),
            None => None,
        };
        let broke = tokio::select! {
            () = shutdown.cancelled() => None,
            ended = &mut serve => Some(ended),
        };
        tracing::info!("stopping: nothing new is taken");
        // The runner delivers what it can while the server still answers.
        if let Some(runner) = runner {
            drop(runner.await);
        }
        self.state.drain();
        serving.cancel();
        if broke.is_none() && tokio::time::timeout(ANSWERS_WITHIN, &mut serve).await.is_err() {
            tracing::warn!("some answers did not end in time and are cut");
            serve.abort();
        }
        tasks.cancel();
        drop(work.await);
        self.engine.store().close().await;
        match broke {
            Some(Ok(Err(error))) => Err(Failure::failed(format!("the server can no longer listen: {error}"))),
            Some(Err(error)) => Err(Failure::failed(format!("the server failed: {error}"))),
            Some(Ok(Ok(()))) | None => Ok(()),
        }
    }
}

/// The engine on an opened store, with everything that it needs from outside.
pub(crate) async fn open_engine(
    settings: &Settings,
    name: String,
    public_url: String,
    store: Store,
    forges: &Forges,
    clock: Arc<dyn Clock>,
) -> Result<Arc<Engine>> {
    let ports = ports::open(settings, &public_url, &store, forges, clock)?;
    let identity_env = settings.aws.endpoint.iter().map(|endpoint| ("AWS_ENDPOINT_URL".to_owned(), endpoint.clone())).collect();
    let engine_settings = EngineSettings {
        runner_token_ms: settings.runner_token_ms,
        retention: settings.retention.clone(),
        requires_protected_branch: settings.forges.requires_protected_branch,
        approves_at_checks: settings.forges.approves_at_checks,
        identity_env,
        enters_by: if settings.aws.web_identity { EnteredBy::WebIdentity } else { EnteredBy::Principal },
        ..EngineSettings::new(name, public_url, settings.data.join("spool"))
    };
    let engine = Engine::open(engine_settings, store, ports).await;
    engine.map_err(|error| Failure::failed(format!("the engine cannot start: {error}")))
}

/// As configured; when the port was 0, with the one that was given.
fn public_url(settings: &Settings, address: SocketAddr) -> Result<url::Url> {
    let configured = if settings.listen.ends_with(":0") && settings.public_url == format!("http://{}", settings.listen) {
        format!("http://{address}")
    } else {
        settings.public_url.clone()
    };
    url::Url::parse(&configured).map_err(|error| Failure::usage(format!("public_url {configured:?}: {error}")))
}

/// The address may hold a password: only the kind of database is named.
fn cannot_open(settings: &Settings, error: &store::Error) -> Failure {
    let (what, next) = match settings.database_url.strip_prefix("sqlite:") {
        Some(path) => (format!("the database {path}"), "one SQLite database serves one server: is another one running on it?"),
        None => (
            "the PostgreSQL database".to_owned(),
            "check that it runs, that the address in database.url is right and that its user may create tables",
        ),
    };
    Failure::new(Exit::Failed, format!("{what} cannot be opened: {error}")).next(next)
}
