//! The server is killed at every step of a wave, and it makes no difference.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use adapters::clock::SystemClock;
use engine::core::Actor;
use engine::core::id::ReleaseNumber;
use engine::core::row::{AttemptState, ReleaseState};
use testkit::aws::{Call, Emulator, Front, cloud};
use testkit::blocks::until;
use testkit::port;
use testkit::world::{Outside, World};

use super::scene::{MortalRunner, arn, register};
use super::stage::{Place, prepare_places, repository, serving};

const PIPELINE: &str = r#"name: orders
accounts:
  one: {id: "111111111111", role: tidegate-deploy}
  two: {id: "222222222222", role: tidegate-deploy}
stages:
  - name: build
    jobs: [{name: package, steps: [{run: "mkdir dist; cp main.py dist/"}], artifacts: {orders: dist}}]
  - name: prod
    alarms: [{cloudwatch: orders-errors, every: 500ms}]
    deploy: {uses: aws/lambda, with: {function: orders, artifact: orders}}
    waves:
      - {targets: [one/eu-west-1], bake: 1s}
      - {targets: [two/eu-west-1], bake: 1s}
"#;

const WAVES: &[&[Place]] = &[&[("111111111111", "eu-west-1")], &[("222222222222", "eu-west-1")]];

/// The steps of a wave, as AWS sees them: the door's alarms, the block's verbs, and the bake's alarms.
const STEPS: [&str; 6] = [
    ALARMS,
    "PUT /2015-03-31/functions/orders/code",
    "POST /2015-03-31/functions/orders/versions",
    ALIAS,
    "GET /2015-03-31/functions/orders/versions",
    ALARMS,
];
const ALARMS: &str = "DescribeAlarms";
const ALIAS: &str = "POST /2015-03-31/functions/orders/aliases";

/// A server that is a process, at an address that it takes again.
struct Mortal {
    arguments: Vec<String>,
    process: Child,
}

impl Mortal {
    fn start(arguments: Vec<String>) -> Self {
        let process = spawn(&arguments);
        Self { arguments, process }
    }

    fn kill(&mut self) {
        self.process.kill().expect("it lives");
        self.process.wait().expect("it is gone");
    }

    fn kill_and_start(&mut self) {
        self.kill();
        self.process = spawn(&self.arguments);
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

fn spawn(arguments: &[String]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aws-server"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the server starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn ie10_a_server_killed_at_every_step_of_a_wave_loses_and_doubles_nothing() {
    let emulator = Emulator::start().await;
    let front = Front::start(&emulator).await;
    prepare_places(&front, WAVES);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (cloud, _) = cloud(front.url(), Arc::new(SystemClock::new()));
    let outside = Outside { cloud: Some(cloud), ..Outside::default() };
    let world = World::at(folder.path().to_owned(), outside.clone()).await;
    for (name, id) in [("one", "111111111111"), ("two", "222222222222")] {
        let account = register(&world, name, id, &["eu-west-1"]).await;
        front.trust(&arn(id), &account.external_id);
    }
    let token = world.engine.issue_runner_token(&Actor::Engine, "default", 600_000).await.expect("a token");
    let repository = repository(PIPELINE);
    let pipeline = world.connect(&repository).await;
    world.close().await;

    let address = format!("127.0.0.1:{}", port::free());
    let place = folder.path().display().to_string();
    let arguments = ["--folder", &place, "--listen", &address, "--cloud", front.url()].map(str::to_owned).into();
    let mut server = Mortal::start(arguments);
    let _runner = MortalRunner::start(&format!("http://{address}"), &token, 2);
    let mut killed = Vec::new();
    for account in ["111111111111", "222222222222"] {
        let mut is_shifted = false;
        for step in STEPS {
            tokio::task::block_in_place(|| {
                until(&format!("{step} at {account}"), || has_come(&front.calls_to(account, 0), step, is_shifted).then_some(()));
            });
            server.kill_and_start();
            is_shifted |= step == ALIAS;
            killed.push((account, step));
        }
    }
    server.kill();

    // What was done is finished by the next server, and told by its store.
    let world = World::at(folder.path().to_owned(), outside).await;
    drop(server);
    let listener = tokio::net::TcpListener::bind(&address).await.expect("the address is free again");
    let state = api::ApiState::new(Arc::clone(&world.engine), api::ApiSettings::new(format!("http://{address}").parse().expect("a URL")));
    let shutdown = tokio_util::sync::CancellationToken::new();
    let serving_on = tokio_util::task::AbortOnDropHandle::new(tokio::spawn(api::serve(listener, api::router(state), shutdown)));
    assert_eq!(world.ended(&pipeline, ReleaseNumber(1)).await, ReleaseState::Completed, "{}", world.story(&pipeline).await);
    let detail = world.engine.store().release(&pipeline, ReleaseNumber(1)).await.expect("the store").expect("the release");
    let mut nodes: Vec<_> = detail.attempts.iter().map(|attempt| attempt.node).collect();
    let count = nodes.len();
    nodes.sort();
    nodes.dedup();
    assert_eq!(nodes.len(), count, "no job ran twice after {killed:?}:\n{}", world.story(&pipeline).await);
    assert!(detail.attempts.iter().all(|attempt| attempt.state == AttemptState::Ended), "{:?}", detail.attempts);
    for (account, region) in WAVES.iter().flat_map(|wave| wave.iter()) {
        assert_eq!(serving(&front, (account, region)).await.map(|(release, _)| release), Some("1".to_owned()));
        let made = front.calls_to(account, 0).into_iter().filter(|call| call.action == "POST /2015-03-31/functions/orders/aliases").count();
        assert_eq!(made, 1, "the alias in {account} was made once");
    }
    drop(serving_on);
}

/// `after_shift`: since the alias was made.
fn has_come(calls: &[Call], step: &str, after_shift: bool) -> bool {
    let from = if after_shift { calls.iter().position(|call| call.action == ALIAS).unwrap_or(calls.len()) } else { 0 };
    calls.iter().skip(from).any(|call| call.action == step)
}
