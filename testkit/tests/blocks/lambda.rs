//! `aws/lambda` on the emulator, through the real AWS CLI.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::aws::{Cli, Emulator, Fault, Front, Harm};
use testkit::blocks::{ARTIFACT, Condition, Running, Subject};
use tokio::runtime::Runtime;

conforms!(Function::new());

#[test]
fn a4_an_older_fence() {
    crate::suite(Function::new()).an_older_fence();
}

#[test]
fn the_version_of_equal_code_is_one_and_a_rollback_uploads_nothing() {
    let suite = crate::suite(Function::new());
    suite.deploy(1);
    let first = suite.expect_running(1).version;
    suite.deploy(2);
    assert_eq!(suite.expect_running(2).version, first, "the same code is the same version");
    let uploads = suite.subject.front.count("/code");
    suite.roll_back_to(1);
    assert_eq!(suite.subject.front.count("/code"), uploads, "a rollback uploads nothing");
}

const REGION: &str = "eu-west-1";
/// How long an alias takes to change: a middle that can be interrupted.
const CHANGE: Duration = Duration::from_millis(400);

/// A function that exists, with code that nobody deployed.
struct Function {
    front: Front,
    account: String,
    _emulator: Arc<Emulator>,
    runtime: Runtime,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function").field("front", &self.front).finish_non_exhaustive()
    }
}

impl Function {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let account = testkit::aws::own_account();
        let (emulator, front) = runtime.block_on(async {
            let emulator = Emulator::shared().await;
            let front = Front::start(&emulator).await;
            (emulator, front)
        });
        make_function(&Cli::new(front.url(), &account, REGION), "orders");
        front.harm(Fault {
            action: Some("PUT /2015-03-31/functions/orders/aliases".to_owned()),
            harm: Harm::Slow(CHANGE),
            ..Fault::default()
        });
        Self { front, account, _emulator: emulator, runtime }
    }

    fn get(&self, path: &str) -> Option<Value> {
        let scope = format!("AWS4-HMAC-SHA256 Credential=ACCOUNT{}/20261121/{REGION}/lambda/aws4_request, Signature=0", self.account);
        let request =
            reqwest::Client::new().get(format!("{}/2015-03-31/functions/orders/{path}", self.front.url())).header("authorization", scope);
        self.runtime.block_on(async {
            let answer = request.send().await.expect("an answer");
            if answer.status().is_success() { answer.json().await.ok() } else { None }
        })
    }
}

/// What the owner of the account did before.
fn make_function(cli: &Cli, name: &str) {
    let role = cli.run(&["iam", "create-role", "--role-name", "function", "--assume-role-policy-document", "{}"]);
    let code = tempfile::tempdir().expect("a temporary folder");
    let zip = code.path().join("code.zip").display().to_string();
    let packed = std::process::Command::new("python3")
        .args(["-c", "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').writestr('main.py', 'nothing')", &zip])
        .status();
    assert!(packed.expect("python3 runs").success());
    let arn = role["Role"]["Arn"].as_str().expect("an ARN").to_owned();
    let file = format!("fileb://{zip}");
    let create = ["lambda", "create-function", "--function-name", name, "--runtime", "python3.12", "--handler", "main.handle"];
    cli.run(&[&create[..], &["--role", &arn, "--zip-file", &file]].concat());
}

impl Subject for Function {
    fn deploy(&self) -> Value {
        json!({"uses": "aws/lambda", "with": {"function": "orders", "artifact": ARTIFACT, "payload": "{\"check\": true}"}})
    }

    fn env(&self) -> BTreeMap<String, String> {
        Cli::new(self.front.url(), &self.account, REGION).environment().into_iter().collect()
    }

    fn artifact(&self, condition: Condition) -> BTreeMap<String, Vec<u8>> {
        let marker = match condition {
            Condition::Well => "well",
            Condition::Slow => "slow",
            Condition::Sick => "sick",
        };
        [("main.py", "def handle(event, context): return 1"), (marker, "")].map(|(path, text)| (path.to_owned(), text.into())).into()
    }

    fn observe(&self) -> Option<Running> {
        let alias = self.get("aliases/live")?;
        let version = alias["FunctionVersion"].as_str().expect("a version");
        let configuration = self.get(&format!("configuration?Qualifier={version}")).expect("the version that serves exists");
        let words = alias["Description"].as_str().expect("a description");
        let release = words.split("release=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a release");
        let is_sick = self.front.is_sick(configuration["CodeSha256"].as_str().expect("a digest"));
        Some(Running { release: release.parse().expect("a number"), is_healthy: !is_sick })
    }

    fn is_changing(&self) -> bool {
        self.front.is_under_way("PUT /2015-03-31/functions/orders/aliases")
    }
}
