//! An organisation in the emulator, a server that may enter it, and runners that work for real.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use adapters::aws::{AwsIdentity, Settings};
use adapters::clock::SystemClock;
use api::{ApiSettings, ApiState};
use engine::core::Actor;
use engine::ports::Clock;
use engine::store::{AccountRow, EnteredBy};
use engine::{NewAccount, Registry, TrustPolicy, Trusted};
use rustix::process::Signal;
use tempfile::TempDir;
use testkit::aws::{Cli, Emulator, Federation, Front, ISSUER, Provider, agent, cloud_with};
use testkit::blocks::{kill_all, until};
use testkit::world::{Outside, World};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

pub(crate) const ROLE: &str = "tidegate-deploy";
/// The program that is a runner's supervisor, a runner or a server.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_block-runner");

#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) front: Arc<Front>,
    pub(crate) identity: Arc<AwsIdentity>,
    _emulator: Emulator,
    serving: Vec<Serving>,
}

/// The server's own door; whoever came in by it is told to stop when the scene ends.
#[derive(Debug)]
struct Serving {
    shutdown: CancellationToken,
    tasks: Vec<AbortOnDropHandle<()>>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::at(Arc::new(SystemClock::new())).await
    }

    pub(crate) async fn at(clock: Arc<dyn Clock>) -> Self {
        Self::with(clock, testkit::aws::settings).await
    }

    /// With a server that has no principal at AWS.
    pub(crate) async fn without_principal() -> Self {
        Self::with(Arc::new(SystemClock::new()), |endpoint| Settings { access_key: None, ..testkit::aws::settings(endpoint) }).await
    }

    async fn with(clock: Arc<dyn Clock>, settings: fn(&str) -> Settings) -> Self {
        let emulator = Emulator::start().await;
        let front = Arc::new(Front::start(&emulator).await);
        let (cloud, identity) = cloud_with(settings(front.url()), Arc::clone(&clock));
        let world = World::sqlite_with(Outside { cloud: Some(cloud), clock: Some(clock), ..Outside::default() }).await;
        Self { world, front, identity, _emulator: emulator, serving: Vec::new() }
    }

    /// A registered account whose role trusts the server.
    pub(crate) async fn account(&self, name: &str, id: &str, regions: &[&str]) -> AccountRow {
        let account = self.untrusting_account(name, id, regions).await;
        self.front.trust(&arn(id), &account.external_id);
        account
    }

    /// One that is entered with the server's own tokens; its owner has applied the policy that the server prints.
    pub(crate) async fn federated_account(&mut self, name: &str, id: &str, regions: &[&str]) -> AccountRow {
        let account = self.unfederated_account(name, id, regions).await;
        let keys_at = self.serve().await;
        self.front.provider(id, ISSUER, Provider { audiences: vec![engine::AUDIENCE.to_owned()], keys_at: Some(keys_at) });
        self.front.federate(&arn(id), federation(&account));
        account
    }

    /// The same before its owner has done anything.
    pub(crate) async fn unfederated_account(&self, name: &str, id: &str, regions: &[&str]) -> AccountRow {
        let new = NewAccount { entered_by: Some(EnteredBy::WebIdentity), ..new_account(name, id, regions) };
        self.world.engine.add_account(&Actor::Engine, new).await.expect("an account")
    }

    /// The accounts, for what reads in them.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        Arc::new(self.world.engine.account_registry())
    }

    /// One whose owner has not applied the policy yet.
    pub(crate) async fn untrusting_account(&self, name: &str, id: &str, regions: &[&str]) -> AccountRow {
        register(&self.world, name, id, regions).await
    }

    /// What a person of that account does by hand.
    pub(crate) fn cli(&self, account: &str, region: &str) -> Cli {
        Cli::new(self.front.url(), account, region)
    }

    /// Starts a real runner; its jobs find the AWS CLI.
    pub(crate) async fn start_runner(&mut self, slots: u32) {
        let url = self.serve().await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let token = self.join_token().await;
        let config = agent(&url, folder.path().join("runner"), PathBuf::from(PROGRAM), &token, slots);
        let shutdown = self.serving.last().map(|serving| serving.shutdown.clone()).expect("it serves");
        let running = tokio::spawn(async move {
            runner::run(config, shutdown).await.expect("the agent runs until it is told to stop");
            drop(folder);
        });
        if let Some(serving) = self.serving.last_mut() {
            serving.tasks.push(AbortOnDropHandle::new(running));
        }
    }

    /// Starts a real runner that can be killed.
    pub(crate) async fn start_mortal_runner(&mut self, slots: u32) -> MortalRunner {
        let url = self.serve().await;
        let token = self.join_token().await;
        MortalRunner::start(&url, &token, slots)
    }

    pub(crate) async fn join_token(&self) -> String {
        self.world.engine.issue_runner_token(&Actor::Engine, "default", 60_000).await.expect("a token")
    }

    /// Where the server can be reached.
    pub(crate) async fn serve(&mut self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let state = ApiState::new(Arc::clone(&self.world.engine), ApiSettings::new(address.parse().expect("a URL")));
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { api::serve(listener, api::router(state), shutdown).await.expect("it serves") }
        });
        self.serving.push(Serving { shutdown, tasks: vec![AbortOnDropHandle::new(serving)] });
        address
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for serving in &self.serving {
            serving.shutdown.cancel();
        }
    }
}

/// An agent that is a process of its own.
#[derive(Debug)]
pub(crate) struct MortalRunner {
    process: Child,
    folder: TempDir,
}

impl MortalRunner {
    pub(crate) fn start(server: &str, token: &str, slots: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = folder.path().join("runner").display().to_string();
        let process = Command::new(PROGRAM)
            .args(["agent", "--server", server, "--folder", &place, "--token", token, "--slots", &slots.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the runner starts");
        Self { process, folder }
    }

    /// `kill -9` of the agent and of everything that it has started.
    pub(crate) fn kill(&mut self) {
        let own = self.folder.path().display().to_string();
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
        until("the end of what the runner has started", || {
            (kill_all(Signal::KILL, |process| process.line.contains(&own) || process.environment.contains(&own)) == 0).then_some(())
        });
    }
}

impl Drop for MortalRunner {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) async fn register(world: &World, name: &str, id: &str, regions: &[&str]) -> AccountRow {
    world.engine.add_account(&Actor::Engine, new_account(name, id, regions)).await.expect("an account")
}

/// What the printed trust policy lets in.
pub(crate) fn federation(account: &AccountRow) -> Federation {
    Federation::of(&TrustPolicy::new(account, &Trusted::Issuer(ISSUER.to_owned())).trust)
}

fn new_account(name: &str, id: &str, regions: &[&str]) -> NewAccount {
    NewAccount {
        id: id.to_owned(),
        name: name.to_owned(),
        roles: vec![ROLE.to_owned()],
        labels: BTreeMap::new(),
        regions: regions.iter().map(|region| ((*region).to_owned(), BTreeMap::new())).collect(),
        entered_by: None,
    }
}

pub(crate) fn arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/{ROLE}")
}
