//! `terraform/apply` with the real Terraform or OpenTofu where this machine has one, else with a scripted stand-in.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::blocks::{ARTIFACT, Condition, Running, Subject};

conforms!(State::new());

#[test]
fn a4_an_older_fence() {
    crate::suite(State::new()).an_older_fence();
}

/// A state in a file, and a resource whose change takes its time or fails as the artifact says.
#[derive(Debug)]
struct State(TempDir);

const CONFIGURATION: &str = r#"
terraform {
  backend "local" {}
}
variable "tidegate_release" {}
variable "tidegate_fence" {}
variable "tidegate_artifact" { default = "" }
resource "terraform_data" "app" {
  triggers_replace = [var.tidegate_release, timestamp()]
  provisioner "local-exec" {
    command     = "sh change.sh"
    environment = { ARTIFACT = var.tidegate_artifact }
  }
}
output "tidegate_release" {
  value      = var.tidegate_release
  depends_on = [terraform_data.app]
}
output "tidegate_fence" {
  value      = var.tidegate_fence
  depends_on = [terraform_data.app]
}
"#;

const CHANGE: &str = r#"
exec 9>"$PLACE/changes"
flock 9
if [ -e "$ARTIFACT/slow" ]; then sleep 0.8; fi
test ! -e "$ARTIFACT/sick"
"#;

impl State {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a temporary folder");
        let program = place.path().join("bin/terraform");
        fs::create_dir(place.path().join("bin")).expect("a folder");
        fs::write(&program, include_str!("terraform.py")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("executable");
        Self(place)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

impl Subject for State {
    fn deploy(&self) -> Value {
        let backend = format!("path={}", self.path("state"));
        json!({"uses": "terraform/apply", "with": {"artifact": ARTIFACT, "folder": "infra", "backend": backend}})
    }

    fn env(&self) -> BTreeMap<String, String> {
        // A real one comes first.
        let path = format!("/usr/local/bin:/usr/bin:/bin:{}", self.path("bin"));
        [("PATH".to_owned(), path), ("PLACE".to_owned(), self.path(""))].into()
    }

    fn repository(&self) -> BTreeMap<String, String> {
        [("infra/main.tf", CONFIGURATION), ("infra/change.sh", CHANGE)].map(|(path, text)| (path.to_owned(), text.to_owned())).into()
    }

    fn artifact(&self, condition: Condition) -> BTreeMap<String, Vec<u8>> {
        let word = match condition {
            Condition::Well => "well",
            Condition::Slow => "slow",
            Condition::Sick => "sick",
        };
        [(word.to_owned(), Vec::new())].into()
    }

    fn observe(&self) -> Option<Running> {
        let state: Value = serde_json::from_slice(&fs::read(self.path("state")).ok()?).expect("JSON");
        let release = state["outputs"]["tidegate_release"]["value"].as_str()?.parse().expect("a release");
        Some(Running { release, is_healthy: true })
    }

    fn is_changing(&self) -> bool {
        // Whoever changes it holds the lock. Its process id would be one of the job's own namespace.
        fs::File::open(self.path("changes")).is_ok_and(|file| matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)))
    }
}
