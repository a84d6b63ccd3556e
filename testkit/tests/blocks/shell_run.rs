//! `shell/run` with a script of the repository that puts a folder in place, as many a team has one.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::blocks::{ARTIFACT, Condition, Running, Subject};

conforms!(Folder::new());

/// The target: a folder with a link to what runs.
#[derive(Debug)]
struct Folder(TempDir);

/// Holds a lock while it changes the target, and puts the new release in place in one move.
const DEPLOY: &str = r#"#!/usr/bin/env bash
set -euo pipefail
exec 9>"$PLACE/lock"
flock 9
next="$PLACE/release-$TIDEGATE_RELEASE"
rm -rf "$next"
cp -rL "$TIDEGATE_ARTIFACTS/app" "$next"
if [ -e "$next/slow" ]; then sleep 0.4; fi
ln -sfn "release-$TIDEGATE_RELEASE" "$PLACE/current.new"
mv -T "$PLACE/current.new" "$PLACE/current"
"#;

const INSPECT: &str = r#"#!/usr/bin/env bash
set -euo pipefail
touch "$PLACE/lock"
in_progress=true
if flock -n "$PLACE/lock" true; then in_progress=false; fi
health=stopped release= version=
if [ -e "$PLACE/current" ]; then
  release=$(readlink "$PLACE/current")
  release=${release#release-}
  version=$(cat "$PLACE/current/VERSION")
  health=healthy
  if [ -e "$PLACE/current/sick" ]; then health=unhealthy; fi
fi
printf 'release=%s\nversion=%s\nhealth=%s\nin_progress=%s\n' "$release" "$version" "$health" "$in_progress" >>"$TIDEGATE_OUTPUT"
"#;

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }
}

impl Subject for Folder {
    fn deploy(&self) -> Value {
        json!({
            "uses": "shell/run",
            "with": {
                "artifact": ARTIFACT,
                "prepare": "test -d \"$TIDEGATE_ARTIFACTS/app\"",
                "run": "bash deploy.sh",
                "health": "test -e \"$PLACE/current\" && test ! -e \"$PLACE/current/sick\"",
                "finish": "rm -f \"$PLACE\"/unused-*",
                "inspect": "bash inspect.sh",
                "env": {"PLACE": self.0.path()},
            },
        })
    }

    fn artifact(&self, condition: Condition) -> BTreeMap<String, Vec<u8>> {
        let marker = match condition {
            Condition::Well => "well",
            Condition::Slow => "slow",
            Condition::Sick => "sick",
        };
        [("VERSION", "1.0"), (marker, "")].map(|(path, text)| (path.to_owned(), text.into())).into()
    }

    fn repository(&self) -> BTreeMap<String, String> {
        [("deploy.sh", DEPLOY), ("inspect.sh", INSPECT)].map(|(path, text)| (path.to_owned(), text.to_owned())).into()
    }

    fn observe(&self) -> Option<Running> {
        let link = std::fs::read_link(self.0.path().join("current")).ok()?;
        let release = link.to_str()?.trim_start_matches("release-").parse().expect("a release's number");
        Some(Running { release, is_healthy: !self.0.path().join("current/sick").exists() })
    }

    fn is_changing(&self) -> bool {
        let current = self.observe().map_or(0, |running| running.release);
        self.0.path().join(format!("release-{}/slow", current + 1)).exists()
    }
}
