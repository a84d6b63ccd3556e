//! `aws/ec2-in-place` through a scripted Systems Manager that runs its commands on this machine.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::aws::{Cli, Fake};
use testkit::blocks::{Condition, Running, Subject};
use tokio::runtime::Runtime;

use super::in_place::Service;

conforms!(Instance::new());

#[test]
fn a4_an_older_fence() {
    crate::suite(Instance::new()).an_older_fence();
}

#[test]
fn a_client_sees_no_failed_request() {
    let suite = crate::suite(Instance::new());
    suite.deploy(1);
    let seen = suite.subject.service.watched(|| suite.deploy(2));
    assert!(seen.requests > 10, "{seen:?}");
    assert_eq!(seen.failures, Vec::<String>::new(), "{seen:?}");
}

/// An instance with a service on it.
#[derive(Debug)]
struct Instance {
    service: Service,
    fake: Fake,
    _runtime: Runtime,
}

impl Instance {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        Self { service: Service::new("handover"), fake: runtime.block_on(Fake::start()), _runtime: runtime }
    }
}

impl Subject for Instance {
    fn deploy(&self) -> Value {
        let mut deploy = self.service.deploy();
        deploy["uses"] = json!("aws/ec2-in-place");
        for (name, value) in [("instance", "i-0123456789abcdef0"), ("bucket", "bundles"), ("poll", "0.1")] {
            deploy["with"][name] = json!(value);
        }
        deploy
    }

    fn env(&self) -> BTreeMap<String, String> {
        Cli::new(self.fake.url(), "222222222222", "eu-west-1").environment().into_iter().collect()
    }

    fn artifact(&self, condition: Condition) -> BTreeMap<String, Vec<u8>> {
        self.service.artifact(condition)
    }

    fn observe(&self) -> Option<Running> {
        self.service.observe()
    }

    fn is_changing(&self) -> bool {
        self.service.is_changing()
    }
}
