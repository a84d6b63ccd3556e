//! Logs and artifacts in a bucket, on an emulator of S3 that asks who one is (moto with its check of signatures).

use std::process::{Child, Command, Stdio};

use crate::port;
use crate::program::{Program, Ran};
use crate::site::Site;

/// The emulator, with the bucket `kept` and a user who may do anything there. Ends with the handle.
struct Storage {
    process: Child,
    endpoint: String,
    /// Its id and its secret half.
    key: (String, String),
}

fn tool(name: &str) -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tools/moto/bin/").to_owned() + name
}

/// Makes the user, and then asks the emulator to look at every signature from now on.
const PREPARE: &str = r#"
import boto3, json, sys, urllib.request
place = dict(endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="setup", aws_secret_access_key="setup")
iam = boto3.client("iam", **place)
iam.create_user(UserName="tidegate")
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="tidegate", PolicyName="bucket", PolicyDocument=json.dumps(policy))
key = iam.create_access_key(UserName="tidegate")["AccessKey"]
boto3.client("s3", **place).create_bucket(Bucket="kept")
urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/moto-api/reset-auth", data=b"0", headers={"content-type": "text/plain"}))
print(key["AccessKeyId"], key["SecretAccessKey"])
"#;

const LIST: &str = r#"
import boto3, sys
bucket = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id=sys.argv[2], aws_secret_access_key=sys.argv[3])
for item in bucket.list_objects_v2(Bucket="kept").get("Contents", []):
    print(item["Key"], item["Size"])
"#;

impl Storage {
    fn start() -> Self {
        let port = port::free();
        let process = Command::new(tool("moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the emulator: scripts/install moto brings it");
        let mut storage = Self { process, endpoint: format!("http://127.0.0.1:{port}"), key: Default::default() };
        let prepared = storage.until_prepared();
        let mut words = prepared.split_whitespace().map(str::to_owned);
        storage.key = words.next().zip(words.next()).expect("a key");
        storage
    }

    #[expect(clippy::disallowed_methods, reason = "another process says in no other way that it listens")]
    fn until_prepared(&self) -> String {
        let start = std::time::Instant::now();
        while std::net::TcpStream::connect(self.endpoint.trim_start_matches("http://")).is_err() {
            assert!(start.elapsed().as_secs() < 60, "the emulator did not start");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let prepared = Command::new(tool("python")).args(["-c", PREPARE, &self.endpoint]).output().expect("python runs");
        assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
        String::from_utf8_lossy(&prepared.stdout).into_owned()
    }

    fn objects(&self) -> String {
        let listed =
            Command::new(tool("python")).args(["-c", LIST, &self.endpoint, &self.key.0, &self.key.1]).output().expect("python runs");
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        String::from_utf8_lossy(&listed.stdout).into_owned()
    }

    fn settings(&self, bucket: &str, key: &str, secret: &str) -> String {
        format!(
            "[blobs.s3]\nbucket = \"{bucket}\"\nendpoint = \"{}\"\naccess_key_id = \"{key}\"\nsecret_access_key = \"{secret}\"\n",
            self.endpoint
        )
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// An artifact of several parts, and a log that is no small one.
const STORED: &str = "name: shop
stages:
  - name: build
    jobs:
      - name: make
        steps:
          - run: 'head -c 20000000 /dev/urandom > big.bin; od -An -tx8 -w8 -v -N 320000 big.bin | sed \"s/^/line/\"'
        artifacts: {big: big.bin}
  - name: beta
    targets: [local/beta]
    deploy: {uses: shell/run, with: {artifact: big, run: 'cp $TIDEGATE_ARTIFACTS/big @FOLDER@/big.bin'}}
";

fn refused(settings: &str) -> (Ran, Ran) {
    let program = Program::new();
    program.write("server.toml", settings);
    let server = ["server", "--config", "server.toml", "--data", "data", "--listen", "127.0.0.1:0"];
    (program.run(&server), program.run(&["doctor", "--json", "--config", "server.toml", "--data", "data"]))
}

#[test]
fn a_bucket_keeps_logs_and_artifacts_and_gives_them_back() {
    let storage = Storage::start();
    let site =
        Site::start_with(&[("server.toml", &storage.settings("kept", &storage.key.0, &storage.key.1))], &["--config", "server.toml"]);
    site.connect_as("repository", STORED);
    site.until_release(1, "completed");
    let place = |name: &str| std::fs::read(site.program.folder().join(name)).expect("it was deployed");
    assert_eq!(place("big.bin").len(), 20_000_000, "more than one part of an upload");
    let found = storage.objects();
    assert_eq!(found.lines().filter(|line| line.starts_with("artifacts/") && line.ends_with(" 20000000")).count(), 1, "{found}");
    // Pieces of a log that are no longer needed go once it is sealed; it reads the same from there.
    site.until("the log of the build is sealed", |_| storage.objects().contains("/sealed-").then_some(()));
    let log = site.ok(&["logs", "shop", "1", "make"]).stdout;
    assert_eq!(log.lines().filter(|line| line.starts_with("line ")).count(), 40_000, "{}", log.len());
    assert!(!site.program.folder().join("data/blobs").exists(), "nothing is kept in the data folder");
    let doctor = site.run(&["doctor", "--json", "--config", "server.toml", "--data", "data"]);
    assert!(doctor.stdout.contains("kept takes, gives and removes objects"), "{doctor:?}");
    assert!(!storage.objects().contains("trial"), "a trial leaves nothing");
}

#[test]
fn a_server_does_not_start_on_a_bucket_that_is_not_there_or_refuses_its_key() {
    let storage = Storage::start();
    let (id, secret) = storage.key.clone();
    for (bucket, id, secret, told) in [
        ("lost", id.as_str(), secret.as_str(), "there is no bucket \"lost\""),
        ("kept", "AKIAWRONG", secret.as_str(), "refuses to write objects with this access key"),
        ("kept", id.as_str(), "a wrong secret", "refuses to write objects with this access key"),
    ] {
        let (server, doctor) = refused(&storage.settings(bucket, id, secret));
        assert!(server.code == 1 && server.stderr.contains(told) && server.stderr.contains("check-config"), "{bucket} {id}: {server:?}");
        assert!(doctor.code == 1 && doctor.json()["findings"].to_string().contains("blobs.s3"), "{doctor:?}");
        assert!(!format!("{server:?}{doctor:?}").contains("a wrong secret"), "the secret is not shown: {server:?} {doctor:?}");
    }
}
