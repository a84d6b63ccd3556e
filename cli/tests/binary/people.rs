//! Every client command against a real server, as people use them.

use crate::site::Site;

#[test]
fn a_release_is_followed_approved_held_rejected_and_rolled_back() {
    let site = Site::start();
    site.connect();
    site.until_status("1 inside");
    let status = site.ok(&["status"]);
    assert!(status.stdout.contains("shop") && status.stdout.contains("good one"), "{status:?}");

    site.go();
    site.until_status("waits for an approval");
    let ana = site.person("Ana", "approver");
    let vera = site.person("Vera", "viewer");
    let forbidden = site.run(&["approve", "shop", "1", "--token", &vera]);
    assert!(forbidden.code == 6 && forbidden.stderr.contains("next:"), "{forbidden:?}");
    let approved = site.ok(&["approve", "shop", "1", "--reason", "looks good", "--token", &ana]);
    assert!(approved.stdout.contains("approved") && approved.stdout.contains("Ana"), "{approved:?}");
    let late = site.run(&["approve", "shop", "1"]);
    assert!(late.code == 4 && late.stderr.contains("Ana"), "who was faster is told: {late:?}");
    let late = site.run(&["reject", "shop", "1", "--reason", "no", "--json"]);
    assert!(late.code == 4 && late.stderr.contains("Ana"), "{late:?}");
    site.until_release(1, "completed");

    let targets = site.ok(&["targets", "shop", "local/a"]);
    assert!(targets.stdout.contains("#1") && targets.stdout.contains("forward"), "{targets:?}");
    assert_eq!(site.run(&["targets", "shop", "local/z"]).code, 3);
    for command in [
        &["status"][..],
        &["status", "shop"],
        &["releases", "shop"],
        &["targets", "shop"],
        &["token", "list"],
        &["user", "list"],
        &["runner", "list"],
    ] {
        site.ok(&[command, &["--json"]].concat()).json();
    }

    // Held: nothing goes forward until it is lifted.
    let held = site.ok(&["hold", "shop", "--stage", "beta", "--reason", "the shop is full"]);
    assert!(held.stdout.starts_with("held: "), "{held:?}");
    site.commit("good two");
    site.until_status("the shop is full");
    let lifted = site.ok(&["release", "shop", "--reason", "it is empty"]);
    assert!(lifted.stdout.contains("it is empty"), "{lifted:?}");
    assert_eq!(site.run(&["release", "shop"]).code, 3, "there is nothing to lift");
    site.until_status("waits for an approval");
    let rejected = site.ok(&["reject", "shop", "2", "--reason", "not today"]);
    assert!(rejected.stdout.contains("not today"), "{rejected:?}");
    let after = site.run(&["approve", "shop", "2", "--token", &ana]);
    assert!(after.code == 4 && after.stderr.contains("Olga"), "who said no is told: {after:?}");

    // Back to the one before, by hand.
    let back = site.ok(&["rollback", "shop", "beta", "--to", "1", "--reason", "two is wrong"]);
    assert!(back.stdout.contains("two is wrong"), "{back:?}");
    site.until("beta runs the first again", |site| {
        (std::fs::read_to_string(site.program.folder().join("beta.txt")).ok()? == "good one").then_some(())
    });
}

#[test]
fn a_log_is_followed_through_a_restart_of_the_server_and_status_is_watched() {
    let mut site = Site::start();
    site.connect();
    site.until("the build's first line", |site| site.run(&["logs", "shop", "1", "package"]).stdout.contains("line one of 1").then_some(()));
    let mut follower = site.begin(&["logs", "-f", "shop", "1", "package"], "followed");
    let mut watcher = site.begin(&["status", "shop", "--watch", "--json"], "watched");
    let followed = |site: &Site| std::fs::read_to_string(site.program.folder().join("followed")).unwrap_or_default();
    site.until("the follower has the first line", |site| followed(site).contains("line one").then_some(()));
    site.kill_server();
    site.start_server(&[]);
    site.go();
    assert!(follower.wait().expect("ends").success(), "{}", followed(&site));
    let text = followed(&site);
    assert!(text.contains("went on") && text.matches("line one of 1").count() == 1, "each line once: {text}");
    let watched = |site: &Site| std::fs::read_to_string(site.program.folder().join("watched")).unwrap_or_default();
    site.until("the watcher sees what came after the restart", |site| watched(site).contains("waits for an approval").then_some(()));
    assert!(watched(&site).lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{}", watched(&site));
    watcher.kill().expect("it watches on");
    watcher.wait().expect("reaped");
}

#[test]
fn a_release_is_cancelled_started_by_hand_and_its_failed_job_is_run_again() {
    let site = Site::start();
    site.connect();
    site.until_status("1 inside");
    assert_eq!(site.run(&["retry", "shop", "1"]).code, 4, "nothing has failed");
    site.ok(&["cancel", "shop", "1", "--reason", "the wrong day"]);
    site.until_release(1, "cancelled");
    site.ok(&["cancel", "shop", "1"]); // Saying it twice is as good as once.
    assert_eq!(site.run(&["cancel", "shop", "77"]).code, 3);

    site.go();
    let started = site.ok(&["start", "shop"]);
    assert!(started.stdout.contains("release #2 of shop has started"), "{started:?}");
    site.until_status("waits for an approval");
    assert_eq!(site.run(&["start", "nowhere"]).code, 3);
    let absent = site.run(&["start", "shop", "--commit", "0123456789012345678901234567890123456789"]);
    assert!(absent.code == 3 && absent.stderr.contains("0123456"), "a commit that is not there is named: {absent:?}");
    let unknown = site.run(&["start", "shop", "--input", "colour=red"]);
    assert!(unknown.code == 4 && unknown.stderr.contains("colour"), "{unknown:?}");

    // The deployment of the third fails where the second runs; it goes back by itself.
    site.commit("bad three");
    site.until_release(3, "failed");
    site.until("beta runs the second again", |site| {
        site.ok(&["targets", "shop", "local/beta"]).stdout.contains("back from #3").then_some(())
    });
    assert_eq!(site.run(&["retry", "shop", "3", "--job", "beta/nothing"]).code, 3);
    assert_eq!(site.run(&["retry", "shop", "3", "--stage", "gamma"]).code, 3);
    let quarantined = site.run(&["retry", "shop", "3"]);
    assert!(quarantined.code == 4 && quarantined.stderr.contains("quarantine"), "{quarantined:?}");
}

const FLAKY: &str = "name: flaky
stages:
  - name: build
    jobs:
      - {name: test, steps: [{run: 'test -e @FOLDER@/mended'}]}
      - {name: pack, needs: [test], steps: [{run: 'true'}]}
";

#[test]
fn a_failed_job_is_retried_with_the_same_plan_and_what_waited_for_it_goes_on() {
    let site = Site::start();
    site.connect_as("unsteady", FLAKY);
    site.until_release_of("flaky", 1, "failed");
    site.program.write("mended", "");
    let viewer = site.person("Vera", "viewer");
    assert_eq!(site.run(&["retry", "flaky", "1", "--token", &viewer]).code, 6);
    site.ok(&["retry", "flaky", "1", "--job", "build/test"]);
    site.until_release_of("flaky", 1, "completed");
    assert_eq!(site.run(&["retry", "flaky", "1"]).code, 4, "nothing of it has failed any more");
    site.ok(&["logs", "flaky", "1", "test", "--attempt", "1"]);
    assert_eq!(site.run(&["logs", "flaky", "1", "test", "--attempt", "3"]).code, 3, "it ran twice");
}

/// One target that only a runner with `gpu` reaches; the deployment lasts until the file `done` is there.
const LAB: &str = "name: lab
stages:
  - name: prod
    targets: [local/x]
    deploy: {uses: shell/run, runs_on: {gpu: 'yes'}, with: {run: 'until test -e @FOLDER@/done; do sleep 0.05; done'}}
";

#[test]
fn a_target_whose_runner_was_lost_is_unknown_until_two_admins_break_the_glass() {
    let site = Site::start();
    let vera = site.person("Vera", "admin");
    let oscar = site.person("Oscar", "operator");
    let mut runner = site.join_runner("second");
    site.connect_as("laboratory", LAB);
    site.until("the deployment runs", |site| site.ok(&["status", "lab"]).stdout.contains("deploying").then_some(()));
    let early = site.run(&["resolve", "lab", "local/x", "failed", "--reason", "I pulled the plug"]);
    assert!(early.code == 4, "it is not unknown: {early:?}");
    runner.kill().expect("killed");
    runner.wait().expect("reaped");
    site.until("its lease runs out", |site| site.ok(&["targets", "lab", "local/x"]).stdout.contains("unknown").then_some(()));

    let glass = ["resolve", "lab", "local/x", "failed", "--break-glass", "--reason", "the rack burns"];
    assert_eq!(site.run(&[&glass[..], &["--token", &oscar]].concat()).code, 6, "an operator does not break the glass");
    site.ok(&glass);
    let asked = site.ok(&["targets", "lab", "local/x"]);
    assert!(asked.stdout.contains("Olga asks to break the glass until"), "{asked:?}");
    let alone = site.run(&[&glass[..], &["--json"]].concat());
    assert!(alone.code == 4 && alone.stderr.contains("second_person_needed"), "{alone:?}");
    site.ok(&[&glass[..], &["--token", &vera]].concat());
    site.until_release_of("lab", 1, "failed");
    // The lost copy may end: nothing that it says counts any more.
    site.program.write("done", "");
    assert_eq!(site.run(&glass).code, 4, "the target is known again");
}

#[test]
fn tokens_expire_and_are_revoked_and_runners_come_and_go() {
    let site = Site::start();
    let short = site.ok(&["token", "create", "short", "--valid", "1ms"]).stdout;
    let expired = site.run(&["status", "--token", short.trim()]);
    assert!(expired.code == 6 && expired.stderr.contains("expired"), "{expired:?}");
    let made = site.ok(&["token", "create", "ci", "--role", "viewer", "--json"]).json();
    let (id, secret) = (made["token"]["id"].as_str().or(made["id"].as_str()).expect("an id"), made["secret"].as_str().expect("a secret"));
    site.ok(&["status", "--token", secret]);
    site.ok(&["token", "revoke", id]);
    assert_eq!(site.run(&["status", "--token", secret]).code, 6);
    assert!(site.ok(&["token", "list"]).stdout.contains("revoked"), "a revoked token is listed as such");

    let mut runner = site.join_runner("second");
    let listed = site.until("the second runner", |site| {
        let page = site.ok(&["runner", "list", "--json"]).json();
        page["items"].as_array()?.iter().find(|runner| runner["name"] == "second").cloned()
    });
    assert_eq!(
        (&listed["slots"], &listed["labels"]["gpu"], &listed["labels"]["disk"]),
        (&3.into(), &"yes".into(), &"big".into()),
        "{listed}"
    );
    let id = listed["id"].as_str().expect("an id");
    assert!(site.ok(&["runner", "drain", id]).stdout.contains("takes nothing new"));
    assert!(site.ok(&["runner", "list"]).stdout.contains("draining"));
    assert!(site.ok(&["runner", "revoke", id]).stdout.contains("is revoked"));
    // Held open: it is the revocation that ends it.
    let _leash = runner.stdin.take();
    let ended = runner.wait().expect("a revoked runner ends by itself");
    let said = std::fs::read_to_string(site.program.folder().join("runner.log")).unwrap_or_default();
    assert!(!ended.success() && said.contains("next:"), "{said}");
    assert_eq!(site.run(&["runner", "revoke", id]).code, 3, "once is enough");
}
