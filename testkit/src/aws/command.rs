use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// A program of the folder that `scripts/install moto` has made beside the build.
#[must_use]
pub fn tool(name: &str) -> PathBuf {
    let program = std::env::current_exe().expect("a test has a program");
    let place = program.ancestors().map(|folder| folder.join("tools/moto/bin")).find(|folder| folder.is_dir());
    place.expect("the AWS emulator is not installed: run `scripts/install moto`, as make test does").join(name)
}

/// The real AWS CLI against an endpoint, as one account's own person: what a test prepares and looks at goes this way.
#[derive(Debug, Clone)]
pub struct Cli {
    endpoint: String,
    account: String,
    region: String,
}

impl Cli {
    #[must_use]
    pub fn new(endpoint: &str, account: &str, region: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), account: account.to_owned(), region: region.to_owned() }
    }

    /// The command's answer; a test fails with what the command said.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(tool("aws"));
        command.env_clear().envs(self.environment()).args(arguments);
        let output = command.output().expect("the AWS CLI runs");
        assert!(output.status.success(), "aws {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        if output.stdout.is_empty() { Value::Null } else { serde_json::from_slice(&output.stdout).expect("JSON") }
    }

    /// What the CLI finds in its environment.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let path = super::tool("aws").parent().expect("a folder").display().to_string();
        [
            ("PATH", format!("{path}:/usr/local/bin:/usr/bin:/bin")),
            // The emulator takes a key's account from who was given it; the front gives it out.
            ("AWS_ACCESS_KEY_ID", format!("ACCOUNT{}", self.account)),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("AWS_REGION", self.region.clone()),
            ("AWS_DEFAULT_REGION", self.region.clone()),
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_MAX_ATTEMPTS", "1".to_owned()),
            ("AWS_PAGER", String::new()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// Runs a script with the clients' library in the emulator's own Python.
#[track_caller]
pub fn python(script: &str, arguments: &[&str]) {
    let output = Command::new(tool("python3")).args(["-c", script]).args(arguments).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
