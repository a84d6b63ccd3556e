//! Backup and restore of a real server (R12, ID8).

use crate::site::{PASSWORD, Site};

#[test]
fn r12_a_restored_server_holds_everything_accepts_nothing_old_and_deploys_only_after_a_person_has_said_so() {
    let mut site = Site::start();
    site.go();
    site.connect();
    site.until_status("waits for an approval");
    site.ok(&["approve", "shop", "1", "--reason", "fine"]);
    site.until_release(1, "completed");
    let folder = site.program.folder().to_owned();
    let place = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    assert_eq!((place("beta.txt").as_str(), place("a.txt").as_str()), ("good one", "good one"));

    let made = site.ok(&["backup", "kept", "--data", "data"]);
    assert!(made.stdout.contains("backed up to") && made.stdout.contains("files of logs and artifacts"), "{made:?}");
    assert_eq!(site.run(&["backup", "kept", "--data", "data"]).code, 4, "nothing is overwritten");

    // What comes after the backup is unknown to it.
    site.commit("good two");
    site.until_release(2, "moving");
    site.until_status("#2");
    let old_token = place("home/.config/tidegate/config.toml");
    site.kill_server();
    std::fs::write(site.program.folder().join("beta.txt"), "by a release that the backup does not know").expect("written");

    let refused = site.run(&["restore", "kept", "--data", "data"]);
    assert!(refused.code == 4 && refused.stderr.contains("--replace"), "{refused:?}");
    let restored = site.ok(&["restore", "kept", "--data", "data", "--replace", "--json"]).json();
    assert_eq!((restored["generation"].as_u64(), restored["held"].as_u64()), (Some(2), Some(1)), "{restored}");
    site.start_server(&[]);

    let refused = site.run(&["status"]);
    assert_eq!(refused.code, 6, "a token from before is not accepted: {refused:?}");
    assert!(!old_token.is_empty());
    let server = format!("http://127.0.0.1:{}", site.port);
    let again = site.program.run_telling(&["login", "--server", &server, "--name", "Olga"], PASSWORD);
    assert_eq!(again.code, 0, "{again:?}");

    // The newest commit is found anew and built; nothing goes to a target.
    site.until_release(2, "moving");
    site.until_status("restored from a backup");
    let doctor = site.run(&["doctor", "--data", "data"]);
    assert!(doctor.stdout.contains("wait for a person"), "{doctor:?}");
    assert_eq!(site.run(&["rollback", "shop", "beta", "--reason", "try"]).code, 4, "there is nothing older to go back to");
    site.until("the build of the restored server", |site| site.ok(&["status", "shop"]).stdout.contains("#2").then_some(()));
    assert_eq!(place("beta.txt"), "by a release that the backup does not know", "nothing was deployed");

    site.ok(&["release", "shop", "--reason", "looked at both places"]);
    site.until("the deployment after the release", |_| (place("beta.txt") == "good two").then_some(()));
    let doctor = site.run(&["doctor", "--data", "data"]);
    assert_eq!(doctor.code, 0, "the restored data keeps every invariant: {doctor:?}");
}

#[test]
fn a_restore_refuses_what_is_no_backup_and_leaves_what_is_there() {
    let mut site = Site::start();
    let running = site.run(&["restore", "data", "--data", "data", "--replace"]);
    assert!(running.code == 4 && running.stderr.contains("stop the server"), "{running:?}");
    site.stop_server();
    let absent = site.run(&["restore", "absent", "--data", "elsewhere"]);
    assert!(absent.code == 3 && absent.stderr.contains("is no backup"), "{absent:?}");
    site.program.write("rubbish/tidegate.db", "no database at all, whatever its name says; long enough to be read as one, though");
    let rubbish = site.run(&["restore", "rubbish", "--data", "elsewhere"]);
    assert!(rubbish.code == 1 && rubbish.stderr.contains("cannot be used"), "{rubbish:?}");
    assert!(!site.program.folder().join("elsewhere").exists(), "nothing was made");
    let remote = site.run(&["restore", "data", "--database", "postgres://me@localhost/x"]);
    assert!(remote.code == 2 && remote.stderr.contains("pg_restore"), "{remote:?}");
    site.start_server(&[]);
    site.ok(&["status"]);
}
