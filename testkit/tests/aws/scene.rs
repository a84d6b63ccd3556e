//! An organisation in the emulator, a server that may enter it, and runners that work for real.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use adapters::aws::{AwsIdentity, CloudWatch, Settings};
use adapters::clock::SystemClock;
use api::{ApiSettings, ApiState};
use engine::NewAccount;
use engine::core::Actor;
use engine::ports::{Identity, SecretValue};
use engine::store::AccountRow;
use runner::{Config, Token};
use tempfile::TempDir;
use testkit::aws::{Cli, Emulator, Front};
use testkit::world::{Cloud, Outside, World};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

pub(crate) const ROLE: &str = "tidegate-deploy";

#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) front: Arc<Front>,
    pub(crate) identity: Arc<AwsIdentity>,
    _emulator: Emulator,
    runners: Vec<Working>,
}

/// A real agent with its own server connection; it ends with the scene.
#[derive(Debug)]
struct Working {
    shutdown: CancellationToken,
    _running: AbortOnDropHandle<()>,
    _folder: TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let emulator = Emulator::start().await;
        let front = Arc::new(Front::start(&emulator).await);
        let settings = settings(front.url());
        let clock = Arc::new(SystemClock::new());
        let identity = Arc::new(AwsIdentity::new(settings.clone(), clock.clone()));
        let cloud = Cloud::new({
            let (identity, url) = (Arc::clone(&identity), front.url().to_owned());
            move |store, ports, tuned| {
                let assumes: Arc<dyn Identity> = identity.clone();
                ports.identity = Some(assumes.clone());
                let alarms = CloudWatch::new(settings.clone(), assumes, Arc::new(store.clone()), clock.clone());
                ports.monitors.push(Arc::new(alarms));
                tuned.identity_env = BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), url.clone())]);
            }
        });
        let world = World::sqlite_with(Outside { cloud: Some(cloud), ..Outside::default() }).await;
        Self { world, front, identity, _emulator: emulator, runners: Vec::new() }
    }

    /// A registered account whose role trusts the server.
    pub(crate) async fn account(&self, name: &str, id: &str, regions: &[&str]) -> AccountRow {
        let account = self.untrusting_account(name, id, regions).await;
        self.front.trust(&arn(id), &account.external_id);
        account
    }

    /// One whose owner has not applied the policy yet.
    pub(crate) async fn untrusting_account(&self, name: &str, id: &str, regions: &[&str]) -> AccountRow {
        let new = NewAccount {
            id: id.to_owned(),
            name: name.to_owned(),
            roles: vec![ROLE.to_owned()],
            labels: BTreeMap::new(),
            regions: regions.iter().map(|region| ((*region).to_owned(), BTreeMap::new())).collect(),
        };
        self.world.engine.add_account(&Actor::Engine, new).await.expect("an account")
    }

    /// What a person of that account does by hand.
    pub(crate) fn cli(&self, account: &str, region: &str) -> Cli {
        Cli::new(self.front.url(), account, region)
    }

    /// Starts a real runner; its jobs find the AWS CLI.
    pub(crate) async fn start_runner(&mut self, slots: u32) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url: url::Url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
        let state = ApiState::new(Arc::clone(&self.world.engine), ApiSettings::new(url.clone()));
        let shutdown = CancellationToken::new();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let token = self.world.engine.issue_runner_token(&Actor::Engine, "default", 60_000).await.expect("a token");
        let mut config = Config::new(url, folder.path().join("runner"), PathBuf::from(env!("CARGO_BIN_EXE_block-runner")));
        config.registration_token = Some(Token::new(&token));
        config.slots = slots;
        config.poll = Duration::from_secs(5);
        config.drain = Duration::ZERO;
        let tools = testkit::aws::tool("aws").parent().map(Path::to_path_buf).expect("a folder");
        let path = config.environment.get("PATH").cloned().unwrap_or_default();
        config.environment.insert("PATH".to_owned(), format!("{}:{path}", tools.display()));
        let running = tokio::spawn({
            let shutdown = shutdown.clone();
            async move {
                let serving = tokio::spawn(api::serve(listener, api::router(state), shutdown.clone()));
                runner::run(config, shutdown).await.expect("the agent runs until it is told to stop");
                serving.abort();
            }
        });
        self.runners.push(Working { shutdown, _running: AbortOnDropHandle::new(running), _folder: folder });
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for runner in &self.runners {
            runner.shutdown.cancel();
        }
    }
}

/// The server's own principal.
pub(crate) fn settings(endpoint: &str) -> Settings {
    Settings {
        endpoint: Some(endpoint.to_owned()),
        access_key: Some(("AKIASERVER".to_owned(), SecretValue::new("server-secret".to_owned()))),
        ..Settings::default()
    }
}

pub(crate) fn arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/{ROLE}")
}
