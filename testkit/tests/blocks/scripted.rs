//! Blocks for what AWS does by itself over minutes, on a scripted AWS over real HTTP.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::aws::{Cli, Fake, Seen};
use testkit::blocks::{ARTIFACT, Condition, Running, Subject, until};
use tokio::runtime::Runtime;

mod ecs_service {
    use super::Scripted;

    conforms!(Scripted::ecs());

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Scripted::ecs()).an_older_fence();
    }

    #[test]
    fn a_release_registers_its_task_definition_once_and_a_rollback_none() {
        let suite = crate::suite(Scripted::ecs());
        suite.deploy(1);
        suite.deploy(2);
        suite.deploy(2);
        suite.roll_back_to(1);
        assert_eq!(suite.subject.fake.count("RegisterTaskDefinition"), 2);
        assert_eq!(suite.subject.fake.count("UpdateService"), 3, "nothing is updated that runs already");
    }

    #[test]
    fn what_ecs_gives_up_is_told_with_its_events() {
        let suite = crate::suite(Scripted::ecs());
        suite.deploy(1);
        let ended = suite.try_deploy(2, testkit::blocks::Condition::Sick);
        assert!(ended.log.contains("circuit breaker: tasks failed to start"), "{}", ended.log);
        assert!(ended.log.contains("(service orders) (deployment) deployment failed"), "{}", ended.log);
    }
}

mod cloudformation {
    use super::Scripted;

    conforms!(Scripted::stack());

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Scripted::stack()).an_older_fence();
    }

    #[test]
    fn a_failed_update_is_told_with_its_reason_and_the_stack_has_gone_back() {
        let suite = crate::suite(Scripted::stack());
        suite.deploy(1);
        let ended = suite.try_deploy(2, testkit::blocks::Condition::Sick);
        assert!(ended.log.contains("Modify   AWS::DynamoDB::Table Table"), "the change set is shown: {}", ended.log);
        assert!(ended.log.contains("DRIFT: 1 resources"), "{}", ended.log);
        assert!(ended.log.contains("ended as UPDATE_ROLLBACK_COMPLETE") && ended.log.contains("no such luck"), "{}", ended.log);
        suite.expect_running(1);
    }

    #[test]
    fn a_stack_that_was_never_created_is_made_anew() {
        let suite = crate::suite(Scripted::stack());
        let ended = suite.try_deploy(1, testkit::blocks::Condition::Sick);
        assert!(ended.log.contains("ended as ROLLBACK_COMPLETE"), "{}", ended.log);
        suite.deploy(2);
        suite.expect_running(2);
        assert_eq!(suite.subject.fake.count("DeleteStack"), 1);
    }

    #[test]
    fn a_release_that_changes_nothing_executes_nothing() {
        let suite = crate::suite(Scripted::stack());
        suite.deploy(1);
        suite.deploy(1);
        assert_eq!(suite.subject.fake.count("ExecuteChangeSet"), 1);
    }
}

mod codedeploy {
    use super::Scripted;

    conforms!(Scripted::deployment_group());

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Scripted::deployment_group()).an_older_fence();
    }
}

mod elastic_beanstalk {
    use super::Scripted;

    conforms!(Scripted::environment());

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Scripted::environment()).an_older_fence();
    }
}

mod app_config {
    use super::Scripted;

    conforms!(Scripted::configuration());

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Scripted::configuration()).an_older_fence();
    }
}

/// One thing of AWS that a block deploys to.
#[derive(Debug)]
struct Scripted {
    fake: Fake,
    uses: &'static str,
    with: Value,
    see: fn(&Fake) -> Option<Seen>,
    /// The file of an artifact that says how its release behaves.
    file: &'static str,
    _runtime: Runtime,
}

impl Scripted {
    fn new(uses: &'static str, with: Value, file: &'static str, see: fn(&Fake) -> Option<Seen>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let fake = runtime.block_on(Fake::start());
        Self { fake, uses, with, see, file, _runtime: runtime }
    }

    fn ecs() -> Self {
        Self::new("aws/ecs-service", json!({"cluster": "shop", "service": "orders"}), "image.txt", Fake::service)
    }

    fn stack() -> Self {
        let with = json!({"stack": "orders", "parameters": {"Release": "${{ release.number }}"}, "drift": "show"});
        Self::new("aws/cloudformation", with, "template.yaml", |fake| fake.stack("orders"))
    }

    fn deployment_group() -> Self {
        Self::new(
            "aws/codedeploy",
            json!({"application": "shop", "group": "prod", "bucket": "bundles"}),
            "appspec.yml",
            Fake::deployment_group,
        )
    }

    fn environment() -> Self {
        let with = json!({"application": "shop", "environment": "shop-prod", "bucket": "bundles"});
        Self::new("aws/elastic-beanstalk", with, "Procfile", Fake::environment)
    }

    fn configuration() -> Self {
        Self::new("aws/app-config", json!({"application": "a1", "environment": "e1", "profile": "p1"}), "config.json", Fake::configuration)
    }

    /// As soon as nothing changes by itself any more.
    fn settled(&self) -> Option<Seen> {
        until("AWS to come to an end", || {
            let seen = (self.see)(&self.fake);
            (!seen.as_ref().is_some_and(|seen| seen.is_changing)).then_some(seen)
        })
    }
}

impl Subject for Scripted {
    fn deploy(&self) -> Value {
        let mut with = self.with.clone();
        with["artifact"] = json!(ARTIFACT);
        with["poll"] = json!("0.1");
        json!({"uses": self.uses, "with": with})
    }

    fn env(&self) -> BTreeMap<String, String> {
        Cli::new(self.fake.url(), "222222222222", "eu-west-1").environment().into_iter().collect()
    }

    fn artifact(&self, condition: Condition) -> BTreeMap<String, Vec<u8>> {
        let word = match condition {
            Condition::Well => "well",
            Condition::Slow => "slow",
            Condition::Sick => "sick",
        };
        let digest = "0".repeat(64);
        let content = if self.file == "image.txt" { format!("registry/orders-{word}@sha256:{digest}\n") } else { format!("# {word}\n") };
        // A bundle's names stand in it in the clear.
        [(self.file.to_owned(), content.into()), (word.to_owned(), Vec::new())].into()
    }

    fn observe(&self) -> Option<Running> {
        self.settled().map(|seen| Running { release: seen.release, is_healthy: seen.is_well })
    }

    fn is_changing(&self) -> bool {
        (self.see)(&self.fake).is_some_and(|seen| seen.is_changing)
    }
}
