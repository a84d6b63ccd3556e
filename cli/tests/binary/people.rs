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

    let token = site.ok(&["runner", "token"]).stdout;
    site.program.write("token", &token);
    // As a unit file or a container says it.
    let mut command = site.program.command(env!("CARGO_BIN_EXE_tidegate").as_ref());
    let server = format!("http://127.0.0.1:{}", site.port);
    command.args(["runner", "run", "--until-stdin-ends"]).stdin(std::process::Stdio::piped());
    for (name, value) in [
        ("TIDEGATE_SERVER", server.as_str()),
        ("TIDEGATE_TOKEN_FILE", "token"),
        ("TIDEGATE_RUNNER_NAME", "second"),
        ("TIDEGATE_RUNNER_LABELS", "gpu=yes, disk=big"),
        ("TIDEGATE_RUNNER_SLOTS", "3"),
        ("TIDEGATE_RUNNER_WORKDIR", "second-runner"),
    ] {
        command.env(name, value);
    }
    let log = std::fs::File::create(site.program.folder().join("runner.log")).expect("a file");
    let mut runner = command.stderr(log).spawn().expect("it starts");
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
