//! Backup and restore of a real server (R12, ID8).

use crate::program::Ran;
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

/// Of PostgreSQL, such as `psql`: Debian keeps them beside the server.
fn postgres_tool(site: &Site, name: &str, arguments: &str) -> Ran {
    let ran = site.program.shell(&format!("PATH=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1):$PATH; {name} {arguments}"));
    assert_eq!(ran.code, 0, "{name}: {ran:?}");
    ran
}

/// A new database of this name in the cluster of the tests.
#[expect(clippy::disallowed_methods, reason = "the script that makes the cluster hands its address over so")]
pub(crate) fn create_database(site: &Site, name: &str) -> String {
    let cluster =
        std::env::var("TIDEGATE_TEST_POSTGRES").expect("run the tests as `scripts/with-postgres cargo test …`, as make test does");
    let name = format!("{name}_{}", std::process::id());
    postgres_tool(site, "psql", &format!("-q -v ON_ERROR_STOP=1 -c 'CREATE DATABASE {name}' {cluster}"));
    format!("{}/{name}", cluster.rsplit_once('/').expect("a database").0)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the script that makes the cluster hands its address over so")]
fn r12_a_server_on_postgresql_comes_back_from_a_dump_on_hold_and_a_person_lifts_it() {
    let cluster =
        std::env::var("TIDEGATE_TEST_POSTGRES").expect("run the tests as `scripts/with-postgres cargo test …`, as make test does");
    let name = format!("restored_{}", std::process::id());
    let url = format!("{}/{name}", cluster.rsplit_once('/').expect("a database").0);
    let mut site = Site::new();
    let sql = |site: &Site, text: &str| postgres_tool(site, "psql", &format!("-q -v ON_ERROR_STOP=1 -c '{text}' {cluster}"));
    sql(&site, &format!("CREATE DATABASE {name}"));
    let database = ["--database", url.as_str()];
    site.sign_in_first(&database);
    site.go();
    site.connect();
    site.until_status("waits for an approval");
    site.ok(&["approve", "shop", "1", "--reason", "fine"]);
    site.until_release(1, "completed");
    let elsewhere = site.run(&[&["backup", "kept", "--data", "data"], &database[..]].concat());
    assert!(elsewhere.code != 0 && elsewhere.stderr.contains("pg_dump"), "{elsewhere:?}");
    postgres_tool(&site, "pg_dump", &format!("--format=custom --file=dump {url}"));

    let beside = site.run(&[&["restore", "--data", "data"], &database[..]].concat());
    assert!(beside.code == 4 && beside.stderr.contains("another server uses this database"), "{beside:?}");

    site.commit("good two");
    site.until("beta runs what the dump does not know", |site| {
        (std::fs::read_to_string(site.program.folder().join("beta.txt")).ok()? == "good two").then_some(())
    });
    site.kill_server();
    sql(&site, &format!("DROP DATABASE {name} WITH (FORCE)"));
    sql(&site, &format!("CREATE DATABASE {name}"));
    postgres_tool(&site, "pg_restore", &format!("--exit-on-error --dbname={url} dump"));
    std::fs::write(site.program.folder().join("beta.txt"), "by hand").expect("written");

    let restored = site.ok(&[&["restore", "--data", "data", "--json"], &database[..]].concat()).json();
    assert_eq!((restored["generation"].as_u64(), restored["held"].as_u64()), (Some(2), Some(1)), "{restored}");
    site.start_server(&database);
    assert_eq!(site.run(&["status"]).code, 6, "a token from before is not accepted");
    let server = format!("http://127.0.0.1:{}", site.port);
    let again = site.program.run_telling(&["login", "--server", &server, "--name", "Olga"], PASSWORD);
    assert_eq!(again.code, 0, "{again:?}");
    site.until_status("restored from a backup");
    site.until_release(2, "moving");
    site.until_status("#2");
    let beta = std::fs::read_to_string(site.program.folder().join("beta.txt")).expect("readable");
    assert_eq!(beta, "by hand", "nothing goes there before a person has looked");

    site.ok(&["release", "shop", "--reason", "looked at both places"]);
    site.until("what goes after the release", |site| {
        (std::fs::read_to_string(site.program.folder().join("beta.txt")).ok()? != "by hand").then_some(())
    });
    sql(&site, &format!("DROP DATABASE {name} WITH (FORCE)"));
}
