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

/// What the real SAM CLI left of an application with one function.
mod sam {
    use super::Scripted;

    conforms!(Scripted::application());

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Scripted::application()).an_older_fence();
    }

    #[test]
    fn code_is_put_beside_the_target_and_the_template_names_it_there() {
        let suite = crate::suite(Scripted::application());
        suite.deploy(1);
        let template = suite.subject.fake.template("orders").expect("a template");
        let template: serde_json::Value = serde_json::from_str(&template).expect("JSON");
        let code = template["Resources"]["Orders"]["Properties"]["CodeUri"].as_str().expect("an address");
        let object = suite.subject.fake.object(code.strip_prefix("s3:/").expect("an object")).expect("it is there");
        assert!(object.starts_with(b"PK"), "a zip file");
        let variables = &template["Resources"]["Orders"]["Properties"]["Environment"]["Variables"];
        assert_eq!(variables["TABLE"], serde_json::json!({"Fn::GetAtt": ["Table", "Arn"]}));
        assert_eq!(template["AWSTemplateFormatVersion"], "2010-09-09", "a date stays a text");
    }

    #[test]
    fn what_is_missing_beside_the_template_is_named() {
        let mut application = Scripted::application();
        application.leaves_out = Some("Orders/app.py");
        let ended = crate::suite(application).try_deploy(1, testkit::blocks::Condition::Well);
        assert!(
            ended.log.contains("Orders: there is no Orders beside the template") && ended.log.contains(".aws-sam/build"),
            "{}",
            ended.log
        );
    }

    #[test]
    fn a_preview_is_a_stack_of_its_own_and_goes_alone() {
        let suite = crate::suite(Scripted::application());
        super::a_preview_comes_and_goes(&suite);
    }
}

/// An assembly that the real CDK synthesised, of one stack with a function.
mod cdk {
    use super::{BOOTSTRAP, Scripted};

    const CODE: &str = "/cdk-hnb659fds-assets-222222222222-eu-west-1/fa588c2e79ba69c72f3c10f3d0e9c667c081e9b9309e488c6bb551049e7f0c5d.zip";

    conforms!(Scripted::assembly());

    #[test]
    fn a4_an_older_fence() {
        crate::suite(Scripted::assembly()).an_older_fence();
    }

    #[test]
    fn assets_are_published_once_to_the_bucket_of_the_bootstrap() {
        let suite = crate::suite(Scripted::assembly());
        suite.deploy(1);
        suite.deploy(2);
        assert!(suite.subject.fake.object(CODE).expect("the function's code").starts_with(b"PK"), "a zip file");
        assert_eq!(suite.subject.fake.count(&format!("PUT {CODE}")), 1, "a key is the digest of what it holds");
    }

    #[test]
    fn an_account_whose_bootstrap_is_too_old_is_told_what_to_run() {
        let assembly = Scripted::assembly();
        assembly.fake.put_parameter(BOOTSTRAP, "5");
        let ended = crate::suite(assembly).try_deploy(1, testkit::blocks::Condition::Well);
        assert!(ended.log.contains("has version 5, and the assembly needs 6"), "{}", ended.log);
        assert!(ended.log.contains("npx cdk bootstrap aws://222222222222/eu-west-1"), "{}", ended.log);
    }

    #[test]
    fn an_account_without_a_bootstrap_is_told_what_to_run() {
        let ended = crate::suite(Scripted { file: "cdk", ..Scripted::stack_of("aws/cdk") }).try_deploy(1, testkit::blocks::Condition::Well);
        assert!(ended.log.contains("not bootstrapped for the CDK; run once: npx cdk bootstrap"), "{}", ended.log);
    }

    #[test]
    fn a_stack_that_is_not_in_the_assembly_is_told_with_those_that_are() {
        let mut assembly = Scripted::assembly();
        assembly.with["from"] = "payments".into();
        let ended = crate::suite(assembly).try_deploy(1, testkit::blocks::Condition::Well);
        assert!(ended.log.contains("0 stacks of the assembly are called 'payments'; it has: orders"), "{}", ended.log);
    }

    #[test]
    fn a_preview_is_a_stack_of_its_own_and_goes_alone() {
        super::a_preview_comes_and_goes(&crate::suite(Scripted::assembly()));
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

/// What the CDK's bootstrap leaves in each account and region.
const BOOTSTRAP: &str = "/cdk-bootstrap/hnb659fds/version";

/// Beside the stack of the target, moved on by the next push, and deleted alone.
fn a_preview_comes_and_goes(suite: &testkit::blocks::Suite<Scripted>) {
    let preview = || {
        until("the stack of the preview to have changed", || {
            let seen = suite.subject.fake.stack("orders-pr-7");
            (!seen.as_ref().is_some_and(|seen| seen.is_changing)).then_some(seen)
        })
    };
    suite.deploy(1);
    for release in [2, 3] {
        suite.make_preview(7, release);
        assert_eq!(preview().map(|seen| seen.release), Some(release));
        suite.expect_running(1);
    }
    suite.remove_preview(7);
    assert!(preview().is_none(), "the stack is gone");
    suite.expect_running(1);
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
    /// A file that the artifact lacks.
    leaves_out: Option<&'static str>,
    _runtime: Runtime,
}

impl Scripted {
    fn new(uses: &'static str, with: Value, file: &'static str, see: fn(&Fake) -> Option<Seen>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let fake = runtime.block_on(Fake::start());
        Self { fake, uses, with, see, file, leaves_out: None, _runtime: runtime }
    }

    fn ecs() -> Self {
        Self::new("aws/ecs-service", json!({"cluster": "shop", "service": "orders"}), "image.txt", Fake::service)
    }

    fn stack() -> Self {
        let with = json!({"stack": "orders", "parameters": {"Release": "${{ release.number }}"}, "drift": "show"});
        Self::new("aws/cloudformation", with, "template.yaml", |fake| fake.stack("orders"))
    }

    fn stack_of(uses: &'static str) -> Self {
        let with = json!({"stack": "orders", "parameters": {"Release": "${{ release.number }}"}});
        Self::new(uses, with, "", |fake| fake.stack("orders"))
    }

    fn application() -> Self {
        let mut application = Self { file: "sam", ..Self::stack_of("aws/sam") };
        application.with["bucket"] = json!("code-of-eu-west-1");
        application
    }

    fn assembly() -> Self {
        let assembly = Self { file: "cdk", ..Self::stack_of("aws/cdk") };
        assembly.fake.put_parameter(BOOTSTRAP, "21");
        assembly
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
        let mut files = match self.file {
            "sam" => built(word),
            "cdk" => synthesised(word),
            _ => self.one_file(word),
        };
        files.retain(|path, _| self.leaves_out != Some(path.as_str()));
        files
    }

    fn observe(&self) -> Option<Running> {
        self.settled().map(|seen| Running { release: seen.release, is_healthy: seen.is_well })
    }

    fn is_changing(&self) -> bool {
        (self.see)(&self.fake).is_some_and(|seen| seen.is_changing)
    }
}

impl Scripted {
    fn one_file(&self, word: &str) -> BTreeMap<String, Vec<u8>> {
        let digest = "0".repeat(64);
        let content = if self.file == "image.txt" { format!("registry/orders-{word}@sha256:{digest}\n") } else { format!("# {word}\n") };
        // A bundle's names stand in it in the clear.
        [(self.file.to_owned(), content.into()), (word.to_owned(), Vec::new())].into()
    }
}

/// The folder that `sam build` left (SAM CLI 1.170), with a word in the template that says how it behaves.
fn built(word: &str) -> BTreeMap<String, Vec<u8>> {
    let template = format!("Description: {word}\n{}", include_str!("sam/template.yaml"));
    let code = format!("def handler(event, context):\n    return \"{word}\"\n");
    [("template.yaml", template), ("Orders/app.py", code)].map(|(path, text)| (path.to_owned(), text.into_bytes())).into()
}

/// The folder that `cdk synth` left (aws-cdk-lib 2.276), of it what deploys, with a word as above.
fn synthesised(word: &str) -> BTreeMap<String, Vec<u8>> {
    let template = include_str!("cdk/orders.template.json").replacen('{', &format!("{{\n  \"Description\": \"{word}\","), 1);
    let code = format!("exports.handler = async () => \"{word}\";\n");
    let folder = "asset.fa588c2e79ba69c72f3c10f3d0e9c667c081e9b9309e488c6bb551049e7f0c5d";
    [
        ("manifest.json".to_owned(), include_str!("cdk/manifest.json").to_owned()),
        ("orders.assets.json".to_owned(), include_str!("cdk/orders.assets.json").to_owned()),
        ("orders.template.json".to_owned(), template),
        (format!("{folder}/index.js"), code),
    ]
    .map(|(path, text)| (path, text.into_bytes()))
    .into()
}
