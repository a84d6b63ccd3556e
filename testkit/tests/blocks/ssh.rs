//! `ssh/in-place` through a real SSH server.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::blocks::{Condition, Running, Subject};
use testkit::sshd::Sshd;

use super::in_place::Service;

conforms!(Remote::new());

#[test]
fn a4_an_older_fence() {
    crate::suite(Remote::new()).an_older_fence();
}

/// On another machine as on the runner's own.
#[test]
fn a_preview_stands_beside_the_service_and_goes_alone() {
    super::in_place::a_preview_comes_and_goes(&crate::suite(Remote::new()), |remote| &remote.service);
}

#[test]
fn a_client_sees_no_failed_request() {
    let suite = crate::suite(Remote::new());
    suite.deploy(1);
    let seen = suite.subject.service.watched(|| {
        suite.deploy(2);
        suite.roll_back_to(1);
    });
    assert!(seen.requests > 10, "{seen:?}");
    assert_eq!(seen.failures, Vec::<String>::new(), "{seen:?}");
}

#[test]
fn a_machine_that_is_another_one_is_not_entered() {
    let mut remote = Remote::new();
    remote.host_key = Sshd::start().host_key();
    let suite = crate::suite(remote);
    let ended = suite.try_deploy(1, Condition::Well);
    assert!(ended.log.contains("Host key verification failed") && ended.log.contains("127.0.0.1 cannot be entered"), "{}", ended.log);
}

/// A machine with a service on it.
#[derive(Debug)]
struct Remote {
    service: Service,
    sshd: Sshd,
    host_key: String,
}

impl Remote {
    fn new() -> Self {
        let sshd = Sshd::start();
        Self { service: Service::new("handover"), host_key: sshd.host_key(), sshd }
    }
}

impl Subject for Remote {
    fn deploy(&self) -> Value {
        let mut deploy = self.service.deploy();
        deploy["uses"] = json!("ssh/in-place");
        let with = json!({"host": "127.0.0.1", "ssh_port": self.sshd.port(), "key": self.sshd.key(), "host_key": self.host_key});
        for (name, value) in with.as_object().expect("inputs") {
            deploy["with"][name] = value.clone();
        }
        deploy
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
