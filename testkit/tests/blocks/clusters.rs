//! `kubernetes/apply` and `fly/app` with scripted stand-ins of their command lines.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::blocks::{ARTIFACT, Condition, Running, Subject};

mod kubernetes {
    use super::{Cluster, Kind};

    conforms!(Cluster::new(Kind::Kubernetes));

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Cluster::new(Kind::Kubernetes)).an_older_fence();
    }
}

mod fly {
    use super::{Cluster, Kind};

    conforms!(Cluster::new(Kind::Fly));

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Cluster::new(Kind::Fly)).an_older_fence();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Kubernetes,
    Fly,
}

/// What the stand-in keeps, and the program itself.
#[derive(Debug)]
struct Cluster {
    kind: Kind,
    place: TempDir,
}

impl Cluster {
    fn new(kind: Kind) -> Self {
        let place = tempfile::tempdir().expect("a temporary folder");
        let name = if kind == Kind::Fly { "fly" } else { "kubectl" };
        let program = place.path().join(name);
        fs::write(&program, include_str!("clusters.py")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("executable");
        Self { kind, place }
    }

    fn state(&self) -> Option<Value> {
        Some(serde_json::from_slice(&fs::read(self.place.path().join("state")).ok()?).expect("JSON"))
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_str()?.parse().ok()
}

/// Seconds since it was applied, and whether that is enough for it.
fn is_over(state: &Value) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the stand-in keeps real time")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64();
    let takes = if state["content"].as_str().is_some_and(|content| content.contains("slow")) { 0.8 } else { 0.05 };
    now - state["began"].as_f64().unwrap_or_default() >= takes
}

impl Subject for Cluster {
    fn deploy(&self) -> Value {
        match self.kind {
            Kind::Kubernetes => json!({"uses": "kubernetes/apply", "with": {"artifact": ARTIFACT, "workloads": "deployment/orders"}}),
            Kind::Fly => json!({"uses": "fly/app", "with": {"artifact": ARTIFACT, "app": "orders"}}),
        }
    }

    fn env(&self) -> BTreeMap<String, String> {
        let place = self.place.path().display();
        [("PATH".to_owned(), format!("{place}:/usr/local/bin:/usr/bin:/bin")), ("STATE".to_owned(), format!("{place}/state"))].into()
    }

    fn artifact(&self, condition: Condition) -> BTreeMap<String, Vec<u8>> {
        let word = match condition {
            Condition::Well => "well",
            Condition::Slow => "slow",
            Condition::Sick => "sick",
        };
        let image = format!("registry/orders-{word}@sha256:{}\n", "0".repeat(64));
        let file = if self.kind == Kind::Fly { "image.txt" } else { "orders.yaml" };
        [(file.to_owned(), image.into())].into()
    }

    fn observe(&self) -> Option<Running> {
        let state = self.state()?;
        if self.kind == Kind::Kubernetes {
            let is_sick = state["content"].as_str()?.contains("sick");
            return Some(Running { release: number(&state["annotations"]["tidegate/release"])?, is_healthy: is_over(&state) && !is_sick });
        }
        let machines = state["machines"].as_array()?;
        let releases: Vec<u64> = machines.iter().filter_map(|machine| number(&machine["config"]["env"]["TIDEGATE_RELEASE"])).collect();
        let of = |release: u64| releases.iter().filter(|other| **other == release).count();
        let release = releases.iter().copied().max_by_key(|release| (of(*release), *release))?;
        let passes =
            machines.iter().all(|machine| machine["checks"].as_array().is_some_and(|all| all.iter().all(|one| one["status"] == "passing")));
        // What no block has deployed counts as a release of its own.
        let most = if of(release) * 2 > machines.len() { release } else { return None };
        Some(Running { release: most, is_healthy: passes && of(release) == machines.len() })
    }

    fn is_changing(&self) -> bool {
        let Some(state) = self.state() else { return false };
        match self.kind {
            Kind::Kubernetes => !is_over(&state),
            Kind::Fly => {
                let releases: Vec<&Value> = state["machines"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|machine| &machine["config"]["env"]["TIDEGATE_RELEASE"])
                    .collect();
                let lives = state["pid"].as_u64().is_some_and(|pid| std::path::Path::new("/proc").join(pid.to_string()).exists());
                lives && releases.windows(2).any(|pair| pair[0] != pair[1])
            }
        }
    }
}
