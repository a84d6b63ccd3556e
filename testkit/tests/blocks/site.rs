//! `aws/s3-site` on the emulator, through the real AWS CLI.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::aws::{Cli, Emulator, Fault, Front, Harm};
use testkit::blocks::{ARTIFACT, Condition, Running, Subject};
use tokio::runtime::Runtime;

conforms!(Site::new());

#[test]
fn a4_an_older_fence() {
    crate::suite(Site::new()).an_older_fence();
}

const REGION: &str = "us-east-1";

struct Site {
    front: Front,
    account: String,
    bucket: String,
    _emulator: Arc<Emulator>,
    runtime: Runtime,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("front", &self.front).finish_non_exhaustive()
    }
}

impl Site {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let account = testkit::aws::own_account();
        // Names of buckets are the whole world's.
        let bucket = format!("shop-{account}");
        let (emulator, front) = runtime.block_on(async {
            let emulator = Emulator::shared().await;
            let front = Front::start(&emulator).await;
            (emulator, front)
        });
        Cli::new(front.url(), &account, REGION).run(&["s3api", "create-bucket", "--bucket", &bucket]);
        // A page takes its time: a middle that can be interrupted.
        let slow = Harm::Slow(Duration::from_millis(400));
        front.harm(Fault { action: Some(format!("PUT /{bucket}/index.html")), harm: slow, ..Fault::default() });
        Self { front, account, bucket, _emulator: emulator, runtime }
    }

    fn get(&self, key: &str) -> Option<String> {
        let scope = format!("AWS4-HMAC-SHA256 Credential=ACCOUNT{}/20261121/{REGION}/s3/aws4_request, Signature=0", self.account);
        let request = reqwest::Client::new().get(format!("{}/{}/{key}", self.front.url(), self.bucket)).header("authorization", scope);
        self.runtime.block_on(async {
            let answer = request.send().await.expect("an answer");
            if answer.status().is_success() { answer.text().await.ok() } else { None }
        })
    }
}

impl Subject for Site {
    fn deploy(&self) -> Value {
        json!({"uses": "aws/s3-site", "with": {"bucket": self.bucket, "artifact": ARTIFACT}})
    }

    fn env(&self) -> BTreeMap<String, String> {
        Cli::new(self.front.url(), &self.account, REGION).environment().into_iter().collect()
    }

    fn artifact(&self, condition: Condition) -> BTreeMap<String, Vec<u8>> {
        let page = match condition {
            Condition::Well | Condition::Slow => "index.html",
            // A site without its page.
            Condition::Sick => "other.html",
        };
        [(page, "<script src=app.js></script>"), ("app.js", "go()")].map(|(path, text)| (path.to_owned(), text.into())).into()
    }

    fn observe(&self) -> Option<Running> {
        let marker = self.get(".tidegate-release")?;
        let release = marker.split(' ').next().and_then(|number| number.parse().ok()).expect("a release");
        Some(Running { release, is_healthy: self.get("index.html").is_some() })
    }

    fn is_changing(&self) -> bool {
        self.front.is_under_way("/index.html")
    }
}
