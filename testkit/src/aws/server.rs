//! What a server needs to enter the accounts of an emulator.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adapters::aws::{AwsIdentity, AwsPush, CloudWatch, Settings};
use adapters::clock::SystemClock;
use adapters::egress::{Client, Egress};
use adapters::hooks::HookSecrets;
use api::{ApiSettings, ApiState};
use clap::{Args, Parser};
use engine::ports::{Clock, Identity, SecretValue};
use engine::store::Store;
use engine::{Ports, Registry};
use runner::{Config, Token};
use tokio_util::sync::CancellationToken;

use crate::world::{Cloud, Outside, World};

/// The server's own principal, at an endpoint.
#[must_use]
pub fn settings(endpoint: &str) -> Settings {
    Settings {
        endpoint: Some(endpoint.to_owned()),
        access_key: Some(("AKIASERVER".to_owned(), SecretValue::new("server-secret".to_owned()))),
        ..Settings::default()
    }
}

/// The address of a test's server, as its tokens say.
pub const ISSUER: &str = "https://tidegate.example.org";

/// What the address ends with at which it takes pushes about alarms.
pub const PUSH_SECRET: &str = "a-secret-of-enough-length";

/// Roles and alarms of the accounts behind this endpoint, for [`World`]s.
#[must_use]
pub fn cloud(endpoint: &str, clock: Arc<dyn Clock>) -> (Cloud, Arc<AwsIdentity>) {
    cloud_with(settings(endpoint), clock)
}

/// The same for a server with these settings.
#[must_use]
pub fn cloud_with(settings: Settings, clock: Arc<dyn Clock>) -> (Cloud, Arc<AwsIdentity>) {
    let endpoint = settings.endpoint.clone().unwrap_or_default();
    let identity = Arc::new(AwsIdentity::new(settings.clone(), Arc::clone(&clock)));
    let cloud = Cloud::new({
        let (identity, url) = (Arc::clone(&identity), endpoint);
        move |store, ports, tuned| {
            // AWS takes an issuer of https only; the front fetches its keys where the server really is.
            ISSUER.clone_into(&mut tuned.public_url);
            let assumes: Arc<dyn Identity> = identity.clone();
            ports.identity = Some(assumes.clone());
            let alarms = CloudWatch::new(settings.clone(), assumes, Arc::new(registry(store, ports, tuned)), Arc::clone(&clock));
            ports.monitors.push(Arc::new(alarms));
            ports.library = Arc::new(crate::blocks::library());
            let secrets = HookSecrets::new(vec![SecretValue::new(PUSH_SECRET.to_owned())]).expect("a secret of enough length");
            let client = Client::new(Egress { allow_loopback: true, allow_private: false }).expect("an HTTP client");
            ports.alarm_push = Some(Arc::new(AwsPush::new(secrets, client, Some(url.clone()))));
            tuned.identity_env = BTreeMap::from([("AWS_ENDPOINT_URL".to_owned(), url.clone())]);
        }
    });
    (cloud, identity)
}

fn registry(store: &Store, ports: &Ports, settings: &engine::Settings) -> Registry {
    Registry {
        store: store.clone(),
        keys: Arc::clone(&ports.keys),
        clock: Arc::clone(&ports.clock),
        ids: Arc::clone(&ports.ids),
        public_url: settings.public_url.clone(),
    }
}

/// A server as a process of its own, which a test can kill. It serves until then.
#[derive(Debug, Parser)]
pub struct ServerCommand {
    /// Where its data lies.
    #[arg(long)]
    folder: PathBuf,
    #[arg(long)]
    listen: String,
    /// Where AWS is.
    #[arg(long)]
    cloud: String,
}

impl ServerCommand {
    pub fn run(&self) {
        runtime().block_on(async {
            let listener = tokio::net::TcpListener::bind(&self.listen).await.expect("the port is free");
            let (cloud, _) = cloud(&self.cloud, Arc::new(SystemClock::new()));
            let world = World::at(self.folder.clone(), Outside { cloud: Some(cloud), ..Outside::default() }).await;
            let url = format!("http://{}", self.listen).parse().expect("a URL");
            let state = ApiState::new(Arc::clone(&world.engine), ApiSettings::new(url));
            api::serve(listener, api::router(state), CancellationToken::new()).await.expect("it serves");
        });
    }
}

/// A runner as a process of its own, which a test can kill. It works until then.
#[derive(Debug, Args)]
pub struct AgentCommand {
    #[arg(long)]
    folder: PathBuf,
    #[arg(long)]
    server: String,
    #[arg(long)]
    token: String,
    #[arg(long)]
    slots: u32,
}

impl AgentCommand {
    pub fn run(&self) {
        let program = std::env::current_exe().expect("a program has a place");
        let config = agent(&self.server, self.folder.clone(), program, &self.token, self.slots);
        runtime().block_on(runner::run(config, CancellationToken::new())).expect("the agent runs until it is killed");
    }
}

/// A runner whose jobs find the AWS CLI.
#[must_use]
pub fn agent(server: &str, folder: PathBuf, program: PathBuf, token: &str, slots: u32) -> Config {
    let mut config = Config::new(server.parse().expect("a URL"), folder, program);
    config.registration_token = Some(Token::new(token));
    config.slots = slots;
    config.poll = Duration::from_secs(5);
    config.drain = Duration::ZERO;
    let tools = super::tool("aws").parent().map(std::path::Path::to_path_buf).expect("a folder");
    let path = config.environment.get("PATH").cloned().unwrap_or_default();
    config.environment.insert("PATH".to_owned(), format!("{path}:{}", tools.display()));
    config
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}
